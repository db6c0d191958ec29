"""The machine's own clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """``ports.runtime.Clock`` on the operating system's clocks."""

    def now(self) -> datetime:
        """Our own time, UTC and zone-aware."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary point, never going back."""
        return time.monotonic()
