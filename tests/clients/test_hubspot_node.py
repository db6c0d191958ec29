"""HubSpot's client for Node, unmodified, as a witness: what it reports of a portal it takes for the vendor's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from .node_clients import NODE
from .world import HERE, World

Told = Mapping[str, Any]
PORTAL = 1
pytestmark = pytest.mark.timeout(1200)  # the first one may have to install the clients


@pytest.fixture(scope="module")
def told(vendors: World, node_clients: Path) -> Told:
    script = str(HERE / "hubspot_node_acts.mjs")
    return vendors.told("@hubspot/api-client", str(NODE), script, str(node_clients), org=PORTAL)


def test_it_connects_and_refreshes(vendors: World, told: Told) -> None:
    assert (told["connect by the page"]["tokenType"], told["refresh a token"]) == ("bearer", "bearer")
    assert told["ask about an access token"] == int(vendors.ready["orgs"][PORTAL]["org_id"])
    assert told["call with an OAuth token"] == 0


@pytest.mark.parametrize(
    ("operation", "status", "category"),
    [
        ("refresh with a wrong secret", 400, None),
        ("call without the right", 403, "MISSING_SCOPES"),
        ("call with a strange token", 401, "INVALID_AUTHENTICATION"),
        ("create again", 409, "CONFLICT"),
        ("create with a wrong value", 400, "VALIDATION_ERROR"),
        ("read what never was", 404, None),
        ("read what is archived", 404, None),
        ("create a batch again, none traced", 409, "CONFLICT"),
        ("search past ten thousand", 400, "VALIDATION_ERROR"),
        ("search too often", 429, "RATE_LIMITS"),
        ("define it again", 409, "OBJECT_ALREADY_EXISTS"),
        ("subscribe again", 400, "VALIDATION_ERROR"),
    ],
)
def test_it_throws_what_the_portal_says(
    told: Told, operation: str, status: int, category: str | None
) -> None:
    assert (told[operation]["status"], told[operation]["category"]) == (status, category)


def test_it_waits_out_the_limit_whose_words_it_knows(told: Told) -> None:
    assert told["search too often"]["message"] == "You have reached your secondly limit."
    assert told["search too often and be patient"] == 8


def test_it_creates_reads_changes_merges_and_archives(told: Told) -> None:
    assert (told["read by id"], told["update"]) == ("鈴木", "部長")
    assert told["read by address"] is told["merge"] is True
    assert told["archive"] is told["erase a person"] is None


def test_it_works_by_the_batch_pages_and_searches(told: Told) -> None:
    assert told["create a batch"]["results"] == 100
    traced = told["create a batch again, all traced"]
    assert [each[1]["objectWriteTraceId"] for each in traced["errors"]] == [["0"], ["1"]]
    assert told["read a batch"]["errors"] == [["OBJECT_NOT_FOUND", {"ids": ["1"]}]]
    assert (told["upsert a new batch"], told["upsert an old batch"]) == ([True], [False])
    assert (told["read every page"], told["search"]) == (102, 100)
    assert told["search a page"] == ["節002", "節003"]


def test_it_defines_properties_and_pipelines(told: Told) -> None:
    assert (told["define a property"], told["change a definition"]) == ("node_rank", "等級")
    assert told["read every definition"] is True
    assert (told["read pipelines"], told["make a stage"]) == (2, "提案")
    assert (told["create a ticket"], told["create a note with a person"]) == ("故障", "電話")


def test_it_associates(told: Told) -> None:
    assert (told["make a label"], told["associate"]) == (2, ["Primary"])
    assert told["read associations"] == [[1, 279]]
    assert told["read associations by the batch"]["results"] == 1
    assert told["read associations after"] == 0


def test_it_keeps_lists_forms_and_who_wants_no_mail(vendors: World, told: Told) -> None:
    assert (told["put on a list"], told["read a list's members"]) == ([told["create"]], 1)
    assert (told["read forms"], told["send a form"]) == (1, {"inlineMessage": "感謝"})
    assert told["unsubscribe"] == "NOT_SUBSCRIBED"
    assert told["ask for the account"] == int(vendors.ready["orgs"][PORTAL]["org_id"])
    assert told["ask for what is not there"] == "OBJECT_NOT_FOUND"
