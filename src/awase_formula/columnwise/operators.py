"""What each infix operator does to two columns."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from awase_formula.columnwise import dates, numbers, ratios
from awase_formula.columnwise.columns import Column, NotVectorisable, Scope, dtype, first_trouble, joined_size
from awase_formula.columnwise.text import text
from awase_formula.inference import combined
from awase_formula.kinds import TEXTUAL, Kind

COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})


def as_number(column: Column) -> Column:
    """A number, with a null literal as a number that is null."""
    if column.kind is not Kind.NULL:
        return column
    null = numbers.literal(None)
    return Column(Kind.NUMBER, null.value, column.trouble, null.number, column.constant, column.size)


def operated(scope: Scope, sign: str, left: Column, right: Column) -> Column:
    """One operator over two columns."""
    left, right = typed(left, right.kind), typed(right, left.kind)
    columns = (left, right)
    if sign in COMPARISONS:
        return Column(
            Kind.BOOLEAN,
            compared(scope, sign, left, right),
            first_trouble(columns),
            size=joined_size(columns),
        )
    kind = combined(sign, left.kind, right.kind)
    if sign == "&" or (sign == "+" and kind is Kind.TEXT):
        return _concatenated(columns)
    if sign == "^":
        raise NotVectorisable
    if left.kind is Kind.NUMBER and right.kind is Kind.NUMBER:
        if sign in ("*", "/") and left.ratio is not None:
            return ratios.scaled(sign, left, right)
        if sign == "/" and right.constant is None:
            return ratios.ratio(scope, left, right)
        return numbers.combined(sign, left, right)
    if sign == "+" and left.kind is Kind.NUMBER:
        return dates.moved(scope, right, left, backwards=False)
    if right.kind is Kind.NUMBER and sign in ("+", "-"):
        return dates.moved(scope, left, right, backwards=sign == "-")
    if sign == "-" and left.kind is right.kind and left.kind in (Kind.DATE, Kind.DATETIME, Kind.TIME):
        return dates.between(left, right)
    raise NotVectorisable


def typed(column: Column, other: Kind) -> Column:
    """A null literal, of the other side's kind."""
    if column.kind is not Kind.NULL or other is Kind.NULL:
        return column
    if other is Kind.NUMBER:
        return as_number(column)
    return Column(other, pl.lit(None, dtype=dtype(other)), column.trouble, constant=column.constant)


def _concatenated(columns: Sequence[Column]) -> Column:
    if any(column.kind not in TEXTUAL for column in columns):
        raise NotVectorisable
    return text(pl.concat_str([column.value for column in columns], ignore_nulls=True), columns)


def compared(scope: Scope, sign: str, left: Column, right: Column) -> pl.Expr:
    """A comparison: text knows no null; a number or date that is null makes it null."""
    if left.kind is Kind.NULL and right.kind is Kind.NULL:
        return pl.lit(None, dtype=pl.Boolean)
    if left.kind in TEXTUAL and right.kind in TEXTUAL:
        return _compared_text(sign, left, right)
    if left.kind is not right.kind:
        raise NotVectorisable
    if left.kind is Kind.NUMBER:
        if left.ratio is not None or right.ratio is not None:
            return ratios.compared(scope, sign, left, right)
        return numbers.compared(scope, sign, left, right)
    return numbers.ordered(sign, left.value, right.value)


def _compared_text(sign: str, left: Column, right: Column) -> pl.Expr:
    one, other = left.value, right.value
    if sign not in ("=", "<>"):
        return numbers.ordered(sign, one, other).fill_null(value=False)
    if Kind.ID in (left.kind, right.kind):
        one, other = id15(one), id15(other)
    for value, constant in ((one, right.constant), (other, left.constant)):
        if constant == (None,):
            return value.is_null() if sign == "=" else value.is_not_null()
    if left.constant is not None or right.constant is not None:
        same = (one == other).fill_null(value=False)
        return same if sign == "=" else ~same
    return one.eq_missing(other) if sign == "=" else one.ne_missing(other)


def id15(value: pl.Expr) -> pl.Expr:
    """An id by the 15 characters that say which it is."""
    return pl.when(value.str.len_chars() == 18).then(value.str.slice(0, 15)).otherwise(value)
