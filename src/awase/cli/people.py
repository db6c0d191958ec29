"""People as a person names them: whom a sync leaves alone, and who is who.

``awase exclude``, ``awase include``, ``awase matches``, ``awase link`` and ``awase unlink``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from awase.assembly import open_store
from awase.cli.call import Call, help_text, verb
from awase.cli.items import item_document
from awase.cli.selecting import syncs_of
from awase.core.mapping import Sync
from awase.core.operations import Side, other
from awase.core.records import ItemKind, Link
from awase.engine.choosing import include_again, leave_alone, pair, part, people_of, record_of, shown
from awase.errors import BadInput, UnknownName
from awase.ports.store import Store, StoredItem
from awase.runtime.clock import SystemClock

SyncOption = Annotated[
    str | None, typer.Option("--sync", metavar="SYNC", help=help_text("Only in this sync."))
]
PersonArgument = Annotated[
    str,
    typer.Argument(metavar="PERSON", help=help_text("An e-mail address, a record id, or a key of Awase's.")),
]
_MANY = 1_000_000
_CHOSEN = "The next run carries on from there."


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``app``."""
    verb(app, "exclude", "Never sync a person; opt-outs of theirs still travel.")(exclude)
    verb(app, "include", "Sync a person again.")(include)
    verb(app, "matches", "List records that could be several people, and wait for a person's word.")(matches)
    verb(app, "link", "Say that two records are one person.")(link)
    verb(app, "unlink", "Say that two linked records are not one person.")(unlink)


async def whoever(store: Store, syncs: Sequence[Sync], text: str) -> list[tuple[Sync, Link]]:
    """Everybody who is meant by ``text`` in these syncs. Raises UnknownName."""
    found = [(sync, link) for sync in syncs for link in await people_of(store, sync, text)]
    if not found:
        raise UnknownName(
            "nobody is known by “{person}”",
            where="PERSON",
            remedy="Give the address, or a record's id, as it was at the last sync; somebody new is met by the next one.",
            person=text,
        )
    return found


# -- left alone -------------------------------------------------------------------------------------------------------
def exclude(
    call: Call,
    person: Annotated[
        str | None,
        typer.Argument(
            metavar="[PERSON]", help=help_text("An e-mail address, a record id, or a key of Awase's.")
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help=help_text("Why; kept and shown."))] = None,
    list: Annotated[
        bool, typer.Option("--list", help=help_text("Show everybody who is kept out."), show_default=False)
    ] = False,
    sync: SyncOption = None,
) -> int:
    syncs = syncs_of(call, sync)
    if person is None or list:
        return _list_excluded(call, syncs)
    if not (reason or "").strip():
        raise BadInput("say why", where="--reason", remedy="The reason is shown to whoever wonders later.")
    why = (reason or "").strip()

    async def work() -> Sequence[tuple[Sync, Link]]:
        async with open_store(call.workspace()) as store:
            found = await whoever(store, syncs, person)
            for one, link in found:
                await leave_alone(store, SystemClock(), one, link, why)
            return found

    found = call.run(work())
    call.document({"excluded": [_person_document(one, link, reason=why) for one, link in found]})
    for one, link in found:
        call.say("{record} is left alone by sync “{sync}” from now on.", record=shown(link), sync=one.name)
    call.say("An opt-out of theirs still travels, in both directions.")
    return 0


def _list_excluded(call: Call, syncs: Sequence[Sync]) -> int:
    async def read() -> Sequence[tuple[Sync, Link, str]]:
        async with open_store(call.workspace()) as store:
            found = []
            for sync in syncs:
                reasons = await store.exclusions(sync.name)
                links = await store.links_by_id(sync.name, [*reasons])
                found += [(sync, link, reasons[link.id]) for link in links]
            return found

    found = call.run(read())
    call.document({"excluded": [_person_document(one, link, reason=why) for one, link, why in found]})
    if not found:
        call.say("Nobody is kept out.")
        return 0
    table = call.table(("Sync", "Records", "Reason"))
    for one, link, why in found:
        table.add_row(one.name, shown(link), why)
    call.show(table)
    return 0


def include(call: Call, person: PersonArgument, sync: SyncOption = None) -> int:
    syncs = syncs_of(call, sync)

    async def work() -> Sequence[tuple[Sync, Link]]:
        async with open_store(call.workspace()) as store:
            found = await whoever(store, syncs, person)
            return [(one, link) for one, link in found if await include_again(store, one, link)]

    found = call.run(work())
    call.document({"included": [_person_document(one, link) for one, link in found]})
    if not found:
        call.say("“{person}” was not kept out.", person=person)
    for one, link in found:
        call.say("{record} takes part in sync “{sync}” again.", record=shown(link), sync=one.name)
        call.say(_CHOSEN)
    return 0


def _person_document(sync: Sync, link: Link, **more: str) -> dict[str, Any]:
    records = {side: ":".join(link.record(side) or ()) or None for side in ("ma", "crm")}
    return {"sync": sync.name, "link": link.id, **records, **more}


# -- who is who -------------------------------------------------------------------------------------------------------
def matches(
    call: Call, name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None
) -> int:
    syncs = syncs_of(call, name)

    async def read() -> Sequence[tuple[Sync, StoredItem]]:
        async with open_store(call.workspace()) as store:
            return [
                (sync, stored)
                for sync in syncs
                for stored in await store.console.errors(sync.name, ItemKind.AMBIGUOUS, limit=_MANY)
            ]

    found = call.run(read())
    call.document(
        {
            "matches": [
                {**item_document(call, stored, sync), "candidates": _candidates(stored)}
                for sync, stored in found
            ]
        }
    )
    if not found:
        call.say("Nothing waits to be told apart.")
        return 0
    table = call.table(("Sync", "In", "Record", "Person", "Could be the same as"))
    for sync, stored in found:
        item = stored.item
        here = sync.connection(other(item.side))
        table.add_row(sync.name, here, item.record, item.label, "\n".join(_candidates(stored)))
    call.show(table)
    call.say(
        "Say which belong together: awase link MA_RECORD CRM_RECORD (or keep one out: awase exclude RECORD)"
    )
    return 0


def _candidates(stored: StoredItem) -> list[str]:
    return [name for name in stored.item.detail.get("candidates", "").split(", ") if name]


def link(
    call: Call,
    ma: Annotated[str, typer.Argument(metavar="MA_RECORD", help=help_text("Its id, or object:id."))],
    crm: Annotated[str, typer.Argument(metavar="CRM_RECORD", help=help_text("Its id, or object:id."))],
    sync: SyncOption = None,
) -> int:
    syncs = syncs_of(call, sync)

    async def work() -> tuple[Sync, Link]:
        async with open_store(call.workspace()) as store:
            chosen = await _where_known(store, syncs, {"ma": ma, "crm": crm})
            return chosen, await pair(store, SystemClock(), chosen, ma, crm)

    chosen, joined = call.run(work())
    call.document({"linked": [_person_document(chosen, joined)]})
    call.say("{record} are one person in sync “{sync}”.", record=shown(joined), sync=chosen.name)
    call.say(_CHOSEN)
    return 0


async def _where_known(store: Store, syncs: Sequence[Sync], records: dict[Side, str]) -> Sync:
    """The sync that knows both records. Raises UnknownName for the first that none knows."""
    unknown: UnknownName | None = None
    for sync in syncs:
        try:
            for side, text in records.items():
                await record_of(store, sync, side, text)
        except UnknownName as trouble:
            unknown = unknown or trouble
            continue
        return sync
    assert unknown is not None  # noqa: S101  there is a sync, and it did not know them
    raise unknown


def unlink(call: Call, person: PersonArgument, sync: SyncOption = None) -> int:
    syncs = syncs_of(call, sync)

    async def work() -> tuple[Sync, tuple[Link, Link]]:
        async with open_store(call.workspace()) as store:
            found = [(s, one) for s, one in await whoever(store, syncs, person) if one.is_linked]
            if len(found) != 1:
                raise BadInput(
                    "“{person}” is not one linked pair: {records}",
                    where="PERSON",
                    remedy="Give one record's id, or the sync with --sync.",
                    person=person,
                    records=", ".join(f"{s.name} {shown(one)}" for s, one in found) or "-",
                )
            chosen, pair_of = found[0]
            ids = {record.name: record.org_id for record in await store.connections()}
            orgs: dict[Side, str] = {side: ids[chosen.connection(side)] for side in ("ma", "crm")}
            return chosen, await part(store, SystemClock(), chosen, pair_of, orgs)

    chosen, parted = call.run(work())
    call.document({"unlinked": [_person_document(chosen, one) for one in parted]})
    call.say(
        "{one} and {two} are two again in sync “{sync}”. Nothing was written; both wait until they are linked: awase matches",
        one=shown(parted[0]),
        two=shown(parted[1]),
        sync=chosen.name,
    )
    return 0
