"""Values of one side as values of the other, as expressions over columns."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from awase.core.days import day_begins, day_of
from awase.core.mapping import BoundField
from awase.core.operations import Side
from awase.core.references import NOBODY, Partners, translated
from awase.core.schema import Field
from awase.core.values import DTYPES, INTEGERS, Kind


def converted(
    value: pl.Expr, bound: BoundField, to: Side, time_zone: str, partners: Partners = NOBODY
) -> pl.Expr:
    """A column of the other side's values as values for ``to`` (same name kept).

    ``partners``: whom the ids of a reference stand for.
    """
    if bound.mapping.through is not None:
        return translated(value, bound, to, partners)
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
