"""Checking: what would be refused if every record were written whole now. Nothing is written anywhere."""

from __future__ import annotations

from collections import Counter

from awase.core.foresight import Foresight, foresight
from awase.core.mapping import Sync
from awase.core.plan import Draft
from awase.engine.environment import Environment
from awase.engine.observing import bind_live
from awase.engine.planning import draft_whole


async def check(env: Environment, sync: Sync) -> Foresight:
    """Both sides read afresh, and every record judged by the target's rules. Raises AlreadyRunning."""
    async with env.store.claim(sync.name):
        draft = await draft_whole(env, await bind_live(env, sync, likely_too=True))
        return foresight(draft, records_read(draft))


def records_read(draft: Draft) -> Counter[str]:
    """Records read by ``side:object``."""
    return Counter(f"{one.side}:{one.object}" for one in draft.arrivals)
