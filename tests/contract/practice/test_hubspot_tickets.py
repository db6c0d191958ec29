"""Tickets, activities and the erasure of a person on the practice portal, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.practice.hubspot_client import FAMILIES, portal, spec

ACTIVITIES: dict[str, tuple[dict[str, str], int]] = {
    "notes": ({"hs_note_body": "お礼の電話をした"}, 202),
    "tasks": (
        {"hs_task_subject": "見積もり", "hs_task_status": "NOT_STARTED", "hs_task_priority": "HIGH"},
        204,
    ),
    "calls": ({"hs_call_title": "初回", "hs_call_direction": "OUTBOUND", "hs_call_duration": "1200"}, 194),
    "emails": ({"hs_email_subject": "ご案内", "hs_email_direction": "EMAIL", "hs_email_status": "SENT"}, 198),
    "meetings": ({"hs_meeting_title": "打合せ", "hs_meeting_outcome": "SCHEDULED"}, 200),
}
MOMENT = "2026-11-25T01:00:00.000Z"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_ticket_stands_in_its_own_pipeline_and_belongs_to_people(family: str) -> None:
    with portal(family) as it:
        company = it.create("companies", name="甲")
        contact = it.create("contacts", lastname="佐藤")
        deal = it.create("deals", dealname="乙", dealstage="closedwon")
        asked = [
            {"to": {"id": company}, "types": spec(26, 339)},
            {"to": {"id": contact}, "types": spec(16)},
            {"to": {"id": deal}, "types": spec(28)},
        ]
        ticket = it.create("tickets", asked, subject="故障", hs_pipeline_stage="2", hs_ticket_priority="HIGH")
        assert it.properties("tickets", ticket, "hs_pipeline", "hs_primary_company_id") == {
            "hs_pipeline": "0",
            "hs_primary_company_id": company,
        }
        assert it.types("companies", company, "tickets") == {ticket: [25, 340]}
        assert it.types("contacts", contact, "tickets") == {ticket: [15]}
        assert it.types("deals", deal, "tickets") == {ticket: [27]}
        (support,) = it.ask("GET", it.path("pipelines", "/tickets"))["results"]
        assert [each["metadata"]["ticketState"] for each in support["stages"]] == ["OPEN"] * 3 + ["CLOSED"]

        for wrong in ({"hs_pipeline_stage": "closedwon"}, {"hs_pipeline": "default"}):
            refused = it.ask("PATCH", it.path("objects", f"/tickets/{ticket}"), {"properties": wrong}, 400)
            assert refused["errors"][0]["code"] == "INVALID_OPTION"
        refused = it.ask("POST", it.path("objects", "/tickets"), {"properties": {"subject": "乙"}}, 400)
        assert refused["context"]["properties"] == ["hs_pipeline_stage"]
        stage = {"label": "解決", "displayOrder": 9, "metadata": {"ticketState": "CLOSED"}}
        made = it.ask("POST", it.path("pipelines", "/tickets/0/stages"), stage, 201)
        it.ask(
            "PATCH",
            it.path("objects", f"/tickets/{ticket}"),
            {"properties": {"hs_pipeline_stage": made["id"]}},
        )
        found = it.ask("POST", it.path("objects", "/tickets/search"), {"query": "故障"})
        assert [each["id"] for each in found["results"]] == [ticket]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("plural", ACTIVITIES)
def test_an_activity_is_an_object_with_a_moment_that_belongs_to_a_person(family: str, plural: str) -> None:
    values, type_id = ACTIVITIES[plural]
    with portal(family) as it:
        contact = it.create("contacts", lastname="佐藤")
        asked: Any = [{"to": {"id": contact}, "types": spec(type_id)}]
        made = it.create(plural, asked, hs_timestamp=MOMENT, **values)
        assert it.properties(plural, made, *values, "hs_timestamp") == {**values, "hs_timestamp": MOMENT}
        assert it.types("contacts", contact, plural) == {made: [type_id - 1]}
        shown = it.get("contacts", contact, more=f"&associations={plural}")["associations"]
        assert [each["id"] for each in shown[plural]["results"]] == [made]
        refused = it.ask("POST", it.path("objects", f"/{plural}"), {"properties": values}, 400)
        assert refused["context"]["properties"] == ["hs_timestamp"]
        changed = {"inputs": [{"id": made, "properties": {"hs_timestamp": "2026-11-26T01:00:00Z"}}]}
        it.ask("POST", it.path("objects", f"/{plural}/batch/update"), changed)
        it.ask("DELETE", it.path("objects", f"/{plural}/{made}"), status=204)
        assert it.types("contacts", contact, plural) == {}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_person_erased_for_good_leaves_nothing_behind(family: str) -> None:
    with portal(family) as it:
        gone = it.create("contacts", email="a@example.jp", lastname="佐藤")
        body = {"objectId": "a@example.jp", "idProperty": "email"}
        it.ask("POST", it.path("objects", "/contacts/gdpr-delete"), body, 204)
        it.ask("GET", it.path("objects", f"/contacts/{gone}"), status=404)
        assert it.ask("GET", it.path("objects", "/contacts?archived=true"))["results"] == []
        assert [each["field"] for each in it.control("history", object="contact", id=gone)] == [None]
        assert it.create("contacts", email="a@example.jp") != gone
