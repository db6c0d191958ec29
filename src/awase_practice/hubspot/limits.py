"""How many calls the portal lets through, and how it says that it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from ..kernel.clock import Clock
from ..kernel.faults import FaultPlan
from ..kernel.quota import BurstWindow, MidnightDay
from .settings import Settings
from .signin import Caller
from .wire import Refusal

_MESSAGES = {
    "DAILY": "You have reached your daily limit.",
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "SECONDLY": "You have reached your secondly limit.",
}
"""Clients compare these texts and names to the letter (confirmed)."""


def too_many(policy: str) -> Refusal:
    """The 429 of a policy; there is no Retry-After (confirmed)."""
    extra = {"errorType": "RATE_LIMIT", "policyName": policy}
    return Refusal(429, "RATE_LIMITS", _MESSAGES[policy], extra=extra)


class Limits:
    """The day's calls are shared by the portal, a burst is counted per app, searches per second by the portal."""

    def __init__(self, clock: Clock, faults: FaultPlan, settings: Settings) -> None:
        self._clock = clock
        self._faults = faults
        self._settings = settings
        self.day = MidnightDay(settings.day_limit, clock, settings.time_zone)
        self._searches = BurstWindow(settings.search_limit, 1.0, clock)
        self._bursts: dict[bool, BurstWindow] = {
            False: BurstWindow(settings.burst_limit, 10.0, clock),
            True: BurstWindow(settings.oauth_burst_limit, 10.0, clock),
        }

    def set(self, settings: Settings) -> None:
        """Take changed settings over; what was counted stays counted, unless the zone moved."""
        if settings.time_zone != self._settings.time_zone:
            self.day = MidnightDay(settings.day_limit, self._clock, settings.time_zone)
        self._settings = settings
        self.day.limit = settings.day_limit
        self._searches.limit = settings.search_limit
        self._bursts[False].limit = settings.burst_limit
        self._bursts[True].limit = settings.oauth_burst_limit

    def take(self, caller: Caller, search: bool) -> None:
        """Count a call. Raises Refusal, and counts nothing, when there is no room for it."""
        if self._faults.fire("limits.day") is not None:
            self.day.take(self.day.remaining)
        if self._faults.fire("limits.busy") is not None:
            raise too_many("SECONDLY" if search else "TEN_SECONDLY_ROLLING")
        if not self.day.remaining:
            raise too_many("DAILY")
        burst = self._bursts[caller.by_oauth]
        if not (self._searches if search else burst).take():
            raise too_many("SECONDLY" if search else "TEN_SECONDLY_ROLLING")
        self.day.take()

    def headers(self, caller: Caller) -> dict[str, str]:
        """The rate-limit headers: none on searches (the caller leaves them out), no daily ones for OAuth."""
        burst = self._bursts[caller.by_oauth]
        shown = {
            "X-HubSpot-RateLimit-Max": str(burst.limit),
            "X-HubSpot-RateLimit-Remaining": str(burst.remaining),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            # Out of use and still sent (confirmed); that they are a tenth of the others is from memory.
            "X-HubSpot-RateLimit-Secondly": str(max(burst.limit // 10, 1)),
            "X-HubSpot-RateLimit-Secondly-Remaining": str(max(burst.remaining // 10, 0)),
        }
        if not caller.by_oauth:
            shown["X-HubSpot-RateLimit-Daily"] = str(self.day.limit)
            shown["X-HubSpot-RateLimit-Daily-Remaining"] = str(self.day.remaining)
        return shown


class Locks:
    """Records that too many writes hit at once; each stays locked for two seconds (confirmed)."""

    def __init__(self, clock: Clock, settings: Callable[[], Settings]) -> None:
        self._clock = clock
        self._settings = settings
        self._writes: dict[str, BurstWindow] = {}
        self._until: dict[str, datetime] = {}

    def write(self, record_id: str) -> None:
        """Count a write. Raises Refusal if the record is locked, or is now."""
        most = self._settings().writes_until_lock
        if not most:
            return
        now = self._clock.now()
        if self._until.get(record_id, now) > now:
            raise locked()
        if not self._writes.setdefault(record_id, BurstWindow(most, 1.0, self._clock)).take():
            self._until[record_id] = now + timedelta(seconds=2)
            raise locked()


def locked() -> Refusal:
    """The 423 of records that too many writes hit at once; the lock is said to last two seconds (confirmed)."""
    return Refusal(423, "LOCKED", "The record is locked by another write. Try again in 2 seconds")
