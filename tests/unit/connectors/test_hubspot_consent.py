"""Consent at HubSpot: an opt-out goes out by address, and nothing that turns one back passes the last gate."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.consent import opted_out
from awase.core.operations import Operation, OperationKind, Outcome
from awase.ports.connector import WriteBatch
from awase.ports.flows import Answer, Lane, Request
from tests.unit.connectors.hubspot_flows import (
    CONTACT,
    Driven,
    Reply,
    connector,
    creating,
    drive,
    query,
    responding,
    silent,
    updating,
)


def leaving(*addresses: str | None) -> WriteBatch:
    operations = tuple(
        Operation(
            link=at + 1,
            side="ma",
            kind=OperationKind.OPT_OUT,
            object="contact",
            id=str(at + 100),
            opt_out=opted_out(address=address, source="crm:Lead:1"),
        )
        for at, address in enumerate(addresses)
    )
    return WriteBatch(OperationKind.OPT_OUT, CONTACT, operations)


def confirmed(*addresses: str, status: str = "COMPLETE", errors: Any = None) -> dict[str, Any]:
    results = [{"subscriberIdString": one, "statuses": []} for one in addresses]
    return {"status": status, "results": results} | ({"errors": errors} if errors else {})


def left(batch: WriteBatch, *replies: Reply) -> tuple[list[str], Driven]:
    driven = drive(connector().write(batch), list(replies))
    outcomes: list[Outcome] = driven.end
    assert [one.link for one in outcomes] == [one.link for one in batch.operations]
    return [one.state.value for one in outcomes], driven


def test_an_opt_out_goes_out_by_address_in_its_own_lane() -> None:
    batch = leaving("Taro@Example.jp ", "taro@example.jp", "hanako@example.jp")
    states, driven = left(batch, responding(confirmed("taro@example.jp", "hanako@example.jp")))
    assert states == ["applied"] * 3
    [request] = driven.requests
    assert request.url.startswith("/communication-preferences/2026-09/statuses/batch/unsubscribe-all?")
    assert (request.lane, request.idempotent) == (Lane.CONSENT, False)
    assert driven.body() == {"inputs": ["taro@example.jp", "hanako@example.jp"]}


def test_the_v3_setting_uses_v4_here_because_v3_cannot() -> None:
    driven = drive(connector(version="v3").write(leaving("a@b.jp")), [silent(maybe_sent=False)])
    assert driven.requests[0].url.startswith("/communication-preferences/v4/statuses/batch/unsubscribe-all")


def test_a_person_without_address_cannot_be_opted_out_and_it_is_said() -> None:
    driven = drive(connector().write(leaving(None, " ")), [])
    assert {(one.state.value, one.error.code) for one in driven.end} == {("rejected", "NO_ADDRESS")}


def test_a_complete_answer_that_names_nobody_has_done_all() -> None:
    assert left(leaving("a@b.jp", "c@d.jp"), responding(confirmed()))[0] == ["applied"] * 2
    assert left(leaving("a@b.jp"), responding(confirmed(status="PENDING")))[0] == ["unknown"]
    assert left(leaving("a@b.jp"), responding({}))[0] == ["unknown"]


def test_an_address_the_answer_leaves_out_is_unknown() -> None:
    assert left(leaving("a@b.jp", "c@d.jp"), responding(confirmed("a@b.jp")))[0] == ["applied", "unknown"]


def test_an_error_that_names_its_address_rejects_that_one() -> None:
    error = {"category": "VALIDATION_ERROR", "message": "malformed", "context": {"emails": ["c@d"]}}
    reply = responding(confirmed("a@b.jp", errors=[error]), status=207)
    assert left(leaving("a@b.jp", "c@d"), reply)[0] == ["applied", "rejected"]


def test_one_malformed_address_does_not_hold_back_the_others() -> None:
    def vendor(request: Request) -> Answer:
        addresses = json.loads(request.body or b"")["inputs"]
        if "broken" in addresses:
            return responding({"category": "VALIDATION_ERROR", "message": "broken"}, status=400)(request)
        return responding(confirmed(*addresses))(request)

    batch = leaving("a@b.jp", "c@d.jp", "broken", "e@f.jp", "g@h.jp")
    driven = drive(connector().write(batch), vendor)
    assert [one.state.value for one in driven.end] == ["applied", "applied", "rejected", "applied", "applied"]
    assert len(driven.requests) <= 9


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (silent(maybe_sent=True), "unknown"),
        (silent(maybe_sent=False), "deferred"),
        (responding(b"<html>", status=502), "unknown"),
        (responding(b"<html>", status=200), "unknown"),
        (responding(b"<html>", status=400), "unknown"),
        (responding({"policyName": "DAILY"}, status=429), "deferred"),
        (responding({"category": "MISSING_SCOPES"}, status=403), "deferred"),
    ],
)
def test_an_opt_out_that_may_not_have_arrived_is_never_called_applied(reply: Reply, state: str) -> None:
    assert left(leaving("a@b.jp", "c@d.jp"), reply)[0] == [state] * 2


@given(st.binary(max_size=80), st.integers(200, 599))
def test_no_answer_whatever_counts_as_an_opt_out_done(body: bytes, status: int) -> None:
    assert left(leaving("a@b.jp"), responding(body, status=status))[0] != ["applied"]


# -- the last gate -----------------------------------------------------------------------------------------------


def post(url: str, body: Any, method: str = "POST") -> Request:
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    return Request(method, url, body=raw)


CREATE = "/crm/objects/2026-09/contacts/batch/create"
PREFERENCES = "/communication-preferences/2026-09"

BREACHES = [
    post("/communication-preferences/v3/subscribe", {"emailAddress": "a@b.jp", "subscriptionId": "1"}),
    post(f"{PREFERENCES}/statuses/a@b.jp", {"subscriptionId": 1, "statusState": "SUBSCRIBED"}),
    post(f"{PREFERENCES}/statuses/a%40b.jp", {"subscriptionId": 1, "statusState": "NOT_SPECIFIED"}),
    post(f"{PREFERENCES}/statuses/a@b.jp", {"subscriptionId": 1}),
    post(f"{PREFERENCES}/statuses/a@b.jp", b'{"statusState":"UNSUBSCRIBED","statusState":"SUBSCRIBED"}'),
    post(f"{PREFERENCES}/statuses/a@b.jp", b'{"statusState":"SUBSCRIBED","statusState":"UNSUBSCRIBED"}'),
    post(
        f"{PREFERENCES}/statuses/batch/write",
        {"inputs": [{"statusState": "UNSUBSCRIBED"}, {"statusState": "SUBSCRIBED"}]},
    ),
    post(f"{PREFERENCES}/statuses/batch/write", b"\x00"),
    post(f"{PREFERENCES}/statuses/batch/unsubscribe-all", None, "DELETE"),
    post("/%63ommunication-preferences/v3/subscribe", {}),
    post("//communication-preferences/v3/subscribe/", {}),
    post("https://api.hubapi.com/communication-preferences/v3/subscribe", {}),
    post(f"{PREFERENCES}/resubscribe", {}),
    post("/email/public/v1/subscriptions/a@b.jp", {"subscriptionStatuses": []}, "PUT"),
    post(CREATE, {"inputs": [{"properties": {"hs_email_optout": "false"}}]}),
    post(CREATE, {"inputs": [{"properties": {"HS_Email_OptOut": "true"}}]}),
    post(CREATE, {"inputs": [{"properties": {"hs_email_optout_410011": "false"}}]}),
    post(CREATE, b'{"inputs":[{"properties":{"hs_email_opt\\u006fut":"false"}}]}'),
    post(CREATE, b'{"properties":{"hs_email_optout":"false"},"properties":{}}'),
    post("/crm/v3/objects/contacts/1", {"properties": {"hs_email_optout": ""}}, "PATCH"),
    post("/contacts/v1/contact", {"properties": [{"property": "hs_email_optout", "value": "false"}]}),
    post(CREATE, b'{"inputs":['),
    post(CREATE, '{"inputs":[]}'.encode("utf-16")),
    post("/crm/imports/2026-09", b"--boundary\r\nhs_email_optout"),
]


@pytest.mark.parametrize(
    "request_", BREACHES, ids=lambda one: f"{one.method} {one.url} {(one.body or b'')[:40]!r}"
)
def test_a_request_that_could_turn_an_opt_out_back_is_refused(request_: Request) -> None:
    assert connector().consent_breach(request_)


def test_what_only_reads_or_says_out_passes() -> None:
    passing = [
        post(f"{PREFERENCES}/statuses/batch/unsubscribe-all?channel=EMAIL", {"inputs": ["a@b.jp"]}),
        post(f"{PREFERENCES}/statuses/batch/unsubscribe-all/read", {"inputs": ["a@b.jp"]}),
        post(f"{PREFERENCES}/statuses/a@b.jp", {"subscriptionId": 1, "statusState": "UNSUBSCRIBED"}),
        post("/communication-preferences/v3/unsubscribe", {"emailAddress": "a@b.jp"}),
        post(f"{PREFERENCES}/statuses/a@b.jp", None, "GET"),
        post("/crm/objects/2026-09/contacts/batch/read", {"properties": ["hs_email_optout"], "inputs": []}),
        post("/crm/v3/objects/contacts/search", {"properties": ["hs_email_optout"]}),
        post(CREATE, {"inputs": [{"properties": {"memo": "about hs_email_optout \u0001"}}]}),
        post("/crm/v3/objects/contacts/1", None, "DELETE"),
    ]
    assert [connector().consent_breach(one) for one in passing] == [None] * len(passing)


def test_everything_the_connector_itself_sends_passes() -> None:
    hubspot = connector()
    drive_all = [
        drive(hubspot.write(creating({"email": "a@b.jp"})), silent(maybe_sent=False)),
        drive(hubspot.write(updating("1")), silent(maybe_sent=False)),
        drive(hubspot.write(leaving("a@b.jp")), silent(maybe_sent=False)),
        drive(
            hubspot.read_by_id(query("email"), ["1"]),
            responding({"results": [{"id": "1", "properties": {}}]}),
        ),
        drive(
            hubspot.read_history(query("email"), ["1"], "2026-11-22T00:00:00+00:00", timedelta(0)),
            responding({"results": [{"id": "1", "propertiesWithHistory": {}}]}),
        ),
    ]
    assert [hubspot.consent_breach(one) for driven in drive_all for one in driven.requests] == [None] * 5


members = st.dictionaries(st.sampled_from(["email", "lastname", "memo"]), st.text(max_size=20), max_size=3)


@given(
    members, st.sampled_from(["hs_email_optout", "hs_email_optout_1", "HS_EMAIL_OPTOUT"]), st.text(max_size=5)
)
def test_no_write_that_names_a_consent_property_passes(
    properties: dict[str, str], name: str, value: str
) -> None:
    plain = {"inputs": [{"id": "1", "properties": properties}]}
    planted = {"inputs": [{"id": "1", "properties": {**properties, name: value}}]}
    for escaped in (True, False):
        sent = json.dumps(planted, ensure_ascii=escaped).encode()
        assert connector().consent_breach(post(CREATE, sent))
        harmless = json.dumps(plain, ensure_ascii=escaped).encode()
        assert connector().consent_breach(post(CREATE, harmless)) is None
