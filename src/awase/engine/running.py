"""The use cases: plan, sync, apply a plan file. One run of a sync at a time, from recovery to settlement."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import msgspec

from awase.core.mapping import BoundSync, Sync
from awase.core.operations import OperationKind, Side, State, other
from awase.core.plan import Plan, Tripped
from awase.core.records import Item, ItemKind, RunCounts
from awase.core.selection import Selection
from awase.engine.applying import Applied, apply, settled_writes
from awase.engine.choosing import asked_for, looked_at
from awase.engine.drifting import take_over
from awase.engine.environment import Environment
from awase.engine.folding import fold
from awase.engine.importing import KIND, ask_for_the_rest, prepared
from awase.engine.incidents import end, note
from awase.engine.observing import bind_live
from awase.engine.planning import SCOPE
from awase.engine.recovering import recover, watch
from awase.engine.scoring import learn_from_run
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
        selection = await prepared(env, bound, selection)
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
        selection = await prepared(env, bound, selection)
        imports = selection is not None and selection.bring is not None
        closed = windows_closed(env, sync.name)
        if closed and imports:
            raise closed
        async with started(env, claim, KIND if imports else "sync") as run:
            tell("recover")
            await recover(env, bound, claim, run.id)
            tell("plan")
            closed = windows_closed(env, sync.name)
            plan = await planned(env, bound, Selection(opt_outs=True) if closed else selection)
            first = partial(ask_for_the_rest, env, claim, plan) if imports else None
            return await carry_out(env, bound, claim, run, plan, approve, tell, first=first, closed=closed)


async def apply_plan(
    env: Environment, sync: Sync, plan: Plan, approve: Approve, progress: Callable[[str], None] | None = None
) -> Report:
    """Carry out exactly ``plan``, made earlier. Raises StalePlan; records that moved since are skipped and listed."""
    tell = progress or (lambda _: None)
    async with env.store.claim(sync.name) as claim:
        bound = await bind_live(env, sync)
        refuse_if_stale(plan, bound, {side: access.org.id for side, access in env.sides.items()})
        refuse_if_overtaken(plan, await env.store.runs(sync.name))
        if closed := windows_closed(env, sync.name):
            raise closed
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
    closed: AwaseError | None = None,
) -> Report:
    """Carry ``plan`` out once it is approved; ``first`` is done before anything is sent. ``closed``: why the plan holds
    opt-outs only."""
    skipped = skipped or {}
    if plan.writes() and (switched_off := await refusal(env.store, sync.sync.name)):
        raise switched_off
    if not approve(plan):
        raise StoppedByGuard(
            "nothing was written: this plan wants an approval ({rules})",
            where=f"sync {sync.sync.name}",
            remedy="Look at it with `awase plan`, then run the same command with --yes.",
            rules="; ".join(_told(guard, sync.sync) for guard in plan.header.guards) or "no approval given",
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
    found = await _settle(env, sync, claim, run, plan, applied, list(skipped.values()))
    await learn_from_run(env, sync, plan, applied)
    stopped = applied.stopped or closed
    finished = msgspec.structs.replace(
        run,
        ended=env.clock.now(),
        state="stopped" if stopped else "done",
        sides=counts(plan, applied, found),
        conflicts=sum(item.kind in (ItemKind.CONFLICT, ItemKind.SETTLED) for item in found),
        calls=env.calls(),
        note=Note.of(stopped) if stopped else None,
    )
    await env.store.finish_run(claim, finished)
    if applied.stopped is not None:
        await note(env.store, env.clock, sync.sync, applied.stopped)
    else:
        await end(env.store, env.clock, sync.sync)
    return Report(finished, plan, env.calls(), stopped, tuple(skipped.values()))


def windows_closed(env: Environment, sync: str) -> WritingIsOff | None:
    """Why this sync may send nothing but opt-outs now; None where its write windows are open."""
    now = env.clock.now()
    if env.windows is None or env.windows.open_at(now):
        return None
    opens = env.windows.next_opening(now)
    return WritingIsOff(
        "outside the write windows only opt-outs are sent; everything else waits until {until}",
        where=f"sync {sync}",
        remedy="Run it again then, let a worker do it, or change write_windows.",
        until=f"{opens:%Y-%m-%d %H:%M} UTC" if opens else "-",
    )


def _told(guard: Tripped, sync: Sync) -> str:
    """A guard by its rule, where it would write, how many records, and how many go without asking."""
    over = f" > {guard.limit}" if guard.limit else ""
    return f"{guard.rule} {sync.connection(guard.side)} {guard.records}{over}"


async def _settle(
    env: Environment,
    sync: BoundSync,
    claim: Claim,
    run: RunRecord,
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
        await watch(env, claim, run.id, batch, places)
    labels = {write.operation.link: write.label for write in writes}
    refused = [msgspec.structs.replace(item, label=labels.get(item.link, "")) for item in result.items]
    planned = [item for chunk in plan.chunks for item in chunk.items]
    found = planned + refused + applied.conflicts + skipped
    settlement = Settlement(
        run=run.id,
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
    seen = set(settlement.cleared)
    if moves and plan.header.made_at >= run.started:
        # Nobody was asked for since: whoever was not looked at closely has nothing to look at.
        seen |= set(await asked_for(env.store, sync.sync.name))
    await looked_at(env.store, sync.sync.name, seen)
    if moves:
        await take_over(env, claim, sync)
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
    ItemKind.SUSPENDED: "waiting",
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
