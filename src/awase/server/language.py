"""Which language a page is in, and how it writes numbers, times and spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal

from awase.locale import text

Language = Literal["ja", "en"]

_SPOKEN: Mapping[str | None, Language] = {"ja": "ja", "en": "en"}
_PATTERNS = {"ja": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}


def chosen_language(asked: str | None, accepted: str, otherwise: Language) -> Language:
    """As asked for in the address, else the browser's favourite of the two, else ``otherwise``.

    ``accepted`` is an ``Accept-Language`` header (RFC 9110, 12.5.4).
    """
    if asked in _SPOKEN:
        return _SPOKEN[asked]
    wanted: list[tuple[float, Language]] = []
    for part in accepted.split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary in _SPOKEN:
            wanted.append((_quality(parameters), _SPOKEN[primary]))
    liked = [one for one in wanted if one[0] > 0]
    return max(liked, key=lambda one: one[0])[1] if liked else otherwise


def _quality(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value.strip())
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Speech:
    """One language, in one time zone."""

    language: Language
    zone: ZoneInfo

    def t(self, sentence: str, /, **places: object) -> str:
        """``sentence`` in this language; numbers among the places are grouped. Templates call this ``_``."""
        shown = {
            name: self.number(value) if isinstance(value, int) else value for name, value in places.items()
        }
        return text(sentence, self.language, **shown)

    def number(self, count: int) -> str:
        return format_decimal(count, locale=self.language)

    def moment(self, at: datetime) -> str:
        """A moment in the workspace's zone, to the minute."""
        local = at.astimezone(self.zone)
        return format_datetime(local, _PATTERNS[self.language], locale=self.language)

    def since(self, at: datetime, now: datetime) -> str:
        """How long ago ``at`` was."""
        return format_timedelta(at - now, add_direction=True, locale=self.language)
