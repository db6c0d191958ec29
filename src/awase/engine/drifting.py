"""Drift: how the settings of both systems changed since a sync last used them, and whom that stops before it runs again.

Nothing is written to either side. A run keeps what it used (``take_over``), which ends what drifted until then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import polars as pl

from awase.core.decide import decide
from awase.core.drift import Change, What, changes, reverted, touching
from awase.core.drift_effects import (
    NO_RIGHT,
    Drift,
    Effect,
    Stop,
    deprived,
    held_in,
    in_order,
    may_cause,
    named,
    newly_held,
    people_of,
    relieved,
)
from awase.core.mapping import BoundSync, Sync
from awase.core.operations import SIDES, Side
from awase.core.plan import Draft, PlannedWrite
from awase.core.records import Item
from awase.core.schema import Schema
from awase.engine.environment import Environment
from awase.engine.judging import Whole, judge_whole
from awase.engine.observing import bound_to, describe_live
from awase.engine.planning import make_plan
from awase.errors import AskPerson, AwaseError, SchemaMismatch
from awase.ports.store import Claim, Store

Schemas = Mapping[Side, Schema]


async def take_over(env: Environment, claim: Claim, sync: BoundSync) -> None:
    """A run came through with these schemas: from now on changes are seen against them, and what was told of earlier
    ones is over."""
    await env.store.keep_schemas(claim, used_by(sync), env.clock.now())
    await env.store.end_incidents(incident_subject(sync.sync), env.clock.now())


def incident_subject(sync: Sync) -> str:
    """Of what an incident is that tells of drift."""
    return f"drift:{sync.name}"


def used_by(sync: BoundSync) -> dict[Side, Schema]:
    """What a bound sync knows of both sides."""
    return {"ma": Schema({sync.ma.name: sync.ma}), "crm": Schema(sync.crm)}


async def changed_since(store: Store, sync: Sync, live: Schemas) -> list[Change] | None:
    """What differs from what the last run used; None where no run has kept it."""
    past = await _past(store, sync)
    return None if past is None else _between(sync, past, live)


def _between(sync: Sync, past: Schemas, live: Schemas) -> list[Change]:
    found = [change for side in SIDES for change in changes(past[side], live[side], side)]
    return touching(found, sync)


async def drift(env: Environment, sync: Sync) -> Drift:
    """What changed, and whom it stops. Raises AlreadyRunning, and what binding raises where that is no change's doing."""
    async with env.store.claim(sync.name):
        return await judged(env, sync)


async def judged(env: Environment, sync: Sync) -> Drift:
    """The same while a run may be under way."""
    past = await _past(env.store, sync)
    try:
        live = await describe_live(env, sync)
    except SchemaMismatch as gone:
        if past is None:
            raise
        linked = await _linked(env, sync)
        return Drift(people=linked, next_run=linked, because=gone)
    if past is None:
        return Drift(compared=False)
    return await _Judge(env, sync, past, live, _between(sync, past, live)).drift()


async def _past(store: Store, sync: Sync) -> dict[Side, Schema] | None:
    past: dict[Side, Schema] = {}
    for side in SIDES:
        kept = await store.schemas(sync.name, side)
        if not kept:
            return None
        past[side] = kept[0].schema
    return past


async def _linked(env: Environment, sync: Sync) -> int:
    return (await env.store.link_count(sync.name)).get("linked", 0)


class _Judge:
    """Judges one sync's people with and without what changed."""

    def __init__(
        self, env: Environment, sync: Sync, past: Schemas, live: Schemas, found: Sequence[Change]
    ) -> None:
        self.env, self.sync = env, sync
        self.past, self.live = past, live
        self.found = [change for change in found if change.touches]
        self.others = len(found) - len(self.found)

    async def drift(self) -> Drift:
        if not self.found:
            return Drift(others=self.others)
        try:
            bound = bound_to(self.env, self.sync, self.live)
        except AskPerson as refusal:
            return await self._stopped_whole(refusal)
        return await self._judged(bound)

    async def _stopped_whole(self, refusal: AwaseError) -> Drift:
        """The sync cannot run any more. Raises ``refusal`` where it could not have run before either."""
        bound_to(self.env, self.sync, self._without(self.found))
        linked = await _linked(self.env, self.sync)
        effects = []
        for change in self.found:
            stops = not self._binds(one for one in self.found if one is not change)
            effects.append(Effect(change, linked if stops else 0, stops_all=stops))
        return Drift(in_order(effects), self.others, linked, linked, because=refusal)

    async def _judged(self, bound: BoundSync) -> Drift:
        whole = await judge_whole(self.env, bound)
        taken_back = self._that_can_be_taken_back()
        before = await self._draft(whole, taken_back, whole.people)
        stopped = newly_held(whole.draft, before)
        by_change = {
            change: stops for change, stops in deprived(self.found, whole.draft.writes).items() if stops
        }
        refused = set().union(*by_change.values())
        causes = await self._causes(whole, taken_back, stopped)
        writes = whole.draft.writes
        effects = [
            self._effect(change, by_change.get(change, set()), causes.get(change, {}), writes)
            for change in self.found
        ]
        people = people_of([*stopped, *refused])
        return Drift(in_order(effects), self.others, people, await self._in_next_run(bound, stopped, people))

    def _effect(
        self,
        change: Change,
        refused: set[Stop],
        caused: Mapping[Stop, Sequence[Item]],
        writes: Sequence[PlannedWrite],
    ) -> Effect:
        types = Counter(item.error_type for items in caused.values() for item in items)
        often = types.most_common(1)[0][0] if types else NO_RIGHT if refused else ""
        stopped = named(caused, refused, writes)
        return Effect(change, people_of([*caused, *refused]), often, stopped=stopped)

    async def _causes(
        self, whole: Whole, taken_back: Sequence[Change], stopped: Mapping[Stop, Sequence[Item]]
    ) -> dict[Change, dict[Stop, list[Item]]]:
        """By change, what would not be held without it. What several changes cause only together is each one's."""
        people = whole.people.filter(pl.col("_link").is_in([link for link, _ in stopped]))
        found: dict[Change, dict[Stop, list[Item]]] = {}
        candidates = [change for change in taken_back if may_cause(change, stopped)]
        for change in candidates:
            found[change] = relieved(stopped, await self._draft(whole, [change], people))
        explained = {stop for caused in found.values() for stop in caused}
        left = {stop: items for stop, items in stopped.items() if stop not in explained}
        for change in candidates:
            found[change] |= {
                stop: list(items)
                for stop, items in left.items()
                if stop[1] == change.side
                and any(change.name in (item.field, item.detail.get("rule")) for item in items)
            }
        return found

    async def _draft(self, whole: Whole, without: Sequence[Change], people: pl.DataFrame) -> Draft:
        """``people`` judged as if the changes ``without`` had not been made."""
        bound = bound_to(self.env, self.sync, self._without(without))
        return await self.env.tasks.cpu(partial(decide, people, bound, self.env.capabilities(), whole.memory))

    async def _in_next_run(self, bound: BoundSync, stopped: Mapping[Stop, object], people: int) -> int:
        """Whom the next run would have written to: a change stops nobody who has nothing to be written."""
        if not people:
            return 0
        plan = await make_plan(self.env, bound)
        items = [item for chunk in plan.chunks for item in chunk.items]
        refused = set().union(*deprived(self.found, plan.writes()).values())
        return people_of(held_in(items, set(stopped)) | refused)

    def _that_can_be_taken_back(self) -> list[Change]:
        """Without those that changed the very kind of a value (the people were read as they are now), and those
        without which the sync as it is configured now would not run."""
        found = [change for change in self.found if not self._changes_kind(change)]
        return found if self._binds(found) else [change for change in found if self._binds([change])]

    def _changes_kind(self, change: Change) -> bool:
        if change.what != What.TYPE:
            return False
        kinds = [
            schemas[change.side].objects[change.object].fields[change.name].kind
            for schemas in (self.past, self.live)
        ]
        return kinds[0] != kinds[1]

    def _binds(self, without: Iterable[Change]) -> bool:
        try:
            bound_to(self.env, self.sync, self._without(list(without)))
        except AskPerson:
            return False
        return True

    def _without(self, found: Sequence[Change]) -> dict[Side, Schema]:
        return {
            side: reverted(self.live[side], self.past[side], [c for c in found if c.side == side])
            for side in SIDES
        }
