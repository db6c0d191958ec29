"""Three-way merge by column: what each field's two values and their base mean, and who gets written.

Never by comparing clocks of two systems; with no base, a blank never overwrites. The law is ``TABLE`` below, which
the console and the manual show as it stands here; the code only compiles it to expressions.

A *pair* is one link with both sides present. The frame of pairs has one row a link and these columns:

    _link Int64 · _crm_object String · for each mapped field x:
    ma:x, crm:x          current values, in each side's own kind
    base.ma:x, base.crm:x  what was last agreed (null where nothing was)
    based:x Boolean        the base knows this field
    made.ma:x, made.crm:x  Boolean: what was agreed on that side was made by a default or a truncation
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import polars as pl

from awase.core.conversion import carried, normalised
from awase.core.mapping import BoundField, BoundSync, Direction, OnConflict, column
from awase.core.operations import SIDES, Side
from awase.core.references import NOBODY, Partners, Tables, known, stuck, together, unknown
from awase.core.values import Kind


class Changed(StrEnum):
    """What happened to a field since both sides last agreed."""

    MA = "ma"
    CRM = "crm"
    BOTH = "both"
    DIFFERENT = "different"
    """No base; both filled, and different."""
    MA_FILLED = "ma_filled"
    """No base; the CRM is blank."""
    CRM_FILLED = "crm_filled"
    """No base; the MA is blank."""


class Decision(IntEnum):
    NOTHING = 0
    TO_CRM = 1
    TO_MA = 2
    WAIT = 3
    """A conflict that a person decides."""
    STUCK = 4
    """A reference to a record that has no partner yet."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one cell of the table says."""

    decision: Decision | None
    """None: the mapping's ``on_conflict`` decides."""
    when_crm_blank: Decision | None = None
    """Instead, where the CRM's value is empty."""
    listed: bool = False
    """A person's value gives way: listed as a conflict with both values."""


_N, _C, _M = Decision.NOTHING, Decision.TO_CRM, Decision.TO_MA

TABLE: Mapping[tuple[Changed, Direction], Rule] = {
    (Changed.MA, Direction.TWO_WAY): Rule(_C),
    (Changed.MA, Direction.PREFER_CRM): Rule(_M, when_crm_blank=_C, listed=True),
    (Changed.MA, Direction.CRM): Rule(_M, listed=True),
    (Changed.MA, Direction.MA): Rule(_C),
    (Changed.CRM, Direction.TWO_WAY): Rule(_M),
    (Changed.CRM, Direction.PREFER_CRM): Rule(_M),
    (Changed.CRM, Direction.CRM): Rule(_M),
    (Changed.CRM, Direction.MA): Rule(_C, listed=True),
    (Changed.BOTH, Direction.TWO_WAY): Rule(None, listed=True),
    (Changed.BOTH, Direction.PREFER_CRM): Rule(_M, when_crm_blank=_C, listed=True),
    (Changed.BOTH, Direction.CRM): Rule(_M, listed=True),
    (Changed.BOTH, Direction.MA): Rule(_C, listed=True),
    (Changed.DIFFERENT, Direction.TWO_WAY): Rule(None, listed=True),
    (Changed.DIFFERENT, Direction.PREFER_CRM): Rule(_M),
    (Changed.DIFFERENT, Direction.CRM): Rule(_M),
    (Changed.DIFFERENT, Direction.MA): Rule(_C),
    (Changed.MA_FILLED, Direction.TWO_WAY): Rule(_C),
    (Changed.MA_FILLED, Direction.PREFER_CRM): Rule(_C),
    (Changed.MA_FILLED, Direction.CRM): Rule(_N),
    (Changed.MA_FILLED, Direction.MA): Rule(_C),
    (Changed.CRM_FILLED, Direction.TWO_WAY): Rule(_M),
    (Changed.CRM_FILLED, Direction.PREFER_CRM): Rule(_M),
    (Changed.CRM_FILLED, Direction.CRM): Rule(_M),
    (Changed.CRM_FILLED, Direction.MA): Rule(_N),
}
"""The direction table. Equal values on both sides are never looked up here."""

_ON_CONFLICT: Mapping[OnConflict, Decision] = {
    OnConflict.CRM: Decision.TO_MA,
    OnConflict.MA: Decision.TO_CRM,
    OnConflict.WAIT: Decision.WAIT,
}


def target(side: Side, name: str) -> str:
    """The frame column that holds what ``side`` would be given for a field."""
    return f"to.{side}:{name}"


def decision(name: str) -> str:
    return f"decision:{name}"


def listed(name: str) -> str:
    return f"listed:{name}"


def stuck_on(side: Side, name: str) -> str:
    """The Boolean column that says this side's reference names a record without a partner."""
    return f"stuck.{side}:{name}"


def settles(side: Side, name: str) -> str:
    """The column of what the base keeps of ``side`` once the field is agreed in its present form."""
    return f"settles.{side}:{name}"


def merge(pairs: pl.DataFrame, sync: BoundSync, tables: Tables | None = None) -> pl.DataFrame:
    """``pairs`` with, for each field x: ``to.crm:x`` and ``to.ma:x`` (converted values), ``decision:x`` UInt8
    (a ``Decision``), ``listed:x`` Boolean (a conflict to be listed), ``settles.ma:x`` and ``settles.crm:x``.

    ``tables``: the partners of each reference field.
    """
    tables = tables or {}
    pairs = pairs.with_columns(
        [c for bound in sync.fields for c in _compared(bound, tables.get(bound.name, NOBODY))]
    )
    pairs = pairs.with_columns(
        [c for bound in sync.fields for c in _targets(bound, sync, tables.get(bound.name, NOBODY))]
    )
    pairs = pairs.with_columns([_changed(bound, sync) for bound in sync.fields])
    return pairs.with_columns([c for bound in sync.fields for c in _decided(bound)]).drop(
        [f"changed:{bound.name}" for bound in sync.fields]
    )


def overruled(pairs: pl.DataFrame, winners: Mapping[tuple[int, str], Side]) -> pl.DataFrame:
    """Merged ``pairs`` with a person's decisions: where a conflict waits, the winner's value goes to the other side."""
    for (link, name), winner in winners.items():
        goes = Decision.TO_CRM if winner == "ma" else Decision.TO_MA
        waits = (pl.col("_link") == link) & (pl.col(decision(name)) == Decision.WAIT.value)
        chosen = pl.when(pl.col(stuck_on(winner, name))).then(Decision.STUCK.value).otherwise(goes.value)
        decided = pl.when(waits).then(chosen.cast(pl.UInt8)).otherwise(pl.col(decision(name)))
        pairs = pairs.with_columns(decided.alias(decision(name)))
    return pairs


def _compared(bound: BoundField, partners: Partners) -> list[pl.Expr]:
    """What is compared of each side (of a set of references, the part that has partners), and what is stuck."""
    columns = []
    for side in SIDES:
        value = pl.col(column(side, bound.name))
        is_reference = bound.mapping.through is not None
        columns += [
            (known(value, bound, side, partners) if is_reference else value).alias(settles(side, bound.name)),
            (stuck(value, bound, side, partners) if is_reference else pl.lit(value=False)).alias(
                stuck_on(side, bound.name)
            ),
        ]
    return columns


def makes(side: Side, name: str) -> str:
    """The Boolean column that says what ``side`` would be given was made by a default or a truncation."""
    return f"makes.{side}:{name}"


def _targets(bound: BoundField, sync: BoundSync, partners: Partners) -> list[pl.Expr]:
    zone, name = sync.sync.time_zone, bound.name
    to_crm = carried(pl.col(settles("ma", name)), bound, "crm", zone, partners)
    to_ma = carried(pl.col(settles("crm", name)), bound, "ma", zone, partners)
    # The CRM objects of one mapping may differ in scale; each row is normalised for its own object.
    crm_value = pl.lit(None, dtype=pl.Null)
    for object, field in bound.crm.items():
        crm_value = (
            pl.when(pl.col("_crm_object") == object)
            .then(normalised(to_crm.value, field))
            .otherwise(crm_value)
        )
    return [
        crm_value.alias(target("crm", name)),
        normalised(to_ma.value, bound.ma).alias(target("ma", name)),
        to_crm.made.alias(makes("crm", name)),
        to_ma.made.alias(makes("ma", name)),
        # What a transform cannot read is stuck like a reference without a partner: neither sent nor taken for empty.
        (pl.col(stuck_on("ma", name)) | to_crm.failed).alias(stuck_on("ma", name)),
        (pl.col(stuck_on("crm", name)) | to_ma.failed).alias(stuck_on("crm", name)),
    ]


def whole_target(side: Side, bound: BoundField, tables: Tables) -> pl.Expr:
    """What is written to ``side``: of a set of references, with those that only this side can know."""
    value = pl.col(target(side, bound.name))
    if bound.mapping.through is None or bound.kind(side) != Kind.TEXTS:
        return value
    partners = tables.get(bound.name, NOBODY)
    return together(value, unknown(pl.col(column(side, bound.name)), side, partners))


def _changed(bound: BoundField, sync: BoundSync) -> pl.Expr:
    name = bound.name
    ma, crm = pl.col(settles("ma", name)), pl.col(settles("crm", name))
    based = pl.col(f"based:{name}")
    ma_moved = ma.ne_missing(pl.col(f"base.ma:{name}"))
    crm_moved = crm.ne_missing(pl.col(f"base.crm:{name}"))
    single = not _is_set_of_references(bound)
    ma_told = ~pl.col(stuck_on("ma", name)) if single else pl.lit(value=True)
    crm_told = ~pl.col(stuck_on("crm", name)) if single else pl.lit(value=True)
    there = pl.col(target("crm", name)).eq_missing(crm) & ma_told & pl.lit(bound.carries("crm"))
    back = pl.col(target("ma", name)).eq_missing(ma) & crm_told & pl.lit(bound.carries("ma"))
    equal = there | back
    here = (
        pl.col("_crm_object").is_in(list(bound.crm))
        if set(bound.crm) != set(sync.crm)
        else pl.lit(value=True)
    )
    return (
        pl.when(~here | equal)
        .then(None)
        .when(based & ma_moved & crm_moved)
        .then(pl.lit(Changed.BOTH.value))
        .when(based & ma_moved)
        .then(pl.lit(Changed.MA.value))
        .when(based & crm_moved)
        .then(pl.lit(Changed.CRM.value))
        .when(based)
        .then(None)
        .when(ma.is_not_null() & crm.is_not_null())
        .then(pl.lit(Changed.DIFFERENT.value))
        .when(ma.is_not_null())
        .then(pl.lit(Changed.MA_FILLED.value))
        .otherwise(pl.lit(Changed.CRM_FILLED.value))
        .alias(f"changed:{name}")
    )


def _decided(bound: BoundField) -> list[pl.Expr]:
    name = bound.name
    changed = pl.col(f"changed:{name}")
    crm_made = _still_made("crm", name)
    # A value that a default or a truncation put there is nobody's own: like a blank, it does not stand against one.
    blank = pl.col(column("crm", name)).is_null() | crm_made
    decided = pl.lit(Decision.NOTHING.value, dtype=pl.UInt8)
    is_listed = pl.lit(value=False)
    for state in Changed:
        rule = TABLE[state, bound.mapping.direction]
        usual = rule.decision if rule.decision is not None else _ON_CONFLICT[bound.mapping.on_conflict]
        choice = pl.lit(usual.value, dtype=pl.UInt8)
        gives_way = pl.lit(rule.listed)
        if rule.when_crm_blank is not None:
            choice = pl.when(blank).then(pl.lit(rule.when_crm_blank.value, dtype=pl.UInt8)).otherwise(choice)
            # Filling a blank takes nothing from anybody, unless the blank was itself an edit.
            gives_way = gives_way & (~blank | pl.lit(state == Changed.BOTH))
        decided = pl.when(changed == state.value).then(choice).otherwise(decided)
        is_listed = pl.when(changed == state.value).then(gives_way).otherwise(is_listed)
    sources: tuple[tuple[Decision, Side], ...] = ((Decision.TO_CRM, "ma"), (Decision.TO_MA, "crm"))
    for outcome, source in sources:
        goes = decided == outcome.value
        # Made values never go back to where they were made from.
        decided = pl.when(goes & _still_made(source, name)).then(_nothing()).otherwise(decided)
        if not _is_set_of_references(bound):
            sticks = goes & pl.col(stuck_on(source, name))
            decided = pl.when(sticks).then(pl.lit(Decision.STUCK.value, dtype=pl.UInt8)).otherwise(decided)
    is_listed = is_listed & ~decided.is_in([Decision.STUCK.value, Decision.NOTHING.value])
    return [decided.alias(decision(name)), is_listed.alias(listed(name))]


def _still_made(side: Side, name: str) -> pl.Expr:
    """Boolean: this side's value was made by a default or a truncation, and nobody has touched it since."""
    made = pl.col(f"made.{side}:{name}").fill_null(value=False)
    return made & pl.col(column(side, name)).eq_missing(pl.col(f"base.{side}:{name}"))


def _nothing() -> pl.Expr:
    return pl.lit(Decision.NOTHING.value, dtype=pl.UInt8)


def _is_set_of_references(bound: BoundField) -> bool:
    return bound.mapping.through is not None and bound.kind("ma") == Kind.TEXTS
