"""What a new portal has: objects and their properties, built once and shared by all portals.

Beside HubSpot's own properties there are the custom ones of a Japanese B2B company, the same that its CRM has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .defining import ObjectType, choice, custom, grouped, owner, same_labels, shown, system, text
from .further_stock import ACTIVITIES, TICKET, activity_properties, ticket_properties
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
OBJECTS: Final = (CONTACT, COMPANY, DEAL, TICKET, *ACTIVITIES)
BY_NAME: Final[Mapping[str, ObjectType]] = {name: each for each in OBJECTS for name in each.names}


AWASE_KEY: Final = custom("awase_key", "Awase key", unique=True)
"""The unique property that makes creates safe to repeat; a setting takes it away."""


def _contact() -> list[Property]:
    return [
        *system("lastmodifieddate"),
        shown("hs_lastmodifieddate", "オブジェクト最終更新日", "datetime", "date"),
        text("email", "Eメール"),
        text("hs_additional_emails", "追加のEメール"),
        text("firstname", "名"),
        text("lastname", "姓"),
        text("company", "会社名"),
        text("jobtitle", "役職"),
        Property("phone", "string", "phonenumber", "電話番号"),
        text("city", "市区町村"),
        text("state", "都道府県"),
        text("address", "番地"),
        text("zip", "郵便番号"),
        choice("lifecyclestage", "ライフサイクルステージ", STAGES, "radio", stock=True),
        owner(),
        shown("associatedcompanyid", "プライマリー会社ID", "number", "number"),
        Property("hs_email_optout", "bool", "booleancheckbox", "すべてのEメールの配信停止", read_only=True),
        text("salesforceleadid", "Salesforce Lead ID"),
        text("salesforcecontactid", "Salesforce Contact ID"),
        text("salesforceaccountid", "Salesforce Account ID"),
        choice("industry", "業種", same_labels(INDUSTRIES)),
        custom("numberofemployees", "従業員数", "number", "number"),
        custom("budget", "予算", "number", "number"),
        custom("last_visit", "最終来訪日", "date", "date"),
        choice("interests", "関心分野", same_labels(INTERESTS), "checkbox"),
        choice("lead_source", "リードソース", same_labels(LEAD_SOURCES)),
        custom("employee_code", "社員コード", unique=True),
        custom("memo", "メモ", "string", "textarea"),
        AWASE_KEY,
    ]


def _company() -> list[Property]:
    return [
        *system("hs_lastmodifieddate"),
        text("name", "会社名"),
        text("domain", "ドメイン"),
        text("hs_additional_domains", "追加のドメイン"),
        text("website", "ウェブサイトURL"),
        Property("phone", "string", "phonenumber", "電話番号"),
        text("city", "市区町村"),
        text("state", "都道府県"),
        text("address", "番地"),
        text("zip", "郵便番号"),
        text("country", "国"),
        text("description", "説明", "textarea"),
        choice("industry", "業種", same_labels(INDUSTRIES)),
        Property("numberofemployees", "number", "number", "従業員数"),
        Property("annualrevenue", "number", "number", "年間売上"),
        choice("lifecyclestage", "ライフサイクルステージ", STAGES, "radio", stock=True),
        owner(),
        text("salesforceaccountid", "Salesforce Account ID"),
        AWASE_KEY,
    ]


def _deal() -> list[Property]:
    """The options of pipeline and dealstage follow the portal's pipelines."""
    return [
        *system("hs_lastmodifieddate"),
        text("dealname", "取引名"),
        Property("amount", "number", "number", "金額"),
        Property("pipeline", "enumeration", "select", "パイプライン"),
        Property("dealstage", "enumeration", "radio", "取引ステージ"),
        Property("closedate", "datetime", "date", "クローズ日"),
        choice("dealtype", "取引タイプ", DEAL_TYPES, "radio", stock=True),
        text("description", "取引の説明", "textarea"),
        owner(),
        shown("hs_primary_associated_company", "プライマリー会社", "number", "number"),
        shown("hs_deal_stage_probability", "取引確度", "number", "number"),
        shown("hs_is_closed", "クローズ済み", "bool", "booleancheckbox"),
        shown("hs_is_closed_won", "成約済み", "bool", "booleancheckbox"),
        AWASE_KEY,
    ]


STOCK: Final[Mapping[str, Mapping[str, Property]]] = {
    "contact": grouped(CONTACT, _contact()),
    "company": grouped(COMPANY, _company()),
    "deal": grouped(DEAL, _deal()),
    "ticket": grouped(TICKET, ticket_properties()),
    **{each.key: grouped(each, activity_properties(each)) for each in ACTIVITIES},
}
