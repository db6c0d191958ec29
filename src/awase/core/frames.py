"""The column contract of the frames that cross functions, and how they are made.

*Side frame* (one row a record of one side):

    _link Int64 (null until matched) · _in Boolean (meets the side's filter) · the reserved columns of a decoded
    frame (``RESERVED``) · <side>:<name> for each mapped field, normalised for that side
    extra:<field> in the field's own type, MA side only: fields that rules look at without mapping them
    seen:<object>.<field> in the field's own type, CRM side only: fields that checks look at, null on other objects

*People frame* (one row a link): both sides' frames joined, with the suffixes ``_ma``/``_crm`` on the reserved
columns, and per mapped field ``base.ma:<name>``, ``base.crm:<name>`` and ``based:<name>`` Boolean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from awase.core.conversion import normalised
from awase.core.filters import Condition, fields_of, passes
from awase.core.mapping import BoundField, BoundSync, column, seen_column
from awase.core.operations import Side
from awase.core.records import BaseRow
from awase.core.values import DTYPES, Kind, Value, hash64, is_of, is_stand_in, pack, stand_in, unpack

RESERVED: Mapping[str, pl.DataType] = {
    "_id": pl.String(),
    "_object": pl.String(),
    "_modified": pl.Datetime("us", "UTC"),
    "_deleted": pl.Boolean(),
    "_key": pl.String(),
    "_out": pl.Boolean(),
    "_gone_to": pl.String(),
    "_absorbed": pl.List(pl.String()),
    "_barred": pl.String(),
}
"""What every decoded frame says of a record beside its fields; the last three may be absent where a vendor has none.

``_gone_to``: "object:id" of the record that this one was merged or converted into. ``_absorbed``: ids of records that
were merged into this one. ``_barred``: an error type that keeps this record out whatever it holds.
"""

OUT = "_out"
"""In packed rows: the side's opt-out state as last agreed, kept beside the fields so that its change is a change."""

IN = "_in"
"""In packed rows, where the side has a filter: whether the record met it. Leaving a sync is a change too."""


_MADE = "~"


def made_key(name: str) -> str:
    """In packed rows: whether this field's value was made by a default or a truncation; absent where it cannot be."""
    return f"{_MADE}{name}"


def fields_to_read(sync: BoundSync, side: Side, object: str) -> tuple[str, ...]:
    """The vendor's field names a sync needs of one object, each once, in a stable order."""
    names = [f.name for b in sync.fields if (f := b.on(side, object)) is not None]
    if side == "ma":
        names += _extras(sync)
    tested = (field_for(name, object) for name in fields_of(sync.sync.filter(side)))
    names += [name for name in tested if name is not None]
    names += sync.watched_on(side, object)
    return tuple(dict.fromkeys(names))


def field_for(name: str, object: str) -> str | None:
    """A field as a filter names it, on ``object``: ``Lead.Status`` is no field of another object."""
    owner, dot, field = name.rpartition(".")
    return field if not dot or owner == object else None


def _extras(sync: BoundSync) -> list[str]:
    tested = [name for rule in sync.sync.create_as for name in fields_of(rule.when)]
    return list(dict.fromkeys([*sync.sync.crm_ids.values(), *tested]))


def side_schema(sync: BoundSync, side: Side) -> dict[str, pl.DataType]:
    """The columns of a side frame, in order."""
    schema: dict[str, pl.DataType] = {"_link": pl.Int64(), IN: pl.Boolean(), **RESERVED}
    schema |= {column(side, b.name): DTYPES[b.kind(side)] for b in sync.fields}
    if side == "ma":
        schema |= {f"extra:{name}": DTYPES[sync.ma.fields[name].kind] for name in _extras(sync)}
    for object in sync.sync.objects(side):
        fields = sync.object(side, object).fields
        watched = sync.watched_on(side, object)
        schema |= {seen_column(object, name): DTYPES[fields[name].kind] for name in watched}
    return schema


def project(decoded: pl.DataFrame, sync: BoundSync, side: Side, object: str) -> pl.DataFrame:
    """A connector's decoded frame (columns named as the vendor names fields) as a side frame."""
    columns: list[pl.Expr] = [
        pl.lit(None, dtype=pl.Int64).alias("_link"),
        _meets_filter(sync, side, object).alias(IN),
        *[
            pl.col(name) if name in decoded.columns else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in RESERVED.items()
        ],
    ]
    for bound in sync.fields:
        field = bound.on(side, object)
        name = column(side, bound.name)
        if field is None:
            columns.append(pl.lit(None, dtype=DTYPES[bound.kind(side)]).alias(name))
        else:
            columns.append(normalised(pl.col(field.name), field).alias(name))
    if side == "ma":
        columns += [pl.col(name).alias(f"extra:{name}") for name in _extras(sync)]
    for one in sync.sync.objects(side):
        fields = sync.object(side, one).fields
        for name in sync.watched_on(side, one):
            value = pl.col(name) if one == object else pl.lit(None, dtype=DTYPES[fields[name].kind])
            columns.append(value.alias(seen_column(one, name)))
    return decoded.select(columns)


def _meets_filter(sync: BoundSync, side: Side, object: str) -> pl.Expr:
    fields = sync.object(side, object).fields

    def tested(name: str) -> tuple[pl.Expr, Kind] | None:
        field = field_for(name, object)
        return None if field is None else (pl.col(field), fields[field].kind)

    return passes(sync.sync.filter(side), tested)


def unmet(decoded: pl.DataFrame, sync: BoundSync, side: Side, object: str) -> list[Condition]:
    """The conditions of the side's filter that the one row of ``decoded`` does not meet."""
    fields = sync.object(side, object).fields

    def tested(name: str) -> tuple[pl.Expr, Kind] | None:
        field = field_for(name, object)
        return None if field is None else (pl.col(field), fields[field].kind)

    return [test for test in sync.sync.filter(side) if not decoded.select(passes([test], tested)).item()]


def made_fields(values: Mapping[str, Value]) -> list[str]:
    """Of one side's packed values, the fields that a default or a truncation filled in."""
    return sorted(
        name.removeprefix(_MADE) for name, value in values.items() if name.startswith(_MADE) and value
    )


def is_gone() -> pl.Expr:
    """Whether a row of a side frame is of a record that is there no more."""
    return pl.col("_deleted").fill_null(value=False) | pl.col("_gone_to").is_not_null()


def latest(frames: Sequence[pl.DataFrame], sync: BoundSync, side: Side) -> pl.DataFrame:
    """All rows of ``frames``, each record once: rows that moved between pages appear twice, the later reading holds."""
    if not frames:
        return pl.DataFrame(schema=side_schema(sync, side))
    return pl.concat(frames).unique(["_object", "_id"], keep="last", maintain_order=True)


def packed_rows(frame: pl.DataFrame, sync: BoundSync, side: Side) -> list[bytes]:
    """Each row's mapped values and opt-out state, packed as the base keeps them."""
    names = [b.name for b in sync.fields]
    about = [OUT, IN] if sync.sync.filter(side) else [OUT]
    rows = frame.select(*about, *[pl.col(column(side, n)).alias(n) for n in names]).to_dicts()
    return [pack({k: canonical_cell(v) for k, v in row.items()}) for row in rows]


def canonical_cell(value: Any) -> Value:
    """A cell of a frame as a canonical value (lists become tuples), as the base would keep it."""
    return stand_in(tuple(value) if isinstance(value, list) else value)


def row_hash(packed: bytes) -> int:
    return hash64(packed)


def merged_base(stored: BaseRow | None, patches: Iterable[BaseRow]) -> BaseRow:
    """``stored`` with the packed patches laid over it, hashes renewed."""
    patches = list(patches)
    link = stored.link if stored is not None else patches[0].link
    sides: dict[Side, dict[str, Value]] = {
        "ma": unpack(stored.ma) if stored is not None and stored.ma is not None else {},
        "crm": unpack(stored.crm) if stored is not None and stored.crm is not None else {},
    }
    for patch in patches:
        for side, data in (("ma", patch.ma), ("crm", patch.crm)):
            if data is not None:
                sides[side].update(unpack(data))  # type: ignore[index]
    ma, crm = pack(sides["ma"]), pack(sides["crm"])
    ma_hash, crm_hash = _hash_of(sides["ma"], ma), _hash_of(sides["crm"], crm)
    return BaseRow(link=link, ma=ma, ma_hash=ma_hash, crm=crm, crm_hash=crm_hash)


def _hash_of(values: Mapping[str, Value], packed: bytes) -> int:
    """The hash that the same record has when it is read: notes about how values came about are no part of it."""
    read = {name: value for name, value in values.items() if not name.startswith(_MADE)}
    return row_hash(packed if len(read) == len(values) else pack(read))


def unpacked_sides(row: BaseRow) -> dict[Side, dict[str, Value]]:
    """A base row's values by side; nothing where nothing was agreed."""
    return {"ma": unpack(row.ma) if row.ma else {}, "crm": unpack(row.crm) if row.crm else {}}


def base_frame(bases: Iterable[BaseRow], sync: BoundSync) -> pl.DataFrame:
    """``_link``, and per mapped field ``base.ma:x``, ``base.crm:x`` and ``based:x``; one row a base row."""
    data: dict[str, list[Any]] = {"_link": []}
    schema: dict[str, pl.DataType] = {"_link": pl.Int64()}
    for b in sync.fields:
        for side in ("ma", "crm"):
            schema[f"base.{side}:{b.name}"] = DTYPES[b.kind(side)]
            schema[f"made.{side}:{b.name}"] = pl.Boolean()
        schema[f"based:{b.name}"] = pl.Boolean()
    data |= {name: [] for name in schema}
    for row in bases:
        ma, crm = unpack(row.ma) if row.ma else {}, unpack(row.crm) if row.crm else {}
        data["_link"].append(row.link)
        for b in sync.fields:
            known = _knows(ma, "ma", b) and _knows(crm, "crm", b)
            data[f"base.ma:{b.name}"].append(_cell(ma[b.name]) if known else None)
            data[f"base.crm:{b.name}"].append(_cell(crm[b.name]) if known else None)
            data[f"based:{b.name}"].append(known)
            data[f"made.ma:{b.name}"].append(bool(ma.get(made_key(b.name))))
            data[f"made.crm:{b.name}"].append(bool(crm.get(made_key(b.name))))
    return pl.DataFrame(data, schema=schema)


def _knows(kept: Mapping[str, Value], side: Side, bound: BoundField) -> bool:
    """Whether the base tells this field: it was mapped then, and had a type whose values still fit."""
    return bound.name in kept and is_of(kept[bound.name], bound.kind(side))


def _cell(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value


def complete(row: BaseRow, side: Side, sync: BoundSync) -> bool:
    """Whether the base alone tells the side's current values: every field is there, none as a digest only, and no check
    looks at a field that is not mapped."""
    if any(sync.watched_on(side, object) for object in sync.sync.objects(side)):
        return False
    data = row.ma if side == "ma" else row.crm
    if data is None:
        return False
    values = unpack(data)
    return all(_knows(values, side, b) for b in sync.fields) and not any(map(is_stand_in, values.values()))


def side_from_base(rows: Iterable[tuple[BaseRow, str, str]], sync: BoundSync, side: Side) -> pl.DataFrame:
    """Side frame of records that did not change since the base: (base row, object, id) each."""
    schema = side_schema(sync, side)
    data: dict[str, list[Any]] = {name: [] for name in schema}
    for base, object, id in rows:
        values = unpack((base.ma if side == "ma" else base.crm) or b"\x80")
        data["_link"].append(base.link)
        data["_id"].append(id)
        data["_object"].append(object)
        data[OUT].append(values.get(OUT))
        data[IN].append(values.get(IN, True))
        for b in sync.fields:
            data[column(side, b.name)].append(_cell(values.get(b.name)))
    height = len(data["_link"])
    return pl.DataFrame(
        {n: v if len(v) == height else [None] * height for n, v in data.items()}, schema=schema
    )


def people(ma: pl.DataFrame, crm: pl.DataFrame, base: pl.DataFrame, sync: BoundSync) -> pl.DataFrame:
    """The people frame: side frames with ``_link`` filled, joined with each other and with the base."""
    mine = ma.rename({name: f"{name}_ma" for name in (IN, *RESERVED)})
    theirs = crm.rename({name: f"{name}_crm" for name in (IN, *RESERVED)})
    joined = mine.join(theirs, on="_link", how="full", coalesce=True, maintain_order="left_right")
    joined = joined.join(base, on="_link", how="left", maintain_order="left")
    joined = joined.with_columns(_with_long_texts(joined, sync))
    flags = [f"{what}:{b.name}" for b in sync.fields for what in ("based", "made.ma", "made.crm")]
    return joined.with_columns(pl.col(flag).fill_null(value=False) for flag in flags).rename(
        {"_object_crm": "_crm_object"}
    )


def _with_long_texts(joined: pl.DataFrame, sync: BoundSync) -> list[pl.Series]:
    """Base columns in which what stands for a long text is that text again, where the side still has it.

    The base keeps a digest of such a text: without this it would always seem to have changed.
    """
    restored = []
    for bound in sync.fields:
        for side in ("ma", "crm"):
            name = f"base.{side}:{bound.name}"
            if bound.kind(side) != Kind.TEXT or not any(map(is_stand_in, joined[name])):
                continue
            cells = zip(joined[name], joined[column(side, bound.name)], strict=True)
            texts = [now if is_stand_in(kept) and stand_in(now) == kept else kept for kept, now in cells]
            restored.append(pl.Series(name, texts, dtype=pl.String))
    return restored
