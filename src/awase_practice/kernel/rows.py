"""Rows with their full history, and nothing of any vendor's rules.

A row's ``values`` are replaced, never changed in place: whoever holds the old mapping still has the old version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one row, changed once. author: an integration user's id, ``user:<name>`` or ``system``."""

    at: datetime
    author: str
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Version:
    """What a row looked like at some moment, enough to show it or to put it back."""

    values: Mapping[str, Any]
    modified_at: datetime
    modified_by: str
    deleted_at: datetime | None
    changes: int


@dataclass(slots=True)
class Row:
    """One record. ``before`` is the version before the last write, None if it was only created."""

    id: str
    values: Mapping[str, Any]
    created_at: datetime
    created_by: str
    modified_at: datetime
    modified_by: str
    deleted_at: datetime | None = None
    history: list[Change] = field(default_factory=list)
    before: Version | None = None

    def version(self) -> Version:
        """The row as it is now, as a value."""
        return Version(self.values, self.modified_at, self.modified_by, self.deleted_at, len(self.history))

    def value_history(self, name: str) -> list[tuple[datetime, str, Any]]:
        """All values of one field, oldest first: (when, author, value). The first is the one it was created with."""
        changes = [change for change in self.history if change.field == name]
        first = changes[0].old if changes else self.values.get(name)
        return [(self.created_at, self.created_by, first)] + [(c.at, c.author, c.new) for c in changes]


Watcher = Callable[[Row, Version | None], None]
"""Called after each write with the row and its version before it (None: the row is new)."""


class Table:
    """The rows of one object in the order they were made; ids come from ``next_id(count)``."""

    def __init__(self, name: str, next_id: Callable[[int], str]) -> None:
        self.name = name
        self.watchers: list[Watcher] = []
        self.made = 0
        self._next_id = next_id
        self._rows: dict[str, Row] = {}

    def __len__(self) -> int:
        return sum(1 for _ in self.live())

    @property
    def held(self) -> int:
        """How many rows there are, deleted ones too."""
        return len(self._rows)

    def get(self, row_id: str) -> Row | None:
        """The row, deleted or not, or None if there never was one."""
        return self._rows.get(row_id)

    def find(self, row_id: str) -> Row | None:
        """The row if it exists and is not deleted."""
        row = self._rows.get(row_id)
        return row if row is not None and row.deleted_at is None else None

    def all(self) -> Iterator[Row]:
        """Every row, deleted ones too, oldest first."""
        return iter(self._rows.values())

    def live(self) -> Iterator[Row]:
        """Every row that is not deleted, oldest first."""
        return (row for row in self._rows.values() if row.deleted_at is None)

    def insert(self, values: Mapping[str, Any], author: str, at: datetime, row_id: str | None = None) -> Row:
        """Make a row; its first values are its creation, not changes. Raises KeyError if the id is taken."""
        self.made += 1
        row_id = row_id or self._next_id(self.made)
        if row_id in self._rows:
            raise KeyError(row_id)
        row = Row(row_id, dict(values), at, author, at, author)
        self._rows[row_id] = row
        self._tell(row, None)
        return row

    def update(self, row: Row, values: Mapping[str, Any], author: str, at: datetime) -> list[Change]:
        """Lay values over a row. The stamps move even if nothing differs, as both vendors' do. Returns the changes."""
        before, current = row.version(), row.values
        changes = [
            Change(at, author, name, current.get(name), value)
            for name, value in values.items()
            if current.get(name) != value
        ]
        row.values = {**current, **values}
        row.history.extend(changes)
        self._stamp(row, before, author, at)
        return changes

    def touch(self, row: Row, author: str, at: datetime) -> None:
        """Move the stamps of a row without changing a value."""
        self._stamp(row, row.version(), author, at)

    def delete(self, row: Row, author: str, at: datetime) -> None:
        """Put a row in the bin."""
        before = row.version()
        row.deleted_at = at
        self._stamp(row, before, author, at)

    def restore(self, row: Row, author: str, at: datetime) -> None:
        """Take a row out of the bin."""
        before = row.version()
        row.deleted_at = None
        self._stamp(row, before, author, at)

    def put_back(self, row: Row, version: Version | None) -> None:
        """Undo writes, as a rolled-back transaction does: nobody ever saw them. None takes the row away again."""
        undone = row.version()
        if version is None:
            # Whoever watches sees the row leave, as if it were deleted.
            row.deleted_at = row.modified_at
            del self._rows[row.id]
        else:
            row.values, row.deleted_at = version.values, version.deleted_at
            row.modified_at, row.modified_by = version.modified_at, version.modified_by
            del row.history[version.changes :]
        self._tell(row, undone)

    def adopt(self, row: Row) -> None:
        """Take a row as it is, from a snapshot."""
        self._rows[row.id] = row
        self._tell(row, None)

    def _stamp(self, row: Row, before: Version, author: str, at: datetime) -> None:
        row.before, row.modified_at, row.modified_by = before, at, author
        self._tell(row, before)

    def _tell(self, row: Row, before: Version | None) -> None:
        for watcher in self.watchers:
            watcher(row, before)
