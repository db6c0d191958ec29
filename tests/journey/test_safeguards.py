"""What stops a run before it does harm: a filter that lost its field, and plans that change too much at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.installation import Installation
from tests.support.sales_workspace import sales_workspace
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace

PEOPLE, SHARE, LIMIT = 50, 0.45, 22
AT_ONCE = LIMIT + 1
"""How many of the linked people one plan changes: one more than the guard lets pass."""


# -- a filter whose field is deleted ----------------------------------------------------------------------------------


@pytest.fixture
def sales() -> Iterator[Installation]:
    with sales_workspace() as made:
        yield made


def everything(place: Installation) -> dict[str, list[dict[str, Any]]]:
    """What both orgs hold."""
    ours = {object: place.hubspot.rows(object) for object in ("contact", "company")}
    return ours | {object: place.salesforce.rows(object) for object in ("Contact", "Lead", "Account")}


def delete_field(place: Installation, side: str) -> None:
    if side == "ma":
        place.hubspot.schema("contact", remove_field="segment")
        return
    for object in ("Lead", "Contact"):
        place.salesforce.schema(object, remove_field={"name": "Segment__c"})


def bring_field(place: Installation, side: str) -> None:
    if side == "ma":
        place.hubspot.schema("contact", add_field={"name": "segment"})
        return
    for object in ("Lead", "Contact"):
        place.salesforce.schema(object, add_field={"name": "Segment__c", "type": "string", "length": 40})


FILTERS = {
    "ma": 'filter = { ma = [{ field = "segment", is = ["展示会 東京"] }] }\n',
    "crm": 'filter = { crm = [{ field = "Segment__c", is = ["展示会 東京"] }] }\n',
}


@pytest.mark.parametrize("side", list(FILTERS))
def test_a_filter_whose_field_is_deleted_changes_nothing_and_is_one_incident_with_syncs_and_people(
    sales: Installation, side: str
) -> None:
    bring_field(sales, side)
    sales.replace('name = "people"\n', f'name = "people"\n{FILTERS[side]}')
    given = {"segment": "展示会 東京"} if side == "ma" else {}
    sales.hubspot.load(
        "contacts",
        [
            {"email": f"p{n}@example.jp", "lastname": f"人{n}", "company": "例", **given}
            for n in range(3 if side == "ma" else 0)
        ],
    )
    owner = next(row["id"] for row in sales.salesforce.rows("User") if row["Email"] == "sato@example.jp")
    theirs = {} if side == "ma" else {"Segment__c": "展示会 東京", "OwnerId": owner}
    sales.salesforce.load(
        "Lead",
        [
            {"Email": f"p{n}@example.jp", "LastName": f"人{n}", "Company": "例", **theirs}
            for n in range(0 if side == "ma" else 3)
        ],
    )
    assert sales.sync("people").status == 0
    contacts = {row["email"]: row["id"] for row in sales.hubspot.rows("contact")}
    leads = {row["Email"]: row["id"] for row in sales.salesforce.rows("Lead")}
    pass_an_hour(sales)
    sales.hubspot.edit("contact", contacts["p0@example.jp"], {"lastname": "改"})
    sales.salesforce.edit("Lead", leads["p1@example.jp"], {"LastName": "改2"})
    sales.hubspot.load("contacts", [{"email": "new@example.jp", "lastname": "新", "company": "例", **given}])
    delete_field(sales, side)
    before = everything(sales)

    refused = [sales.sync("people") for _ in range(2)]
    assert [ended.status for ended in refused] == [2, 2]
    assert everything(sales) == before
    assert sales.items() == []
    (incident,) = sales.run("incidents", "--json").document["incidents"]
    assert (incident["subject"], incident["affected"]) == ("sync:people", 3)
    named = "segment" if side == "ma" else "Segment__c"
    assert named in incident["text"]
    assert named in sales.run("incidents", "--lang", "ja").out
    assert sales.sync("companies").status == 0, "a sync without that filter goes on"

    bring_field(sales, side)
    for id in leads.values() if side == "crm" else ():
        sales.salesforce.edit("Lead", id, theirs)
    assert sales.sync("people").status in (0, 1)
    assert sales.run("incidents", "--json").document["incidents"] == []
    names = {row["Email"]: row["LastName"] for row in sales.salesforce.rows("Lead")}
    assert names["p0@example.jp"] == "改"


# -- plans that change too much ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded() -> Iterator[Installation]:
    """People in agreement, and a sync that deletes leads whose contacts were deleted."""
    settings = f'policies = {{ deleted_in_ma = "delete" }}\nguard = {{ share = {SHARE}, records = 500 }}\n'
    with small_workspace() as made:
        made.replace('name = "people"\n', 'name = "people"\n' + settings)
        load(made, *(contact(n, jobtitle=f"課長{n}") for n in range(PEOPLE)))
        made.connect_by_command()
        assert made.sync().status == 0
        yield made


def edit(place: Installation, title: str, ids: list[str]) -> None:
    for id in ids:
        place.hubspot.edit("contact", id, {"jobtitle": title})


def delete(place: Installation, ids: list[str]) -> None:
    for id in ids:
        place.hubspot.process.control("delete", {"object": "contact", "id": id})


def change(place: Installation, rule: str, ids: list[str]) -> None:
    """What would rewrite, clear or delete the leads of these contacts."""
    if rule == "deleted":
        delete(place, ids)
    else:
        edit(place, "一括の誤り" if rule == "rewritten" else "", ids)


def touched(place: Installation, rule: str) -> int:
    """Leads to whom it has happened."""
    leads = place.salesforce.rows("Lead")
    if rule == "deleted":
        return PEOPLE - len(leads)
    return len([row for row in leads if row["Title"] == ("一括の誤り" if rule == "rewritten" else None)])


@pytest.mark.parametrize("rule", ["rewritten", "cleared", "deleted"])
def test_a_plan_over_the_set_share_stops_with_its_rule_and_only_that_very_plan_goes_on_once_approved(
    guarded: Installation, rule: str
) -> None:
    pass_an_hour(guarded)
    held = {row["email"]: row["id"] for row in guarded.hubspot.rows("contact")}
    ids = [held[f"person{n}@example.jp"] for n in range(2 * AT_ONCE)]
    change(guarded, rule, ids[:AT_ONCE])

    stopped = guarded.run("sync", "--lang", "en")
    assert (stopped.status, touched(guarded, rule)) == (4, 0)
    assert f"{AT_ONCE} records of salesforce" in stopped.out + stopped.err
    planned = guarded.run("plan", "-o", "kept.plan", "--json").document["plans"][0]
    (guard,) = planned["guards"]
    told_of = (guard["rule"], guard["side"], guard["records"], guard["limit"])
    assert told_of == (rule, "salesforce", AT_ONCE, LIMIT)
    assert guarded.run("apply", "kept.plan").status == 4, "a plan that nobody approved"
    assert touched(guarded, rule) == 0

    # The world goes on: what the approved plan does not hold is not carried along with it.
    change(guarded, rule, ids[AT_ONCE:])
    applied = guarded.run("apply", "kept.plan", "--yes", "--json")
    assert applied.status == 0, applied
    assert touched(guarded, rule) == AT_ONCE

    # Another plan needs another approval, and the old one is used up.
    assert guarded.run("apply", "kept.plan", "--yes").status == 2
    assert guarded.run("sync", "--json").status == 4
    assert touched(guarded, rule) == AT_ONCE
    assert guarded.sync().status == 0
    assert touched(guarded, rule) == 2 * AT_ONCE


# -- what goes all at once once nothing stops it ----------------------------------------------------------------------


def test_many_held_people_go_after_a_nod_and_few_by_themselves() -> None:
    with small_workspace() as place:
        place.replace('name = "people"\n', 'name = "people"\nguard = { released = 3 }\n')
        ids = load(place, *(contact(n, company="") for n in range(6)), contact(6))
        place.connect_by_command()
        assert place.sync().status == 1
        assert len(place.items()) == 6

        def name_companies(some: list[str]) -> None:
            for id in some:
                place.hubspot.edit("contact", id, {"company": "株式会社例"})

        pass_an_hour(place)
        name_companies(ids[:2])
        assert place.run("sync").status == 1
        assert len(place.salesforce.rows("Lead")) == 3
        name_companies(ids[2:6])
        stopped = place.run("sync", "--lang", "en")
        assert (stopped.status, len(place.salesforce.rows("Lead"))) == (4, 3)
        assert "4 records that were held" in stopped.out + stopped.err
        assert place.run("sync", "--yes").status == 0
        assert len(place.salesforce.rows("Lead")) == 7
