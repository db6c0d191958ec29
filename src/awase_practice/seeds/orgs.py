"""What the two orgs of the demo have beside their stock: options only one of them has, and the CRM's own rules."""

from __future__ import annotations

from typing import Any, Final

from ..hubspot import stock as hubspot
from ..salesforce import stock as salesforce
from .control import Control, load
from .faulty import INDUSTRY_UNKNOWN_TO_HUBSPOT, OFF_LIST_INTEREST, OFF_LIST_SOURCE
from .owners import OWNERS

PHONE_RULE: Final = {
    "name": "Phone_Half_Width",
    "field": "Phone",
    "message": "電話番号は半角の数字とハイフンで入力してください。",
    "when": {"field": "Phone", "matches": "[０-９－]"},
}
_DUPLICATE_RULE: Final = {
    "name": "Lead_Same_Phone",
    "duplicate": "block",
    "field": "Phone",
    "alert": "同じ電話番号のリードがすでに存在します。",
}
_TRIGGER: Final = {
    "name": "LeadAssignment",
    "message": "System.NullPointerException: Attempt to de-reference a null object",
    "when": {"all": [{"equals": ["LeadSource", "紹介"]}, {"blank": "Phone"}]},
    "as": "trigger",
}


async def prepare_hubspot(control: Control) -> None:
    """The owners, and options that marketing added."""
    owners = [
        {"id": str(each.number), "email": each.email, "firstName": each.given, "lastName": each.family}
        for each in OWNERS
    ]
    await control.tell("schema", {"set_owners": owners})
    for name, values in (
        ("lead_source", (*hubspot.LEAD_SOURCES, OFF_LIST_SOURCE)),
        ("interests", (*hubspot.INTERESTS, OFF_LIST_INTEREST)),
    ):
        options = [{"label": value, "value": value} for value in values]
        await control.tell(
            "schema", {"object": "contact", "change_field": {"name": name, "options": options}}
        )


async def prepare_salesforce(control: Control) -> list[str]:
    """An industry of its own, a validation rule, a duplicate rule, and a trigger with a bug; the ids of its users."""
    industries = [*salesforce.INDUSTRIES, INDUSTRY_UNKNOWN_TO_HUBSPOT]
    changes: list[dict[str, Any]] = [
        {"object": "Lead", "change_field": {"name": "Industry", "values": industries}},
        {"object": "Contact", "change_field": {"name": "Industry__c", "values": industries}},
        {"object": "Lead", "add_rule": PHONE_RULE},
        {"object": "Contact", "add_rule": PHONE_RULE},
        {"object": "Lead", "add_rule": _DUPLICATE_RULE},
        {"object": "Lead", "add_rule": _TRIGGER},
    ]
    for change in changes:
        await control.tell("schema", change)
    users = [
        {
            "Email": each.email,
            "Username": each.email,
            "LastName": each.family,
            "FirstName": each.given,
            "UserType": "Standard",
            "IsActive": each.works,
        }
        for each in OWNERS
    ]
    return await load(control, "User", users, "user:sales")
