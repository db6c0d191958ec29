"""A practice org in its own process, and a plain HTTP client for it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

_WAIT = 20.0


@dataclass(frozen=True)
class Reply:
    """One complete answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The first error code of a Salesforce error array."""
        return str(self.document[0]["errorCode"])


@dataclass
class PracticeProcess:
    """A running practice org."""

    process: subprocess.Popen[str]
    url: str
    control_url: str
    org_id: str
    credentials: dict[str, Any]
    token: str = field(default="")
    ready: dict[str, Any] = field(default_factory=dict)
    """The whole line that the process printed."""

    @property
    def orgs(self) -> list[dict[str, Any]]:
        """Every org of the process, as its line tells them."""
        return list(self.ready.get("orgs", [self.ready]))

    def send(
        self,
        method: str,
        target: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        base: str | None = None,
    ) -> Reply:
        """One call; a dict or list is sent as JSON, bytes and text as they are. Raises OSError or HTTPException."""
        host = urlsplit(base or self.url).netloc
        connection = http.client.HTTPConnection(host, timeout=_WAIT)
        payload = json.dumps(body) if isinstance(body, dict | list) else body
        given = {"Content-Type": "application/json", **(headers or {})}
        if self.token and "Authorization" not in given:
            given["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, target, payload, given)  # type: ignore[arg-type]
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, names, answer.read())
        finally:
            connection.close()

    def form(self, target: str, fields: Mapping[str, str]) -> Reply:
        """A form post without a token."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}
        return self.send("POST", target, urlencode(fields), headers)

    def control(self, name: str, body: object = None, /, **query: str) -> Any:
        """A control call that must succeed: POST with a body, else GET."""
        reply = self.control_reply(name, body, **query)
        assert reply.status == 200, reply.body
        return reply.document

    def control_reply(self, name: str, body: object = None, /, **query: str) -> Reply:
        """A control call."""
        target = f"/_practice/{name}" + (f"?{urlencode(query)}" if query else "")
        return self.send("GET" if body is None else "POST", target, body, base=self.control_url)


@contextmanager
def practice(vendor: str, org: str, *more: str) -> Iterator[PracticeProcess]:
    """Start an org, wait for its line, and end it by closing its standard input."""
    command = [sys.executable, "-m", "awase_practice.server", "--vendor", vendor, "--org", org]
    with subprocess.Popen(
        [*command, "--until-stdin-closes", *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            ready = json.loads(process.stdout.readline())
            yield PracticeProcess(
                process, ready["url"], ready["control"], ready["org_id"], ready["credentials"], ready=ready
            )
        finally:
            process.stdin.close()
            process.wait(_WAIT)


def query_target(text: str, version: str = "v65.0") -> str:
    """The target of a SOQL query."""
    return f"/services/data/{version}/query?q={quote(text)}"
