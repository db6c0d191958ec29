"""Transforms that read and change numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from itertools import pairwise

import polars as pl

from awase.core.transforms.steps import StepProblem, by_value
from awase.core.transforms.widths import ascii_width
from awase.core.values import DTYPES, WHOLE_DIGITS, Kind

PLACES = 10
"""Digits after the point of a decimal column."""

_LAST_PLACE = Decimal(1).scaleb(-PLACES)
_LIMIT = Decimal(10) ** WHOLE_DIGITS
_EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
_LONGEST = 100
"""No number that fits a column is written in more signs."""

_UNITS: Mapping[str, int] = {"": 0, "十": 1, "百": 2, "千": 3, "万": 4, "億": 8, "兆": 12}
_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+"
_PART = re.compile(rf"({_DIGITS})([十百千]?)([万億兆]?)")
_SIGNS = re.compile(
    r"(?P<bracket>\()?(?P<minus>[-\u2010-\u2015\u2212△▲▼])?\+?(?:[¥\\$]|JPY)?(?P<late>[-\u2212△▲▼])?"
    rf"(?P<amount>(?:(?:{_DIGITS})[十百千]?[万億兆]?)+)(?:円|JPY)?(?P<percent>%)?(?P<close>\))?"
)


def number(value: pl.Expr, _argument: None) -> pl.Expr:
    return by_value(value, number_in, DTYPES[Kind.DECIMAL])


def number_in(text: str) -> Decimal | None:
    """The number that ``text`` writes, at most ten places; None when it is none, or too large for a column."""
    plain = "".join(ascii_width(text).replace("￥", "¥").split())
    if len(plain) > _LONGEST:
        return None
    found = _SIGNS.fullmatch(plain)
    if found is None or bool(found["bracket"]) != bool(found["close"]):
        return None
    amount = _amount(found["amount"])
    negations = [part for part in (found["bracket"], found["minus"], found["late"]) if part]
    if amount is None or len(negations) > 1:
        return None
    amount = _EXACT.multiply(amount, Decimal("0.01") if found["percent"] else Decimal(1))
    rounded = amount.quantize(_LAST_PLACE, context=_EXACT)
    if rounded >= _LIMIT:
        return None
    # Not -rounded: that would round to the 28 digits of Python's own context.
    return rounded.copy_negate() if negations and rounded else rounded


def _amount(text: str) -> Decimal | None:
    """``1億2,000万`` and the like; each unit is smaller than the one before it."""
    parts = _PART.findall(text)
    powers = [_UNITS[small] + _UNITS[large] for _, small, large in parts]
    if any(later >= earlier for earlier, later in pairwise(powers)):
        return None
    total = Decimal(0)
    for (digits, _, _), power in zip(parts, powers, strict=True):
        total = _EXACT.add(total, Decimal(digits.replace(",", "")).scaleb(power, context=_EXACT))
    return total


def rounded(value: pl.Expr, places: int) -> pl.Expr:
    """Halves go away from zero; null where the rounded number would not fit the column."""
    fits = value.is_between(-(_LIMIT - 1), _LIMIT - 1)
    return pl.when(fits).then(value).round(places, mode="half_away_from_zero")


def check_places(argument: int) -> None:
    if not 0 <= argument <= PLACES:
        raise StepProblem("{value} is out of bounds ({low} to {high})", value=argument, low=0, high=PLACES)


def scaled(value: pl.Expr, factor: Decimal) -> pl.Expr:
    """Exact to the tenth place; null where the product would not fit the column."""
    most = min(_LIMIT - 1, _EXACT.divide(_LIMIT - 1, factor.copy_abs()))
    most = most.quantize(_LAST_PLACE, rounding=ROUND_FLOOR, context=_EXACT)
    number = value.cast(DTYPES[Kind.DECIMAL])
    fitting = pl.when(number.is_between(-most, most)).then(number)
    return fitting * pl.lit(factor, dtype=DTYPES[Kind.DECIMAL])


def check_factor(argument: Decimal) -> None:
    fits = argument.is_finite() and argument and argument.copy_abs() < _LIMIT
    if not fits or argument != argument.quantize(_LAST_PLACE, context=_EXACT):
        raise StepProblem(
            "“{value}” cannot be a factor",
            remedy="Write a number other than 0, with at most 10 places after the point.",
            value=argument,
        )
