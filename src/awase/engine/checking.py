"""Checking: what would be refused if every record were written whole now. Nothing is written anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from awase.core.binding import bind
from awase.core.foresight import Forecast, Foresight, foresight, unforeseen
from awase.core.mapping import BoundSync, Sync
from awase.core.operations import SIDES
from awase.core.plan import Draft
from awase.core.schema import Rule, Schema
from awase.core.what_if import WhatIf, changed
from awase.engine.drifting import changed_since, used_by
from awase.engine.environment import Environment
from awase.engine.judging import draft_whole
from awase.engine.observing import bind_live, observe
from awase.engine.parents import with_parents_described
from awase.engine.scores import scores_that_hold


async def check(env: Environment, sync: Sync) -> Foresight:
    """Both sides read afresh, and every record judged by the target's rules. Raises AlreadyRunning."""
    async with env.store.claim(sync.name):
        bound = await bind_live(env, sync, likely_too=True)
        draft = await draft_whole(env, bound)
        return await told(env, bound, foresight(draft, records_read(draft)))


async def told(env: Environment, sync: BoundSync, found: Foresight) -> Foresight:
    """``found`` with what cannot be foreseen, how right rules have been so far, and whether settings have changed."""
    scores = await scores_that_hold(env, sync)
    changes = await changed_since(env.store, sync.sync, used_by(sync)) or ()
    return replace(
        found,
        unforeseen=unforeseen(sync),
        scores=tuple(scores.values()),
        drifted=sum(change.touches for change in changes),
    )


def records_read(draft: Draft) -> Counter[str]:
    """Records read by ``side:object``."""
    return Counter(f"{one.side}:{one.object}" for one in draft.arrivals)


async def forecast(
    env: Environment, sync: Sync, changes: Sequence[WhatIf], asleep: Sequence[Rule] = ()
) -> Forecast:
    """The same now and after ``changes`` of the targets, by one reading. ``asleep``: rules that are switched off.

    Raises AlreadyRunning, and BadInput or UnknownName for a change that is none.
    """
    async with env.store.claim(sync.name):
        now = await bind_live(env, sync)
        then = await _bound_after(env, now, changes, asleep)
        # Of what the checks look at either way: the same frames serve both.
        now = replace(now, watched=then.watched)
        observed = await observe(env, then, ())
        drafts = [await draft_whole(env, one, observed) for one in (now, then)]
        before = set(unforeseen(now))
        seen = [foresight(draft, records_read(draft)) for draft in drafts]
        return Forecast(
            now=seen[0],
            then=seen[1],
            unforeseen=tuple(one for one in unforeseen(then) if one not in before),
            idle=tuple(change.text for change in changes if _is_so_already(now, change, asleep)),
            unmapped=tuple(change.text for change in changes if not _is_written(now, change)),
        )


def _is_so_already(sync: BoundSync, change: WhatIf, asleep: Sequence[Rule]) -> bool:
    schema = Schema({sync.sync.ma_object: sync.ma, **sync.crm})
    return changed(schema, [change], asleep) == schema


def _is_written(sync: BoundSync, change: WhatIf) -> bool:
    """Whether the sync writes the field at all; a rule or a required field concerns every record."""
    if not change.field or change.becomes == "required":
        return True
    sides = [side for side in SIDES if change.object in sync.sync.objects(side)]
    return any(
        field.name.casefold() == change.field.casefold() and one.mapping.direction.may_write(side)
        for side in sides
        for one in sync.fields
        if (field := one.on(side, change.object)) is not None
    )


async def _bound_after(
    env: Environment, now: BoundSync, changes: Sequence[WhatIf], asleep: Sequence[Rule]
) -> BoundSync:
    consent = {side: env.sides[side].connector.capabilities.consent_fields for side in SIDES}
    ma = changed(Schema({now.sync.ma_object: now.ma}), changes, asleep)
    crm = await with_parents_described(env, "crm", changed(Schema(now.crm), changes, asleep))
    return bind(now.sync, ma, crm, consent)
