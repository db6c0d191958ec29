"""Lists of records: filled by hand or by the API, or by themselves with whatever fits their conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from ..kernel.rows import Row, Table, Version

PROCESSING: Final = frozenset({"MANUAL", "SNAPSHOT", "DYNAMIC"})


class Lists:
    """The lists of one portal and who is on them, both kept as rows.

    is_live: whether an object has a live record of an id. Archived members stay, unseen, until they are restored.
    matching: the live records that fit a list's conditions, or only the one of an id; a list that fills itself has no
    members kept as rows.
    """

    def __init__(
        self, is_live: Callable[[str, str], bool], matching: Callable[[Row, str | None], Iterable[Row]]
    ) -> None:
        self._matching = matching
        self._asking: set[str] = set()
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
        row = self.table.get(list_id)
        if row is not None and fills_itself(row):
            return [
                _member(row, each) for each in sorted(self._matching(row, None), key=lambda one: int(one.id))
            ]
        members = self._on.get(list_id, {})
        return [members[each] for each in sorted(members, key=int) if self._seen(members[each])]

    def has(self, list_id: str, record_id: str) -> bool:
        """Whether a record is on a list."""
        row = self.table.get(list_id)
        if row is not None and fills_itself(row):
            if list_id in self._asking:  # lists that ask for each other, in a circle
                return False
            self._asking.add(list_id)
            try:
                return any(True for _ in self._matching(row, record_id))
            finally:
                self._asking.discard(list_id)
        member = self._on.get(list_id, {}).get(record_id)
        return member is not None and self._seen(member)

    def size(self, list_id: str) -> int:
        """How many live members a list has."""
        row = self.table.get(list_id)
        if row is not None and fills_itself(row):
            return sum(1 for _ in self._matching(row, None))
        return sum(1 for row in self._on.get(list_id, {}).values() if self._seen(row))

    def of(self, key: str, record_id: str) -> Iterator[Row]:
        """The memberships of a record."""
        yield from list(self._of.get((key, record_id), {}).values())
        for row in list(self.table.live()):
            if row.values["object"] == key and fills_itself(row):
                yield from (_member(row, each) for each in self._matching(row, record_id))

    def _seen(self, member: Row) -> bool:
        return self._is_live(member.values["object"], member.values["record"])

    # -- writing ---------------------------------------------------------------------------------------------

    def create(
        self, key: str, name: str, processing: str, author: str, at: datetime, branch: Any = None
    ) -> Row:
        """A new list. branch: its conditions; a snapshot is filled by them once."""
        values = {"object": key, "name": name, "processing": processing}
        row = self.table.insert(values if branch is None else {**values, "branch": branch}, author, at)
        if branch is not None and not fills_itself(row):
            self.add(row, [each.id for each in self._matching(row, None)], author, at)
        return row

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
        for member in list(self._of.get((key, old_id), {}).values()):
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


def fills_itself(row: Row) -> bool:
    """Whether nobody can put records on a list or take them off."""
    return bool(row.values["processing"] == "DYNAMIC")


def _member(row: Row, record: Row) -> Row:
    """A membership that follows from conditions; when it began is taken to be the record's last change."""
    values = {"list": row.id, "object": row.values["object"], "record": record.id}
    at, author = record.modified_at, record.modified_by
    return Row(f"{row.id}/{record.id}", values, at, author, at, author)


def _name(values: Any) -> tuple[str, str]:
    return values["object"], values["name"].casefold()
