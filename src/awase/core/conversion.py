"""Values of one side as values of the other, as expressions over columns."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from awase.core.days import day_begins, day_of
from awase.core.mapping import BoundField
from awase.core.operations import Side, other
from awase.core.references import NOBODY, Partners, translated
from awase.core.schema import Field
from awase.core.transforms import Made, result_kind, transformed
from awase.core.values import DTYPES, INTEGERS, Kind


def carried(value: pl.Expr, bound: BoundField, to: Side, time_zone: str, partners: Partners = NOBODY) -> Made:
    """A column of the other side's values on its way to ``to``: what arrives (same name), which of it a default or a
    truncation made, and what could not be read and therefore does not go.

    ``partners``: whom the ids of a reference stand for; one without a partner is not there, and not *failed*. On the way
    to the CRM transforms come before the value map, on the way back after it.
    """
    nothing = pl.lit(value=False)
    if bound.mapping.through is not None:
        return Made(translated(value, bound, to, partners), nothing, nothing)
    zone, steps = time_zone, bound.mapping.steps(to)
    source = bound.kind(other(to))
    if to == "ma":
        value = _replaced(value, bound, source, to)
    if not bound.carries(to):
        kept = pl.lit(None, dtype=DTYPES[bound.kind(to)])
        return Made(kept, nothing, nothing)
    made = transformed(value, steps, source, zone) if steps else Made(value, nothing, nothing)
    kind = result_kind(steps, source) if steps else source
    arrived = made.value
    if to == "crm":
        arrived = _replaced(arrived, bound, kind, to)
    return Made(_as_kind(arrived, kind, bound.kind(to), zone), made.made, made.failed)


def _replaced(value: pl.Expr, bound: BoundField, kind: Kind, to: Side) -> pl.Expr:
    """Values by the mapping's value map, where it has one."""
    if not bound.mapping.values or kind not in (Kind.TEXT, Kind.TEXTS):
        return value
    table = dict(bound.mapping.values)
    if to == "ma":
        # Where two MA values share a CRM value the first named one is what comes back.
        table = {}
        for ma_value, crm_value in bound.mapping.values.items():
            table.setdefault(crm_value, ma_value)
    if kind == Kind.TEXTS:
        return value.list.eval(pl.element().replace(table)).list.unique().list.sort()
    return value.replace(table)


def _as_kind(value: pl.Expr, source: Kind, target: Kind, time_zone: str) -> pl.Expr:
    if source == target:
        return value
    if source == Kind.DATE:
        return day_begins(value, time_zone)
    if source == Kind.DATETIME:
        return day_of(value, time_zone)
    if target == Kind.INTEGER:
        # A number too large for any integer becomes the largest one, which the checks hold back.
        whole = _rounded(value, 0).clip(Decimal(INTEGERS[0]), Decimal(INTEGERS[-1]))
        return whole.cast(DTYPES[Kind.INTEGER])
    return value.cast(DTYPES[target])


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
