"""What the org holds: its objects as each user sees them, its rows, its users and its rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..kernel.clock import Clock
from ..kernel.rows import Change, Row, Table, Version
from .fields import SYSTEM_FIELDS, Field, ObjectType
from .ids import make_id
from .lookup import ValueIndex
from .permissions import Permissions
from .places import Places
from .policies import Policies
from .rules import Rule
from .stock import STOCK, WITH_HISTORY, history_name, history_type
from .stock_deals import FORECAST_CATEGORIES, STAGES, Stage

if TYPE_CHECKING:
    from .formula_rules import FormulaRule

SYSTEM_AUTHOR = "system"
PROFILE_NAME = "Integration User"
"""The profile of every user of a practice org."""
BIN_LIFE = timedelta(days=15)
"""How long a deleted row can still be seen and restored; after that only its id is remembered, as a hole."""
ChildRelationship = tuple[str, str, str, bool]
"""Of an object that hangs on another: its name, its field, the name of the relationship, whether it is deleted too."""
_SLUG = re.compile("[^a-z0-9]+")


class OrgData:
    """Objects, tables, indexes, users and rules of one org, without any protocol."""

    def __init__(self, clock: Clock, org_name: str, org_id: str) -> None:
        self.clock = clock
        self.org_id = org_id
        self.full: dict[str, ObjectType] = dict(STOCK)
        self.seen: dict[str, ObjectType] = dict(STOCK)
        self.permissions = Permissions()
        self.policies = Policies()
        self.places: Places | None = None
        self.keeps_history = True
        self.schema_changed_at = clock.now().replace(microsecond=0)
        self.bin_holds_unique_values = False
        self.rules: dict[str, list[Rule]] = {}
        self.formulas: dict[tuple[str, str], FormulaRule] = {}
        self.tables: dict[str, Table] = {}
        self._indexes: dict[tuple[str, str, bool], ValueIndex] = {}
        self._children: dict[str, tuple[tuple[ObjectType, Field], ...]] = {}
        self._users: dict[str, str] = {}
        self._domain = f"{slug(org_name)}.practice.example"
        self._names = {name.lower(): name for name in self.full}
        self._by_prefix = {kind.key_prefix: kind.name for kind in self.full.values()}
        for kind in STOCK.values():
            self._make_table(kind)
        self._stored = [self.tables[kind.name] for kind in STOCK.values() if kind.createable]
        self._make_organization(org_name, org_id)
        self._make_definitions()
        profile = {"Name": PROFILE_NAME, "UserType": "Standard"}
        self.profile = self.tables["Profile"].insert(profile, SYSTEM_AUTHOR, self.now()).id
        self.integration_user = self.user_id("user:integration")
        self.sales_user = self.user_id("user:sales")
        for stage in STAGES:
            self.add_stage(stage)

    def now(self) -> datetime:
        """The org's time, to the second, as rows are stamped."""
        return self.clock.now().replace(microsecond=0)

    def kind(self, name: str, *, tooling: bool = False) -> ObjectType | None:
        """The object of this name, whatever its case, as the API's user sees it; or one of the Tooling API."""
        proper = self._names.get(name.lower())
        if proper is None or (proper.endswith("History") and not self.keeps_history):
            return None
        kind = self.seen[proper]
        return kind if kind.readable and kind.tooling <= tooling else None

    def full_kind(self, name: str, fits: Callable[[ObjectType], bool]) -> ObjectType | None:
        """The whole object of this name, whatever its case, if it is such a one."""
        kind = self.full.get(self._names.get(name.lower(), ""))
        return kind if kind is not None and fits(kind) else None

    def kind_of_id(self, row_id: str) -> str | None:
        """The name of the object whose ids begin like this one."""
        return self._by_prefix.get(row_id[:3])

    def row(self, row_id: str) -> Row | None:
        """Any row by its whole id, deleted or not, as long as it is not purged."""
        # Objects are named by their own names where the Tooling API points to them.
        object = self.kind_of_id(row_id) or ("EntityDefinition" if row_id in self.full else None)
        row = self.tables[object].get(row_id) if object else None
        return None if row is None or self.is_purged(row) else row

    def rows_held(self) -> int:
        """How many rows count against the storage, those in the recycle bin too."""
        return sum(table.held for table in self._stored)

    def is_purged(self, row: Row) -> bool:
        """Whether the row has been in the recycle bin for too long to be anywhere now."""
        return row.deleted_at is not None and self.clock.now() - row.deleted_at > BIN_LIFE

    def is_visible(self, row: Row) -> bool:
        """Whether the API's user can see the row, be it in the recycle bin."""
        return self.permissions.rows.get(row.id) != "none" and not self.is_purged(row)

    def child_relationships(self, name: str) -> tuple[ChildRelationship, ...]:
        """What the API's user sees hanging on an object."""
        return tuple(
            (kind.name, field.name, field.children, field.cascade)
            for kind, field in self.children_of(self._names[name.lower()])
            if field.children and (seen := self.kind(kind.name)) and seen.find(field.name)
        )

    def child_relationship(self, object: str, name: str) -> tuple[ObjectType, Field] | None:
        """The object and the field behind a relationship name seen from the parent."""
        for kind, field in self.children_of(object):
            if field.children and field.children.lower() == name.lower():
                seen = self.kind(kind.name)
                found = seen.find(field.name) if seen else None
                return (seen, found) if seen and found else None
        return None

    def index(self, object: str, field: Field, *, deleted: bool = False) -> ValueIndex:
        """The index over a field, deleted rows counting or not; made when it is first asked for."""
        key = (object, field.name, deleted)
        if key not in self._indexes:
            self._indexes[key] = ValueIndex(self.tables[object], field, deleted=deleted)
        return self._indexes[key]

    def children_of(self, object: str) -> tuple[tuple[ObjectType, Field], ...]:
        """The objects and their fields that may name rows of this object; histories and authors aside."""
        if object not in self._children:
            self._children[object] = tuple(
                (kind, field)
                for kind in self.full.values()
                for field in kind.references
                if object in field.reference_to and field.name not in SYSTEM_FIELDS
            )
        return self._children[object]

    def children(self, kind: ObjectType, field: Field, parent_id: str, *, deleted: bool = False) -> list[Row]:
        """The rows of an object that name a parent in a field, oldest first."""
        table = self.tables[kind.name]
        found = [table.get(each) for each in self.index(kind.name, field, deleted=deleted).find(parent_id)]
        rows = [row for row in found if row is not None and not self.is_purged(row)]
        return sorted(rows, key=lambda row: row.id)

    def stage(self, name: str) -> Mapping[str, Any] | None:
        """What a stage of opportunities stands for: the values of its OpportunityStage row."""
        kind = self.full["OpportunityStage"]
        found = self.index(kind.name, kind.by_name["masterlabel"]).find(name)
        row = self.tables[kind.name].get(found[0]) if found else None
        return row.values if row else None

    def add_stage(self, stage: Stage) -> None:
        """Make a stage known, or change what it stands for."""
        kind = self.full["OpportunityStage"]
        table = self.tables[kind.name]
        values = {
            "MasterLabel": stage.name,
            "ApiName": stage.name,
            "IsActive": True,
            "IsClosed": stage.closed,
            "IsWon": stage.won,
            "ForecastCategory": FORECAST_CATEGORIES[stage.forecast],
            "ForecastCategoryName": stage.forecast,
            "DefaultProbability": float(stage.probability),
        }
        found = self.index(kind.name, kind.by_name["masterlabel"]).find(stage.name)
        row = table.get(found[0]) if found else None
        if row is not None:
            table.update(row, values, SYSTEM_AUTHOR, self.now())
        else:
            table.insert({**values, "SortOrder": len(table) + 1}, SYSTEM_AUTHOR, self.now())

    def user_id(self, author: str) -> str:
        """The User row of an author; people and the platform get theirs when they first appear."""
        found = self._users.get(author)
        if found is None:
            users = self.tables["User"]
            found = author if users.get(author) else self._make_user(author)
            self._users[author] = found
        return found

    def grant(self, names: Iterable[str]) -> None:
        """The custom permissions that the integration user has; those set before are taken away."""
        wanted, now = list(dict.fromkeys(names)), self.now()
        for object in ("SetupEntityAccess", "PermissionSetAssignment", "PermissionSet", "CustomPermission"):
            table = self.tables[object]
            for row in list(table.live()):
                table.delete(row, SYSTEM_AUTHOR, now)
        if not wanted:
            return

        def insert(object: str, values: Mapping[str, Any]) -> str:
            return self.tables[object].insert(dict(values), SYSTEM_AUTHOR, now).id

        given = insert("PermissionSet", {"Name": "Integration_Permissions"})
        insert("PermissionSetAssignment", {"PermissionSetId": given, "AssigneeId": self.integration_user})
        for name in wanted:
            entity = insert(
                "CustomPermission", {"DeveloperName": name, "MasterLabel": name, "NamespacePrefix": None}
            )
            access = {"ParentId": given, "SetupEntityId": entity, "SetupEntityType": "CustomPermission"}
            insert("SetupEntityAccess", access)

    def custom_permissions(self) -> list[str]:
        """Those of the integration user, by name."""
        return [row.values["DeveloperName"] for row in self.tables["CustomPermission"].live()]

    def owner_id(self, owner: str) -> str:
        """The id of a queue or a user, who may be named as an author too."""
        return owner if self.tables["Group"].get(owner) else self.user_id(owner)

    def record_history(self, object: str, row: Row, changes: Iterable[Change], author: str) -> None:
        """Write the field history of an update. Long texts and multiple choices are listed without values."""
        kind, history = self.full[object], self.tables.get(history_name(object))
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
        history = self.tables.get(history_name(object))
        if self.keeps_history and history is not None:
            values = {f"{object}Id": row.id, "Field": "created", "OldValue": None, "NewValue": None}
            history.insert(values, author, row.created_at)

    def add_kind(self, kind: ObjectType) -> None:
        """Take in a new object, without rows."""
        self._names[kind.name.lower()] = kind.name
        self._by_prefix[kind.key_prefix] = kind.name
        self._make_table(kind)
        self.replace_kind(kind)

    def replace_kind(self, kind: ObjectType) -> None:
        """Take over a changed object; indexes over its fields are made anew when asked for."""
        self.full[kind.name] = kind
        if history_name(kind.name) in self.full:
            self.full[history_name(kind.name)] = history_type(kind)
        for key in [key for key in self._indexes if key[0] == kind.name]:
            self._indexes.pop(key).close()
        self.see_again()

    def see_again(self) -> None:
        """Work out anew what the API's user sees, after a change of objects or of rights."""
        self._children = {}
        self.schema_changed_at = self.now()
        self.seen = {name: self.permissions.seen(kind) for name, kind in self.full.items()}

    def _make_table(self, kind: ObjectType) -> None:
        # All history objects share one key prefix; each counts from far away so that ids stay unique.
        histories = [history_name(each.name) for each in WITH_HISTORY]
        first = histories.index(kind.name) * 62**8 if kind.name in histories else 0
        self.tables[kind.name] = Table(kind.name, lambda count: make_id(kind.key_prefix, first + count))

    def _make_definitions(self) -> None:
        for kind in self.full.values():
            if kind.createable:
                values = {
                    "DurableId": kind.name,
                    "QualifiedApiName": kind.name,
                    "DeveloperName": kind.name,
                    "MasterLabel": kind.label,
                    "KeyPrefix": kind.key_prefix,
                    "IsCustomizable": True,
                }
                self.tables["EntityDefinition"].insert(values, SYSTEM_AUTHOR, self.now(), row_id=kind.name)

    def _make_organization(self, name: str, org_id: str) -> None:
        values = {
            "Name": name,
            "InstanceName": "JP99",
            "IsSandbox": True,
            "TrialExpirationDate": None,
            "NamespacePrefix": None,
            "Country": "JP",
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
            "Alias": name[:8],
            "IsActive": True,
            "UserType": "Standard",
            "ProfileId": self.profile,
            "TimeZoneSidKey": "Asia/Tokyo",
            "LanguageLocaleKey": "ja",
        }
        return self.tables["User"].insert(values, SYSTEM_AUTHOR, self.now()).id


def slug(name: str) -> str:
    """An org's name as it stands in a host name."""
    return _SLUG.sub("-", name.lower()).strip("-") or "org"


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
