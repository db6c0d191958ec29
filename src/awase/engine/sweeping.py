"""The sweep: relations compared record by record where a change of them alone moves no stamp at the vendor."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from awase.core.frames import unpacked_sides
from awase.core.mapping import BoundField, BoundSync
from awase.core.operations import SIDES, Side
from awase.core.records import Link
from awase.core.values import Value
from awase.engine.environment import Environment
from awase.engine.identifying import RecordName
from awase.ports.connector import ReadQuery
from awase.ports.flows import Page

SWEPT = "swept:"
"""Setting, with a sync's name: when its relations were last compared (our clock)."""
_AT_ONCE = 5_000
"""Links whose relations are held in memory together."""


async def sweep(env: Environment, sync: BoundSync) -> set[RecordName]:
    """Records whose relations differ from the base; nothing before the next sweep is due."""
    changed: set[RecordName] = set()
    if not await is_due(env, sync):
        return changed
    for side in SIDES:
        for object in sync.sync.objects(side):
            relations = swept_fields(env, sync, side, object)
            if relations:
                changed |= await _differing(env, sync, side, object, relations)
    return changed


async def is_due(env: Environment, sync: BoundSync) -> bool:
    """Whether relations are compared in a run that begins now. A first run reads them with everything else."""
    last = await env.store.setting(SWEPT + sync.sync.name)
    if last is None:
        return False
    return env.clock.now() - datetime.fromisoformat(last) >= timedelta(seconds=sync.sync.sweep_seconds)


def swept_fields(env: Environment, sync: BoundSync, side: Side, object: str) -> list[BoundField]:
    """Mapped relations of the object that no incremental read shows."""
    if env.sides[side].connector.capabilities.relations_move_stamps:
        return []
    return [b for b in sync.fields if (f := b.on(side, object)) is not None and f.relation]


async def _differing(
    env: Environment, sync: BoundSync, side: Side, object: str, relations: list[BoundField]
) -> set[RecordName]:
    changed: set[RecordName] = set()
    after = -(2**63)
    while links := await env.store.links_after(sync.sync.name, after, _AT_ONCE):
        after = links[-1].id
        here = {record[1]: link for link in links if (record := link.record(side)) and record[0] == object}
        if here:
            changed |= await _differing_of(env, sync, side, object, relations, here)
    return changed


async def _differing_of(
    env: Environment,
    sync: BoundSync,
    side: Side,
    object: str,
    relations: list[BoundField],
    here: dict[str, Link],
) -> set[RecordName]:
    access = env.sides[side]
    names = {b.name: f.name for b in relations if (f := b.on(side, object)) is not None}
    query = ReadQuery(sync.object(side, object), tuple(names.values()))
    rows: dict[str, dict[str, Value]] = {}

    async def take(page: Page) -> None:
        frame: pl.DataFrame = access.connector.decode_relations(page, query)
        rows.update({row["_id"]: row for row in frame.to_dicts()})

    await access.transport.run(access.connector.read_relations(query, list(here)), take)
    bases = {
        row.link: row for row in await env.store.bases(sync.sync.name, [link.id for link in here.values()])
    }
    changed: set[RecordName] = set()
    for id, link in here.items():
        base = bases.get(link.id)
        kept = unpacked_sides(base)[side] if base is not None else {}
        row = rows.get(id)
        if row is not None and any(_cell(row[field]) != kept.get(name) for name, field in names.items()):
            changed.add((side, object, id))
    return changed


def _cell(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
