"""Record types as an administrator makes them: for whom, which is the default, which picklist values they allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..kernel.org import ControlRefused
from .data import SYSTEM_AUTHOR, OrgData
from .fields import ObjectType, RecordType
from .stock_fields import RECORD_TYPE

_SWITCHES: Final = ("active", "available", "default")


class RecordTypes:
    """Keeps an object's record types and the RecordType rows that show them in step."""

    def __init__(self, data: OrgData) -> None:
        self._data = data

    def add(self, kind: ObjectType, declared: Mapping[str, Any]) -> RecordType:
        """``{"name", "developer_name"?, "active"?, "available"?, "default"?, "values"?: {field: [...]}}``.

        The first one brings the field RecordTypeId with it, where the object has none. Raises ControlRefused.
        """
        name = declared.get("name")
        if not isinstance(name, str):
            raise ControlRefused("a record type needs a name")
        developer_name = str(declared.get("developer_name", name))
        if any(each.developer_name == developer_name for each in kind.record_types):
            raise ControlRefused(f"{kind.name} has a record type {developer_name}")
        plain = {
            "Name": name,
            "DeveloperName": developer_name,
            "Description": None,
            "SobjectType": kind.name,
            "IsActive": True,
            "IsPersonType": declared.get("person") is True,
        }
        row = self._data.tables["RecordType"].insert(plain, SYSTEM_AUTHOR, self._data.now())
        made = RecordType(row.id, name, developer_name, person=declared.get("person") is True)
        if kind.find("RecordTypeId") is None:
            kind = kind.with_fields((*kind.fields, RECORD_TYPE))
        self._put(kind, self._with(kind, made, declared))
        return made

    def change(self, kind: ObjectType, declared: Mapping[str, Any]) -> None:
        """Change what ``add`` set, found by developer_name. Raises ControlRefused."""
        wanted = declared.get("developer_name", declared.get("name"))
        found = next((each for each in kind.record_types if each.developer_name == wanted), None)
        if found is None:
            raise ControlRefused(f"{kind.name} has no record type {wanted}")
        changed = self._with(kind, found, declared)
        row = self._data.tables["RecordType"].get(found.id)
        if row is not None and row.values["IsActive"] != changed.active:
            values = {"IsActive": changed.active}
            self._data.tables["RecordType"].update(row, values, SYSTEM_AUTHOR, self._data.now())
        self._put(kind, changed)

    def _with(self, kind: ObjectType, record_type: RecordType, declared: Mapping[str, Any]) -> RecordType:
        switches: dict[str, Any] = {name: bool(declared[name]) for name in _SWITCHES if name in declared}
        values = dict(record_type.values)
        for name, allowed in declared.get("values", {}).items():
            field = kind.find(name)
            if field is None or not field.allowed.issuperset(allowed):
                raise ControlRefused(f"{kind.name}.{name} does not have all of these values")
            values[field.name] = frozenset(allowed)
        return replace(record_type, values=values, **switches)

    def _put(self, kind: ObjectType, record_type: RecordType) -> None:
        """The only default is the latest one."""
        others = tuple(each for each in kind.record_types if each.id != record_type.id)
        if record_type.default:
            others = tuple(replace(each, default=False) for each in others)
        in_order = sorted((*others, record_type), key=lambda each: each.id)
        self._data.replace_kind(replace(kind, record_types=tuple(in_order)))
