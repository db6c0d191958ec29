"""Laying outcomes over what the store holds: the same for a run that ends well and for one found dead."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from awase.core.identity import hashed_match_key
from awase.core.mapping import BoundSync
from awase.core.operations import Operation, OperationKind, Side, State
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
    holders = await _holders(env, sync, settled)
    result = effects(settled, agreed, known, bases, env.diagnose, sync.context, holders)
    labels = {one.operation.link: label for one in settled if (label := _label(one.operation, sync))}
    result.items = [msgspec.structs.replace(i, label=labels.get(i.link, "")) for i in result.items]
    for one in settled if sync.sync.match_on is not None else ():
        key = hashed_match_key(_label(one.operation, sync), sync.sync.match_as)
        if key is not None and one.outcome.state == State.APPLIED:
            op = one.operation
            result.matches.append(MatchEntry(link=op.link, side=op.side, object=op.object, key=key))
    return result


async def _holders(
    env: Environment, sync: BoundSync, settled: Sequence[Settled]
) -> dict[tuple[Side, str, str], int]:
    """By record that a create was found to have made, not in its own answer: the link that holds it already."""
    made: dict[tuple[Side, str], list[str]] = {}
    for one in settled:
        if one.operation.kind == OperationKind.CREATE and one.outcome.id and not one.outcome.created:
            made.setdefault((one.operation.side, one.operation.object), []).append(one.outcome.id)
    holders: dict[tuple[Side, str, str], int] = {}
    for (side, object), ids in made.items():
        for link in await env.store.links_of(sync.sync.name, side, object, ids):
            if (record := link.record(side)) is not None:
                holders[(side, *record)] = link.id
    return holders


def _label(operation: Operation, sync: BoundSync) -> str | None:
    """What records are recognised by, and matched on where anything is, if the operation writes it."""
    bound = next((b for b in sync.fields if b.name == sync.sync.label_on), sync.fields[0])
    field = bound.on(operation.side, operation.object)
    return None if field is None else as_text(operation.values.get(field.name))
