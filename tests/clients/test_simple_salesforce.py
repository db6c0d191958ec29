"""simple-salesforce, unmodified, as a witness: what it reports of a practice org it takes for the vendor's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pytest

from .world import HERE, World

Told = Mapping[str, Any]


@pytest.fixture(scope="module")
def told(vendors: World) -> Told:
    return vendors.told("simple-salesforce", sys.executable, str(HERE / "simple_salesforce_acts.py"))


def refusal(reported: Any) -> tuple[str, int, str]:
    """The exception it raised, the status it saw, and the first error code."""
    return reported["raised"], reported["status"], reported["content"][0]["errorCode"]


@pytest.mark.parametrize("way", ["SOAP", "client credentials", "signed assertion"])
def test_it_logs_in(vendors: World, told: Told, way: str) -> None:
    assert told[f"log in by {way}"] == vendors.ready["org_id"]


def test_it_hears_why_it_may_not_come_in(told: Told) -> None:
    assert told["log in with a wrong password"]["code"] == "INVALID_LOGIN"
    assert told["log in with a wrong secret"]["code"] == "invalid_client"
    strange = told["call with a strange session"]
    assert refusal(strange) == ("SalesforceExpiredSession", 401, "INVALID_SESSION_ID")


def test_it_knows_who_it_is_and_where(vendors: World, told: Told) -> None:
    assert told["ask who one is"]["username"] == vendors.credentials["username"]
    assert told["ask who one is"]["organization_id"] == vendors.ready["org_id"]
    assert told["ask whether it is a sandbox"] is True


def test_it_reads_describes(told: Told) -> None:
    assert {"Account", "Contact", "Lead", "Opportunity"} <= set(told["describe the org"])
    assert told["describe an object"]["LastModifiedDate"] == "datetime"
    assert told["read an object's metadata"] == "001"
    assert told["describe a layout"] == "Lead Layout"
    assert refusal(told["describe what is not there"])[:2] == ("SalesforceResourceNotFound", 404)


def test_it_creates_reads_updates_and_deletes(told: Told) -> None:
    assert told["create"]["success"] is True
    assert (told["read by id"], told["read by external id"]) == ("甲社", True)
    assert (told["update"], told["delete"]) == (204, 204)
    assert (told["upsert a new one"], told["upsert an old one"]) == (201, 200)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("read what is deleted", ("SalesforceResourceNotFound", 404, "ENTITY_IS_DELETED")),
        ("read what never was", ("SalesforceResourceNotFound", 404, "NOT_FOUND")),
        ("create without a name", ("SalesforceMalformedRequest", 400, "REQUIRED_FIELD_MISSING")),
        ("write a field that is not there", ("SalesforceMalformedRequest", 400, "INVALID_FIELD")),
        ("write a date that is none", ("SalesforceMalformedRequest", 400, "JSON_PARSER_ERROR")),
        ("query a wrong field", ("SalesforceMalformedRequest", 400, "INVALID_FIELD")),
        ("query nonsense", ("SalesforceMalformedRequest", 400, "MALFORMED_QUERY")),
        ("query a wrong page", ("SalesforceMalformedRequest", 400, "INVALID_QUERY_LOCATOR")),
    ],
)
def test_it_raises_what_it_raises_at_the_vendor(
    told: Told, operation: str, expected: tuple[str, int, str]
) -> None:
    assert refusal(told[operation]) == expected


def test_it_sees_that_several_rows_share_a_key(told: Told) -> None:
    shared = told["read by a key that two rows share"]
    assert (shared["raised"], shared["status"], len(shared["content"])) == (
        "SalesforceMoreThanOneRecord",
        300,
        2,
    )


def test_it_asks_what_changed(told: Told) -> None:
    assert told["ask what was updated"] >= 1
    assert told["ask what was deleted"] == [True]


def test_it_pages_to_the_end(told: Told) -> None:
    assert (told["query a page"]["totalSize"], told["query a page"]["done"]) == (2200, False)
    assert told["query all pages"] == 2200
    assert told["query row by row"] == "頁2199"
    assert told["query more"] == 200
    assert told["query with deleted rows"] == 1


def test_it_searches_and_asks_the_tooling_api(told: Told) -> None:
    assert told["search"] == ["乙社改"]
    assert told["search quickly"] == 1
    assert told["query the tooling API"] == 0


def test_it_writes_collections_and_composites(told: Told) -> None:
    assert told["create a collection"] == [True, False]
    assert told["create a collection, all or none"] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert told["composite"] == 200


def test_it_reads_limits(told: Told) -> None:
    assert told["limits"] == told["read the usage from the answers"] == 100_000


def test_it_works_in_bulk(told: Told) -> None:
    done = {"numberRecordsFailed": 0, "numberRecordsProcessed": 300, "numberRecordsTotal": 300}
    assert told["bulk insert"] == [done]
    assert told["bulk insert with bad rows"][0]["numberRecordsFailed"] == 1
    assert (
        '"REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"'
        in told["bulk failures"]
    )
    assert told["bulk successes"] == 2
    assert sorted(told["bulk unprocessed"].strip().split(",")) == ['"Company"', '"LastName"']
    assert told["bulk upsert"] == [0]
    assert told["bulk update"] == told["bulk delete"] == [301]
    assert told["bulk query"] == [200, 101]
    assert told["bulk download"] == [True]
    assert "InvalidBatch : Field name not found : Nope__c" in told["bulk with a wrong column"]["message"]


def test_it_renews_a_session_that_ended(told: Told) -> None:
    assert told["call after the session ended"] == 100_000
