"""What the API's user may see and do: objects, fields and single rows, as an administrator set it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..kernel.org import ControlRefused
from .fields import Field, ObjectType
from .ids import normal_id

_RIGHTS: Final = {"create": "createable", "edit": "updateable", "delete": "deletable", "read": "readable"}
_ACCESS: Final = frozenset(("read", "none"))


class Permissions:
    """The rights of the API's user. Everything is allowed at first."""

    def __init__(self) -> None:
        self.hidden: dict[str, list[str]] = {}
        self.read_only: dict[str, list[str]] = {}
        self.objects: dict[str, dict[str, bool]] = {}
        self.rows: dict[str, str] = {}
        self.locked: dict[str, int | None] = {}
        self.in_approval: set[str] = set()

    def hide(self, full: Mapping[str, ObjectType], fields: Mapping[str, list[str]]) -> None:
        """Hide fields of objects. Raises ControlRefused for an object or field that is not there."""
        _known(full, fields, "hide")
        self.hidden = {name: list(each) for name, each in fields.items()}

    def close(self, full: Mapping[str, ObjectType], fields: Mapping[str, list[str]]) -> None:
        """Let fields of objects be read only. Raises ControlRefused."""
        _known(full, fields, "close")
        self.read_only = {name: list(each) for name, each in fields.items()}

    def allow(self, full: Mapping[str, ObjectType], rights: Mapping[str, Mapping[str, bool]]) -> None:
        """Say for objects whether they can be created, edited, deleted, read; unsaid is allowed. Raises ControlRefused."""
        for name, each in rights.items():
            if name not in full or not each.keys() <= _RIGHTS.keys():
                raise ControlRefused(f"cannot allow {dict(each)} of {name}: no such object or right")
        self.objects = {name: dict(each) for name, each in rights.items()}

    def share(self, rows: Mapping[str, str]) -> None:
        """Give ids of rows that can only be read (``read``) or are not visible (``none``). Raises ControlRefused."""
        if not _ACCESS.issuperset(rows.values()):
            raise ControlRefused("the access to a row is read or none")
        self.rows = {_whole(each): access for each, access in rows.items()}

    def lock(self, rows: Mapping[str, int | None]) -> None:
        """Give ids of rows that somebody else is holding: for so many tries, or until told otherwise. Raises ControlRefused."""
        self.locked = {_whole(each): tries for each, tries in rows.items()}

    def await_approval(self, rows: Iterable[str]) -> None:
        """Give ids of rows that wait for an approval and cannot be edited until then. Raises ControlRefused."""
        self.in_approval = {_whole(each) for each in rows}

    def is_held(self, row_id: str) -> bool:
        """Whether a write meets a lock on this row; each meeting counts as a try."""
        if row_id not in self.locked:
            return False
        tries = self.locked[row_id]
        if tries is not None and tries <= 1:
            del self.locked[row_id]
        elif tries is not None:
            self.locked[row_id] = tries - 1
        return tries is None or tries > 0

    def forget(self, object: str, field: str) -> None:
        """A field is gone."""
        for fields in (self.hidden, self.read_only):
            if field in fields.get(object, ()):
                fields[object].remove(field)

    def seen(self, kind: ObjectType) -> ObjectType:
        """An object as the API's user sees it."""
        if hidden := self.hidden.get(kind.name):
            kind = kind.without(hidden)
        if closed := self.read_only.get(kind.name):
            names = {name.lower() for name in closed}
            kind = kind.with_fields(
                _closed(each) if each.name.lower() in names else each for each in kind.fields
            )
        rights: dict[str, Any] = {
            _RIGHTS[right]: False for right, given in self.objects.get(kind.name, {}).items() if not given
        }
        return replace(kind, **rights) if rights else kind


def _closed(field: Field) -> Field:
    return replace(field, createable=False, updateable=False)


def _known(full: Mapping[str, ObjectType], fields: Mapping[str, list[str]], what: str) -> None:
    for name, each in fields.items():
        kind = full.get(name)
        if kind is None or any(kind.find(field) is None for field in each):
            raise ControlRefused(f"cannot {what} {each} of {name}: no such object or field")


def _whole(row_id: str) -> str:
    whole = normal_id(row_id)
    if whole is None:
        raise ControlRefused(f"{row_id} is no id of a row")
    return whole
