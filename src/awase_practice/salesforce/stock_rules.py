"""How an org's rules appear to the API: validation rules to the Tooling API, duplicate and matching rules as data."""

from __future__ import annotations

from .fields import Field
from .stock_fields import choice, flag, lookup, only_read, text

ENTITY_DEFINITION = only_read(
    "EntityDefinition",
    "エンティティ定義",
    "4ie",
    text("DurableId", "永続 ID", 40),
    text("QualifiedApiName", "API 参照名", 70),
    text("DeveloperName", "開発者名", 40),
    text("MasterLabel", "表示ラベル", 40),
    text("KeyPrefix", "キープレフィックス", 3),
    flag("IsCustomizable", "カスタマイズ可能"),
    tooling=True,
)
VALIDATION_RULE = only_read(
    "ValidationRule",
    "入力規則",
    "03d",
    text("ValidationName", "ルール名", 80, name_field=True),
    flag("Active", "有効"),
    text("Description", "説明", 255),
    text("ErrorDisplayField", "エラー表示項目", 255),
    text("ErrorMessage", "エラーメッセージ", 255),
    text("NamespacePrefix", "名前空間", 15),
    Field(
        "EntityDefinitionId",
        "エンティティ定義 ID",
        "string",
        length=40,
        reference_to=("EntityDefinition",),
        relationship="EntityDefinition",
    ),
    text("FullName", "完全名", 255),
    Field("Metadata", "メタデータ", "anyType"),
    tooling=True,
)
DUPLICATE_RULE = only_read(
    "DuplicateRule",
    "重複ルール",
    "0Bm",
    text("DeveloperName", "API 参照名", 80),
    text("MasterLabel", "表示ラベル", 80, name_field=True),
    text("Language", "言語", 40),
    text("NamespacePrefix", "名前空間", 15),
    text("SobjectType", "オブジェクト", 40),
    text("SobjectSubtype", "オブジェクト種別", 40),
    flag("IsActive", "有効"),
)
MATCHING_RULE = only_read(
    "MatchingRule",
    "一致ルール",
    "0JD",
    text("DeveloperName", "API 参照名", 80),
    text("MasterLabel", "表示ラベル", 80, name_field=True),
    text("Language", "言語", 40),
    text("NamespacePrefix", "名前空間", 15),
    text("SobjectType", "オブジェクト", 40),
    text("BooleanFilter", "条件の組み合わせ", 255),
    choice("MatchEngine", "一致エンジン", ("ExactMatchEngine", "FuzzyMatchEngine")),
    choice("RuleStatus", "状況", ("Active", "Inactive")),
    text("Description", "説明", 255),
)
MATCHING_RULE_ITEM = only_read(
    "MatchingRuleItem",
    "一致ルール項目",
    "0JE",
    lookup("MatchingRuleId", "一致ルール ID", "MatchingRule", "MatchingRule"),
    text("Field", "項目", 80),
    choice("MatchingMethod", "一致方法", ("Exact",)),
    choice("BlankValueBehavior", "空白の扱い", ("NullNotAllowed", "MatchBlanks")),
    Field("SortOrder", "並び順", "int", digits=9),
)
RULE_OBJECTS = (ENTITY_DEFINITION, VALIDATION_RULE, DUPLICATE_RULE, MATCHING_RULE, MATCHING_RULE_ITEM)
