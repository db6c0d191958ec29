"""What a fresh practice org contains: a Japanese B2B sales org with the objects and fields a marketing sync meets.

Names, types, lengths and required fields are the vendor's [confirmed where the fact reference says so, otherwise
from memory]; fields ending in ``__c`` are this org's own.
"""

from __future__ import annotations

from .fields import Field, ObjectType
from .stock_activities import ACTIVITY_OBJECTS
from .stock_deals import ACCOUNT, CONTACT_ROLE, OPPORTUNITY, OPPORTUNITY_STAGE
from .stock_fields import ID, INDUSTRIES, INTERESTS, LEAD_SOURCES, SYSTEM, pointer
from .stock_people import CONTACT, LEAD
from .stock_rules import RULE_OBJECTS
from .stock_setup import GROUP, ORGANIZATION, RECORD_TYPE_OBJECT, RIGHTS_OBJECTS, USER

__all__ = ("INDUSTRIES", "INTERESTS", "LEAD_SOURCES", "STOCK", "history_name", "history_type")

WITH_HISTORY = (LEAD, CONTACT, ACCOUNT, OPPORTUNITY)


def history_name(object: str) -> str:
    """The name of an object's field history; opportunities have one of their own making."""
    return "OpportunityFieldHistory" if object == "Opportunity" else f"{object}History"


def history_type(of: ObjectType) -> ObjectType:
    """The field-history object of an object: its Field picklist lists what is tracked."""
    parent = f"{of.name}Id"
    return ObjectType(
        history_name(of.name),
        f"{of.label}履歴",
        f"{of.label}履歴",
        "017",
        (
            ID,
            SYSTEM[0],
            pointer(parent, f"{of.label} ID", of.name, of.name),
            *(each for each in SYSTEM if each.name in {"CreatedById", "CreatedDate"}),
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


STOCK = {
    each.name: each
    for each in (
        LEAD,
        CONTACT,
        ACCOUNT,
        OPPORTUNITY,
        CONTACT_ROLE,
        OPPORTUNITY_STAGE,
        USER,
        GROUP,
        ORGANIZATION,
        RECORD_TYPE_OBJECT,
        *RIGHTS_OBJECTS,
        *ACTIVITY_OBJECTS,
        *RULE_OBJECTS,
    )
} | {history_name(each.name): history_type(each) for each in WITH_HISTORY}
