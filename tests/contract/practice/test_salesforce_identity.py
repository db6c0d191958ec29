"""Merging, converting, deleting and restoring in the practice Salesforce org, and the traces that they leave."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .practice_process import PracticeProcess, practice
from .salesforce_calls import change, create, edit, found, load, numbers, one, row_path, unbound

AUTHOR = "user:田中"


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "identity") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


def person(**more: object) -> dict[str, object]:
    number = next(numbers)
    values = {
        "LastName": "林",
        "Company": "株式会社林",
        "Email": f"h{number}@example.jp",
        "Phone": "03-1111-2222",
    }
    return {**values, "Awase_Key__c": f"key-{number}", **more}


# --- Merging


def test_losers_of_a_merge_lie_in_the_bin_and_name_their_master(org: PracticeProcess) -> None:
    winner, first, second = (create(org, "Contact", LastName=name) for name in "abc")
    before = one(org, "Contact", winner, "SystemModstamp")["SystemModstamp"]
    org.control("pass-time", {"seconds": 5})
    body = {"object": "Contact", "winner": winner, "losers": [first, second], "author": AUTHOR}
    assert org.control("merge", body) == {"winner": winner, "losers": [first, second]}
    for loser in (first, second):
        gone = one(org, "Contact", loser, "IsDeleted, MasterRecordId, LastModifiedBy.Name", deleted=True)
        assert (gone["IsDeleted"], gone["MasterRecordId"]) == (True, winner)
        assert gone["LastModifiedBy"]["Name"] == "田中"
        assert change(org, "Contact", loser, Title="x").code == "ENTITY_IS_DELETED"
    moved = one(org, "Contact", winner, "SystemModstamp, LastModifiedBy.Name")
    assert moved["SystemModstamp"] > before
    assert moved["LastModifiedBy"]["Name"] == "田中"


def test_the_winner_keeps_its_values_unless_others_are_chosen(org: PracticeProcess) -> None:
    winner = create(org, "Lead", **person(City=None, HasOptedOutOfEmail=False))
    loser = create(org, "Lead", **person(City="堺", HasOptedOutOfEmail=True))
    key = one(org, "Lead", loser, "Awase_Key__c")["Awase_Key__c"]
    chosen = {"Awase_Key__c": key}
    org.control("merge", {"object": "Lead", "winner": winner, "losers": [loser], "values": chosen})
    assert one(org, "Lead", winner, "City, HasOptedOutOfEmail, Awase_Key__c") == {
        "City": None,
        "HasOptedOutOfEmail": False,
        "Awase_Key__c": key,
    }


def test_what_hung_on_a_loser_hangs_on_the_winner(org: PracticeProcess) -> None:
    winner, loser = (create(org, "Account", Name=name) for name in ("残", "消"))
    contact = create(org, "Contact", LastName="子", AccountId=loser)
    deal = create(org, "Opportunity", Name="子", StageName="提案", CloseDate="2026-12-31", AccountId=loser)
    below = create(org, "Account", Name="孫", ParentId=loser)
    before = one(org, "Contact", contact, "SystemModstamp")["SystemModstamp"]
    org.control("pass-time", {"seconds": 5})
    org.control("merge", {"object": "Account", "winner": winner, "losers": [loser], "author": AUTHOR})
    assert one(org, "Contact", contact, "AccountId")["AccountId"] == winner
    assert one(org, "Contact", contact, "SystemModstamp")["SystemModstamp"] > before
    assert one(org, "Opportunity", deal, "AccountId")["AccountId"] == winner
    assert one(org, "Account", below, "ParentId")["ParentId"] == winner
    role = create(org, "OpportunityContactRole", OpportunityId=deal, ContactId=contact)
    other = create(org, "Contact", LastName="別", AccountId=winner)
    org.control("merge", {"object": "Contact", "winner": other, "losers": [contact]})
    assert one(org, "OpportunityContactRole", role, "ContactId")["ContactId"] == other


def test_a_refused_merge_changes_nothing(org: PracticeProcess) -> None:
    winner, loser = (create(org, "Contact", LastName=name) for name in ("勝", "負"))
    wrong = {"Email": "no address"}
    for body in (
        {"object": "Contact", "winner": winner, "losers": [loser], "values": wrong},
        {"object": "Contact", "winner": winner, "losers": [winner]},
        {"object": "Contact", "winner": winner, "losers": [loser] * 3},
        {"object": "Opportunity", "winner": winner, "losers": [loser]},
    ):
        assert org.control_reply("merge", body).status == 400
    assert one(org, "Contact", loser, "IsDeleted") == {"IsDeleted": False}


# --- Converting


def test_a_converted_lead_stays_and_names_what_it_became(org: PracticeProcess) -> None:
    values = person(Industry="製造業", City="津", HasOptedOutOfEmail=True, Interests__c="会計")
    lead = create(org, "Lead", **values)
    made = org.control("convert", {"lead": lead, "opportunity": True, "author": AUTHOR})
    fields = "IsConverted, ConvertedAccountId, ConvertedContactId, ConvertedOpportunityId, IsDeleted, Status"
    assert one(org, "Lead", lead, fields) == {
        "IsConverted": True,
        "ConvertedAccountId": made["account"],
        "ConvertedContactId": made["contact"],
        "ConvertedOpportunityId": made["opportunity"],
        "IsDeleted": False,
        "Status": "取引開始済み",
    }
    assert one(org, "Lead", lead, "ConvertedDate")["ConvertedDate"] is not None
    assert one(org, "Account", made["account"], "Name, Industry, BillingCity") == {
        "Name": "株式会社林",
        "Industry": "製造業",
        "BillingCity": "津",
    }
    fields = "Email, AccountId, MailingCity, HasOptedOutOfEmail, Interests__c, Awase_Key__c"
    assert one(org, "Contact", made["contact"], fields) == {
        "Email": values["Email"],
        "AccountId": made["account"],
        "MailingCity": "津",
        "HasOptedOutOfEmail": True,
        "Interests__c": "会計",
        "Awase_Key__c": values["Awase_Key__c"],
    }
    role = found(
        org,
        "SELECT ContactId, IsPrimary, CreatedBy.Name FROM OpportunityContactRole "
        f"WHERE OpportunityId = '{made['opportunity']}'",
    )
    assert [(each["ContactId"], each["IsPrimary"]) for each in role] == [(made["contact"], True)]
    assert role[0]["CreatedBy"]["Name"] == "田中"
    assert change(org, "Lead", lead, City="x").code == "CANNOT_UPDATE_CONVERTED_LEAD"
    assert org.control_reply("convert", {"lead": lead}).status == 400


def test_an_existing_account_and_contact_are_only_filled_where_empty(org: PracticeProcess) -> None:
    account = create(org, "Account", Name="既存", Phone="1")
    contact = create(org, "Contact", LastName="既", AccountId=account, Title="部長")
    lead = create(
        org, "Lead", **person(Title="課長", Website="https://hayashi.example", HasOptedOutOfEmail=True)
    )
    made = org.control("convert", {"lead": lead, "account": account, "contact": contact})
    assert made == {"account": account, "contact": contact, "opportunity": None}
    assert one(org, "Account", account, "Name, Phone, Website") == {
        "Name": "既存",
        "Phone": "1",
        "Website": "https://hayashi.example",
    }
    shown = one(org, "Contact", contact, "Title, Phone, HasOptedOutOfEmail")
    assert shown == {"Title": "部長", "Phone": "03-1111-2222", "HasOptedOutOfEmail": False}


def test_the_key_goes_to_the_contact_only_if_mapped_and_free(org: PracticeProcess) -> None:
    taken = person()
    create(org, "Contact", LastName="先", Awase_Key__c=taken["Awase_Key__c"])
    made = org.control("convert", {"lead": create(org, "Lead", **taken)})
    assert one(org, "Contact", made["contact"], "Awase_Key__c") == {"Awase_Key__c": None}
    org.control("settings", {"lead_conversion_maps_key": False})
    try:
        made = org.control("convert", {"lead": create(org, "Lead", **person())})
        assert one(org, "Contact", made["contact"], "Awase_Key__c") == {"Awase_Key__c": None}
    finally:
        org.control("settings", {"lead_conversion_maps_key": True})


def test_a_conversion_that_a_rule_refuses_leaves_nothing_behind(org: PracticeProcess) -> None:
    rule = {"name": "NoHayashi", "message": "だめ", "when": {"equals": ["LastName", "禁"]}}
    org.control("schema", {"object": "Contact", "add_rule": rule})
    try:
        lead = create(org, "Lead", **person(LastName="禁", Company="禁社"))
        reply = org.control_reply("convert", {"lead": lead})
        assert reply.document["details"][0]["statusCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        assert found(org, "SELECT Id FROM Account WHERE Name = '禁社'") == []
        assert one(org, "Lead", lead, "IsConverted") == {"IsConverted": False}
    finally:
        org.control("schema", {"object": "Contact", "remove_rule": {"name": "NoHayashi"}})


def test_a_lead_of_a_queue_becomes_the_converting_users(org: PracticeProcess) -> None:
    queue = load(org, "Group", Name="待ち")
    lead = create(org, "Lead", **person(OwnerId=queue))
    made = org.control("convert", {"lead": lead, "author": AUTHOR})
    assert one(org, "Contact", made["contact"], "Owner.Name")["Owner"]["Name"] == "田中"


# --- Deleting and restoring


def test_a_row_that_was_deleted_by_a_person_can_be_restored(org: PracticeProcess) -> None:
    contact = create(org, "Contact", LastName="戻")
    deal = create(org, "Opportunity", Name="戻", StageName="提案", CloseDate="2026-12-31")
    role = create(org, "OpportunityContactRole", OpportunityId=deal, ContactId=contact)
    org.control("delete", {"object": "Opportunity", "id": deal, "author": AUTHOR})
    assert one(org, "OpportunityContactRole", role, "IsDeleted", deleted=True) == {"IsDeleted": True}
    refused = org.control_reply("restore", {"object": "OpportunityContactRole", "id": role})
    assert refused.document["details"][0]["statusCode"] == "UNDELETE_FAILED"
    org.control("restore", {"object": "Opportunity", "id": deal, "author": AUTHOR})
    back = one(org, "Opportunity", deal, "IsDeleted, LastModifiedBy.Name")
    assert (back["IsDeleted"], back["LastModifiedBy"]["Name"]) == (False, "田中")
    assert one(org, "OpportunityContactRole", role, "IsDeleted") == {"IsDeleted": False}
    assert change(org, "Opportunity", deal, Amount=1).status == 204


def test_a_merged_row_that_is_restored_has_no_master_any_more(org: PracticeProcess) -> None:
    winner, loser = (create(org, "Contact", LastName=name) for name in "xy")
    org.control("merge", {"object": "Contact", "winner": winner, "losers": [loser]})
    org.control("restore", {"object": "Contact", "id": loser})
    assert one(org, "Contact", loser, "MasterRecordId") == {"MasterRecordId": None}


def test_merges_and_conversions_survive_a_restart(tmp_path: object) -> None:
    kept = f"{tmp_path}/org.json"
    with practice("salesforce", "lasting", "--snapshot", kept) as org:
        unbound(org)
        org.control("settings", {"state_country": True, "person_accounts": True})
        org.control("schema", {"object": "Opportunity", "add_stage": {"name": "稟議", "probability": 70}})
        winner, loser = (create(org, "Account", Name=name) for name in ("残", "消"))
        org.control("merge", {"object": "Account", "winner": winner, "losers": [loser]})
    with practice("salesforce", "lasting", "--snapshot", kept) as again:
        unbound(again)
        gone = one(again, "Account", loser, "MasterRecordId", deleted=True)
        assert gone == {"MasterRecordId": winner}
        stages = found(again, "SELECT Id FROM OpportunityStage WHERE MasterLabel = '稟議'")
        assert len(stages) == 1
        edit(again, "Account", winner, Phone="1")
        deal = {"Name": "続", "StageName": "稟議", "CloseDate": "2026-12-31", "AccountId": winner}
        row_id = create(again, "Opportunity", **deal)
        assert again.send("DELETE", row_path("Opportunity", row_id)).status == 204
