"""A plan as it is carried out or kept: with the conflicts that an undo left and that still stand."""

from __future__ import annotations

from awase.core.mapping import BoundSync
from awase.core.plan import Plan
from awase.core.selection import Selection
from awase.core.standing import with_standing
from awase.core.undo import UNDONE
from awase.engine.environment import Environment
from awase.engine.planning import make_plan


async def planned(env: Environment, sync: BoundSync, selection: Selection | None = None) -> Plan:
    """What a run would do now (``planning.make_plan``). Reads both sides; the store is only read."""
    plan = await make_plan(env, sync, selection)
    looked_at = sorted({link for chunk in plan.chunks for link in chunk.evaluated})
    listed = [stored.item for stored in await env.store.open_items(sync.sync.name, looked_at)]
    undone = sorted({item.link for item in listed if item.code == UNDONE})
    if not undone:
        return plan
    links = {link.id: link for link in await env.store.links_by_id(sync.sync.name, undone)}
    return with_standing(plan, listed, links, sync)
