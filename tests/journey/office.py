"""A workspace as a person has it: a folder with ``awase.toml``, two practice orgs, and the real command in a process."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awase.store.embedded import start_server

CONFIGURATION = """\
[workspace]
name = "acme"
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

[[syncs.create_as]]
object = "Lead"

[[syncs.fields]]
ma = "email"
crm = "Email"

[[syncs.fields]]
ma = "lastname"
crm = "LastName"

[[syncs.fields]]
ma = "company"
crm = {{ Lead = "Company" }}

[[syncs.fields]]
ma = "jobtitle"
crm = "Title"
"""


_WRITING = ("write", "create", "update", "upsert", "archive")


@dataclass(frozen=True)
class Said:
    """What a call of the command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document of standard output."""
        return json.loads(self.out)


@dataclass
class Org:
    vendor: str
    url: str
    control: str
    org_id: str
    credentials: dict[str, str] = field(repr=False)

    def tell(self, what: str, body: dict[str, Any]) -> Any:
        """A call of the control API."""
        return self._ask("POST", what, json.dumps(body).encode())

    def rows(self, object: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("GET", f"rows?object={object}")
        return found

    def state(self) -> Any:
        return self._ask("GET", "state")

    def _ask(self, method: str, what: str, body: bytes | None = None) -> Any:
        connection = http.client.HTTPConnection(self.control.removeprefix("http://"), timeout=20)
        try:
            connection.request(method, f"/_practice/{what}", body)
            answer = connection.getresponse()
            content = json.load(answer)
        finally:
            connection.close()
        assert answer.status == 200, content
        return content


@dataclass
class Office:
    folder: Path
    home: Path
    hubspot: Org
    salesforce: Org

    @property
    def file(self) -> Path:
        return self.folder / "awase.toml"

    def call(self, *arguments: str, **environment: str) -> Said:
        """Run the command in the folder, without a terminal."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWASE", "LC_", "LANG"))
        }
        done = subprocess.run(
            [sys.executable, "-m", "awase.cli.main", *arguments],
            cwd=self.folder,
            env={**inherited, "AWASE_HOME": str(self.home), "LANG": "en_US.UTF-8", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def write(self, **changes: str) -> None:
        """Write ``awase.toml`` anew, with texts replaced."""
        content = CONFIGURATION.format(hubspot=self.hubspot.url, salesforce=self.salesforce.url)
        for old, new in changes.items():
            content = content.replace(old, new)
        self.file.write_text(content, encoding="utf-8")

    def replace(self, old: str, new: str) -> None:
        """Change ``awase.toml`` in one place."""
        content = self.file.read_text(encoding="utf-8")
        assert old in content
        self.file.write_text(content.replace(old, new, 1), encoding="utf-8")

    def credentials(self, vendor: str) -> Path:
        """A file with the practice org's credentials."""
        org = self.hubspot if vendor == "hubspot" else self.salesforce
        given = org.credentials
        values = (
            {"token": given["access_token"]}
            if vendor == "hubspot"
            else {"client_id": given["client_id"], "client_secret": given["client_secret"]}
        )
        file = self.folder / f"{vendor}.json"
        file.write_text(json.dumps(values))
        file.chmod(0o600)
        return file

    def connect(self, *more: str) -> None:
        """Connect both sides, as practice connections unless said otherwise."""
        for vendor in ("hubspot", "salesforce"):
            said = self.call(
                "connect", vendor, "--credentials", str(self.credentials(vendor)), *(more or ("--practice",))
            )
            assert said.status == 0, said

    def load(self, *people: dict[str, str]) -> list[str]:
        """People as HubSpot has them; their ids."""
        ids: list[str] = self.hubspot.tell("load", {"objects": {"contacts": list(people)}})["ids"]["contacts"]
        return ids

    def writes(self) -> int:
        """Calls that wrote people, or their consent, in either org."""
        return sum(
            count
            for org in (self.hubspot, self.salesforce)
            for kind, count in org.state()["calls"].items()
            if re.split(r"[._]", kind)[-1] in _WRITING and not kind.startswith("oauth")
        )

    def pass_time(self, seconds: float = 3600) -> None:
        """Let time pass in both orgs, so that what was written is history."""
        for org in (self.hubspot, self.salesforce):
            org.tell("pass-time", {"seconds": seconds})


def person(number: int, **values: str) -> dict[str, str]:
    """A believable contact."""
    given = {
        "email": f"person{number}@example.jp",
        "lastname": f"山田{number}",
        "company": f"株式会社例{number}",
        "jobtitle": "課長",
    }
    return {**given, **values}


@contextmanager
def office(orgs: str = "office") -> Iterator[Office]:
    """Two empty practice orgs of that name and a workspace for them; everything is gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="awase-", dir="/tmp"))
    folder, home = place / "work", place / "home"
    folder.mkdir()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        hubspot, salesforce = (
            stack.enter_context(_org(vendor, orgs)) for vendor in ("hubspot", "salesforce")
        )
        home.mkdir(mode=0o700)
        # Joined by every call of the command, so that it need not start a server each time.
        server = start_server(home / "acme")
        stack.callback(server.leave)
        made = Office(folder, home, hubspot, salesforce)
        made.write()
        yield made


@contextmanager
def _org(vendor: str, name: str) -> Iterator[Org]:
    process = subprocess.Popen(
        [
            sys.executable,
            *("-m", "awase_practice.server", "--vendor", vendor, "--org", name, "--until-stdin-closes"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Org(**json.loads(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()
