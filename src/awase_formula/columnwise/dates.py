"""Functions on dates, instants and times of day in columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl

from awase_formula.columnwise import numbers
from awase_formula.columnwise.columns import (
    Column,
    NotVectorisable,
    Number,
    Scope,
    first_trouble,
    joined_size,
)
from awase_formula.kinds import Kind
from awase_formula.rowwise.dates import DAY_MS

_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31 in days since 1970; beyond, the row form decides."""

_INSTANT = pl.Datetime("us", "UTC")
_DAY_US = DAY_MS * 1000

Compile = Callable[[Scope, Sequence[Column]], Column]


def of(kind: Kind, value: pl.Expr, columns: Sequence[Column], copies: int = 1) -> Column:
    """A column of a date kind, which holds these columns so often."""
    return Column(kind, value, first_trouble(columns), size=joined_size(columns, copies))


def moved(scope: Scope, moment: Column, amount: Column, backwards: bool) -> Column:
    """A date or instant plus, or minus, a number of days."""
    if backwards:
        amount = numbers.negated(amount)
    number = amount.exact
    if moment.kind is Kind.DATE:
        return _moved_date(scope, moment, amount)
    if moment.kind is not Kind.DATETIME or number.digits > 28:
        raise NotVectorisable
    wide = number.numerator.cast(pl.Int128) * pl.lit(86400, dtype=pl.Int128)
    if number.rounding and number.denominator > 1:
        scope.doubt((wide.abs() * 2 % number.denominator == 0).fill_null(value=False))
    seconds = numbers.half_away(wide, number.denominator)
    total = moment.value.to_physical().cast(pl.Int128) + seconds * 1_000_000
    inside = total.is_between(_FIRST_DAY * _DAY_US, (_LAST_DAY + 1) * _DAY_US - 1)
    scope.doubt((~inside).fill_null(value=False))
    value = pl.when(inside).then(total).cast(pl.Int64).cast(_INSTANT)
    return of(Kind.DATETIME, value, (moment, amount), copies=6)


def _moved_date(scope: Scope, moment: Column, amount: Column) -> Column:
    number = amount.exact
    if number.rounding:
        raise NotVectorisable
    days = numbers.integer(amount)
    total = moment.value.to_physical().cast(pl.Int64) + days.clip(-(10**9), 10**9)
    inside = total.is_between(_FIRST_DAY, _LAST_DAY)
    if number.digits > 18:
        scope.doubt((days.is_null() & number.numerator.is_not_null()).fill_null(value=False))
    scope.doubt((~inside).fill_null(value=False))
    value = pl.when(inside).then(total).cast(pl.Int32).cast(pl.Date)
    return of(Kind.DATE, value, (moment, amount), copies=6)


def between(left: Column, right: Column) -> Column:
    """How many days, or for times how many milliseconds, lie between two moments."""
    first, second = left.value, right.value
    columns = (left, right)
    if left.kind is Kind.DATE:
        days = first.to_physical().cast(pl.Int64) - second.to_physical().cast(pl.Int64)
        return numbers.whole(days, 8, columns)
    if left.kind is Kind.DATETIME:
        ms = first.to_physical() // 1000 - second.to_physical() // 1000
        return numbers.of(Number(ms, DAY_MS, 16, rounding=1), columns)
    ms = first.to_physical() // 1_000_000 - second.to_physical() // 1_000_000
    return numbers.whole((ms + DAY_MS) % DAY_MS, 8, columns)


def _part(take: Callable[[pl.Expr], pl.Expr]) -> Compile:
    return lambda _scope, columns: numbers.whole(take(columns[0].value).cast(pl.Int64), 5, columns)


def _add_months(scope: Scope, columns: Sequence[Column]) -> Column:
    months = columns[1].constant
    if (
        months is None
        or not isinstance(months[0], Decimal)
        or abs(months[0]) > 1200
        or columns[0].kind is not Kind.DATE
    ):
        raise NotVectorisable
    day = columns[0].value
    year = day.dt.year()
    near = (year < 1 + 101) | (year > 9999 - 101)
    scope.doubt(near.fill_null(value=False))
    safe = pl.when(~near).then(day)
    later = safe.dt.offset_by(f"{int(months[0])}mo")
    value = pl.when(safe == safe.dt.month_end()).then(later.dt.month_end()).otherwise(later)
    return of(Kind.DATE, value, columns, copies=12)


def zone_name(scope: Scope) -> str:
    """The running user's zone for Polars. Raises ``NotVectorisable`` for a zone without a name."""
    zone = scope.context.zone
    if zone is UTC:
        return "UTC"
    if isinstance(zone, ZoneInfo) and zone.key:
        return zone.key
    raise NotVectorisable


def _date_value(scope: Scope, columns: Sequence[Column]) -> Column:
    if columns[0].kind is Kind.DATE:
        return of(Kind.DATE, columns[0].value, columns)
    if columns[0].kind is not Kind.DATETIME:
        raise NotVectorisable
    year = columns[0].value.dt.year()
    near = (year < 1900) | (year > 2100)  # before and after, two zone databases may differ
    if zone_name(scope) != "UTC":
        scope.doubt(near.fill_null(value=False))
        local = pl.when(~near).then(columns[0].value).dt.convert_time_zone(zone_name(scope)).dt.date()
        return of(Kind.DATE, local, columns)
    return of(Kind.DATE, columns[0].value.dt.date(), columns)


def _datetime_value(_scope: Scope, columns: Sequence[Column]) -> Column:
    if columns[0].kind is Kind.DATETIME:
        return of(Kind.DATETIME, columns[0].value, columns)
    if columns[0].kind is not Kind.DATE:
        raise NotVectorisable
    return of(Kind.DATETIME, columns[0].value.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), columns)


def _time_value(_scope: Scope, columns: Sequence[Column]) -> Column:
    if columns[0].kind is not Kind.DATETIME:
        raise NotVectorisable
    ns = columns[0].value.to_physical() % _DAY_US // 1000 * 1_000_000
    return of(Kind.TIME, ns.cast(pl.Time), columns)


DATES: Mapping[str, Compile] = {
    "ADDMONTHS": _add_months,
    "DATETIMEVALUE": _datetime_value,
    "DATEVALUE": _date_value,
    "DAY": _part(lambda day: day.dt.day()),
    "DAYOFYEAR": _part(lambda day: day.dt.ordinal_day()),
    "HOUR": _part(lambda moment: moment.dt.hour()),
    "ISOWEEK": _part(lambda day: day.dt.week()),
    "ISOYEAR": _part(lambda day: day.dt.iso_year()),
    "MILLISECOND": _part(lambda moment: moment.dt.millisecond()),
    "MINUTE": _part(lambda moment: moment.dt.minute()),
    "MONTH": _part(lambda day: day.dt.month()),
    "SECOND": _part(lambda moment: moment.dt.second()),
    "TIMEVALUE": _time_value,
    "WEEKDAY": _part(lambda day: day.dt.weekday().cast(pl.Int64) % 7 + 1),
    "YEAR": _part(lambda day: day.dt.year()),
}
