"""A small sync to think about: fields, schemas and records by name, bound and framed by the code under test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import polars as pl

from awase.core.binding import bind
from awase.core.capabilities import Burst, CallSizes, Capabilities
from awase.core.decide import Memory, decide
from awase.core.frames import RESERVED, base_frame, people, project
from awase.core.mapping import BoundSync, CreateRule, Direction, FieldMapping, OnConflict, Sync
from awase.core.operations import Operation, OperationKind, Side
from awase.core.plan import Draft, PlannedWrite
from awase.core.records import BaseRow, Item, Link
from awase.core.schema import Field, ObjectSchema, Schema
from awase.core.values import DTYPES, Kind, Value, pack

CRM_OBJECTS = ("Contact", "Lead")
OPT_OUT_FIELD = "HasOptedOutOfEmail"
CONSENT: Mapping[Side, Mapping[str, Sequence[str]]] = {
    "ma": {"contact": ("hs_email_optout", "HS_Email_Optout_*")},
    "crm": {"Lead": (OPT_OUT_FIELD,), "Contact": (OPT_OUT_FIELD,)},
}


def a_field(name: str, kind: Kind = Kind.TEXT, **more: Any) -> Field:
    return Field(name, name.title(), kind, kind.value, **more)


@dataclass(frozen=True)
class Mapped:
    """One mapped field with both sides' fields."""

    ma: Field
    crm: Mapping[str, Field]
    direction: Direction = Direction.TWO_WAY
    on_conflict: OnConflict = OnConflict.CRM
    values: Mapping[str, str] = field(default_factory=dict)


def mapped(
    name: str,
    kind: Kind = Kind.TEXT,
    *,
    crm_kind: Kind | None = None,
    on: Sequence[str] = CRM_OBJECTS,
    ma: Mapping[str, Any] | None = None,
    crm: Mapping[str, Any] | None = None,
    **mapping: Any,
) -> Mapped:
    """``name`` on the MA and ``Name__c`` on the CRM objects; ``ma`` and ``crm`` are further facts of the fields."""
    theirs = a_field(f"{name.title()}__c", crm_kind or kind, **(crm or {}))
    return Mapped(a_field(name, kind, **(ma or {})), dict.fromkeys(on, theirs), **mapping)


EMAIL = Mapped(
    a_field("email", email=True), {o: a_field("Email", email=True, max_length=80) for o in CRM_OBJECTS}
)
NAME = Mapped(
    a_field("lastname"),
    {o: a_field("LastName", max_length=80, required=True) for o in CRM_OBJECTS},
)


def bound(*fields: Mapped, extras: Sequence[Field] = (), plain: bool = False, **settings: Any) -> BoundSync:
    """The fields (and e-mail first, unless ``plain``) as a bound sync; ``extras`` exist on the MA without a mapping."""
    fields = fields if plain else (EMAIL, *fields)
    settings = {"create_as": (CreateRule("Lead"),)} | settings
    return bind(a_sync(*fields, **settings), *schemas(*fields, extras=extras), CONSENT)


def a_sync(*fields: Mapped, **settings: Any) -> Sync:
    return Sync(
        **{
            "name": "people",
            "ma_connection": "hub",
            "ma_object": "contact",
            "crm_connection": "force",
            "crm_objects": CRM_OBJECTS,
            "fields": tuple(mapping_of(m) for m in fields),
        }
        | settings
    )


def mapping_of(m: Mapped) -> FieldMapping:
    crm = {o: f.name for o, f in m.crm.items()}
    return FieldMapping(m.ma.name, crm, m.direction, m.on_conflict, m.values)


def schemas(*fields: Mapped, extras: Sequence[Field] = ()) -> tuple[Schema, Schema]:
    """Both sides' schemas: the mapped fields, the extras, and the CRM's opt-out field."""
    ma = {f.name: f for f in (*(m.ma for m in fields), *extras)}
    crm_objects = {}
    for object in CRM_OBJECTS:
        crm = {m.crm[object].name: m.crm[object] for m in fields if object in m.crm}
        crm[OPT_OUT_FIELD] = a_field(OPT_OUT_FIELD, Kind.BOOLEAN)
        crm_objects[object] = ObjectSchema(object, object, crm, key_field="Awase_Key__c")
    return Schema({"contact": ObjectSchema("contact", "Contact", ma, key_field="awase_key")}), Schema(
        crm_objects
    )


def capabilities(side: Side, **changes: Any) -> Capabilities:
    sizes = CallSizes(
        snapshot=100,
        changes=100,
        by_id=100,
        by_key=100,
        create=100 if side == "ma" else 200,
        update=100 if side == "ma" else 200,
        opt_out=1 if side == "ma" else 200,
        audit=50 if side == "ma" else 0,
    )
    standard = Capabilities(
        vendor="mailer" if side == "ma" else "ledger",
        key_name="awase_key",
        sizes=sizes,
        lag=timedelta(seconds=30),
        concurrency=4,
        bursts={"default": Burst(10, 1.0)},
        history=True,
        reread_changes=False,
        consent_by_address=side == "ma",
        consent_fields={} if side == "ma" else dict.fromkeys(CRM_OBJECTS, (OPT_OUT_FIELD,)),
    )
    return replace(standard, **changes)


BOTH: Mapping[Side, Capabilities] = {"ma": capabilities("ma"), "crm": capabilities("crm")}


# -- records -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """One record as a vendor gave it; ``values`` by the mapping's name, or the name of an extra field."""

    link: int
    id: str
    values: Mapping[str, Value]
    object: str = ""
    out: bool | None = None
    key: str | None = None


def read(sync: BoundSync, side: Side, records: Iterable[Record]) -> pl.DataFrame:
    """The side frame of records, through the same projection as pages of a vendor."""
    frames = []
    records = list(records)
    for object in sync.sync.objects(side):
        here = [r for r in records if (r.object or sync.sync.objects(side)[-1]) == object]
        decoded = _decoded(sync, side, object, here)
        links = pl.Series("_link", [r.link for r in here], dtype=pl.Int64)
        frames.append(project(decoded, sync, side, object).with_columns(links))
    return pl.concat(frames)


def _decoded(sync: BoundSync, side: Side, object: str, records: Sequence[Record]) -> pl.DataFrame:
    fields = {f.name: (b.name, f) for b in sync.fields if (f := b.on(side, object)) is not None}
    if side == "ma":
        fields |= {n: (n, f) for n, f in sync.ma.fields.items() if n not in fields}
    rows: list[dict[str, Any]] = []
    for record in records:
        row: dict[str, Any] = {"_id": record.id, "_object": object, "_key": record.key, "_out": record.out}
        row |= {n: as_cell(record.values.get(name)) for n, (name, _) in fields.items()}
        rows.append(row)
    schema: dict[str, pl.DataType] = {**RESERVED, **{n: DTYPES[f.kind] for n, (_, f) in fields.items()}}
    return pl.DataFrame(rows, schema=schema)


def as_cell(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value


def a_base(link: int, ma: Mapping[str, Value], crm: Mapping[str, Value]) -> BaseRow:
    return BaseRow(link=link, ma=pack(ma), crm=pack(crm))


def crowd(
    sync: BoundSync, ma: Iterable[Record], crm: Iterable[Record], bases: Iterable[BaseRow] = ()
) -> pl.DataFrame:
    """The people frame of records and what was agreed before."""
    return people(read(sync, "ma", ma), read(sync, "crm", crm), base_frame(bases, sync), sync)


def a_link(record: Record, side: Side = "ma") -> Link:
    here = {
        f"{side}_object": record.object or ("contact" if side == "ma" else "Lead"),
        f"{side}_id": record.id,
    }
    return Link(id=record.link, key=f"org:{record.id}", state="unlinked", **here)


def planned(
    sync: BoundSync,
    ma: Sequence[Record] = (),
    crm: Sequence[Record] = (),
    bases: Iterable[BaseRow] = (),
    both: Mapping[Side, Capabilities] = BOTH,
    **memory: Any,
) -> Draft:
    """What is decided about these records."""
    links = {r.link: a_link(r, "crm") for r in crm} | {r.link: a_link(r) for r in ma}
    for r in crm:
        if links[r.link].ma_id is not None:
            links[r.link] = Link(
                id=r.link,
                key=links[r.link].key,
                state="linked",
                ma_object="contact",
                ma_id=links[r.link].ma_id,
                crm_object=r.object or "Lead",
                crm_id=r.id,
            )
    return decide(crowd(sync, ma, crm, bases), sync, both, Memory(links, **memory))


def operations(draft: Draft, kind: OperationKind | None = None) -> list[Operation]:
    return [w.operation for w in draft.writes if kind is None or w.operation.kind == kind]


def codes(items: Iterable[Item]) -> list[str]:
    return sorted(item.code for item in items)


def a_write(
    link: int = 1,
    side: Side = "crm",
    kind: OperationKind = OperationKind.UPDATE,
    object: str | None = None,
    **operation: Any,
) -> PlannedWrite:
    name = object or ("Lead" if side == "crm" else "contact")
    made = Operation(link=link, side=side, kind=kind, object=name, **operation)
    return PlannedWrite(operation=made, patch=BaseRow(link=link), record="contact:1", label="")
