"""A practice portal called in process, with time standing still between calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from awase_practice.hubspot.org import HubSpotPortal
from awase_practice.kernel.clock import VirtualClock
from awase_practice.kernel.faults import FaultPlan
from awase_practice.kernel.front import Front
from awase_practice.kernel.http import HttpRequest, HttpResponse

CONTACTS = "/crm/objects/2026-09/contacts"
START = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)


class Caller:
    """One portal and a client of it. Each call takes ``pause`` seconds, so that ordinary tests meet no limits."""

    def __init__(self, seed: int = 0, pause: float = 0.25, **settings: Any) -> None:
        self.clock = VirtualClock(START)
        self.faults = FaultPlan(seed)
        self.portal = HubSpotPortal(name="練習", clock=self.clock, faults=self.faults, seed=seed)
        self.portal.change_settings(settings)
        self.front = Front(self.portal, self.faults)
        self.pause = pause
        self.token = str(self.portal.credentials["access_token"])

    def send(self, method: str, target: str, body: Any = None, **headers: str) -> HttpResponse:
        """The whole answer; a lost connection fails the test."""
        self.clock.advance(self.pause)
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        answer = self.front.handle(HttpRequest.of(method, target, headers=sent, body=content))
        assert isinstance(answer, HttpResponse), answer
        return answer

    def call(self, method: str, target: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON body."""
        answer = self.send(method, target, body)
        return answer.status, answer.json() if answer.body else None

    def create(self, **properties: Any) -> str:
        """The id of a new contact."""
        status, record = self.call("POST", CONTACTS, {"properties": properties})
        assert status == 201, record
        return str(record["id"])

    def read(self, record_id: str, *names: str) -> dict[str, Any]:
        """Some properties of a contact."""
        status, record = self.call("GET", f"{CONTACTS}/{record_id}?properties={','.join(names)}")
        assert status == 200, record
        return dict(record["properties"])

    def batch(self, verb: str, inputs: list[dict[str, Any]], **more: Any) -> tuple[int, Any]:
        """A batch of contacts."""
        return self.call("POST", f"{CONTACTS}/batch/{verb}", {"inputs": inputs, **more})

    def search(self, *filters: dict[str, Any], **more: Any) -> tuple[int, Any]:
        """A search with one filter group."""
        groups = [{"filters": list(filters)}] if filters else []
        return self.call("POST", f"{CONTACTS}/search", {"filterGroups": groups, **more})

    def found(self, *filters: dict[str, Any]) -> list[str]:
        """The ids a search finds."""
        status, body = self.search(*filters)
        assert status == 200, body
        return [record["id"] for record in body["results"]]


def codes(body: Any) -> list[str]:
    """The codes of refused values, as the message embeds them."""
    message = str(body["message"])
    return [str(each["error"]) for each in json.loads(message[message.index("[{") :])]
