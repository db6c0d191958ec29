"""Writing HubSpot's associations, archiving records and taking them off lists: calls, and what the answers mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.capabilities import CallSizes
from awase.core.operations import Operation, OperationKind, Outcome, State
from awase.core.packing import call_size, weight
from awase.errors import Bug
from awase.ports.connector import WriteBatch
from awase.ports.flows import Answer, Lane, Request
from tests.unit.connectors.hubspot_flows import (
    CONTACT,
    DEAL,
    Reply,
    connector,
    drive,
    responding,
    silent,
)

CONTACTS, COMPANY = "associations.contact", "associations.company"
Content = tuple[str, ...] | str | None


def operation(kind: OperationKind, link: int, **more: Any) -> Operation:
    return Operation(link=link, side="ma", kind=kind, object="deal", id=str(link), **more)


def related(link: int, now: Content, before: Content = None, name: str = CONTACTS) -> Operation:
    """The deal whose id is ``link`` gets further contacts."""
    return operation(OperationKind.RELATE, link, values={name: now}, before={name: before})


def parted(link: int, now: Content, before: Content, name: str = CONTACTS) -> Operation:
    return operation(OperationKind.UNRELATE, link, values={name: now}, before={name: before})


def batch(*operations: Operation) -> WriteBatch:
    return WriteBatch(operations[0].kind, DEAL, operations)


def settled(operations: list[Operation], replies: list[Reply]) -> list[Outcome]:
    outcomes: list[Outcome] = drive(connector().write(batch(*operations)), replies).end
    assert [(one.link, one.id) for one in outcomes] == [(one.link, one.id) for one in operations]
    assert all(one.error is not None for one in outcomes if one.state is not State.APPLIED)
    return outcomes


def states(operations: list[Operation], *replies: Reply) -> list[str]:
    return [one.state.value for one in settled(operations, list(replies))]


def made(*pairs: tuple[int | str, int | str], errors: list[Any] | None = None) -> Reply:
    results = [{"fromObjectId": one, "toObjectId": other, "labels": []} for one, other in pairs]
    body = {"status": "COMPLETE", "results": results} | ({"errors": errors} if errors else {})
    return responding(body, status=207 if errors else 201)


def refusal(message: str = "no", category: str = "VALIDATION_ERROR") -> dict[str, Any]:
    return {"status": "error", "category": category, "message": message}


# -- adding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("2026-09", "/crm/associations/2026-09/deals/contacts/batch/create"),
        ("v3", "/crm/v4/associations/deals/contacts/batch/create"),
    ],
)
def test_only_what_is_new_is_associated(version: str, path: str) -> None:
    flow = connector(version=version).write(batch(related(1, ("7", "8", "9"), ("8",)), related(2, ("7",))))
    driven = drive(flow, [silent(maybe_sent=False)])
    [request] = driven.requests
    assert (request.method, request.url, request.lane, request.idempotent) == (
        "POST",
        path,
        Lane.WRITE,
        False,
    )
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 3}]
    assert driven.body()["inputs"] == [
        {"from": {"id": one}, "to": {"id": other}, "types": types}
        for one, other in (("1", "7"), ("1", "9"), ("2", "7"))
    ]


@pytest.mark.parametrize(("object", "type_id"), [(CONTACT, 1), (DEAL, 5)])
def test_a_company_is_associated_as_the_primary_one(object: Any, type_id: int) -> None:
    one = related(1, "30", "20", COMPANY)
    driven = drive(connector().write(WriteBatch(one.kind, object, (one,))), [silent(maybe_sent=False)])
    [sent] = driven.body()["inputs"]
    assert (sent["to"], sent["types"][0]["associationTypeId"]) == ({"id": "30"}, type_id)


def test_associations_that_are_there_already_cost_no_call() -> None:
    assert states([related(1, ("7",), ("7", "8")), related(2, None)]) == ["applied"] * 2
    assert states([parted(1, ("7", "8"), ("7",)), parted(2, None, None)]) == ["applied"] * 2


SOME = [related(1, ("7", "8")), related(2, ("9",)), related(3, ("7",))]


def test_all_made_is_all_applied_whatever_the_order_and_however_ids_are_written() -> None:
    assert states(SOME, made((3, 7), (1, 8), ("2", "9"), ("1", 7))) == ["applied"] * 3


def test_a_deal_of_which_one_contact_was_refused_is_refused() -> None:
    outcomes = settled(SOME, [made((1, 7), (2, 9), (3, 7), errors=[refusal("limit", "ASSOCIATION_LIMIT")])])
    assert [one.state.value for one in outcomes] == ["rejected", "applied", "applied"]
    assert outcomes[0].error is not None
    assert (outcomes[0].error.code, outcomes[0].error.message) == ("ASSOCIATION_LIMIT", "limit")


@pytest.mark.parametrize(
    ("errors", "missing_are"),
    [
        ([refusal()] * 2, "rejected"),
        ([refusal(category="LOCKED")] * 2, "deferred"),
        ([refusal(), refusal(category="LOCKED")], "unknown"),
        ([refusal()], "unknown"),
        ([refusal()] * 3, "unknown"),
        ([], "unknown"),
    ],
)
def test_refusals_that_do_not_say_whom_they_are_for_settle_only_what_they_must_be_for(
    errors: list[Any], missing_are: str
) -> None:
    assert states(SOME, made((1, 7), (1, 8), errors=errors)) == ["applied", missing_are, missing_are]


@pytest.mark.parametrize(
    ("reply", "alone", "several"),
    [
        (responding(refusal(), status=400), "rejected", "deferred"),
        (responding(refusal(), status=404), "rejected", "deferred"),
        (responding({"category": "MISSING_SCOPES"}, status=403), "deferred", "deferred"),
        (responding({"category": "LOCKED"}, status=423), "deferred", "deferred"),
        (responding({"policyName": "DAILY"}, status=429), "deferred", "deferred"),
        (responding({"message": "timeout"}, status=408), "unknown", "unknown"),
        (responding(refusal(), status=500), "unknown", "unknown"),
        (responding(b"<html>", status=400), "unknown", "unknown"),
        (responding(b"<html>", status=200), "unknown", "unknown"),
        (silent(maybe_sent=True), "unknown", "unknown"),
        (silent(maybe_sent=False), "deferred", "deferred"),
    ],
)
@pytest.mark.parametrize("adding", [True, False])
def test_a_whole_answer_means_the_same_for_all_and_alone_a_deal_is_the_offender(
    reply: Reply, alone: str, several: str, *, adding: bool
) -> None:
    def one(link: int) -> Operation:
        return related(link, ("7", "8")) if adding else parted(link, None, ("7", "8"))

    assert states([one(1)], reply) == [alone]
    assert states([one(1), one(2)], reply) == [several] * 2
    whole = [outcome.error.whole_call for outcome in settled([one(1), one(2)], [reply]) if outcome.error]
    assert whole == [alone == "rejected"] * 2, "an offender among several is found by sending them apart"


def test_a_deal_with_more_contacts_than_a_call_holds_is_associated_in_several() -> None:
    many = tuple(str(number) for number in range(2_001))
    driven = drive(
        connector().write(batch(related(1, many))),
        [made(*((1, id) for id in sorted(many)[:2_000])), responding(refusal("full"), status=400)],
    )
    assert [len(driven.body(at)["inputs"]) for at in (0, 1)] == [2_000, 1]
    [outcome] = driven.end
    assert outcome.state is State.REJECTED, "not all of its contacts are there"


names = st.sampled_from(["7", "8", "9"])
contents = st.sets(names).map(lambda ids: tuple(sorted(ids)) or None)


@given(st.lists(st.tuples(contents, contents), min_size=1, max_size=4), st.data())
def test_a_deal_counts_as_done_exactly_when_all_that_is_new_is_said_to_be_there(
    wishes: list[tuple[Content, Content]], data: st.DataObject
) -> None:
    operations = [related(link, now, before) for link, (now, before) in enumerate(wishes, 1)]
    new = [
        (one.link, id)
        for one in operations
        for id in sorted(set(one.values[CONTACTS] or ()) - set(one.before[CONTACTS] or ()))
    ]  # type: ignore[arg-type]
    there = data.draw(st.sets(st.sampled_from(new))) if new else set()
    count = data.draw(st.integers(0, 3))
    replies = [made(*there, errors=[refusal()] * count)] if new else []
    for one, state in zip(operations, states(operations, *replies), strict=True):
        missing = [pair for pair in new if pair[0] == one.link and pair not in there]
        assert (state == "applied") == (not missing)
        if missing:
            assert state == ("rejected" if count == len(new) - len(there) else "unknown")


# -- taking away -----------------------------------------------------------------------------------------------------


def test_what_is_taken_away_is_named_deal_by_deal() -> None:
    operations = [parted(1, ("7",), ("7", "8", "9")), parted(2, None, ("7",)), parted(3, ("7",), ("7",))]
    driven = drive(connector().write(batch(*operations)), [responding(b"", status=204)])
    [request] = driven.requests
    assert request.url == "/crm/associations/2026-09/deals/contacts/batch/archive"
    assert (request.lane, request.idempotent) == (Lane.WRITE, False)
    assert driven.body()["inputs"] == [
        {"from": {"id": "1"}, "to": [{"id": "8"}, {"id": "9"}]},
        {"from": {"id": "2"}, "to": [{"id": "7"}]},
    ]
    assert [one.state for one in driven.end] == [State.APPLIED] * 3


def test_a_company_is_taken_away_by_its_id() -> None:
    driven = drive(connector().write(batch(parted(1, None, "30", COMPANY))), [responding(b"", status=204)])
    assert driven.requests[0].url == "/crm/associations/2026-09/deals/companies/batch/archive"
    assert driven.body()["inputs"] == [{"from": {"id": "1"}, "to": [{"id": "30"}]}]


def test_a_removal_that_was_refused_in_part_is_looked_for() -> None:
    partly = responding({"status": "COMPLETE", "results": [], "errors": [refusal()]}, status=207)
    assert states([parted(1, None, ("7",)), parted(2, None, ("7",))], partly) == ["unknown"] * 2
    assert states([parted(1, None, ("7",))], partly) == ["rejected"]
    assert states([parted(1, None, ("7",))], responding({"status": "COMPLETE", "results": []})) == ["applied"]


# -- creates ---------------------------------------------------------------------------------------------------------


def test_a_create_carries_its_associations_in_the_same_call() -> None:
    values = {"dealname": "新工場", COMPANY: "30", CONTACTS: ("8", "7")}
    one = Operation(link=1, side="ma", kind=OperationKind.CREATE, object="deal", key="k", values=values)
    driven = drive(connector().write(batch(one)), [silent(maybe_sent=False)])
    [sent] = driven.body()["inputs"]
    assert sent["properties"] == {"dealname": "新工場", "awase_key": "k"}
    assert [(each["to"]["id"], each["types"][0]["associationTypeId"]) for each in sent["associations"]] == [
        ("30", 5),
        ("7", 3),
        ("8", 3),
    ]


@pytest.mark.parametrize("kind", [OperationKind.CREATE, OperationKind.UPDATE])
def test_an_empty_relation_is_no_property_and_no_association(kind: OperationKind) -> None:
    values: dict[str, Any] = {"dealname": "a", COMPANY: None}
    one = Operation(link=1, side="ma", kind=kind, object="deal", id="1", key="k", values=values)
    [sent] = drive(connector().write(batch(one)), [silent(maybe_sent=False)]).body()["inputs"]
    assert COMPANY not in sent["properties"]
    assert "associations" not in sent


# -- archiving, and lists --------------------------------------------------------------------------------------------


def removing(kind: OperationKind, *links: int) -> list[Operation]:
    return [operation(kind, link, list="55" if kind is OperationKind.TAKE_OFF else "") for link in links]


def test_deleting_is_archiving() -> None:
    driven = drive(
        connector().write(batch(*removing(OperationKind.DELETE, 1, 2))), [responding(b"", status=204)]
    )
    [request] = driven.requests
    assert (request.method, request.url) == ("POST", "/crm/objects/2026-09/deals/batch/archive")
    assert (request.lane, request.idempotent) == (Lane.WRITE, False)
    assert driven.body() == {"inputs": [{"id": "1"}, {"id": "2"}]}
    assert [(one.state, one.id) for one in driven.end] == [(State.APPLIED, "1"), (State.APPLIED, "2")]


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("2026-09", "/crm/lists/2026-09/55/memberships/remove"),
        ("v3", "/crm/v3/lists/55/memberships/remove"),
    ],
)
def test_records_are_taken_off_their_list_and_stay(version: str, path: str) -> None:
    flow = connector(version=version).write(batch(*removing(OperationKind.TAKE_OFF, 1, 2)))
    driven = drive(flow, [responding({"recordIdsRemoved": ["1"], "recordIdsMissing": []})])
    [request] = driven.requests
    assert (request.method, request.url, request.idempotent) == ("PUT", path, False)
    assert driven.body() == ["1", "2"]
    assert [one.state for one in driven.end] == [State.APPLIED] * 2, "who was not on it is off it too"


@pytest.mark.parametrize("kind", [OperationKind.DELETE, OperationKind.TAKE_OFF])
@pytest.mark.parametrize(
    ("reply", "alone", "several"),
    [
        (responding(refusal(), status=400), "rejected", "deferred"),
        (responding(refusal(category="OBJECT_NOT_FOUND"), status=404), "rejected", "deferred"),
        (responding({"category": "MISSING_SCOPES"}, status=403), "deferred", "deferred"),
        (responding({"policyName": "DAILY"}, status=429), "deferred", "deferred"),
        (responding({"message": "timeout"}, status=408), "unknown", "unknown"),
        (responding(b"<html>", status=502), "unknown", "unknown"),
        (responding(b"<html>", status=400), "unknown", "unknown"),
        (silent(maybe_sent=True), "unknown", "unknown"),
        (silent(maybe_sent=False), "deferred", "deferred"),
    ],
)
def test_a_removal_is_settled_by_the_whole_answer(
    kind: OperationKind, reply: Reply, alone: str, several: str
) -> None:
    assert states(removing(kind, 1), reply) == [alone]
    assert states(removing(kind, 1, 2), reply) == [several] * 2


@pytest.mark.parametrize(
    "wrong",
    [
        Operation(link=1, side="ma", kind=OperationKind.DELETE, object="deal"),
        Operation(link=1, side="ma", kind=OperationKind.TAKE_OFF, object="deal", list="55"),
        operation(OperationKind.TAKE_OFF, 1),
        operation(OperationKind.RELATE, 1),
        related(1, ("7",), name="dealname"),
        parted(1, None, ("7",), name="associations.ticket"),
    ],
)
def test_a_write_that_names_no_record_no_list_or_no_relation_is_never_sent(wrong: Operation) -> None:
    with pytest.raises(Bug):
        drive(connector().write(batch(wrong)), silent(maybe_sent=False))


# -- sizes -----------------------------------------------------------------------------------------------------------


def accepting(request: Request) -> Answer:
    """Takes as much as the vendor does and no more."""
    inputs = json.loads(request.body or b"")
    inputs = inputs if isinstance(inputs, list) else inputs["inputs"]
    limit = 2_000 if request.url.endswith("/contacts/batch/create") else 100
    assert 0 < len(inputs) <= limit
    if limit == 2_000:
        return made(*((one["from"]["id"], one["to"]["id"]) for one in inputs))(request)
    return responding(b"", status=204)(request)


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (lambda link: related(link, ("7", "8")), OperationKind.RELATE),
        (lambda link: parted(link, None, ("7", "8")), OperationKind.UNRELATE),
        (lambda link: operation(OperationKind.DELETE, link), OperationKind.DELETE),
        (lambda link: operation(OperationKind.TAKE_OFF, link, list="55"), OperationKind.TAKE_OFF),
    ],
)
def test_as_many_operations_as_the_capabilities_promise_are_one_call(one: Any, kind: OperationKind) -> None:
    capabilities = connector().capabilities
    assert isinstance(capabilities.sizes, CallSizes)
    room = call_size(capabilities, kind) // weight(one(1))
    driven = drive(connector().write(batch(*map(one, range(1, room + 1)))), accepting)
    assert len(driven.requests) == 1 == capabilities.calls_to_unrelate
    assert {outcome.state for outcome in driven.end} == {State.APPLIED}
