"""``awase resync`` and ``awase decide``: have errors tried again, and end conflicts that wait for a person."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

import typer

from awase.assembly import open_store
from awase.cli.call import Call, help_text, verb
from awase.cli.errors import check_names
from awase.cli.people import SyncOption, whoever
from awase.cli.selecting import syncs_of
from awase.cli.sync import YesOption, run_all
from awase.core.mapping import Sync
from awase.core.operations import Side, other
from awase.core.records import ItemKind, Link
from awase.core.selection import Selection
from awase.errors import BadInput, UnknownName
from awase.store.postgres import PostgresStore


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``app``."""
    verb(app, "resync", "Have errors tried again: by type, by person, one by one, or all.")(resync)
    verb(app, "decide", "End a conflict that waits for a person: say whose value holds.")(decide)


def resync(
    call: Call,
    name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    type: Annotated[
        list[str] | None, typer.Option("--type", help=help_text("Errors of this type (its code)."))
    ] = None,
    person: Annotated[
        list[str] | None,
        typer.Option("--person", metavar="PERSON", help=help_text("Errors of this person.")),
    ] = None,
    error: Annotated[
        list[str] | None,
        typer.Option(
            "--error", metavar="ID", help=help_text("Errors of this record, by the id that --json lists.")
        ),
    ] = None,
    all: Annotated[bool, typer.Option("--all", help=help_text("All errors."), show_default=False)] = False,
    no_run: Annotated[
        bool,
        typer.Option("--no-run", help=help_text("Leave the trying to the next run."), show_default=False),
    ] = False,
    yes: YesOption = False,
) -> int:
    for code in type or ():
        check_names(code, None)
    if not (type or person or error or all):
        raise BadInput(
            "say which errors are to be tried again",
            remedy="--type TYPE, --person PERSON, --error ID (each several times), or --all.",
        )
    syncs = syncs_of(call, name)

    async def work() -> int:
        async with open_store(call.workspace()) as store:
            links = await _links(store, syncs, person, error)
            marked = {sync.name: await _mark(store, sync, links, type) for sync in syncs}
            total = sum(marked.values())
            call.say("{count} errors are tried again.", count=total)
            if no_run or not total:
                call.document({"marked": marked, "runs": []})
                return 0
            chosen = [(sync, Selection()) for sync in syncs if marked[sync.name]]
            done = await run_all(call, store, chosen, yes=yes, asked_for=True)
            call.document({"marked": marked, "runs": [one.document for one in done]})
            return max(one.status for one in done)

    return call.run(work())


async def _links(
    store: PostgresStore, syncs: list[Sync], people: list[str] | None, errors: list[str] | None
) -> dict[str, set[int]] | None:
    """The links named, by sync; None where none was named."""
    if not (people or errors):
        return None
    links: dict[str, set[int]] = {sync.name: set() for sync in syncs}
    for text in people or ():
        for sync, link in await whoever(store, syncs, text):
            links[sync.name].add(link.id)
    for id in errors or ():
        sync_name, _, number = id.rpartition(":")
        if sync_name not in links or not number.removeprefix("-").isdigit():
            raise UnknownName(
                "there is no error “{id}”",
                where="--error",
                remedy="awase errors --json lists their ids.",
                id=id,
            )
        links[sync_name].add(int(number))
    return links


async def _mark(
    store: PostgresStore, sync: Sync, links: dict[str, set[int]] | None, types: Collection[str] | None
) -> int:
    of_sync = None if links is None else sorted(links[sync.name])
    if of_sync == []:
        return 0
    return sum(
        [await store.mark_for_retry(sync.name, links=of_sync, error_type=code) for code in types or (None,)]
    )


def decide(
    call: Call,
    person: Annotated[
        str,
        typer.Argument(
            metavar="PERSON", help=help_text("An e-mail address, a record id, or a key of Awase's.")
        ),
    ],
    field: Annotated[
        str, typer.Argument(metavar="FIELD", help=help_text("The field, as conflicts list it."))
    ],
    winner: Annotated[
        str,
        typer.Option("--winner", metavar="ma|crm", help=help_text("Whose value is written to the other.")),
    ],
    sync: SyncOption = None,
    yes: YesOption = False,
) -> int:
    if winner not in ("ma", "crm"):
        raise BadInput("a winner is ma or crm", where="--winner")
    side: Literal["ma", "crm"] = "ma" if winner == "ma" else "crm"

    async def work() -> int:
        async with open_store(call.workspace()) as store:
            chosen, link = await _conflict(store, syncs_of(call, sync), person, field)
            _check_direction(chosen, field, side)
            part = Selection(only=(link.key,), winners={(link.id, field): side})
            done = await run_all(call, store, [(chosen, part)], yes=yes, asked_for=True)
            call.document({"runs": [one.document for one in done]})
            return max(one.status for one in done)

    return call.run(work())


async def _conflict(store: PostgresStore, syncs: list[Sync], person: str, field: str) -> tuple[Sync, Link]:
    """The one conflict about ``field`` of ``person`` that waits. Raises UnknownName or BadInput."""
    found = []
    for sync, link in await whoever(store, syncs, person):
        items = [stored.item for stored in await store.open_items(sync.name, [link.id])]
        if any(item.kind == ItemKind.CONFLICT and item.field == field for item in items):
            found.append((sync, link))
    if len(found) > 1:
        raise BadInput(
            "several records are meant by “{person}”: {records}",
            where="PERSON",
            remedy="Give one record's id, or the sync with --sync.",
            person=person,
            records=", ".join(f"{sync.name} {link.ma_object}:{link.ma_id}" for sync, link in found),
        )
    if not found:
        raise UnknownName(
            "no conflict about “{field}” of “{person}” waits for a person",
            remedy="awase conflicts lists them.",
            field=field,
            person=person,
        )
    return found[0]


def _check_direction(sync: Sync, field: str, winner: Side) -> None:
    mapping = next((mapping for mapping in sync.fields if mapping.name == field), None)
    loser = other(winner)
    if mapping is None or not mapping.direction.may_write(loser) or not sync.may_update(loser):
        raise BadInput(
            "“{field}” is never written to {connection}",
            where=f"sync {sync.name}",
            remedy="Change the direction of the field in awase.toml, or choose the other winner.",
            field=field,
            connection=sync.connection(loser),
        )
