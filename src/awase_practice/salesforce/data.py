"""What the org holds: its objects as each user sees them, its rows, its users and its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ..kernel.clock import Clock
from ..kernel.org import ControlRefused
from ..kernel.rows import Change, Row, Table, Version
from .fields import Field, ObjectType
from .ids import make_id
from .lookup import ValueIndex
from .rules import Rule
from .stock import STOCK, history_type

SYSTEM_AUTHOR = "system"
_SLUG = re.compile("[^a-z0-9]+")


class OrgData:
    """Objects, tables, indexes, users and rules of one org, without any protocol."""

    def __init__(self, clock: Clock, org_name: str, org_id: str) -> None:
        self.clock = clock
        self.full: dict[str, ObjectType] = dict(STOCK)
        self.seen: dict[str, ObjectType] = dict(STOCK)
        self.hidden: dict[str, list[str]] = {}
        self.keeps_history = True
        self.rules: dict[str, list[Rule]] = {}
        self.tables: dict[str, Table] = {}
        self._indexes: dict[tuple[str, str], ValueIndex] = {}
        self._users: dict[str, str] = {}
        self._domain = f"{_SLUG.sub('-', org_name.lower()).strip('-') or 'org'}.practice.example"
        self._names = {name.lower(): name for name in self.full}
        self._by_prefix = {kind.key_prefix: kind.name for kind in self.full.values()}
        for kind in STOCK.values():
            self._make_table(kind)
        self._make_organization(org_name, org_id)
        self.integration_user = self.user_id("user:integration")
        self.sales_user = self.user_id("user:sales")

    def now(self) -> datetime:
        """The org's time, to the second, as rows are stamped."""
        return self.clock.now().replace(microsecond=0)

    def kind(self, name: str) -> ObjectType | None:
        """The object of this name, whatever its case, as the API's user sees it."""
        proper = self._names.get(name.lower())
        if proper is None or (proper.endswith("History") and not self.keeps_history):
            return None
        return self.seen[proper]

    def kind_of_id(self, row_id: str) -> str | None:
        """The name of the object whose ids begin like this one."""
        return self._by_prefix.get(row_id[:3])

    def index(self, object: str, field: Field) -> ValueIndex:
        """The index over a field; made when it is first asked for."""
        key = (object, field.name)
        if key not in self._indexes:
            self._indexes[key] = ValueIndex(self.tables[object], field)
        return self._indexes[key]

    def user_id(self, author: str) -> str:
        """The User row of an author; people and the platform get theirs when they first appear."""
        found = self._users.get(author)
        if found is None:
            users = self.tables["User"]
            found = author if users.get(author) else self._make_user(author)
            self._users[author] = found
        return found

    def record_history(self, object: str, row: Row, changes: Iterable[Change], author: str) -> None:
        """Write the field history of an update. Long texts and multiple choices are listed without values."""
        kind, history = self.full[object], self.tables.get(f"{object}History")
        if not self.keeps_history or history is None:
            return
        for change in changes:
            if change.field not in kind.tracked:
                continue
            field = kind.find(change.field)
            valueless = field is not None and (field.is_long_text or field.type == "multipicklist")
            old, new = (None, None) if valueless else (change.old, change.new)
            values = {f"{object}Id": row.id, "Field": change.field, "OldValue": old, "NewValue": new}
            history.insert(values, author, change.at)

    def record_creation(self, object: str, row: Row, author: str) -> None:
        """The one line of field history that says a row was made."""
        history = self.tables.get(f"{object}History")
        if self.keeps_history and history is not None:
            values = {f"{object}Id": row.id, "Field": "created", "OldValue": None, "NewValue": None}
            history.insert(values, author, row.created_at)

    def replace_kind(self, kind: ObjectType) -> None:
        """Take over a changed object; indexes over its fields are made anew when asked for."""
        self.full[kind.name] = kind
        if f"{kind.name}History" in self.full:
            self.full[f"{kind.name}History"] = history_type(kind)
        for key in [key for key in self._indexes if key[0] == kind.name]:
            self._indexes.pop(key).close()
        self.hide(self.hidden)

    def hide(self, hidden: Mapping[str, list[str]]) -> None:
        """Hide fields from the API's user. Raises ControlRefused for an object or field that is not there."""
        for name, fields in hidden.items():
            kind = self.full.get(name)
            if kind is None or any(kind.find(field) is None for field in fields):
                raise ControlRefused(f"cannot hide {fields} of {name}: no such object or field")
        self.hidden = {name: list(fields) for name, fields in hidden.items()}
        self.seen = {
            name: kind.without(self.hidden[name]) if self.hidden.get(name) else kind
            for name, kind in self.full.items()
        }

    def _make_table(self, kind: ObjectType) -> None:
        # Both history objects share one key prefix; the second counts from far away so that ids stay unique.
        first = 62**8 if kind.name == "ContactHistory" else 0
        self.tables[kind.name] = Table(kind.name, lambda count: make_id(kind.key_prefix, first + count))

    def _make_organization(self, name: str, org_id: str) -> None:
        values = {
            "Name": name,
            "InstanceName": "JP99",
            "IsSandbox": True,
            "TrialExpirationDate": None,
            "NamespacePrefix": None,
            "OrganizationType": "Developer Edition",
            "LanguageLocaleKey": "ja",
            "TimeZoneSidKey": "Asia/Tokyo",
        }
        self.tables["Organization"].insert(values, SYSTEM_AUTHOR, self.now(), row_id=org_id)

    def _make_user(self, author: str) -> str:
        name = author.removeprefix("user:")
        address = f"{name.lower()}@{self._domain}"
        for row in self.tables["User"].live():
            if row.values["Username"] == address:
                return row.id
        values = {
            "Username": address,
            "LastName": name,
            "FirstName": None,
            "Name": name,
            "Email": address,
            "IsActive": True,
            "TimeZoneSidKey": "Asia/Tokyo",
            "LanguageLocaleKey": "ja",
        }
        return self.tables["User"].insert(values, SYSTEM_AUTHOR, self.now()).id


def shown_name(values: Mapping[str, Any]) -> str:
    """A person's full name as a Japanese org shows it: family name first."""
    return " ".join(part for part in (values.get("LastName"), values.get("FirstName")) if part)


Undo = tuple[Table, Row, Version | None]


class Savepoint:
    """All writes to some tables since it was taken, so that they can be undone together."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._undo: list[Undo] = []
        self._watched: list[tuple[Table, Any]] = []
        for table in tables:

            def wrote(row: Row, before: Version | None, table: Table = table) -> None:
                self._undo.append((table, row, before))

            table.watchers.append(wrote)
            self._watched.append((table, wrote))

    def release(self) -> None:
        """Keep what was written."""
        for table, watcher in self._watched:
            table.watchers.remove(watcher)
        self._watched = []

    def roll_back(self) -> None:
        """Undo everything, last write first."""
        self.release()
        for table, row, before in reversed(self._undo):
            table.put_back(row, before)
