"""What the two orgs of the demo have beside their stock: options only one of them has, and the CRM's own rules."""

from __future__ import annotations

from typing import Any, Final

from ..hubspot import stock as hubspot
from ..salesforce import stock as salesforce
from .control import Control
from .faulty import INDUSTRY_UNKNOWN_TO_HUBSPOT, OFF_LIST_INTEREST, OFF_LIST_SOURCE

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
    """Options that marketing added."""
    for name, values in (
        ("lead_source", (*hubspot.LEAD_SOURCES, OFF_LIST_SOURCE)),
        ("interests", (*hubspot.INTERESTS, OFF_LIST_INTEREST)),
    ):
        options = [{"label": value, "value": value} for value in values]
        await control.tell(
            "schema", {"object": "contact", "change_field": {"name": name, "options": options}}
        )


async def prepare_salesforce(control: Control) -> None:
    """An industry of its own, a validation rule, a duplicate rule, and a trigger with a bug."""
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
