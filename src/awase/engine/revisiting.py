"""Records worth another look although nothing says that they changed: what stands against them may be gone."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from awase.core.frames import latest
from awase.core.mapping import BoundSync
from awase.core.operations import Side
from awase.core.records import Item, ItemKind, Link
from awase.engine.environment import Environment
from awase.engine.observing import SIDES, read_records


async def revisit(
    env: Environment, sync: BoundSync, frames: dict[Side, pl.DataFrame], open_items: Sequence[Item]
) -> None:
    """Add to ``frames`` the records behind items that a lock, a quota, another rule or mapping, or a rival's change
    may have settled."""
    again = await env.store.items_to_retry(sync.sync.name, sync.context)
    links = await env.store.links_by_id(sync.sync.name, sorted({stored.item.link for stored in again}))
    rivals = _rivals(frames, open_items)
    for side in SIDES:
        behind = [name for link in links if (name := record_of(link, side)) is not None]
        tied = [name for name in rivals if name[0] in sync.sync.objects(side)]
        await _add(env, sync, frames, side, behind + tied)


def _rivals(frames: dict[Side, pl.DataFrame], open_items: Sequence[Item]) -> list[tuple[str, str]]:
    """All that could be the same person as a record that was just read and could not be told apart before."""
    arrived = {f"{o}:{i}" for side in SIDES for o, i in frames[side].select("_object", "_id").iter_rows()}
    names: set[str] = set()
    for item in open_items:
        tied = {item.record, *filter(None, item.detail.get("candidates", "").split(", "))}
        if item.kind == ItemKind.AMBIGUOUS and arrived & tied:
            names |= tied
    return sorted((object, id) for object, _, id in (name.partition(":") for name in names))


async def _add(
    env: Environment,
    sync: BoundSync,
    frames: dict[Side, pl.DataFrame],
    side: Side,
    records: Sequence[tuple[str, str]],
) -> None:
    here = set(frames[side].select("_object", "_id").iter_rows())
    wanted = [name for name in records if name not in here]
    if wanted:
        frames[side] = latest([frames[side], await read_records(env, sync, side, wanted)], sync, side)


def record_of(link: Link, side: Side) -> tuple[str, str] | None:
    """Object and id of the link's record on ``side``; None where it has none."""
    object, id = (link.ma_object, link.ma_id) if side == "ma" else (link.crm_object, link.crm_id)
    return None if object is None or id is None else (object, id)
