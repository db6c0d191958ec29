"""Whom references stand for on the other side: looked up in the links of other syncs, owners by their e-mail address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from awase.core.frames import unpacked_sides
from awase.core.mapping import OWNERS, BoundField, BoundSync, Through, column
from awase.core.operations import SIDES, Side
from awase.core.owners import partners_of_owners
from awase.core.records import BaseRow
from awase.core.references import Partners, Tables
from awase.core.values import Kind
from awase.engine.environment import Environment
from awase.ports.connector import Owner


async def partner_tables(
    env: Environment, sync: BoundSync, frames: Mapping[Side, pl.DataFrame], bases: Iterable[BaseRow]
) -> Tables:
    """The partners of every id that stands in a reference field of ``frames`` or ``bases``."""
    references = [bound for bound in sync.fields if bound.mapping.through is not None]
    if not references:
        return {}
    kept = [unpacked_sides(row) for row in bases]
    owners: dict[Side, tuple[Owner, ...]] | None = None
    tables: dict[str, Partners] = {}
    for bound in references:
        through = bound.mapping.through
        assert through is not None  # noqa: S101  chosen so above
        ids = {side: _ids(bound, side, frames[side], [sides[side] for sides in kept]) for side in SIDES}
        if through.sync != OWNERS:
            tables[bound.name] = await _linked(env, bound, through, ids)
            continue
        if owners is None and any(ids.values()):
            owners = await _owners(env)
        ourselves = frozenset(access.org.user_id for access in env.sides.values())
        tables[bound.name] = partners_of_owners(
            owners or {"ma": (), "crm": ()}, sync.sync.owner_overrides, ourselves
        )
    return tables


def _ids(
    bound: BoundField, side: Side, frame: pl.DataFrame, kept: Iterable[Mapping[str, object]]
) -> list[str]:
    cells = frame[column(side, bound.name)]
    read = cells.explode() if bound.kind(side) == Kind.TEXTS else cells
    found = set(read.drop_nulls().to_list())
    for values in kept:
        value = values.get(bound.name)
        found |= set(value) if isinstance(value, tuple) else {value} if isinstance(value, str) else set()
    return sorted(found)


async def _linked(
    env: Environment, bound: BoundField, through: Through, ids: Mapping[Side, list[str]]
) -> Partners:
    allowed = {object for field in bound.crm.values() for object in field.references}
    to_crm: dict[str, str] = {}
    to_ma: dict[str, str] = {}
    asked: list[tuple[Side, str]] = [("ma", through.ma_object), *(("crm", o) for o in through.crm_objects)]
    for side, object in asked:
        for link in await env.store.links_of(through.sync, side, object, ids[side]):
            # A reference to a Contact cannot hold a Lead: such a person has no partner here yet.
            fits = not allowed or link.crm_object in allowed
            if link.is_linked and fits and link.ma_id is not None and link.crm_id is not None:
                to_crm[link.ma_id] = link.crm_id
                to_ma[link.crm_id] = link.ma_id
    return Partners(to_crm, to_ma)


async def _owners(env: Environment) -> dict[Side, tuple[Owner, ...]]:
    found: dict[Side, tuple[Owner, ...]] = {}

    async def read(side: Side) -> None:
        access = env.sides[side]
        found[side] = await access.transport.run(access.connector.read_owners())

    async with env.tasks.nursery() as nursery:
        for side in SIDES:
            nursery.start(read(side))
    return found
