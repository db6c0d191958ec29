"""Syncs and field mappings as values.

A sync joins one MA object with one or several CRM objects (a person is a Lead *or* a Contact). In frames each mapped
field is one column per side, named by the mapping: ``ma:<name>`` and ``crm:<name>``, whatever the CRM object calls it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from awase.core.operations import Side
from awase.core.schema import Field, ObjectSchema
from awase.core.values import Kind


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


class OnConflict(StrEnum):
    CRM = "crm"
    MA = "ma"
    WAIT = "wait"


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

    @property
    def name(self) -> str:
        return self.ma


@dataclass(frozen=True, slots=True)
class Condition:
    """A test on one MA field: its value is one of ``is_in``, or it is filled."""

    field: str
    is_in: tuple[str, ...] = ()
    filled: bool = False


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
    match_on: str = "email"
    """MA name of the mapped field whose folded value identifies a person."""
    crm_ids: Mapping[str, str] = field(default_factory=dict)
    """CRM object → MA field that holds the id of this person's record there."""
    create_as: tuple[CreateRule, ...] = ()
    """Empty: nothing is created in the CRM."""
    create_in_ma: bool = True
    time_zone: str = "UTC"
    guard_share: float = 0.10
    guard_records: int = 500
    overlap_seconds: int | None = None
    """None: three times the connector's declared lag, at least five minutes."""

    def digest(self) -> str:
        """Changes whenever anything about the sync changes that could change a plan."""
        return hashlib.blake2b(msgspec.json.encode(self, order="sorted"), digest_size=16).hexdigest()

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

    def object(self, side: Side, name: str) -> ObjectSchema:
        return self.ma if side == "ma" else self.crm[name]


def column(side: Side, name: str) -> str:
    """The frame column of mapping ``name`` on ``side``."""
    return f"{side}:{name}"
