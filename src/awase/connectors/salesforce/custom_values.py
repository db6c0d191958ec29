"""What formulas read of custom settings and of custom metadata: ``$Setup.X__c.F__c``, ``$CustomMetadata.X__mdt.R.F__c``.

Of a hierarchy custom setting the user's row goes before the profile's, and that before the organization's, field by
field: an empty field lets the next row through, and a checkbox is never empty (all from memory). Without any row
checkboxes are false and the rest is empty (from memory). No formula reads a list custom setting, of which the
organization may have several rows. Only with rights to them do API calls see settings and types (confirmed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Never

from awase.connectors.salesforce import schema, soql
from awase.connectors.salesforce.setup_rows import Row, Scalar, read_plain_rows
from awase.core.schema import Field, Globals, ObjectSchema
from awase.ports.flows import Flow

SETUP, METADATA = "$setup", "$custommetadata"
_OWNER = "SetupOwnerId"
_RECORD_NAMES = ("DeveloperName", "NamespacePrefix")
_SHORT_ID = 15


@dataclass(frozen=True, slots=True)
class _Asked:
    """One name of a formula, taken apart, and the field that it leads to."""

    name: str
    record: str
    """Of custom metadata, folded; empty for a setting, whose row depends on who asks."""
    field: Field


def read_custom_values(api_version: str, user_id: str, names: Iterable[str]) -> Flow[Never, Globals]:
    """The values of ``names``, with the fields that hold them: a describe and a query for each object that they name.

    What may not be read, or is no hierarchy setting, or is not there, is left out, and the rest goes on.
    """
    asked = [parts for name in names if (parts := _parts(name))]
    objects = {object.casefold(): object for _, object, _, _ in asked}
    described = yield from schema.describe_readable(api_version, [*objects.values()])
    of_object: dict[str, list[_Asked]] = {}
    for name, object, record, last in asked:
        folded = object.casefold()
        if folded in described and (found := _field(described[folded], last)) is not None:
            of_object.setdefault(folded, []).append(_Asked(name, record.casefold(), found))
    owners: Sequence[str] = ()
    if any(not each[0].record for each in of_object.values()):
        owners = yield from _owners(api_version, user_id)
    wanted = {
        object: query
        for object, each in of_object.items()
        if (query := _query(described[object], each, owners))
    }
    answers = yield from read_plain_rows(api_version, [*wanted.values()])
    values: dict[str, Scalar] = {}
    for object, rows in zip(wanted, answers, strict=True):
        if rows is not None:
            values |= _values(of_object[object], rows, owners)
    # The core has no times of day: of those the formula's own use says what they are.
    typed = {
        one.name: one.field
        for each in of_object.values()
        for one in each
        if one.name in values and one.field.vendor_type != "time"
    }
    return Globals(values, typed)


def _parts(name: str) -> tuple[str, str, str, str] | None:
    """The name, and its object, record and field; None where it is of another form."""
    family, *parts = name.split(".")
    match family.casefold(), parts:
        case "$setup", [object, field]:
            return name, object, "", field
        case "$custommetadata", [object, record, field]:
            return name, object, record, field
    return None


def _field(object: ObjectSchema, name: str) -> Field | None:
    return next((field for own, field in object.fields.items() if own.casefold() == name.casefold()), None)


def _owners(api_version: str, user_id: str) -> Flow[Never, Sequence[str]]:
    """Whose rows count for the user, the first first; empty where that may not be read."""
    of_user = soql.select(("ProfileId",), "User", [soql.one_of("Id", [user_id])])
    users, orgs = yield from read_plain_rows(api_version, [of_user, soql.select(("Id",), "Organization")])
    if not users or not orgs or not users[0].get("ProfileId"):
        return ()
    return user_id, str(users[0]["ProfileId"]), str(orgs[0]["Id"])


def _query(object: ObjectSchema, asked: Sequence[_Asked], owners: Sequence[str]) -> str | None:
    fields = sorted({one.field.name for one in asked})
    if asked[0].record:
        records = sorted({one.record.rpartition("__")[2] for one in asked})
        names = dict.fromkeys((*_RECORD_NAMES, *fields))
        return soql.select([*names], object.name, [soql.one_of("DeveloperName", records)])
    if not owners or _OWNER not in object.fields:
        return None
    names = dict.fromkeys((_OWNER, *fields))
    return soql.select([*names], object.name, [soql.one_of(_OWNER, owners)])


def _values(asked: Sequence[_Asked], rows: Sequence[Row], owners: Sequence[str]) -> dict[str, Scalar]:
    if asked[0].record:
        by_name = {_record_name(row): row for row in rows}
        return {one.name: by_name[one.record][one.field.name] for one in asked if one.record in by_name}
    by_owner = {str(row[_OWNER])[:_SHORT_ID]: row for row in rows}
    if len(by_owner) < len(rows):
        return {}  # a list
    in_order = [row for owner in owners if (row := by_owner.get(owner[:_SHORT_ID])) is not None]
    return {one.name: _in_force(in_order, one.field.name) for one in asked}


def _record_name(row: Mapping[str, Scalar]) -> str:
    prefix = row["NamespacePrefix"]
    return f"{prefix}__{row['DeveloperName']}".removeprefix("None__").casefold()


def _in_force(rows: Iterable[Row], field: str) -> Scalar:
    return next((row[field] for row in rows if row[field] is not None), None)
