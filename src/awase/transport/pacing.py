"""When a call may start: the vendor's burst limits, the pauses it asked for, and our own back-off."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from random import Random

from awase.core.capabilities import Burst
from awase.errors import Bug, VendorBusy
from awase.ports.connector import Throttled
from awase.ports.runtime import Clock

_MARGIN = 1.02
"""Windows are kept 2 % longer than declared: calls arrive a little later or earlier than they leave."""
_FIRST_BACK_OFF = 0.5
_LONGEST_BACK_OFF = 30.0


class Pacer:
    """The start times of one connection's calls, by burst limit. Seconds are those of ``Clock.monotonic``."""

    def __init__(self, bursts: Mapping[str, Burst], clock: Clock, patience: float) -> None:
        self._bursts = bursts
        self._clock = clock
        self._starts: dict[str, deque[float]] = {
            name: deque(maxlen=burst.calls) for name, burst in bursts.items()
        }
        self._paused_until: dict[str, float] = {}
        self._patience = patience
        self._waited = 0.0

    def wait(self, name: str) -> float:
        """Seconds until a call under burst limit ``name`` may start; 0 when it may start now."""
        now = self._clock.monotonic()
        pause = self._paused_until.get(name, now) - now
        burst = self._bursts.get(name)
        if burst is None:
            if name != "default":
                raise Bug("the connector declares no burst limit called {name}", name=name)
            return max(pause, 0.0)
        starts = self._starts[name]
        window = starts[0] + burst.seconds * _MARGIN - now if len(starts) == burst.calls else 0.0
        return max(pause, window, 0.0)

    def take(self, name: str) -> bool:
        """Count a call as starting now, if it may."""
        if self.wait(name) > 0:
            return False
        if name in self._starts:
            self._starts[name].append(self._clock.monotonic())
        return True

    def pause(self, name: str, seconds: float, vendor: str, throttled: Throttled) -> None:
        """Let no call under ``name`` start for ``seconds``.

        Raises VendorBusy when all pauses of this run (overlapping ones counted once) would exceed the patience.
        """
        now = self._clock.monotonic()
        known = max(self._paused_until.get(name, now), now)
        longer = max(now + seconds - known, 0.0)
        if self._waited + longer > self._patience:
            raise VendorBusy(
                "{vendor} asks us to wait {seconds} s ({reason}); this run has already waited {waited} s and waits "
                "no longer than {patience} s in all.",
                remedy="Run the same command again later.",
                vendor=vendor,
                seconds=round(seconds),
                reason=throttled.reason,
                waited=round(self._waited),
                patience=round(self._patience),
            )
        self._waited += longer
        self._paused_until[name] = known + longer


def back_off(failures: int, rng: Random) -> float:
    """Seconds before the next try after so many failures: doubling, with jitter so that callers do not march in step."""
    return min(_FIRST_BACK_OFF * 2.0 ** (failures - 1), _LONGEST_BACK_OFF) * (0.75 + 0.5 * rng.random())
