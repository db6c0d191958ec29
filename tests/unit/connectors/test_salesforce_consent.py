"""The last gate before transport: no request may turn an opt-out back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.connectors.salesforce.auth import sign_in
from awase.core.consent import opted_out
from awase.core.operations import Operation, OperationKind
from awase.ports.connector import Credentials, WriteBatch
from awase.ports.flows import Request

from .salesforce_scene import CONNECTOR, NOW, ROLES, answer, deal, lead, lost, play, rows

PATH = "/services/data/v65.0/composite/sobjects"


def breach(body: Any, method: str = "PATCH", url: str = PATH, signed: bool = True) -> str | None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return CONNECTOR.consent_breach(Request(method, url, body=content, signed=signed))


@pytest.mark.parametrize("value", [False, None, 0, 1, "true", "false", "", [], {"a": True}])
@pytest.mark.parametrize(
    "name", ["HasOptedOutOfEmail", "HASOPTEDOUTOFEMAIL", "PersonHasOptedOutOfEmail", "DoNotCall"]
)
def test_an_opt_out_field_can_only_be_set_to_true(name: str, value: Any) -> None:
    assert (
        breach({"allOrNone": False, "records": [{"id": "1", name: True}, {"id": "2", name: value}]})
        is not None
    )
    assert breach({"records": [{"id": "1", name: True}]}) is None


@pytest.mark.parametrize(
    "wrap",
    [
        lambda record: record,
        lambda record: [record],
        lambda record: {"compositeRequest": [{"method": "PATCH", "url": "/x", "body": record}]},
        lambda record: {"batchRequests": [{"method": "PATCH", "richInput": record}]},
        lambda record: {"graphs": [{"compositeRequest": [{"body": {"records": [record]}}]}]},
    ],
)
def test_no_wrapping_hides_a_record(wrap: Any) -> None:
    assert breach(wrap({"LastName": "a", "hasOptedOutOfEmail": False})) is not None
    assert breach(wrap({"LastName": "a", "Has_Opted_Out_Reason__c": False})) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"HasOptedOutOfEmail": false, "HasOptedOutOfEmail": true}',
        b'{"HasOptedOutOfEmail": true, "hasoptedoutofemail": false}',
        b'{"\\u0048asOptedOutOfEmail": false}',
        b'{"records": [{"HasOptedOutOfEmail": fal',
        b"Id,HasOptedOutOfEmail\n00Q1,false\n",
        b"<soapenv:Envelope/>",
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_doubled_names_escapes_and_unreadable_bodies_are_refused(body: bytes) -> None:
    assert breach(body) is not None


def test_consent_records_can_only_say_out() -> None:
    assert breach(
        {"PrivacyConsentStatus": "OptIn"}, "POST", "/services/data/v65.0/sobjects/ContactPointConsent"
    )
    assert (
        breach(
            {"PrivacyConsentStatus": "OptOut"}, "POST", "/services/data/v65.0/sobjects/ContactPointConsent"
        )
        is None
    )


def test_sign_in_forms_pass_and_nothing_else_unreadable_does() -> None:
    flow = sign_in(
        "https://x", Credentials("refresh_token", {"client_id": "a", "refresh_token": "b"}), lambda: NOW
    )
    request = next(flow)[0]
    assert CONNECTOR.consent_breach(request) is None
    assert breach(b"grant_type=x", "POST", "/services/oauth2/token") is not None
    assert breach(b"a=b", "POST", "https://x/other", signed=False) is not None
    assert CONNECTOR.consent_breach(Request("GET", "/services/data/v65.0/query?q=HasOptedOutOfEmail")) is None


ELSEWHERE = {OperationKind.RELATE, OperationKind.UNRELATE, OperationKind.TAKE_OFF}
"""Kinds that write no lead: roles belong to opportunities, lists to another vendor."""


@pytest.mark.parametrize("kind", [kind for kind in OperationKind if kind not in ELSEWHERE])
def test_every_write_of_ours_passes_the_gate(kind: OperationKind) -> None:
    operation = Operation(
        link=1,
        side="crm",
        kind=kind,
        object="Lead",
        id="00Q1",
        key="k",
        values={} if kind is OperationKind.OPT_OUT else {"LastName": "佐藤"},
        opt_out=None if kind is OperationKind.UPDATE else opted_out(address=None, source="ma:contact:1"),
    )
    _, _, steps = play(CONNECTOR.write(WriteBatch(kind, lead(), (operation,))), lost)
    assert CONNECTOR.consent_breach(steps[0][0]) is None


@pytest.mark.parametrize(
    ("kind", "now", "before"),
    [(OperationKind.RELATE, ("003A",), None), (OperationKind.UNRELATE, None, ("003A",))],
)
def test_writing_roles_passes_the_gate(kind: OperationKind, now: Any, before: Any) -> None:
    one = Operation(
        link=1,
        side="crm",
        kind=kind,
        object="Opportunity",
        id="006A",
        values={ROLES: now},
        before={ROLES: before},
    )
    found = rows({"Id": "00KA", "OpportunityId": "006A", "ContactId": "003A"})
    _, _, steps = play(
        CONNECTOR.write(WriteBatch(kind, deal(), (one,))),
        lambda request: answer(request, found) if request.method == "GET" else lost(request),
    )
    assert steps
    assert [CONNECTOR.consent_breach(request) for step in steps for request in step] == [None] * len(steps)


def test_a_write_that_was_made_to_turn_an_opt_out_back_does_not_pass() -> None:
    planted = Operation(
        link=1,
        side="crm",
        kind=OperationKind.UPDATE,
        object="Lead",
        id="00Q1",
        values={"HasOptedOutOfEmail": False},
    )
    _, _, steps = play(CONNECTOR.write(WriteBatch(OperationKind.UPDATE, lead(), (planted,))), lost)
    assert CONNECTOR.consent_breach(steps[0][0]) is not None


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["HasOptedOutOfEmail", "LastName", "records"]), inner, max_size=3
            )
        ),
        max_leaves=10,
    )
)
def test_exactly_the_bodies_with_anything_but_true_are_refused(content: Any) -> None:
    def says_in(part: Any) -> bool:
        if isinstance(part, list):
            return any(says_in(each) for each in part)
        if isinstance(part, dict):
            return any(
                (name == "HasOptedOutOfEmail" and value is not True) or says_in(value)
                for name, value in part.items()
            )
        return False

    assert (breach(content) is not None) == says_in(content)


def test_consent_fields_are_declared_for_people() -> None:
    assert "HasOptedOutOfEmail" in CONNECTOR.capabilities.consent_fields["Lead"]
    assert "HasOptedOutOfEmail" in CONNECTOR.capabilities.consent_fields["Contact"]
