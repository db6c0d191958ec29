"""Companies, people and deals with their owners and relations, through the command, on both practice orgs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.installation import HOUR, Installation
from tests.support.sales_workspace import sales_workspace

SYNCS = ("companies", "people", "deals")


@pytest.fixture
def place() -> Iterator[Installation]:
    with sales_workspace() as made:
        yield made


def run(place: Installation, sync: str) -> Mapping[str, Any]:
    """One approved sync; its report."""
    place.let_pass(HOUR)
    ended = place.run("sync", sync, "--yes", "--json")
    assert ended.status in (0, 1), ended
    report: Mapping[str, Any] = ended.document["runs"][0]
    return report


def writes(place: Installation, *syncs: str) -> list[dict[str, int]]:
    return [run(place, sync)["plan"]["writes"] for sync in syncs]


def by(place: Installation, object: str, field: str) -> dict[str, dict[str, Any]]:
    """The CRM's records of an object by one of their fields."""
    return {row[field]: row for row in place.salesforce.rows(object)}


def associate(place: Installation, origin: tuple[str, str], target: tuple[str, str], **more: Any) -> None:
    ends = {"from_object": origin[0], "from_id": origin[1], "to_object": target[0], "to_id": target[1]}
    place.hubspot.process.control("associate", {**ends, "author": "user:sato", **more})


def associated(
    place: Installation, origin: str, target: str, *, primary: bool = False
) -> set[tuple[str, str]]:
    told = place.hubspot.process.control("associations", from_object=origin, to_object=target)
    return {(one["from_id"], one["to_id"]) for one in told if one["primary"] or not primary}


@pytest.fixture
def filled(place: Installation) -> dict[str, list[str]]:
    """Two companies, three people (one without a company), a deal with a company and a contact; all synced."""
    companies = place.hubspot.load(
        "companies",
        [
            {"name": "株式会社甲", "domain": "kou.example.jp", "hubspot_owner_id": "1"},
            {"name": "株式会社乙", "domain": "otsu.example.jp"},
        ],
    )
    people = place.hubspot.load(
        "contacts",
        [
            {
                "email": "a@kou.example.jp",
                "lastname": "甲野",
                "associatedcompanyid": companies[0],
                "hubspot_owner_id": "2",
            },
            {"email": "b@otsu.example.jp", "lastname": "乙野", "associatedcompanyid": companies[1]},
            {"email": "c@free.example.jp", "lastname": "丙野", "company": "丙商店"},
        ],
    )
    deals = place.hubspot.load(
        "deals",
        [
            {
                "dealname": "商談1",
                "amount": "1000000",
                "closedate": "2026-12-31T00:00:00Z",
                "dealstage": "appointmentscheduled",
                "pipeline": "default",
                "hs_primary_associated_company": companies[0],
            }
        ],
    )
    associate(place, ("deal", deals[0]), ("contact", people[0]))
    for sync in SYNCS:
        run(place, sync)
    return {"companies": companies, "people": people, "deals": deals}


def test_everything_arrives_with_its_owner_and_its_relations_and_then_rests(
    place: Installation, filled: dict[str, list[str]]
) -> None:
    accounts, contacts = by(place, "Account", "Name"), by(place, "Contact", "Email")
    (deal,) = place.salesforce.rows("Opportunity")
    assert contacts["a@kou.example.jp"]["AccountId"] == accounts["株式会社甲"]["id"]
    assert contacts["b@otsu.example.jp"]["AccountId"] == accounts["株式会社乙"]["id"]
    assert [lead["Email"] for lead in place.salesforce.rows("Lead")] == ["c@free.example.jp"]
    assert (deal["AccountId"], deal["StageName"]) == (accounts["株式会社甲"]["id"], "新規案件")
    roles = [(r["OpportunityId"], r["ContactId"]) for r in place.salesforce.rows("OpportunityContactRole")]
    assert roles == [(deal["id"], contacts["a@kou.example.jp"]["id"])]
    users = {row["id"]: row.get("Email") for row in place.salesforce.rows("User")}
    assert users[accounts["株式会社甲"]["OwnerId"]] == "sato@example.jp"
    assert users[contacts["a@kou.example.jp"]["OwnerId"]] == "suzuki@example.jp"
    # Who has no owner there gets the integration user here, and nobody is told that he has no partner.
    assert writes(place, *SYNCS) == [{}, {}, {}]
    assert place.items() == []


def test_edits_and_relations_go_both_ways_and_relations_alone_are_found(
    place: Installation, filled: dict[str, list[str]]
) -> None:
    accounts, contacts = by(place, "Account", "Name"), by(place, "Contact", "Email")
    (deal,) = place.salesforce.rows("Opportunity")
    place.salesforce.edit("Opportunity", deal["id"], {"Amount": 2_000_000, "StageName": "受注"})
    place.salesforce.edit(
        "Contact", contacts["a@kou.example.jp"]["id"], {"AccountId": accounts["株式会社乙"]["id"]}
    )
    place.hubspot.edit("company", filled["companies"][0], {"name": "株式会社甲改"})
    run(place, "companies"), run(place, "people"), run(place, "deals")
    (stored,) = place.hubspot.rows("deal")
    assert (stored["amount"], stored["dealstage"]) == ("2000000", "closedwon")
    assert (filled["people"][0], filled["companies"][1]) in associated(
        place, "contact", "company", primary=True
    )
    assert "株式会社甲改" in by(place, "Account", "Name")
    # A role is no change of the opportunity's own stamp.
    other = contacts["b@otsu.example.jp"]["id"]
    place.salesforce.load("OpportunityContactRole", [{"OpportunityId": deal["id"], "ContactId": other}])
    assert writes(place, "deals") == [{"hubspot:deal:relate": 1}]
    assert {to for _, to in associated(place, "deal", "contact")} == set(filled["people"][:2])
    assert writes(place, *SYNCS) == [{}, {}, {}]


def test_an_association_alone_is_found_by_the_sweep(
    place: Installation, filled: dict[str, list[str]]
) -> None:
    (deal,) = place.salesforce.rows("Opportunity")
    associate(place, ("deal", filled["deals"][0]), ("contact", filled["people"][0]), remove=True)
    associate(place, ("deal", filled["deals"][0]), ("contact", filled["people"][1]))
    assert writes(place, "deals") == [{}], "no stamp moved, and the sweep is not due"
    place.replace('match_on = ""', 'match_on = ""\nsweep_hours = 1')
    age_the_sweep(place)
    assert writes(place, "deals") == [
        {"salesforce:Opportunity:relate": 1, "salesforce:Opportunity:unrelate": 1}
    ]
    roles = {r["ContactId"] for r in place.salesforce.rows("OpportunityContactRole")}
    assert roles == {by(place, "Contact", "Email")["b@otsu.example.jp"]["id"]}
    assert deal["id"] == place.salesforce.rows("Opportunity")[0]["id"]


def age_the_sweep(place: Installation) -> None:
    """As if the last sweep had been yesterday: our own clock cannot be moved."""
    from awase.assembly import open_store, run_async
    from awase.configuration import load
    from awase.engine.sweeping import SWEPT

    async def work() -> None:
        async with open_store(load(place.file)) as store:
            await store.save_setting(SWEPT + "deals", "2026-01-01T00:00:00+00:00")

    with place.surroundings():
        run_async(work())


def test_people_wait_for_their_company_visibly_and_go_by_themselves(place: Installation) -> None:
    companies = place.hubspot.load("companies", [{"name": "株式会社丁", "domain": "tei.example.jp"}])
    place.hubspot.load(
        "contacts",
        [
            {"email": f"p{n}@tei.example.jp", "lastname": f"丁{n}", "associatedcompanyid": companies[0]}
            for n in range(3)
        ],
    )
    place.hubspot.load("contacts", [{"email": "q@free.example.jp", "lastname": "戊野", "company": "戊商店"}])
    report = run(place, "people")
    assert report["sides"]["hubspot:contact"]["waiting"] == 3
    assert report["plan"]["writes"] == {"salesforce:Lead:create": 1}, "nobody else waits with them"
    listed = place.items()
    assert {(item["code"], item["kind"], item["value"]) for item in listed} == {
        ("awaiting_parent", "waiting", companies[0])
    }
    assert len(listed) == 3
    (people, *_) = place.run("status", "--json").document["syncs"]
    assert (people["name"], people["open"]) == ("people", {"waiting": 3})
    explained = place.run("explain", "p0@tei.example.jp", "--json").document["people"]
    assert [one["waits_for"] for one in explained] == [
        [{"field": "AccountId", "record": companies[0], "through": "companies"}]
    ]
    assert writes(place, "people") == [{}], "they wait as long as the company is not there"
    assert writes(place, "companies", "people") == [
        {"salesforce:Account:create": 1},
        {"salesforce:Contact:create": 3},
    ]
    assert place.items() == []
    (explained,) = place.run("explain", "p0@tei.example.jp", "--json").document["people"]
    assert (explained["open"], len(explained["closed"])) == ([], 1)
    account = by(place, "Account", "Name")["株式会社丁"]["id"]
    assert {row["AccountId"] for row in place.salesforce.rows("Contact")} == {account}
