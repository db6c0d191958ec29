"""Companies, deals, roles and owners in the practice Salesforce org: what describe and queries say of them."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .practice_process import PracticeProcess, practice, query_target
from .salesforce_calls import (
    change,
    create,
    described,
    edit,
    found,
    load,
    numbers,
    one,
    row_path,
    unbound,
)

DEAL = {"StageName": "提案", "CloseDate": "2026-12-31"}


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "objects") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


def deal(org: PracticeProcess, **more: object) -> str:
    return create(org, "Opportunity", **{"Name": f"商談{next(numbers)}", **DEAL, **more})


@pytest.mark.parametrize(
    ("object", "field", "target", "relationship"),
    [
        ("Account", "OwnerId", ["User"], "Owner"),
        ("Account", "ParentId", ["Account"], "Parent"),
        ("Contact", "AccountId", ["Account"], "Account"),
        ("Lead", "OwnerId", ["Group", "User"], "Owner"),
        ("Opportunity", "AccountId", ["Account"], "Account"),
        ("Opportunity", "RecordTypeId", ["RecordType"], "RecordType"),
        ("OpportunityContactRole", "ContactId", ["Contact"], "Contact"),
    ],
)
def test_describe_says_where_a_lookup_leads(
    org: PracticeProcess, object: str, field: str, target: list[str], relationship: str
) -> None:
    lookup = described(org, object)["fields"][field]
    assert (lookup["type"], lookup["referenceTo"], lookup["relationshipName"]) == (
        "reference",
        target,
        relationship,
    )


def test_describe_lists_what_hangs_on_a_deal(org: PracticeProcess) -> None:
    children = described(org, "Opportunity")["childRelationships"]
    assert [(each["childSObject"], each["field"], each["relationshipName"]) for each in children] == [
        ("OpportunityContactRole", "OpportunityId", "OpportunityContactRoles"),
        ("Task", "WhatId", "Tasks"),
        ("Event", "WhatId", "Events"),
    ]


def test_a_deal_needs_name_stage_and_date(org: PracticeProcess) -> None:
    reply = org.send("POST", row_path("Opportunity"), {"Amount": 1})
    assert (reply.code, reply.document[0]["fields"]) == (
        "REQUIRED_FIELD_MISSING",
        ["Name", "StageName", "CloseDate"],
    )


def test_the_stage_of_a_deal_decides_what_follows_from_it(org: PracticeProcess) -> None:
    fields = "IsClosed, IsWon, Probability, ForecastCategory, ForecastCategoryName"
    row_id = deal(org)
    assert list(one(org, "Opportunity", row_id, fields).values()) == [
        False,
        False,
        50,
        "BestCase",
        "Best Case",
    ]
    assert change(org, "Opportunity", row_id, Probability=65).status == 204
    assert change(org, "Opportunity", row_id, StageName="提案", Amount=5).status == 204
    assert one(org, "Opportunity", row_id, "Probability") == {"Probability": 65}
    assert change(org, "Opportunity", row_id, StageName="受注").status == 204
    assert list(one(org, "Opportunity", row_id, fields).values()) == [True, True, 100, "Closed", "Closed"]
    edit(org, "Opportunity", row_id, StageName="失注")
    assert list(one(org, "Opportunity", row_id, fields).values()) == [True, False, 0, "Omitted", "Omitted"]
    refused = change(org, "Opportunity", row_id, IsWon=True)
    assert refused.code == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_the_stages_are_rows_and_can_be_added(org: PracticeProcess) -> None:
    stage = {"name": "稟議中", "probability": 90, "forecast": "Commit"}
    org.control("schema", {"object": "Opportunity", "add_stage": stage})
    shown = found(
        org, "SELECT MasterLabel, DefaultProbability, IsActive FROM OpportunityStage WHERE IsClosed = false"
    )
    assert shown[-1]["MasterLabel"] == "稟議中"
    assert [each["DefaultProbability"] for each in shown] == [10, 20, 50, 60, 80, 90]
    assert one(org, "Opportunity", deal(org, StageName="稟議中"), "Probability") == {"Probability": 90}


def test_record_types_are_described_to_the_user_and_listed_as_rows(org: PracticeProcess) -> None:
    with practice("salesforce", "types") as fresh:
        unbound(fresh)
        master = described(fresh, "Lead")["recordTypeInfos"]
        assert [(each["master"], each["defaultRecordTypeMapping"]) for each in master] == [(True, True)]
        assert "RecordTypeId" not in described(fresh, "Lead")["fields"]
        for more in ({"name": "新規", "default": True}, {"name": "更新", "available": False}):
            fresh.control("schema", {"object": "Lead", "add_record_type": more})
        infos = described(fresh, "Lead")["recordTypeInfos"]
        assert [(each["name"], each["available"], each["defaultRecordTypeMapping"]) for each in infos] == [
            ("新規", True, True),
            ("更新", False, False),
            ("マスタ", True, False),
        ]
        rows = found(fresh, "SELECT Id, DeveloperName FROM RecordType WHERE SobjectType = 'Lead'")
        assert [each["Id"] for each in rows] == [each["recordTypeId"] for each in infos[:2]]
        made = create(fresh, "Lead", LastName="森", Company="森社")
        named = one(fresh, "Lead", made, "RecordType.DeveloperName")
        assert named["RecordType"]["DeveloperName"] == "新規"


def test_roles_are_read_below_their_deal_and_parents_beside_them(org: PracticeProcess) -> None:
    account = create(org, "Account", Name="株式会社海")
    contact = create(org, "Contact", LastName="海野", Email="umi@example.jp", AccountId=account)
    with_role, without = deal(org, AccountId=account), deal(org, AccountId=account)
    role = {"OpportunityId": with_role, "ContactId": contact, "Role": "決裁者", "IsPrimary": True}
    create(org, "OpportunityContactRole", **role)
    first, second = found(
        org,
        "SELECT Id, Account.Name, Owner.Email, (SELECT ContactId, Contact.Email, Role FROM OpportunityContactRoles "
        f"WHERE IsPrimary = true) FROM Opportunity WHERE AccountId = '{account}' ORDER BY Id",
    )
    assert (first["Id"], second["Id"]) == (with_role, without)
    assert first["Account"]["Name"] == "株式会社海"
    assert first["Owner"]["Email"].startswith("integration@")
    assert second["OpportunityContactRoles"] is None
    below = first["OpportunityContactRoles"]
    assert (below["totalSize"], below["done"]) == (1, True)
    assert below["records"][0]["ContactId"] == contact
    assert below["records"][0]["Contact"]["Email"] == "umi@example.jp"


def test_a_relationship_that_is_not_there_is_refused(org: PracticeProcess) -> None:
    for text, code in (
        ("SELECT Id, (SELECT Id FROM Nopes) FROM Opportunity", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM OpportunityContactRoles FROM Opportunity", "MALFORMED_QUERY"),
        (
            "SELECT Id FROM Opportunity WHERE Id IN (SELECT Id, Role FROM OpportunityContactRole)",
            "MALFORMED_QUERY",
        ),
    ):
        assert org.send("GET", query_target(text)).code == code


def test_a_change_of_a_role_moves_the_roles_stamp_and_not_the_deals(org: PracticeProcess) -> None:
    row_id, contact = deal(org), create(org, "Contact", LastName="川")
    role = create(org, "OpportunityContactRole", OpportunityId=row_id, ContactId=contact)
    before = one(org, "Opportunity", row_id, "SystemModstamp")
    stamp = one(org, "OpportunityContactRole", role, "SystemModstamp")["SystemModstamp"]
    org.control("pass-time", {"seconds": 60})
    assert change(org, "OpportunityContactRole", role, Role="評価者").status == 204
    moved = one(org, "OpportunityContactRole", role, "SystemModstamp")["SystemModstamp"]
    assert moved > stamp
    assert one(org, "Opportunity", row_id, "SystemModstamp") == before
    changed = found(
        org,
        "SELECT Id FROM Opportunity WHERE Id IN (SELECT OpportunityId FROM OpportunityContactRole "
        f"WHERE SystemModstamp >= {moved})",
    )
    assert [each["Id"] for each in changed] == [row_id]
    assert org.send("DELETE", row_path("OpportunityContactRole", role)).status == 204
    gone = one(org, "OpportunityContactRole", role, "IsDeleted, OpportunityId", deleted=True)
    assert gone == {"IsDeleted": True, "OpportunityId": row_id}
    assert one(org, "Opportunity", row_id, "SystemModstamp") == before


def test_an_opportunity_has_one_primary_contact(org: PracticeProcess) -> None:
    row_id = deal(org)
    roles = [
        create(
            org,
            "OpportunityContactRole",
            OpportunityId=row_id,
            ContactId=create(org, "Contact", LastName=f"主{number}"),
            IsPrimary=True,
        )
        for number in range(2)
    ]
    shown = found(org, f"SELECT Id, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = '{row_id}'")
    assert [(each["Id"], each["IsPrimary"]) for each in shown] == [(roles[0], False), (roles[1], True)]


def test_the_field_history_of_deals_and_accounts_tells_who_changed_what(org: PracticeProcess) -> None:
    row_id, account = deal(org, Amount=100), create(org, "Account", Name="前")
    edit(org, "Opportunity", row_id, Amount=250, StageName="交渉")
    edit(org, "Account", account, Name="後")
    told = found(
        org,
        "SELECT Field, OldValue, NewValue, CreatedBy.Name FROM OpportunityFieldHistory "
        f"WHERE OpportunityId = '{row_id}' AND Field != 'created'",
    )
    shown = {each["Field"]: (each["OldValue"], each["NewValue"], each["CreatedBy"]["Name"]) for each in told}
    assert shown["Amount"] == (100, 250, "佐藤")
    assert shown["StageName"] == ("提案", "交渉", "佐藤")
    (line,) = found(org, f"SELECT Field FROM AccountHistory WHERE AccountId = '{account}' AND Field = 'Name'")
    assert line["Field"] == "Name"


def test_users_are_listed_with_activity_and_type_and_a_queue_can_own_a_lead(org: PracticeProcess) -> None:
    user = load(org, "User", LastName="旧", Username="old@example.jp", IsActive=False, UserType="CSNOnly")
    assert one(org, "User", user, "Name, Email, IsActive, UserType") == {
        "Name": "旧",
        "Email": "old@example.jp",
        "IsActive": False,
        "UserType": "CSNOnly",
    }
    queue = load(org, "Group", Name="新規リード")
    lead = create(org, "Lead", LastName="列", Company="列社", OwnerId=queue)
    owner = one(org, "Lead", lead, "Owner.Name, Owner.Type")["Owner"]
    assert (owner["Name"], owner["Type"], owner["attributes"]["type"]) == ("新規リード", "Queue", "Name")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("AccountId = '{account}' AND Amount > 10", ["b", "c"]),
        ("AccountId IN ('{account}', '0015h00000zzzzz') AND NOT Name LIKE 'b%'", ["a", "c"]),
        ("AccountId = '{account}' AND (StageName = '受注' OR Amount < 15)", ["a", "c"]),
        ("Account.Name = '{name}' AND Name NOT IN ('a')", ["b", "c"]),
        ("Awase_Key__c IN ('KEY-{name}')", ["c"]),
    ],
)
def test_deals_are_chosen_by_conditions(org: PracticeProcess, where: str, expected: list[str]) -> None:
    name = f"条件{next(numbers)}"
    account = create(org, "Account", Name=name)
    for deal_name, more in (
        ("a", {"Amount": 10}),
        ("b", {"Amount": 20}),
        ("c", {"Amount": 30, "StageName": "受注", "Awase_Key__c": f"key-{name}"}),
    ):
        deal(org, Name=deal_name, AccountId=account, **more)
    condition = where.format(account=account, name=name)
    shown = found(org, f"SELECT Name FROM Opportunity WHERE {condition} ORDER BY Name LIMIT 5")
    assert [each["Name"] for each in shown] == expected
    counted = org.send("GET", query_target(f"SELECT count() FROM Opportunity WHERE {condition}"))
    assert counted.document["totalSize"] == len(expected)


def test_the_recycle_bin_shows_deleted_rows_for_fifteen_days(org: PracticeProcess) -> None:
    row_id = deal(org)
    assert org.send("DELETE", row_path("Opportunity", row_id)).status == 204
    assert org.send("GET", row_path("Opportunity", row_id)).code == "ENTITY_IS_DELETED"
    text = f"SELECT IsDeleted FROM Opportunity WHERE Id = '{row_id}'"
    assert [each["IsDeleted"] for each in found(org, text, deleted=True)] == [True]
    org.control("pass-time", {"seconds": 16 * 86_400})
    unbound(org)
    assert found(org, text, deleted=True) == []
    assert org.send("GET", row_path("Opportunity", row_id)).code == "NOT_FOUND"
