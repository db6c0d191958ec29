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
from awase.store.embedded import start_server
from awase_practice.agreement.fields import FIELDS, Pairing, address_of
from awase_practice.agreement.holdings import Holdings, take
from awase_practice.agreement.verdict import Difference, differences
from awase_practice.seeds.loading import Stage, let_pass, set_up
from awase_practice.seeds.people import person
from awase_practice.seeds.story import FINDING_KINDS, Part, Story
from tests.contract.practice.practice_process import practice
from tests.support.database import fresh_database
from tests.support.practice_orgs import Org as Org
from tests.support.tap import Tap, tap

VENDORS = ("hubspot", "salesforce")
HOUR = 3600.0
_SIGN_IN = {"hubspot": "token", "salesforce": "client_credentials"}
_PATIENCE = 240.0


def heading(workspace: str) -> str:
    """How every configuration here begins: a workspace and its two connections, with places for their addresses."""
    return f"""\
[workspace]
name = "{workspace}"
time_zone = "Asia/Tokyo"

[connections.hubspot]
vendor = "hubspot"
base_url = "{{hubspot}}"

[connections.salesforce]
vendor = "salesforce"
login_url = "{{salesforce}}"

"""


_HEAD = (
    heading("people")
    + """\
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
)


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


@dataclass
class Installation:
    folder: Path
    dsn: str
    """Empty: the command's own embedded server, below ``home``."""
    orgs: dict[str, Org]
    taps: dict[str, Tap]
    template: str = ""
    """Another ``awase.toml`` than that of all fields, with places for the addresses of both orgs."""

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
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def environment(self) -> dict[str, str]:
        """What the command runs in: nothing of this machine's own Awase, nor of its language."""
        strange = ("AWASE_", "LC_", "LANG")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
        database = {"AWASE_DATABASE_URL": self.dsn} if self.dsn else {}
        own = {"AWASE_HOME": str(self.home), "LANG": "C.UTF-8"}
        return inherited | own | database

    def configuration(self, fields: Iterable[Pairing] = FIELDS) -> str:
        """``awase.toml`` that keeps ``fields`` equal; of a template, what that says."""
        addresses = {vendor: tap.url for vendor, tap in self.taps.items()}
        if self.template:
            return self.template.format(**addresses)
        head = _HEAD.format(**addresses)
        return head + "\n".join(_mapping(each.hubspot, each.salesforce) for each in fields)

    def write_configuration(self, text: str | None = None) -> None:
        self.file.write_text(self.configuration() if text is None else text, encoding="utf-8")

    def replace(self, old: str, new: str) -> None:
        """Change ``awase.toml`` in one place."""
        content = self.file.read_text(encoding="utf-8")
        assert old in content
        self.file.write_text(content.replace(old, new, 1), encoding="utf-8")

    def start(self, *arguments: str, **more_environment: str) -> subprocess.Popen[str]:
        """The command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "awase.cli.main", *arguments],
            cwd=self.folder,
            env=self.environment | more_environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **more_environment: str) -> Ended:
        """The command to its end."""
        with self.start(*arguments, **more_environment) as process:
            try:
                out, err = process.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Ended(process.returncode, out, err)

    def credentials(self, vendor: str) -> dict[str, str]:
        """What a person would give to sign in."""
        return self.orgs[vendor].sign_in()

    def credentials_file(self, vendor: str) -> Path:
        """The same in a file that nobody else may read."""
        file = self.folder / f"{vendor}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(self.credentials(vendor)), encoding="utf-8")
        return file

    def connect_by_command(self, mode: str = "practice") -> None:
        """Both connections, as a person makes them."""
        for vendor in VENDORS:
            file = self.credentials_file(vendor)
            ended = self.run("connect", vendor, "--credentials", str(file), "--mode", mode)
            assert ended.status == 0, ended

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

    def writes(self) -> int:
        """Calls that wrote people, or their consent, in either org."""
        return sum(org.writes() for org in self.orgs.values())

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
def installation(
    *,
    connected: bool = True,
    orgs: str = "acceptance",
    template: str = "",
    embedded: str = "",
    project: Path | None = None,
) -> Iterator[Installation]:
    """Two empty orgs of that name, and Awase configured for them and, if so wished, connected.

    ``embedded``: the workspace whose embedded server is used, instead of a database on the session's. ``project``: the
    SFDX project by which the Salesforce org is set up.
    """
    with ExitStack() as stack:
        # Short, because the path of a socket has to fit.
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="awase-", dir="/tmp", ignore_cleanup_errors=True)
            )
        )
        more = {"salesforce": ("--project", str(project))} if project is not None else {}
        processes = {
            vendor: stack.enter_context(practice(vendor, orgs, *more.get(vendor, ()))) for vendor in VENDORS
        }
        taps = {vendor: stack.enter_context(tap(process.url)) for vendor, process in processes.items()}
        both = {vendor: Org(process) for vendor, process in processes.items()}
        dsn = "" if embedded else fresh_database()
        made = Installation(folder, dsn, both, taps, template=template)
        if embedded:
            made.home.mkdir(mode=0o700)
            # Joined by every call of the command, so that it need not start a server each time.
            stack.callback(start_server(made.home / embedded).leave)
        made.write_configuration()
        if connected:
            made.connect_both()
        yield made
