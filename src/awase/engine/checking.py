"""Checking: what would be refused if every record were written whole now. Nothing is written anywhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from awase.core.foresight import Foresight, foresight, unforeseen
from awase.core.mapping import BoundSync, Sync
from awase.core.plan import Draft
from awase.engine.drifting import changed_since, used_by
from awase.engine.environment import Environment
from awase.engine.observing import bind_live
from awase.engine.planning import draft_whole
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
