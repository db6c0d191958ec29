"""An opt-out holds for whoever its speaker became, also where the one who spoke is there no more when we first hear of it."""

from __future__ import annotations

from typing import Any

from tests.simulation.test_undo import HOUR, Office


def out(office: Office) -> tuple[set[str], set[str]]:
    """Addresses that are out in the MA and in the CRM."""
    ma = {row["email"] for row in office.world.portal.rows("contact") if row.get("hs_email_optout") == "true"}
    crm = {row["Email"] for row in office.world.org.rows("Lead") if row["HasOptedOutOfEmail"]}
    return ma, crm


def opts_out(office: Office, lead: str) -> None:
    office.world.org.edit("Lead", lead, {"HasOptedOutOfEmail": True}, "user:hanako")


def settled(office: Office) -> tuple[set[str], set[str]]:
    office.world.pass_time(HOUR)
    for _ in range(3):
        office.sync()
    return out(office)


def test_of_a_lead_that_is_deleted_in_the_hour_in_which_its_contact_is_merged() -> None:
    office = Office(3)
    opts_out(office, office.leads[0])
    merge: dict[str, Any] = {
        "object": "contact",
        "winner": office.contacts[1],
        "losers": [office.contacts[0]],
    }
    office.world.portal.more_control()["POST", "merge"]({**merge, "author": "user:taro"})
    office.world.org.delete("Lead", office.leads[0], "user:hanako")
    ma, crm = settled(office)
    assert ("p1@example.jp" in ma, "p1@example.jp" in crm) == (True, True)
    assert "p2@example.jp" not in ma | crm


def test_of_a_second_lead_that_waits_as_nobodys_partner() -> None:
    office = Office(2)
    row = {"LastName": "山田0", "Company": "株式会社0", "Email": "p0@example.jp"}
    (second,) = office.world.org.load("Lead", [row], "user:hanako")
    assert settled(office) == (set(), set())
    opts_out(office, second)
    ma, crm = settled(office)
    assert (ma, crm) == ({"p0@example.jp"}, {"p0@example.jp"})
    first = next(row for row in office.world.org.rows("Lead") if row["id"] == office.leads[0])
    assert first["HasOptedOutOfEmail"]
