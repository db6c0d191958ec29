"""Making a plan: observe, drop what did not change, match, merge, check. Nothing is written to either side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import msgspec
import polars as pl

from awase.core.checks.duplicates import neighbours
from awase.core.decide import Memory, decide, parents_asked
from awase.core.frames import base_frame, complete, packed_rows, people, row_hash, side_from_base
from awase.core.identity import hashed_match_key
from awase.core.importing import numbers
from awase.core.mapping import BoundSync, OnDelete, column
from awase.core.operations import SIDES, OperationKind, Side, other
from awase.core.outcomes import UNANSWERED_CREATE
from awase.core.plan import Arrival, Draft, Plan, assemble, released_at_once
from awase.core.predictions import Scores, to_try
from awase.core.rebasing import rebase
from awase.core.records import BaseRow, Item, ItemKind, LedgerEntry, Link
from awase.core.references import Tables
from awase.core.selection import Selection, selected
from awase.engine.choosing import asked_for, people_of
from awase.engine.environment import Environment
from awase.engine.hearing import hear_the_undecided
from awase.engine.identifying import (
    Identified,
    RecordName,
    identify,
    known_links,
    remember,
    store_link,
    undecided_items,
)
from awase.engine.observing import Observed, Unseen, observe, read_records
from awase.engine.parents import read_parents
from awase.engine.relinking import Relinked, is_gone, relink, restore
from awase.engine.revisiting import MOST_ATTEMPTS, revisit
from awase.engine.scores import scores_that_hold
from awase.engine.sweeping import sweep
from awase.engine.translating import partner_tables
from awase.ports.store import StoredItem

SCOPE = "scope:"
"""Setting, with a sync's name: who was in it when both sides were last read. Another scope reads everybody again."""


async def make_plan(env: Environment, sync: BoundSync, selection: Selection | None = None) -> Plan:
    """What a run would do now. Reads both sides; the store is only read.

    ``selection``: only some people, one field, or everything read anew; a part of a plan moves no cursor.
    """
    selection = selection or Selection()
    calls_before = _read_calls(env)
    same_scope = await env.store.setting(SCOPE + sync.sync.name) in (None, sync.sync.scope())
    cursors = await env.store.cursors(sync.sync.name) if same_scope and not selection.everything else []
    counts = await env.store.link_count(sync.sync.name)
    unseen = await _unseen(env, sync) if any(counts.values()) else None
    observed = await observe(env, sync, cursors, unseen, selection.bring)
    linked_before = counts.get("linked", 0)
    planner = Planner(env, _as_imported(sync) if selection.bring else sync, observed, selection)
    draft = await planner.draft()
    chosen = replace(selection, links=frozenset(planner.named), brought=planner.brought())
    draft = selected(draft, chosen, sync)
    return assemble(
        draft,
        sync=sync.sync.name,
        context=sync.context,
        made_at=env.clock.now(),
        connections={side: env.sides[side].org.id for side in SIDES},
        cursors=observed.cursors,
        moves_cursors=not selection.is_part,
        read_calls=_read_calls(env) - calls_before,
        linked_before=linked_before,
        guard_share=sync.sync.guard_share,
        guard_records=sync.sync.guard_records,
        capabilities=env.capabilities(),
        brought=numbers(draft) if selection.bring else None,
        released=released_at_once(draft.writes, planner.stopped, sync.sync.guard_released),
    )


def _as_imported(sync: BoundSync) -> BoundSync:
    """An import creates in the MA even where the sync by itself does not: somebody asked for just that."""
    return replace(sync, sync=replace(sync.sync, create_in_ma=True))


async def _unseen(env: Environment, sync: BoundSync) -> Unseen:
    """What a snapshot does not tell of people we know: from where deletions, merges and conversions are looked for."""
    cursors = {(c.side, c.object): c.value for c in await env.store.cursors(sync.sync.name)}
    began = [run.started for run in await env.store.runs(sync.sync.name)]
    return Unseen(cursors, env.clock.now() - min(began, default=env.clock.now()))


def _read_calls(env: Environment) -> int:
    return env.calls().get("read", 0)


@dataclass(slots=True)
class Planner:
    """Makes one draft from what was observed; its other fields tell what came of it on the way."""

    env: Environment
    sync: BoundSync
    observed: Observed
    selection: Selection
    found: Identified = field(default_factory=Identified)
    relinked: Relinked = field(default_factory=Relinked)
    named: set[int] = field(default_factory=set)
    """Links of whom somebody named."""
    given_up: list[Item] = field(default_factory=list)
    """Deletions that failed too often to be tried again by themselves: they stay listed."""
    also_out: list[LedgerEntry] = field(default_factory=list)
    """What records say that wait for a person, or stay out as somebody's second: their addresses are out all the same."""
    scores: Scores = field(default_factory=dict)
    stopped: Set[tuple[int, Side]] = frozenset()
    """By link and side, what was held or refused and nobody asked for to be tried again."""
    new_pairs: Set[int] = frozenset()
    """Links of which one record has given its place to another: whatever the base says is not about that one."""
    judged: tuple[pl.DataFrame, Memory] = field(default_factory=lambda: (pl.DataFrame(), Memory({})))
    """Of a whole draft: the people and what was remembered of them."""

    async def draft(self) -> Draft:
        env, sync, found = self.env, self.sync, self.found
        frames = {side: self.observed.frame(sync, side) for side in SIDES}
        open_items = await env.store.open_items(sync.sync.name)
        self.relinked = await relink(env, sync, frames, found)
        await self._finish_deletions(open_items)
        await self._partners_still_there()
        self.scores = await scores_that_hold(env, sync)
        asked = await self._asked_for()
        also = self.relinked.to_read | asked | await self._to_try(open_items)
        if self.selection.bring is None:
            also |= await sweep(env, sync)
        await revisit(env, sync, frames, open_items, also)
        live = {side: frame.filter(~is_gone()) for side, frame in frames.items()}
        await known_links(env, sync, live, found)
        self.stopped = {
            (stored.item.link, stored.item.side)
            for stored in open_items
            if stored.item.kind in (ItemKind.HELD, ItemKind.REJECTED)
        } - {(found.by_record[name], side) for name in asked if name in found.by_record for side in SIDES}
        open_links = self._to_look_at(open_items)
        fresh = {side: await self._changed(side, live[side], open_links) for side in SIDES}
        for side in SIDES:
            restore(side, fresh[side], found)
        decided = {name for name, link in found.by_record.items() if found.links[link].state != "ambiguous"}
        paired = {link.id for link in found.links.values() if link.is_linked}
        await identify(env, sync, fresh, found)
        changed = {link.id for link in found.changed.values() if link.is_linked} - paired
        self.new_pairs = {number for number in changed if found.has_another(number)}
        self._suspect_unanswered_creates(fresh, found, decided, [stored.item for stored in open_items])
        self.also_out = await hear_the_undecided(env, sync, fresh, found)
        draft = await self._decide(fresh, open_links)
        draft.ledger += self.also_out
        draft.items += undecided_items(sync, found)
        draft.evaluated += [found.by_record[name] for name in found.ambiguous]
        draft.evaluated += [found.by_record[name] for name in found.twins if name in found.by_record]
        draft.links += found.changed.values()
        draft.matches += found.matches
        draft.labels = {found.by_record[n]: text for n, text in found.labels.items() if n in found.by_record}
        for side in SIDES:
            self._count(draft, side, frames[side])
        return draft

    def brought(self) -> frozenset[int]:
        """Links of the records that an import found."""
        found = self.found.by_record
        names: list[RecordName] = [("crm", object, id) for object, id in self.observed.brought]
        return frozenset(found[name] for name in names if name in found)

    async def _finish_deletions(self, open_items: Sequence[StoredItem]) -> None:
        """Deletions that an earlier run owed to a policy and could not carry out."""
        owed = [
            stored
            for stored in open_items
            if stored.item.detail.get("operation") in (OperationKind.DELETE, OperationKind.TAKE_OFF)
        ]
        self.given_up = [stored.item for stored in owed if stored.attempts >= MOST_ATTEMPTS]
        again = {stored.item.link for stored in owed} - {item.link for item in self.given_up}
        for link in await self.env.store.links_by_id(self.sync.sync.name, sorted(again)):
            if link.gone and link.id not in self.found.changed:
                remember(self.found, link)
                self.relinked.deleted[link.id] = link.gone

    async def _partners_still_there(self) -> None:
        """A policy acts only on a partner that is there under its own id: another id would be that of a survivor, whose
        merge this run has not seen yet."""
        sync = self.sync.sync
        for side in SIDES:
            acts = OnDelete.KEEP not in (sync.deleted_in_ma if side == "crm" else sync.deleted_in_crm,)
            links = {
                record: number
                for number, gone in self.relinked.deleted.items()
                if gone == other(side) and (record := self.found.links[number].record(side)) is not None
            }
            if not links or not acts:
                continue
            there = await read_records(self.env, self.sync, side, links)
            alive = set(there.filter(~is_gone()).select("_object", "_id").iter_rows())
            for record, number in links.items():
                if record not in alive:
                    del self.relinked.deleted[number]

    async def _asked_for(self) -> set[RecordName]:
        """The records that somebody named, now or since the last run: looked at whether they changed or not."""
        store, sync = self.env.store, self.sync.sync
        links = await store.links_by_id(sync.name, await asked_for(store, sync.name))
        for text in self.selection.only:
            people = await people_of(store, sync, text)
            self.named |= {link.id for link in people}
            links += people
        return _records(links)

    async def _to_try(self, open_items: Sequence[StoredItem]) -> set[RecordName]:
        """Records that a rule holds which is to be tried with one of them, or which holds nobody any more."""
        if not self.scores:
            return set()
        held = [
            stored.item
            for stored in open_items
            if stored.item.kind == ItemKind.HELD and stored.item.source == "foreseen"
        ]
        links = to_try(held, self.scores, self.env.clock.now(), self.sync.sync.try_held_seconds)
        return _records(await self.env.store.links_by_id(self.sync.sync.name, sorted(links)))

    def _to_look_at(self, open_items: Sequence[StoredItem]) -> set[int]:
        """Links that are looked at closely even where their records equal the base."""
        links = {stored.item.link for stored in open_items if stored.item.kind != ItemKind.SETTLED}
        links |= {link.id for link in self.found.links.values() if link.gone or link.id in self.found.changed}
        for _, survivor in self.relinked.became_one:
            links.add(survivor)
        return links

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
        match_on = self.sync.sync.match_on
        for side in SIDES if match_on is not None else ():
            waiting = [
                i.record for i in open_items if _is_unanswered_create(i) and i.side == side and not i.label
            ]
            if not waiting:
                continue
            nameless = fresh[side].filter(pl.col(column(side, match_on or "")).is_null())
            for object, id in nameless.select("_object", "_id").iter_rows():
                link = found.link_of(side, object, id)
                if (side, object, id) not in decided and not link.is_linked:
                    found.ambiguous.setdefault((side, object, id), waiting)
                    # Stored as such: the next run that reads it must not take it for somebody known.
                    store_link(found, msgspec.structs.replace(link, state="ambiguous"))

    async def _changed(self, side: Side, frame: pl.DataFrame, open_links: set[int]) -> pl.DataFrame:
        """The rows that differ from the base, or are not linked, or have something open against them."""
        survivors = await self._unlike_base(side, frame, open_links)
        reread = self.env.sides[side].connector.capabilities.reread_changes
        if not (reread and self.observed.incremental.get(side)) or survivors.is_empty():
            return survivors
        # The incremental read may have come from a lagging index: only the record itself tells the truth.
        truth = await read_records(self.env, self.sync, side, survivors.select("_object", "_id").iter_rows())
        return await self._unlike_base(side, truth.filter(~is_gone()), open_links)

    async def _unlike_base(self, side: Side, frame: pl.DataFrame, open_links: set[int]) -> pl.DataFrame:
        links = [
            self.found.by_record.get((side, o, i)) for o, i in frame.select("_object", "_id").iter_rows()
        ]
        known = [link for link in links if link is not None]
        bases = {row.link: row for row in await self.env.store.bases(self.sync.sync.name, known)}
        keep = []
        for link, packed in zip(links, packed_rows(frame, self.sync, side), strict=True):
            base = bases.get(link) if link is not None else None
            stored = None if base is None else (base.ma_hash if side == "ma" else base.crm_hash)
            gone = link is not None and bool(self.found.links[link].gone)
            looked_at = gone or link in open_links or self.selection.whole
            keep.append(stored is None or looked_at or row_hash(packed) != stored)
        survivors = frame.with_columns(pl.Series("_link", links, dtype=pl.Int64))
        # Copying the survivors lets go of the pages' string buffers, which a filtered frame would keep alive.
        return survivors.filter(pl.Series(keep, dtype=pl.Boolean)).rechunk()

    async def _decide(self, fresh: Mapping[Side, pl.DataFrame], open_links: set[int]) -> Draft:
        found = self.found
        sides = {side: self._with_links(side, fresh[side]) for side in SIDES}
        touched = sorted({link for side in SIDES for link in sides[side]["_link"].to_list()})
        bases = {row.link: row for row in await self.env.store.bases(self.sync.sync.name, touched)}
        missing: list[Item] = []
        for side in SIDES:
            here = set(sides[side]["_link"].to_list())
            absent = [
                found.links[link] for link in touched if link not in here and found.links[link].is_linked
            ]
            sides[side] = await self._counterparts(side, sides[side], absent, bases, open_links)
            here = set(sides[side]["_link"].to_list())
            gone = [link for link in absent if link.id not in here]
            missing += [self._missing(link, side) for link in gone]
        lost = [item.link for item in missing]
        kept = {side: sides[side].filter(~pl.col("_link").is_in(lost)) for side in SIDES}
        rebased = rebase(bases, self.new_pairs, self.relinked.moved, kept, self.sync)
        bases |= {row.link: row for row in rebased}
        tables = await partner_tables(self.env, self.sync, kept, bases.values())
        frame = people(kept["ma"], kept["crm"], base_frame(bases.values(), self.sync), self.sync)
        memory, shared = await self._memory(frame, tables)
        if self.selection.whole:
            memory = replace(memory, there={side: neighbours(kept[side], self.sync, side) for side in SIDES})
        asked = parents_asked(frame, self.sync, memory)
        memory = replace(memory, parents=await read_parents(self.env, asked))
        if self.selection.whole:
            self.judged = frame, memory
        draft = decide(frame, self.sync, self.env.capabilities(), memory)
        draft.items += [item for item in self.given_up if item.link in set(draft.evaluated)]
        draft.ledger += shared
        draft.rebased += rebased
        draft.items += missing
        draft.evaluated += lost
        return draft

    def _with_links(self, side: Side, frame: pl.DataFrame) -> pl.DataFrame:
        """``frame`` with its links filled in, without what waits for a person or stays out."""
        found = self.found
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
            object, id = link.record(side) or ("", "")
            base = bases.get(link.id)
            # While a link had no partner, nothing was agreed: its base may be older than its record.
            is_known = link.id not in open_links and link.id not in self.found.changed
            if base is not None and is_known and complete(base, side, self.sync):
                from_base.append((base, object, id))
            else:
                to_read.append((object, id, link.id))
        frames = [frame, side_from_base(from_base, self.sync, side)]
        if to_read:
            links = {(object, id): link for object, id, link in to_read}
            read = await read_records(self.env, self.sync, side, links)
            # A vendor may answer for a merged record with its survivor, which was not asked for.
            asked = pl.DataFrame(list(links), schema={"_object": pl.String, "_id": pl.String}, orient="row")
            read = read.filter(~is_gone()).join(
                asked, on=["_object", "_id"], how="semi", maintain_order="left"
            )
            found = [links[o, i] for o, i in read.select("_object", "_id").iter_rows()]
            frames.append(read.with_columns(pl.Series("_link", found, dtype=pl.Int64)))
        return pl.concat(frames)

    def _missing(self, link: Link, side: Side) -> Item:
        object, id = link.record(side) or ("", "")
        source_object, source_id = link.record(other(side)) or ("", "")
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
            retry=True,
        )

    async def _memory(self, frame: pl.DataFrame, tables: Tables) -> tuple[Memory, list[LedgerEntry]]:
        """What earlier runs left, and ledger lines for people whose duplicate has opted out."""
        sync, found = self.sync.sync, self.found
        links = frame["_link"].to_list()
        addresses: dict[int, list[int]] = {}
        label = sync.label_on
        if sync.match_on is not None:
            texts = frame.select("_link", *[pl.col(column(s, label)).cast(pl.String).alias(s) for s in SIDES])
            for link, *values in texts.iter_rows():
                for text in values:
                    if (key := hashed_match_key(text, sync.match_as)) is not None:
                        addresses.setdefault(key, []).append(link)
        merged = {one for pair in self.relinked.became_one for one in pair}
        out_links, out_addresses = await self.env.store.opted_out(
            sync.name, sorted({*links, *merged}), sorted(addresses)
        )
        heard = {line.address_key for line in self.also_out if line.address_key is not None}
        out_addresses |= heard & set(addresses)
        out = out_links | {link for key in out_addresses for link in addresses[key]}
        shared = self._merged_opt_outs(frame, out)
        out |= {line.link for line in shared if line.link is not None}
        refused: dict[tuple[int, Side], Item] = {}
        unanswered: dict[tuple[int, Side], Item] = {}
        for stored in await self.env.store.open_items(sync.name, links):
            item = stored.item
            # A refused opt-out is tried again in every run: nothing may keep it from arriving.
            is_ordinary = item.detail.get("operation") != OperationKind.OPT_OUT
            if self.selection.whole:
                continue  # what was refused once is judged, and proved, like everything else
            if item.kind == ItemKind.REJECTED and item.context == self.sync.context and is_ordinary:
                refused[item.link, item.side] = item
            if _is_unanswered_create(item):
                unanswered[item.link, item.side] = item
        memory = Memory(
            links=found.links,
            out=frozenset(out),
            refused=refused,
            unanswered=unanswered,
            tables=tables,
            excluded=frozenset(await self.env.store.exclusions(sync.name)),
            winners=self.selection.winners,
            widowed=frozenset(link.id for link in found.links.values() if link.gone),
            now=self.env.clock.now(),
            scores=self.scores,
            whole=self.selection.whole,
            sends_held=self.selection.sends_held,
            # Whose place somebody took at once (the same address, made anew) is gone no more.
            deleted={n: side for n, side in self.relinked.deleted.items() if found.links[n].gone == side},
        )
        return memory, shared

    def _merged_opt_outs(self, frame: pl.DataFrame, known: Set[int]) -> list[LedgerEntry]:
        """Ledger lines for people who are out because of a record that is no more, or of one that they became one with.

        ``known``: links that the ledger has as out.
        """
        gone = [
            (self.relinked.spoke_for.get(name, self.found.by_record.get(name)), key, ":".join(name))
            for name, key in sorted(self.relinked.said_out.items())
        ]
        lines = [(link, key, source) for link, key, source in gone if (link, key) != (None, None)]
        says_so = frame.filter(pl.col("_out_ma").fill_null(False) | pl.col("_out_crm").fill_null(False))
        out = set(known) | {link for link, _, _ in lines if link} | set(says_so["_link"].to_list())
        pairs = [pair for one in self.relinked.became_one for pair in (one, one[::-1])]
        # A chain of merges makes several people one: until nothing more follows.
        while new := {two: one for one, two in pairs if one in out and two not in out}:
            lines += [(two, None, f"merge:{one}") for two, one in new.items()]
            out |= set(new)
        return [
            LedgerEntry(link=link, address_key=key, state="out", scope="organisation", source=source)
            for link, key, source in lines
            if key is not None or link not in known
        ]

    def _count(self, draft: Draft, side: Side, frame: pl.DataFrame) -> None:
        for object, id in frame.select("_object", "_id").iter_rows():
            name = (side, object, id)
            if name in self.relinked.stale:
                continue
            link = self.found.by_record.get(name, 0)
            draft.arrivals.append(Arrival(side, object, link, skipped=self._reason(draft, name, link)))

    def _reason(self, draft: Draft, name: RecordName, link: int) -> str:
        """Why a record stays out, rightly so; empty for one that takes part."""
        if name in self.relinked.reasons:
            return self.relinked.reasons[name]
        if name in self.found.twins:
            return "linked_elsewhere"
        if link in self.found.links and self.found.links[link].gone:
            return f"{self.found.links[link].state}_there"
        return draft.outside.get(link, "")


def _is_unanswered_create(item: Item) -> bool:
    return item.kind == ItemKind.UNKNOWN and item.code == UNANSWERED_CREATE


def _records(links: Iterable[Link]) -> set[RecordName]:
    """What the links join, without what is gone."""
    return {
        (side, *record)
        for link in links
        for side in SIDES
        if link.gone != side and (record := link.record(side)) is not None
    }
