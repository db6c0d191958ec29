"""Writing to Salesforce: what a call carries, and that every item of every answer is settled rightly."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.connectors.salesforce.connector import SalesforceConnector
from awase.connectors.salesforce.settling import settle
from awase.connectors.salesforce.write import OPT_OUT_HIDDEN
from awase.core.consent import opted_out
from awase.core.operations import Operation, OperationKind, Outcome, State
from awase.core.schema import ObjectSchema
from awase.core.values import Value
from awase.errors import Bug
from awase.ports.connector import WriteBatch
from awase.ports.flows import Lane, Request

from .salesforce_scene import CONNECTOR, NOW, answer, body_of, error, lead, lost, play

REQUEST = Request("PATCH", "/services/data/v65.0/composite/sobjects", idempotent=False)
OUT = opted_out(address="a@example.jp", source="ma:contact:1")


def record_id(number: int) -> str:
    return f"00Q{number:012d}AAA"


def operation(kind: OperationKind, number: int = 1, **more: Any) -> Operation:
    target: dict[str, Any] = {"key": f"ma:contact:{number}"}
    if kind is not OperationKind.CREATE:
        target = {"id": record_id(number)}
    return Operation(link=number, side="crm", kind=kind, object="Lead", **{**target, **more})


def updates(count: int) -> list[Operation]:
    return [
        operation(OperationKind.UPDATE, number, values={"LastName": "佐藤"}) for number in range(1, count + 1)
    ]


def creates(count: int) -> list[Operation]:
    return [
        operation(OperationKind.CREATE, number, values={"LastName": "佐藤"}) for number in range(1, count + 1)
    ]


def batch(*operations: Operation, object: ObjectSchema | None = None) -> WriteBatch:
    return WriteBatch(operations[0].kind, object or lead(), operations)


def done(number: int, **more: Any) -> dict[str, Any]:
    return {"id": record_id(number), "success": True, "errors": [], **more}


def refused(code: str, message: str = "", *fields: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}


def sent_by(batch: WriteBatch) -> Request:
    _, _, steps = play(CONNECTOR.write(batch), lost)
    assert [len(step) for step in steps] == [1]
    return steps[0][0]


def states(outcomes: list[Outcome]) -> list[State]:
    return [outcome.state for outcome in outcomes]


# --- requests ------------------------------------------------------------------------------------------------------


def test_a_create_carries_our_key_and_the_opt_out_in_the_same_record() -> None:
    request = sent_by(
        batch(operation(OperationKind.CREATE, values={"LastName": "佐藤", "Email": None}, opt_out=OUT))
    )
    assert (request.method, request.url) == (
        "POST",
        "/services/data/v65.0/composite/sobjects",
    )
    assert body_of(request) == {
        "allOrNone": False,
        "records": [
            {
                "attributes": {"type": "Lead"},
                "Awase_Key__c": "ma:contact:1",
                "LastName": "佐藤",
                "Email": None,
                "HasOptedOutOfEmail": True,
            }
        ],
    }
    assert request.lane is Lane.WRITE
    assert request.idempotent is False
    assert request.headers["Sforce-Auto-Assign"] == "FALSE"
    assert request.headers["Sforce-Call-Options"] == "client=awase"


def test_without_a_key_field_a_create_is_a_plain_one() -> None:
    request = sent_by(
        batch(operation(OperationKind.CREATE, values={"LastName": "佐藤"}), object=lead(key=False))
    )
    assert (request.method, request.url) == ("POST", "/services/data/v65.0/composite/sobjects")
    assert "Awase_Key__c" not in body_of(request)["records"][0]


def test_an_opt_out_is_a_write_of_its_own_that_says_nothing_else() -> None:
    request = sent_by(batch(operation(OperationKind.OPT_OUT, values={"LastName": "鈴木"}, opt_out=OUT)))
    assert request.lane is Lane.CONSENT
    assert body_of(request)["records"] == [
        {"attributes": {"type": "Lead"}, "id": record_id(1), "HasOptedOutOfEmail": True}
    ]


def test_a_create_whose_opt_out_cannot_travel_is_not_sent_while_the_others_are() -> None:
    several = [
        *creates(1),
        operation(OperationKind.CREATE, 2, opt_out=OUT),
        operation(OperationKind.CREATE, 3),
    ]
    outcomes, _, steps = play(
        CONNECTOR.write(batch(*several, object=lead(opt_out=False))),
        lambda request: answer(request, [done(11), done(13)]),
    )
    assert states(outcomes) == [State.APPLIED, State.REJECTED, State.APPLIED]
    assert [outcome.link for outcome in outcomes] == [1, 2, 3]
    assert outcomes[1].error.code == OPT_OUT_HIDDEN
    assert outcomes[2].id == record_id(13)
    assert len(body_of(steps[0][0])["records"]) == 2


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (Decimal("12345678901234567.12"), "12345678901234567.12"),
        (Decimal("1E+5"), "100000"),
        (Decimal("0.10"), "0.10"),
        (date(2026, 2, 3), '"2026-02-03"'),
        (datetime(2026, 2, 3, 4, 5, 6, 789_999, tzinfo=UTC), '"2026-02-03T04:05:06.789Z"'),
        (("人事", "会計"), '"人事;会計"'),
        (True, "true"),
        (7, "7"),
        (None, "null"),
    ],
)
def test_values_travel_exactly(value: Value, wire: str) -> None:
    request = sent_by(batch(operation(OperationKind.UPDATE, values={"X__c": value})))
    assert f'"X__c":{wire}}}' in (request.body or b"").decode()


def test_a_batch_larger_than_a_call_is_sent_in_calls() -> None:
    small = SalesforceConnector(login_url="https://x", now=lambda: NOW, batch_size=2)
    outcomes, _, steps = play(
        small.write(batch(*updates(5))),
        lambda request: answer(
            request, [{"id": one["id"], "success": True} for one in body_of(request)["records"]]
        ),
    )
    assert [len(body_of(request)["records"]) for step in steps for request in step] == [2, 2, 1]
    assert states(outcomes) == [State.APPLIED] * 5
    assert small.capabilities.sizes.update == 2


@pytest.mark.parametrize(
    "wrong", [operation(OperationKind.UPDATE, id=None), operation(OperationKind.CREATE, key=None)]
)
def test_a_write_that_could_not_be_found_again_is_never_sent(wrong: Operation) -> None:
    with pytest.raises(Bug):
        play(CONNECTOR.write(batch(wrong)), lost)


@pytest.mark.parametrize("kind", [OperationKind.CREATE, OperationKind.UPDATE, OperationKind.OPT_OUT])
@pytest.mark.parametrize("assignment", [False, True])
@pytest.mark.parametrize("duplicates", [False, True])
def test_each_batch_says_whether_assignment_rules_run_and_alerts_of_duplicates_pass(
    kind: OperationKind, *, assignment: bool, duplicates: bool
) -> None:
    out = OUT if kind is OperationKind.OPT_OUT else None
    one = operation(kind, values={} if out else {"LastName": "佐藤"}, opt_out=out)
    headers = sent_by(
        WriteBatch(kind, lead(), (one,), assignment_rules=assignment, allow_duplicates=duplicates)
    ).headers
    assert headers["Sforce-Auto-Assign"] == ("TRUE" if assignment else "FALSE")
    passes = headers.get("Sforce-Duplicate-Rule-Header") == "allowSave=true"
    assert passes == (duplicates or kind is OperationKind.OPT_OUT), "no alert stops an opt-out"
    assert ("Sforce-Duplicate-Rule-Header" in headers) == passes


# --- deletions -----------------------------------------------------------------------------------------------------


def deletions(count: int) -> list[Operation]:
    return [operation(OperationKind.DELETE, number) for number in range(1, count + 1)]


def test_a_deletion_names_its_records_each_for_itself() -> None:
    request = sent_by(batch(*deletions(2)))
    ids = f"{record_id(1)},{record_id(2)}"
    assert request.method == "DELETE"
    assert request.url == f"/services/data/v65.0/composite/sobjects?ids={ids}&allOrNone=false"
    assert (request.lane, request.idempotent, request.body) == (Lane.WRITE, False, None)
    assert CONNECTOR.consent_breach(request) is None


def test_a_call_holds_as_many_deletions_as_the_capabilities_promise() -> None:
    promised = CONNECTOR.capabilities.sizes.delete
    operations = deletions(promised)
    outcomes, _, steps = play(
        CONNECTOR.write(batch(*operations)),
        lambda request: answer(request, [done(number) for number in range(1, promised + 1)]),
    )
    assert len(steps) == 1
    assert len(steps[0][0].url) <= 14_000
    assert states(outcomes) == [State.APPLIED] * promised


def deleted(*results: Any) -> list[Outcome]:
    operations = deletions(len(results))
    outcomes: list[Outcome] = play(
        CONNECTOR.write(batch(*operations)), lambda request: answer(request, list(results))
    )[0]
    assert [(one.link, one.id) for one in outcomes] == [(one.link, one.id) for one in operations]
    return outcomes


def test_what_is_deleted_already_is_deleted_and_what_is_refused_is_not() -> None:
    outcomes = deleted(
        done(1),
        refused("ENTITY_IS_DELETED", "entity is deleted"),
        {"id": record_id(3), **refused("DELETE_FAILED", "there are won deals")},
        refused("UNABLE_TO_LOCK_ROW"),
    )
    assert states(outcomes) == [State.APPLIED, State.APPLIED, State.REJECTED, State.DEFERRED]
    assert [one.error is None for one in outcomes] == [True, True, False, False]


def test_a_deletion_of_another_record_settles_nothing() -> None:
    assert states(deleted(done(2), done(1))) == [State.UNKNOWN] * 2


@pytest.mark.parametrize(("maybe_sent", "state"), [(True, State.UNKNOWN), (False, State.DEFERRED)])
def test_a_deletion_without_an_answer_may_have_happened(maybe_sent: bool, state: State) -> None:
    outcomes, _, _ = play(CONNECTOR.write(batch(*deletions(2))), lambda request: lost(request, maybe_sent))
    assert states(outcomes) == [state] * 2


@pytest.mark.parametrize(
    "wrong", [operation(OperationKind.DELETE, id=None), operation(OperationKind.TAKE_OFF, list="5")]
)
def test_a_deletion_of_nothing_and_a_list_there_cannot_be_are_never_sent(wrong: Operation) -> None:
    with pytest.raises(Bug):
        play(CONNECTOR.write(batch(wrong)), lost)


# --- answers -------------------------------------------------------------------------------------------------------


def test_each_item_is_settled_by_its_own_result() -> None:
    results = [
        done(1),
        refused("STRING_TOO_LONG", "姓: data value too large: ... (max length=80)", "LastName"),
        refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        {"id": None, **refused("ENTITY_IS_DELETED", "entity is deleted")},
    ]
    outcomes = settle(answer(REQUEST, results), updates(4), lead().key_field)
    assert states(outcomes) == [State.APPLIED, State.REJECTED, State.DEFERRED, State.REJECTED]
    assert outcomes[1].error.code == "STRING_TOO_LONG"
    assert outcomes[1].error.fields == ("LastName",)
    assert [outcome.id for outcome in outcomes] == [record_id(number) for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (
            refused(
                "DUPLICATE_VALUE",
                "duplicate value found: Awase_Key__c duplicates value on record with id: 00Q5",
            ),
            State.UNKNOWN,
        ),
        (refused("DUPLICATE_VALUE", "duplicate value found: <unknown>", "Awase_Key__c"), State.UNKNOWN),
        (
            refused(
                "DUPLICATE_VALUE",
                "duplicate value found: Employee_Code__c duplicates value on record with id: 00Q5",
            ),
            State.REJECTED,
        ),
    ],
)
def test_a_record_that_already_holds_our_key_is_looked_up_instead_of_refused(
    result: Any, state: State
) -> None:
    assert states(settle(answer(REQUEST, [result]), creates(1), lead().key_field)) == [state]


def test_a_lock_inside_a_trigger_passes_by_itself() -> None:
    message = (
        "LeadTrigger: execution of AfterUpdate\n\ncaused by: System.DmlException: Update failed. First exception on row "
        "0; first error: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access to this record: []"
    )
    result = refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)
    (outcome,) = settle(answer(REQUEST, [result]), updates(1), lead().key_field)
    assert (outcome.state, outcome.error.code) == (State.DEFERRED, "UNABLE_TO_LOCK_ROW")


def test_several_errors_of_one_record_are_one_refusal_with_all_words() -> None:
    item = refused("UNABLE_TO_LOCK_ROW", "locked")
    item["errors"] += refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "会社名を入れてください", "Company")[
        "errors"
    ]
    (outcome,) = settle(answer(REQUEST, [item]), updates(1), lead().key_field)
    assert outcome.state is State.REJECTED
    assert outcome.error.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert outcome.error.message == "locked\n会社名を入れてください"


PARSER = [error("JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value 明日")]


@pytest.mark.parametrize(
    ("status", "content", "alone", "among_others"),
    [
        (400, PARSER, State.REJECTED, State.DEFERRED),
        (400, [error("UNABLE_TO_LOCK_ROW")], State.DEFERRED, State.DEFERRED),
        (
            403,
            [error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")],
            State.DEFERRED,
            State.DEFERRED,
        ),
        (
            404,
            {"errorCode": "NOT_FOUND", "message": "Provided external ID field"},
            State.REJECTED,
            State.DEFERRED,
        ),
        (401, [error("INVALID_SESSION_ID")], State.DEFERRED, State.DEFERRED),
        (429, b"slow down", State.DEFERRED, State.DEFERRED),
        (400, b"<html>proxy</html>", State.UNKNOWN, State.UNKNOWN),
        (500, [error("UNKNOWN_EXCEPTION")], State.UNKNOWN, State.UNKNOWN),
        (503, b"<html>busy</html>", State.UNKNOWN, State.UNKNOWN),
        (302, b"", State.UNKNOWN, State.UNKNOWN),
        (200, b"<html>login</html>", State.UNKNOWN, State.UNKNOWN),
        (200, {"success": True}, State.UNKNOWN, State.UNKNOWN),
    ],
)
def test_a_call_refused_as_a_whole(status: int, content: Any, alone: State, among_others: State) -> None:
    reply = answer(REQUEST, content, status)
    assert states(settle(reply, updates(1), lead().key_field)) == [alone]
    several = settle(reply, updates(3), lead().key_field)
    assert states(several) == [among_others] * 3
    assert all(outcome.error is not None for outcome in several)


@pytest.mark.parametrize(("maybe_sent", "state"), [(True, State.UNKNOWN), (False, State.DEFERRED)])
def test_a_lost_answer_is_unknown_unless_nothing_was_sent(maybe_sent: bool, state: State) -> None:
    assert states(settle(lost(REQUEST, maybe_sent), updates(2), lead().key_field)) == [state] * 2


@pytest.mark.parametrize("results", [[done(1)], [done(1), done(2), done(3)], []])
def test_an_answer_of_another_length_accounts_for_nothing(results: list[Any]) -> None:
    assert states(settle(answer(REQUEST, results), updates(2), lead().key_field)) == [State.UNKNOWN] * 2


def test_an_answer_in_another_order_accounts_for_nothing() -> None:
    assert (
        states(settle(answer(REQUEST, [done(2), done(1)]), updates(2), lead().key_field))
        == [State.UNKNOWN] * 2
    )


def test_two_creates_cannot_have_become_one_record() -> None:
    results = [done(7), done(7), done(8)]
    assert states(settle(answer(REQUEST, results), creates(3), lead().key_field)) == [
        State.UNKNOWN,
        State.UNKNOWN,
        State.APPLIED,
    ]


def test_fifteen_characters_of_an_id_are_enough() -> None:
    short = {**done(1), "id": record_id(1)[:15]}
    assert states(settle(answer(REQUEST, [short]), updates(1), lead().key_field)) == [State.APPLIED]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "success", "errors", "statusCode", "message"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(
    st.lists(ANY_JSON | st.just(done(1)) | st.just(refused("STRING_TOO_LONG")), max_size=4), st.integers(1, 4)
)
def test_whatever_the_answer_there_is_one_outcome_each_and_only_a_clear_success_counts(
    results: list[Any], count: int
) -> None:
    operations = creates(count)
    outcomes = settle(answer(REQUEST, results), operations, lead().key_field)
    assert [outcome.link for outcome in outcomes] == [each.link for each in operations]
    for position, outcome in enumerate(outcomes):
        if outcome.state is State.APPLIED:
            assert len(results) == count
            assert results[position]["success"] is True
            assert results[position]["id"] == outcome.id
        else:
            assert outcome.error is not None


@given(st.binary(max_size=60), st.integers(100, 599))
def test_no_garbled_answer_is_taken_for_success_or_refusal(body: bytes, status: int) -> None:
    assert set(states(settle(answer(REQUEST, body, status), updates(2), lead().key_field))) <= {
        State.UNKNOWN,
        State.DEFERRED,
    }


@given(st.data())
def test_a_cut_answer_is_never_settled_in_part(data: st.DataObject) -> None:
    whole = json.dumps([done(1), refused("STRING_TOO_LONG", "長い"), done(3)]).encode()
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert set(states(settle(answer(REQUEST, whole[:cut]), updates(3), lead().key_field))) == {State.UNKNOWN}
