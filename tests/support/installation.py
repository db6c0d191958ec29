"""Awase as a person has it: a folder with ``awase.toml``, a database, both orgs behind real HTTP, and the command."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awase.assembly import connect, open_store, run_async
from awase.configuration import load
from awase.ports.connector import Credentials
from awase_practice.agreement.fields import FIELDS, Pairing, address_of
from awase_practice.agreement.holdings import Holdings, take
from awase_practice.agreement.verdict import Difference, differences
from awase_practice.seeds.loading import Stage, let_pass, set_up
from awase_practice.seeds.people import person
from awase_practice.seeds.story import FINDING_KINDS, Part, Story
from tests.contract.practice.practice_process import PracticeProcess, practice
from tests.support.database import fresh_database
from tests.support.tap import Tap, tap

VENDORS = ("hubspot", "salesforce")
HOUR = 3600.0
_SIGN_IN = {"hubspot": "token", "salesforce": "client_credentials"}
_PATIENCE = 240.0
_HEAD = """\
[workspace]
name = "people"
time_zone = "Asia/Tokyo"

[connections.hubspot]
vendor = "hubspot"
base_url = "{hubspot}"

[connections.salesforce]
vendor = "salesforce"
login_url = "{salesforce}"

[[syncs]]
name = "people"
ma = {{ connection = "hubspot", object = "contact" }}
crm = {{ connection = "salesforce", objects = ["Contact", "Lead"] }}
crm_ids = {{ Contact = "salesforcecontactid", Lead = "salesforceleadid" }}

[[syncs.create_as]]
object = "Contact"
when = [{{ field = "lifecyclestage", is = ["customer"] }}]
needs = ["salesforceaccountid"]

[[syncs.create_as]]
object = "Lead"

"""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What ``--json`` printed."""
        return json.loads(self.out)


class Org:
    """A practice org's control API as the seeds and the judge want it (``awase_practice.seeds.control.Control``)."""

    def __init__(self, process: PracticeProcess) -> None:
        self.process = process

    async def ask(self, what: str, **parameters: str) -> Any:
        return self.process.control(what, **parameters)

    async def tell(self, what: str, body: Mapping[str, Any]) -> Any:
        return self.process.control(what, dict(body))

    def rows(self, object: str) -> list[dict[str, Any]]:
        """Live records as stored."""
        found: list[dict[str, Any]] = self.process.control("rows", object=object)
        return found

    def load(self, object: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Put records in past the rules; their ids."""
        answer = self.process.control("load", {"objects": {object: [dict(row) for row in rows]}})
        ids: list[str] = answer["ids"][object]
        return ids

    def edit(self, object: str, id: str, values: Mapping[str, Any], author: str = "user:sales") -> None:
        """Change a record as one of the org's users."""
        self.process.control("edit", {"object": object, "id": id, "values": dict(values), "author": author})

    def schema(self, object: str, **change: Any) -> None:
        """Change the fields or rules of an object as the administrator."""
        self.process.control("schema", {"object": object, **change})

    def calls(self) -> Counter[str]:
        """Calls so far, by kind."""
        return Counter(self.process.control("state")["calls"])


@dataclass
class Installation:
    folder: Path
    dsn: str
    orgs: dict[str, Org]
    taps: dict[str, Tap]

    @property
    def hubspot(self) -> Org:
        return self.orgs["hubspot"]

    @property
    def salesforce(self) -> Org:
        return self.orgs["salesforce"]

    @property
    def file(self) -> Path:
        return self.folder / "awase.toml"

    @property
    def environment(self) -> dict[str, str]:
        """What the command runs in: nothing of this machine's own Awase."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWASE_")}
        own = {"AWASE_HOME": str(self.folder / "home"), "AWASE_DATABASE_URL": self.dsn, "LANG": "C.UTF-8"}
        return inherited | own

    def configuration(self, fields: Iterable[Pairing] = FIELDS) -> str:
        """``awase.toml`` that keeps ``fields`` equal."""
        head = _HEAD.format(hubspot=self.taps["hubspot"].url, salesforce=self.taps["salesforce"].url)
        return head + "\n".join(_mapping(each.hubspot, each.salesforce) for each in fields)

    def write_configuration(self, text: str | None = None) -> None:
        self.file.write_text(self.configuration() if text is None else text, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "awase.cli.main", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> Ended:
        """The command to its end."""
        with self.start(*arguments) as process:
            try:
                out, err = process.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Ended(process.returncode, out, err)

    def credentials(self, vendor: str) -> dict[str, str]:
        """What a person would give to sign in."""
        given = self.orgs[vendor].process.credentials
        if vendor == "hubspot":
            return {"token": given["access_token"]}
        return {"client_id": given["client_id"], "client_secret": given["client_secret"]}

    def connect_both(self) -> None:
        """Both connections as practice connections; in this process, which is quicker."""

        async def work() -> None:
            workspace = load(self.file)
            async with open_store(workspace) as store:
                for vendor, kind in _SIGN_IN.items():
                    given = Credentials(kind, self.credentials(vendor))
                    await connect(workspace, vendor, store, credentials=given, mode="practice")

        with self.surroundings():
            run_async(work())

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        """This process in the environment of the command."""
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(self.environment)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def sync(self, *more: str) -> Ended:
        """``awase sync``, approved."""
        return self.run("sync", "--yes", "--json", *more)

    def fill(self, story: Story) -> Stage:
        """Bring a story's people into both orgs."""
        return asyncio.run(set_up(self.hubspot, self.salesforce, story))

    def let_pass(self, seconds: float) -> None:
        """Move both orgs' clocks on."""
        asyncio.run(let_pass(Stage(self.hubspot, self.salesforce, Story(0, 0, ())), seconds))

    def holdings(self) -> Holdings:
        """What both orgs hold."""
        return asyncio.run(take(self.hubspot, self.salesforce))

    def disagreements(self, were_out: Iterable[str] = ()) -> list[Difference]:
        """What speaks against agreement, by the second opinion; nothing is excused."""
        planted = {"now": {kind: [] for kind in (*FINDING_KINDS, "fields")}}
        return differences(self.holdings(), planted, {"now": {}}, were_out)

    def items(self) -> list[dict[str, Any]]:
        """What ``awase errors`` lists."""
        listed: list[dict[str, Any]] = self.run("errors", "--json").document["errors"]
        return listed


def addresses(holdings: Holdings, *objects: str) -> Counter[str]:
    """How many records of these objects have each address."""
    return Counter(address_of(object, row) for object in objects for row in holdings.rows[object].values())


def people_of(roles: Sequence[Any], count: int, seed: int) -> Story:
    """So many people, who play ``roles`` in turn."""
    parts: list[Part] = [roles[number % len(roles)](person(seed, number)) for number in range(count)]
    return Story(seed, count, tuple(parts))


def _mapping(ma: str, crm: Mapping[str, str]) -> str:
    there = ", ".join(f'{object} = "{name}"' for object, name in crm.items())
    return f'[[syncs.fields]]\nma = "{ma}"\ncrm = {{ {there} }}\n'


@contextmanager
def installation() -> Iterator[Installation]:
    """Two empty orgs, and Awase configured for them and connected."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="awase-test-")))
        processes = {vendor: stack.enter_context(practice(vendor, "acceptance")) for vendor in VENDORS}
        taps = {vendor: stack.enter_context(tap(process.url)) for vendor, process in processes.items()}
        orgs = {vendor: Org(process) for vendor, process in processes.items()}
        made = Installation(folder, fresh_database(), orgs, taps)
        made.write_configuration()
        made.connect_both()
        yield made
