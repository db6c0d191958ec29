"""Cells of a spreadsheet as Salesforce's own loader reads them.

Booleans, and dates as year-month-day, year/month/day (a spreadsheet's own in Japan), month/day/year and eight digits, each
with or without a time of day (booleans and dates confirmed; year/month/day from memory). Numbers are plain: a separator of
thousands, a currency or a percent sign is none of theirs.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from awase.core.schema import Field
from awase.core.values import Kind, Value, canonical

_BOOLEANS = {
    **dict.fromkeys(("yes", "y", "true", "on", "1"), True),
    **dict.fromkeys(("no", "n", "false", "off", "0"), False),
}
_DAY = (
    r"(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<y2>\d{4})/(?P<m2>\d{1,2})/(?P<d2>\d{1,2})"
    r"|(?P<m3>\d{1,2})/(?P<d3>\d{1,2})/(?P<y3>\d{4})|(?P<y4>\d{4})(?P<m4>\d{2})(?P<d4>\d{2}))"
)
_TIME = r"(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
_MOMENT = re.compile(_DAY + _TIME, re.ASCII)


def read_cell(text: str, field: Field, zone: ZoneInfo) -> Value:
    """``text`` as a value of ``field``; a time of day without an offset is meant in ``zone``.

    Raises ValueError where the field cannot hold what is written.
    """
    text = text.strip()
    if not text:
        return None
    match field.kind:
        case Kind.BOOLEAN:
            if text.lower() not in _BOOLEANS:
                raise ValueError(f"not true or false: {text!r}")
            return _BOOLEANS[text.lower()]
        case Kind.DATE:
            return _moment(text, zone)[0]
        case Kind.DATETIME:
            return _moment(text, zone)[1]
        case _:
            return canonical(text, field.kind)


def _moment(text: str, zone: ZoneInfo) -> tuple[date, datetime]:
    """The day as written, and the moment in UTC."""
    said = _MOMENT.fullmatch(text)
    if said is None:
        raise ValueError(f"not a date: {text!r}")
    year, month, day = (
        int(next(part for part in said.group(*names) if part is not None))
        for names in (("y", "y2", "y3", "y4"), ("m", "m2", "m3", "m4"), ("d", "d2", "d3", "d4"))
    )
    hour, minute, second = (int(said[name] or 0) for name in ("hour", "minute", "second"))
    local = datetime(year, month, day, hour, minute, second, tzinfo=_offset(said["zone"]) or zone)
    try:
        return local.date(), local.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"no moment of the calendar: {text!r}") from None


def _offset(said: str | None) -> tzinfo | None:
    """``Z`` or ``+0900`` as a zone."""
    return datetime.strptime(said, "%z").tzinfo if said is not None else None
