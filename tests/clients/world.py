"""A world of its own for clients that hard-code their vendor's hosts.

A network namespace without a way out, where those hosts are this machine, practice orgs listen on ports 80 and 443, and
a client runs as it came from its maker. Making one needs root, or a kernel that gives everybody user namespaces.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NAMES: Final = (
    "localhost",
    "login.salesforce.com",
    "test.salesforce.com",
    "tokyo.my.salesforce.com",
    "api.hubapi.com",
    "api.hsforms.com",
    "app.hubspot.com",
)
_SPLIT: Final = (
    ("unshare", "--net", "--mount")
    if os.geteuid() == 0
    else ("unshare", "--map-root-user", "--net", "--mount")
)
_ENTER: Final = (
    ("--net", "--mount") if os.geteuid() == 0 else ("--user", "--net", "--mount", "--preserve-credentials")
)
_WAIT = 60.0


def why_impossible() -> str | None:
    """Why this machine cannot make such a world; None if it can."""
    try:
        tried = subprocess.run(
            [*_SPLIT, "ip", "link", "set", "lo", "up"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_WAIT,
        )
    except OSError as problem:
        return f"network namespaces cannot be made: {problem}"
    return None if tried.returncode == 0 else f"network namespaces cannot be made: {tried.stderr.strip()}"


@dataclass
class World:
    """orgs: as the practice server tells them. home: a folder for what clients keep. seen: what clients did, by client."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    home: Path
    seen: dict[str, list[str]] = field(default_factory=dict)

    @property
    def credentials(self) -> dict[str, Any]:
        """How to sign in at the Salesforce org."""
        return dict(self.ready["credentials"])

    def run(
        self, *command: str, more: Mapping[str, str] | None = None, text: str = "", seconds: float = 240
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside."""
        inside = ("nsenter", "--target", str(self.process.pid), *_ENTER, f"--wdns={self.home}")
        authority = self.ready["ca"]
        variables = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "REQUESTS_CA_BUNDLE": authority,
            "SSL_CERT_FILE": authority,
            "NODE_EXTRA_CA_CERTS": authority,
            **(more or {}),
        }
        return subprocess.run(
            [*inside, *command],
            input=text,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def told(self, client: str, *command: str, org: int = 0) -> dict[str, Any]:
        """What a script reports, by operation: it is given the credentials and prints one line of JSON an operation.

        org: whose credentials.
        """
        one = self.ready.get("orgs", [self.ready])[org]
        given = json.dumps({"credentials": one["credentials"], "org_id": one["org_id"]})
        ended = self.run(*command, text=given)
        assert ended.returncode == 0, ended.stderr[-4000:]
        lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith('{"operation"')]
        self.seen.setdefault(client, []).extend(line["operation"] for line in lines)
        return {line["operation"]: line["reported"] for line in lines}

    def control(self, name: str, body: object = None, org: int = 0) -> Any:
        """A control call to one of the orgs, from inside, where their ports are."""
        orgs = self.ready.get("orgs", [self.ready])
        asked = json.dumps({"url": f"{orgs[org]['control']}/_practice/{name}", "body": body})
        ended = self.run(sys.executable, str(HERE / "ask.py"), text=asked)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


@contextmanager
def world(folder: Path, orgs: Sequence[str] = ("--also", "hubspot:portal")) -> Iterator[World]:
    """Practice orgs in a world of their own, until the block ends."""
    hosts, home = folder / "hosts", folder / "home"
    hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in NAMES))
    home.mkdir()
    server = (
        *(sys.executable, "-m", "awase_practice.server", "--vendor", "salesforce", "--org", "tokyo", *orgs),
        *("--tls", str(folder / "authority"), "--tls-port", "443", "--port", "80", "--until-stdin-closes"),
    )
    inside = 'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"'
    command = [*_SPLIT, "sh", "-c", inside, str(hosts), *server]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield World(process, json.loads(process.stdout.readline()), home)
        finally:
            process.stdin.close()
            process.wait(_WAIT)
