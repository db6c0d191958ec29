"""Tasks, events and campaigns in the practice Salesforce org."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .practice_process import PracticeProcess, practice
from .salesforce_calls import change, create, described, found, one, row_path, unbound

LEAD = {"LastName": "森", "Company": "森社"}


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "activities") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


def test_a_task_knows_its_people_its_account_and_whether_it_is_done(org: PracticeProcess) -> None:
    account = create(org, "Account", Name="活社")
    contact = create(org, "Contact", LastName="活", FirstName="動", AccountId=account)
    task = create(org, "Task", Subject="電話", WhoId=contact, ActivityDate="2026-12-01")
    fields = "Status, Priority, IsClosed, AccountId, Who.Name, Who.Type"
    shown = one(org, "Task", task, fields)
    assert (shown["Status"], shown["Priority"], shown["IsClosed"]) == ("未着手", "中", False)
    assert shown["AccountId"] == account
    assert (shown["Who"]["Name"], shown["Who"]["Type"]) == ("活 動", "Contact")
    assert change(org, "Task", task, Status="完了", Priority="高").status == 204
    assert one(org, "Task", task, "IsClosed, IsHighPriority") == {"IsClosed": True, "IsHighPriority": True}
    (parent,) = found(org, f"SELECT Id, (SELECT Subject FROM Tasks) FROM Contact WHERE Id = '{contact}'")
    assert [each["Subject"] for each in parent["Tasks"]["records"]] == ["電話"]
    who = described(org, "Task")["fields"]["WhoId"]
    assert (who["referenceTo"], who["polymorphicForeignKey"]) == (["Contact", "Lead"], True)


def test_an_activity_with_a_lead_is_related_to_nothing_else(org: PracticeProcess) -> None:
    lead, account = create(org, "Lead", **LEAD), create(org, "Account", Name="関社")
    refused = org.send("POST", row_path("Task"), {"Subject": "x", "WhoId": lead, "WhatId": account})
    assert (refused.status, refused.code) == (400, "FIELD_INTEGRITY_EXCEPTION")
    times = {"StartDateTime": "2026-12-01T01:00:00Z", "EndDateTime": "2026-12-01T02:00:00Z"}
    event = create(org, "Event", Subject="会議", WhoId=lead, **times)
    contact = org.control("convert", {"lead": lead})["contact"]
    assert one(org, "Event", event, "WhoId") == {"WhoId": contact}


def test_a_member_is_in_a_campaign_once_and_answers_by_its_statuses(org: PracticeProcess) -> None:
    campaign = create(org, "Campaign", Name="展示会")
    statuses = found(
        org, f"SELECT Label FROM CampaignMemberStatus WHERE CampaignId = '{campaign}' ORDER BY SortOrder"
    )
    assert [each["Label"] for each in statuses] == ["送信", "反応"]
    lead = create(org, "Lead", **LEAD)
    member = create(org, "CampaignMember", CampaignId=campaign, LeadId=lead)
    assert one(org, "CampaignMember", member, "Status, HasResponded") == {
        "Status": "送信",
        "HasResponded": False,
    }
    assert change(org, "CampaignMember", member, Status="反応").status == 204
    assert one(org, "CampaignMember", member, "HasResponded, Lead.LastName")["HasResponded"] is True
    again = org.send("POST", row_path("CampaignMember"), {"CampaignId": campaign, "LeadId": lead})
    assert (again.code, again.document[0]["message"]) == ("DUPLICATE_VALUE", "Already a campaign member.")
    assert change(org, "CampaignMember", member, Status="不明").code == "INVALID_STATUS"
    nobody = org.send("POST", row_path("CampaignMember"), {"CampaignId": campaign})
    assert nobody.code == "REQUIRED_FIELD_MISSING"
    assert org.send("DELETE", row_path("Campaign", campaign)).status == 204
    assert found(org, f"SELECT Id FROM CampaignMember WHERE CampaignId = '{campaign}'") == []
