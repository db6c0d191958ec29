"""Writes to companies, deals, roles and people in the practice Salesforce org, and how the vendor refuses them."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .practice_process import PracticeProcess, Reply, practice
from .salesforce_calls import (
    DATA,
    MANY,
    change,
    create,
    deletion,
    described,
    edit,
    found,
    load,
    many,
    numbers,
    one,
    outcomes,
    row_path,
    unbound,
)

DEAL = {"Name": "商談", "StageName": "提案", "CloseDate": "2026-12-31"}
LEAD = {"LastName": "森", "Company": "森社"}


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "refusals") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


@contextmanager
def rule(org: PracticeProcess, object: str, **declared: object) -> Iterator[None]:
    declared = {"name": "Rule", **declared}
    org.control("schema", {"object": object, "add_rule": declared})
    try:
        yield
    finally:
        org.control("schema", {"object": object, "remove_rule": {"name": declared["name"]}})


def error(reply: Reply) -> tuple[int, str, str]:
    return reply.status, reply.code, reply.document[0]["message"]


# --- Rows of all objects


def test_collections_create_change_and_delete_every_object(org: PracticeProcess) -> None:
    made = org.send("POST", MANY, many("Account", {"Name": "甲"}, {"Name": None}))
    assert outcomes(made) == ["ok", "REQUIRED_FIELD_MISSING"]
    account = made.document[0]["id"]
    deals = org.send("POST", MANY, many("Opportunity", {**DEAL, "AccountId": account}, DEAL))
    assert outcomes(deals) == ["ok", "ok"]
    first, second = (each["id"] for each in deals.document)
    assert outcomes(org.send("PATCH", MANY, many("Opportunity", {"id": first, "Amount": 5}))) == ["ok"]
    assert outcomes(org.send("DELETE", deletion(second, second))) == ["ok", "ENTITY_IS_DELETED"]
    by_key = many("Account", {"Awase_Key__c": "k1", "Name": "乙"})
    created = org.send("PATCH", f"{MANY}/Account/Awase_Key__c", by_key).document[0]
    assert created["created"] is True
    contact = create(org, "Contact", LastName="丙", AccountId=account)
    assert outcomes(org.send("DELETE", deletion(account, all_or_none=True))) == ["ok"]
    gone = [
        one(org, name, row_id, "IsDeleted", deleted=True)
        for name, row_id in (("Account", account), ("Opportunity", first), ("Contact", contact))
    ]
    assert gone == [{"IsDeleted": True}] * 3
    org.control("restore", {"object": "Account", "id": account, "author": "user:佐藤"})
    assert one(org, "Opportunity", first, "AccountId, LastModifiedBy.Name")["AccountId"] == account
    assert found(org, f"SELECT Id FROM Contact WHERE Id = '{contact}'")


def test_deletes_all_or_none_bring_the_good_ones_back(org: PracticeProcess) -> None:
    row_id = create(org, "Opportunity", **DEAL)
    results = outcomes(org.send("DELETE", deletion(row_id, "0065h00000zzzzz", all_or_none=True)))
    assert results == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_CROSS_REFERENCE_KEY"]
    assert one(org, "Opportunity", row_id, "IsDeleted") == {"IsDeleted": False}


def test_an_account_with_won_deals_is_not_deleted(org: PracticeProcess) -> None:
    account = create(org, "Account", Name="得意先")
    create(org, "Opportunity", **{**DEAL, "StageName": "受注"}, AccountId=account)
    assert org.send("DELETE", row_path("Account", account)).code == "DELETE_FAILED"


# --- References and owners


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("abc", "MALFORMED_ID"),
        ("0035h0000000001", "MALFORMED_ID"),
        ("0015h00000zzzzz", "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_a_lookup_to_nowhere_is_refused(org: PracticeProcess, value: str, code: str) -> None:
    reply = org.send("POST", row_path("Opportunity"), {**DEAL, "AccountId": value})
    assert (reply.status, reply.code, reply.document[0]["fields"]) == (400, code, ["AccountId"])


def test_owners_must_be_active_users_of_a_type_that_owns(org: PracticeProcess) -> None:
    number = next(numbers)
    idle = load(org, "User", LastName="休", Username=f"idle{number}@example.jp", IsActive=False)
    robot = load(
        org, "User", LastName="機", Username=f"robot{number}@example.jp", UserType="AutomatedProcess"
    )
    partner = load(org, "User", LastName="友", Username=f"p{number}@example.jp", UserType="PowerPartner")
    queue = load(org, "Group", Name="列")
    row_id = create(org, "Account", Name="持")
    assert error(change(org, "Account", row_id, OwnerId=idle)) == (
        400,
        "INACTIVE_OWNER_OR_USER",
        f"operation performed with inactive user [{idle}] as owner of account",
    )
    for wrong in (robot, queue):
        assert change(org, "Account", row_id, OwnerId=wrong).code == "OP_WITH_INVALID_USER_TYPE_EXCEPTION"
    assert change(org, "Account", row_id, OwnerId=partner).status == 204
    edit(org, "User", partner, IsActive=False)
    assert change(org, "Account", row_id, OwnerId=partner, Phone="1").status == 204


# --- What the integration user may do


def test_objects_can_be_closed_to_the_user(org: PracticeProcess) -> None:
    row_id = create(org, "Opportunity", **DEAL)
    closed = {
        "Opportunity": {"create": False, "edit": False, "delete": False},
        "OpportunityContactRole": {"read": False},
    }
    org.control("settings", {"object_permissions": closed})
    assert described(org, "Opportunity")["updateable"] is False
    text = "entity type cannot be {}: Opportunity"
    assert error(org.send("POST", row_path("Opportunity"), DEAL))[1:] == (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        text.format("inserted"),
    )
    assert change(org, "Opportunity", row_id, Amount=1).document[0]["message"] == text.format("updated")
    assert error(org.send("DELETE", row_path("Opportunity", row_id)))[:2] == (
        403,
        "INSUFFICIENT_ACCESS_OR_READONLY",
    )
    assert org.send("GET", f"{row_path('OpportunityContactRole')}/describe").status == 404
    query = "/services/data/v65.0/query?q=SELECT+Id+FROM+OpportunityContactRole"
    assert org.send("GET", query).code == "INVALID_TYPE"


def test_fields_can_be_hidden_or_closed_to_the_user(org: PracticeProcess) -> None:
    org.control(
        "settings", {"hidden_fields": {"Account": ["Phone"]}, "read_only_fields": {"Account": ["Industry"]}}
    )
    fields = described(org, "Account")["fields"]
    assert "Phone" not in fields
    assert (fields["Industry"]["createable"], fields["Industry"]["updateable"]) == (False, False)
    assert org.send("POST", row_path("Account"), {"Name": "x", "Phone": "1"}).code == "INVALID_FIELD"
    refused = org.send("POST", row_path("Account"), {"Name": "x", "Industry": "製造業"})
    assert refused.code == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_single_rows_can_be_read_only_invisible_or_held_by_another(org: PracticeProcess) -> None:
    closed, unseen, held = (
        create(org, "Account", Name=name, Awase_Key__c=f"{name}{next(numbers)}") for name in "abc"
    )
    key = one(org, "Account", unseen, "Awase_Key__c")["Awase_Key__c"]
    org.control("settings", {"row_access": {closed: "read", unseen: "none"}, "locked_rows": [held]})
    assert error(change(org, "Account", closed, Phone="1")) == (
        403,
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "insufficient access rights on object id",
    )
    assert change(org, "Account", unseen, Phone="1").code == "NOT_FOUND"
    many_unseen = org.send("PATCH", MANY, many("Account", {"id": unseen, "Phone": "1"}))
    assert outcomes(many_unseen) == ["INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"]
    assert found(org, f"SELECT Id FROM Account WHERE Id = '{unseen}'") == []
    for named in (closed, unseen):
        assert error(org.send("POST", row_path("Contact"), {"LastName": "x", "AccountId": named})) == (
            403,
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            f"insufficient access rights on cross-reference id: {named[:15]}",
        )
    assert error(change(org, "Account", held, Phone="1"))[1:] == (
        "UNABLE_TO_LOCK_ROW",
        f"unable to obtain exclusive access to this record or 1 records: {held[:15]}",
    )
    assert org.send("POST", row_path("Opportunity"), {**DEAL, "AccountId": held}).code == "UNABLE_TO_LOCK_ROW"
    taken = org.send("POST", row_path("Account"), {"Name": "d", "Awase_Key__c": key})
    assert taken.document[0]["message"] == (
        "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
    )


# --- Duplicates


def test_a_unique_value_in_the_recycle_bin_counts_if_the_org_says_so(org: PracticeProcess) -> None:
    key = f"bin{next(numbers)}"
    row_id = create(org, "Account", Name="先", Awase_Key__c=key)
    assert org.send("DELETE", row_path("Account", row_id)).status == 204
    org.control("settings", {"unique_in_recycle_bin": True})
    try:
        refused = org.send("POST", row_path("Account"), {"Name": "後", "Awase_Key__c": key})
        assert (refused.code, row_id[:15] in refused.document[0]["message"]) == ("DUPLICATE_VALUE", True)
    finally:
        org.control("settings", {"unique_in_recycle_bin": False})
    other = create(org, "Account", Name="後", Awase_Key__c=key)
    back = org.control_reply("restore", {"object": "Account", "id": row_id})
    assert (back.status, other[:15] in back.document["error"]) == (400, True)


@pytest.mark.parametrize(
    ("action", "plain", "allowed"), [("block", 400, 400), ("alert", 400, 201), ("allow", 201, 201)]
)
def test_a_duplicate_rule_blocks_alerts_or_lets_pass(
    org: PracticeProcess, action: str, plain: int, allowed: int
) -> None:
    site = f"https://{action}.example.jp"
    create(org, "Account", Name="一", Website=site)
    with rule(org, "Account", duplicate=action, field="Website"):
        double = {"Name": "二", "Website": site}
        assert org.send("POST", row_path("Account"), double).status == plain
        header = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
        reply = org.send("POST", row_path("Account"), double, headers=header)
        assert reply.status == allowed
        if allowed == 400:
            assert reply.document[0]["duplicateResut"]["allowSave"] is False
        third = outcomes(org.send("POST", MANY, many("Account", double)))
        assert third == (["ok"] if plain == 201 else ["DUPLICATES_DETECTED"])


def test_a_duplicate_rule_can_look_at_another_object(org: PracticeProcess) -> None:
    address = f"twin{next(numbers)}@example.jp"
    contact = create(org, "Contact", LastName="双", Email=address)
    with rule(org, "Lead", duplicate="block", against="Contact"):
        reply = org.send("POST", row_path("Lead"), {**LEAD, "Email": address})
    (match,) = reply.document[0]["duplicateResut"]["matchResults"]
    assert (match["entityType"], match["matchRecords"][0]["record"]["Id"]) == ("Contact", contact)


def test_a_lock_can_pass_after_some_tries(org: PracticeProcess) -> None:
    row_id = create(org, "Account", Name="錠")
    org.control("settings", {"locked_rows": {row_id: 2}})
    statuses = [change(org, "Account", row_id, Phone="1").status for _ in range(3)]
    assert statuses == [400, 400, 204]


# --- Automation


def test_the_platform_can_refuse_with_any_code(org: PracticeProcess) -> None:
    text = "This record is locked. If you need to edit it, contact your admin."
    when = {"equals": ["Name", "承認中"]}
    with rule(org, "Opportunity", message=text, when=when, **{"as": "ENTITY_IS_LOCKED"}):
        refused = org.send("POST", row_path("Opportunity"), {**DEAL, "Name": "承認中"})
        assert error(refused) == (400, "ENTITY_IS_LOCKED", text)
        assert org.send("POST", row_path("Opportunity"), DEAL).status == 201


def test_a_failing_flow_and_a_throwing_trigger_carry_what_failed_inside(org: PracticeProcess) -> None:
    inner = {"code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "電話が必要です", "fields": ["Phone"]}
    never = {"blank": "Description"}
    with rule(org, "Opportunity", message="An error occurred.", when=never, nested=inner, **{"as": "flow"}):
        status, code, text = error(org.send("POST", row_path("Opportunity"), DEAL))
    assert (status, code) == (400, "CANNOT_EXECUTE_FLOW_TRIGGER")
    assert "“Rule” process failed" in text
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION: 電話が必要です" in text
    with rule(
        org,
        "Opportunity",
        message="System.DmlException: failed",
        when=never,
        nested=inner,
        **{"as": "trigger"},
    ):
        _, code, text = error(org.send("POST", row_path("Opportunity"), DEAL))
    assert code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert "first error: FIELD_CUSTOM_VALIDATION_EXCEPTION, 電話が必要です: [Phone]" in text


def test_an_assignment_rule_moves_the_owner_unless_the_call_says_no(org: PracticeProcess) -> None:
    queue = load(org, "Group", Name="割当")
    with rule(org, "Lead", assign=queue, when={"equals": ["LeadSource", "Web"]}):
        moved = create(org, "Lead", **LEAD, LeadSource="Web")
        other = create(org, "Lead", **LEAD)
        header = {"Sforce-Auto-Assign": "FALSE"}
        kept = org.send("POST", row_path("Lead"), {**LEAD, "LeadSource": "Web"}, headers=header).document[
            "id"
        ]
        owners = [one(org, "Lead", each, "OwnerId")["OwnerId"] == queue for each in (moved, other, kept)]
        assert owners == [True, False, False]
        assert org.send("PATCH", row_path("Lead", kept), {"City": "津"}, headers=header).status == 204
        assert one(org, "Lead", kept, "OwnerId")["OwnerId"] != queue
        assert change(org, "Lead", kept, City="堺").status == 204
        assert one(org, "Lead", kept, "OwnerId")["OwnerId"] == queue


# --- Record types and places


def test_a_record_type_limits_picklists_and_may_not_be_the_users(org: PracticeProcess) -> None:
    for more in (
        {"name": "Renewal", "values": {"StageName": ["見積", "受注"]}},
        {"name": "Foreign", "available": False},
    ):
        org.control("schema", {"object": "Opportunity", "add_record_type": more})
    infos = {
        each["developerName"]: each["recordTypeId"]
        for each in described(org, "Opportunity")["recordTypeInfos"]
    }
    path = row_path("Opportunity")
    wrong = org.send("POST", path, {**DEAL, "RecordTypeId": infos["Renewal"]})
    assert (wrong.code, wrong.document[0]["fields"]) == (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ["StageName"],
    )
    allowed = org.send(
        "GET", f"{DATA}/ui-api/object-info/Opportunity/picklist-values/{infos['Renewal']}"
    ).document["picklistFieldValues"]
    assert [each["value"] for each in allowed["StageName"]["values"]] == ["見積", "受注"]
    assert len(allowed["Type"]["values"]) == len(
        described(org, "Opportunity")["fields"]["Type"]["picklistValues"]
    )
    right = org.send("POST", path, {**DEAL, "StageName": "見積", "RecordTypeId": infos["Renewal"]})
    assert right.status == 201
    assert change(org, "Opportunity", right.document["id"], StageName="交渉").status == 400
    refused = org.send("POST", path, {**DEAL, "RecordTypeId": infos["Foreign"]})
    assert error(refused)[1:] == (
        "INVALID_CROSS_REFERENCE_KEY",
        f"Record Type ID: this ID value isn't valid for the user: {infos['Foreign']}",
    )
    org.control(
        "schema",
        {"object": "Opportunity", "change_record_type": {"developer_name": "Foreign", "available": True}},
    )
    assert org.send("POST", path, {**DEAL, "RecordTypeId": infos["Foreign"]}).status == 201


def test_states_and_countries_are_checked_when_their_picklists_are_on(org: PracticeProcess) -> None:
    assert "BillingStateCode" not in described(org, "Account")["fields"]
    org.control("settings", {"state_country": True})
    try:
        assert described(org, "Account")["fields"]["BillingCountryCode"]["type"] == "picklist"
        for values, words in (
            ({"BillingCountry": "日本"}, "There's a problem with this country"),
            ({"BillingCountry": "Japan", "BillingState": "Kanto"}, "There's a problem with this state"),
            ({"BillingState": "Tokyo"}, "A country/territory must be specified before"),
            (
                {"BillingCountry": "Japan", "BillingState": "Texas"},
                "The existing country/territory doesn't recognize",
            ),
            (
                {"BillingCountryCode": "US", "BillingStateCode": "13"},
                "The BillingStateCode field contains 13, which",
            ),
        ):
            _, code, text = error(org.send("POST", row_path("Account"), {"Name": "地", **values}))
            assert code == "FIELD_INTEGRITY_EXCEPTION"
            assert text.startswith(words)
        fields = "BillingState, BillingStateCode, BillingCountry, BillingCountryCode"
        row_id = create(org, "Account", Name="地", BillingCountry="Japan", BillingState="Tokyo")
        assert list(one(org, "Account", row_id, fields).values()) == ["Tokyo", "13", "Japan", "JP"]
        assert change(org, "Account", row_id, BillingStateCode="27").status == 204
        assert one(org, "Account", row_id, "BillingState") == {"BillingState": "Osaka"}
        assert (
            change(org, "Account", row_id, BillingCountry="United States").code == "FIELD_INTEGRITY_EXCEPTION"
        )
    finally:
        org.control("settings", {"state_country": False})
    assert create(org, "Account", Name="地", BillingCountry="日本")


# --- Person accounts


def test_person_accounts_are_written_by_their_account_only() -> None:
    with practice("salesforce", "persons") as org:
        unbound(org)
        org.control("settings", {"person_accounts": True})
        assert described(org, "Lead")["fields"]["Company"]["nillable"] is True
        infos = described(org, "Account")["recordTypeInfos"]
        person = next(each["recordTypeId"] for each in infos if each["developerName"] == "PersonAccount")
        named = org.send("POST", row_path("Account"), {"Name": "岸", "RecordTypeId": person})
        assert (named.code, named.document[0]["fields"]) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"])
        company = org.send("POST", row_path("Account"), {"Name": "岸社", "LastName": "岸"})
        assert company.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
        row_id = create(
            org, "Account", LastName="岸", FirstName="花", PersonEmail="kishi@example.jp", RecordTypeId=person
        )
        shown = one(org, "Account", row_id, "Name, IsPersonAccount, PersonContactId")
        contact = shown["PersonContactId"]
        assert (shown["Name"], shown["IsPersonAccount"]) == ("岸 花", True)
        assert one(org, "Contact", contact, "Email, AccountId") == {
            "Email": "kishi@example.jp",
            "AccountId": row_id,
        }
        assert change(org, "Contact", contact, Title="長").code == "INVALID_PERSON_ACCOUNT_OPERATION"
        assert change(org, "Account", row_id, PersonTitle="長").status == 204
        assert one(org, "Contact", contact, "Title") == {"Title": "長"}
        lead = create(org, "Lead", LastName="浜")
        made = org.control("convert", {"lead": lead})
        assert one(org, "Account", made["account"], "Name, PersonContactId") == {
            "Name": "浜",
            "PersonContactId": made["contact"],
        }
