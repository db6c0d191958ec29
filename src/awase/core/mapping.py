"""Syncs and field mappings as values, and what they compile to.

A sync joins one MA object with one or several CRM objects (a person is a Lead *or* a Contact). In frames each mapped
field is one column per side, named by the mapping: ``ma:<name>`` and ``crm:<name>``, whatever the CRM object calls it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec
import polars as pl

from awase.core.operations import Side
from awase.core.schema import Field, ObjectSchema, Schema
from awase.core.values import DTYPES, INTEGERS, Kind
from awase.errors import BadConfiguration, ConsentMapping, SchemaMismatch


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


COMPATIBLE: Mapping[Kind, frozenset[Kind]] = {
    Kind.TEXT: frozenset({Kind.TEXT}),
    Kind.BOOLEAN: frozenset({Kind.BOOLEAN}),
    Kind.INTEGER: frozenset({Kind.INTEGER, Kind.DECIMAL}),
    Kind.DECIMAL: frozenset({Kind.INTEGER, Kind.DECIMAL}),
    Kind.DATE: frozenset({Kind.DATE, Kind.DATETIME}),
    Kind.DATETIME: frozenset({Kind.DATE, Kind.DATETIME}),
    Kind.TEXTS: frozenset({Kind.TEXTS}),
}
"""MA kind → CRM kinds it may be mapped to. Everything else would lose or invent something."""


def bind(
    sync: Sync, ma: Schema, crm: Schema, consent: Mapping[Side, Mapping[str, Sequence[str]]]
) -> BoundSync:
    """Check every mapping against the live schemas.

    Raises BadConfiguration or SchemaMismatch naming the mapping and the remedy, and ConsentMapping for an opt-out
    field. ``consent`` lists each side's consent fields by object.
    """
    _refuse_consent_fields(sync, consent)
    ma_object = ma.objects[sync.ma_object]
    crm_objects = {name: crm.objects[name] for name in sync.crm_objects}
    bound = tuple(
        _bind_field(sync, m, ma_object, crm_objects) for m in sync.fields if m.direction != Direction.OFF
    )
    if sync.match_on not in {b.name for b in bound}:
        raise BadConfiguration(
            "people are matched on “{field}”, but that field is not mapped",
            where=f"syncs.{sync.name}.match_on",
            remedy="Map the field, or match on another mapped field.",
            field=sync.match_on,
        )
    _check_pointers(sync, ma_object)
    context = hashlib.blake2b(
        "|".join((sync.digest(), ma.digest(), crm.digest())).encode(), digest_size=16
    ).hexdigest()
    return BoundSync(sync, bound, ma_object, crm_objects, context)


def _refuse_consent_fields(sync: Sync, consent: Mapping[Side, Mapping[str, Sequence[str]]]) -> None:
    for mapping in sync.fields:
        named = [("ma", sync.ma_object, mapping.ma), *(("crm", o, f) for o, f in mapping.crm.items())]
        for side, object, name in named:
            fields = consent[side].get(object, ())  # type: ignore[index]
            if any(
                name.lower() == f.lower() or (f.endswith("*") and name.lower().startswith(f[:-1].lower()))
                for f in fields
            ):
                raise ConsentMapping(
                    "“{field}” of {object} carries an opt-out and cannot be mapped like a field: two systems that "
                    "copy it both ways would one day opt somebody in again. Awase carries opt-outs on a path of "
                    "their own, always and without a mapping",
                    where=f"syncs.{sync.name}.fields: {mapping.ma}",
                    remedy="Remove this mapping.",
                    field=name,
                    object=object,
                )


def _bind_field(
    sync: Sync, mapping: FieldMapping, ma_object: ObjectSchema, crm_objects: Mapping[str, ObjectSchema]
) -> BoundField:
    where = f"syncs.{sync.name}.fields: {mapping.ma}"
    ma_field = _existing(ma_object, mapping.ma, where)
    unknown = set(mapping.crm) - set(crm_objects)
    if unknown:
        raise BadConfiguration(
            "the mapping names the CRM object “{object}”, which this sync does not have",
            where=where,
            remedy="Use one of: {known}.",
            object=sorted(unknown)[0],
            known=", ".join(crm_objects),
        )
    crm_fields = {o: _existing(crm_objects[o], name, where) for o, name in mapping.crm.items()}
    if not crm_fields:
        raise BadConfiguration("the mapping names no CRM field", where=where, remedy="Give it a crm field.")
    for object, crm_field in crm_fields.items():
        _check_kinds(ma_field, crm_field, object, where)
        _check_writable(mapping, ma_field, crm_field, object, where)
    kinds = {f.kind for f in crm_fields.values()}
    if len(kinds) > 1:
        raise SchemaMismatch(
            "the CRM objects keep this field in different types: {types}",
            where=where,
            remedy="Map the objects' fields separately, or make the types equal.",
            types=", ".join(f"{o}.{f.name} {f.vendor_type}" for o, f in crm_fields.items()),
        )
    return BoundField(mapping, ma_field, crm_fields, kinds.pop())


def _existing(object: ObjectSchema, name: str, where: str) -> Field:
    found = object.fields.get(name)
    if found is not None:
        return found
    near = [n for n in object.fields if n.lower() == name.lower()] or _nearest(name, object.fields)
    raise SchemaMismatch(
        "{object} has no field “{field}”, or the integration user may not see it",
        where=where,
        remedy="Did you mean {near}? If the field was removed or hidden there, restore it or remove the mapping."
        if near
        else "Correct the name. If the field was removed or hidden there, restore it or remove the mapping.",
        object=object.name,
        field=name,
        near=", ".join(near),
    )


def _nearest(name: str, candidates: Mapping[str, Field]) -> list[str]:
    import difflib

    return difflib.get_close_matches(name, list(candidates), n=3, cutoff=0.7)


def _check_kinds(ma_field: Field, crm_field: Field, object: str, where: str) -> None:
    if crm_field.kind not in COMPATIBLE[ma_field.kind]:
        raise SchemaMismatch(
            "“{ma}” is {ma_type} and {object}.{crm} is {crm_type}: one cannot hold the other's values",
            where=where,
            remedy="Map it to a field of a fitting type.",
            ma=ma_field.name,
            ma_type=ma_field.vendor_type,
            object=object,
            crm=crm_field.name,
            crm_type=crm_field.vendor_type,
        )


def _check_writable(
    mapping: FieldMapping, ma_field: Field, crm_field: Field, object: str, where: str
) -> None:
    sides: tuple[tuple[Side, Field, str], ...] = (("ma", ma_field, "MA"), ("crm", crm_field, object))
    for side, target, label in sides:
        if mapping.direction.may_write(side) and not target.updateable:
            raise SchemaMismatch(
                "{object}.{field} cannot be written by the integration user, but the direction “{direction}” "
                "may write to it",
                where=where,
                remedy="Give the user edit rights on the field, or set the direction so that this side is only read.",
                object=label,
                field=target.name,
                direction=mapping.direction.value,
            )


def _check_pointers(sync: Sync, ma_object: ObjectSchema) -> None:
    for object, name in sync.crm_ids.items():
        if object not in sync.crm_objects:
            raise BadConfiguration(
                "“{object}” is not a CRM object of this sync",
                where=f"syncs.{sync.name}.crm_ids",
                remedy="Use one of: {known}.",
                object=object,
                known=", ".join(sync.crm_objects),
            )
        _existing(ma_object, name, f"syncs.{sync.name}.crm_ids.{object}")
    for rule in sync.create_as:
        for condition in rule.when:
            _existing(ma_object, condition.field, f"syncs.{sync.name}.create_as: {rule.object}")


# --- conversion between the sides -----------------------------------------------------------------------------------


def converted(value: pl.Expr, bound: BoundField, to: Side, time_zone: str) -> pl.Expr:
    """A column of the other side's values as values for ``to`` (same name kept)."""
    source, target = (bound.ma.kind, bound.crm_kind) if to == "crm" else (bound.crm_kind, bound.ma.kind)
    if source == Kind.TEXT and bound.mapping.values:
        table = dict(bound.mapping.values)
        if to == "ma":
            # Where two MA values share a CRM value the first named one is what comes back.
            table = {}
            for ma_value, crm_value in bound.mapping.values.items():
                table.setdefault(crm_value, ma_value)
        value = value.replace(table)
    if source == target:
        return value
    if source == Kind.DATE:
        return _day_begins(value, time_zone)
    if source == Kind.DATETIME:
        return value.dt.convert_time_zone(time_zone).dt.date().clip(date.min, date.max)
    if target == Kind.INTEGER:
        # A number too large for any integer becomes the largest one, which the checks hold back.
        whole = _rounded(value, 0).clip(Decimal(INTEGERS[0]), Decimal(INTEGERS[-1]))
        return whole.cast(DTYPES[Kind.INTEGER])
    return value.cast(DTYPES[target])


_MIDNIGHT_MISSING = (timedelta(0), timedelta(hours=1), timedelta(hours=2), timedelta(hours=24))
"""Later starts of a day, tried where clocks went forward at midnight, or a whole day was left out."""


def _day_begins(day: pl.Expr, time_zone: str) -> pl.Expr:
    """The moment a day begins in a zone; where its midnight comes twice, the first.

    Summer time began at midnight in Japan too (1948 to 1951, in people's dates of birth).
    """
    midnight = day.cast(pl.Datetime("us"))
    moment = pl.coalesce(
        (midnight + later).dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
        for later in _MIDNIGHT_MISSING
    )
    return moment.dt.convert_time_zone("UTC").clip(_FIRST_MOMENT, _LAST_MOMENT)


_FIRST_MOMENT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Columns hold more years than values can: what lies outside is held by the checks, and must not stop a run."""


def _rounded(value: pl.Expr, places: int) -> pl.Expr:
    """Halves go away from zero, as the CRM we know stores them (from memory): another rule would look like an edit."""
    return value.round(places, mode="half_away_from_zero")


def normalised(value: pl.Expr, target: Field) -> pl.Expr:
    """A column as ``target`` will give it back: outer blanks gone, e-mail in lower case, decimals at its scale."""
    match target.kind:
        case Kind.TEXT:
            text = value.str.strip_chars()
            text = text.str.to_lowercase() if target.email else text
            return pl.when(text == "").then(None).otherwise(text)
        case Kind.DECIMAL if target.scale is not None and target.scale < 10:
            return _rounded(value, target.scale)
        case Kind.DATETIME:
            return value.dt.truncate("1s")
        case _:
            return value
