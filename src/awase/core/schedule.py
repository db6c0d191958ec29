"""When a sync is due, and when it may write: lengths of time, cron texts and weekly windows, as values.

Moments are zone-aware; results are UTC. A zone is an IANA name. What happens to wall-clock times at a change of the
clocks (the rules of Debian's cron, which its users know):

- a time that the day leaves out is taken at the end of the gap (02:30 becomes 03:00 where the clock jumps at 02:00);
- a time that the day has twice is taken once, at its first coming;
- a cron text whose hour is ``*`` goes on through both hours, for it names no hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

SHORTEST = timedelta(seconds=5)
LONGEST = timedelta(days=366)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
"""After one run that came to no good end, and after many."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LENGTH = re.compile(r"(\d{1,6})\s*([smhdw])")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(?:(?P<days>[a-z,-]+)\s+)?(?P<from>\d{1,2}:\d{2})-(?P<to>\d{1,2}:\d{2})")
_MINUTES_A_DAY = 24 * 60
_DAYS_AHEAD = 36
"""A window that exists opens within a week; five leave room for one that falls into a gap of the clock."""


class Unreadable(ValueError):
    """A text does not say a time in one of the ways known here. Whoever read it tells where it stands."""


def length_of(text: str) -> timedelta:
    """``15m`` (s, m, h, d, w). Raises Unreadable for anything else, or less than 5 seconds, or more than a year."""
    found = _LENGTH.fullmatch(text.strip().lower())
    if found is None:
        raise Unreadable(text)
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not SHORTEST <= length <= LONGEST:
        raise Unreadable(text)
    return length


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a sync runs: ``every`` so much time, or at the times of a ``cron`` text in ``zone``."""

    zone: str
    every: timedelta | None = None
    cron: str = ""
    """Five fields; empty where ``every`` is given."""

    def __post_init__(self) -> None:
        """Raise Unreadable for a cron text that is none, or that no day ever meets."""
        if (self.every is None) == (self.cron == ""):
            raise Unreadable("either every or cron")
        if self.cron:
            if len(self.cron.split()) != 5:
                raise Unreadable(self.cron)
            try:
                next(CronSim(self.cron, datetime(2024, 1, 1)))  # noqa: DTZ001  wall-clock time without a zone
            except (CronSimError, StopIteration) as problem:
                raise Unreadable(self.cron) from problem

    def next_due(self, after: datetime) -> datetime:
        """The first moment later than ``after`` at which the sync is due, UTC."""
        if self.every is not None:
            return after.astimezone(UTC) + self.every
        return next(moment for moment in self._from(after) if moment > after)

    def _from(self, after: datetime) -> Iterator[datetime]:
        """The times of the cron text around ``after`` and later, ascending; a moment may come twice."""
        zone = ZoneInfo(self.zone)
        here = after.astimezone(zone)
        if self.cron.split()[1] == "*":
            yield from (moment.astimezone(UTC) for moment in CronSim(self.cron, here))
        else:
            yield from (_moment(wall, zone) for wall in CronSim(self.cron, here.replace(tzinfo=None)))


def due_at(
    schedule: Schedule,
    *,
    since: datetime,
    last: datetime | None = None,
    failures: int = 0,
    ended: datetime | None = None,
) -> datetime:
    """When the next run is due, UTC; in the past: now, and once only however many times were missed.

    ``since``: when the schedule was first seen. ``last``: when a run last began or was left out. ``failures``: runs in a
    row, up to the newest, that came to no good end; ``ended`` is when the newest did. They are followed by waits that
    double from a minute to an hour, where these are longer than the schedule's own.
    """
    if last is not None:
        due = schedule.next_due(last)
    else:
        due = schedule.next_due(since) if schedule.cron else since
    if failures and ended is not None:
        due = max(due, ended + wait_after(failures))
    return due.astimezone(UTC)


def wait_after(failures: int) -> timedelta:
    """How long to leave a sync alone after so many failures in a row (one or more)."""
    return min(FIRST_WAIT * (1 << min(failures - 1, 10)), LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of wall-clock time on some days of the week (0 is Monday); past midnight it belongs to the day it began."""

    days: frozenset[int]
    begins: int
    """Minutes after midnight."""
    ends: int
    """Minutes after midnight; not more than ``begins`` where it goes past midnight, 1440 for midnight itself."""

    def holds(self, wall: datetime) -> bool:
        """Whether a wall-clock time is in the window."""
        minute, day = wall.hour * 60 + wall.minute, wall.weekday()
        if self.begins < self.ends:
            return day in self.days and self.begins <= minute < self.ends
        return (day in self.days and minute >= self.begins) or (
            (day - 1) % 7 in self.days and minute < self.ends
        )


@dataclass(frozen=True, slots=True)
class WriteWindows:
    """When writing is allowed; without a window, always."""

    zone: str
    windows: tuple[Window, ...] = ()

    def open_at(self, moment: datetime) -> bool:
        """Whether writing is allowed at that moment."""
        wall = moment.astimezone(ZoneInfo(self.zone))
        return not self.windows or any(window.holds(wall) for window in self.windows)

    def next_opening(self, moment: datetime) -> datetime | None:
        """``moment`` itself while writing is allowed, else when it next is (UTC); None: not within five weeks."""
        if self.open_at(moment):
            return moment.astimezone(UTC)
        zone = ZoneInfo(self.zone)
        today = moment.astimezone(zone).date()
        later = (
            opening
            for ahead in range(_DAYS_AHEAD)
            for window in self.windows
            for opening in _openings(window, today + timedelta(days=ahead), zone)
            if opening > moment and self.open_at(opening)
        )
        return min(later, default=None)


def windows_of(texts: Sequence[str], zone: str) -> WriteWindows:
    """``["mon-fri 22:00-06:00", "sat,sun 00:00-24:00"]`` as a value; see ``window_of``."""
    return WriteWindows(zone, tuple(window_of(text) for text in texts))


def window_of(text: str) -> Window:
    """``mon-fri 22:00-06:00``; without days it is every day. Raises Unreadable."""
    found = _WINDOW.fullmatch(" ".join(text.lower().split()))
    if found is None:
        raise Unreadable(text)
    begins, ends = _minutes(found["from"]), _minutes(found["to"])
    if begins in (ends, _MINUTES_A_DAY):
        raise Unreadable(text)
    return Window(_days_of(found["days"]), begins, ends)


def _days_of(text: str | None) -> frozenset[int]:
    """``mon-fri``, ``sat,sun``, ``fri-mon``; None is every day. Raises Unreadable."""
    if text is None:
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if first not in _DAYS or last not in _DAYS:
            raise Unreadable(text)
        begin, end = _DAYS.index(first), _DAYS.index(last)
        days |= {(begin + ahead) % 7 for ahead in range((end - begin) % 7 + 1)}
    return frozenset(days)


def _minutes(clock: str) -> int:
    """``22:30`` as minutes after midnight; ``24:00`` is the end of the day. Raises Unreadable."""
    hour, minute = map(int, clock.split(":"))
    minutes = hour * 60 + minute
    if minute > 59 or minutes > _MINUTES_A_DAY:
        raise Unreadable(clock)
    return minutes


def _openings(window: Window, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """When a window opens on a day: once, or twice where the clock shows that time twice."""
    if day.weekday() in window.days:
        wall = datetime.combine(day, time(window.begins // 60, window.begins % 60))
        yield _moment(wall, zone)
        yield _moment(wall.replace(fold=1), zone)


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time as a moment, UTC; by the rules of the module's text. ``fold`` chooses where there are two."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall.replace(fold=0):
        return moment
    # Left out: found between what the offsets before and after the jump make of it.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
