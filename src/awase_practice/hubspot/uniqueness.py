"""Which record holds which unique value, and the records in the order of their ids."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from typing import Any

from ..kernel.rows import Row, Table, Version
from .defining import ObjectType
from .properties import PropertySet
from .stock import CONTACT


class Uniqueness:
    """The indexes of one table. Rows loaded past the rules may share a value: the first one holds it."""

    def __init__(self, kind: ObjectType, table: Table, properties: PropertySet) -> None:
        self._kind = kind
        self._table = table
        self._properties = properties
        self._order: list[int] = []
        self._holders: dict[str, dict[str, str]] = {}
        self.rebuild()
        table.watchers.append(self._wrote)

    def rebuild(self) -> None:
        """Index again what is there, after the properties changed."""
        names = self._properties.unique_names()
        if self._kind is CONTACT:
            names.append(
                "email"
            )  # not a unique property by its definition, and yet no two contacts share one
        self._holders = {name: {} for name in dict.fromkeys(names)}
        for row in self._table.live():
            for name, value in self.keys(row.values):
                self._holders[name].setdefault(value, row.id)

    def covers(self, name: str) -> bool:
        """Whether records can be found by this property."""
        return name in self._holders

    def holder(self, name: str, value: str) -> str | None:
        """The id of the live record with this value. Secondary addresses count as addresses (from memory)."""
        key = value.strip().lower() if name == "email" else value
        return self._holders[name].get(key)

    def keys(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The unique values among these, each with its property."""
        for name in self._holders:
            if name == "email" and self._kind is CONTACT:
                for address in addresses(values):
                    yield name, address
            elif values.get(name):
                yield name, values[name]

    def ids_after(self, after: int) -> list[int]:
        """All ids above one, rising, deleted ones too."""
        return self._order[bisect_right(self._order, after) :]

    def _wrote(self, row: Row, before: Version | None) -> None:
        number = int(row.id)
        if not self._order or number > self._order[-1]:
            self._order.append(number)
        elif before is None and self._order[bisect_left(self._order, number)] != number:
            insort(self._order, number)
        old = set(self.keys(before.values)) if before and before.deleted_at is None else set()
        new = set(self.keys(row.values)) if row.deleted_at is None else set()
        for name, value in old - new:
            if self._holders[name].get(value) == row.id:
                del self._holders[name][value]
        for name, value in new - old:
            self._holders[name].setdefault(value, row.id)


def addresses(values: Mapping[str, Any]) -> list[str]:
    """All addresses of a contact, the primary first."""
    found = [values.get("email") or "", *(values.get("hs_additional_emails") or "").split(";")]
    return [each.strip().lower() for each in found if each]
