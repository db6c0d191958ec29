"""Making a plan: observe, drop what did not change, match, merge, check. Nothing is written to either side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import polars as pl

from awase.core.decide import Memory, decide
from awase.core.frames import base_frame, complete, packed_rows, people, row_hash, side_from_base
from awase.core.identity import hashed_match_key
from awase.core.mapping import BoundSync, column
from awase.core.operations import OperationKind, Side, other
from awase.core.outcomes import UNANSWERED_CREATE
from awase.core.plan import Arrival, Draft, Plan, assemble
from awase.core.records import BaseRow, Item, ItemKind, Link
from awase.engine.environment import Environment
from awase.engine.identifying import Identified, RecordName, identify, is_linked, known_links, undecided_items
from awase.engine.observing import SIDES, Observed, observe, read_records
from awase.engine.revisiting import record_of, revisit


async def make_plan(env: Environment, sync: BoundSync) -> Plan:
    """What a run would do now. Reads both sides; the store is only read."""
    calls_before = _read_calls(env)
    observed = await observe(env, sync, await env.store.cursors(sync.sync.name))
    linked_before = (await env.store.link_count(sync.sync.name)).get("linked", 0)
    draft = await _Planner(env, sync, observed).draft()
    return assemble(
        draft,
        sync=sync.sync.name,
        context=sync.context,
        made_at=env.clock.now(),
        connections={side: env.sides[side].org.id for side in SIDES},
        cursors=observed.cursors,
        read_calls=_read_calls(env) - calls_before,
        linked_before=linked_before,
        guard_share=sync.sync.guard_share,
        guard_records=sync.sync.guard_records,
        capabilities=env.capabilities(),
    )


def _read_calls(env: Environment) -> int:
    return env.calls().get("read", 0)


@dataclass(slots=True)
class _Planner:
    env: Environment
    sync: BoundSync
    observed: Observed

    async def draft(self) -> Draft:
        frames = {side: self.observed.frame(self.sync, side) for side in SIDES}
        open_items = [stored.item for stored in await self.env.store.open_items(self.sync.sync.name)]
        await revisit(self.env, self.sync, frames, open_items)
        live = {
            side: frame.filter(~pl.col("_deleted").fill_null(value=False)) for side, frame in frames.items()
        }
        found = await known_links(self.env, self.sync, live)
        open_links = {item.link for item in open_items if item.kind != ItemKind.SETTLED}
        fresh = {side: await self._changed(side, live[side], found, open_links) for side in SIDES}
        decided = {name for name, link in found.by_record.items() if found.links[link].state != "ambiguous"}
        await identify(self.env, self.sync, fresh, found)
        self._suspect_unanswered_creates(fresh, found, decided, open_items)
        draft = await self._decide(fresh, found, open_links)
        draft.items += undecided_items(self.sync, found)
        draft.evaluated += [found.by_record[name] for name in found.ambiguous]
        draft.evaluated += [found.by_record[name] for name in found.twins if name in found.by_record]
        draft.links += found.changed.values()
        draft.matches += found.matches
        for side in SIDES:
            self._count(draft, side, frames[side], found)
        return draft

    def _suspect_unanswered_creates(
        self,
        fresh: Mapping[Side, pl.DataFrame],
        found: Identified,
        decided: Set[RecordName],
        open_items: Sequence[Item],
    ) -> None:
        """Without a key and without an address, a new record may be the one we tried to create: a person decides.

        Creating it back on the other side would make the same person twice, there and then here again. ``decided``
        are records that were known before, so that they cannot be it.
        """
        for side in SIDES:
            waiting = [
                i.record for i in open_items if _is_unanswered_create(i) and i.side == side and not i.label
            ]
            if not waiting:
                continue
            nameless = fresh[side].filter(pl.col(column(side, self.sync.sync.match_on)).is_null())
            for object, id in nameless.select("_object", "_id").iter_rows():
                if (side, object, id) not in decided and not is_linked(found.link_of(side, object, id)):
                    found.ambiguous.setdefault((side, object, id), waiting)

    async def _changed(
        self, side: Side, frame: pl.DataFrame, found: Identified, open_links: set[int]
    ) -> pl.DataFrame:
        """The rows that differ from the base, or are not linked, or have something open against them."""
        survivors = await self._unlike_base(side, frame, found, open_links)
        reread = self.env.sides[side].connector.capabilities.reread_changes
        if not (reread and self.observed.incremental.get(side)) or survivors.is_empty():
            return survivors
        # The incremental read may have come from a lagging index: only the record itself tells the truth.
        truth = await read_records(self.env, self.sync, side, survivors.select("_object", "_id").iter_rows())
        return await self._unlike_base(side, truth, found, open_links)

    async def _unlike_base(
        self, side: Side, frame: pl.DataFrame, found: Identified, open_links: set[int]
    ) -> pl.DataFrame:
        links = [found.by_record.get((side, o, i)) for o, i in frame.select("_object", "_id").iter_rows()]
        known = [link for link in links if link is not None]
        bases = {row.link: row for row in await self.env.store.bases(self.sync.sync.name, known)}
        keep = []
        for link, packed in zip(links, packed_rows(frame, self.sync, side), strict=True):
            base = bases.get(link) if link is not None else None
            stored = None if base is None else (base.ma_hash if side == "ma" else base.crm_hash)
            keep.append(stored is None or link in open_links or row_hash(packed) != stored)
        survivors = frame.with_columns(pl.Series("_link", links, dtype=pl.Int64))
        # Copying the survivors lets go of the pages' string buffers, which a filtered frame would keep alive.
        return survivors.filter(pl.Series(keep, dtype=pl.Boolean)).rechunk()

    async def _decide(
        self, fresh: Mapping[Side, pl.DataFrame], found: Identified, open_links: set[int]
    ) -> Draft:
        sides = {side: self._with_links(side, fresh[side], found) for side in SIDES}
        touched = sorted({link for side in SIDES for link in sides[side]["_link"].to_list()})
        bases = {row.link: row for row in await self.env.store.bases(self.sync.sync.name, touched)}
        missing: list[Item] = []
        for side in SIDES:
            here = set(sides[side]["_link"].to_list())
            absent = [
                found.links[link] for link in touched if link not in here and is_linked(found.links[link])
            ]
            sides[side] = await self._counterparts(side, sides[side], absent, bases, open_links)
            here = set(sides[side]["_link"].to_list())
            gone = [link for link in absent if link.id not in here]
            missing += [self._missing(link, side) for link in gone]
        lost = [item.link for item in missing]
        kept = {side: sides[side].filter(~pl.col("_link").is_in(lost)) for side in SIDES}
        frame = people(kept["ma"], kept["crm"], base_frame(bases.values(), self.sync), self.sync)
        draft = decide(frame, self.sync, self.env.capabilities(), await self._memory(frame, found))
        draft.items += missing
        draft.evaluated += lost
        return draft

    def _with_links(self, side: Side, frame: pl.DataFrame, found: Identified) -> pl.DataFrame:
        """``frame`` with its links filled in, without what waits for a person or stays out."""
        names = [(side, o, i) for o, i in frame.select("_object", "_id").iter_rows()]
        links = [found.by_record[name] for name in names]
        stays = [name not in found.ambiguous and name not in found.twins for name in names]
        return frame.with_columns(pl.Series("_link", links, dtype=pl.Int64)).filter(
            pl.Series(stays, dtype=pl.Boolean)
        )

    async def _counterparts(
        self,
        side: Side,
        frame: pl.DataFrame,
        absent: list[Link],
        bases: Mapping[int, BaseRow],
        open_links: set[int],
    ) -> pl.DataFrame:
        """``frame`` with the other halves of pairs of which only one side was read: from the base where it tells
        everything, else from the record itself."""
        from_base, to_read = [], []
        for link in absent:
            object, id = record_of(link, side) or ("", "")
            base = bases.get(link.id)
            if base is not None and link.id not in open_links and complete(base, side, self.sync):
                from_base.append((base, object, id))
            else:
                to_read.append((object, id, link.id))
        frames = [frame, side_from_base(from_base, self.sync, side)]
        if to_read:
            links = {(object, id): link for object, id, link in to_read}
            read = await read_records(self.env, self.sync, side, links)
            found = [links[o, i] for o, i in read.select("_object", "_id").iter_rows()]
            frames.append(read.with_columns(pl.Series("_link", found, dtype=pl.Int64)))
        return pl.concat(frames)

    def _missing(self, link: Link, side: Side) -> Item:
        object, id = record_of(link, side) or ("", "")
        source_object, source_id = record_of(link, other(side)) or ("", "")
        return Item(
            link=link.id,
            side=side,
            kind=ItemKind.HELD,
            code="counterpart_missing",
            error_type="counterpart_missing",
            source="foreseen",
            record=f"{source_object}:{source_id}",
            value=f"{object}:{id}",
            context=self.sync.context,
        )

    async def _memory(self, frame: pl.DataFrame, found: Identified) -> Memory:
        links = frame["_link"].to_list()
        addresses: dict[int, list[int]] = {}
        texts = frame.select("_link", *[pl.col(column(s, self.sync.sync.match_on)).alias(s) for s in SIDES])
        for link, *values in texts.iter_rows():
            for text in values:
                if (key := hashed_match_key(text)) is not None:
                    addresses.setdefault(key, []).append(link)
        out_links, out_addresses = await self.env.store.opted_out(
            self.sync.sync.name, links, sorted(addresses)
        )
        out = out_links | {link for key in out_addresses for link in addresses[key]}
        refused: dict[tuple[int, Side], Item] = {}
        unanswered: dict[tuple[int, Side], Item] = {}
        for stored in await self.env.store.open_items(self.sync.sync.name, links):
            item = stored.item
            # A refused opt-out is tried again in every run: nothing may keep it from arriving.
            is_ordinary = item.detail.get("operation") != OperationKind.OPT_OUT
            if item.kind == ItemKind.REJECTED and item.context == self.sync.context and is_ordinary:
                refused[item.link, item.side] = item
            if _is_unanswered_create(item):
                unanswered[item.link, item.side] = item
        return Memory(found.links, frozenset(out), refused, unanswered)

    def _count(self, draft: Draft, side: Side, frame: pl.DataFrame, found: Identified) -> None:
        for object, id, deleted in frame.select("_object", "_id", "_deleted").iter_rows():
            name = (side, object, id)
            link = found.by_record.get(name, 0)
            draft.arrivals.append(Arrival(side, object, link, skipped=bool(deleted) or name in found.twins))


def _is_unanswered_create(item: Item) -> bool:
    return item.kind == ItemKind.UNKNOWN and item.code == UNANSWERED_CREATE
