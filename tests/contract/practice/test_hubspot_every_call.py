"""Every call that the portal says it serves is served over HTTP, in every version, and no other."""

from __future__ import annotations

import re
from typing import Any

import pytest

from awase_practice.hubspot.endpoints import APIS, OPEN, Api
from tests.contract.practice.hubspot_client import Portal, portal

NO_SUCH_PATH = "Unable to find the requested path"
PLACES = {
    "object": "contacts",
    "to": "companies",
    "pipelined": "deals",
    "pipeline": "default",
    "stage": "closedwon",
    "property": "email",
    "group": "contactinformation",
    "address": "a@example.jp",
    "owner": "71200101",
    "type": "contact_to_company",
}


def _filled(path: str, it: Portal) -> str:
    known = {**PLACES, "portal": it.server.org.org_id}
    filled = re.sub(r"\{(\w+)\}", lambda place: known.get(place[1], "7"), path)
    return filled.rstrip("/")


def _answer(it: Portal, method: str, target: str) -> tuple[int, Any]:
    reply = it.send(method, target, {} if method in {"POST", "PUT", "PATCH"} else None)
    is_json = reply.body[:1] in {b"{", b"["}
    return reply.status, reply.document if is_json else None


@pytest.mark.parametrize("api", APIS, ids=lambda api: "/".join((*api.name, min(api.versions))))
def test_what_is_listed_is_served_and_by_no_other_method(api: Api) -> None:
    with portal("v3") as it:
        it.control("settings", {"burst_limit": 100_000, "search_limit": 100_000})
        shapes: dict[str, set[str]] = {}
        for version in sorted(api.versions):
            for each in api.endpoints:
                target = _filled(api.place(version) + each.path, it)
                shapes.setdefault(target, set()).add(each.method)
                status, body = _answer(it, each.method, target)
                assert status != 405, (each.method, target)
                assert status < 500, (each.method, target, body)
                assert not isinstance(body, dict) or body.get("message") != NO_SUCH_PATH, (
                    each.method,
                    target,
                )
        for target in shapes:
            status, _ = _answer(it, "REPORT", target)
            assert status == 405, target


def test_what_needs_no_token_is_served() -> None:
    with portal("v3") as it:
        for each in OPEN:
            keyed = f"?hapikey={it.server.org.credentials['developer_key']}"
            target = _filled(each.path, it) + (keyed if "webhooks" in each.path else "")
            status, body = _answer(it, each.method, target)
            assert status not in {401, 405, 500, 503}, (each.method, target)
            assert not isinstance(body, dict) or body.get("message") != NO_SUCH_PATH, (each.method, target)
            assert _answer(it, "REPORT", target)[0] == 405


@pytest.mark.parametrize(
    "target",
    [
        "/crm/v3/objects",
        "/crm/v4/objects/contacts",
        "/crm/v5/objects/contacts",
        "/crm/2026-09/objects/contacts",
        "/crm/objects/v3/contacts",
        "/crm/objects/2024-09/contacts",
        "/crm/v3/objects/contacts/1/nothing",
        "/crm/v3/lists/1/members",
        "/crm/v3/owners/1/teams",
        "/marketing/v3/emails",
        "/oauth/v4/token",
        "/submissions/v3/integration/submit/1",
        "/",
    ],
)
def test_anything_else_is_not_there(target: str) -> None:
    with portal("v3") as it:
        status, body = _answer(it, "GET", target)
        assert (status, body["message"]) == (404, NO_SUCH_PATH)
