"""A person's word about who is who: finding people, pairing two records by hand, parting a pair.

What was decided so is looked at by the next run, although nothing about the records may have changed. A pair that was
parted is never paired again by key or address: both records wait among the ambiguous ones until a person links them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from awase.core.identity import hashed_match_key, link_id, own_key
from awase.core.mapping import Sync
from awase.core.operations import SIDES, Side, other
from awase.core.records import BaseRow, ItemKind, LedgerEntry, Link
from awase.errors import BadInput, UnknownName
from awase.ports.runtime import Clock
from awase.ports.store import Claim, Settlement, Store

Pair = tuple[str, str]
"""MA record and CRM record, ``object:id`` each."""

_LOOK_AT = "look_at:"
"""Setting, with a sync's name: links that the next run looks at, whether they changed or not."""
_APART = "apart:"
"""Setting, with a sync's name: pairs that only a person may make."""
_NOTHING_AGREED = b"\x80"
"""A base without values: what earlier was agreed is no evidence about another partner."""


# -- finding people ---------------------------------------------------------------------------------------------------
async def people_of(store: Store, sync: Sync, text: str) -> list[Link]:
    """Links of whoever is meant by ``text``: an address, ``object:id``, an id of either side, or a key; in order."""
    text = text.strip()
    found: list[Link] = await store.links_by_id(sync.name, [link_id(text)])
    key = hashed_match_key(text, sync.match_as)
    for side in SIDES:
        if key is not None:
            found += [link for _, _, link in await store.links_by_match(sync.name, side, [key])]
        for object in sync.objects(side):
            ids = [text, text.removeprefix(f"{object}:")]
            found += await store.links_of(sync.name, side, object, sorted(set(ids)))
    known = {link.id: link for link in found if link.record("ma") or link.record("crm")}
    return [known[number] for number in sorted(known)]


async def record_of(store: Store, sync: Sync, side: Side, text: str) -> Link:
    """The link that holds one record of ``side``, named as ``object:id`` or by its id. Raises UnknownName."""
    for object in sync.objects(side):
        named = text.strip().removeprefix(f"{object}:")
        for link in await store.links_of(sync.name, side, object, [named]):
            if link.gone != side:
                return link
    raise UnknownName(
        "{connection} has no record “{record}” that is known here",
        where=f"sync {sync.name}",
        remedy="Give it as it is listed (object:id); somebody new is met by the next sync.",
        connection=sync.connection(side),
        record=text,
    )


# -- what the next run looks at ---------------------------------------------------------------------------------------
async def ask_for(store: Store, claim: Claim, links: Iterable[int]) -> None:
    """Have the next run look at ``links``. Under the claim, so that no run ends between being asked and looking."""
    numbers = sorted({*await asked_for(store, claim.sync), *links})
    await store.save_setting(_LOOK_AT + claim.sync, msgspec.json.encode(numbers).decode())


async def asked_for(store: Store, sync: str) -> list[int]:
    return msgspec.json.decode(await store.setting(_LOOK_AT + sync) or "[]", type=list[int])


async def looked_at(store: Store, sync: str, links: Collection[int]) -> None:
    """A run has seen ``links`` to their end."""
    asked = await asked_for(store, sync)
    rest = [number for number in asked if number not in links]
    if rest != asked:
        await store.save_setting(_LOOK_AT + sync, msgspec.json.encode(rest).decode())


# -- left alone -------------------------------------------------------------------------------------------------------
async def leave_alone(store: Store, clock: Clock, sync: Sync, link: Link, reason: str) -> None:
    """Keep ``link`` out of the sync. Its open errors end with the next run: nobody has to do anything about them."""
    await store.exclude(sync.name, link.id, reason, clock.now())
    await store.mark_for_retry(sync.name, links=[link.id])


async def include_again(store: Store, sync: Sync, link: Link) -> bool:
    """Whether it had been kept out. What changed meanwhile is seen by the next run. Raises AlreadyRunning."""
    async with store.claim(sync.name) as claim:
        kept_out = await store.include(sync.name, link.id)
        if kept_out:
            await ask_for(store, claim, [link.id])
        return kept_out


# -- pairing and parting ----------------------------------------------------------------------------------------------
async def kept_apart(store: Store, sync: str) -> set[Pair]:
    """Pairs that were parted by a person."""
    return set(msgspec.json.decode(await store.setting(_APART + sync) or "[]", type=list[Pair]))


async def _save_apart(store: Store, sync: str, pairs: set[Pair]) -> None:
    await store.save_setting(_APART + sync, msgspec.json.encode(sorted(pairs)).decode())


async def pair(store: Store, clock: Clock, sync: Sync, ma: str, crm: str) -> Link:
    """Make one person of an MA record and a CRM record, each named ``object:id`` or by its id.

    Whoever held the CRM record alone gives it up; what kept that one out, or opted it out, holds for both. Raises
    UnknownName, BadInput where one has a partner already, and AlreadyRunning.
    """
    async with store.claim(sync.name) as claim:
        mine, theirs = await record_of(store, sync, "ma", ma), await record_of(store, sync, "crm", crm)
        for side, link in (("ma", mine), ("crm", theirs)):
            if link.is_linked:
                raise _linked_already(sync, link, side)  # type: ignore[arg-type]
        object, id = theirs.record("crm") or ("", "")
        ma_object, ma_id = mine.record("ma") or ("", "")
        joined = Link(
            id=mine.id,
            key=mine.key,
            state="linked",
            ma_object=ma_object,
            ma_id=ma_id,
            crm_object=object,
            crm_id=id,
        )
        given_up = () if theirs.id == mine.id else (Link(id=theirs.id, key=theirs.key, state="failed"),)
        await _carry_over(store, clock, sync, theirs, mine)
        names = (f"{ma_object}:{ma_id}", f"{object}:{id}")
        rivals = await _rivals(store, sync, names)
        facts = Settlement(
            run=await _newest_run(store, sync),
            links=(*given_up, joined),
            bases=(_blank(mine.id),),
            cleared=(mine.id, theirs.id),
        )
        await store.settle(claim, facts, clock.now())
        await _save_apart(store, sync.name, await kept_apart(store, sync.name) - {names})
        await ask_for(store, claim, {joined.id, *rivals})
        return joined


async def part(
    store: Store, clock: Clock, sync: Sync, link: Link, orgs: dict[Side, str]
) -> tuple[Link, Link]:
    """Undo a pairing: two links again, MA first, that wait for a person. ``orgs``: id of the org or portal by side.

    Nothing is written to either side. Raises BadInput where there is no pair, and AlreadyRunning.
    """
    records = {side: link.record(side) for side in SIDES}
    mine, theirs = records["ma"], records["crm"]
    if mine is None or theirs is None or not link.is_linked:
        raise BadInput("{record} has no partner", where=f"sync {sync.name}", record=shown(link))
    async with store.claim(sync.name) as claim:
        keeps: Side = "crm" if link.key == own_key(orgs["crm"], *theirs) else "ma"
        key = own_key(orgs[other(keeps)], *(records[other(keeps)] or ("", "")))
        holder = await store.links_by_id(sync.name, [link_id(key)])
        if any(one.record("ma") or one.record("crm") for one in holder):
            key = f"{key}:parted"
        names = (link.key, key) if keeps == "ma" else (key, link.key)
        one = Link(id=link_id(names[0]), key=names[0], state="ambiguous", ma_object=mine[0], ma_id=mine[1])
        two = Link(
            id=link_id(names[1]), key=names[1], state="ambiguous", crm_object=theirs[0], crm_id=theirs[1]
        )
        giver, taker = (one, two) if keeps == "ma" else (two, one)
        await _carry_over(store, clock, sync, giver, taker)
        apart = await kept_apart(store, sync.name) | {(":".join(mine), ":".join(theirs))}
        await _save_apart(store, sync.name, apart)
        # The one that gives a record up is stored first: no moment has two holders.
        facts = Settlement(
            run=await _newest_run(store, sync),
            links=(giver, taker),
            bases=(_blank(giver.id), _blank(taker.id)),
            cleared=(giver.id,),
        )
        await store.settle(claim, facts, clock.now())
        await ask_for(store, claim, (one.id, two.id))
        return one, two


def shown(link: Link) -> str:
    """The records of a link, as they are listed."""
    return " – ".join(":".join(record) for side in SIDES if (record := link.record(side)) is not None)


def _linked_already(sync: Sync, link: Link, side: Side) -> BadInput:
    return BadInput(
        "{record} is linked already, with {partner}",
        where=f"sync {sync.name}",
        remedy="If that is wrong, part them first: awase unlink {record}",
        record=":".join(link.record(side) or ()),
        partner=":".join(link.record(other(side)) or ()),
    )


def _blank(link: int) -> BaseRow:
    return BaseRow(link=link, ma=_NOTHING_AGREED, crm=_NOTHING_AGREED)


async def _newest_run(store: Store, sync: Sync) -> int:
    """The run under which a choice is filed; links come from runs, so that there is one."""
    return (await store.runs(sync.name, 1))[0].id


async def _carry_over(store: Store, clock: Clock, sync: Sync, giver: Link, taker: Link) -> None:
    """An opt-out and a wish to be left alone follow the person."""
    if giver.id == taker.id:
        return
    out, _ = await store.opted_out(sync.name, [giver.id], [])
    if out:
        entry = LedgerEntry(
            link=taker.id, address_key=None, state="out", scope="organisation", source=f"link:{giver.id}"
        )
        await store.record_opt_outs(sync.name, [entry], clock.now())
    reason = (await store.exclusions(sync.name)).get(giver.id)
    if reason is not None:
        await store.exclude(sync.name, taker.id, reason, clock.now())


async def _rivals(store: Store, sync: Sync, names: Pair) -> set[int]:
    """Links that could not be told apart because of these records: without them, some may find their partner."""
    found = set()
    for stored in await store.open_items(sync.name):
        item = stored.item
        if item.kind == ItemKind.AMBIGUOUS and set(names) & set(
            item.detail.get("candidates", "").split(", ")
        ):
            found.add(item.link)
    return found
