"""What a fresh practice org contains: a Japanese B2B sales org with the fields a marketing sync meets.

Names, types, lengths and required fields are the vendor's [confirmed where the fact reference says so, otherwise
from memory]; fields ending in ``__c`` are this org's own.
"""

from __future__ import annotations

from typing import Any

from .fields import Field, ObjectType

INDUSTRIES = (
    "製造業",
    "情報通信業",
    "卸売業",
    "小売業",
    "建設業",
    "金融業",
    "不動産業",
    "運輸業",
    "医療・福祉",
    "教育",
    "サービス業",
)
LEAD_SOURCES = ("Web", "展示会", "紹介", "広告", "セミナー", "その他")
INTERESTS = ("生産管理", "営業支援", "会計", "人事", "セキュリティ", "クラウド")
LEAD_STATUSES = ("新規", "対応中", "見込みあり", "見込みなし", "取引開始済み")


def _text(name: str, label: str, length: int, type: str = "string", **more: Any) -> Field:
    return Field(name, label, type, length=length, **more)


def _flag(name: str, label: str, **more: Any) -> Field:
    return Field(name, label, "boolean", defaulted=True, default=False, **more)


def _choice(name: str, label: str, values: tuple[str, ...], type: str = "picklist", **more: Any) -> Field:
    length = 255 if type == "picklist" else 4099
    return Field(name, label, type, length=length, values=values, restricted=True, **more)


def _kept(name: str, label: str, type: str, **more: Any) -> Field:
    return Field(name, label, type, createable=False, updateable=False, defaulted=True, **more)


def _lookup(name: str, label: str, to: str, relationship: str | None, **more: Any) -> Field:
    return Field(name, label, "reference", length=18, reference_to=(to,), relationship=relationship, **more)


_ID = _kept("Id", "ID", "id", length=18, id_lookup=True)
_SYSTEM = (
    _kept("IsDeleted", "削除", "boolean"),
    _kept("CreatedDate", "作成日", "datetime"),
    _kept(
        "CreatedById", "作成者 ID", "reference", length=18, reference_to=("User",), relationship="CreatedBy"
    ),
    _kept("LastModifiedDate", "最終更新日", "datetime"),
    _kept(
        "LastModifiedById",
        "最終更新者 ID",
        "reference",
        length=18,
        reference_to=("User",),
        relationship="LastModifiedBy",
    ),
    _kept("SystemModstamp", "System Modstamp", "datetime"),
)
_NAME = Field(
    "Name",
    "氏名",
    "string",
    length=121,
    createable=False,
    updateable=False,
    derived=True,
    name_field=True,
)
_OWNER = _lookup("OwnerId", "所有者 ID", "User", "Owner", defaulted=True, required=True)
_PERSON = (
    _text("LastName", "姓", 80, required=True, compound="Name"),
    _text("FirstName", "名", 40, compound="Name"),
)
_CUSTOM = (
    _text("Awase_Key__c", "Awase Key", 255, unique=True, external_id=True, id_lookup=True),
    _choice("Interests__c", "関心", INTERESTS, "multipicklist"),
    Field("Budget__c", "予算", "double", precision=10, scale=2),
    Field("Last_Visit__c", "最終来場日", "date"),
    _text("Employee_Code__c", "社員番号", 20, unique=True, id_lookup=True),
    _text("Memo__c", "メモ", 32_000, "textarea"),
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
        _ID,
        _SYSTEM[0],
        _lookup(
            "MasterRecordId", "マスタレコード ID", "Lead", "MasterRecord", createable=False, updateable=False
        ),
        *_PERSON,
        _NAME,
        _text("Title", "役職", 128),
        _text("Company", "会社名", 255, required=True),
        _text("Street", "町名・番地", 255, "textarea", compound="Address"),
        _text("City", "市区郡", 40, compound="Address"),
        _text("State", "都道府県", 80, compound="Address"),
        _text("PostalCode", "郵便番号", 20, compound="Address"),
        _text("Country", "国", 80, compound="Address"),
        _text("Phone", "電話", 40, "phone"),
        _text("MobilePhone", "携帯", 40, "phone"),
        _text("Email", "メール", 80, "email", id_lookup=True),
        _text("Website", "Web サイト", 255, "url"),
        _text("Description", "詳細", 32_000, "textarea"),
        _choice("LeadSource", "リードソース", LEAD_SOURCES),
        _choice(
            "Status",
            "リード状況",
            LEAD_STATUSES,
            required=True,
            defaulted=True,
            default=LEAD_STATUSES[0],
        ),
        _choice("Industry", "業種", INDUSTRIES),
        Field("AnnualRevenue", "年間売上", "currency", precision=18),
        Field("NumberOfEmployees", "従業員数", "int", digits=8),
        _OWNER,
        _flag("HasOptedOutOfEmail", "メール送信除外"),
        _flag("DoNotCall", "電話禁止"),
        _flag("IsConverted", "取引の開始済み", updateable=False),
        Field("ConvertedDate", "取引の開始日", "date", createable=False, updateable=False),
        _lookup(
            "ConvertedAccountId",
            "取引の開始先 取引先 ID",
            "Account",
            "ConvertedAccount",
            createable=False,
            updateable=False,
        ),
        _lookup(
            "ConvertedContactId",
            "取引の開始先 取引先責任者 ID",
            "Contact",
            "ConvertedContact",
            createable=False,
            updateable=False,
        ),
        *_SYSTEM[1:],
        *_CUSTOM,
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
        _ID,
        _SYSTEM[0],
        _lookup(
            "MasterRecordId",
            "マスタレコード ID",
            "Contact",
            "MasterRecord",
            createable=False,
            updateable=False,
        ),
        _lookup("AccountId", "取引先 ID", "Account", "Account"),
        *_PERSON,
        _NAME,
        _text("MailingStreet", "町名・番地(郵送先)", 255, "textarea", compound="MailingAddress"),
        _text("MailingCity", "市区郡(郵送先)", 40, compound="MailingAddress"),
        _text("MailingState", "都道府県(郵送先)", 80, compound="MailingAddress"),
        _text("MailingPostalCode", "郵便番号(郵送先)", 20, compound="MailingAddress"),
        _text("MailingCountry", "国(郵送先)", 80, compound="MailingAddress"),
        _text("Phone", "電話", 40, "phone"),
        _text("MobilePhone", "携帯", 40, "phone"),
        _text("Email", "メール", 80, "email", id_lookup=True),
        _text("Title", "役職", 128),
        _text("Department", "部署", 80),
        _text("Description", "説明", 32_000, "textarea"),
        _choice("LeadSource", "リードソース", LEAD_SOURCES),
        _OWNER,
        _flag("HasOptedOutOfEmail", "メール送信除外"),
        _flag("DoNotCall", "電話禁止"),
        *_SYSTEM[1:],
        _choice("Industry__c", "業種", INDUSTRIES),
        *_CUSTOM,
    ),
    tracked=frozenset(
        (*_TRACKED_OF_BOTH, "AccountId", "Department", "MailingCity", "MailingState", "Industry__c")
    ),
)

ACCOUNT = ObjectType(
    "Account",
    "取引先",
    "取引先",
    "001",
    (
        _ID,
        _SYSTEM[0],
        _text("Name", "取引先名", 255, required=True, name_field=True),
        _text("Phone", "電話", 40, "phone"),
        _text("Website", "Web サイト", 255, "url"),
        _choice("Industry", "業種", INDUSTRIES),
        Field("AnnualRevenue", "年間売上", "currency", precision=18),
        Field("NumberOfEmployees", "従業員数", "int", digits=8),
        _OWNER,
        *_SYSTEM[1:],
    ),
)

USER = ObjectType(
    "User",
    "ユーザ",
    "ユーザ",
    "005",
    (
        _ID,
        _text("Username", "ユーザ名", 80, required=True, id_lookup=True),
        _text("LastName", "姓", 80, required=True),
        _text("FirstName", "名", 40),
        _text("Name", "氏名", 121, name_field=True, createable=False, updateable=False),
        _text("Email", "メール", 128, "email", required=True),
        _flag("IsActive", "有効"),
        _text("TimeZoneSidKey", "タイムゾーン", 40, "picklist"),
        _text("LanguageLocaleKey", "言語", 40, "picklist"),
        *_SYSTEM[1:],
    ),
    createable=False,
    updateable=False,
    deletable=False,
)

ORGANIZATION = ObjectType(
    "Organization",
    "組織",
    "組織",
    "00D",
    (
        _ID,
        _text("Name", "名前", 80, required=True, name_field=True),
        _text("InstanceName", "インスタンス名", 5),
        _flag("IsSandbox", "Sandbox"),
        Field("TrialExpirationDate", "トライアル期限", "datetime"),
        _text("NamespacePrefix", "名前空間プレフィックス", 15),
        _text("OrganizationType", "組織エディション", 40, "picklist"),
        _text("LanguageLocaleKey", "言語", 40, "picklist"),
        _text("TimeZoneSidKey", "タイムゾーン", 40, "picklist"),
        *_SYSTEM[1:],
    ),
    createable=False,
    updateable=False,
    deletable=False,
)


def history_type(of: ObjectType) -> ObjectType:
    """The field-history object of an object: its Field picklist lists what is tracked."""
    parent = f"{of.name}Id"
    return ObjectType(
        f"{of.name}History",
        f"{of.label}履歴",
        f"{of.label}履歴",
        "017",
        (
            _ID,
            _SYSTEM[0],
            _lookup(parent, f"{of.label} ID", of.name, of.name, createable=False, updateable=False),
            *(each for each in _SYSTEM if each.name in {"CreatedById", "CreatedDate"}),
            Field(
                "Field",
                "変更された項目",
                "picklist",
                length=255,
                values=("created", *sorted(of.tracked)),
                createable=False,
                updateable=False,
            ),
            Field("OldValue", "変更前の値", "anyType", createable=False, updateable=False),
            Field("NewValue", "変更後の値", "anyType", createable=False, updateable=False),
        ),
        createable=False,
        updateable=False,
        deletable=False,
    )


STOCK = {each.name: each for each in (LEAD, CONTACT, ACCOUNT, USER, ORGANIZATION)} | {
    f"{each.name}History": history_type(each) for each in (LEAD, CONTACT)
}
