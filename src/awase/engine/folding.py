"""Laying outcomes over what the store holds: the same for a run that ends well and for one found dead."""

from __future__ import annotations

from collections.abc import Sequence

from awase.core.identity import hashed_match_key
from awase.core.mapping import BoundSync
from awase.core.operations import State
from awase.core.outcomes import Effects, Settled, effects
from awase.core.records import BaseRow, MatchEntry
from awase.core.values import as_text
from awase.engine.environment import Environment


async def fold(
    env: Environment, sync: BoundSync, settled: Sequence[Settled], agreed: Sequence[BaseRow]
) -> Effects:
    """The effects of ``settled`` and ``agreed`` on what the store holds now."""
    links = sorted({s.operation.link for s in settled} | {row.link for row in agreed})
    known = {link.id: link for link in await env.store.links_by_id(sync.sync.name, links)}
    bases = {row.link: row for row in await env.store.bases(sync.sync.name, links)}
    result = effects(settled, agreed, known, bases, env.diagnose, sync.context)
    result.matches += [entry for one in settled if (entry := _match_entry(one, sync)) is not None]
    return result


def _match_entry(settled: Settled, sync: BoundSync) -> MatchEntry | None:
    """Under which address the record we wrote can be found from now on."""
    operation = settled.operation
    bound = next(b for b in sync.fields if b.name == sync.sync.match_on)
    field = bound.on(operation.side, operation.object)
    if settled.outcome.state != State.APPLIED or field is None or field.name not in operation.values:
        return None
    key = hashed_match_key(as_text(operation.values[field.name]))
    if key is None:
        return None
    return MatchEntry(link=operation.link, side=operation.side, object=operation.object, key=key)
