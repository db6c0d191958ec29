"""Giving every record that was read its link: the known one, a newly found partner's, or a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import msgspec
import polars as pl

from awase.core.identity import ENTRY_SCHEMA, Matches, hashed_match_key, link_id, match, own_key
from awase.core.mapping import BoundSync, column
from awase.core.operations import SIDES, Side, other
from awase.core.records import Item, ItemKind, Link, LinkState, MatchEntry
from awase.engine.choosing import Pair, kept_apart
from awase.engine.environment import Environment

RecordName = tuple[Side, str, str]
"""Side, object, id."""


@dataclass(slots=True)
class Identified:
    """Who was read, and what had to be decided about them."""

    links: dict[int, Link] = field(default_factory=dict)
    """Every link touched, as it is now."""
    by_record: dict[RecordName, int] = field(default_factory=dict)
    originals: dict[int, Link] = field(default_factory=dict)
    """Every link as it was when this run first met it."""
    changed: dict[int, Link] = field(default_factory=dict)
    """Links to store: new ones, newly paired ones, emptied ones."""
    ambiguous: dict[RecordName, Sequence[str]] = field(default_factory=dict)
    twins: set[RecordName] = field(default_factory=set)
    matches: list[MatchEntry] = field(default_factory=list)
    labels: dict[RecordName, str] = field(default_factory=dict)
    """How a person recognises a record; personal data."""

    def has_another(self, number: int) -> bool:
        """Whether a record that the link held has given its place to another one."""
        before, now = self.originals[number], self.links[number]
        return any(before.record(side) not in (None, now.record(side)) for side in SIDES)

    def link_of(self, side: Side, object: str, id: str) -> Link:
        return self.links[self.by_record[side, object, id]]


async def known_links(
    env: Environment, sync: BoundSync, frames: Mapping[Side, pl.DataFrame], found: Identified
) -> None:
    """Links of the records in ``frames`` that the store knows, beside those in ``found`` already."""
    for side in SIDES:
        for (object,), rows in frames[side].group_by("_object", maintain_order=True):
            ids = [id for id in rows["_id"].to_list() if (side, str(object), id) not in found.by_record]
            for link in await env.store.links_of(sync.sync.name, side, str(object), ids):
                if link.id not in found.links:
                    remember(found, link)


def remember(found: Identified, link: Link) -> None:
    """Know ``link`` by its id and by the records it holds; what it held before is forgotten."""
    before = found.links.get(link.id)
    found.originals.setdefault(link.id, link)
    found.links[link.id] = link
    for side in SIDES:
        old = before.record(side) if before is not None else None
        if old is not None and found.by_record.get((side, *old)) == link.id:
            del found.by_record[(side, *old)]
        if (record := link.record(side)) is not None:
            found.by_record[(side, *record)] = link.id


async def identify(
    env: Environment, sync: BoundSync, frames: Mapping[Side, pl.DataFrame], found: Identified
) -> None:
    """Complete ``found`` for every row of ``frames``: pair the free ones, make links for the rest."""
    entries = {side: _entries(env, sync, side, frames[side], found) for side in SIDES}
    free = {side: [row for row in entries[side] if not row["_linked"]] for side in SIDES}
    stored = await _stored_entries(env, sync, free, found)
    entry_frames = {}
    for side in SIDES:
        here = {(row["_object"], row["_id"]) for row in entries[side]}
        rows = entries[side] + [row for row in stored[side] if (row["_object"], row["_id"]) not in here]
        entry_frames[side] = pl.DataFrame(rows, schema=ENTRY_SCHEMA)
    matches = match(
        entry_frames["ma"],
        entry_frames["crm"],
        sync.sync.crm_objects,
        env.sides["crm"].connector.capabilities.id_significant,
    )
    _pair(env, sync, matches, await kept_apart(env.store, sync.sync.name), found)
    _note_undecided(matches, found)
    for side in SIDES:
        await _seconds_of_the_deleted(env, sync, side, free[side], found)
    for side in SIDES:
        for row in free[side]:
            _ensure_link(side, row, found)
        for row in entries[side]:
            found.matches += _match_entry(side, row, found)


def _entries(
    env: Environment, sync: BoundSync, side: Side, frame: pl.DataFrame, found: Identified
) -> list[dict[str, Any]]:
    org = env.sides[side].org.id
    pointers = {f"extra:{name}": object for object, name in sync.sync.crm_ids.items()} if side == "ma" else {}
    label = pl.col(column(side, sync.sync.label_on)).cast(pl.String, strict=False)
    wanted = ["_object", "_id", "_key", label.alias("_text"), *pointers]
    is_matched = sync.sync.match_on is not None
    rows = []
    for row in frame.select(wanted).iter_rows(named=True):
        link = found.by_record.get((side, row["_object"], row["_id"]))
        found.labels[side, row["_object"], row["_id"]] = row["_text"] or ""
        points = next((f"{object}:{row[c]}" for c, object in pointers.items() if row[c]), None)
        rows.append(
            {
                "_link": link,
                "_object": row["_object"],
                "_id": row["_id"],
                "_linked": link is not None and found.links[link].is_linked,
                "_own": own_key(org, row["_object"], row["_id"]),
                "_key": row["_key"],
                "_match": hashed_match_key(row["_text"], sync.sync.match_as) if is_matched else None,
                "_points": points,
            }
        )
    return rows


async def _stored_entries(
    env: Environment, sync: BoundSync, free: Mapping[Side, list[dict[str, Any]]], found: Identified
) -> dict[Side, list[dict[str, Any]]]:
    """Records known from earlier that could be a partner, or a rival, of a free one: same match key, or our key."""
    stored: dict[Side, list[dict[str, Any]]] = {"ma": [], "crm": []}
    keys = sorted({row["_match"] for side in SIDES for row in free[side] if row["_match"] is not None})
    named = sorted({link_id(row["_key"]) for side in SIDES for row in free[side] if row["_key"]})
    if not keys and not named:
        return stored
    for stored_link in await env.store.links_by_id(sync.sync.name, named):
        link = _as_known(found, stored_link)
        for side in SIDES:
            if (row := _stored_entry(link, side, None)) is not None:
                stored[side].append(row)
    for side in SIDES:
        for key, _, stored_link in await env.store.links_by_match(sync.sync.name, side, keys):
            link = _as_known(found, stored_link)
            if (row := _stored_entry(link, side, key)) is not None:
                stored[side].append(row)
    for side in SIDES:
        # A record found both by its key and by its address carries both.
        merged: dict[tuple[str, str], dict[str, Any]] = {}
        for row in stored[side]:
            place = merged.setdefault((row["_object"], row["_id"]), row)
            place["_match"] = place["_match"] if place["_match"] is not None else row["_match"]
        stored[side] = list(merged.values())
    return stored


def _as_known(found: Identified, stored: Link) -> Link:
    """A link as this run has already changed it, or as it is stored."""
    if stored.id not in found.links:
        remember(found, stored)
    return found.links[stored.id]


def _stored_entry(link: Link, side: Side, key: int | None) -> dict[str, Any] | None:
    record = link.record(side)
    if record is None or link.gone == side:
        return None
    object, id = record
    return {
        "_link": link.id,
        "_object": object,
        "_id": id,
        "_linked": link.is_linked,
        "_own": link.key,
        "_key": None,
        "_match": key,
        "_points": None,
    }


def _pair(env: Environment, sync: BoundSync, matches: Matches, apart: Set[Pair], found: Identified) -> None:
    for ma_id, crm_object, crm_id, _how in matches.pairs.iter_rows():
        ma_name: RecordName = ("ma", sync.sync.ma_object, ma_id)
        crm_name: RecordName = ("crm", crm_object, crm_id)
        ma_text, crm_text = f"{sync.sync.ma_object}:{ma_id}", f"{crm_object}:{crm_id}"
        if (ma_text, crm_text) in apart:
            # A person has parted them: neither paired again, nor made a second time on the other side.
            found.ambiguous |= {ma_name: [crm_text], crm_name: [ma_text]}
            continue
        mine, theirs = found.by_record.get(ma_name), found.by_record.get(crm_name)
        keep = mine if mine is not None else theirs
        if mine is not None and theirs is not None and mine != theirs:
            emptied = found.links[theirs]
            store_link(found, Link(id=emptied.id, key=emptied.key, state="failed"))
        key = (
            found.links[keep].key
            if keep is not None
            else own_key(env.sides["ma"].org.id, sync.sync.ma_object, ma_id)
        )
        store_link(
            found,
            Link(
                id=link_id(key),
                key=key,
                state="linked",
                ma_object=sync.sync.ma_object,
                ma_id=ma_id,
                crm_object=crm_object,
                crm_id=crm_id,
            ),
        )


def store_link(found: Identified, link: Link) -> None:
    """Have ``link`` stored as it is now."""
    found.changed.pop(link.id, None)
    found.changed[link.id] = link
    remember(found, link)


def _note_undecided(matches: Matches, found: Identified) -> None:
    for side, object, id, others in matches.ambiguous.iter_rows():
        found.ambiguous[side, object, id] = [name for name in others if name != f"{object}:{id}"]
    found.twins |= set(matches.twins.iter_rows())


async def _seconds_of_the_deleted(
    env: Environment, sync: BoundSync, side: Side, free: Iterable[Mapping[str, Any]], found: Identified
) -> None:
    """A record that nobody pairs is the second of somebody whose partner was deleted, where their address is the same:
    whoever was deleted is not made anew through it."""
    alone: dict[int, list[RecordName]] = {}
    for row in free:
        name: RecordName = (side, row["_object"], row["_id"])
        link = found.links.get(found.by_record.get(name, 0))
        if row["_match"] is not None and (link is None or not (link.is_linked or link.gone)):
            alone.setdefault(row["_match"], []).append(name)
    for key, _, stored in await env.store.links_by_match(sync.sync.name, other(side), sorted(alone)):
        link = _as_known(found, stored)
        first = link.record(side)
        if link.gone == other(side) and link.state == "deleted" and first is not None:
            found.twins |= {name for name in alone[key] if name[1:] != first and name not in found.ambiguous}


def _ensure_link(side: Side, row: Mapping[str, Any], found: Identified) -> None:
    name: RecordName = (side, row["_object"], row["_id"])
    undecided = name in found.ambiguous
    known = found.by_record.get(name)
    if known is not None:
        link = found.links[known]
        state = "ambiguous" if undecided else _state(link)
        if link.state != state:
            store_link(found, msgspec.structs.replace(link, state=state))
        return
    key = row["_own"]
    object, id = row["_object"], row["_id"]
    here = {"ma_object": object, "ma_id": id} if side == "ma" else {"crm_object": object, "crm_id": id}
    store_link(found, Link(id=link_id(key), key=key, state="ambiguous" if undecided else "unlinked", **here))


def _state(link: Link) -> LinkState:
    if link.gone:
        return "merged" if link.state == "merged" else "deleted"
    return "linked" if link.is_linked else "unlinked"


def _match_entry(side: Side, row: Mapping[str, Any], found: Identified) -> list[MatchEntry]:
    if row["_match"] is None:
        return []
    link = found.by_record[side, row["_object"], row["_id"]]
    return [MatchEntry(link=link, side=side, object=row["_object"], key=row["_match"])]


def undecided_items(sync: BoundSync, found: Identified) -> Iterable[Item]:
    """What a person has to look at, or may want to know, about matching."""
    for (side, object, id), others in found.ambiguous.items():
        yield Item(
            link=found.by_record[side, object, id],
            side="crm" if side == "ma" else "ma",
            kind=ItemKind.AMBIGUOUS,
            code="several_matches",
            error_type="several_matches",
            source="foreseen",
            record=f"{object}:{id}",
            label=found.labels.get((side, object, id), ""),
            detail={"candidates": ", ".join(others)},
            context=sync.context,
        )
    for side, object, id in sorted(found.twins):
        link = found.by_record.get((side, object, id))
        if link is not None:
            yield Item(
                link=link,
                side="ma",
                kind=ItemKind.SKIPPED,
                code="linked_elsewhere",
                error_type="linked_elsewhere",
                source="foreseen",
                record=f"{object}:{id}",
                label=found.labels.get((side, object, id), ""),
                context=sync.context,
            )
