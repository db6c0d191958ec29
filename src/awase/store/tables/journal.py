"""The write-ahead journal, and the settlement that folds it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from awase.core.operations import Outcome, State
from awase.errors import Bug, LostFence
from awase.ports.store import Claim, JournalBatch, OpenBatch, Settlement
from awase.store.codec import pack_batch, pack_outcomes, storable, unpack_batch, unpack_outcomes
from awase.store.connections import lost_fence
from awase.store.statements import statements
from awase.store.tables.items import settle_items
from awase.store.tables.links import store_bases, store_cursors, store_links, store_matches
from awase.store.tables.part import Part


class Journal(Part):
    """See ``ports.store.Store``."""

    async def journal(self, claim: Claim, batch: JournalBatch) -> int:
        if batch.epoch != claim.epoch:
            raise LostFence(
                "a batch of epoch {theirs} under epoch {mine}", theirs=batch.epoch, mine=claim.epoch
            )
        facts = {
            "sync": claim.sync,
            "epoch": claim.epoch,
            "run": batch.run,
            "side": batch.side,
            "object": batch.object,
            "kind": batch.kind,
            "sent_at": batch.sent_at,
            "since": batch.since,
            "watch": batch.watch,
            "links": [operation.link for operation in batch.operations],
            "body": pack_batch(batch.operations, batch.after),
        }
        ((fences, number),) = await self._db.rows(statements("journal")["append_batch"], facts)
        if not fences:
            raise lost_fence(claim)
        if number is None:
            raise Bug("run {run} is not one of sync {sync}", run=batch.run, sync=claim.sync)
        return int(number)

    async def answered(self, claim: Claim, batch: int, outcomes: Sequence[Outcome], now: datetime) -> None:
        facts = {
            "sync": claim.sync,
            "epoch": claim.epoch,
            "batch": batch,
            "operations": len(outcomes),
            "at": now,
            "body": pack_outcomes(outcomes),
        } | _exceptions(outcomes)
        ((fences, found),) = await self._db.rows(statements("journal")["append_outcome"], facts)
        if not fences:
            raise lost_fence(claim)
        if not found:
            raise Bug(
                "no batch {batch} with {got} operations in the journal of sync {sync}",
                batch=batch,
                got=len(outcomes),
                sync=claim.sync,
            )

    async def open_batches(self, sync: str) -> list[OpenBatch]:
        rows = await self._db.rows(statements("journal")["open_batches"], {"sync": sync})
        return [open_batch(row) for row in rows]

    async def run_batches(self, run: int) -> list[OpenBatch]:
        rows = await self._db.rows(statements("journal")["run_batches"], {"run": run})
        return [open_batch(row) for row in rows]

    async def settle(self, claim: Claim, settlement: Settlement, now: datetime) -> None:
        sync = claim.sync
        async with self._db.fenced(claim) as connection:
            if settlement.links:
                await store_links(connection, sync, settlement.links)
            if settlement.bases:
                await store_bases(connection, sync, settlement.bases)
            if settlement.matches:
                await store_matches(connection, sync, settlement.matches)
            if settlement.found or settlement.cleared:
                await settle_items(connection, sync, settlement, now)
            if settlement.cursors:
                await store_cursors(connection, sync, settlement.cursors)
            if settlement.folded:
                await connection.execute(
                    statements("journal")["fold_batches"],
                    {"sync": sync, "batches": list(settlement.folded)},
                )


def _exceptions(outcomes: Sequence[Outcome]) -> dict[str, list[Any]]:
    """Rows for what was not applied, column by column."""
    rows = [(pos, one) for pos, one in enumerate(outcomes) if one.state is not State.APPLIED]
    return {
        "positions": [pos for pos, _ in rows],
        "links": [one.link for _, one in rows],
        "states": [str(one.state) for _, one in rows],
        "codes": [storable(one.error.code) if one.error else "" for _, one in rows],
        "details": [storable(one.error.message) if one.error else "" for _, one in rows],
    }


def open_batch(row: tuple[Any, ...]) -> OpenBatch:
    """A row of the columns id, run, epoch, side, object, kind, sent_at, since, watch, body and the latest outcomes' body."""
    number, run, epoch, side, object, kind, sent_at, since, watch, body, outcomes = row
    operations, after = unpack_batch(body)
    return OpenBatch(
        batch=JournalBatch(
            id=number,
            run=run,
            epoch=epoch,
            side=side,
            object=object,
            kind=kind,
            sent_at=sent_at,
            since=since,
            watch=watch,
            operations=operations,
            after=after,
        ),
        outcomes=None if outcomes is None else unpack_outcomes(outcomes),
    )
