"""The parts that stock objects are built from: makers of fields, the org's lists, and fields that several objects share."""

from __future__ import annotations

from dataclasses import replace
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


def text(name: str, label: str, length: int, type: str = "string", **more: Any) -> Field:
    """A text of at most so many characters."""
    return Field(name, label, type, length=length, **more)


def flag(name: str, label: str, **more: Any) -> Field:
    """A box to tick, empty at first."""
    return Field(name, label, "boolean", defaulted=True, default=False, **more)


def choice(name: str, label: str, values: tuple[str, ...], type: str = "picklist", **more: Any) -> Field:
    """A restricted picklist."""
    length = 255 if type == "picklist" else 4099
    return Field(name, label, type, length=length, values=values, restricted=True, **more)


def kept(name: str, label: str, type: str, **more: Any) -> Field:
    """What the org itself keeps up."""
    return Field(name, label, type, createable=False, updateable=False, defaulted=True, **more)


def pointer(name: str, label: str, to: str, relationship: str) -> Field:
    """A reference that only the org itself sets."""
    return lookup(name, label, to, relationship, createable=False, updateable=False)


def lookup(name: str, label: str, to: str, relationship: str | None, **more: Any) -> Field:
    """A reference to rows of one object. relationship: the parent's name in queries."""
    return Field(name, label, "reference", length=18, reference_to=(to,), relationship=relationship, **more)


def address(prefix: str, label: str, compound: str) -> tuple[Field, ...]:
    """The five parts of an address, in the vendor's order."""
    return (
        text(f"{prefix}Street", f"町名・番地{label}", 255, "textarea", compound=compound),
        text(f"{prefix}City", f"市区郡{label}", 40, compound=compound),
        text(f"{prefix}State", f"都道府県{label}", 80, compound=compound),
        text(f"{prefix}PostalCode", f"郵便番号{label}", 20, compound=compound),
        text(f"{prefix}Country", f"国{label}", 80, compound=compound),
    )


ID = kept("Id", "ID", "id", length=18, id_lookup=True)
SYSTEM = (
    kept("IsDeleted", "削除", "boolean"),
    kept("CreatedDate", "作成日", "datetime"),
    kept(
        "CreatedById", "作成者 ID", "reference", length=18, reference_to=("User",), relationship="CreatedBy"
    ),
    kept("LastModifiedDate", "最終更新日", "datetime"),
    kept(
        "LastModifiedById",
        "最終更新者 ID",
        "reference",
        length=18,
        reference_to=("User",),
        relationship="LastModifiedBy",
    ),
    kept("SystemModstamp", "System Modstamp", "datetime"),
)
PERSON_NAME = Field(
    "Name",
    "氏名",
    "string",
    length=121,
    createable=False,
    updateable=False,
    derived=True,
    name_field=True,
)
OWNER = lookup("OwnerId", "所有者 ID", "User", "Owner", defaulted=True, required=True)
LEAD_OWNER = replace(OWNER, reference_to=("Group", "User"))
PERSON = (
    text("LastName", "姓", 80, required=True, compound="Name"),
    text("FirstName", "名", 40, compound="Name"),
)
KEY = text("Awase_Key__c", "Awase Key", 255, unique=True, external_id=True, id_lookup=True)
RECORD_TYPE = lookup("RecordTypeId", "レコードタイプ ID", "RecordType", "RecordType", defaulted=True)
CUSTOM = (
    KEY,
    choice("Interests__c", "関心", INTERESTS, "multipicklist"),
    Field("Budget__c", "予算", "double", precision=10, scale=2),
    Field("Last_Visit__c", "最終来場日", "date"),
    text("Employee_Code__c", "社員番号", 20, unique=True, id_lookup=True),
    text("Memo__c", "メモ", 32_000, "textarea"),
)


def only_read(name: str, label: str, prefix: str, *fields: Field, tooling: bool = False) -> ObjectType:
    """An object that the API only reads. tooling: it is one of the Tooling API."""
    kind = ObjectType(name, label, label, prefix, (ID, *fields, *SYSTEM[1:]), tooling=tooling)
    return replace(kind, createable=False, updateable=False, deletable=False)
