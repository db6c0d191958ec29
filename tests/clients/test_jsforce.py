"""jsforce, unmodified, as a witness: what it reports of a practice org it takes for the vendor's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from .node_clients import NODE
from .world import HERE, World

Told = Mapping[str, Any]
pytestmark = pytest.mark.timeout(1200)  # the first one may have to install the clients


@pytest.fixture(scope="module")
def told(vendors: World, node_clients: Path) -> Told:
    return vendors.told("jsforce", str(NODE), str(HERE / "jsforce_acts.mjs"), str(node_clients))


@pytest.mark.parametrize("way", ["client credentials", "signed assertion"])
def test_it_logs_in(vendors: World, told: Told, way: str) -> None:
    assert told[f"log in by {way}"] == vendors.ready["org_id"]


def test_it_logs_in_by_soap_and_is_sent_to_the_orgs_own_host(vendors: World, told: Told) -> None:
    org_id = vendors.ready["org_id"]
    url = "https://tokyo.my.salesforce.com"
    assert told["log in by SOAP"] == {"organization": org_id, "org": org_id, "url": url}
    assert told["log in with a wrong password"]["message"].startswith("INVALID_LOGIN: ")


def test_it_proves_itself_in_the_web_server_flow(vendors: World, told: Told) -> None:
    assert told["log in by the web-server flow"] == {"org": vendors.ready["org_id"], "refreshes": True}


def test_it_renews_a_session_that_the_org_does_not_know(vendors: World, told: Told) -> None:
    assert told["renew a session by refresh token"] == {"org": vendors.ready["org_id"], "refreshes": 1}
    assert told["call with a strange session"]["code"] == "INVALID_SESSION_ID"
    assert told["log out"] is True


def test_it_knows_who_it_is(vendors: World, told: Told) -> None:
    expected = {"user": vendors.credentials["username"], "organization": vendors.ready["org_id"]}
    assert told["ask who one is"] == expected


def test_it_reads_describes(told: Told) -> None:
    assert {"Account", "Contact", "Lead", "Opportunity"} <= set(told["describe the org"])
    assert told["describe an object"] is True
    assert told["describe layouts"] == 1
    assert told["describe what is not there"]["code"] == "NOT_FOUND"


def test_it_creates_reads_updates_and_deletes(told: Told) -> None:
    assert [told[each]["success"] for each in ("create", "update", "delete")] == [True] * 3
    assert told["read by id"] == "甲社"
    assert (told["upsert a new one"], told["upsert an old one"]) == (True, True)


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("read what is deleted", "ENTITY_IS_DELETED"),
        ("create without a name", "REQUIRED_FIELD_MISSING"),
        ("write a field that is not there", "INVALID_FIELD"),
        ("query a wrong field", "INVALID_FIELD"),
        ("query nonsense", "MALFORMED_QUERY"),
    ],
)
def test_it_raises_the_vendors_codes(told: Told, operation: str, code: str) -> None:
    assert (told[operation]["raised"], told[operation]["code"]) == (code, code)


def test_it_writes_many_rows(told: Told) -> None:
    assert told["create many"] == 450
    assert told["create some, some bad"] == [True, False]
    assert told["create some, all or none"] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert told["read several"] == ["多社"] * 3
    assert told["update several"] == told["delete several"] == [True] * 3
    assert told["upsert several"] == [True, True]
    assert told["composite"] == "複社"


def test_it_asks_what_changed(told: Told) -> None:
    assert told["ask what was deleted"] == 3
    assert told["ask what was updated"] is True


def test_it_queries(told: Told) -> None:
    assert told["find"] == 3
    assert told["query a page"] == {"total": 2500, "done": False, "records": 2000}
    assert told["query all pages"] == told["count in groups"] == told["bulk query"] == 2500
    assert told["query deleted rows too"] is True
    assert told["query with children"] == "子"
    assert told["search"] == ["複社"]
    assert told["query the tooling API"] == 0
    assert told["limits"] == {"max": 100_000, "used": True}


def test_it_works_in_bulk(told: Told) -> None:
    error = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    assert told["bulk insert with bad rows"] == {"good": 1, "errors": [error], "left": 0}
    assert told["bulk upsert"] == ["false", "true"]
    assert told["bulk with a wrong column"]["message"].endswith(
        "InvalidBatch : Field name not found : Nope__c"
    )
    assert told["bulk abort"] == "Aborted"


def test_it_converts_and_restores_by_soap(told: Told) -> None:
    assert told["convert a lead"] == {"success": True, "contact": True}
    assert told["restore a row"] is True
