"""Looking at one person now, without planning: which tests of the filter leave a record out."""

from __future__ import annotations

from awase.core.filters import written
from awase.core.frames import fields_to_read, unmet
from awase.core.mapping import BoundSync, Sync
from awase.core.operations import SIDES, Side
from awase.core.records import Link
from awase.engine.environment import Environment
from awase.engine.observing import bind_live
from awase.ports.connector import ReadQuery
from awase.ports.flows import Page


async def left_out_by(env: Environment, sync: Sync, link: Link) -> dict[Side, list[str]]:
    """By side, the conditions that the person's record does not meet now, as ``awase.toml`` has them; a side without a
    record, or whose record is gone, is absent."""
    bound = await bind_live(env, sync)
    found: dict[Side, list[str]] = {}
    for side in SIDES:
        record = link.record(side)
        if record is not None and link.gone != side:
            await _look(env, bound, side, record, found)
    return found


async def _look(
    env: Environment,
    sync: BoundSync,
    side: Side,
    record: tuple[str, str],
    found: dict[Side, list[str]],
) -> None:
    object, id = record
    access = env.sides[side]
    query = ReadQuery(sync.object(side, object), fields_to_read(sync, side, object))

    async def take(page: Page) -> None:
        row = access.connector.decode(page, query).head(1)
        if len(row):
            found[side] = [written(test) for test in unmet(row, sync, side, object)]

    await access.transport.run(access.connector.read_by_id(query, [id]), take)
