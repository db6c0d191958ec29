"""What the control port does inside the org: seeding, edits by people, changes of schema and rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Any

from ..kernel.org import ControlRefused
from ..kernel.rows import Row, Table
from .custom_setup import add_object, set_record, setup_owner
from .data import OrgData
from .derived import with_derived
from .errors import RowRefused
from .fields import NUMBER_TYPES, SYSTEM_FIELDS, Field, ObjectType
from .formula_rules import formula_rule
from .ids import normal_id
from .person_accounts import mirror
from .record_types import RecordTypes
from .rule_rows import RuleRows
from .rules import rule_of
from .save import Saver
from .stock_deals import FORECAST_CATEGORIES, Stage
from .writer import Writer

_FIELD_KEYS = frozenset(each.name for each in dataclass_fields(Field))


class Admin:
    """The hands of the org's people and of its administrator. All methods raise ControlRefused."""

    def __init__(self, data: OrgData, saver: Saver) -> None:
        self._data = data
        self._saver = saver
        self._record_types = RecordTypes(data)
        self._rule_rows = RuleRows(data)

    def table(self, object: str) -> Table:
        """The table of an object."""
        if object not in self._data.tables:
            raise ControlRefused(f"the org has no object {object}")
        return self._data.tables[object]

    def load(self, object: str, rows: Sequence[Mapping[str, Any]], author: str) -> list[str]:
        """Put rows in past all rules, without field history."""
        table, kind = self.table(object), self._data.full[object]
        now = self._data.now()
        defaults = dict(kind.defaults)
        if "OwnerId" in defaults:
            defaults["OwnerId"] = self._data.sales_user
        ids = []
        for row in rows:
            given = _plain(kind, row)
            values = {**defaults, **given}
            if kind.setting:
                values["SetupOwnerId"] = setup_owner(self._data, str(values["SetupOwnerId"]))
            with_derived(self._data, kind, None, values, given)
            made = table.insert(values, author, now)
            if object == "Account":
                mirror(self._data, made, author)
            ids.append(made.id)
        return ids

    def edit(self, object: str, id: str, values: Mapping[str, Any], author: str, *, rules: bool) -> None:
        """Change a row as a person would."""
        row, kind = self._row(object, id), self._data.full[object]
        if not rules:
            given = _plain(kind, values)
            whole = {**row.values, **given}
            with_derived(self._data, kind, row.values, whole, given)
            changes = self.table(object).update(row, whole, author, self._data.now())
            self._data.record_history(object, row, changes, author)
            if object == "Account":
                mirror(self._data, row, author)
            return
        try:
            self._saver.update(kind, row, values, self.person(author))
        except RowRefused as refusal:
            raise in_words(refusal) from refusal

    def person(self, author: str) -> Writer:
        """Someone who writes with all rights."""
        return Writer(author, self._data.user_id(author), limited=False)

    def delete(self, object: str, id: str, author: str) -> None:
        """Put a row into the recycle bin as a person would."""
        try:
            self._saver.bin.delete(self._row(object, id), author)
        except RowRefused as refusal:
            raise in_words(refusal) from refusal

    def restore(self, body: Mapping[str, Any]) -> dict[str, str]:
        """Take a row out of the recycle bin as a person would: ``{object, id, author?}``."""
        object, id = str(body.get("object")), str(body.get("id"))
        row = self.table(object).get(normal_id(id) or "")
        if row is None:
            raise ControlRefused(f"no {object} has the id {id}")
        try:
            self._saver.bin.restore(row, str(body.get("author", "user:someone")))
        except RowRefused as refusal:
            raise in_words(refusal) from refusal
        return {"restored": row.id}

    def rows(self, object: str, deleted: bool) -> list[dict[str, Any]]:
        """Rows as stored."""
        return [
            {"id": row.id, **row.values, "_modified": row.modified_at, "_author": row.modified_by}
            for row in self.table(object).all()
            if (row.deleted_at is not None) == deleted
        ]

    def change_schema(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One change to the fields or rules of an object."""
        object = body.get("object", "")
        if "add_object" in body:
            add_object(self._data, str(object), body["add_object"])
            return {"object": object, "rules": []}
        self.table(object)
        kind = self._data.full[object]
        match body:
            case {"add_field": dict(declared)}:
                self._add_field(kind, declared)
            case {"change_field": dict(declared)}:
                field = _field(kind, declared)
                changed = replace(field, **_field_values(declared))
                self._data.replace_kind(
                    kind.with_fields(changed if each is field else each for each in kind.fields)
                )
            case {"remove_option": {"field": str(name), "option": str(option)}}:
                self._remove_option(kind, _field(kind, {"name": name}), option)
            case {"remove_field": dict(declared)}:
                self._remove_field(kind, _field(kind, declared))
            case {"add_rule": dict(declared)}:
                rule = rule_of(declared)
                if "formula" in declared:
                    self._data.formulas[object, declared["name"]] = formula_rule(
                        self._data, kind, str(declared["formula"])
                    )
                self._data.rules.setdefault(object, []).append(rule)
                self._rule_rows.added(kind, rule)
            case {"remove_rule": {"name": str(name)}}:
                kept = [rule for rule in self._data.rules.get(object, []) if rule.name != name]
                self._data.rules[object] = kept
                self._rule_rows.removed(kind, name)
                self._data.formulas.pop((object, name), None)
            case {"set_record": {"name": str(name), "values": dict(values), **more}}:
                label = str(more.get("label", ""))
                set_record(self._data, kind, name, label, _plain(kind, values))
            case {"add_stage": dict(declared)} if object == "Opportunity":
                self._add_stage(kind, declared)
            case {"add_record_type": dict(declared)}:
                self._record_types.add(kind, declared)
            case {"change_record_type": dict(declared)}:
                self._record_types.change(kind, declared)
            case _:
                raise ControlRefused(
                    "give one of add_object, add_field, change_field, remove_field, remove_option, add_rule, "
                    "remove_rule, add_record_type, change_record_type, for a custom metadata type set_record and, for Opportunity, "
                    "add_stage"
                )
        return {"object": object, "rules": [rule.name for rule in self._data.rules.get(object, [])]}

    def track(self, tracked: Mapping[str, Sequence[str]]) -> None:
        """Choose which fields of which objects keep a history."""
        for object, names in tracked.items():
            self.table(object)
            self._data.replace_kind(replace(self._data.full[object], tracked=frozenset(names)))

    def _add_stage(self, kind: ObjectType, declared: Mapping[str, Any]) -> None:
        """``{"name", "probability"?, "forecast"?, "closed"?, "won"?}``; a name that is there is changed."""
        try:
            stage = Stage(**{"probability": 0, "forecast": "Pipeline", **declared})
        except TypeError as error:
            raise ControlRefused(f"a stage cannot be made of {dict(declared)}") from error
        if stage.forecast not in FORECAST_CATEGORIES:
            raise ControlRefused(f"{stage.forecast} is no forecast category")
        field = kind.by_name["stagename"]
        self._data.add_stage(stage)
        if stage.name not in field.values:
            longer = replace(field, values=(*field.values, stage.name))
            self._data.replace_kind(
                kind.with_fields(longer if each is field else each for each in kind.fields)
            )

    def _add_field(self, kind: ObjectType, declared: Mapping[str, Any]) -> None:
        if not {"name", "type"} <= declared.keys() or kind.find(declared["name"]):
            raise ControlRefused("a new field needs a type and a name that is not taken")
        values = {"label": declared["name"], **_field_values(declared)}
        if values["type"] == "boolean":
            values = {"default": False, "defaulted": True, **values}
        field = Field(**values)
        self._data.replace_kind(kind.with_fields((*kind.fields, field)))
        if field.default is not None:
            table = self._data.tables[kind.name]
            for row in table.all():
                version = row.version()
                table.put_back(row, replace(version, values={**version.values, field.name: field.default}))

    def _remove_option(self, kind: ObjectType, field: Field, option: str) -> None:
        if option not in field.values:
            raise ControlRefused(f"{field.name} has no option {option}")
        fewer = replace(field, values=tuple(each for each in field.values if each != option))
        self._data.replace_kind(kind.with_fields(fewer if each is field else each for each in kind.fields))

    def _remove_field(self, kind: ObjectType, field: Field) -> None:
        self._data.permissions.forget(kind.name, field.name)
        fields = tuple(each for each in kind.fields if each is not field)
        self._data.replace_kind(replace(kind, fields=fields, tracked=kind.tracked - {field.name}))

    def _row(self, object: str, id: str) -> Row:
        row = self.table(object).find(id)
        if row is None:
            raise ControlRefused(f"no living {object} has the id {id}")
        return row


def in_words(refusal: RowRefused) -> ControlRefused:
    """What the org answered a person, for the control port."""
    return ControlRefused(str(refusal), [error.in_collection() for error in refusal.errors])


def _plain(kind: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values under their proper names; whole numbers become decimals where the field has decimals."""
    plain: dict[str, Any] = {}
    for name, value in values.items():
        field = kind.find(name)
        if field is None or field.name in SYSTEM_FIELDS or field.derived:
            raise ControlRefused(f"{kind.name} has no field {name} that can be set")
        whole = isinstance(value, int) and field.type in NUMBER_TYPES
        plain[field.name] = (
            float(value) if whole else _typed(field, value) if isinstance(value, str) else value
        )
    return plain


def _typed(field: Field, text: str) -> Any:
    """A text, as files have it, as the field's own type; an empty one is no value."""
    try:
        if text == "":
            return False if field.type == "boolean" else None
        if field.type == "boolean":
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if field.type == "int":
            return int(text)
        return float(text) if field.type in NUMBER_TYPES else text
    except (KeyError, ValueError):
        raise ControlRefused(f"{text} is no value for {field.name}, which is a {field.type}") from None


def _field(kind: ObjectType, declared: Mapping[str, Any]) -> Field:
    field = kind.find(str(declared.get("name")))
    if field is None or field.name in SYSTEM_FIELDS:
        raise ControlRefused(f"{kind.name} has no field {declared.get('name')} that can be changed")
    return field


def _field_values(declared: Mapping[str, Any]) -> dict[str, Any]:
    unknown = declared.keys() - _FIELD_KEYS
    if unknown:
        raise ControlRefused(f"a field has no {', '.join(sorted(unknown))}")
    valid_for = declared.get("valid_for", {})
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in declared.items()}
    return values | {"valid_for": {value: frozenset(by) for value, by in valid_for.items()}}
