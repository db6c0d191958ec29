"""Person accounts: an account that is a person, with a contact behind it that only the account can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..kernel.rows import Row
from .data import OrgData
from .errors import RowRefused, refused
from .fields import Field, ObjectType
from .record_types import RecordTypes
from .stock_fields import LEAD_SOURCES, choice, flag, kept, pointer, text

_STANDARD: Final = {
    "LastName": "LastName",
    "FirstName": "FirstName",
    "Phone": "Phone",
    "PersonEmail": "Email",
    "PersonMobilePhone": "MobilePhone",
    "PersonTitle": "Title",
    "PersonLeadSource": "LeadSource",
    "PersonHasOptedOutOfEmail": "HasOptedOutOfEmail",
    "PersonDoNotCall": "DoNotCall",
    "OwnerId": "OwnerId",
}
"""Field of the account → field of the contact behind it; custom fields ``X__c`` stand as ``X__pc``."""


def switch_on(data: OrgData) -> None:
    """Turn the feature on, which cannot be undone; a second time changes nothing."""
    account, contact, lead = (data.full[name] for name in ("Account", "Contact", "Lead"))
    if account.find("IsPersonAccount") is not None:
        return
    persons = (
        text("LastName", "姓", 80, compound="Name"),
        text("FirstName", "名", 40, compound="Name"),
        text("PersonEmail", "メール", 80, "email"),
        text("PersonMobilePhone", "携帯", 40, "phone"),
        text("PersonTitle", "役職", 80),
        choice("PersonLeadSource", "リードソース", LEAD_SOURCES),
        flag("PersonHasOptedOutOfEmail", "メール送信除外"),
        flag("PersonDoNotCall", "電話禁止"),
        kept("IsPersonAccount", "個人取引先", "boolean", default=False),
        pointer("PersonContactId", "個人取引先責任者 ID", "Contact", "PersonContact"),
    )
    custom = tuple(replace(each, name=_on_account(each)) for each in contact.fields if each.custom)
    data.replace_kind(account.with_fields((*account.fields, *persons, *custom)))
    marked = kept("IsPersonAccount", "個人取引先", "boolean", default=False)
    data.replace_kind(contact.with_fields((*contact.fields, marked)))
    open_lead = lead.with_fields(
        replace(each, required=False) if each.name == "Company" else each for each in lead.fields
    )
    data.replace_kind(open_lead)
    declared = {"name": "個人取引先", "developer_name": "PersonAccount", "person": True}
    RecordTypes(data).add(data.full["Account"], declared)


def is_person(kind: ObjectType, values: Mapping[str, Any]) -> bool:
    """Whether an account with these values is a person."""
    chosen = values.get("RecordTypeId")
    return any(each.person and each.id == chosen for each in kind.record_types)


def check_person(kind: ObjectType, values: Mapping[str, Any], laid: Mapping[str, Any]) -> None:
    """Refuse names of the wrong kind: persons have no company name, companies no family name. Raises RowRefused."""
    if kind.name == "Contact" and values.get("IsPersonAccount"):
        raise _behind_account()
    if kind.name != "Account" or kind.find("IsPersonAccount") is None:
        return
    person = is_person(kind, values)
    wrong = ("Name",) if person else ("LastName", "FirstName")
    closed = [name for name in wrong if laid.get(name) is not None]
    if closed:
        text = (
            f"Unable to create/update fields: {', '.join(closed)}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set."
        )
        raise refused("INVALID_FIELD_FOR_INSERT_UPDATE", text, *closed)
    if person and values.get("LastName") is None:
        raise refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName")


def mirror(data: OrgData, account: Row, author: str) -> None:
    """Bring the contact behind a person account to what the account says; the first time, make it."""
    full = data.full["Contact"]
    if not account.values.get("IsPersonAccount"):
        return
    shown = {
        contact_field: account.values.get(name)
        for name, contact_field in _pairs(full).items()
        if full.find(contact_field) is not None
    }
    shown |= {"AccountId": account.id, "IsPersonAccount": True}
    table, now = data.tables["Contact"], data.now()
    contact = table.find(account.values.get("PersonContactId") or "")
    if contact is None:
        contact = table.insert({**full.defaults, **shown}, author, now)
        data.tables["Account"].update(account, {"PersonContactId": contact.id}, author, now)
    elif any(contact.values.get(name) != value for name, value in shown.items()):
        table.update(contact, shown, author, now)


def _pairs(contact: ObjectType) -> dict[str, str]:
    return _STANDARD | {_on_account(each): each.name for each in contact.fields if each.custom}


def _on_account(field: Field) -> str:
    return f"{field.name.removesuffix('__c')}__pc"


def _behind_account() -> RowRefused:
    text = "You cannot change this contact: it belongs to a person account; change the account"
    return refused("INVALID_PERSON_ACCOUNT_OPERATION", text)
