"""The people of an opportunity: read with it, written as rows of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.operations import Operation, OperationKind, Outcome, State
from awase.core.packing import call_size, weight
from awase.core.values import DTYPES, Kind
from awase.errors import Bug, SchemaMismatch, VendorBusy
from awase.ports.connector import ReadQuery, WriteBatch
from awase.ports.flows import Answer, Lane, Page, Request

from .salesforce_scene import (
    AFTER_DATE,
    CONNECTOR,
    ROLES,
    answer,
    body_of,
    deal,
    error,
    lost,
    play,
    record,
    rows,
    soql_of,
)

WITH_ROLES = ReadQuery(deal(), ("Name", ROLES))
SELECT = (
    "SELECT Id, SystemModstamp, IsDeleted, Awase_Key__c, Name, (SELECT ContactId FROM OpportunityContactRoles "
    "WHERE IsDeleted = false) FROM Opportunity"
)
SINCE = "2026-11-23T02:00:00+00:00"
NO_OVERLAP = timedelta(0)


def opportunity(id: str, *contacts: str, **more: Any) -> dict[str, Any]:
    roles = rows(*({"ContactId": each} for each in contacts)) if contacts else None
    return record(id, Name=f"deal {id}", **{ROLES: roles, **more})


def decoded(*pages: Page) -> pl.DataFrame:
    return pl.concat([CONNECTOR.decode(page, WITH_ROLES) for page in pages])


# --- reading -------------------------------------------------------------------------------------------------------


def test_roles_are_read_with_their_opportunity_and_deleted_ones_are_none() -> None:
    found = rows(opportunity("006A", "003B", "003A", "003B"), opportunity("006B"))
    _, pages, steps = play(CONNECTOR.read_snapshot(WITH_ROLES), lambda request: answer(request, found))
    assert soql_of(steps[0][0]) == f"{SELECT} ORDER BY Id"
    frame = decoded(*pages)
    assert frame.select("_id", "Name", ROLES).rows() == [
        ("006A", "deal 006A", ["003A", "003B"]),
        ("006B", "deal 006B", None),
    ]
    assert frame.schema[ROLES] == DTYPES[Kind.TEXTS]


@pytest.mark.parametrize("flow", [CONNECTOR.read_by_id, CONNECTOR.read_by_key])
def test_named_opportunities_come_with_their_roles(flow: Any) -> None:
    _, pages, steps = play(
        flow(WITH_ROLES, ["006A"]), lambda request: answer(request, rows(opportunity("006A", "003A")))
    )
    assert soql_of(steps[0][0]).startswith(f"{SELECT} WHERE ")
    assert decoded(*pages)[ROLES].to_list() == [["003A"]]


def test_roles_alone_can_be_asked_for() -> None:
    flow = CONNECTOR.read_relations(WITH_ROLES, ["006A", "006B"])
    found = rows(opportunity("006A", "003A"), opportunity("006B"))
    _, pages, _ = play(flow, lambda request: answer(request, found))
    frame = pl.concat([CONNECTOR.decode_relations(page, WITH_ROLES) for page in pages])
    assert frame.columns == ["_id", ROLES]
    assert frame.rows() == [("006A", ["003A"]), ("006B", None)]


def test_without_roles_among_the_fields_none_are_asked_for() -> None:
    query = ReadQuery(deal(), ("Name",))
    flow = CONNECTOR.read_changes(query, SINCE, NO_OVERLAP)
    _, _, steps = play(flow, lambda request: answer(request, rows()))
    assert len(steps) == 1
    assert "OpportunityContactRole" not in soql_of(steps[0][0])


def changes(replies: dict[str, Any]) -> tuple[Any, list[Page], list[str]]:
    """Drive a read of changes; each reply is for the query of the object it names after FROM."""
    asked: list[str] = []

    def reply(request: Request) -> Answer:
        if "/query/" in request.url:
            return answer(request, replies[request.url])
        asked.append(soql_of(request))
        named = "Roles" if " FROM OpportunityContactRole " in asked[-1] else "Named"
        named = "Changed" if f"{SELECT} WHERE SystemModstamp" in asked[-1] else named
        return answer(request, replies[named])

    cursor, pages, _ = play(CONNECTOR.read_changes(WITH_ROLES, SINCE, timedelta(minutes=5)), reply)
    return cursor, pages, asked


def test_opportunities_of_which_only_a_role_changed_are_read_again() -> None:
    roles = rows(
        {"OpportunityId": "006B"},
        {"OpportunityId": "006C"},
        next_path="/services/data/v65.0/query/0r8xx-2000",
    )
    further = rows({"OpportunityId": "006B"}, {"OpportunityId": "006D"}, {"OpportunityId": None})
    cursor, pages, asked = changes(
        {
            "Changed": rows(opportunity("006A", "003A")),
            "Roles": roles,
            "/services/data/v65.0/query/0r8xx-2000": further,
            "Named": rows(opportunity("006B"), opportunity("006C", "003C")),
        }
    )
    assert asked[1] == (
        "SELECT OpportunityId FROM OpportunityContactRole WHERE SystemModstamp >= 2026-11-23T01:55:00Z"
    )
    assert asked[2].endswith(" WHERE Id IN ('006B','006C','006D')")
    assert decoded(*pages).select("_id", ROLES).rows() == [
        ("006A", ["003A"]),
        ("006B", None),
        ("006C", ["003C"]),
    ]
    assert cursor == AFTER_DATE


def test_deleted_roles_count_as_changes_of_their_opportunity() -> None:
    flow = CONNECTOR.read_changes(WITH_ROLES, SINCE, NO_OVERLAP)
    _, _, steps = play(flow, lambda request: answer(request, rows()))
    assert [urlsplit(step[0].url).path.rsplit("/", 1)[1] for step in steps] == ["queryAll", "queryAll"]
    assert [step[0].lane for step in steps] == [Lane.READ] * 2


@pytest.mark.parametrize("refused", ["Changed", "Roles"])
def test_changes_that_cannot_be_read_whole_are_not_read_at_all(refused: str) -> None:
    def reply(request: Request) -> Answer:
        of_roles = " FROM OpportunityContactRole " in soql_of(request)
        if of_roles == (refused == "Roles"):
            return answer(request, [error("INVALID_TYPE", "sObject type is not supported.")], 400)
        return answer(request, rows())

    with pytest.raises(SchemaMismatch):
        play(CONNECTOR.read_changes(WITH_ROLES, SINCE, NO_OVERLAP), reply)


MORE = "/services/data/v65.0/query/0r8xx-"


def test_roles_beyond_the_first_page_of_a_sub_select_are_fetched() -> None:
    first = rows({"ContactId": "003A"}, next_path=f"{MORE}1")
    pages_of_roles = {
        f"{MORE}1": rows({"ContactId": "003C"}, next_path=f"{MORE}2"),
        f"{MORE}2": rows({"ContactId": "003B"}),
        f"{MORE}9": rows(opportunity("006C", "003D")),
    }
    found = rows(opportunity("006A", **{ROLES: first}), opportunity("006B", "003X"), next_path=f"{MORE}9")
    _, pages, _ = play(
        CONNECTOR.read_snapshot(WITH_ROLES),
        lambda request: answer(request, pages_of_roles.get(request.url, found)),
    )
    assert decoded(*pages).select("_id", ROLES).rows() == [
        ("006A", ["003A", "003B", "003C"]),
        ("006B", ["003X"]),
        ("006C", ["003D"]),
    ]


@pytest.mark.parametrize("next_path", ["https://evil.example/x", f"{MORE}1"])
def test_a_sub_select_that_cannot_be_followed_is_not_taken_for_all_of_it(next_path: str) -> None:
    def reply(request: Request) -> Answer:
        if request.url.startswith(MORE):
            return answer(request, rows({"ContactId": "003B"}, next_path=next_path))
        start = next_path if next_path.startswith("https") else f"{MORE}1"
        roles = rows({"ContactId": "003A"}, next_path=start)
        return answer(request, rows(opportunity("006A", **{ROLES: roles})))

    with pytest.raises(VendorBusy):
        play(CONNECTOR.read_snapshot(WITH_ROLES), reply)


# --- writing -------------------------------------------------------------------------------------------------------

Content = tuple[str, ...] | None


def deal_id(link: int) -> str:
    return f"006{link:012d}AAA"


def contact_id(number: int) -> str:
    return f"003{number:012d}AAA"


def operation(kind: OperationKind, link: int, now: Content, before: Content) -> Operation:
    return Operation(
        link=link,
        side="crm",
        kind=kind,
        object="Opportunity",
        id=deal_id(link),
        values={ROLES: now},
        before={ROLES: before},
    )


def added(link: int, *contacts: str) -> Operation:
    return operation(OperationKind.RELATE, link, contacts, None)


def taken(link: int, *contacts: str) -> Operation:
    return operation(OperationKind.UNRELATE, link, None, contacts)


def written(
    operations: list[Operation], reply: Callable[[Request], Answer]
) -> tuple[list[Outcome], list[Request]]:
    flow = CONNECTOR.write(WriteBatch(operations[0].kind, deal(), tuple(operations)))
    outcomes, _, steps = play(flow, reply)
    assert [(one.link, one.id) for one in outcomes] == [(one.link, one.id) for one in operations]
    return outcomes, [request for step in steps for request in step]


def states(outcomes: list[Outcome]) -> list[str]:
    return [one.state.value for one in outcomes]


def done(id: str = "00K000000000001AAA") -> dict[str, Any]:
    return {"id": id, "success": True, "errors": []}


def refused(code: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": code.lower(), "fields": []}]}


def said(*results: dict[str, Any]) -> Callable[[Request], Answer]:
    return lambda request: answer(request, list(results))


def test_each_new_person_is_a_row_of_its_own() -> None:
    operations = [
        operation(OperationKind.RELATE, 1, ("003A", "003B", "003C"), ("003B",)),
        added(2, "003A"),
    ]
    outcomes, [request] = written(operations, said(done("00K1"), done("00K2"), done("00K3")))
    assert (request.method, request.url) == ("POST", "/services/data/v65.0/composite/sobjects")
    assert (request.lane, request.idempotent) == (Lane.WRITE, False)
    assert body_of(request) == {
        "allOrNone": False,
        "records": [
            {"attributes": {"type": "OpportunityContactRole"}, "OpportunityId": deal_id(at), "ContactId": one}
            for at, one in ((1, "003A"), (1, "003C"), (2, "003A"))
        ],
    }
    assert states(outcomes) == ["applied"] * 2


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([done("00K1"), done("00K2"), done("00K3")], ["applied", "applied"]),
        ([done("00K1"), refused("FIELD_CUSTOM_VALIDATION_EXCEPTION"), done("00K3")], ["rejected", "applied"]),
        ([refused("UNABLE_TO_LOCK_ROW"), done("00K2"), done("00K3")], ["deferred", "applied"]),
        (
            [refused("UNABLE_TO_LOCK_ROW"), refused("INVALID_CROSS_REFERENCE_KEY"), done("00K3")],
            ["rejected", "applied"],
        ),
        ([done("00K1"), {"success": True}, refused("UNABLE_TO_LOCK_ROW")], ["unknown", "deferred"]),
        ([done("00K1"), done("00K1"), done("00K3")], ["unknown", "applied"]),
        ([done("00K1"), done("00K2")], ["unknown", "unknown"]),
    ],
)
def test_an_opportunity_is_done_when_all_its_rows_are(results: list[Any], expected: list[str]) -> None:
    outcomes, _ = written([added(1, "003A", "003B"), added(2, "003A")], said(*results))
    assert states(outcomes) == expected
    assert all(one.error is not None for one in outcomes if one.state is not State.APPLIED)


def test_people_who_are_there_already_cost_no_call() -> None:
    same = operation(OperationKind.RELATE, 1, ("003A",), ("003A", "003B"))
    outcomes, requests = written([same], lost)
    assert (states(outcomes), requests) == (["applied"], [])


@pytest.mark.parametrize("kind", [OperationKind.RELATE, OperationKind.UNRELATE])
@pytest.mark.parametrize("values", [{}, {"Name": ("003A",)}])
def test_a_relation_that_was_never_described_is_never_written(
    kind: OperationKind, values: dict[str, Any]
) -> None:
    one = Operation(link=1, side="crm", kind=kind, object="Opportunity", id="006A", values=values)
    with pytest.raises(Bug):
        written([one], lost)


WHOLE = [
    (400, [error("MALFORMED_ID", "bad id")], "rejected", "deferred"),
    (403, [error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")], "deferred", "deferred"),
    (500, [error("UNKNOWN_EXCEPTION")], "unknown", "unknown"),
    (200, b"<html>", "unknown", "unknown"),
]


@pytest.mark.parametrize(("status", "content", "alone", "several"), WHOLE)
def test_a_refused_call_is_the_fault_of_its_opportunity_if_there_is_but_one(
    status: int, content: Any, alone: str, several: str
) -> None:
    def reply(request: Request) -> Answer:
        return answer(request, content, status)

    assert states(written([added(1, "003A", "003B")], reply)[0]) == [alone]
    outcomes, _ = written([added(1, "003A"), added(2, "003A")], reply)
    assert states(outcomes) == [several] * 2
    assert [one.error is not None and one.error.whole_call for one in outcomes] == [alone == "rejected"] * 2


def test_what_got_no_answer_is_looked_for_only_if_it_may_have_been_sent() -> None:
    operations = [added(1, "003A", "003B")]
    assert states(written(operations, lambda request: lost(request))[0]) == ["unknown"]
    assert states(written(operations, lambda request: lost(request, maybe_sent=False))[0]) == ["deferred"]


def roles_org(
    held: dict[tuple[int, str], list[str]], refusing: dict[str, str] | None = None
) -> Callable[[Request], Answer]:
    """An org that looks roles up and deletes them as told; ``refusing``: row → its error code."""

    def reply(request: Request) -> Answer:
        if request.method == "GET":
            asked = soql_of(request)
            found = [
                {"Id": row, "OpportunityId": deal_id(link), "ContactId": contact}
                for (link, contact), ids in held.items()
                for row in ids
                if deal_id(link) in asked
            ]
            return answer(request, rows(*found))
        ids = parse_qs(urlsplit(request.url).query)["ids"][0].split(",")
        assert len(ids) <= 200
        results = [refused(refusing[row]) if refusing and row in refusing else done(row) for row in ids]
        return answer(request, results)

    return reply


def test_rows_are_looked_up_and_then_deleted() -> None:
    held = {
        (1, "003A"): ["00K1"],
        (1, "003B"): ["00K2", "00K3"],
        (1, "003C"): ["00K4"],
        (2, "003A"): ["00K5"],
    }
    operations = [
        operation(OperationKind.UNRELATE, 1, ("003C",), ("003A", "003B", "003C")),
        taken(2, "003A"),
    ]
    outcomes, [lookup, deletion] = written(operations, roles_org(held))
    asked, _, parents = soql_of(lookup).partition(" WHERE ")
    assert asked == "SELECT Id, OpportunityId, ContactId FROM OpportunityContactRole"
    assert parents == f"OpportunityId IN ('{deal_id(1)}','{deal_id(2)}')"
    assert (deletion.method, deletion.lane, deletion.idempotent) == ("DELETE", Lane.WRITE, False)
    assert deletion.url == "/services/data/v65.0/composite/sobjects?ids=00K1,00K2,00K3,00K5&allOrNone=false"
    assert states(outcomes) == ["applied"] * 2
    assert {lookup.lane, deletion.lane} == {Lane.WRITE}, "the price of a removal is both calls"


def test_rows_that_are_gone_already_are_as_good_as_deleted() -> None:
    outcomes, requests = written([taken(1, "003A")], roles_org({}))
    assert (states(outcomes), len(requests)) == (["applied"], 1)
    held = {(1, "003A"): ["00K1"], (2, "003A"): ["00K2"], (3, "003A"): ["00K3"]}
    outcomes, _ = written(
        [taken(1, "003A"), taken(2, "003A"), taken(3, "003A")],
        roles_org(held, {"00K1": "ENTITY_IS_DELETED", "00K2": "INSUFFICIENT_ACCESS_OR_READONLY"}),
    )
    assert states(outcomes) == ["applied", "rejected", "applied"]


def test_a_lookup_of_many_rows_is_read_to_its_end() -> None:
    first = {"Id": "00K1", "OpportunityId": deal_id(1), "ContactId": "003X"}
    second = {"Id": "00K2", "OpportunityId": deal_id(1), "ContactId": "003A"}

    def reply(request: Request) -> Answer:
        if request.method == "DELETE":
            return answer(request, [done("00K2")])
        if request.url == f"{MORE}1":
            return answer(request, rows(second))
        return answer(request, rows(first, next_path=f"{MORE}1"))

    outcomes, requests = written([taken(1, "003A")], reply)
    assert "ids=00K2&" in requests[-1].url
    assert states(outcomes) == ["applied"]


@pytest.mark.parametrize(
    "reply",
    [
        lost,
        lambda request: lost(request, maybe_sent=False),
        lambda request: answer(request, [error("INVALID_TYPE", "no such object")], 400),
        lambda request: answer(request, b"<html>", 200),
        lambda request: answer(request, b"<html>", 502),
    ],
)
def test_rows_that_could_not_be_looked_up_are_tried_later_for_nothing_was_deleted(reply: Any) -> None:
    outcomes, requests = written([taken(1, "003A")], reply)
    assert (states(outcomes), len(requests)) == (["deferred"], 1)
    assert outcomes[0].error is not None


@pytest.mark.parametrize(
    ("deletion", "state"),
    [
        (lost, "unknown"),
        (lambda request: lost(request, maybe_sent=False), "deferred"),
        (lambda request: answer(request, [done("00K9")]), "unknown"),
        (lambda request: answer(request, b"<html>", 502), "unknown"),
        (lambda request: answer(request, [error("UNABLE_TO_LOCK_ROW")], 400), "deferred"),
    ],
)
def test_a_deletion_is_settled_by_its_own_answer(deletion: Any, state: str) -> None:
    found = rows({"Id": "00K1", "OpportunityId": deal_id(1), "ContactId": "003A"})
    outcomes, _ = written(
        [taken(1, "003A")],
        lambda request: answer(request, found) if request.method == "GET" else deletion(request),
    )
    assert states(outcomes) == [state]


@given(
    st.dictionaries(st.tuples(st.integers(1, 3), st.sampled_from("ABC")), st.integers(0, 2)),
    st.lists(st.sets(st.sampled_from("ABC"), min_size=1), min_size=3, max_size=3),
    st.sets(st.integers(0, 17)),
)
def test_exactly_the_rows_of_whom_was_taken_away_are_deleted(
    counts: dict[tuple[int, str], int], wishes: list[set[str]], failing: set[int]
) -> None:
    numbers = iter(range(100))
    held = {pair: [f"00K{next(numbers):03d}" for _ in range(count)] for pair, count in counts.items()}
    wanted = [row for (link, who), ids in held.items() for row in ids if who in wishes[link - 1]]
    refusing = {f"00K{number:03d}": "INSUFFICIENT_ACCESS_OR_READONLY" for number in failing}
    operations = [taken(link, *sorted(who)) for link, who in enumerate(wishes, 1)]
    outcomes, requests = written(operations, roles_org(held, refusing))
    deleted = [
        row for request in requests[1:] for row in parse_qs(urlsplit(request.url).query)["ids"][0].split(",")
    ]
    assert sorted(deleted) == sorted(wanted)
    for link, outcome in enumerate(outcomes, 1):
        mine = {
            row for (of, who), ids in held.items() for row in ids if of == link and who in wishes[link - 1]
        }
        assert (outcome.state is State.REJECTED) == bool(mine & set(refusing))
        assert outcome.state in (State.REJECTED, State.APPLIED)


# --- sizes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", [1, 3, 200])
def test_as_many_operations_as_the_capabilities_promise_are_one_call(each: int) -> None:
    capabilities = CONNECTOR.capabilities
    contacts = tuple(contact_id(number) for number in range(each))
    room = call_size(capabilities, OperationKind.RELATE) // weight(added(1, *contacts))
    links = range(1, room + 1)
    number = iter(range(1_000))

    def reply(request: Request) -> Answer:
        records = body_of(request)["records"]
        assert len(records) <= 200
        return answer(request, [done(f"00K{next(number):03d}") for _ in records])

    outcomes, requests = written([added(link, *contacts) for link in links], reply)
    assert (len(requests), set(states(outcomes))) == (1, {"applied"})
    held = {(link, one): [f"00K{next(number):012d}AAA"] for link in links for one in contacts}
    outcomes, requests = written([taken(link, *contacts) for link in links], roles_org(held))
    assert (len(requests), set(states(outcomes))) == (capabilities.calls_to_unrelate, {"applied"})
    assert all(len(request.url) <= 14_000 for request in requests)


def test_a_deal_with_more_people_than_a_call_holds_is_written_in_several() -> None:
    contacts = tuple(contact_id(number) for number in range(401))
    number = iter(range(1_000))
    outcomes, requests = written(
        [added(1, *contacts)],
        lambda request: answer(
            request, [done(f"00K{next(number):03d}") for _ in body_of(request)["records"]]
        ),
    )
    assert [len(body_of(request)["records"]) for request in requests] == [200, 200, 1]
    assert states(outcomes) == ["applied"]
    assert json.dumps(body_of(requests[0])).count('"OpportunityContactRole"') == 200
