"""The machine's own clock."""

from __future__ import annotations

from datetime import timedelta

from awase.runtime.clock import SystemClock


def test_the_time_is_utc_and_the_monotonic_clock_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    ticks = [clock.monotonic() for _ in range(100)]
    assert ticks == sorted(ticks)
