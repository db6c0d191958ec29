"""Undoing a run: its journal read, both sides read now, and what can go back put back by a run like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import polars as pl

from awase.core.identity import hashed_match_key
from awase.core.mapping import BoundSync, Sync
from awase.core.operations import SIDES, Operation, Outcome, Side, State
from awase.core.plan import Plan, assemble
from awase.core.records import Item, Link, RunCounts
from awase.core.restoring import undo
from awase.core.undo import UNDONE, Journalled, Left, Present, RecordName, Undo, journalled, record_on
from awase.core.values import as_text
from awase.engine.environment import Environment
from awase.engine.observing import bind_live, read_records
from awase.engine.recovering import recover
from awase.engine.relinking import is_gone
from awase.engine.running import Report, carry_out, started
from awase.engine.translating import partner_tables
from awase.errors import BadInput, UnknownName
from awase.ports.store import Claim, Note, OpenBatch, RunRecord, Settlement, Store

KIND = "undo"
"""The kind of a run that undid another; its note names that one in the place ``run``."""

NOTE = "put back what run {run} had written"
_LOOKS = (200, 20_000, 2_000_000)
"""How many of the newest runs are looked through; it is nearly always one of the last."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing a run would do, as shown before anything is sent."""

    run: RunRecord
    """The run to be undone."""
    undo: Undo
    plan: Plan


@dataclass(frozen=True, slots=True)
class Undone:
    """An undo that was carried out."""

    undoing: Undoing
    report: Report
    outcomes: Mapping[RecordName, Outcome]
    """By record written to; what is not there was not sent."""


async def find_run(store: Store, number: int) -> RunRecord:
    """The run of that number. Raises UnknownName."""
    for limit in _LOOKS:
        runs = await store.runs(None, limit)
        if (run := next((run for run in runs if run.id == number), None)) is not None:
            return run
        if len(runs) < limit:
            break
    raise UnknownName(
        "there is no run {number}",
        where="RUN",
        remedy="`awase runs` lists them.",
        number=number,
    )


async def preview(env: Environment, sync: Sync, run: RunRecord, *, carry: bool = False) -> Undoing:
    """What undoing ``run`` would do. Nothing is written to either side."""
    async with env.store.claim(sync.name) as claim:
        bound = await bind_live(env, sync)
        await recover(env, bound, claim)
        return await _made(env, bound, run, carry)


async def undo_run(
    env: Environment,
    sync: Sync,
    run: RunRecord,
    approve: Callable[[Undoing], bool],
    progress: Callable[[str], None] | None = None,
    *,
    carry: bool = False,
) -> Undone:
    """Put back what ``run`` wrote and nobody touched since. Raises StoppedByGuard when ``approve`` does not agree."""
    tell = progress or (lambda _: None)
    async with env.store.claim(sync.name) as claim:
        bound = await bind_live(env, sync)
        async with started(env, claim, KIND) as own:
            tell("recover")
            await recover(env, bound, claim, own.id)
            tell("plan")
            undoing = await _made(env, bound, run, carry)
            conflicts = undoing.undo.conflicts

            async def list_conflicts() -> None:
                # Before anything is sent: a process that dies in between must not leave a difference unlisted.
                if conflicts:
                    facts = Settlement(run=own.id, found=tuple(conflicts))
                    await env.store.settle(claim, facts, env.clock.now())

            report = await carry_out(
                env, bound, claim, own, undoing.plan, lambda _: approve(undoing), tell, first=list_conflicts
            )
            outcomes = _outcomes(await env.store.run_batches(own.id))
            await _unlist(env, claim, own.id, conflicts, outcomes)
            report = await _finished(env, claim, report, undoing, outcomes)
            return Undone(undoing, report, outcomes)


async def _made(env: Environment, sync: BoundSync, run: RunRecord, carry: bool) -> Undoing:
    calls_before = env.calls().get("read", 0)
    done = journalled(_operations(await env.store.run_batches(run.id)))
    present = await _present(env, sync, done)
    made = undo(run.id, done, present, sync, env.capabilities(), carry=carry)
    cursors = await env.store.cursors(sync.sync.name)
    known = {(cursor.side, cursor.object) for cursor in cursors}
    if any((w.operation.side, w.operation.object) not in known for w in made.draft.writes):
        raise BadInput(
            "sync {sync} has never come to the end of a run, so it cannot be told what happened since",
            where=f"run {run.id}",
            remedy="Let `awase sync` come to its end once, then undo.",
            sync=sync.sync.name,
        )
    plan = assemble(
        made.draft,
        sync=sync.sync.name,
        context=sync.context,
        made_at=env.clock.now(),
        connections={side: env.sides[side].org.id for side in SIDES},
        # Nothing was read that the next run need not read.
        cursors=cursors,
        moves_cursors=False,
        read_calls=env.calls().get("read", 0) - calls_before,
        linked_before=(await env.store.link_count(sync.sync.name)).get("linked", 0),
        guard_share=sync.sync.guard_share,
        guard_records=sync.sync.guard_records,
        capabilities=env.capabilities(),
    )
    return Undoing(run, made, plan)


def _operations(batches: Sequence[OpenBatch]) -> Iterable[tuple[Operation, Outcome | None]]:
    for one in batches:
        outcomes: Sequence[Outcome | None] = one.outcomes or (None,) * len(one.batch.operations)
        yield from zip(one.batch.operations, outcomes, strict=True)


def _outcomes(batches: Sequence[OpenBatch]) -> dict[RecordName, Outcome]:
    """By record, the last that is known."""
    return {
        (op.side, op.object, op.id): outcome
        for op, outcome in _operations(batches)
        if op.id is not None and outcome is not None
    }


async def _present(env: Environment, sync: BoundSync, done: Journalled) -> Present:
    """Both sides' records as they are now, from the systems of record."""
    wanted: dict[Side, dict[str, set[str]]] = {"ma": {}, "crm": {}}
    for written in done.values:
        if written.object in sync.sync.objects(written.side):
            wanted[written.side].setdefault(written.object, set()).add(written.id)
    links: dict[RecordName, Link] = {}
    for side, objects in wanted.items():
        for object, ids in objects.items():
            for link in await env.store.links_of(sync.sync.name, side, object, sorted(ids)):
                links |= {name: link for s in SIDES if (name := record_on(link, s)) is not None}
    frames = {}
    for side in SIDES:
        named = {(object, id) for object, ids in wanted[side].items() for id in ids}
        named |= {name[1:] for name in links if name[0] == side}
        read = (await read_records(env, sync, side, named)).filter(~is_gone())
        held = [links.get((side, o, i)) for o, i in read.select("_object", "_id").iter_rows()]
        numbers = [None if link is None else link.id for link in held]
        frames[side] = read.with_columns(pl.Series("_link", numbers, dtype=pl.Int64))
    paired = sorted({link.id for link in links.values()})
    out = await _out(env, sync, done, links)
    bases = await env.store.bases(sync.sync.name, paired)
    return Present(frames, links, bases, out, await partner_tables(env, sync, frames, bases))


async def _out(
    env: Environment, sync: BoundSync, done: Journalled, links: Mapping[RecordName, Link]
) -> frozenset[int]:
    """Links that are out by person, or by an address that the run put in place of another."""
    named = {
        (b.name, side, o): f.name
        for b in sync.fields
        for side in SIDES
        for o in sync.sync.objects(side)
        if (f := b.on(side, o)) is not None
    }
    match_on = sync.sync.match_on
    addresses: dict[int, set[int]] = {}
    for written in done.values:
        link = links.get(written.record)
        if (
            link is None
            or match_on is None
            or named.get((match_on, written.side, written.object)) != written.field
        ):
            continue
        for value in (written.before, written.value):
            if (key := hashed_match_key(as_text(value), sync.sync.match_as)) is not None:
                addresses.setdefault(key, set()).add(link.id)
    ids = sorted({link.id for link in links.values()})
    out_links, out_addresses = await env.store.opted_out(sync.sync.name, ids, sorted(addresses))
    return frozenset(out_links | {link for key in out_addresses for link in addresses[key]})


async def _unlist(
    env: Environment,
    claim: Claim,
    run: int,
    conflicts: Sequence[Item],
    outcomes: Mapping[RecordName, Outcome],
) -> None:
    """Close the conflicts of values that did not go back after all; what else stands against those records stays."""
    applied = {
        (outcome.link, side) for (side, _, _), outcome in outcomes.items() if outcome.state == State.APPLIED
    }
    idle = sorted({item.link for item in conflicts if (item.link, item.side) not in applied})
    if not idle:
        return
    still = [
        stored.item
        for stored in await env.store.open_items(claim.sync, idle)
        if stored.item.code != UNDONE or (stored.item.link, stored.item.side) in applied
    ]
    await env.store.settle(
        claim, Settlement(run=run, found=tuple(still), cleared=tuple(idle)), env.clock.now()
    )


async def _finished(
    env: Environment, claim: Claim, report: Report, undoing: Undoing, outcomes: Mapping[RecordName, Outcome]
) -> Report:
    """The run's own numbers: of the records that the other run wrote to, and which run that was."""
    applied = {(o.link, side) for (side, _, _), o in outcomes.items() if o.state == State.APPLIED}
    note = Note(text=NOTE, places={"run": undoing.run.id})
    record = msgspec.structs.replace(
        report.run,
        sides=counts(undoing.undo, outcomes),
        conflicts=sum((item.link, item.side) in applied for item in undoing.undo.conflicts),
        note=report.run.note or note,
    )
    await env.store.finish_run(claim, record)
    return Report(record, report.plan, report.calls, report.stopped, report.skipped)


_FATES = {State.APPLIED: "updated", State.REJECTED: "rejected"}


def counts(undo: Undo, outcomes: Mapping[RecordName, Outcome]) -> dict[str, RunCounts]:
    """By ``side:object``, each record that the undone run wrote to, once: ``updated`` went back, ``unchanged`` was
    back already, ``held`` would be refused, ``skipped`` stays for another reason, ``waiting`` was not sent."""
    fates: dict[RecordName, str] = {written.record: "unchanged" for written in undo.already}
    for kept in undo.kept:
        if fates.get(kept.written.record) != "held":
            fates[kept.written.record] = "held" if kept.why == Left.REFUSED else "skipped"
    for restored in undo.restored:
        outcome = outcomes.get(restored.written.record)
        fates[restored.written.record] = (
            "waiting" if outcome is None else _FATES.get(outcome.state, "waiting")
        )
    totals: dict[str, Counter[str]] = {}
    for (side, object, _), fate in fates.items():
        totals.setdefault(f"{side}:{object}", Counter())[fate] += 1
    return {
        name: msgspec.convert({"read": sum(c.values()), **c}, RunCounts) for name, c in sorted(totals.items())
    }


def undone_by(runs: Iterable[RunRecord]) -> dict[int, int]:
    """Run → the undo that came to its end and undid it (the newest)."""
    found: dict[int, int] = {}
    for run in runs:
        if run.kind == KIND and run.state == "done" and run.note is not None and "run" in run.note.places:
            found.setdefault(int(run.note.places["run"]), run.id)
    return found
