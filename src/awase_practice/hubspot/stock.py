"""What a new portal has: objects and their properties, built once and shared by all portals.

Beside HubSpot's own properties there are the custom ones of a Japanese B2B company, the same that its CRM has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from .properties import Property

STAGES: Final = {
    "subscriber": "登録読者",
    "lead": "リード",
    "marketingqualifiedlead": "MQL",
    "salesqualifiedlead": "SQL",
    "opportunity": "商談",
    "customer": "顧客",
    "evangelist": "エバンジェリスト",
    "other": "その他",
}
"""Lifecycle stages in their order: a contact only moves forward through them."""

INDUSTRIES: Final = (
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
    "製造",
)
"""The last one is a stray: a second spelling that someone added and nobody cleaned up."""

INTERESTS: Final = ("生産管理", "営業支援", "会計", "人事", "セキュリティ", "クラウド")
LEAD_SOURCES: Final = ("Web", "展示会", "紹介", "広告", "セミナー", "その他")
DEAL_TYPES: Final = {"newbusiness": "新規", "existingbusiness": "既存"}


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object the API knows. modified: the property that shows the last change. names: all that a path may say.

    group: of its own properties. one_of: at least one of these must a new record have; needed: all of these.
    """

    key: str
    plural: str
    type_id: str
    label: str
    modified: str
    names: frozenset[str]
    first_id: int
    searched: tuple[str, ...]
    shown: tuple[str, ...]
    group: str
    group_label: str
    one_of: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


CONTACT: Final = ObjectType(
    key="contact",
    plural="contacts",
    type_id="0-1",
    label="CONTACT",
    modified="lastmodifieddate",
    names=frozenset({"contact", "contacts", "0-1"}),
    first_id=171_591_000_000,
    searched=("firstname", "lastname", "email", "phone", "company", "hs_additional_emails"),
    shown=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    group="contactinformation",
    group_label="コンタクト情報",
    one_of=("email", "firstname", "lastname"),
)
COMPANY: Final = ObjectType(
    key="company",
    plural="companies",
    type_id="0-2",
    label="COMPANY",
    modified="hs_lastmodifieddate",
    names=frozenset({"company", "companies", "0-2"}),
    first_id=36_120_000_000,
    searched=("name", "domain", "phone"),
    shown=("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    group="companyinformation",
    group_label="会社情報",
    one_of=("name", "domain"),
)
DEAL: Final = ObjectType(
    key="deal",
    plural="deals",
    type_id="0-3",
    label="DEAL",
    modified="hs_lastmodifieddate",
    names=frozenset({"deal", "deals", "0-3"}),
    first_id=46_340_000_000,
    searched=("dealname", "pipeline", "dealstage", "description", "dealtype"),
    shown=(
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
    group="dealinformation",
    group_label="取引情報",
    needed=("dealname", "dealstage"),
)
OBJECTS: Final = (CONTACT, COMPANY, DEAL)
BY_NAME: Final[Mapping[str, ObjectType]] = {name: each for each in OBJECTS for name in each.names}


def _same(values: Iterable[str]) -> dict[str, str]:
    return {value: value for value in values}


def _choice(
    name: str, label: str, values: Mapping[str, str], field_type: str = "select", stock: bool = False
) -> Property:
    return Property(name, "enumeration", field_type, label, options=values, stock=stock)


def _text(name: str, label: str, field_type: str = "text") -> Property:
    return Property(name, "string", field_type, label)


def _custom(
    name: str, label: str, type: str = "string", field_type: str = "text", unique: bool = False
) -> Property:
    return Property(name, type, field_type, label, unique=unique, stock=False)


def _shown(name: str, label: str, type: str = "string", field_type: str = "text") -> Property:
    return Property(name, type, field_type, label, form_field=False, read_only=True)


def _owner() -> Property:
    return Property(
        "hubspot_owner_id", "enumeration", "select", "担当者", form_field=False, external_options=True
    )


def _system(modified: str) -> list[Property]:
    return [
        _shown("hs_object_id", "レコードID", "number", "number"),
        _shown("createdate", "作成日", "datetime", "date"),
        _shown(modified, "最終更新日", "datetime", "date"),
        _shown("hs_object_source", "レコードソース"),
        _shown("hs_object_source_id", "レコードソースID"),
        _shown("hs_merged_object_ids", "統合されたレコードID", "enumeration", "checkbox"),
    ]


AWASE_KEY: Final = _custom("awase_key", "Awase key", unique=True)
"""The unique property that makes creates safe to repeat; a setting takes it away."""


def _contact() -> list[Property]:
    return [
        *_system("lastmodifieddate"),
        _shown("hs_lastmodifieddate", "オブジェクト最終更新日", "datetime", "date"),
        _text("email", "Eメール"),
        _text("hs_additional_emails", "追加のEメール"),
        _text("firstname", "名"),
        _text("lastname", "姓"),
        _text("company", "会社名"),
        _text("jobtitle", "役職"),
        Property("phone", "string", "phonenumber", "電話番号"),
        _text("city", "市区町村"),
        _text("state", "都道府県"),
        _text("address", "番地"),
        _text("zip", "郵便番号"),
        _choice("lifecyclestage", "ライフサイクルステージ", STAGES, "radio", stock=True),
        _owner(),
        _shown("associatedcompanyid", "プライマリー会社ID", "number", "number"),
        Property("hs_email_optout", "bool", "booleancheckbox", "すべてのEメールの配信停止", read_only=True),
        _text("salesforceleadid", "Salesforce Lead ID"),
        _text("salesforcecontactid", "Salesforce Contact ID"),
        _text("salesforceaccountid", "Salesforce Account ID"),
        _choice("industry", "業種", _same(INDUSTRIES)),
        _custom("numberofemployees", "従業員数", "number", "number"),
        _custom("budget", "予算", "number", "number"),
        _custom("last_visit", "最終来訪日", "date", "date"),
        _choice("interests", "関心分野", _same(INTERESTS), "checkbox"),
        _choice("lead_source", "リードソース", _same(LEAD_SOURCES)),
        _custom("employee_code", "社員コード", unique=True),
        _custom("memo", "メモ", "string", "textarea"),
        AWASE_KEY,
    ]


def _company() -> list[Property]:
    return [
        *_system("hs_lastmodifieddate"),
        _text("name", "会社名"),
        _text("domain", "ドメイン"),
        _text("hs_additional_domains", "追加のドメイン"),
        _text("website", "ウェブサイトURL"),
        Property("phone", "string", "phonenumber", "電話番号"),
        _text("city", "市区町村"),
        _text("state", "都道府県"),
        _text("address", "番地"),
        _text("zip", "郵便番号"),
        _text("country", "国"),
        _text("description", "説明", "textarea"),
        _choice("industry", "業種", _same(INDUSTRIES)),
        Property("numberofemployees", "number", "number", "従業員数"),
        Property("annualrevenue", "number", "number", "年間売上"),
        _choice("lifecyclestage", "ライフサイクルステージ", STAGES, "radio", stock=True),
        _owner(),
        _text("salesforceaccountid", "Salesforce Account ID"),
        AWASE_KEY,
    ]


def _deal() -> list[Property]:
    """The options of pipeline and dealstage follow the portal's pipelines."""
    return [
        *_system("hs_lastmodifieddate"),
        _text("dealname", "取引名"),
        Property("amount", "number", "number", "金額"),
        Property("pipeline", "enumeration", "select", "パイプライン"),
        Property("dealstage", "enumeration", "radio", "取引ステージ"),
        Property("closedate", "datetime", "date", "クローズ日"),
        _choice("dealtype", "取引タイプ", DEAL_TYPES, "radio", stock=True),
        _text("description", "取引の説明", "textarea"),
        _owner(),
        _shown("hs_primary_associated_company", "プライマリー会社", "number", "number"),
        _shown("hs_deal_stage_probability", "取引確度", "number", "number"),
        _shown("hs_is_closed", "クローズ済み", "bool", "booleancheckbox"),
        _shown("hs_is_closed_won", "成約済み", "bool", "booleancheckbox"),
        AWASE_KEY,
    ]


def _grouped(kind: ObjectType, properties: Iterable[Property]) -> dict[str, Property]:
    return {each.name: replace(each, group=kind.group) for each in properties}


STOCK: Final[Mapping[str, Mapping[str, Property]]] = {
    "contact": _grouped(CONTACT, _contact()),
    "company": _grouped(COMPANY, _company()),
    "deal": _grouped(DEAL, _deal()),
}
