"""Dates as queries name them (``THIS_WEEK``, ``LAST_N_DAYS:30``), and parts of dates (``CALENDAR_YEAR(field)``).

Days begin at midnight where the running user lives, weeks on Sunday; fiscal years are calendar years here [from memory].
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from .values import read_datetime, stamp

ZONE: Final = ZoneInfo("Asia/Tokyo")
"""Where the users of a practice org live."""
Span = tuple[date, date]
"""The first day, and the first day that is too late."""
_DAY = timedelta(days=1)


def _day(today: date, back: int) -> date:
    return today - back * _DAY


def _week(today: date, back: int) -> date:
    """The Sunday that begins the week so many weeks back."""
    return today - (today.isoweekday() % 7 + 7 * back) * _DAY


def _month(today: date, back: int) -> date:
    months = today.year * 12 + today.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def _quarter(today: date, back: int) -> date:
    quarters = today.year * 4 + (today.month - 1) // 3 - back
    return date(quarters // 4, quarters % 4 * 3 + 1, 1)


def _year(today: date, back: int) -> date:
    return date(today.year - back, 1, 1)


_UNITS: Final[Mapping[str, Callable[[date, int], date]]] = {
    "day": _day,
    "week": _week,
    "month": _month,
    "quarter": _quarter,
    "year": _year,
    "fiscal_quarter": _quarter,
    "fiscal_year": _year,
}
_DAYS: Final = {"today": 0, "yesterday": 1, "tomorrow": -1}


def span_of(word: str, today: date) -> Span | None:
    """The days that a date literal means; None if there is no such literal. Raises OverflowError, ValueError for far years."""
    word, _, counted = word.lower().partition(":")
    count = int(counted) if counted else None
    if count is None:
        return _named(word, today)
    for unit, start in _UNITS.items():
        if word == f"n_{unit}s_ago":
            return start(today, count), start(today, count - 1)
        if word == f"last_n_{unit}s":
            # Days count up to today, longer spans up to the one that is running.
            return start(today, count), start(today, -1 if unit == "day" else 0)
        if word == f"next_n_{unit}s":
            return start(today, -1), start(today, -1 - count)
    return None


def _named(word: str, today: date) -> Span | None:
    if word in _DAYS:
        return _day(today, _DAYS[word]), _day(today, _DAYS[word] - 1)
    if word == "last_90_days":
        return _day(today, 90), _day(today, -1)
    if word == "next_90_days":
        return _day(today, -1), _day(today, -91)
    when, _, unit = word.partition("_")
    back = {"last": 1, "this": 0, "next": -1}.get(when)
    start = _UNITS.get(unit)
    if back is None or start is None or unit == "day":
        return None
    return start(today, back), start(today, back - 1)


def today_of(now: datetime) -> date:
    """The day it is where the users live."""
    return now.astimezone(ZONE).date()


def stored_day(day: date, type: str) -> str:
    """The first moment of a day as a date or a datetime field stores it."""
    if type == "date":
        return day.isoformat()
    return stamp(datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC))


@functools.lru_cache(maxsize=8192)
def _local(value: str) -> datetime:
    """A stored date or datetime where the users live."""
    if len(value) == 10:
        return datetime.fromisoformat(value).replace(tzinfo=ZONE)
    moment = read_datetime(value)
    assert moment is not None  # noqa: S101  (the org stores nothing else)
    return moment.astimezone(ZONE)


DATE_FUNCTIONS: Final[Mapping[str, Callable[[datetime], Any]]] = {
    "calendar_year": lambda at: at.year,
    "calendar_quarter": lambda at: (at.month - 1) // 3 + 1,
    "calendar_month": lambda at: at.month,
    "fiscal_year": lambda at: at.year,
    "fiscal_quarter": lambda at: (at.month - 1) // 3 + 1,
    "fiscal_month": lambda at: at.month,
    "week_in_year": lambda at: (at.timetuple().tm_yday - 1) // 7 + 1,
    "week_in_month": lambda at: (at.day - 1) // 7 + 1,
    "day_in_year": lambda at: at.timetuple().tm_yday,
    "day_in_month": lambda at: at.day,
    "day_in_week": lambda at: at.isoweekday() % 7 + 1,
    "hour_in_day": lambda at: at.hour,
    "day_only": lambda at: at.date().isoformat(),
}
"""Parts of a date, by the function's name in lower case; all are numbers but ``day_only``, which is a date."""


def part_of(function: str, value: str | None) -> Any:
    """A part of a stored date or datetime; None of None."""
    return None if value is None else DATE_FUNCTIONS[function](_local(value))
