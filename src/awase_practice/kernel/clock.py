"""Time as the org sees it. It can be moved forwards and never stops or turns back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The only source of time in a practice org."""

    def now(self) -> datetime:
        """This moment, in UTC."""
        ...

    def pass_time(self, span: timedelta) -> None:
        """Move the org's time forward. Raises ValueError for a negative span."""
        ...


class RealClock:
    """The machine's clock plus an offset that ``pass_time`` raises."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def pass_time(self, span: timedelta) -> None:
        self.offset += _forwards(span)


class VirtualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward by seconds."""
        self.pass_time(timedelta(seconds=seconds))

    def pass_time(self, span: timedelta) -> None:
        self._now += _forwards(span)


def _forwards(span: timedelta) -> timedelta:
    if span < timedelta(0):
        raise ValueError("time cannot be turned back")
    return span
