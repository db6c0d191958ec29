"""Laying outcomes over what the store holds: the same for a run that ends well and for one found dead."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from awase.core.identity import hashed_match_key
from awase.core.mapping import BoundSync
from awase.core.operations import Operation, State
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
    labels = {one.operation.link: label for one in settled if (label := _label(one.operation, sync))}
    result.items = [msgspec.structs.replace(i, label=labels.get(i.link, "")) for i in result.items]
    for one in settled if sync.sync.match_on is not None else ():
        key = hashed_match_key(_label(one.operation, sync), sync.sync.match_as)
        if key is not None and one.outcome.state == State.APPLIED:
            op = one.operation
            result.matches.append(MatchEntry(link=op.link, side=op.side, object=op.object, key=key))
    return result


def _label(operation: Operation, sync: BoundSync) -> str | None:
    """What records are recognised by, and matched on where anything is, if the operation writes it."""
    bound = next((b for b in sync.fields if b.name == sync.sync.label_on), sync.fields[0])
    field = bound.on(operation.side, operation.object)
    return None if field is None else as_text(operation.values.get(field.name))
