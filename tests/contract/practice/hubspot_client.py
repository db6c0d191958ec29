"""A practice portal over HTTP, in either family of paths."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from awase_practice.hubspot.org import HubSpotPortal
from awase_practice.kernel.clock import RealClock
from awase_practice.kernel.faults import FaultPlan
from awase_practice.server import PracticeServer
from tests.contract.practice.practice_process import Reply

FAMILIES = ("2026-09", "v3")
"""A date, which also has the newer associations, and v3, which has those in v4."""

_WAIT = 20.0


@dataclass(frozen=True)
class Portal:
    """A portal that listens on this machine, and the family of paths it is called by."""

    server: PracticeServer
    family: str

    def send(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        control: bool = False,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One call; text is sent as it is, anything else as JSON. token: another than the service key; empty for none."""
        url = self.server.control_url if control else self.server.url
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_WAIT)
        bearer = self.server.org.credentials["access_token"] if token is None else token
        sent = {**({"Authorization": f"Bearer {bearer}"} if bearer else {}), **(headers or {})}
        content = body if body is None or isinstance(body, str) else json.dumps(body)
        try:
            connection.request(method, target, content, sent)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def ask(self, method: str, target: str, body: object = None, status: int = 200) -> Any:
        """The document of a call that must end with a status."""
        reply = self.send(method, target, body)
        assert reply.status == status, (reply.status, reply.body)
        return reply.document if reply.body else None

    def control(self, name: str, body: object = None, /, *, status: int = 200, **query: str) -> Any:
        """A control call: POST with a body, else GET."""
        target = f"/_practice/{name}" + (f"?{urlencode(query)}" if query else "")
        reply = self.send("GET" if body is None else "POST", target, body, control=True)
        assert reply.status == status, (reply.status, reply.body)
        return reply.document

    def path(self, api: str, tail: str = "", version: str | None = None) -> str:
        """``path("objects", "/contacts")`` in this family; version: another than the family's old one."""
        if self.family != "v3":
            return f"/crm/{api}/{self.family}{tail}"
        return f"/crm/{version or 'v3'}/{api}{tail}"

    def create(self, plural: str, associations: object = None, /, **properties: Any) -> str:
        """The id of a new record."""
        body: dict[str, Any] = {"properties": properties}
        if associations is not None:
            body["associations"] = associations
        return str(self.ask("POST", self.path("objects", f"/{plural}"), body, 201)["id"])

    def get(self, plural: str, record_id: str, *names: str, more: str = "") -> dict[str, Any]:
        """A record with some properties."""
        query = f"?properties={','.join(names)}{more}"
        record: dict[str, Any] = self.ask("GET", self.path("objects", f"/{plural}/{record_id}{query}"))
        return record

    def properties(self, plural: str, record_id: str, *names: str) -> dict[str, Any]:
        """Some properties of a record, no others."""
        found = self.get(plural, record_id, *names)["properties"]
        return {name: found[name] for name in names}

    def associations(self, tail: str) -> str:
        """The path of association batches."""
        return self.path("associations", tail, "v4")

    def of_record(self, plural: str, record_id: str, tail: str) -> str:
        """The path of one record's associations."""
        return self.path("objects", f"/{plural}/{record_id}/associations{tail}", "v4")

    def types(self, plural: str, record_id: str, to: str) -> dict[str, list[int]]:
        """Whom a record is associated with, and the ids of the types."""
        found = self.ask("GET", self.of_record(plural, record_id, f"/{to}"))["results"]
        return {
            str(each["toObjectId"]): [kind["typeId"] for kind in each["associationTypes"]] for each in found
        }


@contextmanager
def portal(family: str, org: HubSpotPortal | None = None) -> Iterator[Portal]:
    """A fresh portal, or a given one, behind real HTTP for as long as the block lasts."""
    faults = FaultPlan(1)
    server = PracticeServer(org or HubSpotPortal(name="練習", clock=RealClock(), faults=faults), faults)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(_WAIT)
        yield Portal(server, family)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(_WAIT)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_WAIT)
        loop.close()


def spec(*type_ids: int) -> list[dict[str, Any]]:
    """Association types as a request writes them."""
    return [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": each} for each in type_ids]


def pair(origin: str, target: str, *type_ids: int) -> dict[str, Any]:
    """One input of an association batch."""
    ends = {"from": {"id": origin}, "to": {"id": target}}
    return {**ends, "types": spec(*type_ids)} if type_ids else ends
