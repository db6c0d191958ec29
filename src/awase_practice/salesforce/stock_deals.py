"""Accounts, opportunities, the roles of contacts in them, and the stages of a sale as a fresh org has them."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Field, ObjectType
from .stock_fields import (
    ID,
    INDUSTRIES,
    KEY,
    LEAD_SOURCES,
    OWNER,
    RECORD_TYPE,
    SYSTEM,
    address,
    choice,
    flag,
    kept,
    lookup,
    pointer,
    text,
)

ACCOUNT_TYPES = ("見込み客", "顧客", "パートナー", "競合", "その他")
OPPORTUNITY_TYPES = ("新規", "既存顧客 - 追加", "既存顧客 - 更新")
CONTACT_ROLES = ("意思決定者", "評価者", "利用者", "決裁者", "推進者", "その他")
FORECAST_CATEGORIES = {
    "Pipeline": "Pipeline",
    "Best Case": "BestCase",
    "Commit": "Forecast",
    "Closed": "Closed",
    "Omitted": "Omitted",
}
"""ForecastCategoryName → ForecastCategory [from memory]."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a sale and what it stands for; probability in per cent."""

    name: str
    probability: int
    forecast: str
    closed: bool = False
    won: bool = False


STAGES = (
    Stage("新規案件", 10, "Pipeline"),
    Stage("ヒアリング", 20, "Pipeline"),
    Stage("提案", 50, "Best Case"),
    Stage("見積", 60, "Best Case"),
    Stage("交渉", 80, "Commit"),
    Stage("受注", 100, "Closed", closed=True, won=True),
    Stage("失注", 0, "Omitted", closed=True),
)

ACCOUNT = ObjectType(
    "Account",
    "取引先",
    "取引先",
    "001",
    (
        ID,
        SYSTEM[0],
        pointer("MasterRecordId", "マスタレコード ID", "Account", "MasterRecord"),
        text("Name", "取引先名", 255, required=True, name_field=True),
        choice("Type", "種別", ACCOUNT_TYPES),
        RECORD_TYPE,
        lookup("ParentId", "親取引先 ID", "Account", "Parent", children="ChildAccounts"),
        *address("Billing", "(請求先)", "BillingAddress"),
        text("Phone", "電話", 40, "phone"),
        text("AccountNumber", "取引先番号", 40),
        text("Website", "Web サイト", 255, "url"),
        choice("Industry", "業種", INDUSTRIES),
        Field("AnnualRevenue", "年間売上", "currency", precision=18),
        Field("NumberOfEmployees", "従業員数", "int", digits=8),
        text("Description", "説明", 32_000, "textarea"),
        OWNER,
        *SYSTEM[1:],
        choice("AccountSource", "取引先ソース", LEAD_SOURCES),
        KEY,
    ),
    tracked=frozenset(
        (
            "Name",
            "Type",
            "ParentId",
            "Phone",
            "Website",
            "Industry",
            "AnnualRevenue",
            "NumberOfEmployees",
            "BillingCity",
            "BillingState",
            "BillingCountry",
            "OwnerId",
            "Description",
        )
    ),
)

OPPORTUNITY = ObjectType(
    "Opportunity",
    "商談",
    "商談",
    "006",
    (
        ID,
        SYSTEM[0],
        lookup("AccountId", "取引先 ID", "Account", "Account", children="Opportunities", cascade=True),
        RECORD_TYPE,
        text("Name", "商談名", 120, required=True, name_field=True),
        text("Description", "説明", 32_000, "textarea"),
        choice("StageName", "フェーズ", tuple(stage.name for stage in STAGES), required=True),
        Field("Amount", "金額", "currency", precision=18, scale=2),
        Field("Probability", "確度 (%)", "percent", precision=3, defaulted=True),
        Field("CloseDate", "完了予定日", "date", required=True),
        choice("Type", "種別", OPPORTUNITY_TYPES),
        text("NextStep", "次のステップ", 255),
        choice("LeadSource", "リードソース", LEAD_SOURCES),
        kept("IsClosed", "クローズ", "boolean", default=False),
        kept("IsWon", "成立", "boolean", default=False),
        kept(
            "ForecastCategory", "売上予測", "picklist", length=40, values=tuple(FORECAST_CATEGORIES.values())
        ),
        choice("ForecastCategoryName", "売上予測分類", tuple(FORECAST_CATEGORIES), defaulted=True),
        OWNER,
        *SYSTEM[1:],
        KEY,
    ),
    tracked=frozenset(
        (
            "Name",
            "AccountId",
            "StageName",
            "Amount",
            "Probability",
            "CloseDate",
            "Type",
            "NextStep",
            "LeadSource",
            "ForecastCategoryName",
            "OwnerId",
            "Description",
        )
    ),
)

CONTACT_ROLE = ObjectType(
    "OpportunityContactRole",
    "商談 取引先責任者の役割",
    "商談 取引先責任者の役割",
    "00K",
    (
        ID,
        lookup(
            "OpportunityId",
            "商談 ID",
            "Opportunity",
            "Opportunity",
            required=True,
            updateable=False,
            children="OpportunityContactRoles",
            cascade=True,
        ),
        lookup(
            "ContactId",
            "取引先責任者 ID",
            "Contact",
            "Contact",
            required=True,
            children="OpportunityContactRoles",
            cascade=True,
        ),
        choice("Role", "役割", CONTACT_ROLES),
        flag("IsPrimary", "主"),
        SYSTEM[0],
        *SYSTEM[1:],
    ),
)

OPPORTUNITY_STAGE = ObjectType(
    "OpportunityStage",
    "商談のフェーズ",
    "商談のフェーズ",
    "01J",
    (
        ID,
        text("MasterLabel", "マスタ表示ラベル", 255, id_lookup=True, name_field=True),
        text("ApiName", "API 参照名", 255),
        flag("IsActive", "有効"),
        Field("SortOrder", "並び替え順", "int", digits=9),
        flag("IsClosed", "クローズ"),
        flag("IsWon", "成立"),
        choice("ForecastCategory", "売上予測", tuple(FORECAST_CATEGORIES.values())),
        choice("ForecastCategoryName", "売上予測分類", tuple(FORECAST_CATEGORIES)),
        Field("DefaultProbability", "確度 (%)", "percent", precision=3),
        *SYSTEM[1:],
    ),
    createable=False,
    updateable=False,
    deletable=False,
)
