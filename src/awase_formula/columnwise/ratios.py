"""Quotients of two columns. They are compared, and scaled by constants; to compute further with one takes the row form."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from awase_formula.columnwise.columns import (
    Column,
    NotVectorisable,
    Number,
    Ratio,
    Scope,
    first_trouble,
    joined_size,
)
from awase_formula.columnwise.numbers import aligned, divided, ordered, times
from awase_formula.kinds import Kind
from awase_formula.rowwise.numbers import BY_ZERO

_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}


def ratio(scope: Scope, left: Column, right: Column) -> Column:
    """``left / right``; a divisor of 0 is a failure."""
    top, bottom = left.exact, right.exact
    if top.rounding or bottom.rounding:
        raise NotVectorisable
    given = top.numerator.is_not_null() & bottom.numerator.is_not_null()
    failed = pl.when(given & (bottom.numerator == 0)).then(scope.trouble(BY_ZERO, failed=True))
    before = first_trouble((left, right))
    trouble = failed if before is None else pl.coalesce(before, failed)
    value = pl.when(given).then(pl.lit(1, dtype=pl.Int64))
    size = joined_size((left, right)) + 4
    return Column(Kind.NUMBER, value, trouble, size=size, ratio=Ratio(top, bottom))


def scaled(sign: str, left: Column, right: Column) -> Column:
    """A ratio times, or divided by, a constant."""
    constant = right.constant[0] if right.constant else None
    if left.ratio is None or not isinstance(constant, Decimal) or not constant:
        raise NotVectorisable
    top = left.ratio.top
    found = divided(top, constant) if sign == "/" else times(top, right.exact)
    exact = Number(found.numerator, found.denominator, found.digits)
    return Column(
        Kind.NUMBER,
        left.value,
        left.trouble,
        size=left.size + 2,
        ratio=Ratio(exact, left.ratio.bottom, rounding=2),
    )


def compared(scope: Scope, sign: str, left: Column, right: Column) -> pl.Expr:
    """A comparison with a ratio on one side: both sides times the divisor, whose sign may turn it round."""
    if left.ratio is None:
        left, right, sign = right, left, _TURNED[sign]
    found, other = left.ratio, right.exact
    if found is None or other.rounding:
        raise NotVectorisable
    first, second = aligned((found.top, times(other, found.bottom)))
    a, b, divisor = first.numerator, second.numerator, found.bottom.numerator
    if found.rounding > 1:
        scope.doubt((a == b).fill_null(value=False))
    if sign in ("=", "<>"):
        return ordered(sign, a, b)
    straight, opposite = ordered(sign, a, b), ordered(_TURNED[sign], a, b)
    return pl.when(divisor > 0).then(straight).when(divisor < 0).then(opposite)
