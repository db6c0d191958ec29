"""Reconciling: both sides read afresh and whole, compared, and each difference explained by what the store and the
next run say. Nothing is written, neither to the sides nor to the books.

The readings come first and the next run's plan after them, so that an edit that the readings saw can be seen by the
plan. What is left without a reason is looked at a second time, after the lag of an index that may not have shown it
yet and in the systems of record: an edit made meanwhile is no mistake of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from awase.core.decide import Memory, decide
from awase.core.frames import IN, base_frame, people
from awase.core.mapping import BoundSync, Sync, column
from awase.core.merge import merge
from awase.core.operations import SIDES, OperationKind, Side
from awase.core.plan import Plan
from awase.core.reconcile import Difference, Judge, Known, Reason, Reconciliation, compare
from awase.core.records import Link
from awase.core.undo import RecordName, alike, record_on
from awase.core.values import as_text
from awase.engine.environment import Environment
from awase.engine.observing import bind_live, observe, read_records
from awase.engine.relinking import is_gone
from awase.engine.standing import planned
from awase.engine.translating import partner_tables

Frames = Mapping[Side, pl.DataFrame]


async def reconcile(env: Environment, sync: Sync) -> Reconciliation:
    """Every difference between both sides as they are now, with its reason. Raises AlreadyRunning."""
    async with env.store.claim(sync.name):
        bound = await bind_live(env, sync)
        observed = await observe(env, bound, ())
        frames = {side: _live(observed.frame(bound, side)) for side in SIDES}
        first = await _Reading(env, bound, frames).judged()
        if first.explained:
            return first
        await env.tasks.sleep(_index_lag(env))
        return _with_second_look(first, await _second_look(env, bound, first), frames)


def _live(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(~is_gone())


def _index_lag(env: Environment) -> float:
    lags = [c.lag.total_seconds() for c in env.capabilities().values() if c.reread_changes]
    return max(lags, default=0.0)


@dataclass(slots=True)
class _Reading:
    """Both sides' records as they were read, and what is known about them."""

    env: Environment
    sync: BoundSync
    frames: Frames

    async def judged(self) -> Reconciliation:
        known = await self._known()
        judge = Judge(known, self.sync)
        links = await self._links(known.plan)
        result = Reconciliation()
        for side in SIDES:
            for object in self.sync.sync.objects(side):
                count = self.frames[side].filter(pl.col("_object") == object).height
                result.records[f"{side}:{object}"] = count
        sides = {side: self._with_links(side, links) for side in SIDES}
        here = {side: set(sides[side]["_link"].drop_nulls().to_list()) for side in SIDES}
        both = here["ma"] & here["crm"]
        compare(await self._pairs(sides, both), judge, result)
        made = await self._made_by_rules(sides, both)
        for side in SIDES:
            for row in sides[side].to_dicts():
                if row["_link"] not in both:
                    result.differences.append(self._alone(side, row, links, judge, made))
        return result

    async def _links(self, plan: Plan) -> dict[RecordName, Link]:
        """Who is linked with whom, as the store knows it and as the next run would find it."""
        found: dict[RecordName, Link] = {}
        for side in SIDES:
            for (object,), rows in self.frames[side].group_by("_object", maintain_order=True):
                ids = rows["_id"].to_list()
                for link in await self.env.store.links_of(self.sync.sync.name, side, str(object), ids):
                    found |= {name: link for s in SIDES if (name := record_on(link, s)) is not None}
        for link in (link for chunk in plan.chunks for link in chunk.links):
            found |= {name: link for s in SIDES if (name := record_on(link, s)) is not None}
        return found

    def _with_links(self, side: Side, links: Mapping[RecordName, Link]) -> pl.DataFrame:
        held = [links.get((side, o, i)) for o, i in self.frames[side].select("_object", "_id").iter_rows()]
        numbers = [None if link is None else link.id for link in held]
        return self.frames[side].with_columns(pl.Series("_link", numbers, dtype=pl.Int64))

    async def _known(self) -> Known:
        store, name = self.env.store, self.sync.sync.name
        batches = await store.open_batches(name)
        return Known(
            plan=await planned(self.env, self.sync),
            items=[stored.item for stored in await store.open_items(name)],
            excluded=frozenset(await store.exclusions(name)),
            unfinished=frozenset(op.link for one in batches for op in one.batch.operations),
        )

    async def _pairs(self, sides: Frames, both: set[int]) -> pl.DataFrame:
        """Every pair, merged: the base only tells which side a value would go to."""
        kept = {side: sides[side].filter(pl.col("_link").is_in(list(both))) for side in SIDES}
        bases = await self.env.store.bases(self.sync.sync.name, sorted(both))
        pairs = people(kept["ma"], kept["crm"], base_frame(bases, self.sync), self.sync)
        tables = await partner_tables(self.env, self.sync, kept, bases)
        return alike(merge(pairs, self.sync, tables), self.sync)

    async def _made_by_rules(self, sides: Frames, both: set[int]) -> frozenset[RecordName]:
        """Records alone for which the sync's rules would make a partner, or hold one back."""
        alone = {
            side: sides[side].filter(~pl.col("_link").is_in(list(both)) | pl.col("_link").is_null())
            for side in SIDES
        }
        names: dict[int, RecordName] = {}
        for side in SIDES:
            rows = list(alone[side].select("_object", "_id").iter_rows())
            # Numbers of their own: two records that one link names, or none, stay apart here.
            numbers = range(len(names) + 1, len(names) + len(rows) + 1)
            names |= {number: (side, o, i) for number, (o, i) in zip(numbers, rows, strict=True)}
            alone[side] = alone[side].with_columns(pl.Series("_link", list(numbers), dtype=pl.Int64))
        lone = people(alone["ma"], alone["crm"], base_frame((), self.sync), self.sync)
        links = {number: _link(number, name) for number, name in names.items()}
        memory = Memory(links, tables=await partner_tables(self.env, self.sync, alone, ()))
        draft = decide(lone, self.sync, self.env.capabilities(), memory)
        made = {w.operation.link for w in draft.writes if w.operation.kind == OperationKind.CREATE}
        made |= {item.link for item in draft.items}
        return frozenset(names[number] for number in made)

    def _alone(
        self,
        side: Side,
        row: Mapping[str, Any],
        links: Mapping[RecordName, Link],
        judge: Judge,
        made: frozenset[RecordName],
    ) -> Difference:
        name: RecordName = (side, row["_object"], row["_id"])
        link = links.get(name)
        had_partner = link is not None and link.ma_id is not None and link.crm_id is not None
        reason, detail = judge.of_record(
            side,
            row["_object"],
            None if link is None else link.id,
            met=row[IN] is not False,
            had_partner=had_partner,
            created=name in made,
        )
        value = row[column(side, self.sync.sync.label_on)]
        label = as_text(tuple(value) if isinstance(value, list) else value) or ""
        return Difference(
            reason,
            None if link is None else link.id,
            side,
            f"{name[1]}:{name[2]}",
            label=label,
            detail=detail,
        )


def _link(number: int, name: RecordName) -> Link:
    side, object, id = name
    if side == "ma":
        return Link(id=number, key=f"{object}:{id}", state="unlinked", ma_object=object, ma_id=id)
    return Link(id=number, key=f"{object}:{id}", state="unlinked", crm_object=object, crm_id=id)


# -- a second look ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Again:
    judged: Reconciliation
    frames: Frames


async def _second_look(env: Environment, sync: BoundSync, first: Reconciliation) -> _Again:
    """The records of the differences without a reason, read and judged once more."""
    wanted: dict[Side, set[tuple[str, str]]] = {"ma": set(), "crm": set()}
    for each in first.differences:
        if each.reason != Reason.UNKNOWN:
            continue
        places: list[tuple[Side, str]] = [(each.side, each.record)]
        if each.field:
            places = [("ma", each.record), ("crm", each.other)]
        for side, name in places:
            object, _, id = name.partition(":")
            wanted[side].add((object, id))
    again = {side: _live(await read_records(env, sync, side, wanted[side])) for side in SIDES}
    return _Again(await _Reading(env, sync, again).judged(), again)


def _with_second_look(first: Reconciliation, again: _Again, frames: Frames) -> Reconciliation:
    """What was without a reason, as the second look found it: agreed meanwhile, explained, or still unknown."""
    found = {(each.record, each.field): each for each in again.judged.differences}
    before, now = (_stamps(each) for each in (frames, again.frames))
    differences = []
    for each in first.differences:
        if each.reason != Reason.UNKNOWN:
            differences.append(each)
            continue
        later = found.get((each.record, each.field))
        touched = any(before.get(name) != now.get(name) for name in (each.record, each.other) if name)
        if later is not None and later.reason != Reason.UNKNOWN:
            differences.append(later)
        elif touched:
            # Edited while we looked: the next run sees it.
            differences.append(replace(each, reason=Reason.CHANGED))
        elif later is not None:
            differences.append(later)
        elif each.field and each.field in first.equal:
            first.equal[each.field] += 1
    first.differences = differences
    return first


def _stamps(frames: Frames) -> dict[str, Any]:
    return {
        f"{object}:{id}": modified
        for side in SIDES
        for object, id, modified in frames[side].select("_object", "_id", "_modified").iter_rows()
    }
