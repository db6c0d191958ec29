"""Writing to HubSpot: what is sent, and what an answer means for each operation."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.operations import Outcome, State
from awase.ports.connector import WriteBatch
from awase.ports.flows import Lane
from tests.unit.connectors.hubspot_flows import (
    KEYLESS,
    Reply,
    connector,
    creating,
    drive,
    responding,
    silent,
    updating,
)

PEOPLE = ({"email": "a@b.jp"}, {"email": "c@d.jp"}, {"email": "e@f.jp"})


def settled(batch: WriteBatch, reply: Reply) -> list[Outcome]:
    outcomes: list[Outcome] = drive(connector().write(batch), [reply]).end
    assert [one.link for one in outcomes] == [one.link for one in batch.operations]
    return outcomes


def states(batch: WriteBatch, reply: Reply) -> list[str]:
    return [one.state.value for one in settled(batch, reply)]


def traces(batch: WriteBatch) -> list[str]:
    body = json.loads(drive(connector().write(batch), [silent(maybe_sent=False)]).requests[0].body or b"")
    return [one["objectWriteTraceId"] for one in body["inputs"]]


def done(id: str, trace: str | None = None, **properties: str) -> dict[str, Any]:
    result = {"id": id, "properties": properties, "updatedAt": "2026-11-23T01:00:00.500Z", "archived": False}
    return result if trace is None else {**result, "objectWriteTraceId": trace}


def refused(
    trace: str, message: str = "no", category: str = "VALIDATION_ERROR", **context: Any
) -> dict[str, Any]:
    context["objectWriteTraceId"] = [trace]
    return {"status": "error", "category": category, "message": message, "context": context}


def complete(results: list[Any], errors: list[Any] | None = None) -> dict[str, Any]:
    return {"status": "COMPLETE", "results": results, "errors": errors or [], "numErrors": len(errors or [])}


# -- what is sent ------------------------------------------------------------------------------------------------


def test_a_create_carries_the_key_a_trace_and_text_values() -> None:
    batch = creating(
        {
            "budget": Decimal("1250.50"),
            "last_visit": date(2026, 11, 20),
            "met_at": datetime(2026, 11, 20, 1, 2, 3, 456789, tzinfo=UTC),
            "is_partner": False,
            "interests": ("人事", "会計"),
            "lastname": None,
        }
    )
    driven = drive(connector().write(batch), [silent(maybe_sent=False)])
    [request] = driven.requests
    assert request.url == "/crm/objects/2026-09/contacts/batch/create"
    assert (request.method, request.lane, request.idempotent) == ("POST", Lane.WRITE, False)
    assert driven.body() == {
        "inputs": [
            {
                "properties": {
                    "budget": "1250.5",
                    "last_visit": "2026-11-20",
                    "met_at": "2026-11-20T01:02:03.456Z",
                    "is_partner": "false",
                    "interests": "人事;会計",
                    "lastname": "",
                    "awase_key": "key-1",
                },
                "objectWriteTraceId": "0:1",
            }
        ]
    }


def test_an_object_without_key_property_is_created_without_a_key() -> None:
    driven = drive(
        connector().write(creating({"lastname": "山田"}, object=KEYLESS)), [silent(maybe_sent=False)]
    )
    assert driven.body()["inputs"][0]["properties"] == {"lastname": "山田"}


def test_an_update_names_its_record_and_only_what_differs() -> None:
    driven = drive(connector(version="v3").write(updating("151")), [silent(maybe_sent=False)])
    assert driven.requests[0].url == "/crm/v3/objects/contacts/batch/update"
    assert driven.body()["inputs"] == [
        {"id": "151", "properties": {"lastname": "佐藤"}, "objectWriteTraceId": "0:1"}
    ]


def test_trace_ids_are_unique_even_for_one_link_twice() -> None:
    batch = updating("151", "152")
    twice = WriteBatch(batch.kind, batch.object, (batch.operations[0], batch.operations[0]))
    assert len(set(traces(twice))) == 2


# -- what an answer means item by item ---------------------------------------------------------------------------


def test_results_settle_by_trace_in_whatever_order_they_come() -> None:
    batch = creating(*PEOPLE)
    first, second, third = traces(batch)
    outcomes = settled(
        batch, responding(complete([done("30", third), done("10", first), done("20", second)]), status=201)
    )
    assert [one.id for one in outcomes] == ["10", "20", "30"]
    assert {one.state for one in outcomes} == {State.APPLIED}
    assert outcomes[0].stamp == datetime(2026, 11, 23, 1, 0, 0, 500000, tzinfo=UTC)


def test_a_partly_refused_batch_settles_item_by_item() -> None:
    batch = creating(*PEOPLE)
    first, second, third = traces(batch)
    message = (
        'Property values were not valid: [{"isValid":false,"message":"宇宙業 was not one of the allowed options",'
        '"error":"INVALID_OPTION","name":"industry","portalId":1}]'
    )
    outcomes = settled(
        batch,
        responding(
            complete(
                [done("10", first)],
                [
                    refused(second, message),
                    refused(third, "Contact already exists. Existing ID: 42", "CONFLICT"),
                ],
            ),
            status=207,
        ),
    )
    assert [one.state.value for one in outcomes] == ["applied", "rejected", "rejected"]
    option, conflict = outcomes[1].error, outcomes[2].error
    assert option is not None
    assert conflict is not None
    assert (option.code, option.fields) == ("INVALID_OPTION", ("industry",))
    assert option.message == "宇宙業 was not one of the allowed options"
    assert (conflict.code, conflict.existing_id) == ("CONFLICT", "42")


def test_updates_and_keyed_creates_settle_without_traces_too() -> None:
    assert states(updating("1", "2"), responding(complete([done("2"), done("1")]))) == ["applied"] * 2
    by_key = complete([done("20", awase_key="key-2"), done("10", awase_key="key-1")])
    outcomes = settled(creating(*PEOPLE[:2]), responding(by_key, status=201))
    assert [one.id for one in outcomes] == ["10", "20"]


def test_an_update_of_a_record_that_is_gone_is_rejected() -> None:
    gone = {"category": "OBJECT_NOT_FOUND", "message": "not there", "context": {"ids": ["2"]}}
    outcomes = settled(updating("1", "2"), responding(complete([done("1")], [gone]), status=207))
    assert [one.state.value for one in outcomes] == ["applied", "rejected"]
    assert outcomes[1].error is not None
    assert outcomes[1].error.code == "OBJECT_NOT_FOUND"


def test_what_an_answer_leaves_out_says_twice_or_contradicts_is_unknown() -> None:
    batch = updating("1", "2", "3")
    first, second, _ = traces(batch)
    assert states(batch, responding(complete([done("1", first)]))) == ["applied", "unknown", "unknown"]
    assert states(batch, responding(complete([done("1", first), done("1", first)])))[0] == "unknown"
    both = complete([done("1", first)], [refused(first)])
    assert states(batch, responding(both, status=207))[0] == "unknown"
    crossed = complete([done("1", second)])
    assert states(batch, responding(crossed)) == ["unknown"] * 3


def test_a_create_whose_key_is_taken_may_be_ours_and_is_looked_up() -> None:
    batch = creating(*PEOPLE[:2])
    first, second = traces(batch)
    text = "Cannot set PropertyValueCoordinates{propertyName=awase_key, value=key-1} on 9. 8 already has that value."
    nested = {**refused(first, text), "errors": [{"message": text, "code": "CONFLICTING_UNIQUE_VALUE"}]}
    other = refused(second, text.replace("awase_key", "employee_code"))
    outcomes = settled(batch, responding(complete([], [nested, other]), status=207))
    assert [one.state.value for one in outcomes] == ["unknown", "rejected"]
    assert outcomes[1].error is not None
    assert outcomes[1].error.existing_id == "8"
    assert outcomes[1].error.fields == ("employee_code",)


def test_a_key_property_that_does_not_exist_is_no_collision() -> None:
    message = 'Property values were not valid: [{"error":"PROPERTY_DOESNT_EXIST","name":"awase_key","message":"none"}]'
    [outcome] = settled(creating(PEOPLE[0]), responding({"message": message}, status=400))
    assert outcome.state is State.REJECTED
    assert outcome.error is not None
    assert outcome.error.code == "PROPERTY_DOESNT_EXIST"


def test_a_locked_item_is_tried_in_a_later_run() -> None:
    batch = updating("1", "2")
    first, second = traces(batch)
    body = complete([done("1", first)], [refused(second, "locked", "LOCKED")])
    assert states(batch, responding(body, status=207)) == ["applied", "deferred"]


# -- what an answer means as a whole -----------------------------------------------------------------------------

INVALID = {"status": "error", "category": "VALIDATION_ERROR", "message": "not valid"}


@pytest.mark.parametrize(
    ("reply", "one", "several"),
    [
        (responding(INVALID, status=400), "rejected", "deferred"),
        (
            responding({"category": "CONFLICT", "message": "Existing ID: 5"}, status=409),
            "rejected",
            "deferred",
        ),
        (responding({"category": "OBJECT_NOT_FOUND"}, status=404), "rejected", "deferred"),
        (responding({"category": "MISSING_SCOPES"}, status=403), "deferred", "deferred"),
        (responding({"category": "LOCKED"}, status=423), "deferred", "deferred"),
        (responding({"policyName": "DAILY"}, status=429), "deferred", "deferred"),
        (responding(b"<html>", status=429), "deferred", "deferred"),
        (responding(b"<html>", status=400), "unknown", "unknown"),
        (responding({"message": "oops"}, status=500), "unknown", "unknown"),
        (responding(b"", status=502), "unknown", "unknown"),
        (responding(b"<html>", status=504), "unknown", "unknown"),
        (responding(b'{"status":"COMPLETE","results":[{"id"', status=201), "unknown", "unknown"),
        (responding(b"<html>welcome</html>", status=200), "unknown", "unknown"),
        (responding({"status": "PENDING", "results": []}, status=200), "unknown", "unknown"),
        (responding({}, status=302), "unknown", "unknown"),
        (silent(maybe_sent=True), "unknown", "unknown"),
        (silent(maybe_sent=False), "deferred", "deferred"),
    ],
)
def test_a_whole_answer_means_the_same_for_all(reply: Reply, one: str, several: str) -> None:
    assert states(creating(PEOPLE[0]), reply) == [one]
    assert states(creating(*PEOPLE), reply) == [several] * 3
    assert states(updating("1", "2"), reply) == [several] * 2


def test_a_conflict_names_the_record_in_the_way() -> None:
    body = {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 512"}
    [outcome] = settled(creating(PEOPLE[0]), responding(body, status=409))
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.existing_id) == ("CONFLICT", "512")


def test_a_refused_call_that_names_the_culprit_rejects_only_that_one() -> None:
    batch = creating(*PEOPLE)
    body = {**INVALID, "errors": [refused(traces(batch)[1], "bad e-mail")]}
    assert states(batch, responding(body, status=400)) == ["deferred", "rejected", "deferred"]


def test_odd_members_of_an_error_do_not_hide_it() -> None:
    odd = {"message": None, "category": "VALIDATION_ERROR", "context": "{missingScopes=[a]}", "errors": None}
    [outcome] = settled(creating(PEOPLE[0]), responding(odd, status=400))
    assert outcome.error is not None
    assert outcome.error.code == "VALIDATION_ERROR"


# -- whatever the answer says ------------------------------------------------------------------------------------

BATCH = updating("1", "2", "3", "4")
TRACES = ["0:1", "1:2", "2:3", "3:4"]
names = st.sampled_from([*TRACES, "9:9", ""])
results = st.builds(done, st.sampled_from(["1", "2", "3", "4", "77"]), st.none() | names)
errors = st.builds(
    refused, names, st.sampled_from(["no", "Existing ID: 3"]), st.sampled_from(["VALIDATION_ERROR", "LOCKED"])
)


@given(st.lists(results, max_size=6), st.lists(errors, max_size=6), st.sampled_from([200, 201, 207]))
def test_no_operation_is_settled_without_exactly_one_word_for_it(
    said: list[dict[str, Any]], refusals: list[dict[str, Any]], status: int
) -> None:
    outcomes = settled(BATCH, responding(complete(said, refusals), status=status))
    for operation, trace, outcome in zip(BATCH.operations, TRACES, outcomes, strict=True):
        for_it = [one for one in said if trace == one.get("objectWriteTraceId") or one["id"] == operation.id]
        against = [one for one in refusals if one["context"]["objectWriteTraceId"] == [trace]]
        if outcome.state is State.APPLIED:
            assert (len(for_it), len(against)) == (1, 0)
        elif outcome.state in (State.REJECTED, State.DEFERRED):
            assert (len(for_it), len(against)) == (0, 1)
        else:
            assert len(for_it) + len(against) != 1 or for_it


@given(st.binary(max_size=200) | st.text(max_size=80).map(str.encode), st.integers(200, 599))
def test_no_answer_whatever_breaks_the_settling_or_counts_as_applied(body: bytes, status: int) -> None:
    assert State.APPLIED not in {one.state for one in settled(BATCH, responding(body, status=status))}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["message", "category", "context", "errors", "results", "status"]), json_values
    ),
    st.sampled_from([200, 207, 400, 403, 404, 409, 423, 429, 500, 503]),
)
def test_no_json_whatever_breaks_the_settling(body: dict[str, Any], status: int) -> None:
    assert len(settled(BATCH, responding(body, status=status))) == len(BATCH.operations)


@given(st.permutations(range(4)), st.sets(st.integers(0, 3)))
def test_the_order_of_an_answer_never_matters(order: list[int], failing: set[int]) -> None:
    said = [done(BATCH.operations[at].id or "", TRACES[at]) for at in order if at not in failing]
    refusals = [refused(TRACES[at]) for at in order if at in failing]
    outcomes = settled(BATCH, responding(complete(said, refusals), status=207))
    assert [one.state is State.REJECTED for one in outcomes] == [at in failing for at in range(4)]
    assert [one.id for one in outcomes] == ["1", "2", "3", "4"]
