"""The records that others refer to, as far as the targets' rules look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl

from awase.core.checks.parents import ParentsAsked
from awase.core.checks.rules import parents_read
from awase.core.operations import Side
from awase.core.schema import Schema, with_parents
from awase.engine.environment import Environment
from awase.ports.connector import ParentReader
from awase.ports.flows import Page


async def with_parents_described(env: Environment, side: Side, schema: Schema) -> Schema:
    """``schema`` that knows where the paths of its rules lead. What is known already is not asked again; without such
    rules nothing is."""
    connector = env.sides[side].connector
    paths = {
        object.name: asked
        for object in schema.objects.values()
        if (asked := parents_read(object) - set(object.parents))
    }
    if not paths or not isinstance(connector, ParentReader):
        return schema
    return with_parents(schema, await env.sides[side].transport.run(connector.describe_parents(paths)))


async def read_parents(
    env: Environment, asked: Mapping[Side, Sequence[ParentsAsked]]
) -> dict[Side, dict[str, pl.DataFrame]]:
    """What was asked for, by side and object; what may not be seen is missing."""
    found: dict[Side, dict[str, pl.DataFrame]] = {side: {} for side in asked}

    async def read(side: Side, one: ParentsAsked) -> None:
        access, pages = env.sides[side], list[pl.DataFrame]()
        connector = access.connector
        if not isinstance(connector, ParentReader):
            return

        async def take(page: Page) -> None:
            pages.append(await env.tasks.cpu(partial(connector.decode_parents, page, one)))

        await access.transport.run(connector.read_parents(one), take)
        if pages:
            found[side][one.object] = pl.concat(pages)

    async with env.tasks.nursery() as nursery:
        for side, of_side in asked.items():
            for one in of_side:
                nursery.start(read(side, one))
    return found
