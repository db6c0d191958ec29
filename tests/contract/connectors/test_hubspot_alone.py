"""What is HubSpot's own: new ids of survivors, primary companies, lists, long pages, limits of associations."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from awase.core.operations import Operation, OperationKind, State

from .side import NO_OVERLAP, Side, moved

COMPANY = "associations.company"
CONTACTS = "associations.contact"


def raw(side: Side, method: str, path: str, body: object) -> Any:
    """A call as another client would make it."""
    wire = http.client.HTTPConnection(urlsplit(side.base).netloc, timeout=20)
    try:
        headers = {"Authorization": f"Bearer {side.token}", "Content-Type": "application/json"}
        wire.request(method, path, json.dumps(body), headers)
        said = wire.getresponse()
        document = json.loads(said.read() or b"null")
        assert said.status < 300, document
        return document
    finally:
        wire.close()


def associate(side: Side, object: str, id: str, company: str, *, primary: bool, remove: bool = False) -> None:
    ends = {"from_object": object, "from_id": id, "to_object": "company", "to_id": company}
    side.control("associate", {**ends, "primary": primary, "remove": remove})


def companies(side: Side, number: int) -> list[str]:
    return side.load("company", *({"name": f"company {each}"} for each in range(number)))


def company_of(side: Side, object: str, id: str) -> str | None:
    query = side.query(object, COMPANY)
    found: list[str | None] = []
    side.run(
        side.connector.read_relations(query, [id]),
        lambda page: found.extend(side.connector.decode_relations(page, query)[COMPANY]),
    )
    [company] = found
    assert side.by_id(query, id)[COMPANY].to_list() == [company]
    return company


def related(side: Side, object: str, id: str, now: str | None, before: str | None) -> Operation:
    kind = OperationKind.RELATE if now else OperationKind.UNRELATE
    return side.operation(kind, object, id, values={COMPANY: now}, before={COMPANY: before})


# -- merges ----------------------------------------------------------------------------------------------------------


def test_a_survivor_with_a_new_id_is_whom_both_have_become(hubspot: Side) -> None:
    hubspot.settings(merge_mints_new_id=True)
    a, b, c = hubspot.people(3)
    query = hubspot.query("contact")
    cursor, _ = hubspot.snapshot(query)
    survivor = hubspot.merge("contact", a, b)
    assert survivor not in {a, b}
    after, frame = hubspot.changes(query, cursor)
    assert moved(frame, "contact") == {f"contact:{one}": f"contact:{survivor}" for one in (a, b)}
    assert dict(frame.select("_id", "_deleted").iter_rows()) == {survivor: False}
    assert hubspot.by_id(query, a, b)["_id"].to_list() == [survivor]

    last = hubspot.merge("contact", c, survivor)
    _, frame = hubspot.changes(query, after)
    assert moved(frame, "contact") == {f"contact:{one}": f"contact:{last}" for one in (a, b, c, survivor)}
    assert hubspot.by_id(query, a, b, c, survivor, last)["_id"].to_list() == [last]


def test_a_sweep_leaves_merged_records_out_instead_of_taking_their_relations_for_lost(hubspot: Side) -> None:
    [company] = companies(hubspot, 1)
    winner, loser, alone = hubspot.people(3)
    associate(hubspot, "contact", loser, company, primary=True)
    hubspot.merge("contact", winner, loser)
    query = hubspot.query("contact", COMPANY)
    rows: list[Any] = []
    hubspot.run(
        hubspot.connector.read_relations(query, [winner, loser, alone]),
        lambda page: rows.extend(hubspot.connector.decode_relations(page, query).rows()),
    )
    assert rows == [(winner, company), (alone, None)]


def test_a_history_of_merged_records_can_still_be_read(hubspot: Side) -> None:
    winner, first, second = hubspot.people(3)
    query = hubspot.query("contact", "jobtitle")
    cursor, _ = hubspot.snapshot(query)
    hubspot.merge("contact", winner, first, second)
    hubspot.edit("contact", winner, jobtitle="部長")
    found: list[Any] = []
    flow = hubspot.connector.read_history(query, [first, second], cursor, NO_OVERLAP)
    hubspot.run(flow, lambda page: found.extend(hubspot.connector.decode_history(page, query).rows()))
    assert [(row[0], row[2]) for row in found] == [(winner, "部長")]


# -- companies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("object", ["contact", "deal"])
def test_only_the_primary_company_is_the_company_of_a_record(hubspot: Side, object: str) -> None:
    first, second = companies(hubspot, 2)
    [id] = hubspot.people(1) if object == "contact" else hubspot.deals()
    associate(hubspot, object, id, first, primary=False)
    assert company_of(hubspot, object, id) is None
    associate(hubspot, object, id, second, primary=True)
    assert company_of(hubspot, object, id) == second

    [outcome] = hubspot.write(related(hubspot, object, id, first, second))
    assert outcome.state is State.APPLIED
    assert company_of(hubspot, object, id) == first

    [outcome] = hubspot.write(related(hubspot, object, id, None, first))
    assert outcome.state is State.APPLIED
    assert company_of(hubspot, object, id) is None


@pytest.mark.parametrize("object", ["contact", "deal"])
def test_a_record_is_created_with_its_company(hubspot: Side, object: str) -> None:
    [company] = companies(hubspot, 1)
    values = hubspot.words.person_values if object == "contact" else hubspot.words.deal_values
    create = hubspot.operation(OperationKind.CREATE, object, values={**values, COMPANY: company})
    [outcome] = hubspot.write(create)
    assert outcome.state is State.APPLIED
    assert company_of(hubspot, object, outcome.id or "") == company


def test_a_create_with_a_company_that_is_not_there_is_refused_for_itself(hubspot: Side) -> None:
    [company] = companies(hubspot, 1)
    values = dict(hubspot.words.person_values)
    outcomes = hubspot.write(
        hubspot.operation(OperationKind.CREATE, "contact", values={**values, COMPANY: "404"}),
        hubspot.operation(OperationKind.CREATE, "contact", values={**values, COMPANY: company}),
    )
    assert [one.state for one in outcomes] == [State.REJECTED, State.APPLIED]


def test_a_limit_of_associations_refuses_only_those_beyond_it(hubspot: Side) -> None:
    hubspot.settings(association_limits={"deal->contact": 2})
    (full, free), people = hubspot.deals(2), hubspot.people(3)
    outcomes = hubspot.write(hubspot.relating(full, people), hubspot.relating(free, people[:2]))
    assert [one.state for one in outcomes] == [State.REJECTED, State.APPLIED]
    assert outcomes[0].error is not None
    assert outcomes[0].error.code == "ASSOCIATION_LIMIT_EXCEEDED"
    assert len(hubspot.people_of(full)[full]) == 2


# -- pages -----------------------------------------------------------------------------------------------------------


def test_a_deal_with_more_people_than_a_page_holds_is_read_whole(hubspot: Side) -> None:
    (deal, other), people = hubspot.deals(2), hubspot.people(1_203)
    [outcome] = hubspot.write(hubspot.relating(deal, people))
    assert outcome.state is State.APPLIED
    calls = hubspot.calls(lambda: hubspot.people_of(deal, other))
    assert calls == 1 + 3, "a description, and 1,203 people by 500"
    assert hubspot.people_of(deal, other) == {deal: set(people), other: set()}
    _, frame = hubspot.snapshot(hubspot.query("deal", CONTACTS))
    assert {id: len(ids or ()) for id, ids in frame.select("_id", CONTACTS).iter_rows()} == {
        deal: 1_203,
        other: 0,
    }


def test_relations_of_a_thousand_records_cost_one_call(hubspot: Side) -> None:
    deals = hubspot.deals(1_001)
    query = hubspot.query("deal", CONTACTS)
    for count, expected in ((1_000, 1), (1_001, 2)):
        flow = hubspot.connector.read_relations(query, deals[:count])
        assert hubspot.calls(lambda flow=flow: hubspot.run(flow)) == expected  # type: ignore[misc]
    assert hubspot.calls(lambda: hubspot.snapshot(query)) == 11 + 2


def test_an_archive_of_several_pages_is_told_to_its_end(hubspot: Side) -> None:
    people = hubspot.people(230)
    query = hubspot.query("contact")
    cursor, _ = hubspot.snapshot(query)
    for at in range(0, 230, 100):
        deletions = [hubspot.operation(OperationKind.DELETE, "contact", id) for id in people[at : at + 100]]
        assert {one.state for one in hubspot.write(*deletions)} == {State.APPLIED}
    _, frame = hubspot.changes(query, cursor)
    assert dict(frame.select("_id", "_deleted").iter_rows()) == dict.fromkeys(people, True)


# -- lists and owners ------------------------------------------------------------------------------------------------


def test_people_are_taken_off_a_list_and_stay(hubspot: Side) -> None:
    people = hubspot.people(101)
    made = raw(
        hubspot,
        "POST",
        "/crm/v3/lists/",
        {"name": "展示会", "objectTypeId": "0-1", "processingType": "MANUAL"},
    )
    list_id = str(made["list"]["listId"])
    raw(hubspot, "PUT", f"/crm/v3/lists/{list_id}/memberships/add", people[1:])
    outcomes = hubspot.write(
        *(hubspot.operation(OperationKind.TAKE_OFF, "contact", id, list=list_id) for id in people[:100])
    )
    assert {one.state for one in outcomes} == {State.APPLIED}, "the first was not on it"
    members = raw(hubspot, "GET", f"/crm/v3/lists/{list_id}/memberships", None)["results"]
    assert [each["recordId"] for each in members] == [people[100]]
    assert set(hubspot.snapshot(hubspot.query("contact"))[1]["_id"]) == set(people)


def test_a_list_that_is_not_there_is_refused(hubspot: Side) -> None:
    [person] = hubspot.people(1)
    [outcome] = hubspot.write(hubspot.operation(OperationKind.TAKE_OFF, "contact", person, list="404"))
    assert outcome.state is State.REJECTED
    assert outcome.error is not None


def test_archived_owners_are_told_as_inactive(hubspot: Side) -> None:
    owners = {one.id: one for one in hubspot.run(hubspot.connector.read_owners())}
    assert [one.name for one in owners.values()] == ["佐藤 健", "鈴木 美咲", "高橋 翔", "田中 葵"]
    assert [one.active for one in owners.values()] == [True, True, True, False]
    active = next(one for one in owners.values() if one.active)
    [person] = hubspot.people(1)
    own = hubspot.operation(OperationKind.UPDATE, "contact", person, values={"hubspot_owner_id": active.id})
    assert hubspot.write(own)[0].state is State.APPLIED, "ids of owners are what the owner property holds"
