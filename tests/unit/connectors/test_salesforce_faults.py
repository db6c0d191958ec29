"""Salesforce's error shapes, its limits, and what they are taken for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.catalogue import diagnosis
from awase.connectors.salesforce.codes import CODES, WRAPPERS, is_transient
from awase.connectors.salesforce.faults import error_from, errors_in
from awase.ports.connector import LimitReading
from awase.ports.flows import Request

from .salesforce_scene import CONNECTOR, answer, error

READ = Request("GET", "/services/data/v65.0/query?q=x")
WRITE = Request("PATCH", "/services/data/v65.0/composite/sobjects", idempotent=False)


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ([error("STRING_TOO_LONG", "長い", ["LastName"])], ["STRING_TOO_LONG"]),
        ([error("A_B"), error("C_D")], ["A_B", "C_D"]),
        ({"message": "no such field", "errorCode": "NOT_FOUND"}, ["NOT_FOUND"]),
        ({"error": "invalid_grant", "error_description": "inactive user"}, ["invalid_grant"]),
        (["/services/data/v65.0/sobjects/Lead/00Q1"], []),
        ([], []),
    ],
)
def test_every_shape_of_an_error_is_read(content: Any, codes: list[str]) -> None:
    assert [each.code for each in errors_in(json.dumps(content).encode())] == codes


@given(st.binary() | st.text().map(lambda text: json.dumps(text).encode()))
def test_what_is_no_error_of_the_vendors_is_none(body: bytes) -> None:
    assert errors_in(body) == ()


@pytest.mark.parametrize("key", ["duplicateResut", "duplicateResult"])
def test_a_duplicate_names_the_record_in_the_way(key: str) -> None:
    matches = {"matchResults": [{"matchRecords": [{"record": {"Id": "00Q5"}}]}]}
    found = error_from({**error("DUPLICATES_DETECTED", "Use one of these records?"), key: matches})
    assert found is not None
    assert found.existing_id == "00Q5"


def test_a_duplicate_value_names_the_record_in_its_words() -> None:
    message = "duplicate value found: Employee_Code__c duplicates value on record with id: 00Q000000000001"
    found = error_from({"statusCode": "DUPLICATE_VALUE", "message": message, "fields": None})
    assert found is not None
    assert (found.existing_id, found.fields) == ("00Q000000000001", ())


@pytest.mark.parametrize(
    ("outer", "message", "code", "fields", "automation"),
    [
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "acme.LeadTrigger: execution of BeforeInsert\ncaused by: System.DmlException: Insert failed. First exception "
            "on row 0; first error: FIELD_CUSTOM_VALIDATION_EXCEPTION, 部署名が必要です: [Department, Title]\nClass.X: line 9",
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            ("Department", "Title"),
            "acme.LeadTrigger",
        ),
        (
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "We can't save this record because the “担当者の割当” process failed. Give your Salesforce admin these "
            "details. CANNOT_EXECUTE_FLOW_TRIGGER: REQUIRED_FIELD_MISSING: Required fields are missing: [Company]",
            "REQUIRED_FIELD_MISSING",
            ("Company",),
            "担当者の割当",
        ),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "LeadTrigger: execution of AfterInsert\ncaused by: System.NullPointerException: NOT_A_CODE: x",
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            (),
            "LeadTrigger",
        ),
        (
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "UNABLE_TO_LOCK_ROW: x",
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            (),
            None,
        ),
    ],
)
def test_a_failure_inside_automation_is_called_by_its_innermost_name(
    outer: str, message: str, code: str, fields: tuple[str, ...], automation: str | None
) -> None:
    found = error_from({"statusCode": outer, "message": message, "fields": []})
    assert found is not None
    assert (found.code, found.fields, found.message) == (code, fields, message)
    assert diagnosis(found).rule == (automation or message)


def test_an_unknown_code_needs_a_person() -> None:
    assert not is_transient("SOMETHING_NEW")
    assert is_transient("UNABLE_TO_LOCK_ROW")
    assert set(CODES) >= WRAPPERS


# --- limits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "reading"),
    [
        ("api-usage=18/5000", LimitReading("day", 5000, 4982)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=x)", LimitReading("day", 5000, 4975)),
        ("per-app-api-usage=17/250(appName=x); api-usage=5100/5000", LimitReading("day", 5000, 0)),
        ("per-app-api-usage=17/250(appName=x)", None),
        ("", None),
    ],
)
def test_the_vendors_own_count_is_read_from_its_header(header: str, reading: LimitReading | None) -> None:
    assert CONNECTOR.limit_reading(answer(READ, [], headers={"sforce-limit-info": header})) == reading


def test_the_days_quota_is_told_from_too_many_calls_at_once() -> None:
    spent = CONNECTOR.throttled(
        answer(WRITE, [error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")], 403)
    )
    assert spent is not None
    assert spent.exhausted
    message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    crowded = CONNECTOR.throttled(answer(WRITE, [error("REQUEST_LIMIT_EXCEEDED", message)], 403))
    assert crowded is not None
    assert (crowded.exhausted, crowded.wait) == (False, 5)
    assert CONNECTOR.throttled(answer(WRITE, [error("INSUFFICIENT_ACCESS")], 403)) is None


@pytest.mark.parametrize(
    ("request_", "status", "content", "after", "wait"),
    [
        (READ, 429, b"", "7", 7),
        (WRITE, 429, b"", None, 5),
        (READ, 503, b"<html>", "Mon, 23 Nov 2026 03:00:35 GMT", 30),
        (READ, 503, b"<html>", None, None),
        (WRITE, 503, b"<html>", "7", None),
        (WRITE, 503, [error("SERVER_UNAVAILABLE", "Server Unavailable")], "7", 7),
        (WRITE, 500, [error("UNKNOWN_EXCEPTION")], "7", None),
        (READ, 200, [], "7", None),
    ],
)
def test_only_a_call_the_vendor_surely_did_not_act_on_is_sent_again(
    request_: Request, status: int, content: Any, after: str | None, wait: float | None
) -> None:
    headers = {} if after is None else {"retry-after": after}
    found = CONNECTOR.throttled(answer(request_, content, status, headers))
    assert (found.wait if found else None) == wait
