"""Who owns or may own HubSpot's records."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from awase.errors import HostUnreachable, MissingPermission, VendorBusy
from awase.ports.connector import Owner
from awase.ports.flows import Lane
from tests.unit.connectors.hubspot_flows import Reply, connector, drive, responding, silent


def owner(id: str, **more: Any) -> dict[str, Any]:
    person = {"email": f"{id}@example.jp", "firstName": "健", "lastName": "佐藤", "type": "PERSON"}
    return {"id": id, **person, "userId": 5, "archived": False, **more}


def page(*owners: dict[str, Any], after: str | None = None) -> Reply:
    return responding({"results": list(owners)} | ({"paging": {"next": {"after": after}}} if after else {}))


@pytest.mark.parametrize(("version", "path"), [("2026-09", "/crm/owners/2026-09"), ("v3", "/crm/v3/owners")])
def test_active_owners_are_read_page_by_page_and_then_the_archived_ones(version: str, path: str) -> None:
    replies = [page(owner("1"), after="1"), page(owner("2")), page(owner("3"), after="3"), page(owner("4"))]
    driven = drive(connector(version=version).read_owners(), replies)
    assert {(one.method, urlsplit(one.url).path, one.lane) for one in driven.requests} == {
        ("GET", path, Lane.OTHER)
    }
    asked = [parse_qs(urlsplit(one.url).query) for one in driven.requests]
    assert [(one["archived"], one.get("after")) for one in asked] == [
        (["false"], None),
        (["false"], ["1"]),
        (["true"], None),
        (["true"], ["3"]),
    ]
    assert [(one.id, one.active) for one in driven.end] == [
        ("1", True),
        ("2", True),
        ("3", False),
        ("4", False),
    ]


def test_an_owner_is_named_family_name_first_and_known_by_the_address() -> None:
    [found] = drive(connector().read_owners(), [page(owner("71")), page()]).end
    assert found == Owner(
        id="71", email="71@example.jp", name="佐藤 健", active=True, may_own=True, kind="PERSON"
    )


def test_a_queue_owns_records_but_stands_for_nobody() -> None:
    queue = owner("9", type="QUEUE", email=None, firstName=None, lastName="窓口")
    [found] = drive(connector().read_owners(), [page(queue), page()]).end
    assert (found.may_own, found.kind, found.email, found.name) == (False, "QUEUE", "", "窓口")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (responding({"category": "MISSING_SCOPES"}, status=403), MissingPermission),
        (responding(b'{"results":[{"id"', status=200), VendorBusy),
        (silent(maybe_sent=True), HostUnreachable),
    ],
)
def test_owners_that_cannot_be_read_are_not_taken_for_none(reply: Reply, error: type[Exception]) -> None:
    with pytest.raises(error):
        drive(connector().read_owners(), [reply])
