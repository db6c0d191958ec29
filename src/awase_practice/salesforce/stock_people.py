"""Leads and contacts as a fresh org has them."""

from __future__ import annotations

from .fields import Field, ObjectType
from .stock_fields import (
    CUSTOM,
    ID,
    INDUSTRIES,
    LEAD_OWNER,
    LEAD_SOURCES,
    LEAD_STATUSES,
    OWNER,
    PERSON,
    PERSON_NAME,
    SYSTEM,
    address,
    choice,
    flag,
    lookup,
    pointer,
    text,
)

_TRACKED_OF_BOTH = (
    "LastName",
    "FirstName",
    "Email",
    "Phone",
    "Title",
    "LeadSource",
    "OwnerId",
    "HasOptedOutOfEmail",
    "DoNotCall",
    "Interests__c",
    "Budget__c",
    "Last_Visit__c",
    "Employee_Code__c",
    "Memo__c",
)

LEAD = ObjectType(
    "Lead",
    "リード",
    "リード",
    "00Q",
    (
        ID,
        SYSTEM[0],
        pointer("MasterRecordId", "マスタレコード ID", "Lead", "MasterRecord"),
        *PERSON,
        PERSON_NAME,
        text("Title", "役職", 128),
        text("Company", "会社名", 255, required=True),
        *address("", "", "Address"),
        text("Phone", "電話", 40, "phone"),
        text("MobilePhone", "携帯", 40, "phone"),
        text("Email", "メール", 80, "email", id_lookup=True),
        text("Website", "Web サイト", 255, "url"),
        text("Description", "詳細", 32_000, "textarea"),
        choice("LeadSource", "リードソース", LEAD_SOURCES),
        choice(
            "Status",
            "リード状況",
            LEAD_STATUSES,
            required=True,
            defaulted=True,
            default=LEAD_STATUSES[0],
        ),
        choice("Industry", "業種", INDUSTRIES),
        Field("AnnualRevenue", "年間売上", "currency", precision=18),
        Field("NumberOfEmployees", "従業員数", "int", digits=8),
        LEAD_OWNER,
        flag("HasOptedOutOfEmail", "メール送信除外"),
        flag("DoNotCall", "電話禁止"),
        flag("IsConverted", "取引の開始済み", updateable=False),
        Field("ConvertedDate", "取引の開始日", "date", createable=False, updateable=False),
        pointer("ConvertedAccountId", "取引の開始先 取引先 ID", "Account", "ConvertedAccount"),
        pointer("ConvertedContactId", "取引の開始先 取引先責任者 ID", "Contact", "ConvertedContact"),
        pointer("ConvertedOpportunityId", "取引の開始先 商談 ID", "Opportunity", "ConvertedOpportunity"),
        *SYSTEM[1:],
        *CUSTOM,
    ),
    tracked=frozenset(
        (*_TRACKED_OF_BOTH, "Company", "City", "State", "Industry", "Status", "NumberOfEmployees")
    ),
)

CONTACT = ObjectType(
    "Contact",
    "取引先責任者",
    "取引先責任者",
    "003",
    (
        ID,
        SYSTEM[0],
        pointer("MasterRecordId", "マスタレコード ID", "Contact", "MasterRecord"),
        lookup("AccountId", "取引先 ID", "Account", "Account", children="Contacts", cascade=True),
        *PERSON,
        PERSON_NAME,
        *address("Mailing", "(郵送先)", "MailingAddress"),
        text("Phone", "電話", 40, "phone"),
        text("MobilePhone", "携帯", 40, "phone"),
        text("Email", "メール", 80, "email", id_lookup=True),
        text("Title", "役職", 128),
        text("Department", "部署", 80),
        text("Description", "説明", 32_000, "textarea"),
        choice("LeadSource", "リードソース", LEAD_SOURCES),
        OWNER,
        flag("HasOptedOutOfEmail", "メール送信除外"),
        flag("DoNotCall", "電話禁止"),
        *SYSTEM[1:],
        choice("Industry__c", "業種", INDUSTRIES),
        *CUSTOM,
    ),
    tracked=frozenset(
        (*_TRACKED_OF_BOTH, "AccountId", "Department", "MailingCity", "MailingState", "Industry__c")
    ),
)
