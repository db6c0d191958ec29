"""What the status page shows, as values read from the store: counts, states, and no personal data."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from awase.assembly import budget_of
from awase.configuration import ConnectionSettings, Workspace
from awase.core.mapping import Sync
from awase.core.operations import Side
from awase.core.records import ItemKind, RunCounts
from awase.engine.running import OBSERVE_ONLY
from awase.ports.runtime import Clock
from awase.ports.store import ConnectionRecord, Incident, RunRecord, StoredItem
from awase.server.masking import masked
from awase.store.console import ErrorSummary
from awase.store.postgres import PostgresStore

SHOWN_CONFLICTS = 10
SHOWN_RUNS = 10
UNCONNECTED = "none"

_VENDORS = {"hubspot": "HubSpot", "salesforce": "Salesforce"}

Verdict = Literal["never", "running", "trouble", "open", "agree"]
"""``trouble``: the last run did not end well. ``open``: it did, and something still stands against agreement."""


@dataclass(frozen=True, slots=True)
class ApiUse:
    """Calls of the last 24 hours, in calls."""

    used: int
    allotment: int | None
    """None: nothing is configured and the vendor has not named its limit yet."""
    vendor_remaining: int | None
    vendor_maximum: int | None
    vendor_read_at: datetime | None

    @property
    def percent(self) -> float:
        """Of the allotment, 0 to 100; more than all of it is all of it."""
        return min(100.0, 100.0 * self.used / self.allotment) if self.allotment else 0.0


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    name: str
    title: str
    """As people call it: the vendor's name, and the connection's where that says more."""
    pinned: ConnectionRecord | None
    """None: never connected."""
    use: ApiUse

    @property
    def mode(self) -> str:
        return self.pinned.mode if self.pinned else UNCONNECTED


@dataclass(frozen=True, slots=True)
class ObjectCounts:
    """What became of the records read from one object in one run."""

    title: str
    counts: RunCounts

    @property
    def adds_up(self) -> bool:
        c = self.counts
        return c.read == sum(
            (c.created, c.updated, c.unchanged, c.held, c.rejected, c.waiting, c.skipped, c.deleted)
        )


@dataclass(frozen=True, slots=True)
class RunLine:
    record: RunRecord
    objects: tuple[ObjectCounts, ...]

    @property
    def read(self) -> int:
        return sum(one.counts.read for one in self.objects)

    @property
    def written(self) -> int:
        return sum(one.counts.created + one.counts.updated for one in self.objects)

    @property
    def calls(self) -> int:
        return sum(self.record.calls.values())


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A conflict with both values, masked; None is an empty value."""

    at: datetime
    field: str
    record: str
    ma_value: str | None
    crm_value: str | None
    kept: str | None
    """The title of the side whose value was kept; None while a person has to decide."""


@dataclass(frozen=True, slots=True)
class SyncStatus:
    name: str
    sides: Mapping[Side, str]
    """Titles of the two connections."""
    modes: Mapping[Side, str]
    """``read-only``, ``practice``, ``live``, or ``none`` where never connected."""
    ma_object: str
    crm_objects: tuple[str, ...]
    last_run: RunLine | None
    counted_run: RunLine | None
    """The newest run that read anything; the last one may be still running, or was stopped before."""
    links: Mapping[str, int]
    errors: ErrorSummary
    waiting_conflicts: int
    settled_conflicts: int
    conflicts: tuple[ConflictLine, ...]

    @property
    def verdict(self) -> Verdict:
        if self.last_run is None:
            return "never"
        if self.last_run.record.state == "running":
            return "running"
        if self.last_run.record.state != "done":
            return "trouble"
        return "open" if self.errors.errors or self.waiting_conflicts else "agree"


@dataclass(frozen=True, slots=True)
class Status:
    made_at: datetime
    workspace: str
    time_zone: str
    observe_only: str | None
    """Why nothing may be written, if so."""
    incidents: tuple[Incident, ...]
    """The open ones, newest first."""
    connections: tuple[ConnectionStatus, ...]
    syncs: tuple[SyncStatus, ...]
    runs: tuple[RunLine, ...]


async def read_status(workspace: Workspace, store: PostgresStore, clock: Clock) -> Status:
    """Everything the page shows, as it is now. Raises StoreBusy or StoreUnusable."""
    syncs = {sync.name: sync for sync in workspace.syncs}
    runs = [_run_line(run, syncs.get(run.sync), workspace) for run in await store.runs(None, SHOWN_RUNS)]
    connections = await _connections(workspace, store, clock)
    modes = {connection.name: connection.mode for connection in connections}
    return Status(
        made_at=clock.now(),
        workspace=workspace.name,
        time_zone=workspace.time_zone,
        observe_only=await store.setting(OBSERVE_ONLY) or None,
        incidents=tuple(await store.incidents()),
        connections=connections,
        syncs=tuple([await _sync(sync, workspace, store, modes) for sync in workspace.syncs]),
        runs=tuple(runs),
    )


def title_of(settings: ConnectionSettings) -> str:
    """A connection as people call it."""
    vendor = _VENDORS.get(settings.vendor, settings.vendor)
    return vendor if settings.name == settings.vendor else f"{vendor} ({settings.name})"


async def _connections(
    workspace: Workspace, store: PostgresStore, clock: Clock
) -> tuple[ConnectionStatus, ...]:
    pinned = {record.name: record for record in await store.connections()}
    return tuple(
        [
            ConnectionStatus(
                name=name,
                title=title_of(settings),
                pinned=pinned.get(name),
                use=await _api_use(settings, store, clock),
            )
            for name, settings in workspace.connections.items()
        ]
    )


async def _api_use(settings: ConnectionSettings, store: PostgresStore, clock: Clock) -> ApiUse:
    use = await store.call_use(settings.name, clock.now())
    allotment = (await budget_of(settings, store, clock)).allotment
    if allotment is None and use.vendor_maximum is not None:
        allotment = use.vendor_maximum // 2
    return ApiUse(
        used=use.total,
        allotment=allotment,
        vendor_remaining=use.vendor_remaining,
        vendor_maximum=use.vendor_maximum,
        vendor_read_at=use.vendor_read_at,
    )


async def _sync(
    sync: Sync, workspace: Workspace, store: PostgresStore, modes: Mapping[str, str]
) -> SyncStatus:
    found, links, errors, kinds, latest = await asyncio.gather(
        store.runs(sync.name, SHOWN_RUNS),
        store.link_count(sync.name),
        store.console.error_summary(sync.name),
        store.console.kind_counts(sync.name),
        store.console.conflicts(sync.name, SHOWN_CONFLICTS),
    )
    runs = [_run_line(run, sync, workspace) for run in found]
    sides = _side_titles(sync, workspace)
    return SyncStatus(
        name=sync.name,
        sides=sides,
        modes={"ma": modes[sync.ma_connection], "crm": modes[sync.crm_connection]},
        ma_object=sync.ma_object,
        crm_objects=sync.crm_objects,
        last_run=runs[0] if runs else None,
        counted_run=next((run for run in runs if run.objects), None),
        links=links,
        errors=errors,
        waiting_conflicts=kinds.get(ItemKind.CONFLICT, 0),
        settled_conflicts=kinds.get(ItemKind.SETTLED, 0),
        conflicts=_conflict_lines(latest, sides),
    )


def _side_titles(sync: Sync, workspace: Workspace) -> dict[Side, str]:
    return {
        "ma": title_of(workspace.connection(sync.ma_connection)),
        "crm": title_of(workspace.connection(sync.crm_connection)),
    }


def _run_line(run: RunRecord, sync: Sync | None, workspace: Workspace) -> RunLine:
    """``sync`` is None where a run's sync is no longer configured."""
    titles: Mapping[Any, str] = {} if sync is None else _side_titles(sync, workspace)
    objects = []
    for place, counts in run.sides.items():
        side, _, object = place.partition(":")
        objects.append(ObjectCounts(title=f"{titles.get(side, side)} {object}", counts=counts))
    return RunLine(record=run, objects=tuple(objects))


def _conflict_lines(found: Sequence[StoredItem], sides: Mapping[Side, str]) -> tuple[ConflictLine, ...]:
    titles: Mapping[Any, str] = sides
    return tuple(
        ConflictLine(
            at=stored.last_seen,
            field=stored.item.field,
            record=stored.item.record,
            ma_value=masked(stored.item.value),
            crm_value=masked(stored.item.other_value),
            kept=titles.get(stored.item.detail.get("winner", "")),
        )
        for stored in found
    )
