"""Checking: what would be refused if every record were written whole now. Nothing is written anywhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from awase.core.foresight import Foresight, foresight
from awase.core.mapping import Sync
from awase.engine.drifting import changed_since, used_by
from awase.engine.environment import Environment
from awase.engine.observing import bind_live
from awase.engine.planning import draft_whole


async def check(env: Environment, sync: Sync) -> Foresight:
    """Both sides read afresh, and every record judged by the target's rules. Raises AlreadyRunning."""
    async with env.store.claim(sync.name):
        bound = await bind_live(env, sync)
        draft = await draft_whole(env, bound)
        found = foresight(draft, Counter(f"{one.side}:{one.object}" for one in draft.arrivals))
        changes = await changed_since(env.store, sync, used_by(bound)) or ()
        return replace(found, drifted=sum(change.touches for change in changes))
