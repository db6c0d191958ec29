"""Transforms that read dates, and that make days of moments and moments of days."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from awase.core.days import day_begins, day_of
from awase.core.transforms.steps import Made, StepProblem, by_value
from awase.core.transforms.widths import ascii_width
from awase.core.values import DTYPES, Kind

JAPANESE = "japanese"

_LONGEST = 100
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SHORT_MONTHS = tuple(name[:3] for name in _MONTHS)
_PARTS: Mapping[str, str] = {
    "%Y": r"(?P<year>[0-9]{4})",
    "%y": r"(?P<short>[0-9]{2})",
    "%m": r"(?P<month>[0-9]{1,2})",
    "%d": r"(?P<day>[0-9]{1,2})",
    "%b": rf"(?P<name>{'|'.join(_SHORT_MONTHS)})",
    "%B": rf"(?P<name>{'|'.join(_MONTHS)})",
    "%H": r"[0-9]{1,2}",
    "%M": r"[0-9]{1,2}",
    "%S": r"[0-9]{1,2}",
    "%%": "%",
}
_FORMAT_PIECE = re.compile(r"%.?|[^%]+", re.DOTALL)


def date_of_text(value: pl.Expr, format: str) -> pl.Expr:
    return by_value(value, _japanese_date if format == JAPANESE else _reader(format), DTYPES[Kind.DATE])


def _reader(format: str) -> Callable[[str], date | None]:
    pieces = [_PARTS.get(piece) or re.escape(piece) for piece in _FORMAT_PIECE.findall(ascii_width(format))]
    pattern = re.compile("".join(pieces), re.IGNORECASE)

    def read(text: str) -> date | None:
        found = pattern.fullmatch(ascii_width(text).strip()) if len(text) <= _LONGEST else None
        if found is None:
            return None
        parts = found.groupdict()
        short = int(parts.get("short") or 0)
        # As POSIX has it: 69 is 1969, 68 is 2068.
        year = int(parts["year"]) if parts.get("year") else short + (1900 if short >= 69 else 2000)
        name = parts.get("name")
        month = _SHORT_MONTHS.index(name[:3].lower()) + 1 if name else int(parts["month"])
        return _day(year, month, int(parts["day"]))

    return read


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def check_format(format: str) -> None:
    if format == JAPANESE:
        return
    pieces = _FORMAT_PIECE.findall(format)
    directives = [piece for piece in pieces if piece.startswith("%")]
    for piece in directives:
        if piece not in _PARTS:
            raise StepProblem(
                "“{value}” is not known in a date's format",
                remedy="Allowed: {allowed}.",
                value=piece,
                allowed=", ".join(_PARTS),
            )
    once = [
        sum(piece in names for piece in directives) for names in (("%Y", "%y"), ("%m", "%b", "%B"), ("%d",))
    ]
    if once != [1, 1, 1]:
        raise StepProblem(
            "“{value}” does not name year, month and day once each",
            remedy="For instance %Y/%m/%d, or japanese.",
            value=format,
        )


_ERAS: Mapping[str, int] = {
    "令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867,
    "令": 2018, "平": 1988, "昭": 1925, "大": 1911, "明": 1867,
    "r": 2018, "h": 1988, "s": 1925, "t": 1911, "m": 1867,
}  # fmt: skip
"""Era → the year before its first. One that a text counts past its end (平成32年) is counted on."""

_COUNT = "[0-9]{1,2}|[〇一二三四五六七八九十]{1,3}"
_JAPANESE_DATE = re.compile(
    rf"(?:(?P<era>{'|'.join(_ERAS)})\s*(?P<count>元|{_COUNT})|(?:西暦)?(?P<year>[0-9]{{4}}))"
    rf"\s*(?:年|[./-])\s*(?P<month>{_COUNT})\s*(?:月|[./-])\s*(?P<day>{_COUNT})\s*日?"
    r"\s*(?:\([月火水木金土日](?:曜日?)?\)|[月火水木金土日]曜日?)?",
    re.IGNORECASE,
)
_KANJI = {sign: place for place, sign in enumerate("〇一二三四五六七八九")}


def _japanese_date(text: str) -> date | None:
    """``令和7年4月1日``, ``R7.4.1``, ``平成元年…``, ``昭和五十年…``; also ``2025年4月1日`` and ``2025/4/1``."""
    if len(text) > _LONGEST:
        return None
    found = _JAPANESE_DATE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    month, day = _count(found["month"]), _count(found["day"])
    if found["year"]:
        return _day(int(found["year"]), month, day)
    count = _count(found["count"])
    return _day(_ERAS[found["era"].lower()] + count, month, day) if count else None


def _count(text: str) -> int:
    """Up to two digits, or kanji (``二十九``, ``二九``, ``元``); 0 for what is no count."""
    if text == "元":
        return 1
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.partition("十")
    if len(tens) > (1 if ten else 2) or len(ones) > 1:
        return 0
    if not ten:
        return int("".join(str(_KANJI[sign]) for sign in tens))
    if "十" in ones:
        return 0
    return (_KANJI[tens] if tens else 1) * 10 + (_KANJI[ones] if ones else 0)


def date_of_moment(state: Made, _argument: None, _kind: Kind, zone: str) -> Made:
    return replace(state, value=day_of(state.value, zone))


def start_of_day(state: Made, _argument: None, _kind: Kind, zone: str) -> Made:
    return replace(state, value=day_begins(state.value, zone))
