"""Saving a row in the vendor's order of checks.

Formats, references, places → before-save automations → flows and before triggers → required fields → validation
rules → duplicate rules → unique fields → write → assignment rules → field history. A layer that refuses hides all
layers behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..kernel.rows import Row
from . import activities
from .data import OrgData
from .deleting import Bin
from .derived import with_derived
from .duplicates import Duplicates
from .errors import RowError, RowRefused, refused
from .fields import ObjectType
from .formula_rules import fires
from .person_accounts import check_person, mirror
from .policies import approval_lock
from .references import References, locked
from .rules import Assignment, Automation, Refusal
from .values import bad_choice, stored_value
from .writer import Writer


class Saver:
    """Creates, updates and deletes rows of one org under its rules. All methods raise RowRefused."""

    def __init__(self, data: OrgData) -> None:
        self._data = data
        self._references = References(data)
        self._duplicates = Duplicates(data)
        self.bin = Bin(data)

    def create(self, kind: ObjectType, given: Mapping[str, Any], writer: Writer) -> Row:
        """Save a new row."""
        self._must(kind, kind.createable, "inserted")
        if writer.limited:
            self._data.policies.check_write()
            self._data.policies.check_room(self._data.rows_held())
        full = self._data.full[kind.name]
        laid = self._formatted(kind, full.defaults, given, writer, creating=True)
        values = {**full.defaults, **laid}
        if "OwnerId" in values and laid.get("OwnerId") is None:
            values["OwnerId"] = writer.user_id
        with_derived(self._data, full, None, values, laid)
        check_person(full, values, laid)
        self._check_choices(full, values, laid)
        self._judge(full, None, values, writer, set(laid))
        self._assign(full, values, writer)
        row = self._data.tables[kind.name].insert(values, writer.author, self._data.now())
        self._data.record_creation(kind.name, row, writer.author)
        self._follow(full, row, writer)
        return row

    def update(self, kind: ObjectType, row: Row, given: Mapping[str, Any], writer: Writer) -> None:
        """Save changes to a row."""
        self._must(kind, kind.updateable, "updated")
        if writer.limited:
            self._data.policies.check_write()
        self._reach(row, writer)
        if row.values.get("IsConverted"):
            raise refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        laid = self._formatted(kind, row.values, given, writer, creating=False)
        full = self._data.full[kind.name]
        values = {**row.values, **laid}
        with_derived(self._data, full, row.values, values, laid)
        check_person(full, values, laid)
        self._references.check_loop(full, row, laid)
        changed = {name for name, value in values.items() if row.values.get(name) != value}
        self._check_choices(full, values, changed)
        self._judge(full, row, values, writer, changed)
        self._assign(full, values, writer)
        changes = self._data.tables[kind.name].update(row, values, writer.author, self._data.now())
        self._data.record_history(kind.name, row, changes, writer.author)
        self._follow(full, row, writer)

    def delete(self, kind: ObjectType, row: Row, writer: Writer) -> None:
        """Put a row into the recycle bin, with what hangs on it."""
        if not kind.deletable and self._data.full[kind.name].deletable:
            raise _no_access()
        self._must(kind, kind.deletable, "deleted")
        if writer.limited:
            self._data.policies.check_write()
        self._reach(row, writer)
        check_person(self._data.full[kind.name], row.values, {})
        self.bin.delete(row, writer.author)

    def _reach(self, row: Row, writer: Writer) -> None:
        if row.deleted_at is not None:
            raise refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
        if not writer.limited:
            return
        rights = self._data.permissions
        if rights.rows.get(row.id) == "none":
            text = f"insufficient access rights on cross-reference id: {row.id[:15]}"
            raise refused("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", text, status=403)
        if row.id in rights.rows:
            raise _no_access()
        if row.id in rights.in_approval:
            raise approval_lock()
        if rights.is_held(row.id):
            raise locked(row.id)

    def _follow(self, kind: ObjectType, row: Row, writer: Writer) -> None:
        """What the org itself changes in other rows after a save."""
        if kind.name == "OpportunityContactRole":
            self._only_primary(kind, row, writer)
        if kind.name == "Account":
            mirror(self._data, row, writer.author)
        if kind.name == "Campaign":
            activities.follow_campaign(self._data, row, writer)

    def _only_primary(self, kind: ObjectType, row: Row, writer: Writer) -> None:
        """An opportunity has one primary contact: a new one takes the mark from the others [from memory]."""
        if not row.values.get("IsPrimary"):
            return
        table, through = self._data.tables[kind.name], kind.by_name["opportunityid"]
        for other in self._data.children(kind, through, row.values["OpportunityId"]):
            if other.id != row.id and other.values.get("IsPrimary"):
                table.update(other, {"IsPrimary": False}, writer.author, self._data.now())

    def _assign(self, kind: ObjectType, values: dict[str, Any], writer: Writer) -> None:
        rules = self._data.rules.get(kind.name, ()) if writer.assigns else ()
        for rule in rules:
            if isinstance(rule, Assignment) and rule.when(values):
                values["OwnerId"] = self._data.owner_id(rule.owner)
                return

    def _check_choices(self, kind: ObjectType, values: Mapping[str, Any], names: Collection[str]) -> None:
        """Refuse values that the row's record type does not allow."""
        chosen = values.get("RecordTypeId")
        record_type = (
            next((each for each in kind.record_types if each.id == chosen), None) if chosen else None
        )
        if record_type is None:
            return
        for name, allowed in record_type.values.items():
            value, field = values.get(name), kind.find(name)
            if name not in names or value is None or field is None or not field.restricted:
                continue
            for part in str(value).split(";") if field.type == "multipicklist" else [value]:
                if part not in allowed:
                    raise bad_choice(field, part)

    def _must(self, kind: ObjectType, allowed: bool, what: str) -> None:
        if not allowed:
            text = f"entity type cannot be {what}: {kind.name}"
            raise refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", text)

    def _formatted(
        self,
        kind: ObjectType,
        before: Mapping[str, Any],
        given: Mapping[str, Any],
        writer: Writer,
        *,
        creating: bool,
    ) -> dict[str, Any]:
        laid: dict[str, Any] = {}
        errors: list[RowError] = []
        status = 400
        closed: list[str] = []
        for name, value in given.items():
            field = kind.find(name)
            if field is None:
                through = kind.by_relationship.get(name.lower())
                if through is None or not isinstance(value, dict):
                    raise refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
                field, value = through, self._references.by_key(through, value)
            if not (field.createable if creating else field.updateable):
                closed.append(field.name)
                continue
            try:
                stored = stored_value(field, value)
                if field.type == "reference" and (creating or stored != before.get(field.name)):
                    stored = self._references.checked(kind, field, stored, writer)
                laid[field.name] = stored
            except RowRefused as refusal:
                errors.extend(refusal.errors)
                status = max(status, refusal.status)
        if closed:
            raise RowRefused([_closed(closed)])
        if errors:
            raise RowRefused(errors, status)
        if self._data.places is not None:
            self._data.places.settle(self._data.full[kind.name], before, laid)
        return laid

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
            if rule.speaks != "rule" and rule.holds(values):
                raise RowRefused([rule.error(creating)])
        missing = [field.name for field in kind.required if values.get(field.name) is None]
        if missing:
            text = f"Required fields are missing: [{', '.join(missing)}]"
            raise refused("REQUIRED_FIELD_MISSING", text, *missing)
        broken = [
            rule.error(creating)
            for rule in refusals
            if rule.speaks == "rule" and self._holds(rule, kind, row, values, writer)
        ]
        if broken:
            raise RowRefused(broken)
        activities.check(self._data, kind, row, values)
        self._duplicates.judge(kind, row, values, changed, writer)
        self._duplicates.keep_unique(kind, row, values, changed)

    def _holds(
        self, rule: Refusal, kind: ObjectType, row: Row | None, values: Mapping[str, Any], writer: Writer
    ) -> bool:
        formula = self._data.formulas.get((kind.name, rule.name))
        return (
            rule.holds(values) if formula is None else fires(self._data, formula, kind, row, values, writer)
        )


def _no_access() -> RowRefused:
    return refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403)


def _closed(names: list[str]) -> RowError:
    text = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field "
        "and verify that it is read/write for your profile or permission set."
    )
    return RowError("INVALID_FIELD_FOR_INSERT_UPDATE", text, tuple(names))
