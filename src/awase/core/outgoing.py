"""Outgoing frames: what each record of one object would be given, before anything is checked.

_link Int64 · _create Boolean · _target String (the record's id, null for a create) · _source_out Boolean (creates)
and for each mapped field x that the object has:
set:x      what would be written · source:x  the other side's value it is made from · sends:x Boolean: is written
seen:y     what the target holds in each watched field y (updates)
before:x   what the target holds now (updates) · settles:x, from:x  what the base keeps of target and source after it
stuck:x    Boolean: the source is a reference without a partner
"""

from __future__ import annotations

import polars as pl

from awase.core.checks.preflight import seen, sends, value_column
from awase.core.conversion import carried, normalised
from awase.core.filters import passes
from awase.core.mapping import BoundField, BoundSync, WithoutPartner, column, seen_column
from awase.core.merge import Decision, decision, makes, settles, stuck_on, target, whole_target
from awase.core.operations import Side, other
from awase.core.references import NOBODY, Tables, known, stuck
from awase.core.values import DTYPES, Kind


def updates(
    pairs: pl.DataFrame, sync: BoundSync, side: Side, object: str, tables: Tables, *, whole: bool = False
) -> pl.DataFrame:
    """Existing records of one object that are written to, or would be if a partner were there.

    whole: as if every value of the other side were written, whether it differs or not; for foresight.
    """
    rows = pairs.filter(pl.col("_crm_object") == object) if side == "crm" else pairs
    wanted = Decision.TO_CRM if side == "crm" else Decision.TO_MA
    here = [bound for bound in sync.fields if bound.on(side, object) is not None]
    columns = [pl.col("_link"), pl.lit(value=False).alias("_create")]
    for bound in here:
        name, decided = bound.name, pl.col(decision(bound.name))
        # A set waits for its missing part even where the rest agrees; everything else only where it would go.
        is_set = bound.mapping.through is not None and bound.kind(side) == Kind.TEXTS
        is_set = is_set and bound.mapping.direction.may_write(side)
        goes = decided.is_in([wanted.value, Decision.STUCK.value]) | pl.lit(value=is_set)
        sticks = pl.col(stuck_on(other(side), name)) & goes
        value = whole_target(side, bound, tables)
        sent = decided == wanted.value
        if whole:
            sent = value.is_not_null() & pl.lit(bound.mapping.direction.may_write(side)) & ~sticks
        columns += [
            value.alias(value_column(name)),
            pl.col(column(other(side), name)).alias(f"source:{name}"),
            sent.alias(sends(name)),
            pl.col(column(side, name)).alias(f"before:{name}"),
            pl.col(target(side, name)).alias(f"settles:{name}"),
            pl.col(settles(other(side), name)).alias(f"from:{name}"),
            sticks.alias(f"stuck:{name}"),
            pl.col(makes(side, name)).alias(f"made:{name}"),
        ]
    # Those that were read: where people are judged by other rules than when they were read, some may not have been.
    watched = [n for n in sync.watched_on(side, object) if seen_column(object, n) in pairs.columns]
    columns += [pl.col(seen_column(object, name)).alias(seen(name)) for name in watched]
    touched = [pl.col(sends(b.name)) | pl.col(f"stuck:{b.name}") for b in here]
    chosen = rows.select(*columns, pl.col(f"_id_{side}").alias("_target"))
    return chosen.filter(pl.any_horizontal(pl.lit(value=False), *touched))


def creates_in_crm(alone: pl.DataFrame, sync: BoundSync, tables: Tables) -> dict[str, pl.DataFrame]:
    """New CRM records by object: the first ``create_as`` rule that fits decides."""
    chosen = pl.lit(None, dtype=pl.String)
    for rule in reversed(sync.sync.create_as):

        def tested(name: str) -> tuple[pl.Expr, Kind]:
            return pl.col(f"extra:{name}"), sync.ma.fields[name].kind

        needed = [pl.col(column("ma", name)).is_not_null() for name in rule.needs]
        fits = pl.all_horizontal(passes(rule.when, tested), *needed)
        chosen = pl.when(fits).then(pl.lit(rule.object)).otherwise(chosen)
    alone = alone.with_columns(chosen.alias("_as"))
    return {
        object: _created(alone.filter(pl.col("_as") == object), sync, "crm", object, tables)
        for object in sync.sync.crm_objects
    }


def creates_in_ma(alone: pl.DataFrame, sync: BoundSync, tables: Tables) -> dict[str, pl.DataFrame]:
    """New MA records."""
    return {sync.sync.ma_object: _created(alone, sync, "ma", sync.sync.ma_object, tables)}


def _created(rows: pl.DataFrame, sync: BoundSync, side: Side, object: str, tables: Tables) -> pl.DataFrame:
    columns = [pl.col("_link"), pl.lit(value=True).alias("_create")]
    for bound in sync.fields:
        if bound.on(side, object) is not None:
            columns += _created_field(bound, sync, side, object, tables)
    kinds = {name: sync.object(side, object).fields[name].kind for name in sync.watched_on(side, object)}
    columns += [pl.lit(None, dtype=DTYPES[kind]).alias(seen(name)) for name, kind in kinds.items()]
    return rows.select(
        *columns,
        pl.lit(None, dtype=pl.String).alias("_target"),
        pl.col(f"_out_{other(side)}").alias("_source_out"),
    )


def _created_field(
    bound: BoundField, sync: BoundSync, side: Side, object: str, tables: Tables
) -> list[pl.Expr]:
    name, field = bound.name, bound.on(side, object)
    assert field is not None  # noqa: S101  said by the caller
    partners = tables.get(name, NOBODY)
    source = pl.col(column(other(side), name))
    through = bound.mapping.through is not None
    usable = known(source, bound, other(side), partners) if through else source
    arriving = carried(usable, bound, side, sync.sync.time_zone, partners)
    value = normalised(arriving.value, field)
    may_write = bound.mapping.direction.may_write(side)
    if not may_write:
        value = pl.lit(None, dtype=DTYPES[field.kind])
    waits = through and may_write and bound.mapping.without_partner == WithoutPartner.WAIT
    sticks = stuck(source, bound, other(side), partners) if waits else arriving.failed & pl.lit(may_write)
    return [
        value.alias(value_column(name)),
        source.alias(f"source:{name}"),
        value.is_not_null().alias(sends(name)),
        pl.lit(None, dtype=DTYPES[field.kind]).alias(f"before:{name}"),
        value.alias(f"settles:{name}"),
        usable.alias(f"from:{name}"),
        sticks.alias(f"stuck:{name}"),
        arriving.made.alias(f"made:{name}"),
    ]
