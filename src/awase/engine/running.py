"""The use cases: plan, sync, apply a plan file. One run of a sync at a time, from recovery to settlement."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from awase.core.mapping import BoundSync, Sync
from awase.core.operations import OperationKind, Side, State, other
from awase.core.plan import Plan
from awase.core.records import Item, ItemKind, RunCounts
from awase.core.selection import Selection
from awase.engine.applying import Applied, apply, settled_writes
from awase.engine.environment import Environment
from awase.engine.folding import fold
from awase.engine.observing import bind_live
from awase.engine.planning import SCOPE
from awase.engine.recovering import recover, watch
from awase.engine.staleness import (
    moved_since,
    refuse_if_overtaken,
    refuse_if_stale,
    unless_known_better,
)
from awase.engine.standing import planned
from awase.engine.sweeping import SWEPT, is_due
from awase.engine.switches import refusal
from awase.errors import AwaseError, LostFence, StoppedByGuard, WritingIsOff
from awase.ports.store import Claim, Note, RunRecord, Settlement

OBSERVE_ONLY = "observe_only"
"""Setting: why nothing may be written (set by a restore) until a person lifts it."""

Approve = Callable[[Plan], bool]
"""Asked with the finished plan before anything is written."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, as shown to people."""

    run: RunRecord
    plan: Plan
    calls: dict[str, int]
    """Calls by lane; ``read`` were spent in planning and looking up, ``retries`` are calls sent again."""
    stopped: AwaseError | None = None
    skipped: tuple[Item, ...] = field(default=())
    """Records left out because they moved since the plan was made."""


async def plan_only(env: Environment, sync: Sync, selection: Selection | None = None) -> Plan:
    """What a run would do. Nothing is written to either side."""
    async with env.store.claim(sync.name) as claim:
        bound = await bind_live(env, sync)
        await recover(env, bound, claim)
        return await planned(env, bound, selection)


async def sync_now(
    env: Environment,
    sync: Sync,
    approve: Approve,
    progress: Callable[[str], None] | None = None,
    selection: Selection | None = None,
) -> Report:
    """Plan and carry out. Raises StoppedByGuard when ``approve`` does not agree."""
    tell = progress or (lambda _: None)
    async with env.store.claim(sync.name) as claim:
        bound = await bind_live(env, sync)
        async with started(env, claim, "sync") as run:
            tell("recover")
            await recover(env, bound, claim, run.id)
            tell("plan")
            plan = await planned(env, bound, selection)
            return await carry_out(env, bound, claim, run, plan, approve, tell)


async def apply_plan(
    env: Environment, sync: Sync, plan: Plan, approve: Approve, progress: Callable[[str], None] | None = None
) -> Report:
    """Carry out exactly ``plan``, made earlier. Raises StalePlan; records that moved since are skipped and listed."""
    tell = progress or (lambda _: None)
    async with env.store.claim(sync.name) as claim:
        bound = await bind_live(env, sync)
        refuse_if_stale(plan, bound, {side: access.org.id for side, access in env.sides.items()})
        refuse_if_overtaken(plan, await env.store.runs(sync.name))
        async with started(env, claim, "apply") as run:
            tell("recover")
            await recover(env, bound, claim, run.id)
            tell("check")
            skipped = await moved_since(env, bound, plan)
            plan = await unless_known_better(env, plan)
            return await carry_out(env, bound, claim, run, plan, approve, tell, skipped)


@asynccontextmanager
async def started(env: Environment, claim: Claim, kind: str) -> AsyncIterator[RunRecord]:
    """A new run, marked stopped or failed with its reason when it does not come to its end."""
    now = env.clock.now()
    run = RunRecord(id=await env.store.start_run(claim, kind, now), sync=claim.sync, kind=kind, started=now)
    try:
        yield run
    except LostFence:
        # Another process owns the sync now: its books are not ours to write in.
        raise
    except AwaseError as error:
        state: Literal["stopped", "failed"] = "stopped" if isinstance(error, StoppedByGuard) else "failed"
        ended = msgspec.structs.replace(run, ended=env.clock.now(), state=state, note=Note.of(error))
        await env.store.finish_run(claim, ended)
        raise


async def carry_out(
    env: Environment,
    sync: BoundSync,
    claim: Claim,
    run: RunRecord,
    plan: Plan,
    approve: Approve,
    tell: Callable[[str], None],
    skipped: dict[int, Item] | None = None,
    first: Callable[[], Awaitable[None]] | None = None,
) -> Report:
    """Carry ``plan`` out once it is approved; ``first`` is done before anything is sent."""
    skipped = skipped or {}
    if plan.writes() and (switched_off := await refusal(env.store, sync.sync.name)):
        raise switched_off
    if not approve(plan):
        raise StoppedByGuard(
            "nothing was written: this plan wants an approval ({rules})",
            where=f"sync {sync.sync.name}",
            remedy="Look at it with `awase plan`, then run the same command with --yes.",
            rules=", ".join(sorted({guard.rule for guard in plan.header.guards})) or "no approval given",
        )
    if (reason := await env.store.setting(OBSERVE_ONLY)) and plan.writes():
        raise WritingIsOff(
            "this install only observes: {reason}",
            remedy="Compare with `awase plan` first; then lift it with `awase db resume`.",
            reason=reason,
        )
    if first is not None:
        await first()
    tell("apply")
    applied = await apply(env, sync, claim, run.id, plan, frozenset(skipped))
    tell("settle")
    found = await _settle(env, sync, claim, run.id, plan, applied, list(skipped.values()))
    finished = msgspec.structs.replace(
        run,
        ended=env.clock.now(),
        state="stopped" if applied.stopped else "done",
        sides=counts(plan, applied, found),
        conflicts=sum(item.kind in (ItemKind.CONFLICT, ItemKind.SETTLED) for item in found),
        calls=env.calls(),
        note=Note.of(applied.stopped) if applied.stopped else None,
    )
    await env.store.finish_run(claim, finished)
    return Report(finished, plan, env.calls(), applied.stopped, tuple(skipped.values()))


async def _settle(
    env: Environment,
    sync: BoundSync,
    claim: Claim,
    run: int,
    plan: Plan,
    applied: Applied,
    skipped: list[Item],
) -> list[Item]:
    """Make everything true at once: links, bases, items, cursors. Returns the items found."""
    writes = plan.writes()
    agreed = [row for chunk in plan.chunks for row in chunk.agreed]
    result = await fold(env, sync, settled_writes(writes, applied), agreed)
    moves = plan.header.moves_cursors and not applied.stopped
    for batch, places in applied.stragglers:
        await watch(env, claim, run, batch, places)
    labels = {write.operation.link: write.label for write in writes}
    refused = [msgspec.structs.replace(item, label=labels.get(item.link, "")) for item in result.items]
    planned = [item for chunk in plan.chunks for item in chunk.items]
    found = planned + refused + applied.conflicts + skipped
    settlement = Settlement(
        run=run,
        links=tuple(result.links),
        bases=tuple(result.bases),
        matches=tuple(result.matches),
        # Conflicts that a rule settled were stored before anything was sent.
        found=tuple(item for item in planned if item.kind != ItemKind.SETTLED)
        + tuple(refused + applied.conflicts + skipped),
        cleared=tuple(link for chunk in plan.chunks for link in chunk.evaluated),
        # A run that had to stop reads the same span again, so that nothing it left is forgotten.
        cursors=plan.header.cursors if moves else (),
        folded=tuple(applied.batches),
    )
    await env.store.settle(claim, settlement, env.clock.now())
    if moves:
        await env.store.save_setting(SCOPE + sync.sync.name, sync.sync.scope())
        if SWEPT + sync.sync.name not in await env.store.settings() or await is_due(env, sync):
            await env.store.save_setting(SWEPT + sync.sync.name, plan.header.made_at.isoformat())
    return found


_BY_STATE = {State.REJECTED: "rejected", State.DEFERRED: "waiting", State.UNKNOWN: "waiting"}
_BY_ITEM = {
    ItemKind.HELD: "held",
    ItemKind.REJECTED: "rejected",
    ItemKind.DEFERRED: "waiting",
    ItemKind.UNKNOWN: "waiting",
    ItemKind.WAITING: "waiting",
    ItemKind.CONFLICT: "waiting",
    ItemKind.AMBIGUOUS: "waiting",
    ItemKind.SKIPPED: "skipped",
}
_DONE = {OperationKind.CREATE: "created", OperationKind.DELETE: "deleted", OperationKind.TAKE_OFF: "deleted"}
_WORST_FIRST = ("rejected", "held", "waiting", "skipped", "created", "deleted", "updated")


def counts(plan: Plan, applied: Applied, found: Sequence[Item]) -> dict[str, RunCounts]:
    """By ``side:object``: what became of each record read, judged by what it had to give to the other side."""
    fates: dict[tuple[int, Side], set[str]] = {}
    writes = plan.writes()
    for place, outcome in applied.outcomes.items():
        operation = writes[place].operation
        done = _DONE.get(operation.kind, "updated")
        fate = done if outcome.state == State.APPLIED else _BY_STATE[outcome.state]
        fates.setdefault((operation.link, operation.side), set()).add(fate)
    for item in found:
        if item.kind in _BY_ITEM:
            fates.setdefault((item.link, item.side), set()).add(_BY_ITEM[item.kind])
    totals: dict[str, Counter[str]] = {}
    reasons: dict[str, Counter[str]] = {}
    for arrival in (arrival for chunk in plan.chunks for arrival in chunk.arrivals):
        fate_set = fates.get((arrival.link, other(arrival.side)), set())
        fate = "skipped" if arrival.skipped else next((f for f in _WORST_FIRST if f in fate_set), "unchanged")
        if "deleted" in fate_set:
            fate = "deleted"
        name = f"{arrival.side}:{arrival.object}"
        totals.setdefault(name, Counter())[fate] += 1
        if fate == "skipped" and arrival.skipped:
            reasons.setdefault(name, Counter())[arrival.skipped] += 1
    return {
        name: RunCounts(read=sum(c.values()), **c, reasons=dict(reasons.get(name, {})))
        for name, c in sorted(totals.items())
    }
