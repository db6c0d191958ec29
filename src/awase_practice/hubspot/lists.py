"""Lists of records, filled by hand or by the API. Lists that fill themselves are not kept here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from ..kernel.rows import Row, Table, Version

PROCESSING: Final = frozenset({"MANUAL", "SNAPSHOT"})


class Lists:
    """The lists of one portal and who is on them, both kept as rows.

    is_live: whether an object has a live record of an id. Archived members stay, unseen, until they are restored.
    """

    def __init__(self, is_live: Callable[[str, str], bool]) -> None:
        self.table = Table("list", str)
        self.members = Table("list_member", lambda count: f"member {count}")
        self._is_live = is_live
        self._on: dict[str, dict[str, Row]] = {}
        self._of: dict[tuple[str, str], dict[str, Row]] = {}
        self._named: dict[tuple[str, str], str] = {}
        self.table.watchers.append(self._wrote)
        self.members.watchers.append(self._member_wrote)

    # -- reading ---------------------------------------------------------------------------------------------

    def get(self, list_id: str) -> Row | None:
        """A live list."""
        return self.table.find(list_id)

    def named(self, key: str, name: str) -> Row | None:
        """The live list of an object with this name; capitals do not matter (from memory)."""
        return self.table.find(self._named.get((key, name.casefold()), ""))

    def search(self, query: str, key: str | None) -> list[Row]:
        """Live lists whose name contains a text, oldest first."""
        wanted = query.casefold()
        return [
            row
            for row in self.table.live()
            if wanted in row.values["name"].casefold() and key in {None, row.values["object"]}
        ]

    def memberships(self, list_id: str) -> list[Row]:
        """The live members of a list in the order of their ids."""
        members = self._on.get(list_id, {})
        return [members[each] for each in sorted(members, key=int) if self._seen(members[each])]

    def size(self, list_id: str) -> int:
        """How many live members a list has."""
        return sum(1 for row in self._on.get(list_id, {}).values() if self._seen(row))

    def of(self, key: str, record_id: str) -> Iterator[Row]:
        """The memberships of a record."""
        return iter(list(self._of.get((key, record_id), {}).values()))

    def _seen(self, member: Row) -> bool:
        return self._is_live(member.values["object"], member.values["record"])

    # -- writing ---------------------------------------------------------------------------------------------

    def create(self, key: str, name: str, processing: str, author: str, at: datetime) -> Row:
        """A new, empty list."""
        values = {"object": key, "name": name, "processing": processing}
        return self.table.insert(values, author, at)

    def rename(self, row: Row, name: str, author: str, at: datetime) -> None:
        """Give a list another name."""
        self.table.update(row, {"name": name}, author, at)

    def add(self, row: Row, record_ids: Iterable[str], author: str, at: datetime) -> list[str]:
        """Put records on a list; the ids of those that were not on it yet."""
        added = []
        for record_id in dict.fromkeys(record_ids):
            member_id = f"{row.id}/{record_id}"
            known = self.members.get(member_id)
            if known is None:
                values = {"list": row.id, "object": row.values["object"], "record": record_id}
                self.members.insert(values, author, at, member_id)
            elif known.deleted_at is not None:
                self.members.restore(known, author, at)
            else:
                continue
            added.append(record_id)
        return added

    def remove(self, row: Row, record_ids: Iterable[str], author: str, at: datetime) -> list[str]:
        """Take records off a list, which changes nothing else about them; the ids of those that were on it."""
        removed = []
        for record_id in dict.fromkeys(record_ids):
            member = self.members.find(f"{row.id}/{record_id}")
            if member is not None:
                self.members.delete(member, author, at)
                removed.append(record_id)
        return removed

    def move(self, key: str, old_id: str, new_id: str, author: str, at: datetime) -> None:
        """A record's memberships are another's."""
        for member in self.of(key, old_id):
            row = self.table.get(member.values["list"])
            if row is not None:
                self.remove(row, [old_id], author, at)
                self.add(row, [new_id], author, at)

    # -- indexes ---------------------------------------------------------------------------------------------

    def _wrote(self, row: Row, before: Version | None) -> None:
        if before is not None:
            self._named.pop(_name(before.values), None)
        if row.deleted_at is None:
            self._named[_name(row.values)] = row.id

    def _member_wrote(self, row: Row, before: Version | None) -> None:
        del before
        values = row.values
        on = self._on.setdefault(values["list"], {})
        of = self._of.setdefault((values["object"], values["record"]), {})
        if row.deleted_at is None:
            on[values["record"]] = of[values["list"]] = row
        else:
            on.pop(values["record"], None)
            of.pop(values["list"], None)


def _name(values: Any) -> tuple[str, str]:
    return values["object"], values["name"].casefold()
