"""Records worth another look although nothing says that they changed: what stands against them may be gone.

What passes by itself is tried again, later each time and not for ever; what a person or another record has to mend is
looked at when that record, the schema or the mapping has changed, or when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import polars as pl

from awase.core.frames import latest
from awase.core.mapping import OWNERS, BoundSync
from awase.core.operations import SIDES, Side, other
from awase.core.records import Item, ItemKind
from awase.engine.environment import Environment
from awase.engine.observing import read_records
from awase.ports.store import StoredItem

FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS = timedelta(minutes=5), timedelta(hours=12), 20
"""How long after its first, second, fourth … attempt an item that passes by itself is tried again, and how often."""


async def revisit(
    env: Environment,
    sync: BoundSync,
    frames: dict[Side, pl.DataFrame],
    open_items: Sequence[StoredItem],
    also: Iterable[tuple[Side, str, str]] = (),
) -> None:
    """Add to ``frames`` the records behind items that a lock, a quota, another rule or mapping, a partner's arrival or a
    rival's change may have settled, and those named in ``also``."""
    retried = await env.store.items_to_retry(sync.sync.name, sync.context)
    again = {stored.item.link for stored in retried if is_due(stored, sync.context, env.clock.now())}
    again |= await _with_parents(env, sync, open_items)
    links = await env.store.links_by_id(sync.sync.name, sorted(again))
    rivals = _rivals(frames, [stored.item for stored in open_items])
    named = list(also)
    for side in SIDES:
        behind = [name for link in links if link.gone != side and (name := link.record(side)) is not None]
        behind += [
            (object, id) for one, object, id in named if one == side and object in sync.sync.objects(side)
        ]
        tied = [name for name in rivals if name[0] in sync.sync.objects(side)]
        await _add(env, sync, frames, side, behind + tied)


def is_due(stored: StoredItem, context: str, now: datetime) -> bool:
    """Whether an open item is to be looked at in a run that begins ``now`` (both times are ours)."""
    if stored.item.context != context:
        return True
    if stored.item.kind in (ItemKind.UNKNOWN, ItemKind.SUSPENDED):
        return True
    waited = (
        min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(stored.attempts - 2, 20))
        if stored.attempts > 1
        else timedelta(0)
    )
    return stored.attempts < MOST_ATTEMPTS and now - stored.last_seen >= waited


async def _with_parents(env: Environment, sync: BoundSync, open_items: Sequence[StoredItem]) -> set[int]:
    """Links that waited for a record which has a partner by now."""
    waiting: dict[tuple[str, Side, str], dict[str, set[int]]] = {}
    for item in (stored.item for stored in open_items if stored.item.kind == ItemKind.WAITING):
        through, parent = item.detail.get("through"), item.detail.get("parent")
        if not through or not parent or through == OWNERS:
            continue
        for mapping in sync.sync.fields:
            if mapping.through is not None and mapping.through.sync == through:
                objects = (mapping.through.ma_object,) if item.side == "crm" else mapping.through.crm_objects
                for object in objects:
                    key = (through, other(item.side), object)
                    waiting.setdefault(key, {}).setdefault(parent, set()).add(item.link)
    released: set[int] = set()
    for (through, side, object), parents in waiting.items():
        for link in await env.store.links_of(through, side, object, sorted(parents)):
            if link.is_linked and (record := link.record(side)) is not None:
                released |= parents[record[1]]
    return released


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
