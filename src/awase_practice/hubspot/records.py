"""The records of one object: what may be written, what is unique, and how a record looks from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from ..kernel.clock import Clock
from ..kernel.index import SearchIndex
from ..kernel.rows import Row, Table, Version
from .defining import ObjectType
from .drafts import Claims, Condition, Draft, InvalidValues, missing
from .owners import Owners
from .past import history, source
from .properties import PropertySet
from .stock import CONTACT, STAGES, STOCK
from .uniqueness import Uniqueness
from .values import Complaint, Unacceptable, accepted
from .wire import Refusal, bad_request, stamp

MERGED_INTO: Final = "_merged_into"
"""Kept in the values of a record that lost a merge; never shown."""

_STAGE_ORDER = {stage: order for order, stage in enumerate(STAGES)}


Look = Row | Version
"""A record as it is now, or as it was."""

Computed = Callable[[Row, Look], str | None]
"""What the portal works out for a property, instead of keeping it."""

Past = Callable[[Row], list[dict[str, Any]]]
"""The history of a computed property."""

Placing = Callable[[Mapping[str, Any] | None, dict[str, str | None]], list[Complaint]]
"""Complaints about a write that concern several properties at once; may add values. None: the record is new."""


class Records:
    """One object of one portal. Checks come first (``draft_…``), writing after (``settle``)."""

    def __init__(
        self,
        kind: ObjectType,
        portal_id: int,
        clock: Clock,
        opted_out: Callable[[str | None], str | None],
        owners: Owners,
    ) -> None:
        self.kind = kind
        self.table = Table(kind.key, lambda count: str(kind.first_id + count))
        self.properties = PropertySet(STOCK[kind.key])
        self.index = SearchIndex(self.table, clock)
        self.groups = {kind.group: kind.group_label}
        self.required_on_create: list[str] = []
        self.required_if: list[Condition] = []
        self.default_stage = ""
        self.conflict_on_update = 409
        self.opted_out = opted_out
        self.computed: dict[str, Computed] = {}
        self.computed_past: dict[str, Past] = {}
        self.placing: Placing | None = None
        self._portal_id = portal_id
        self._owners = owners
        self.unique = Uniqueness(kind, self.table, self.properties)

    # -- finding ---------------------------------------------------------------------------------------------

    def find(self, value: str, id_property: str | None = None, archived: bool = False) -> Row | None:
        """A record by id or by a unique property. The id of a merge's loser finds the survivor (from memory)."""
        if id_property is None or id_property == "hs_object_id":
            row = self.table.get(value)
            while row is not None and MERGED_INTO in row.values:
                row = self.table.get(row.values[MERGED_INTO])
        else:
            row = self.table.get(self.unique.holder(id_property, value) or "")
        return row if row is not None and (row.deleted_at is not None) == archived else None

    def by_address(self, address: str) -> Row | None:
        """The live contact whose primary address this is."""
        row = self.find(address, "email") if self.unique.covers("email") else None
        return row if row is not None and row.values.get("email") == address else None

    def page(self, after: int, limit: int, archived: bool) -> tuple[list[Row], bool]:
        """Records with an id above ``after``, oldest first, and whether there are more."""
        found: list[Row] = []
        for row_id in self.unique.ids_after(after):
            row = self.table.get(str(row_id))
            if row is None or (row.deleted_at is not None) != archived or MERGED_INTO in row.values:
                continue
            if len(found) == limit:
                return found, True
            found.append(row)
        return found, False

    # -- writing ---------------------------------------------------------------------------------------------

    def draft_create(
        self, properties: Mapping[str, Any], claims: Claims | None = None, enforce_required: bool = False
    ) -> Draft:
        """Check a new record. Raises Refusal."""
        values = self._checked(properties, None)
        self._has_enough(values, enforce_required)
        if enforce_required:
            self._meets_conditions({}, values)
        self._placed(None, values)
        if self.default_stage and self.kind is CONTACT:
            values.setdefault("lifecyclestage", self.default_stage)
        if "email" in values:
            values["hs_email_optout"] = self.opted_out(values["email"])
        self._claim(None, values, claims)
        filled = {name: value for name, value in values.items() if value is not None}
        return Draft(None, filled, tuple(properties))

    def draft_update(
        self,
        row: Row,
        properties: Mapping[str, Any],
        claims: Claims | None = None,
        enforce_required: bool = False,
    ) -> Draft:
        """Check a change. Raises Refusal."""
        values = self._checked(properties, row)
        if enforce_required:
            self._meets_conditions(row.values, values)
        if values.get("email") is None and "email" in values:
            values["hs_email_optout"] = None
        elif values.get("email", row.values.get("email")) != row.values.get("email"):
            values["hs_email_optout"] = self.opted_out(values["email"])
        self._placed(row.values, values)
        self._only_forward(row, values)
        self._claim(row, values, claims)
        return Draft(row, values, tuple(properties))

    def settle(self, draft: Draft, author: str, at: datetime) -> Row:
        """Write what was checked."""
        if draft.row is None:
            return self.table.insert(draft.values, author, at)
        self.table.update(draft.row, draft.values, author, at)
        return draft.row

    def forget(self, row: Row, author: str, at: datetime) -> None:
        """Take a record away for good: neither values nor past are left of it, and nothing brings it back."""
        self.table.delete(row, author, at)
        self.table.update(row, {**dict.fromkeys(row.values), MERGED_INTO: ""}, author, at)
        row.history.clear()
        row.before = None

    # -- showing ---------------------------------------------------------------------------------------------

    def show(
        self, row: Row, names: Iterable[str], seen: Look | None = None, histories: Iterable[str] = ()
    ) -> dict[str, Any]:
        """A record as JSON with the named properties, null where empty; unknown names are passed over.

        seen: the version to show instead of the present one. histories: properties whose past is shown too.
        """
        version: Look = seen or row
        properties: dict[str, str | None] = {}
        for name in (*names, "createdate", "hs_object_id", self.kind.modified):
            if name not in properties and self.properties.get(name) is not None:
                properties[name] = self.value(row, version, name)
        shown: dict[str, Any] = {
            "id": row.id,
            "properties": properties,
            "createdAt": stamp(row.created_at),
            "updatedAt": stamp(version.modified_at),
            "archived": version.deleted_at is not None,
            "url": f"https://app.hubspot.com/contacts/{self._portal_id}/record/{self.kind.type_id}/{row.id}",
        }
        if version.deleted_at is not None:
            shown["archivedAt"] = stamp(version.deleted_at)
        if histories:
            known = [name for name in histories if self.properties.get(name) is not None]
            shown["propertiesWithHistory"] = {
                name: self.computed_past[name](row) if name in self.computed_past else history(row, name)
                for name in known
            }
        return shown

    def value(self, row: Row, version: Look, name: str) -> str | None:
        """One property of a record as text."""
        match name:
            case "hs_object_id":
                return row.id
            case "createdate" | "hs_createdate":
                return stamp(row.created_at)
            case "lastmodifieddate" | "hs_lastmodifieddate":
                return stamp(version.modified_at)
            case "hs_object_source":
                return str(source(row.created_by)["sourceType"])
            case "hs_object_source_id":
                return str(source(row.created_by)["sourceId"])
        if name in self.computed:
            return self.computed[name](row, version)
        value = version.values.get(name)
        return None if value is None else str(value)

    # -- checks ----------------------------------------------------------------------------------------------

    def _checked(self, properties: Mapping[str, Any], row: Row | None) -> dict[str, str | None]:
        values: dict[str, str | None] = {}
        complaints: list[Complaint] = []
        for name, raw in properties.items():
            definition = self.properties.get(name)
            if definition is None:
                complaints.append(
                    Complaint(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
                )
                continue
            if definition.read_only:
                text = f'"{name}" is a read only property; its value cannot be set.'
                complaints.append(Complaint(name, "READ_ONLY_VALUE", text))
                continue
            try:
                old = row.values.get(name) if row else None
                values[name] = accepted(definition, raw, old, self._owners.active)
            except Unacceptable as refused:
                complaints.append(refused.complaint)
        if complaints:
            raise InvalidValues(complaints, self._portal_id)
        return values

    def _has_enough(self, values: Mapping[str, str | None], enforce_required: bool) -> None:
        one_of = self.kind.one_of
        if one_of and not any(values.get(name) for name in one_of):
            raise bad_request(
                f"Error creating {self.kind.label}. At least one of these properties is required: {list(one_of)}"
            )
        needed = [*self.kind.needed, *(self.required_on_create if enforce_required else ())]
        absent = [name for name in dict.fromkeys(needed) if not values.get(name)]
        if absent:
            text = f"Error creating {self.kind.label}. Some required properties were not set."
            raise missing("MISSING_REQUIRED_PROPERTY", text, {name: f"{name} is required" for name in absent})

    def _meets_conditions(self, now: Mapping[str, Any], values: Mapping[str, str | None]) -> None:
        """A rule binds a write that touches either of its properties (from memory). Raises Refusal."""
        after = {**now, **values}
        faults = {
            each.field: f"{each.field} is required when {each.when} is {after[each.when]}"
            for each in self.required_if
            if {each.field, each.when} & values.keys()
            and after.get(each.when) in each.values
            and not after.get(each.field)
        }
        if faults:
            text = f"Some conditionally required properties were not set: {', '.join(faults)}"
            raise missing("MISSING_CONDITIONAL_REQUIRED_PROPERTY", text, faults)

    def _placed(self, now: Mapping[str, Any] | None, values: dict[str, str | None]) -> None:
        complaints = self.placing(now, values) if self.placing else []
        if complaints:
            raise InvalidValues(complaints, self._portal_id)

    def _only_forward(self, row: Row, values: dict[str, str | None]) -> None:
        """An earlier lifecycle stage is passed over without a word, unless the stage was cleared first."""
        now, wanted = row.values.get("lifecyclestage"), values.get("lifecyclestage")
        if now and wanted and _STAGE_ORDER.get(wanted, 0) < _STAGE_ORDER.get(now, 0):
            del values["lifecyclestage"]

    def _claim(self, row: Row | None, values: Mapping[str, str | None], claims: Claims | None) -> None:
        for name, value in self.unique.keys(values):
            holder = self.unique.holder(name, value)
            in_batch = claims is not None and (name, value) in claims.taken
            if in_batch or (holder is not None and (row is None or holder != row.id)):
                raise self._taken(row, name, value, holder)
            if claims is not None:
                claims.taken.add((name, value))

    def _taken(self, row: Row | None, name: str, value: str, holder: str | None) -> Refusal:
        if name == "email" and self.kind is CONTACT and (row is None or self.conflict_on_update == 409):
            text = "Contact already exists" + (f". Existing ID: {holder}" if holder else "")
            return Refusal(409, "CONFLICT", text, item_context={"existingId": [holder]} if holder else None)
        own = row.id if row else str(self.kind.first_id + self.table.made + 1)
        text = (
            f"Cannot set PropertyValueCoordinates{{portalId={self._portal_id}, objectTypeId=ObjectTypeId"
            f"{{legacyObjectType={self.kind.label}}}, propertyName={name}, value={value}}} on {own}. "
            f"{holder or 'Another input'} already has that value."
        )
        detail = {"message": text, "code": "CONFLICTING_UNIQUE_VALUE", "context": {"propertyName": [name]}}
        return bad_request(text, errors=[detail])
