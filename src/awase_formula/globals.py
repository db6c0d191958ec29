"""Global variables: which a formula may name, and of what type each is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from awase_formula.kinds import Kind

FAMILIES = frozenset(
    [
        "$Action",
        "$Api",
        "$CustomMetadata",
        "$Component",
        "$CurrentPage",
        "$FieldSet",
        "$Label",
        "$ObjectType",
        "$Organization",
        "$Permission",
        "$Profile",
        "$RecordType",
        "$Resource",
        "$Setup",
        "$Site",
        "$System",
        "$User",
        "$UserRole",
        "$Flow",
        "$Network",
        "$Asset",
    ]
)
"""Every family that Salesforce documents (from memory where our reference names it not)."""

RECORD_TYPE = "recordtype."
"""``$RecordType.Name`` and ``RecordType.Name`` are both the record's own record type."""

ORIGIN = datetime(1900, 1, 1, tzinfo=UTC)
"""The value of $System.OriginDateTime (confirmed)."""

_KINDS: Mapping[str, Kind] = {
    "$permission": Kind.BOOLEAN,
    "$profile": Kind.TEXT,
    "$userrole": Kind.TEXT,
    "$label": Kind.TEXT,
    "$api": Kind.TEXT,
    "$objecttype": Kind.TEXT,
    "$recordtype": Kind.TEXT,
    "$action": Kind.TEXT,
    "$resource": Kind.TEXT,
}


def family(name: str) -> str:
    """``$User`` of ``$User.Profile.Name``; empty where the name is no global."""
    return name.split(".", 1)[0] if name.startswith("$") else ""


def is_global(name: str) -> bool:
    """Whether a name is the same for every record of a batch. $RecordType is not: it belongs to the record."""
    return name.startswith("$") and family(name).casefold() != "$recordtype"


def kind_of(name: str) -> Kind | None:
    """The type of a global where its name alone says it."""
    folded = name.casefold()
    if folded == "$system.origindatetime":
        return Kind.DATETIME
    if folded.endswith("id") and folded.rsplit(".", 1)[-1] in {"id", "profileid", "userroleid", "managerid"}:
        return Kind.ID
    return _KINDS.get(family(folded))


def stored_name(name: str) -> str:
    """The name under which a row holds a reference: ``$RecordType.X`` is the row's ``RecordType.X``."""
    return name[1:] if name.casefold().startswith("$" + RECORD_TYPE) else name


NAMED_LIKE: Mapping[str, Kind] = {
    "createddate": Kind.DATETIME,
    "lastmodifieddate": Kind.DATETIME,
    "systemmodstamp": Kind.DATETIME,
    "closedate": Kind.DATE,
    "birthdate": Kind.DATE,
    "activitydate": Kind.DATE,
    "amount": Kind.NUMBER,
    "probability": Kind.NUMBER,
    "annualrevenue": Kind.NUMBER,
    "numberofemployees": Kind.NUMBER,
    "quantity": Kind.NUMBER,
    "unitprice": Kind.NUMBER,
    "discount": Kind.NUMBER,
    "isclosed": Kind.BOOLEAN,
    "iswon": Kind.BOOLEAN,
    "isconverted": Kind.BOOLEAN,
    "isactive": Kind.BOOLEAN,
    "isdeleted": Kind.BOOLEAN,
    "hasoptedoutofemail": Kind.BOOLEAN,
    "donotcall": Kind.BOOLEAN,
}
"""Standard fields whose type nobody changes; used where neither schema nor use says it."""


def standard(name: str) -> Kind | None:
    """What a standard field of this name is everywhere, but for ids, which are texts too."""
    return NAMED_LIKE.get(name.rsplit(".", 1)[-1].casefold())


def guessed(name: str) -> Kind | None:
    """What a field of this name most likely is."""
    last = name.rsplit(".", 1)[-1].casefold()
    if last in NAMED_LIKE:
        return NAMED_LIKE[last]
    if last.endswith(("_datetime__c", "_date_time__c")):
        return Kind.DATETIME
    if last.endswith("date__c"):
        return Kind.DATE
    if last == "id" or (last.endswith("id") and "__" not in last and name.rsplit(".", 1)[-1].endswith("Id")):
        return Kind.ID
    return None
