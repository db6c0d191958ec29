"""Syncs and field mappings as values.

A sync joins one MA object with one or several CRM objects (a person is a Lead *or* a Contact; a company an Account). In
frames each mapped field is one column per side, named by the mapping: ``ma:<name>`` and ``crm:<name>``, whatever the
CRM object calls it. A field that names another record is translated *through* the sync that links those records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from awase.core.filters import Condition
from awase.core.operations import Side, other
from awase.core.schema import Field, ObjectSchema
from awase.core.transforms import StepProblem, Steps, result_kind
from awase.core.values import Kind

COMPATIBLE: Mapping[Kind, frozenset[Kind]] = {
    Kind.TEXT: frozenset({Kind.TEXT}),
    Kind.BOOLEAN: frozenset({Kind.BOOLEAN}),
    Kind.INTEGER: frozenset({Kind.INTEGER, Kind.DECIMAL}),
    Kind.DECIMAL: frozenset({Kind.INTEGER, Kind.DECIMAL}),
    Kind.DATE: frozenset({Kind.DATE, Kind.DATETIME}),
    Kind.DATETIME: frozenset({Kind.DATE, Kind.DATETIME}),
    Kind.TEXTS: frozenset({Kind.TEXTS}),
}
"""Kinds that values of a kind can become without a transform. Everything else would lose or invent something."""


class Direction(StrEnum):
    """Which side may write a field; the full meaning is the table in ``merge.py``."""

    TWO_WAY = "two_way"
    PREFER_CRM = "prefer_crm"
    CRM = "crm"
    MA = "ma"
    OFF = "off"

    def may_write(self, side: Side) -> bool:
        """Whether values may ever flow to ``side`` under this direction."""
        if side == "crm":
            return self in (Direction.TWO_WAY, Direction.PREFER_CRM, Direction.MA)
        return self in (Direction.TWO_WAY, Direction.PREFER_CRM, Direction.CRM)


class MatchAs(StrEnum):
    """How the values that identify a record are folded before they are compared."""

    TEXT = "text"
    DOMAIN = "domain"
    """A web address or an e-mail address by its host, without ``www.``."""
    COMPANY = "company"
    """A company's name without its legal form (株式会社, Inc. …)."""


class OnDelete(StrEnum):
    """What becomes of a record whose partner was deleted."""

    KEEP = "keep"
    DELETE = "delete"
    LEAVE_LIST = "leave_list"
    """Kept, but taken off the list that the sync names."""


class OnConflict(StrEnum):
    CRM = "crm"
    MA = "ma"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Through:
    """How the ids in a reference are translated: by the links of another sync, or owners by their e-mail address."""

    sync: str
    """Name of the sync whose links are used; ``OWNERS`` for owners."""
    ma_object: str = ""
    crm_objects: tuple[str, ...] = ()


OWNERS = "owners"


class WithoutPartner(StrEnum):
    """What becomes of a reference to a record that has no partner on the other side."""

    WAIT = "wait"
    """A new record waits for it; of an existing one only this field waits."""
    LEAVE_BLANK = "leave_blank"
    """The record goes without it, and the field follows when the partner is there."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One field kept equal on both sides."""

    ma: str
    crm: Mapping[str, str]
    """CRM object → its field; an object that is not named does not have the field."""
    direction: Direction = Direction.TWO_WAY
    on_conflict: OnConflict = OnConflict.CRM
    values: Mapping[str, str] = field(default_factory=dict)
    """MA value → CRM value, for picklists that name the same thing differently."""
    through: Through | None = None
    """None: no reference to a record that is synced too."""
    without_partner: WithoutPartner = WithoutPartner.WAIT
    to_crm: Steps = ()
    """Transforms of an MA value on its way to the CRM, in order."""
    to_ma: Steps = ()

    @property
    def name(self) -> str:
        return self.ma

    @property
    def has_steps(self) -> bool:
        return bool(self.to_crm or self.to_ma)

    def steps(self, to: Side) -> Steps:
        """The transforms of values on their way to ``to``."""
        return self.to_crm if to == "crm" else self.to_ma


@dataclass(frozen=True, slots=True)
class CreateRule:
    """Which CRM object a person without one becomes. Rules are tried in order; the first that fits decides."""

    object: str
    when: tuple[Condition, ...] = ()
    """All must hold."""
    needs: tuple[str, ...] = ()
    """MA names of mapped fields that must be filled, else the next rule is tried (a Contact needs its Account)."""


@dataclass(frozen=True, slots=True)
class Sync:
    """What is kept equal: objects, fields, who may be created where, and how carefully."""

    name: str
    ma_connection: str
    ma_object: str
    crm_connection: str
    crm_objects: tuple[str, ...]
    """In matching order: a Contact before an unconverted Lead."""
    fields: tuple[FieldMapping, ...]
    match_on: str | None = "email"
    """MA name of the mapped field whose folded value identifies a record; None: only keys and kept ids do."""
    match_as: MatchAs = MatchAs.TEXT
    """How that value is folded."""
    crm_ids: Mapping[str, str] = field(default_factory=dict)
    """CRM object → MA field that holds the id of this person's record there."""
    create_as: tuple[CreateRule, ...] = ()
    """Empty: nothing is created in the CRM."""
    create_in_ma: bool = True
    update_in_crm: bool = True
    update_in_ma: bool = True
    deleted_in_ma: OnDelete = OnDelete.KEEP
    """What becomes of the CRM record when its MA record was deleted; and the other way round."""
    deleted_in_crm: OnDelete = OnDelete.KEEP
    leave_list: str = ""
    """The MA list that a person is taken off, where a policy says ``leave_list``."""
    filter_ma: tuple[Condition, ...] = ()
    """Who is in the sync: all must hold. A record outside is neither created nor written; opt-outs still travel."""
    filter_crm: tuple[Condition, ...] = ()
    owner_overrides: Mapping[Side, Mapping[str, str]] = field(default_factory=dict)
    """By side written to: an owner's address on the other side → the address of whom they stand for (``*``: anybody)."""
    assignment_rules: bool = False
    """The CRM's own assignment rules may run on our writes."""
    allow_duplicates: bool = False
    """Duplicate rules that allow a save after an alert do not stop our writes; those that block always do."""
    time_zone: str = "UTC"
    guard_share: float = 0.10
    guard_records: int = 500
    guard_released: int = 500
    """So many records that were held or refused go by themselves once nothing stops them; more wait for an approval."""
    sweep_seconds: int = 86_400
    """How often relations are compared one by one, where a vendor's stamps do not show their changes."""
    try_held_seconds: int = 86_400
    """How often one record that a rule holds is sent, to see whether the rule is still right; 0 is never."""
    overlap_seconds: int | None = None
    """None: three times the connector's declared lag, at least five minutes."""

    def digest(self) -> str:
        """Changes whenever anything about the sync changes that could change a plan."""
        return hashlib.blake2b(msgspec.json.encode(self, order="sorted"), digest_size=16).hexdigest()

    def scope(self) -> str:
        """Changes whenever who is in the sync changes: everybody has to be looked at again then."""
        tests = (self.filter_ma, self.filter_crm, self.ma_object, self.crm_objects)
        return hashlib.blake2b(msgspec.json.encode(tests, order="sorted"), digest_size=8).hexdigest()

    def parents(self) -> list[str]:
        """Syncs whose links translate references of this one."""
        named = (field.through.sync for field in self.fields if field.through is not None)
        return [name for name in dict.fromkeys(named) if name != OWNERS]

    def filter(self, side: Side) -> tuple[Condition, ...]:
        return self.filter_ma if side == "ma" else self.filter_crm

    def may_update(self, side: Side) -> bool:
        return self.update_in_crm if side == "crm" else self.update_in_ma

    @property
    def label_on(self) -> str:
        """The mapped field by which people recognise a record."""
        return self.match_on or self.fields[0].name

    def connection(self, side: Side) -> str:
        return self.ma_connection if side == "ma" else self.crm_connection

    def objects(self, side: Side) -> tuple[str, ...]:
        return (self.ma_object,) if side == "ma" else self.crm_objects

    def field_on(self, mapping: FieldMapping, side: Side, object: str) -> str | None:
        """The name of the mapping's field on that object, or None where the object does not have it."""
        return mapping.ma if side == "ma" else mapping.crm.get(object)


@dataclass(frozen=True, slots=True)
class BoundField:
    """A mapping bound to the live schema of both sides."""

    mapping: FieldMapping
    ma: Field
    crm: Mapping[str, Field]
    """CRM object → field."""
    crm_kind: Kind

    @property
    def name(self) -> str:
        return self.mapping.ma

    def kind(self, side: Side) -> Kind:
        return self.ma.kind if side == "ma" else self.crm_kind

    def carries(self, to: Side) -> bool:
        """Whether a value of the other side can become one of ``to`` at all (a one-way transform may have no way back)."""
        source, target = self.kind(other(to)), self.kind(to)
        try:
            kind = result_kind(self.mapping.steps(to), source)
        except StepProblem:
            return False
        return target in COMPATIBLE[kind]

    def on(self, side: Side, object: str) -> Field | None:
        return self.ma if side == "ma" else self.crm.get(object)


@dataclass(frozen=True, slots=True)
class BoundSync:
    """A sync whose every mapping was found to exist and to fit; what planning works with."""

    sync: Sync
    fields: tuple[BoundField, ...]
    ma: ObjectSchema
    crm: Mapping[str, ObjectSchema]
    context: str
    """Digest of mapping and both schemas: a plan or an item made under another one is stale."""
    watched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By CRM object, fields that nobody maps and the checks look at: read beside the mapped ones, never written."""

    def object(self, side: Side, name: str) -> ObjectSchema:
        return self.ma if side == "ma" else self.crm[name]

    def watched_on(self, side: Side, object: str) -> tuple[str, ...]:
        return self.watched.get(object, ()) if side == "crm" else ()


def column(side: Side, name: str) -> str:
    """The frame column of mapping ``name`` on ``side``."""
    return f"{side}:{name}"


def seen_column(object: str, field: str) -> str:
    """The column of a CRM side frame that holds a watched field of one object."""
    return f"seen:{object}.{field}"


def parents_first(syncs: Sequence[Sync]) -> list[Sync]:
    """``syncs`` so that records come before those that refer to them, else in their order.

    Raises ValueError naming syncs that go through each other in a circle; a sync may go through itself.
    """
    waiting = {sync.name: sync for sync in syncs}
    ordered: list[Sync] = []
    while waiting:
        free = [sync for sync in waiting.values() if not (set(sync.parents()) - {sync.name}) & set(waiting)]
        if not free:
            raise ValueError(", ".join(waiting))
        ordered.append(free[0])
        del waiting[free[0].name]
    return ordered
