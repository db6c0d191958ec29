"""Whether a row may name another row: does it exist, may the writer use it, may it own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kernel.rows import Row
from .data import OrgData
from .errors import RowRefused, refused
from .fields import Field, ObjectType
from .rules import condition_of
from .stock_setup import OWNING_USER_TYPES
from .writer import Writer

_NO_MATCH = "Value does not exist or does not match filter criteria."
MASTER_RECORD_TYPE = "012000000000000AAA"


class References:
    """The vendor's checks of a reference field's value. All methods raise RowRefused."""

    def __init__(self, data: OrgData) -> None:
        self._data = data

    def checked(self, kind: ObjectType, field: Field, named: str | None, writer: Writer) -> str | None:
        """What is stored for an id that a write gives; the id is well-formed and whole."""
        if field.name == "RecordTypeId":
            return self._record_type(kind, named, writer)
        if named is None:
            if field.name == "OwnerId":
                raise refused("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", "OwnerId")
            return None
        target = self._data.kind_of_id(named)
        if field.name == "OwnerId" and target == "Group" and target not in field.reference_to:
            raise _wrong_owner_type(field)
        if target is not None and target not in field.reference_to and field.name in {"WhoId", "WhatId"}:
            text = f"{field.label}: this kind of record cannot be named here: {named}"  # from memory
            raise refused("INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD", text, field.name)
        if target not in field.reference_to:
            text = f"{field.label}: id value of incorrect type: {named}"
            raise refused("MALFORMED_ID", text, field.name)
        row = self._data.tables[target].find(named)
        if row is None:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
        if field.lookup_filter is not None and not condition_of(field.lookup_filter)(row.values):
            raise refused("FIELD_FILTER_VALIDATION_EXCEPTION", field.filter_message or _NO_MATCH, field.name)
        if target == "User":
            _check_user(kind, field, named, row.values)
        self._reach(target, named, writer)
        return named

    def check_loop(self, kind: ObjectType, row: Row, laid: Mapping[str, Any]) -> None:
        """Refuse a row that would stand above itself [text from memory]."""
        for field in kind.references:
            if field.reference_to != (kind.name,) or not laid.get(field.name):
                continue
            above: str | None = laid[field.name]
            passed: set[str] = set()
            while above is not None and above not in passed:
                passed.add(above)
                if above == row.id:
                    raise refused("CIRCULAR_DEPENDENCY", f"circular dependency: {field.label}", field.name)
                parent = self._data.row(above)
                above = parent.values.get(field.name) if parent else None

    def by_key(self, field: Field, named: Mapping[str, Any]) -> str:
        """The id of the row that a record names by an external id: ``"Account": {"Key__c": "x"}``."""
        keys = {name: value for name, value in named.items() if name.lower() != "attributes"}
        target = self._data.kind(field.reference_to[0])
        key_name, value = next(iter(keys.items()), ("", None))
        key = target.find(key_name) if target else None
        if target is None or key is None or len(keys) != 1 or not (key.external_id or key.id_lookup):
            text = f"{key_name or field.relationship} is not an External ID or idLookup field for {field.relationship}"
            raise refused("INVALID_FIELD", text, field.name)
        found: list[Any] = [value] if key.name == "Id" else self._data.index(target.name, key).find(value)
        if len(found) > 1:
            text = f"{key.name}: more than one record found for external id field: [{', '.join(found)}]"
            raise refused("DUPLICATE_EXTERNAL_ID", text, field.name)
        if not found:
            text = f"Foreign key external ID: {value} not found for field {key.name} in entity {target.name}"
            raise refused("INVALID_FIELD", text)
        return str(found[0])

    def _reach(self, target: str, named: str, writer: Writer) -> None:
        rights = self._data.permissions
        if not writer.limited:
            return
        if named in rights.rows or not self._data.seen[target].readable:
            text = f"insufficient access rights on cross-reference id: {named[:15]}"
            raise refused("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", text, status=403)
        if rights.is_held(named):
            raise locked(named)

    def _record_type(self, kind: ObjectType, named: str | None, writer: Writer) -> str | None:
        if named is None or named == MASTER_RECORD_TYPE:
            return None
        found = next((each for each in kind.record_types if each.id == named), None)
        if found is None or not found.active or (writer.limited and not found.available):
            text = f"Record Type ID: this ID value isn't valid for the user: {named}"
            raise refused("INVALID_CROSS_REFERENCE_KEY", text, "RecordTypeId")
        return named


def locked(row_id: str) -> RowRefused:
    """Somebody else's transaction holds the row."""
    text = f"unable to obtain exclusive access to this record or 1 records: {row_id[:15]}"
    return refused("UNABLE_TO_LOCK_ROW", text)


def _check_user(kind: ObjectType, field: Field, named: str, user: Any) -> None:
    if not user.get("IsActive"):
        text = f"operation performed with inactive user [{named}] as owner of {kind.name.lower()}"
        raise refused("INACTIVE_OWNER_OR_USER", text, field.name)
    if field.name == "OwnerId" and user.get("UserType", "Standard") not in OWNING_USER_TYPES:
        raise _wrong_owner_type(field)


def _wrong_owner_type(field: Field) -> RowRefused:
    return refused(
        "OP_WITH_INVALID_USER_TYPE_EXCEPTION", "Operation not valid for this user type", field.name
    )
