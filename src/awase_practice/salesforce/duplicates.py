"""Rows that are too much alike: duplicate rules, unique fields, and what is said about the row in the way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..kernel.rows import Row
from .data import OrgData
from .errors import RowError, RowRefused, refused
from .fields import Field, ObjectType
from .rules import DuplicateRule
from .writer import Writer


class Duplicates:
    """Compares a row that is being saved with those that are there. All methods raise RowRefused."""

    def __init__(self, data: OrgData) -> None:
        self._data = data

    def judge(
        self, kind: ObjectType, row: Row | None, values: Mapping[str, Any], changed: set[str], writer: Writer
    ) -> None:
        """Ask the duplicate rules of the object. row: None for a new one."""
        for rule in self._data.rules.get(kind.name, ()):
            if not isinstance(rule, DuplicateRule) or not (row is None or rule.field in changed):
                continue
            other_kind = self._data.full.get(rule.against or kind.name, kind)
            field = other_kind.find(rule.field)
            passes = rule.action == "allow" or (writer.allow_duplicates and rule.action == "alert")
            if passes or field is None or values.get(field.name) is None:
                continue
            found = self._data.index(other_kind.name, field).find(values[field.name])
            others = [each for each in found if row is None or each != row.id]
            if others:
                more = {"duplicateResut": _duplicate_result(other_kind, rule, others)}
                raise RowRefused([RowError("DUPLICATES_DETECTED", rule.alert, more=more)])

    def keep_unique(
        self, kind: ObjectType, row: Row | None, values: Mapping[str, Any], changed: Collection[str]
    ) -> None:
        """Refuse a value of a unique field that another row holds, in the recycle bin too if the org says so."""
        for field in kind.unique:
            if field.name not in changed or values.get(field.name) is None:
                continue
            other = self._holder(kind, field, values[field.name], row)
            if other is not None:
                shown = (field.name, other[:15])
                if self._data.permissions.rows.get(other) == "none":
                    shown = ("<unknown>", "<unknown>")
                text = f"duplicate value found: {shown[0]} duplicates value on record with id: {shown[1]}"
                raise refused("DUPLICATE_VALUE", text)

    def _holder(self, kind: ObjectType, field: Field, value: Any, row: Row | None) -> str | None:
        in_bin = self._data.bin_holds_unique_values
        for each in self._data.index(kind.name, field, deleted=in_bin).find(value):
            if (row is None or each != row.id) and self._data.row(each) is not None:
                return each
        return None


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
        "allowSave": rule.action == "alert",
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": kind.name,
        "errorMessage": rule.alert,
        "matchResults": [match],
    }
