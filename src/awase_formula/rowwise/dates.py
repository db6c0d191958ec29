"""Functions on dates, instants and times of day. Instants are UTC; what is local is so in the running user's zone."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from awase_formula.rowwise.numbers import OUT_OF_RANGE
from awase_formula.values import MATH, Context, Failure, Value, milliseconds, time_of

NO_DATE = "DATE is given a year, month or day that is none"
NO_DATE_TEXT = "DATEVALUE is given a text that is no date"
NO_DATETIME_TEXT = "DATETIMEVALUE is given a text that is no date and time"
NO_TIME_TEXT = "TIMEVALUE is given a text that is no time"
OUTSIDE = "a date is outside the years 1 to 9999"
OUTSIDE_DAY = "a time lies more than a day before midnight"
NO_CLOCK = "the time of the save is not given"

DATE_TEXT = r"([0-9]{4})-[ \t]*([0-9]{1,9})-[ \t]*([0-9]{1,9})"
"""How DATEVALUE reads a text: what follows a date is not looked at (confirmed in the published engine)."""

_DATE = re.compile(DATE_TEXT)
_DATETIME = re.compile(DATE_TEXT + r" [ \t]*([0-9]{1,9}):[ \t]*([0-9]{1,9}):[ \t]*([0-9]{1,9})")
_TIME = re.compile(r"[ \t]*([0-9]{1,9}):[ \t]*([0-9]{1,9}):[ \t]*([0-9]{1,9})\.[ \t]*([0-9]{1,9})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MS = 86_400_000
_MOST_DIGITS = 18
"""Of a number of seconds; it is far from every span between two instants, and stays one that can be written out."""


def plus_days(day: date, days: Decimal) -> date:
    """A date and a number of days, whose fraction is cut."""
    if abs(days) > 4_000_000:
        raise Failure(OUTSIDE)
    try:
        return day + timedelta(days=int(days))
    except OverflowError:
        raise Failure(OUTSIDE) from None


def plus_time(instant: datetime, days: Decimal) -> datetime:
    """An instant and a number of days, rounded to whole seconds."""
    if abs(days) > 4_000_000:
        raise Failure(OUTSIDE)
    seconds = MATH.multiply(days, Decimal(86400)).to_integral_value(rounding=ROUND_HALF_UP)
    try:
        return instant + timedelta(seconds=int(seconds))
    except OverflowError:
        raise Failure(OUTSIDE) from None


def plus_milliseconds(moment: time, amount: int) -> time:
    """A time of day and milliseconds, around midnight once; further back is a failure (confirmed by the golden cases)."""
    total = milliseconds(moment) + amount + DAY_MS
    if total < 0:
        raise Failure(OUTSIDE_DAY)
    return time_of(total % DAY_MS)


def instant_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def _date(year: Decimal | None, month: Decimal | None, day: Decimal | None) -> date | None:
    if year is None or month is None or day is None:
        return None
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        raise Failure(NO_DATE) from None


def _add_months(start: date | None, months: Decimal | None) -> date | None:
    """The last day of a month stays the last day."""
    if start is None or months is None:
        return None
    year, month = divmod(
        start.year * 12 + start.month - 1 + int(max(min(months, Decimal(10**6)), Decimal(-(10**6)))), 12
    )
    if not 1 <= year <= 9999:
        raise Failure(OUTSIDE)
    last = calendar.monthrange(year, month + 1)[1]
    is_last = start.day == calendar.monthrange(start.year, start.month)[1]
    return start.replace(year=year, month=month + 1, day=last if is_last else min(start.day, last))


def date_value(context: Context, value: str | date | datetime | None) -> date | None:
    """DATEVALUE: of an instant, the date in the running user's zone."""
    if value is None:
        return None
    if isinstance(value, datetime):
        try:
            return value.astimezone(context.zone).date()
        except OverflowError:
            raise Failure(OUTSIDE) from None
    if isinstance(value, date):
        return value
    match = _DATE.match(value)
    if match is None:
        raise Failure(NO_DATE_TEXT)
    try:
        return date(*map(int, match.groups()))
    except (ValueError, OverflowError):
        raise Failure(NO_DATE_TEXT) from None


def _datetime_value(value: str | date | datetime | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    match = _DATETIME.match(value)
    if match is None:
        raise Failure(NO_DATETIME_TEXT)
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Failure(NO_DATETIME_TEXT) from None


def _time_value(value: str | time | datetime | None) -> time | None:
    if value is None or isinstance(value, time):
        return value
    if isinstance(value, datetime):
        return value.time().replace(microsecond=value.microsecond // 1000 * 1000)
    match = _TIME.fullmatch(value)
    if not match:
        raise Failure(NO_TIME_TEXT)
    hour, minute, second, thousandth = map(int, match.groups())
    if hour > 23 or minute > 59 or second > 59 or thousandth > 999:
        raise Failure(NO_TIME_TEXT)
    return time(hour, minute, second, thousandth * 1000)


def _from_unix(seconds: Decimal | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(seconds * 1000))
    except OverflowError:
        raise Failure(OUTSIDE) from None


def _unix(value: date | datetime | time | None) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, time):
        return Decimal(milliseconds(value) // 1000)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    total = instant_ms(value)
    return Decimal(total // 1000 if total >= 0 else -(-total // 1000))


def _duration(value: Value, other: Value = None) -> str | None:
    days = False
    if isinstance(value, Decimal):
        if value.adjusted() > _MOST_DIGITS:
            raise Failure(OUT_OF_RANGE)
        seconds, days = abs(int(value)), other is True
    elif isinstance(value, time) and isinstance(other, time):
        seconds = abs(milliseconds(other) - milliseconds(value)) // 1000
    elif isinstance(value, datetime) and isinstance(other, datetime):
        seconds, days = abs(instant_ms(other) - instant_ms(value)) // 1000, True
    else:
        return None
    minutes = f"{seconds // 60 % 60:02}:{seconds % 60:02}"
    return (
        f"{seconds // 86400}:{seconds // 3600 % 24:02}:{minutes}"
        if days
        else f"{seconds // 3600:02}:{minutes}"
    )


def written(value: date | datetime | time) -> str:
    """How TEXT writes it."""
    if isinstance(value, datetime):
        return f"{value.year:04}-{value:%m-%d %H:%M:%S}Z"
    if isinstance(value, time):
        return f"{value:%H:%M:%S}.{value.microsecond // 1000:03}"
    return value.isoformat()


def _part(take: Callable[..., int]) -> Callable[[Value], Decimal | None]:
    return lambda value: None if value is None else Decimal(take(value))


DATES: Mapping[str, Callable[..., Value]] = {
    "ADDMONTHS": _add_months,
    "DATE": _date,
    "DATETIMEVALUE": _datetime_value,
    "DAY": _part(lambda day: day.day),
    "DAYOFYEAR": _part(lambda day: day.timetuple().tm_yday),
    "FORMATDURATION": _duration,
    "FROMUNIXTIME": _from_unix,
    "HOUR": _part(lambda moment: moment.hour),
    "ISOWEEK": _part(lambda day: day.isocalendar()[1]),
    "ISOYEAR": _part(lambda day: day.isocalendar()[0]),
    "MILLISECOND": _part(lambda moment: moment.microsecond // 1000),
    "MINUTE": _part(lambda moment: moment.minute),
    "MONTH": _part(lambda day: day.month),
    "SECOND": _part(lambda moment: moment.second),
    "TIMEVALUE": _time_value,
    "UNIXTIMESTAMP": _unix,
    "WEEKDAY": _part(lambda day: day.isoweekday() % 7 + 1),
    "YEAR": _part(lambda day: day.year),
}
