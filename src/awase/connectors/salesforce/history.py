"""Field history: edits by others that fell between our read and our write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import polars as pl

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.limits import URI_ROOM
from awase.connectors.salesforce.pages import follow
from awase.connectors.salesforce.rest import query, query_path
from awase.connectors.sdk.calls import ask_one
from awase.core.schema import Field
from awase.core.values import DTYPES, Kind, as_text, canonical
from awase.errors import Bug, SchemaMismatch
from awase.ports.connector import ReadQuery
from awase.ports.flows import Flow, Lane, Page

_COLUMNS: dict[str, pl.DataType] = {
    "_id": pl.String(),
    "field": pl.String(),
    "value": pl.String(),
    "at": DTYPES[Kind.DATETIME],
    "by": pl.String(),
}


class _Edit(msgspec.Struct, frozen=True, rename="pascal"):
    field: str
    created_by_id: str
    created_date: str
    old_value: Any = None
    new_value: Any = None
    lead_id: str | None = None
    contact_id: str | None = None
    account_id: str | None = None
    opportunity_id: str | None = None
    parent_id: str | None = None


class _Edits(msgspec.Struct, frozen=True):
    records: list[_Edit]


# Numbers stay exact: a float would show an edit where there was none.
_decoder = msgspec.json.Decoder(_Edits, float_hook=Decimal)


def history_object(name: str) -> str:
    """The object that keeps the history of ``name`` (LeadHistory, Thing__History)."""
    if name == "Opportunity":
        return "OpportunityFieldHistory"
    return f"{name[:-3]}__History" if name.endswith("__c") else f"{name}History"


def _parent_field(name: str) -> str:
    return "ParentId" if name.endswith("__c") else f"{name}Id"


def read_history(
    api_version: str, reading: ReadQuery, ids: Sequence[str], since: datetime, user_id: str, *, ours: bool
) -> Flow[Page, None]:
    """Edits by anybody but ``user_id`` (or only by them) since that moment, in one query an object: of the records named where they fit
    into it, otherwise of all records."""
    if not user_id:
        raise Bug("a history read does not know whose edits to leave out: acting_as was not called")
    parent = _parent_field(reading.object.name)
    conditions = [
        soql.at_least("CreatedDate", since),
        f"CreatedById {'=' if ours else '!='} {soql.text(user_id)}",
    ]
    fields = (parent, "Field", "OldValue", "NewValue", "CreatedById", "CreatedDate")

    def path(where: Sequence[str]) -> str:
        return query_path(
            api_version,
            soql.select(fields, history_object(reading.object.name), where, ("CreatedDate", "Id")),
        )

    narrow = path([*conditions, soql.one_of(parent, ids)]) if ids else ""
    chosen = narrow if narrow and len(narrow) <= URI_ROOM else path(conditions)
    answer = yield from ask_one(query(chosen, Lane.AUDIT))
    yield from follow(answer, history_object(reading.object.name), Lane.AUDIT)


def decode_history(page: Page, reading: ReadQuery) -> pl.DataFrame:
    """One row an edit of one of the query's fields, its new value as canonical text.

    Edits whose values the vendor does not keep (both blank) say nothing and are left out.
    """
    try:
        edits = _decoder.decode(page.raw).records
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise SchemaMismatch(
            "the history of {name} has another shape than expected", name=page.object
        ) from cause
    wanted = {name: reading.object.fields[name] for name in reading.fields}
    told = [
        edit
        for edit in edits
        if edit.field in wanted and not (edit.old_value is None and edit.new_value is None)
    ]
    return pl.DataFrame(
        {
            "_id": [_parent(edit) for edit in told],
            "field": [edit.field for edit in told],
            "value": [_canonical_text(edit.new_value, wanted[edit.field]) for edit in told],
            "at": [datetime.fromisoformat(edit.created_date) for edit in told],
            "by": [edit.created_by_id for edit in told],
        },
        schema=_COLUMNS,
    )


def _parent(edit: _Edit) -> str | None:
    return edit.lead_id or edit.contact_id or edit.account_id or edit.opportunity_id or edit.parent_id


def _canonical_text(value: Any, field: Field) -> str | None:
    try:
        return as_text(canonical(value.strip() if isinstance(value, str) else value, field.kind))
    except (ValueError, TypeError):
        # An edit made under an older type of the field: its text still shows that somebody else wrote.
        return str(value)
