"""Finishing what an earlier process left in the journal, before anything else is read or written.

A batch without outcomes belongs to a process that died between journal and answer. A *watch* batch holds operations
that had not taken effect when they were looked for, although their call may have reached the vendor: it is looked at
again in each run until no call can still be under way. Otherwise a call that arrives late would look like an edit
made by a person, and would be carried back over the value that replaced it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from awase.core.mapping import BoundSync
from awase.core.operations import OperationKind, State
from awase.core.outcomes import Settled
from awase.core.records import Item
from awase.engine.auditing import audit
from awase.engine.environment import Environment
from awase.engine.folding import fold
from awase.engine.resolving import may_come_late, resolve
from awase.ports.store import Claim, JournalBatch, OpenBatch, Settlement


async def recover(env: Environment, sync: BoundSync, claim: Claim, run: int | None = None) -> None:
    """Find out what unanswered calls did, audit their updates, and fold the journal."""
    batches = await env.store.open_batches(sync.sync.name)
    settled: list[Settled] = []
    conflicts: list[Item] = []
    silent: set[int] = set()
    for before in batches:
        after = await resolve(env, sync, claim, before)
        batch, outcomes = after.batch, after.outcomes or ()
        settled += map(Settled, batch.operations, batch.after, outcomes)
        if batch.watch:
            # It was reported when it was first looked for; only its taking effect after all is news.
            silent |= {
                len(settled) - len(outcomes) + i for i, o in enumerate(outcomes) if o.state != State.APPLIED
            }
        conflicts += await _owed_audit(env, sync, after)
        if late := may_come_late(before, after):
            await watch(env, claim, run or batch.run, batch, late)
    if not batches:
        return
    result = await fold(env, sync, [s for i, s in enumerate(settled) if i not in silent], ())
    settlement = Settlement(
        run=run or batches[-1].batch.run,
        links=tuple(result.links),
        bases=tuple(result.bases),
        matches=tuple(result.matches),
        found=tuple(result.items + conflicts),
        folded=tuple(before.batch.id for before in batches),
    )
    await env.store.settle(claim, settlement, env.clock.now())


async def watch(
    env: Environment, claim: Claim, run: int, batch: JournalBatch, positions: Sequence[int]
) -> None:
    """Keep these operations of ``batch`` in the journal for as long as their call may still take effect."""
    if env.clock.now() >= batch.sent_at + env.straggler_limit:
        return
    kept = msgspec.structs.replace(
        batch,
        id=0,
        run=run,
        epoch=claim.epoch,
        operations=tuple(batch.operations[i] for i in positions),
        after=tuple(batch.after[i] for i in positions),
        watch=True,
    )
    await env.store.journal(claim, kept)


async def _owed_audit(env: Environment, sync: BoundSync, open_batch: OpenBatch) -> list[Item]:
    """The audit of updates (and of creates that found their record there) that took effect unwitnessed."""
    batch = open_batch.batch
    if batch.kind == OperationKind.OPT_OUT or not env.sides[batch.side].connector.capabilities.history:
        return []
    operations = [
        msgspec.structs.replace(operation, id=outcome.id or operation.id)
        for operation, outcome in zip(batch.operations, open_batch.outcomes or (), strict=True)
        if outcome.state == State.APPLIED and (batch.kind == OperationKind.UPDATE or not outcome.created)
    ]
    if not operations:
        return []
    return await audit(env, sync, batch.side, batch.object, operations, batch.since)
