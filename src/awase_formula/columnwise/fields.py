"""Reading a frame's columns as fields, with checks that find the rows an expression could read wrongly."""

from __future__ import annotations

import polars as pl

from awase_formula.columnwise import numbers
from awase_formula.columnwise.columns import Column, NotVectorisable, Number, Scope, dtype
from awase_formula.kinds import TEXTUAL, Field, Kind
from awase_formula.values import Failure, Value, moment, read

IS_NEW = ":new"
"""A Boolean column that says which rows are inserts, where they are not all alike."""

_FIELD_DIGITS = 18
_SCALE = 10
_FROM_FLOAT = pl.Decimal(38, _SCALE)
_PLAIN = r"\A\s*[+-]?[0-9]{1,18}(?:\.[0-9]{1,10})?\s*\z"


def read_column(scope: Scope, name: str, field: Field) -> Column:
    """The column of this name as a field of this kind. Raises ``NotVectorisable`` where its type does not fit."""
    held = scope.dtypes[name]
    column = pl.col(name)
    if held == pl.Null():
        return constant(read(None, field, scope.blanks), field.kind)
    if field.kind is Kind.NUMBER:
        return _number(scope, name, field, held)
    if field.kind in TEXTUAL:
        text = as_text(column, held)
        filled = text if name in scope.facts.filled else pl.when(text != "").then(text)
        return Column(field.kind, filled, size=3, members=column if _is_list(held) else None)
    if field.kind is Kind.BOOLEAN and held == pl.Boolean():
        return Column(Kind.BOOLEAN, column.fill_null(value=False), size=2)
    if field.kind is Kind.DATE and held == pl.Date():
        return Column(Kind.DATE, column)
    if field.kind is Kind.TIME and held == pl.Time():
        return Column(Kind.TIME, column)
    if field.kind is Kind.DATETIME and isinstance(held, pl.Datetime):
        aware = (
            column.dt.replace_time_zone("UTC")
            if held.time_zone is None
            else column.dt.convert_time_zone("UTC")
        )
        return Column(Kind.DATETIME, aware.cast(dtype(Kind.DATETIME)), size=3)
    raise NotVectorisable


def is_text(held: pl.DataType) -> bool:
    """Whether a column of this type can be read as text."""
    return isinstance(held, (pl.String, pl.Categorical, pl.Enum)) or _is_list(held)


def as_text(column: pl.Expr, held: pl.DataType) -> pl.Expr:
    """A column of this type as text. Raises ``NotVectorisable`` where it is none."""
    if held == pl.String():
        return column
    if not is_text(held):
        raise NotVectorisable
    return column.list.join(";") if _is_list(held) else column.cast(pl.String)


def _is_list(held: pl.DataType) -> bool:
    return isinstance(held, pl.List) and held.inner == pl.String()


def _number(scope: Scope, name: str, field: Field, held: pl.DataType) -> Column:
    column = pl.col(name)
    if held.is_integer():
        return _finished(scope, field, Number(column.cast(pl.Int128), 1, 19))
    if held.is_decimal():
        scale = held.scale  # type: ignore[attr-defined]
        if name in scope.facts.digits:
            return _known_decimal(scope, name, field, scale)
        digits = _FIELD_DIGITS + scale
        limit = pl.lit(10**digits, dtype=pl.Int128)
        scope.checks[f"large {name}"] = (column.to_physical().cast(pl.Int128).abs() >= limit).fill_null(
            value=False
        )
        return _decimal(scope, field, column, scale)
    if held.is_float():
        safe = pl.when(column.is_finite() & (column.abs() < 10.0**15)).then(column)
        amount = safe.cast(_FROM_FLOAT, strict=False)
        scope.checks[f"float {name}"] = column.is_not_null() & (
            amount.cast(pl.Float64).ne_missing(column.cast(pl.Float64))
        )
        if held == pl.Float32():
            raise NotVectorisable
        return _decimal(scope, field, amount, _SCALE)
    if held == pl.String():
        plain = column.str.contains(_PLAIN)
        scope.checks[f"text {name}"] = (~plain & (column != "")).fill_null(value=False)
        amount = (
            pl.when(plain)
            .then(column.str.strip_chars().str.strip_prefix("+"))
            .cast(_FROM_FLOAT, strict=False)
        )
        return _decimal(scope, field, amount, _SCALE)
    raise NotVectorisable


def _decimal(scope: Scope, field: Field, amount: pl.Expr, scale: int) -> Column:
    kept = scale if field.scale is None else min(field.scale, scale)
    if kept < scale:
        physical = numbers.half_away(amount.to_physical().cast(pl.Int128), 10 ** (scale - kept))
    else:
        physical = amount.to_physical().cast(pl.Int128)
    return _finished(scope, field, Number(physical, 10**kept, _FIELD_DIGITS + kept))


def _known_decimal(scope: Scope, name: str, field: Field, scale: int) -> Column:
    """A decimal column whose values are known to have no more digits and decimals than the facts say."""
    kept = min(scope.facts.scales.get(name, scale), scale)
    digits = max(scope.facts.digits[name] - (scale - kept), 1)
    physical = pl.col(name).to_physical()
    if scope.facts.digits[name] <= _FIELD_DIGITS:
        physical = physical.cast(pl.Int64)
    if kept < scale:
        physical = physical // 10 ** (scale - kept)
    number = physical.cast(pl.Int64) if digits <= _FIELD_DIGITS else physical.cast(pl.Int128)
    if field.scale is not None and field.scale < kept:
        number, kept = numbers.half_away(number, 10 ** (kept - field.scale)), field.scale
    return _finished(scope, field, Number(number, 10**kept, digits))


def _finished(scope: Scope, field: Field, number: Number) -> Column:
    numerator = number.numerator.fill_null(0) if scope.blanks == "zero" else number.numerator
    denominator = number.denominator * (100 if field.percent else 1)
    finished = Number(numerator, denominator, number.digits)
    return Column(Kind.NUMBER, numerator, number=finished, size=6)


def constant(value: Value, kind: Kind) -> Column:
    """A value that is the same in every row."""
    if value is None:
        if kind is Kind.NUMBER:
            return numbers.literal(None)
        return Column(kind, pl.lit(None, dtype=dtype(kind)), constant=(None,))
    if isinstance(value, bool):
        return Column(Kind.BOOLEAN, pl.lit(value), constant=(value,))
    if isinstance(value, str):
        kind = kind if kind in TEXTUAL else Kind.TEXT
        return Column(kind, pl.lit(value), constant=(value,))
    from datetime import date, datetime, time
    from decimal import Decimal

    if isinstance(value, Decimal):
        return numbers.literal(value)
    if isinstance(value, datetime):
        return Column(Kind.DATETIME, pl.lit(value, dtype=dtype(Kind.DATETIME)), constant=(value,))
    if isinstance(value, date):
        return Column(Kind.DATE, pl.lit(value, dtype=pl.Date), constant=(value,))
    if isinstance(value, time):
        return Column(Kind.TIME, pl.lit(value, dtype=pl.Time), constant=(value,))
    raise NotVectorisable


def global_column(scope: Scope, held: object, field: Field) -> Column:
    """A global's value as a constant, or the trouble that it has none."""
    try:
        value = read(held, field, scope.blanks)
    except Failure as failure:
        return troubled(scope, field.kind, failure.reason, failure.failed)
    return constant(moment(value, field.kind), field.kind)


def troubled(scope: Scope, kind: Kind, reason: str, failed: bool = False) -> Column:
    """Trouble in every row."""
    null = constant(None, kind)
    return Column(null.kind, null.value, scope.trouble(reason, failed), null.number, size=2)
