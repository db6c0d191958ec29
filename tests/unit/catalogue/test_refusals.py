"""Vendors' refusals find their error types: neighbours are told apart by code and fields first, then by words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.catalogue import Diagnosis, diagnose, diagnosis, entries, entry
from awase.catalogue.entries import UNKNOWN
from awase.catalogue.refusals import _known_codes, _rules
from awase.connectors.hubspot.faults import Refusal, vendor_error
from awase.connectors.salesforce.codes import CODES
from awase.connectors.salesforce.faults import error_from
from awase.core.operations import VendorError

Case = tuple[str, str, tuple[str, ...], str]
"""The vendor's code, its words, the fields it names, and the error type."""

APEX = "LeadTrigger: execution of BeforeInsert\n\ncaused by: "
DML = APEX + "System.DmlException: Insert failed. First exception on row 0; first error: "
FLOW = "We can't save this record because the “担当者の割当” process failed. Give your Salesforce admin these details. "
ACCOUNT, CONTACT, USER, QUEUE = (
    "0015g00000AbCdE",
    "0035g00000AbCdEAA0",
    "0055g00000AbCdE",
    "00G5g00000AbCdE",
)

SALESFORCE: list[Case] = [
    # custom code: trigger, missing contact id, validation rule, flow
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        APEX + "System.NullPointerException: Attempt to de-reference a null object\n\nTrigger.LeadTrigger: line 4, column 1",
        (),
        "automation",
    ),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", APEX + "営業時間外です", (), "automation"),
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "npsp.TDTM_Contact: execution of AfterUpdate",
        (),
        "automation",
    ),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "LeadTrigger: BeforeUpdate の実行 原因: ...", (), "automation"),
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "LeadTrigger: System.LimitException: Apex CPU time limit exceeded",
        (),
        "automation",
    ),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "", (), "automation"),
    (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        DML + "FIELD_CUSTOM_VALIDATION_EXCEPTION, 部署名が必要です: [Department]",
        ("Department",),
        "automation",
    ),
    (
        "REQUIRED_FIELD_MISSING",
        DML + "REQUIRED_FIELD_MISSING, Required fields are missing: [Name]: [Name]",
        ("Name",),
        "automation",
    ),
    (
        "UNABLE_TO_LOCK_ROW",
        DML + "UNABLE_TO_LOCK_ROW, unable to obtain exclusive access to this record: []",
        (),
        "automation",
    ),
    (
        "DUPLICATES_DETECTED",
        DML + "DUPLICATES_DETECTED, Use one of these records?: []",
        (),
        "automation",
    ),
    (
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        DML + "CANNOT_EXECUTE_FLOW_TRIGGER, We can't save this record because the “内側” process failed.: []",
        (),
        "automation",
    ),
    (
        "CUSTOM_APEX_ERROR",
        "Class.LeadHandler.assign: line 12, column 1",
        (),
        "automation",
    ),
    (
        "APEX_ERROR",
        "System.QueryException: List has no rows for assignment to SObject\n\n(System Code)",
        (),
        "automation",
    ),
    (
        "UNKNOWN_EXCEPTION",
        "Trigger.AccountTrigger: line 9, column 3",
        (),
        "automation",
    ),
    ("MIXED_DML_OPERATION", "DML operation on setup object is not permitted", (), "automation"),
    ("SELF_REFERENCE_FROM_TRIGGER", "Object is currently in trigger LeadTrigger", (), "automation"),
    (
        "REQUIRED_FIELD_MISSING",
        DML + "REQUIRED_FIELD_MISSING, Required fields are missing: [ContactId]: [ContactId]",
        ("ContactId",),
        "contact_id_missing",
    ),
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        APEX + "HandlerException: Contact ID is required",
        (),
        "contact_id_missing",
    ),
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        APEX + "取引先責任者IDがありません",
        (),
        "contact_id_missing",
    ),
    (
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        FLOW + "REQUIRED_FIELD_MISSING: Required fields are missing: [ContactId]",
        (),
        "contact_id_missing",
    ),
    (
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [ContactId]",
        ("ContactId",),
        "contact_id_missing",
    ),
    ("REQUIRED_FIELD_MISSING", "値を入力してください: [WhoId]", (), "contact_id_missing"),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "電話番号は半角で入力してください", ("Phone",), "validation_rule"),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "", (), "validation_rule"),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "都道府県を選択リストから選んでください", (), "validation_rule"),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Owner must not be a queue", (), "validation_rule"),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Contact ID is required", ("ContactId",), "validation_rule"),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "このフローでは使えません", (), "validation_rule"),
    ("CANNOT_EXECUTE_FLOW_TRIGGER", FLOW, (), "flow"),
    (
        "REQUIRED_FIELD_MISSING",
        FLOW + "CANNOT_EXECUTE_FLOW_TRIGGER: REQUIRED_FIELD_MISSING: Required fields are missing: [Company]",
        ("Company",),
        "flow",
    ),
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        FLOW + "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: AccountTrigger: execution of BeforeUpdate caused by: x",
        (),
        "flow",
    ),
    (
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "「担当者の割当」プロセスが失敗したため、このレコードを保存できません。",
        (),
        "flow",
    ),
    (
        "INVALID_CROSS_REFERENCE_KEY",
        "“所有者の設定” プロセスが失敗したため、このレコードを保存できません。",
        ("OwnerId",),
        "flow",
    ),
    ("UNKNOWN_EXCEPTION", "An unhandled fault has occurred in this flow", (), "flow"),
    ("PROCESSING_HALTED", "このフローで未対応の障害が発生しました", (), "flow"),
    (
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "A flow trigger failed to execute the flow with version ID 3015g000000AbCd.",
        (),
        "flow",
    ),
    ("FLOW_EXCEPTION", "", (), "flow"),
    ("MAX_DEPTH_IN_FLOW_EXECUTION", "too deep", (), "flow"),
    (
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "Value does not exist or does not match filter criteria.",
        ("AccountId",),
        "lookup_filter",
    ),
    ("ENTITY_IS_LOCKED", "This record is locked.", (), "approval"),
    ("ALREADY_IN_PROCESS", "", (), "approval"),
    # duplicates
    ("DUPLICATES_DETECTED", "Use one of these records?", (), "duplicate_rule"),
    ("DUPLICATES_DETECTED", "これらのレコードの 1 つを使用しますか?", (), "duplicate_rule"),
    (
        "DUPLICATE_VALUE",
        f"duplicate value found: Employee_Code__c duplicates value on record with id: {ACCOUNT}",
        (),
        "duplicate_value",
    ),
    ("DUPLICATE_VALUE", "duplicate value found: <unknown> duplicates value on record with id: <unknown>", (), "duplicate_value"),
    ("DUPLICATE_VALUE", "duplicate value found: Email__c", ("Email__c",), "duplicate_value"),
    ("DUPLICATE_EXTERNAL_ID", f"Key__c: more than one record found for external id field: [{ACCOUNT}]", (), "duplicate_value"),
    # the three kinds of permission
    ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ("AccountId",), "missing_reference"),
    ("INVALID_CROSS_REFERENCE_KEY", "無効な相互参照 ID", (), "missing_reference"),
    (
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        f"insufficient access rights on cross-reference id: {ACCOUNT}",
        (),
        "missing_reference",
    ),
    ("INSUFFICIENT_ACCESS_OR_READONLY", "クロス参照 ID に対する権限が不十分です", (), "missing_reference"),
    ("INVALID_FIELD", "Foreign key external ID: a-1 not found for field Key__c in entity Account", (), "missing_reference"),
    (
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "Unable to create/update fields: LeadSource. Please check the security settings of this field and verify that it "
        "is read/write for your profile or permission set.",
        ("LeadSource",),
        "field_permission",
    ),
    ("INVALID_FIELD_FOR_INSERT_UPDATE", "項目を作成/更新できません: LeadSource。", ("LeadSource",), "field_permission"),
    ("INVALID_FIELD", "No such column 'Rank__c' on sobject of type Lead", (), "field_permission"),
    ("FIELD_NOT_UPDATABLE", "", (), "field_permission"),
    ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", (), "insufficient_access"),
    ("INSUFFICIENT_ACCESS_OR_READONLY", "オブジェクト ID に対する権限が不十分です", (), "insufficient_access"),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: Lead", (), "insufficient_access"),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "エンティティ種別は挿入できません: リード", (), "insufficient_access"),
    ("TXN_SECURITY_NO_ACCESS", "The operation you requested isn't allowed", (), "insufficient_access"),
    ("API_CURRENTLY_DISABLED", "API is disabled for this User", (), "insufficient_access"),
    ("ENTITY_IS_DELETED", "entity is deleted", (), "record_gone"),
    (
        "INVALID_CROSS_REFERENCE_KEY",
        "Record Type ID: this ID value isn't valid for the user: 0125g000000AbCd",
        (),
        "record_type",
    ),
    ("INVALID_CROSS_REFERENCE_KEY", "レコードタイプ ID: この ID 値は、ユーザに無効です", (), "record_type"),
    ("UNAVAILABLE_RECORDTYPE_EXCEPTION", "Unable to find default record type", (), "record_type"),
    # picklists
    (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Industry: bad value for restricted picklist field: 宇宙業",
        ("Industry",),
        "restricted_picklist_value",
    ),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "業種: 制限つき選択リスト項目の値が不適切です: 宇宙業", (), "restricted_picklist_value"),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "", ("Industry",), "restricted_picklist_value"),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "The picklist value 宇宙業 does not exist", ("Industry",), "picklist_option_missing"),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "選択リストに宇宙業は存在しません", (), "picklist_option_missing"),
    ("INVALID_STATUS", "invalid status value", (), "picklist_option_missing"),
    (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "This value is not available for the record type of the record",
        ("Industry",),
        "picklist_record_type",
    ),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Stage: bad value for restricted picklist field: 検討", ("StageName",), "invalid_deal_stage"),
    ("TOO_MANY_ENUM_VALUE", "too many values", (), "too_many_options"),
    ("PICKLIST_INACTIVE_VALUES_EXCEEDED", "", (), "too_many_options"),
    ("UNAVAILABLE_RECORDTYPE_EXCEPTION", "No default sales process for this record type", (), "no_default_sales_process"),
    # state and country
    (
        "FIELD_INTEGRITY_EXCEPTION",
        "There's a problem with this country, even though it may appear correct. Please select a country/territory from "
        "the list of valid countries.: Mailing Country",
        ("MailingCountry",),
        "state_country",
    ),
    (
        "FIELD_INTEGRITY_EXCEPTION",
        "There's a problem with this state, even though it may appear correct. Please select a state from the list.",
        ("MailingState",),
        "state_country",
    ),
    (
        "FIELD_INTEGRITY_EXCEPTION",
        "The existing country/territory doesn't recognize the state value for field: Mailing State",
        (),
        "state_country",
    ),
    (
        "FIELD_INTEGRITY_EXCEPTION",
        "The MailingStateCode field contains 99, which isn't an available state. Your administrator can add it for you.",
        (),
        "state_country",
    ),
    ("FIELD_INTEGRITY_EXCEPTION", "この国には問題があります。有効な国のリストから国/テリトリーを選択してください", (), "state_country"),
    ("FIELD_INTEGRITY_EXCEPTION", "?", ("BillingStateCode",), "state_country"),
    ("FIELD_INTEGRITY_EXCEPTION", "?", ("State",), "state_country"),
    (
        "FIELD_INTEGRITY_EXCEPTION",
        "A country/territory must be specified before specifying a state value for field: State/Province",
        ("State",),
        "country_required",
    ),
    ("FIELD_INTEGRITY_EXCEPTION", "都道府県の値を指定する前に、国を指定する必要があります", (), "country_required"),
    ("REQUIRED_FIELD_MISSING", "Required fields are missing: [MailingCountryCode]", ("MailingCountryCode",), "country_required"),
    ("REQUIRED_FIELD_MISSING", "値を入力してください: [Country]", (), "country_required"),
    ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Company, Country]", ("Company", "Country"), "required_value_missing"),
    ("FIELD_INTEGRITY_EXCEPTION", "Every asset needs an account, a contact, or both.", ("Real_Estate__c",), "invalid_value"),
    # owners and assignees
    (
        "INACTIVE_OWNER_OR_USER",
        f"operation performed with inactive user [{USER}] as owner of lead",
        (),
        "invalid_owner",
    ),
    ("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", (), "invalid_owner"),
    ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ("OwnerId",), "invalid_owner"),
    ("OP_WITH_INVALID_USER_TYPE_EXCEPTION", "Operation not valid for this user type", (), "invalid_owner"),
    ("MALFORMED_ID", f"Owner ID: id value of incorrect type: {QUEUE}", ("OwnerId",), "invalid_owner"),
    ("UNKNOWN_EXCEPTION", "portal users cannot own partner accounts", (), "invalid_owner"),
    ("FIELD_INTEGRITY_EXCEPTION", f"Assigned To ID: id value of incorrect type: {QUEUE}", ("OwnerId",), "task_assignment"),
    ("MALFORMED_ID", f"任命先 ID: ID 値の型が正しくありません: {QUEUE}", ("OwnerId",), "task_assignment"),
    ("OP_WITH_INVALID_USER_TYPE_EXCEPTION", "A queue cannot be the assignee of this task", ("OwnerId",), "task_assignment"),
    ("INVALID_CROSS_REFERENCE_KEY", "キューを割り当てることはできません", ("OwnerId",), "task_assignment"),
    # ids
    ("MALFORMED_ID", "Account ID: id value of incorrect type: 株式会社西海", ("AccountId",), "salesforce_id_missing"),
    ("MALFORMED_ID", "Account ID: id value of incorrect type: KabushikiGaisha", ("AccountId",), "salesforce_id_missing"),
    ("MALFORMED_ID", "malformed id Acme", (), "salesforce_id_missing"),
    ("MALFORMED_ID", "取引先 ID: ID 値の型が正しくありません: 西海", (), "salesforce_id_missing"),
    ("MISSING_ARGUMENT", "Id not specified in an update call", (), "salesforce_id_missing"),
    ("MALFORMED_ID", f"Account ID: id value of incorrect type: {CONTACT}", ("AccountId",), "invalid_id"),
    ("FIELD_INTEGRITY_EXCEPTION", f"Account ID: id value of incorrect type: {CONTACT}", ("AccountId",), "invalid_id"),
    ("MALFORMED_ID", "", (), "invalid_id"),
    ("INVALID_ID_FIELD", "", (), "invalid_id"),
    ("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ("Id",), "invalid_id"),
    # types and values
    ("INVALID_TYPE_ON_FIELD_IN_RECORD", "Employees: value not of required type: 多い", (), "wrong_type"),
    (
        "JSON_PARSER_ERROR",
        "Cannot deserialize instance of date from VALUE_STRING value 来週 or request may be missing a required field at [line:1]",
        (),
        "wrong_type",
    ),
    (
        "INVALID_FIELD",
        "Failed to deserialize field at col 3. Due to, '来週' is not a valid value for the type xsd:date",
        ("Birthdate",),
        "wrong_type",
    ),
    ("STRING_TOO_LONG", "Company: data value too large: 株式会社: (長い) (max length=40)", ("Company",), "string_too_long"),
    ("STRING_TOO_LONG", "会社名: データ値が大きすぎます: 長い (最大長=40)", (), "string_too_long"),
    ("MAX_TASK_DESCRIPTION_EXCEEEDED", "", (), "string_too_long"),
    ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: a@@b", ("Email",), "invalid_email"),
    ("INVALID_EMAIL_ADDRESS", "メール: 無効なメールアドレス: a@@b", (), "invalid_email"),
    ("NUMBER_OUTSIDE_VALID_RANGE", "Annual Revenue: value outside of valid range on numeric field: 1e30", (), "number_out_of_range"),
    ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Company, LastName]", ("Company", "LastName"), "required_value_missing"),
    ("REQUIRED_FIELD_MISSING", "値を入力してください: [LastName]", (), "required_value_missing"),
    ("INVALID_CURRENCY_ISO", "invalid currency code", (), "invalid_value"),
    # what passes by itself, and what does not
    ("UNABLE_TO_LOCK_ROW", f"unable to obtain exclusive access to this record or 1 records: {ACCOUNT}", (), "locked"),
    ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", (), "limit"),
    ("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", (), "no_room"),
    ("PROCESSING_HALTED", "The transaction was rolled back since another operation failed.", (), "rolled_back"),
    ("SERVER_UNAVAILABLE", "server too busy", (), "vendor_unavailable"),
    ("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", (), "converted_lead"),
    ("UNREADABLE_ANSWER", "an answer of status 502 that cannot be understood", (), "unanswered"),
    ("HTTP_502", "<!DOCTYPE html><html><body>Bad Gateway</body></html>", (), "unanswered"),
    ("UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId", (), "other"),
    ("BRAND_NEW_CODE", "新しい何か", (), "other"),
    ("BRAND_NEW_CODE", "", (), "other"),
    ("", "", (), "other"),
]  # fmt: skip

HUBSPOT: list[Case] = [
    ("ASSOCIATION_LIMIT_EXCEEDED", "", (), "association_limit"),
    ("VALIDATION_ERROR", "This record has reached the limit of 10000 associations", (), "association_limit"),
    ("LIMIT_EXCEEDED", "Associations between these records exceed the maximum", (), "association_limit"),
    ("CONFLICT", "Contact already exists. Existing ID: 151", (), "email_in_use"),
    ("CONFLICT", "Contact already exists. Existing ID: 151", ("email",), "email_in_use"),
    ("CONFLICTING_UNIQUE_VALUE", "151 already has that value", ("email",), "email_in_use"),
    ("DUPLICATE_UNIQUE_PROPERTY_VALUE", "", ("hs_additional_emails",), "email_in_use"),
    ("CONFLICTING_UNIQUE_VALUE", "151 already has that value", ("member_no",), "duplicate_value"),
    ("CONFLICT", "Contact already exists. Existing ID: 151", ("member_no",), "duplicate_value"),
    ("OBJECT_ALREADY_EXISTS", "", (), "duplicate_value"),
    ("MISSING_SCOPES", "This app hasn't been granted all required scopes", (), "insufficient_access"),
    ("USER_DOES_NOT_HAVE_PERMISSIONS", "", (), "insufficient_access"),
    ("READ_ONLY_VALUE", "createdate is a read only property", ("createdate",), "field_permission"),
    ("VALIDATION_ERROR", "Property is read-only", (), "field_permission"),
    ("PROPERTY_DOESNT_EXIST", 'Property "rank" does not exist', ("rank",), "field_gone"),
    ("VALIDATION_ERROR", 'Property "rank" does not exist', (), "field_gone"),
    ("INVALID_OPTION", "宇宙業 was not one of the allowed options: [製造業, 農業]", ("industry",), "option_mismatch"),
    ("INVALID_ENUMERATION_OPTION", "", ("industry",), "option_mismatch"),
    ("VALIDATION_ERROR", "宇宙業 was not one of the allowed options: [製造業]", (), "option_mismatch"),
    ("INVALID_OPTION", "maybe was not one of the allowed options: [true, false]", ("vip",), "invalid_value"),
    ("INVALID_OPTION", "検討 was not one of the allowed options: [a, b]", ("dealstage",), "deal_stage_missing"),
    ("MISSING_REQUIRED_PROPERTY", "dealstage is required", ("dealstage",), "deal_stage_missing"),
    ("VALIDATION_ERROR", "Stage 検討 does not exist in pipeline default", (), "deal_stage_missing"),
    ("VALIDATION_ERROR", "Invalid deal stage", (), "invalid_deal_stage"),
    ("INVALID_DEAL_STAGE", "", (), "invalid_deal_stage"),
    ("INVALID_OPTION", "12 was not one of the allowed options: [default]", ("pipeline",), "no_default_sales_process"),
    ("MISSING_REQUIRED_PROPERTY", "", ("pipeline",), "no_default_sales_process"),
    ("COULD_NOT_FIND_OWNER", "", (), "owner_not_synced"),
    ("INVALID_INTEGER", "sato was not a valid integer (for owner ID).", ("hubspot_owner_id",), "owner_not_synced"),
    ("INVALID_OPTION", "77 was not one of the allowed options: []", ("hubspot_owner_id",), "owner_not_synced"),
    ("VALIDATION_ERROR", "The property exceeds the maximum number of options", (), "too_many_options"),
    ("VALIDATION_ERROR", "Too many options selected: limit is 100", (), "too_many_options"),
    ("TOO_MANY_OPTIONS", "", ("interests",), "too_many_options"),
    ("INVALID_OWNER_ID", "Owner 77 does not exist", ("hubspot_owner_id",), "owner_not_synced"),
    ("PROPERTY_VALUE_TOO_LONG", "", ("company",), "string_too_long"),
    ("VALIDATION_ERROR", "The value exceeds 65536 characters", ("notes",), "string_too_long"),
    ("VALIDATION_ERROR", "Value is too long", ("company",), "string_too_long"),
    ("INVALID_EMAIL", "Email address a@@b is invalid", ("email",), "invalid_email"),
    ("VALIDATION_ERROR", "Email address a@@b is invalid", ("email",), "invalid_email"),
    ("MISSING_REQUIRED_PROPERTY", "Some required properties were not set.", ("lastname",), "required_value_missing"),
    ("MISSING_CONDITIONAL_REQUIRED_PROPERTY", "", ("reason",), "required_value_missing"),
    ("VALIDATION_ERROR", "Error creating CONTACT. Some required properties were not set.", (), "required_value_missing"),
    ("MISSING_REQUIRED_PROPERTY", "", ("country",), "country_required"),
    ("INVALID_LONG", "多い was not a valid long.", ("numemployees",), "invalid_value"),
    ("INVALID_DATE", "来週 was not a valid date.", ("birthday",), "invalid_value"),
    ("VALIDATION_ERROR", "", (), "invalid_value"),
    ("OBJECT_NOT_FOUND", "resource not found", (), "record_gone"),
    ("LOCKED", "locked", (), "locked"),
    ("RATE_LIMITS", "You have reached your daily limit.", (), "limit"),
    ("MIGRATION_IN_PROGRESS", "", (), "vendor_unavailable"),
    ("INVALID_AUTHENTICATION", "", (), "connection_trouble"),
    ("NO_ANSWER", "timed out", (), "unanswered"),
    ("HTTP_503", "", (), "vendor_unavailable"),
    ("SOMETHING_ELSE", "?", (), "other"),
]  # fmt: skip


def shown(case: Case) -> str:
    return f"{case[0]} {case[1][:40]} {','.join(case[2])}".replace("\n", " ")


@pytest.mark.parametrize("case", SALESFORCE + HUBSPOT, ids=shown)
def test_a_refusal_finds_its_type(case: Case) -> None:
    code, message, fields, expected = case
    assert diagnose(VendorError(code=code, message=message, fields=fields)) == expected


def test_every_type_that_a_vendor_can_answer_is_among_the_cases() -> None:
    ours = {
        "waiting_for_account",
        "cannot_convert",
        "several_matches",
        "linked_elsewhere",
        "counterpart_missing",
        "conflict",
    }
    ours |= {"moved_since_plan", "unanswered_create", "opt_out_not_writable", "opt_out_first", "no_address"}
    rare = {"date_out_of_range", "person_account"}
    assert len(SALESFORCE + HUBSPOT) >= 180
    assert set(entries()) - {case[3] for case in SALESFORCE + HUBSPOT} == ours | rare


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_salesforce_code_of_a_record_has_a_type(code: str) -> None:
    about_calls = {
        "INVALID_QUERY_LOCATOR",
        "MALFORMED_QUERY",
        "METHOD_NOT_ALLOWED",
        "INVALID_ASSIGNMENT_RULE",
    }
    found = diagnose(VendorError(code=code, message=""))
    assert (found == UNKNOWN) == (code in about_calls | {"UNKNOWN_EXCEPTION"})


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_connector_and_the_catalogue_agree_on_what_passes_by_itself(code: str) -> None:
    assert diagnosis(VendorError(code=code, message="")).transient == CODES[code].transient


def test_every_rule_belongs_to_a_type_and_looks_at_something() -> None:
    assert {rule.type for rule in _rules()} <= set(entries()) - {UNKNOWN}
    assert all(rule.codes or rule.messages or rule.raw for rule in _rules())


# --- what the words tell -----------------------------------------------------------------------------------------------


def test_a_trigger_is_named_and_so_is_what_failed_inside_it() -> None:
    found = diagnosis(
        VendorError(code="REQUIRED_FIELD_MISSING", message=DML + "REQUIRED_FIELD_MISSING, x: [Name]")
    )
    assert found == Diagnosis("automation", rule="LeadTrigger", inner_code="REQUIRED_FIELD_MISSING")


@pytest.mark.parametrize("code", ["UNABLE_TO_LOCK_ROW", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"])
def test_a_lock_inside_a_trigger_passes_by_itself(code: str) -> None:
    found = diagnosis(VendorError(code=code, message=DML + "UNABLE_TO_LOCK_ROW, unable to obtain: []"))
    assert (found.error_type, found.inner_code, found.transient) == ("automation", "UNABLE_TO_LOCK_ROW", True)


def test_a_flow_is_named_in_either_language() -> None:
    japanese = "「担当者の割当」プロセスが失敗したため、このレコードを保存できません。"
    for message in (FLOW, japanese):
        found = diagnosis(VendorError(code="CANNOT_EXECUTE_FLOW_TRIGGER", message=message))
        assert (found.error_type, found.rule, found.inner_code) == ("flow", "担当者の割当", None)


def test_a_wrapper_in_an_unknown_language_is_told_from_the_answer_as_it_came() -> None:
    for outer, expected in (("CANNOT_EXECUTE_FLOW_TRIGGER", "flow"), ("CUSTOM_APEX_ERROR", "automation")):
        message = "Ce processus a échoué. REQUIRED_FIELD_MISSING: champs manquants: [Company]"
        error = error_from({"statusCode": outer, "message": message, "fields": []})
        assert error is not None
        assert error.code == "REQUIRED_FIELD_MISSING"
        assert diagnose(error) == expected


def test_a_validation_rule_is_told_by_its_text() -> None:
    found = diagnosis(VendorError(code="FIELD_CUSTOM_VALIDATION_EXCEPTION", message=" 電話は半角で \n入力 "))
    assert found == Diagnosis("validation_rule", rule="電話は半角で \n入力")


def test_a_duplicate_rule_is_told_by_its_name_and_with_the_record_in_the_way() -> None:
    answer = {
        "errorCode": "DUPLICATES_DETECTED",
        "message": "Use one of these records?",
        "duplicateResut": {
            "duplicateRule": "Standard_Lead_Duplicate_Rule",
            "matchResults": [{"matchRecords": [{"record": {"Id": ACCOUNT}}]}],
        },
    }
    error = error_from(answer)
    assert error is not None
    expected = Diagnosis("duplicate_rule", rule="Standard_Lead_Duplicate_Rule", existing_id=ACCOUNT)
    assert diagnosis(error) == expected


@pytest.mark.parametrize(
    ("code", "message", "value"),
    [
        ("STRING_TOO_LONG", "Company: data value too large: 株式会社: (長い) (max length=40)", "株式会社: (長い)"),
        ("STRING_TOO_LONG", "会社名: データ値が大きすぎます: 長い\n名前 (最大長=40)", "長い\n名前"),
        ("STRING_TOO_LONG", "Firma: Datenwert zu groß: lang (maximale Länge=40)", "lang"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Industry: bad value for restricted picklist field: a: b", "a: b"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "業種: 制限つき選択リスト項目の値が不適切です: 宇宙業", "宇宙業"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Setor: valor inválido: Espaço", "Espaço"),
        ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: a@@b", "a@@b"),
        ("INVALID_EMAIL_ADDRESS", "メール: 無効なメールアドレス: a@@b", "a@@b"),
        ("NUMBER_OUTSIDE_VALID_RANGE", "Revenue: value outside of valid range on numeric field: 1e30", "1e30"),
        ("MALFORMED_ID", "Account ID: id value of incorrect type: 株式会社 西海", "株式会社 西海"),
        ("MALFORMED_ID", f"Account ID: id value of incorrect type: {CONTACT}", CONTACT),
        ("INACTIVE_OWNER_OR_USER", f"operation performed with inactive user [{USER}] as owner of lead", USER),
        ("FIELD_INTEGRITY_EXCEPTION", f"Assigned To ID: id value of incorrect type: {QUEUE}", QUEUE),
        ("INVALID_OPTION", "宇宙, 業 was not one of the allowed options: [a]", "宇宙, 業"),
        ("INVALID_EMAIL", "Email address a@@b is invalid", "a@@b"),
        ("INVALID_LONG", "多い was not a valid long.", "多い"),
        ("JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value 来週 or request may be", "来週"),
        ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Company]", None),
        ("STRING_TOO_LONG", "", None),
    ],
)  # fmt: skip
def test_the_offending_value_is_told_where_the_words_repeat_it(
    code: str, message: str, value: str | None
) -> None:
    assert diagnosis(VendorError(code=code, message=message)).value == value


@pytest.mark.parametrize(
    ("code", "message", "existing"),
    [
        ("DUPLICATE_VALUE", f"duplicate value found: Key__c duplicates value on record with id: {ACCOUNT}", ACCOUNT),
        ("DUPLICATE_VALUE", f"重複値が見つかりました: Key__c が ID のレコードの値と重複しています: {CONTACT}", CONTACT),
        ("DUPLICATE_VALUE", "duplicate value found: <unknown> duplicates value on record with id: <unknown>", None),
        ("CONFLICT", "Contact already exists. Existing ID: 151", "151"),
        ("CONFLICTING_UNIQUE_VALUE", "151 already has that value", "151"),
    ],
)  # fmt: skip
def test_the_record_in_the_way_is_told(code: str, message: str, existing: str | None) -> None:
    assert diagnosis(VendorError(code=code, message=message)).existing_id == existing


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (f"duplicate value found: Key__c duplicates value on record with id: {ACCOUNT}", "Key__c"),
        (f"重複値が見つかりました: Key__c が ID のレコードの値と重複しています: {CONTACT}", "Key__c"),
        ("duplicate value found: <unknown> duplicates value on record with id: <unknown>", None),
        ("Duplicate external id specified: A-1", None),
    ],
)
def test_the_unique_field_is_told_where_only_the_words_name_it(message: str, field: str | None) -> None:
    assert diagnosis(VendorError(code="DUPLICATE_VALUE", message=message)).field == field


def test_what_the_connector_found_is_kept() -> None:
    for code in ("CONFLICT", "UNHEARD_OF"):
        assert diagnosis(VendorError(code=code, message="", existing_id="7")).existing_id == "7"


def test_an_answer_read_by_the_connector_is_diagnosed_the_same() -> None:
    embedded = '[{"isValid":false,"message":"宇宙業 was not one of the allowed options: [製造業]","error":"INVALID_OPTION","name":"industry"}]'
    refusal = Refusal(message=f"Property values were not valid: {embedded}", category="VALIDATION_ERROR")
    assert diagnosis(vendor_error(refusal)) == Diagnosis("option_mismatch", value="宇宙業")


# --- any words -----------------------------------------------------------------------------------------------------------


@given(
    code=st.sampled_from([*sorted(_known_codes()), "UNHEARD_OF"]),
    message=st.text(),
    fields=st.lists(st.text(max_size=20), max_size=3),
)
def test_any_words_lead_to_a_type(code: str, message: str, fields: list[str]) -> None:
    found = diagnosis(VendorError(code=code, message=message, fields=tuple(fields)))
    assert found.error_type in entries()
    assert code == "UNHEARD_OF" or found.error_type != UNKNOWN or code == "UNKNOWN_EXCEPTION"
    assert found.transient == entry(found.error_type).passes_by_itself or found.inner_code


@pytest.mark.parametrize(
    "words", ["stage ", "options ", "a: ", "「", "contact id ", "associated ", "A_B_C, ", "A." * 2]
)
def test_long_words_are_read_in_little_time(words: str) -> None:
    message = words * (32_000 // len(words))
    began = time.process_time()
    for code in (
        "VALIDATION_ERROR",
        "STRING_TOO_LONG",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "CONFLICT",
        "?",
    ):
        diagnose(VendorError(code=code, message=message))
    assert time.process_time() - began < 5
