"""Allowances of calls: by the day (rolling, or until midnight somewhere) and by the burst."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .clock import Clock

_DAY = timedelta(hours=24)


class RollingDay:
    """So many calls in any 24 hours, counted by the minute."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self.limit = limit
        self._clock = clock
        self._minutes: deque[tuple[datetime, int]] = deque()
        self._used = 0

    @property
    def used(self) -> int:
        """Calls of the last 24 hours."""
        oldest = self._clock.now() - _DAY
        while self._minutes and self._minutes[0][0] <= oldest:
            self._used -= self._minutes.popleft()[1]
        return self._used

    @property
    def remaining(self) -> int:
        """Calls left now, never below zero."""
        return max(0, self.limit - self.used)

    def take(self, calls: int = 1) -> bool:
        """Count calls if there is room for them; False, and nothing counted, if not."""
        if self.used + calls > self.limit:
            return False
        minute = self._clock.now().replace(second=0, microsecond=0)
        if self._minutes and self._minutes[-1][0] == minute:
            self._minutes[-1] = (minute, self._minutes[-1][1] + calls)
        else:
            self._minutes.append((minute, calls))
        self._used += calls
        return True


class MidnightDay:
    """So many calls a calendar day, starting again at midnight of a time zone."""

    def __init__(self, limit: int, clock: Clock, zone: str = "Asia/Tokyo") -> None:
        self.limit = limit
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._day = self._today()
        self._used = 0

    @property
    def used(self) -> int:
        """Calls since the last midnight."""
        today = self._today()
        if today != self._day:
            self._day, self._used = today, 0
        return self._used

    @property
    def remaining(self) -> int:
        """Calls left today, never below zero."""
        return max(0, self.limit - self.used)

    def take(self, calls: int = 1) -> bool:
        """Count calls if there is room for them; False, and nothing counted, if not."""
        if self.used + calls > self.limit:
            return False
        self._used += calls
        return True

    def _today(self) -> str:
        return self._clock.now().astimezone(self._zone).date().isoformat()


class BurstWindow:
    """So many calls in any window of so many seconds."""

    def __init__(self, limit: int, seconds: float, clock: Clock) -> None:
        self.limit = limit
        self.seconds = seconds
        self._clock = clock
        self._taken: deque[datetime] = deque()

    @property
    def remaining(self) -> int:
        """Calls left in the present window."""
        self._forget()
        return max(0, self.limit - len(self._taken))

    def take(self) -> bool:
        """Count one call if there is room for it; False, and nothing counted, if not."""
        self._forget()
        if len(self._taken) >= self.limit:
            return False
        self._taken.append(self._clock.now())
        return True

    def wait(self) -> float:
        """Seconds until one more call would be let through; 0.0 if it would be now."""
        if self.remaining:
            return 0.0
        opens = self._taken[-self.limit] + timedelta(seconds=self.seconds) if self.limit else None
        return (opens - self._clock.now()).total_seconds() if opens else self.seconds

    def _forget(self) -> None:
        oldest = self._clock.now() - timedelta(seconds=self.seconds)
        while self._taken and self._taken[0] <= oldest:
            self._taken.popleft()
