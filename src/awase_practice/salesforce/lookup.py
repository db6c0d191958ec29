"""Rows by the value of a field: what unique fields, external ids and duplicate rules ask."""

from __future__ import annotations

from typing import Any

from ..kernel.rows import Row, Table, Version
from .fields import Field


class ValueIndex:
    """The rows of one table by the value of one field; case does not count unless the field says so.

    deleted: rows that were deleted count too, otherwise only live ones.
    """

    def __init__(self, table: Table, field: Field, *, deleted: bool = False) -> None:
        self._field = field
        self._deleted = deleted
        self._ids: dict[Any, list[str]] = {}
        self._name = field.name
        for row in table.all() if deleted else table.live():
            self._add(row.values.get(self._name), row.id)
        table.watchers.append(self._wrote)
        self._table = table

    def find(self, value: Any) -> list[str]:
        """The ids of the rows that hold this value, in the order they came to hold it."""
        return self._ids.get(self._key(value), [])

    def close(self) -> None:
        """Stop following the table."""
        self._table.watchers.remove(self._wrote)

    def _key(self, value: Any) -> Any:
        if isinstance(value, str) and not self._field.case_sensitive:
            return value.casefold()
        return value

    def _wrote(self, row: Row, before: Version | None) -> None:
        old = None if before is None or self._gone(before) else before.values.get(self._name)
        new = None if self._gone(row) else row.values.get(self._name)
        if old == new:
            return
        self._remove(old, row.id)
        self._add(new, row.id)

    def _gone(self, row: Row | Version) -> bool:
        return row.deleted_at is not None and not self._deleted

    def _add(self, value: Any, row_id: str) -> None:
        if value is not None:
            self._ids.setdefault(self._key(value), []).append(row_id)

    def _remove(self, value: Any, row_id: str) -> None:
        key = self._key(value)
        holders = self._ids.get(key)
        if value is None or holders is None:
            return
        holders.remove(row_id)
        if not holders:
            del self._ids[key]
