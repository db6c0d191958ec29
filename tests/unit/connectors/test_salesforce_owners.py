"""Who owns or may own Salesforce's records."""

from __future__ import annotations

from typing import Any

import pytest

from awase.errors import HostUnreachable, MissingPermission, VendorBusy
from awase.ports.connector import Owner
from awase.ports.flows import Answer, Lane, Request

from .salesforce_scene import CONNECTOR, answer, error, lost, play, rows, soql_of


def user(id: str, type: str | None = "Standard", **more: Any) -> dict[str, Any]:
    return {
        "Id": id,
        "Email": f"{id}@example.jp",
        "Name": "佐藤 健",
        "IsActive": True,
        "UserType": type,
        **more,
    }


def owners(*users: dict[str, Any]) -> tuple[Owner, ...]:
    found: tuple[Owner, ...] = play(CONNECTOR.read_owners(), lambda request: answer(request, rows(*users)))[0]
    return found


def test_every_user_is_read_to_the_last_page() -> None:
    path = "/services/data/v65.0/query/0r8xx-2000"

    def reply(request: Request) -> Answer:
        return answer(
            request, rows(user("005B")) if request.url == path else rows(user("005A"), next_path=path)
        )

    found, _, steps = play(CONNECTOR.read_owners(), reply)
    assert soql_of(steps[0][0]) == "SELECT Id, Email, Name, IsActive, UserType FROM User"
    assert [step[0].lane for step in steps] == [Lane.OTHER] * 2
    assert [one.id for one in found] == ["005A", "005B"]


def test_an_owner_is_told_as_the_vendor_tells_it() -> None:
    assert owners(user("005A"), user("005B", IsActive=False, Email=None)) == (
        Owner("005A", "005A@example.jp", "佐藤 健", active=True, may_own=True, kind="Standard"),
        Owner("005B", "", "佐藤 健", active=False, may_own=True, kind="Standard"),
    )


@pytest.mark.parametrize(
    ("type", "may_own"),
    [
        ("Standard", True),
        ("PowerPartner", True),
        ("Guest", True),
        ("AutomatedProcess", False),
        ("CloudIntegrationUser", False),
        ("CsnOnly", False),
        (None, False),
    ],
)
def test_only_users_of_some_types_may_own_what_is_synced(type: str | None, may_own: bool) -> None:
    [found] = owners(user("005A", type))
    assert (found.may_own, found.kind) == (may_own, type or "")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (lambda request: answer(request, [error("INSUFFICIENT_ACCESS", "no")], 403), MissingPermission),
        (lambda request: answer(request, b'{"records":[{"Id"', 200), VendorBusy),
        (lost, HostUnreachable),
    ],
)
def test_users_that_cannot_be_read_are_not_taken_for_none(reply: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        play(CONNECTOR.read_owners(), reply)
