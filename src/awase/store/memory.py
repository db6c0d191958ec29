"""The in-memory twin of the write side: the same promises as PostgreSQL, without IO, for the simulator and unit tests.

Each method runs from beginning to end without awaiting anything, so it is one transaction. It checks before it
changes: a method that raises has changed nothing. ``crash`` plays the death of the process that holds the claims.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta

import msgspec

from awase.core.operations import Outcome, Side
from awase.core.schema import Schema
from awase.errors import AlreadyRunning, Bug, LostFence
from awase.ports.store import (
    MOST_SCHEMAS,
    BaseRow,
    CallUse,
    Claim,
    ConnectionRecord,
    Cursor,
    Incident,
    JournalBatch,
    KeptSchema,
    LedgerEntry,
    Link,
    Note,
    OpenBatch,
    RunRecord,
    Settlement,
    StoredItem,
)
from awase.store.calls import DAY, bucket_of, oldest_bucket
from awase.store.ledger import BEGINNING, ChainedEntry, chain, check_identified, follows, identity
from awase.store.memory_state import SyncState

LimitReading = tuple[int, int, datetime]
"""Maximum, remaining, when the vendor said so."""


class MemoryStore:
    """See the module's text. Not for several threads."""

    def __init__(self) -> None:
        self._syncs: dict[str, SyncState] = {}
        self._runs: dict[int, RunRecord] = {}
        self._batches: dict[int, tuple[str, JournalBatch]] = {}
        self._outcomes: dict[int, list[tuple[datetime, tuple[Outcome, ...]]]] = {}
        self._open: dict[str, dict[int, None]] = {}
        self._ledger: list[ChainedEntry] = []
        self._ledger_known: set[tuple[str, int | None, int | None, str, str]] = set()
        self._connections: dict[str, ConnectionRecord] = {}
        self._secrets: dict[str, tuple[bytes, bytes | None]] = {}
        self._calls: dict[tuple[str, str], dict[datetime, int]] = {}
        self._limits: dict[str, LimitReading] = {}
        self._settings: dict[str, str] = {}
        self._incidents: list[Incident] = []
        self._schemas: dict[tuple[str, Side], dict[str, KeptSchema]] = {}

    def _sync(self, name: str) -> SyncState:
        return self._syncs.setdefault(name, SyncState())

    def _fenced(self, claim: Claim) -> SyncState:
        state = self._sync(claim.sync)
        if state.epoch != claim.epoch:
            raise LostFence(
                "epoch {mine} of sync {sync} was taken over by {theirs}",
                sync=claim.sync,
                mine=claim.epoch,
                theirs=state.epoch,
            )
        return state

    def crash(self) -> None:
        """The holder of all claims died: they are free again, and what was committed stays."""
        for state in self._syncs.values():
            state.held = False

    # -- claims and runs -----------------------------------------------------------------------------------------
    def claim(self, sync: str) -> AbstractAsyncContextManager[Claim]:
        return self._claim(sync)

    @asynccontextmanager
    async def _claim(self, sync: str) -> AsyncIterator[Claim]:
        state = self._sync(sync)
        if state.held:
            raise AlreadyRunning("sync {sync} is running in another process", sync=sync)
        state.held = True
        state.epoch += 1
        mine = state.epoch
        try:
            yield Claim(sync=sync, epoch=mine)
        finally:
            if state.epoch == mine:
                state.held = False

    async def start_run(self, claim: Claim, kind: str, now: datetime) -> int:
        self._fenced(claim)
        for run in self._runs.values():
            if run.sync == claim.sync and run.state == "running":
                self._runs[run.id] = msgspec.structs.replace(run, state="interrupted", ended=now)
        number = len(self._runs) + 1
        self._runs[number] = RunRecord(id=number, sync=claim.sync, kind=kind, started=now)
        return number

    async def finish_run(self, claim: Claim, record: RunRecord) -> None:
        self._fenced(claim)
        self._own_run(claim, record.id)
        self._runs[record.id] = record

    def _own_run(self, claim: Claim, run: int) -> None:
        known = self._runs.get(run)
        if known is None or known.sync != claim.sync:
            raise Bug("run {run} is not one of sync {sync}", run=run, sync=claim.sync)

    async def runs(self, sync: str | None = None, limit: int = 20) -> list[RunRecord]:
        newest = reversed(self._runs.values())
        return [run for run in newest if sync is None or run.sync == sync][:limit]

    # -- links and base ------------------------------------------------------------------------------------------
    async def links_of(self, sync: str, side: Side, object: str, ids: Sequence[str]) -> list[Link]:
        state = self._sync(sync)
        records = [(side, object, name) for name in ids]
        found = {state.by_record[record] for record in records if record in state.by_record}
        return [state.links[link] for link in sorted(found)]

    async def links_by_id(self, sync: str, ids: Sequence[int]) -> list[Link]:
        links = self._sync(sync).links
        return [links[link] for link in sorted(set(ids)) if link in links]

    async def links_after(self, sync: str, after: int, limit: int) -> list[Link]:
        links = self._sync(sync).links
        return [
            links[number] for number in sorted(links) if number > after and links[number].state == "linked"
        ][:limit]

    async def links_by_match(self, sync: str, side: Side, keys: Sequence[int]) -> list[tuple[int, str, Link]]:
        return self._sync(sync).links_by_match(side, keys)

    async def bases(self, sync: str, links: Sequence[int]) -> list[BaseRow]:
        rows = self._sync(sync).bases
        return [rows[link] for link in sorted(set(links)) if link in rows]

    async def link_count(self, sync: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for link in self._sync(sync).links.values():
            counts[link.state] = counts.get(link.state, 0) + 1
        return counts

    async def cursors(self, sync: str) -> list[Cursor]:
        return [cursor for _, cursor in sorted(self._sync(sync).cursors.items())]

    # -- journal -------------------------------------------------------------------------------------------------
    async def journal(self, claim: Claim, batch: JournalBatch) -> int:
        self._fenced(claim)
        if batch.epoch != claim.epoch:
            raise LostFence(
                "a batch of epoch {theirs} under epoch {mine}", theirs=batch.epoch, mine=claim.epoch
            )
        self._own_run(claim, batch.run)
        number = len(self._batches) + 1
        self._batches[number] = (claim.sync, msgspec.structs.replace(batch, id=number))
        self._open.setdefault(claim.sync, {})[number] = None
        return number

    async def answered(self, claim: Claim, batch: int, outcomes: Sequence[Outcome], now: datetime) -> None:
        self._fenced(claim)
        sync, journalled = self._batches.get(batch, ("", None))
        if journalled is None or sync != claim.sync:
            raise Bug("no batch {batch} in the journal of sync {sync}", batch=batch, sync=claim.sync)
        if len(outcomes) != len(journalled.operations):
            raise Bug(
                "batch {batch} has {sent} operations and {got} outcomes",
                batch=batch,
                sent=len(journalled.operations),
                got=len(outcomes),
            )
        self._outcomes.setdefault(batch, []).append((now, tuple(outcomes)))

    def _batch(self, number: int) -> OpenBatch:
        answers = self._outcomes.get(number)
        return OpenBatch(batch=self._batches[number][1], outcomes=answers[-1][1] if answers else None)

    async def open_batches(self, sync: str) -> list[OpenBatch]:
        return [self._batch(number) for number in self._open.get(sync, {})]

    async def run_batches(self, run: int) -> list[OpenBatch]:
        return [self._batch(number) for number, (_, batch) in self._batches.items() if batch.run == run]

    async def settle(self, claim: Claim, settlement: Settlement, now: datetime) -> None:
        state = self._fenced(claim)
        state.check_links(settlement.links)
        state.store_links(settlement.links)
        state.store_bases(settlement.bases)
        state.store_matches(settlement.matches)
        state.store_items(settlement.found, settlement.cleared, settlement.run, now)
        for cursor in settlement.cursors:
            state.cursors[(cursor.side, cursor.object)] = cursor
        for batch in settlement.folded:
            self._open.get(claim.sync, {}).pop(batch, None)

    # -- items ---------------------------------------------------------------------------------------------------
    async def open_items(self, sync: str, links: Sequence[int] | None = None) -> list[StoredItem]:
        return self._sync(sync).open_items(links)

    async def items_to_retry(self, sync: str, context: str) -> list[StoredItem]:
        stored = self._sync(sync).open_items(None)
        return [row for row in stored if row.item.retry or row.item.context != context]

    async def mark_for_retry(
        self, sync: str, *, links: Sequence[int] | None = None, error_type: str | None = None
    ) -> int:
        return self._sync(sync).mark_for_retry(links, error_type)

    # -- choices and incidents -----------------------------------------------------------------------------------
    async def exclude(self, sync: str, link: int, reason: str, now: datetime) -> None:
        del now
        self._sync(sync).exclusions[link] = reason

    async def include(self, sync: str, link: int) -> bool:
        return self._sync(sync).exclusions.pop(link, None) is not None

    async def exclusions(self, sync: str) -> Mapping[int, str]:
        return dict(sorted(self._sync(sync).exclusions.items()))

    async def raise_incident(self, subject: str, note: Note, affected: int, now: datetime) -> None:
        for place, known in enumerate(self._incidents):
            if (known.subject, known.code, known.closed_at) == (subject, note.code, None):
                self._incidents[place] = msgspec.structs.replace(
                    known, note=note, affected=affected, last_seen=now
                )
                return
        number = len(self._incidents) + 1
        self._incidents.append(
            Incident(
                id=number,
                subject=subject,
                code=note.code,
                note=note,
                affected=affected,
                opened=now,
                last_seen=now,
            )
        )

    async def end_incidents(self, subject: str, now: datetime) -> None:
        self._incidents = [
            msgspec.structs.replace(one, closed_at=now)
            if one.subject == subject and one.closed_at is None
            else one
            for one in self._incidents
        ]

    async def incidents(self, *, open_only: bool = True, limit: int = 50) -> list[Incident]:
        shown = [one for one in reversed(self._incidents) if not open_only or one.closed_at is None]
        return shown[:limit]

    # -- schemas -------------------------------------------------------------------------------------------------
    async def keep_schemas(self, claim: Claim, schemas: Mapping[Side, Schema], now: datetime) -> None:
        self._fenced(claim)
        for side, schema in schemas.items():
            kept = self._schemas.setdefault((claim.sync, side), {})
            plain, digest = Schema(schema.objects), schema.digest()
            before = kept.get(digest) or KeptSchema(schema=plain, first_used=now, last_used=now)
            kept[digest] = msgspec.structs.replace(before, schema=plain, last_used=max(now, before.last_used))
            while len(kept) > MOST_SCHEMAS:
                del kept[min(kept, key=lambda one: (kept[one].last_used, kept[one].first_used))]

    async def schemas(self, sync: str, side: Side) -> list[KeptSchema]:
        kept = self._schemas.get((sync, side), {}).values()
        return sorted(kept, key=lambda one: (one.last_used, one.first_used), reverse=True)

    # -- consent -------------------------------------------------------------------------------------------------
    async def record_opt_outs(self, sync: str, entries: Sequence[LedgerEntry], now: datetime) -> None:
        check_identified(entries)
        for entry in entries:
            if identity(sync, entry) in self._ledger_known:
                continue
            previous = self._ledger[-1].hash if self._ledger else BEGINNING
            self._ledger.append(chain(previous, len(self._ledger) + 1, sync, now, entry))
            self._ledger_known.add(identity(sync, entry))
            self._sync(sync).note_opt_out(entry)

    async def opted_out(
        self, sync: str, links: Sequence[int], address_keys: Sequence[int]
    ) -> tuple[set[int], set[int]]:
        state = self._sync(sync)
        return (state.out_links & set(links), state.out_addresses & set(address_keys))

    async def verify_ledger(self) -> int | None:
        """The number of the first line that is not what was appended, or None when the chain holds."""
        previous = BEGINNING
        for seq, line in enumerate(self._ledger, start=1):
            if not follows(previous, seq, line):
                return seq
            previous = line.hash
        return None

    # -- connections, secrets, budget ----------------------------------------------------------------------------
    async def connections(self) -> list[ConnectionRecord]:
        return [record for _, record in sorted(self._connections.items())]

    async def save_connection(self, record: ConnectionRecord) -> None:
        self._connections[record.name] = record

    async def secret(self, connection: str) -> bytes | None:
        return self._secrets.get(connection, (None, None))[0]

    async def save_secret(self, connection: str, sealed: bytes) -> None:
        self._secrets[connection] = (sealed, self._secrets.get(connection, (None, None))[0])

    async def previous_secret(self, connection: str) -> bytes | None:
        return self._secrets.get(connection, (None, None))[1]

    async def reserve_calls(self, connection: str, lane: str, calls: int, now: datetime) -> None:
        buckets = self._calls.setdefault((connection, lane), {})
        buckets[bucket_of(now)] = buckets.get(bucket_of(now), 0) + calls

    async def return_calls(self, connection: str, lane: str, calls: int, now: datetime) -> None:
        buckets = self._calls.get((connection, lane), {})
        for bucket in sorted((b for b in buckets if now - DAY <= b <= now), reverse=True):
            taken = min(calls, buckets[bucket])
            buckets[bucket] -= taken
            calls -= taken

    async def save_limit_reading(self, connection: str, maximum: int, remaining: int, now: datetime) -> None:
        known = self._limits.get(connection)
        if known is None or known[2] <= now:
            self._limits[connection] = (maximum, remaining, now)

    async def call_use(self, connection: str, now: datetime, window: timedelta = DAY) -> CallUse:
        oldest = oldest_bucket(now, window)
        by_lane: dict[str, int] = {}
        for (name, lane), buckets in sorted(self._calls.items()):
            used = sum(calls for bucket, calls in buckets.items() if bucket >= oldest)
            if name == connection and used:
                by_lane[lane] = used
        maximum, remaining, read_at = self._limits.get(connection, (None, None, None))
        return CallUse(
            by_lane=by_lane,
            total=sum(by_lane.values()),
            vendor_maximum=maximum,
            vendor_remaining=remaining,
            vendor_read_at=read_at,
        )

    # -- the whole install ---------------------------------------------------------------------------------------
    async def setting(self, name: str) -> str | None:
        return self._settings.get(name)

    async def save_setting(self, name: str, value: str) -> None:
        self._settings[name] = value

    async def settings(self) -> Mapping[str, str]:
        return dict(sorted(self._settings.items()))
