"""What a run needs from the world, gathered by assembly (or the simulator)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from awase.core.capabilities import Capabilities
from awase.core.mapping import Sync
from awase.core.operations import Diagnosis, Side, VendorError
from awase.core.schedule import WriteWindows
from awase.ports.connector import Connector, OrgIdentity
from awase.ports.runtime import Clock, Tasks
from awase.ports.store import Store
from awase.ports.transport import Transport


@dataclass(frozen=True, slots=True)
class Access:
    """One side of a sync: its connector, the way out to it, and where it leads."""

    connector: Connector
    transport: Transport
    org: OrgIdentity


@dataclass(frozen=True, slots=True)
class Environment:
    store: Store
    clock: Clock
    tasks: Tasks
    sides: Mapping[Side, Access]
    diagnose: Callable[[VendorError], Diagnosis]
    """Our error type for a vendor's refusal (the catalogue's job)."""
    windows: WriteWindows | None = None
    """When this sync may write; None: always. Opt-outs go at any time."""
    straggler_limit: timedelta = timedelta(minutes=15)
    """How long after it was sent a call that nobody answered may still take effect."""

    def capabilities(self) -> dict[Side, Capabilities]:
        return {side: access.connector.capabilities for side, access in self.sides.items()}

    def overlap(self, sync: Sync, side: Side) -> timedelta:
        """How far back an incremental read begins before its cursor."""
        if sync.overlap_seconds is not None:
            return timedelta(seconds=sync.overlap_seconds)
        return max(3 * self.sides[side].connector.capabilities.lag, timedelta(minutes=5))

    def calls(self) -> dict[str, int]:
        """Calls made so far on both sides, by lane."""
        total: dict[str, int] = {}
        for access in self.sides.values():
            for lane, count in access.transport.counts().items():
                total[lane] = total.get(lane, 0) + count
        return total
