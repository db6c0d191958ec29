"""hubspot-api-client for Python, unmodified, as a witness: what it reports of a portal it takes for the vendor's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pytest

from .world import HERE, World

Told = Mapping[str, Any]
PORTAL = 1
"""Where the portal is among the orgs of the world."""


@pytest.fixture(scope="module")
def told(vendors: World) -> Told:
    script = str(HERE / "hubspot_api_client_acts.py")
    return vendors.told("hubspot-api-client", sys.executable, script, org=PORTAL)


def test_it_connects_refreshes_and_asks_about_tokens(vendors: World, told: Told) -> None:
    assert (told["connect by the page"]["token_type"], told["connect by the page"]["expires_in"]) == (
        "bearer",
        1800,
    )
    assert told["refresh a token"] == "bearer"
    assert told["ask about an access token"] == int(vendors.ready["orgs"][PORTAL]["org_id"])
    assert told["ask about a refresh token"] is True
    assert told["call with an OAuth token"] == 0


@pytest.mark.parametrize(
    ("operation", "raised", "status", "category"),
    [
        ("refresh with a wrong secret", "ApiException", 400, None),
        ("call with a strange token", "UnauthorizedException", 401, "INVALID_AUTHENTICATION"),
        ("call without the right", "ForbiddenException", 403, "MISSING_SCOPES"),
        ("create again", "ApiException", 409, "CONFLICT"),
        ("create with a wrong value", "ApiException", 400, "VALIDATION_ERROR"),
        ("create with a wrong property", "ApiException", 400, "VALIDATION_ERROR"),
        ("read what never was", "NotFoundException", 404, None),
        ("read what is archived", "NotFoundException", 404, None),
        ("create a batch again, none traced", "ApiException", 409, "CONFLICT"),
        ("create too many", "ApiException", 400, "VALIDATION_ERROR"),
        ("search past ten thousand", "ApiException", 400, "VALIDATION_ERROR"),
        ("search too often", "ApiException", 429, "RATE_LIMITS"),
        ("define it again", "ApiException", 409, "OBJECT_ALREADY_EXISTS"),
        ("archive a pipeline in use", "ApiException", 400, "VALIDATION_ERROR"),
        ("make it again", "ApiException", 400, "VALIDATION_ERROR"),
        ("subscribe again", "ApiException", 400, "VALIDATION_ERROR"),
        ("subscribe to nothing", "ApiException", 400, "VALIDATION_ERROR"),
    ],
)
def test_it_raises_its_exceptions(
    told: Told, operation: str, raised: str, status: int, category: str | None
) -> None:
    refusal = told[operation]
    assert (refusal["raised"], refusal["status"], refusal["body"].get("category")) == (
        raised,
        status,
        category,
    )


def test_it_creates_reads_changes_merges_and_archives(told: Told) -> None:
    assert told["create again"]["body"]["message"] == f"Contact already exists. Existing ID: {told['create']}"
    assert (told["read by id"]["lastname"], told["read by id"]["jobtitle"]) == ("佐藤", None)
    assert (told["update"], told["read the past of a property"]) == ("部長", ["部長"])
    for operation in ("read by address", "read the archived", "merge", "read a merged one"):
        assert told[operation] is True, operation
    assert told["archive"] is told["erase a person"] is None


def test_it_works_by_the_batch(told: Told) -> None:
    assert told["create a batch"] == {"status": "COMPLETE", "results": 100, "errors": []}
    traced = told["create a batch again, all traced"]
    assert [each[1]["objectWriteTraceId"] for each in traced["errors"]] == [["0"], ["1"]]
    assert told["read a batch"]["errors"] == [["OBJECT_NOT_FOUND", {"ids": ["1"]}]]
    assert told["update a batch"]["results"] == 1
    assert (told["upsert a new batch"], told["upsert an old batch"]) == ([True, True], [False, False])


def test_it_pages_and_searches(told: Told) -> None:
    assert (told["read every page"], told["read a page"], told["search"]) == (103, True, 100)
    assert told["search in order"] == ["束099", "束098", "束097"]


def test_it_defines_properties_groups_and_pipelines(told: Told) -> None:
    assert (told["define a property"], told["read a definition"], told["change a definition"]) == (
        "py_rank",
        "a",
        "等級",
    )
    assert told["read every definition"] is True
    assert told["read definitions by the batch"]["errors"] == [["OBJECT_NOT_FOUND", {"name": ["nothing"]}]]
    assert told["read groups"] == ["contactinformation", "py"]
    assert (told["read schemas"], told["read a schema"]) == (0, "0-1")
    assert told["read pipelines"] == ["営業パイプライン", "蛇"]
    assert (told["change a pipeline"], told["read stages"]) == ("竜", ["打診", "成約"])
    assert told["read owners"] == "sato@practice.example.jp"


def test_it_has_tickets_and_notes(told: Told) -> None:
    assert told["create a ticket"].isdecimal()
    assert told["read a person's notes"] is True


def test_it_associates(told: Told) -> None:
    assert told["make a label"] == ["請求先", "請求元"]
    assert (told["associate"], told["associate plainly"]) == (["請求先"], 2)
    assert told["read associations"] == [["請求先", None]]
    assert told["read associations by the batch"]["results"] == 1
    assert told["associate by the batch"]["errors"] == []
    assert told["read associations as v3 does"] == ["contact_to_company", "contact_to_company_unlabeled"]


def test_it_keeps_lists(told: Told) -> None:
    for operation in ("read a list by name", "read a list's members", "read a person's lists"):
        assert told[operation] is True, operation
    assert told["put on a list"]["record_ids_missing"] == ["1"]
    assert len(told["take off a list"]["record_ids_removed"]) == 1
    assert (told["search lists"], told["rename a list"]) == (1, "竜の客")


def test_it_has_forms_that_reach_people(told: Told) -> None:
    assert (told["read forms"], told["change a form"]) == (["蛇の窓口"], "竜の窓口")
    assert told["send a form"] == {"inlineMessage": "感謝"}
    assert told["read who sent it"] == "form@example.jp"


def test_it_knows_who_wants_no_mail(told: Told) -> None:
    assert (told["read subscriptions"], told["unsubscribe"]) == (2, "NOT_SUBSCRIBED")
    assert told["read statuses"] == ["NOT_SUBSCRIBED"] * 2


def test_it_says_what_an_app_is_told_of(told: Told) -> None:
    assert told["say where to be told"] == "http://127.0.0.1:9/hook"
    assert (told["read subscriptions to events"], told["silence an event"]) == (["city"], False)
    assert told["be told nothing"] is None


def test_it_asks_anything_else_at_the_vendors_own_host(vendors: World, told: Told) -> None:
    assert told["ask for the account"] == int(vendors.ready["orgs"][PORTAL]["org_id"])
    assert (told["ask for the usage"], told["read the limits from the headers"]) == (625_000, "190")
    assert told["ask for what is not there"] == "OBJECT_NOT_FOUND"
