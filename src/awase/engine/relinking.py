"""Merges, conversions, deletions and restores: links follow the vendor's own evidence, and nothing else.

    merged, converted   the link goes to the survivor; where that one has a partner already, it stays with its own, and
                        the other partner is left without one (``merged``): two people there are one here
    deleted             the link remembers which side is gone; the sync's policy says what becomes of the partner
    restored            the record is there again: the link is whole again

A record that was merged or deleted is never made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
import polars as pl

from awase.core.frames import is_gone as is_gone
from awase.core.identity import hashed_match_key
from awase.core.mapping import BoundSync, column
from awase.core.operations import SIDES, Side, other
from awase.core.records import Link
from awase.engine.environment import Environment
from awase.engine.identifying import Identified, RecordName, remember, store_link


@dataclass(slots=True)
class Relinked:
    """What evidence of merges and deletions made of the links."""

    deleted: dict[int, Side] = field(default_factory=dict)
    """Links of whose record on that side the deletion was seen for the first time."""
    became_one: list[tuple[int, int]] = field(default_factory=list)
    """(loser's link, survivor's link): an opt-out of one is an opt-out of both."""
    moved: dict[int, Side] = field(default_factory=dict)
    """Links that hold a survivor instead of what they held: on which side."""
    said_out: dict[RecordName, int | None] = field(default_factory=dict)
    """Records that are no more and had opted out, and who they became: the match key under which they said so."""
    spoke_for: dict[RecordName, int] = field(default_factory=dict)
    """The links of records that are no more, as they were before anything moved."""
    to_read: set[RecordName] = field(default_factory=set)
    """Records that have to be looked at although nothing else says so."""
    reasons: dict[RecordName, str] = field(default_factory=dict)
    """Why a record that was read stays out: ``deleted``, ``merged``."""
    stale: set[RecordName] = field(default_factory=set)
    """Records whose end was known before: they are no news."""


async def relink(
    env: Environment, sync: BoundSync, frames: Mapping[Side, pl.DataFrame], found: Identified
) -> Relinked:
    """Move, or mark as gone, the links of records that ``frames`` say were merged, converted or deleted."""
    result = Relinked()
    alive: list[tuple[RecordName, RecordName]] = []
    for side in SIDES:
        moved, out = _moved(frames[side], side), _said_out(frames[side], side, sync)
        names = frames[side].filter(is_gone()).select("_object", "_id").iter_rows()
        deleted = dict.fromkeys((side, object, id) for object, id in names if (side, object, id) not in moved)
        targets = {name: _final(name, moved) for name in moved}
        await _load(env, sync, [*moved, *targets.values(), *deleted], found)
        result.spoke_for |= {name: found.by_record[name] for name in out if name in found.by_record}
        result.said_out |= out | {targets[name]: key for name, key in out.items() if name in targets}
        result.to_read |= {targets[name] for name in out if name in targets}
        for name, target in targets.items():
            if target in deleted:
                _end(name, found, result)
            else:
                alive.append((name, target))
        for name in deleted:
            _mark_deleted(name, found, result)
    # After the deletions of both sides: a survivor whose own partner is gone takes the loser's.
    for name, target in alive:
        _move(name, target, sync, found, result)
    return result


def _said_out(frame: pl.DataFrame, side: Side, sync: BoundSync) -> dict[RecordName, int | None]:
    """Records that are gone and had opted out: their match keys, where they still tell."""
    label = pl.col(column(side, sync.sync.label_on)).cast(pl.String, strict=False)
    rows = frame.filter(is_gone() & pl.col("_out")).select("_object", "_id", label.alias("_text"))
    return {
        (side, object, id): hashed_match_key(text, sync.sync.match_as) if sync.sync.match_on else None
        for object, id, text in rows.iter_rows()
    }


def _moved(frame: pl.DataFrame, side: Side) -> dict[RecordName, RecordName]:
    moved: dict[RecordName, RecordName] = {}
    gone = frame.filter(pl.col("_gone_to").is_not_null()).select("_object", "_id", "_gone_to")
    for object, id, target in gone.iter_rows():
        to_object, _, to_id = target.partition(":")
        moved[side, object, id] = (side, to_object, to_id)
    # A survivor that was deleted since is still evidence of whom it took in.
    absorbed = frame.filter(pl.col("_absorbed").is_not_null())
    for object, id, losers in absorbed.select("_object", "_id", "_absorbed").iter_rows():
        moved |= {(side, object, loser): (side, object, id) for loser in losers if loser != id}
    return moved


def _final(name: RecordName, moved: Mapping[RecordName, RecordName]) -> RecordName:
    """Where a chain of merges ends; a circle, which no vendor makes, ends where it was entered."""
    seen = {name}
    while (target := moved.get(name)) is not None and target not in seen:
        seen.add(target)
        name = target
    return name


async def _load(env: Environment, sync: BoundSync, names: Iterable[RecordName], found: Identified) -> None:
    by_object: dict[tuple[Side, str], list[str]] = {}
    for side, object, id in names:
        if (side, object, id) not in found.by_record:
            by_object.setdefault((side, object), []).append(id)
    for (side, object), ids in by_object.items():
        for link in await env.store.links_of(sync.sync.name, side, object, ids):
            # One that this run has emptied already is stored as it was.
            if link.id not in found.links:
                remember(found, link)


def _move(name: RecordName, target: RecordName, sync: BoundSync, found: Identified, result: Relinked) -> None:
    side = name[0]
    number = found.by_record.get(name)
    result.reasons[name] = "merged"
    if number is None:
        return
    link = found.links[number]
    if link.gone == side and link.state == "merged":
        result.stale.add(name)
        return
    partner = None if link.gone == other(side) else link.record(other(side))
    if partner is not None:
        result.to_read.add((other(side), *partner))
    if target[1] not in sync.sync.objects(side):
        store_link(found, msgspec.structs.replace(link, state="merged", gone=side))
        return
    survivor_number = found.by_record.get(target)
    survivor = None if survivor_number is None else found.links[survivor_number]
    if survivor is not None and survivor.id != number:
        result.became_one.append((number, survivor.id))
        result.to_read |= {(one, *record) for one in SIDES if (record := survivor.record(one)) is not None}
    if survivor is None or (partner is not None and not survivor.is_linked):
        _take_over(link, survivor, side, target, found)
        result.moved[number] = side
        result.to_read.add(target)
        # Whoever it was made one with was not deleted.
        result.deleted.pop(number, None)
    elif partner is None:
        store_link(found, Link(id=link.id, key=link.key, state="failed"))
        result.deleted.pop(number, None)
    else:
        store_link(found, msgspec.structs.replace(link, state="merged", gone=side))


def _end(name: RecordName, found: Identified, result: Relinked) -> None:
    """Merged into a record that was deleted since, perhaps by us: nobody said that the loser's partner should go."""
    result.reasons[name] = "merged"
    number = found.by_record.get(name)
    if number is None or found.links[number].gone == name[0]:
        result.stale.add(name)
        return
    link = found.links[number]
    store_link(
        found,
        Link(id=link.id, key=link.key, state="failed")
        if link.gone
        else msgspec.structs.replace(link, state="merged", gone=name[0]),
    )


def _take_over(link: Link, survivor: Link | None, side: Side, target: RecordName, found: Identified) -> None:
    """The link now holds the surviving record; whoever held that one alone gives it up."""
    if survivor is not None and survivor.id != link.id:
        store_link(found, Link(id=survivor.id, key=survivor.key, state="failed"))
    _, object, id = target
    now = (
        msgspec.structs.replace(link, ma_object=object, ma_id=id)
        if side == "ma"
        else msgspec.structs.replace(link, crm_object=object, crm_id=id)
    )
    if now.gone == other(side):
        store_link(found, now)
        return
    now = msgspec.structs.replace(now, gone="")
    store_link(found, msgspec.structs.replace(now, state="linked" if now.is_linked else "unlinked"))


def _mark_deleted(name: RecordName, found: Identified, result: Relinked) -> None:
    side, _, _ = name
    result.reasons[name] = "deleted"
    number = found.by_record.get(name)
    if number is None or found.links[number].gone == side:
        result.stale.add(name)
        return
    link = found.links[number]
    if link.gone:
        # Both are gone now: nobody is left to do anything for.
        store_link(found, Link(id=link.id, key=link.key, state="failed"))
        return
    store_link(found, msgspec.structs.replace(link, state="deleted", gone=side))
    result.deleted[number] = side
    if name in result.said_out and (partner := link.record(other(side))) is not None:
        result.to_read.add((other(side), *partner))


def restore(side: Side, fresh: pl.DataFrame, found: Identified) -> None:
    """Records that were marked as gone and are there again: their links are whole again."""
    for object, id in fresh.select("_object", "_id").iter_rows():
        number = found.by_record.get((side, object, id))
        if number is None or found.links[number].gone != side:
            continue
        link = msgspec.structs.replace(found.links[number], gone="")
        store_link(found, msgspec.structs.replace(link, state="linked" if link.is_linked else "unlinked"))
