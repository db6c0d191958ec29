"""Which things go wrong, and when: seeded, so that the same seed gives the same trouble.

Each site draws from its own stream, so arming one site never moves the faults of another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

CALL_SITES: Final = (
    "call.refused",
    "call.lost_before",
    "call.answer_lost",
    "call.late",
    "call.twice",
    "call.cut_body",
    "call.html",
    "call.server_error",
)
SITES: Final = frozenset(
    (
        *CALL_SITES,
        "limits.busy",
        "limits.day",
        "batch.lock",
        "batch.reordered",
        "batch.fewer",
        "login.expired",
        "login.refresh_lost",
        "reads.stale",
    )
)


@dataclass(frozen=True, slots=True)
class Armed:
    """chance: of each opportunity, 0 to 1. size: seconds or whatever the site measures. times: at most so often."""

    chance: float
    size: float = 1.0
    times: int | None = None


class FaultPlan:
    """The faults of one org. Nothing is armed at first; ``reached`` counts what really fired."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.reached: Counter[str] = Counter()
        self._armed: dict[str, Armed] = {}
        self._fired: Counter[str] = Counter()
        self._draws: dict[str, Random] = {}

    @property
    def armed(self) -> Mapping[str, Armed]:
        """What is armed now, by site."""
        return self._armed

    def arm(self, site: str, chance: float, size: float = 1.0, times: int | None = None) -> None:
        """Arm a site; a second arming replaces the first and starts its ``times`` again. Raises ValueError."""
        if site not in SITES:
            raise ValueError(f"no such fault site: {site}")
        if not 0 <= chance <= 1:
            raise ValueError(f"the chance of {site} must lie between 0 and 1")
        self._armed[site] = Armed(chance, size, times)
        self._fired[site] = 0
        # A seeded stream is the point here: the draw must be repeatable, and nothing secret hangs on it.
        self._draws[site] = Random(f"{self.seed}/{site}")  # noqa: S311

    def disarm(self) -> None:
        """Nothing goes wrong any more. What was reached stays counted."""
        self._armed.clear()

    def reseed(self, seed: int) -> None:
        """Start all streams again from another seed, with what is armed now."""
        self.seed = seed
        for site, armed in list(self._armed.items()):
            self.arm(site, armed.chance, armed.size, armed.times)

    def fire(self, site: str) -> float | None:
        """Ask whether this goes wrong now: None, or the size of the fault."""
        armed = self._armed.get(site)
        if armed is None:
            return None
        if armed.times is not None and self._fired[site] >= armed.times:
            return None
        if self._draws[site].random() >= armed.chance:
            return None
        self._fired[site] += 1
        self.reached[site] += 1
        return armed.size
