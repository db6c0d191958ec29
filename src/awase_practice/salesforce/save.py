"""Saving a row in the vendor's order of checks.

Formats, references → before-save automations → before triggers → required fields → validation rules → duplicate
rules → unique fields → write → field history. A layer that refuses hides all layers behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..kernel.rows import Row
from .data import OrgData
from .errors import RowError, RowRefused, refused
from .fields import Field, ObjectType
from .rules import Automation, DuplicateRule, Refusal
from .values import stored_value


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and how: allow_duplicates passes duplicate rules that only alert."""

    author: str
    user_id: str
    allow_duplicates: bool = False


class Saver:
    """Creates, updates and deletes rows of one org under its rules. All methods raise RowRefused."""

    def __init__(self, data: OrgData) -> None:
        self._data = data

    def create(self, kind: ObjectType, given: Mapping[str, Any], writer: Writer) -> Row:
        """Save a new row."""
        self._must(kind, kind.createable, "inserted")
        laid = self._formatted(kind, given, creating=True)
        full = self._data.full[kind.name]
        values = {**full.defaults, **laid}
        if "OwnerId" in values and laid.get("OwnerId") is None:
            values["OwnerId"] = writer.user_id
        self._judge(full, None, values, writer, set(laid))
        row = self._data.tables[kind.name].insert(values, writer.author, self._data.now())
        self._data.record_creation(kind.name, row, writer.author)
        return row

    def update(self, kind: ObjectType, row: Row, given: Mapping[str, Any], writer: Writer) -> None:
        """Save changes to a row."""
        self._must(kind, kind.updateable, "updated")
        if row.deleted_at is not None:
            raise refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
        if row.values.get("IsConverted"):
            raise refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        laid = self._formatted(kind, given, creating=False)
        full = self._data.full[kind.name]
        values = {**row.values, **laid}
        changed = {name for name, value in laid.items() if row.values.get(name) != value}
        self._judge(full, row, values, writer, changed)
        now = self._data.now()
        changes = self._data.tables[kind.name].update(row, values, writer.author, now)
        self._data.record_history(kind.name, row, changes, writer.author)

    def delete(self, kind: ObjectType, row: Row, writer: Writer) -> None:
        """Put a row into the recycle bin."""
        self._must(kind, kind.deletable, "deleted")
        if row.deleted_at is not None:
            raise refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
        self._data.tables[kind.name].delete(row, writer.author, self._data.now())

    def _must(self, kind: ObjectType, allowed: bool, what: str) -> None:
        if not allowed:
            text = f"entity type cannot be {what}: {kind.name}"
            raise refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", text)

    def _formatted(self, kind: ObjectType, given: Mapping[str, Any], creating: bool) -> dict[str, Any]:
        laid: dict[str, Any] = {}
        errors: list[RowError] = []
        closed: list[str] = []
        for name, value in given.items():
            field = kind.find(name)
            if field is None:
                raise refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
            if not (field.createable if creating else field.updateable):
                closed.append(field.name)
                continue
            try:
                laid[field.name] = self._stored(field, value)
            except RowRefused as refusal:
                errors.extend(refusal.errors)
        if closed:
            raise RowRefused([_closed(closed)])
        if errors:
            raise RowRefused(errors)
        return laid

    def _stored(self, field: Field, value: Any) -> Any:
        stored = stored_value(field, value)
        if field.type != "reference":
            return stored
        if stored is None:
            if field.name == "OwnerId":
                raise refused("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", "OwnerId")
            return None
        target = self._data.kind_of_id(stored)
        if target not in field.reference_to:
            text = f"{field.label}: id value of incorrect type: {value}"
            raise refused("MALFORMED_ID", text, field.name)
        row = self._data.tables[target].find(stored)
        if row is None:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
        if target == "User" and not row.values.get("IsActive"):
            text = f"operation performed with inactive user [{stored}] as owner of record"
            raise refused("INACTIVE_OWNER_OR_USER", text, field.name)
        return stored

    def _judge(
        self, kind: ObjectType, row: Row | None, values: dict[str, Any], writer: Writer, changed: set[str]
    ) -> None:
        """Everything between the formats and the write; automations change ``values`` in place."""
        rules = self._data.rules.get(kind.name, ())
        for rule in rules:
            if isinstance(rule, Automation) and rule.when(values):
                values.update(rule.sets)
                changed |= {
                    name for name, value in rule.sets.items() if not row or row.values.get(name) != value
                }
        creating = row is None
        refusals = [rule for rule in rules if isinstance(rule, Refusal)]
        for rule in refusals:
            if rule.as_trigger and rule.holds(values):
                raise RowRefused([rule.error(creating)])
        missing = [field.name for field in kind.required if values.get(field.name) is None]
        if missing:
            text = f"Required fields are missing: [{', '.join(missing)}]"
            raise refused("REQUIRED_FIELD_MISSING", text, *missing)
        broken = [rule.error(creating) for rule in refusals if not rule.as_trigger and rule.holds(values)]
        if broken:
            raise RowRefused(broken)
        for rule in rules:
            if isinstance(rule, DuplicateRule) and (creating or rule.field in changed):
                self._no_duplicate(kind, row, values, rule, writer)
        self._unique(kind, row, values, changed)

    def _no_duplicate(
        self,
        kind: ObjectType,
        row: Row | None,
        values: Mapping[str, Any],
        rule: DuplicateRule,
        writer: Writer,
    ) -> None:
        field = kind.find(rule.field)
        if field is None or values.get(field.name) is None or (writer.allow_duplicates and not rule.blocks):
            return
        found = self._data.index(kind.name, field).find(values[field.name])
        others = [each for each in found if row is None or each != row.id]
        if others:
            more = {"duplicateResut": _duplicate_result(kind, rule, others)}
            raise RowRefused([RowError("DUPLICATES_DETECTED", rule.alert, more=more)])

    def _unique(
        self, kind: ObjectType, row: Row | None, values: Mapping[str, Any], changed: set[str]
    ) -> None:
        for field in kind.fields:
            if not field.unique or field.name not in changed or values.get(field.name) is None:
                continue
            for other in self._data.index(kind.name, field).find(values[field.name]):
                if row is None or other != row.id:
                    text = f"duplicate value found: {field.name} duplicates value on record with id: {other[:15]}"
                    raise refused("DUPLICATE_VALUE", text)


def _closed(names: list[str]) -> RowError:
    text = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field "
        "and verify that it is read/write for your profile or permission set."
    )
    return RowError("INVALID_FIELD_FOR_INSERT_UPDATE", text, tuple(names))


def _duplicate_result(kind: ObjectType, rule: DuplicateRule, ids: list[str]) -> dict[str, Any]:
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {
                "attributes": {"type": kind.name, "url": f"/services/data/v65.0/sobjects/{kind.name}/{each}"},
                "Id": each,
            },
        }
        for each in ids
    ]
    match = {
        "entityType": kind.name,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "rule": f"{rule.name}_Match",
        "size": len(records),
        "success": True,
        "matchRecords": records,
    }
    return {
        "allowSave": not rule.blocks,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": kind.name,
        "errorMessage": rule.alert,
        "matchResults": [match],
    }
