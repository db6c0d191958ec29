"""Laying outcomes over what the store holds: the same for a run that ends well and for one found dead."""

from __future__ import annotations

from collections.abc import Sequence

from awase.core.mapping import BoundSync
from awase.core.outcomes import Settled, effects
from awase.core.records import BaseRow, Item, Link
from awase.engine.environment import Environment


async def fold(
    env: Environment, sync: BoundSync, settled: Sequence[Settled], agreed: Sequence[BaseRow]
) -> tuple[list[Link], list[BaseRow], list[Item]]:
    """The effects of ``settled`` and ``agreed`` on what the store holds now."""
    links = sorted({s.operation.link for s in settled} | {row.link for row in agreed})
    known = {link.id: link for link in await env.store.links_by_id(sync.sync.name, links)}
    bases = {row.link: row for row in await env.store.bases(sync.sync.name, links)}
    result = effects(settled, agreed, known, bases, env.diagnose, sync.context)
    return result.links, result.bases, result.items
