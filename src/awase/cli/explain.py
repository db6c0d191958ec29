"""``awase explain PERSON``: everything that is known about one person, and every decision that was made."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from awase.assembly import open_store
from awase.catalogue import entry, owner_name
from awase.cli.amounts import item_kind
from awase.cli.call import Call, help_text, verb
from awase.cli.items import item_document, local, plain, source
from awase.core.identity import hashed_match_key
from awase.core.mapping import Sync
from awase.core.values import Value, as_text, unpack
from awase.errors import UnknownName
from awase.ports.store import StoredItem
from awase.store.console import JournalLine, Person

_LINK_STATES = {
    "linked": "linked",
    "unlinked": "not linked",
    "failed": "link given up",
    "ambiguous": "several matches",
}
_OUTCOMES = {
    "applied": "applied",
    "rejected": "rejected by the target",
    "deferred": "postponed",
    "unknown": "outcome unknown",
}
_OPERATIONS = {"create": "create", "update": "update", "opt_out": "opt-out"}


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "explain", "Show everything about one person: link, values, errors, writes, opt-outs.")(explain)


def explain(
    call: Call,
    person: Annotated[
        str,
        typer.Argument(
            metavar="PERSON", help=help_text("An e-mail address, a record id, or a key of Awase's.")
        ),
    ],
) -> int:
    workspace = call.workspace()

    async def find() -> list[Person]:
        async with open_store(workspace) as store:
            found = await store.console.find_person(None, person.strip(), hashed_match_key(person))
            object, _, id = person.strip().partition(":")
            if not found and object and id:
                # The form in which records are listed: ``contact:151``.
                found = await store.console.find_person(None, id, None)
            return found

    known = {sync.name: sync for sync in workspace.syncs}
    found = [one for one in call.run(find()) if one.sync in known]
    if not found:
        raise UnknownName(
            "nobody is known by “{person}”",
            where="PERSON",
            remedy="Give the address, or a record's id, as it was at the last sync; somebody new is met by the next one.",
            person=person,
        )
    call.document({"people": [_document(call, one, known[one.sync]) for one in found]})
    if not call.json:
        for one in found:
            _show(call, one, known[one.sync])
    return 0


def _agreed(person: Person) -> dict[str, dict[str, str | None]]:
    """The values last agreed on, by mapped field and side."""
    sides: dict[str, dict[str, Value]] = {"ma": {}, "crm": {}}
    if person.base is not None:
        sides = {"ma": unpack(person.base.ma or b"\x80"), "crm": unpack(person.base.crm or b"\x80")}
    names = sorted({*sides["ma"], *sides["crm"]})
    return {name: {side: as_text(values.get(name)) for side, values in sides.items()} for name in names}


def _document(call: Call, person: Person, sync: Sync) -> dict[str, Any]:
    return {
        "sync": person.sync,
        "link": plain(person.link),
        "agreed": _agreed(person),
        "open": [item_document(call, stored, sync) for stored in person.open_items],
        "closed": [
            {**item_document(call, stored, sync), "closed_at": stored.closed_at}
            for stored in person.closed_items
        ],
        "writes": [_write_document(line, sync) for line in person.journal],
        "opt_outs": [
            {"at": line.at, "scope": line.entry.scope, "source": line.entry.source} for line in person.ledger
        ],
    }


def _write_document(line: JournalLine, sync: Sync) -> dict[str, Any]:
    operation, outcome = line.operation, line.outcome
    return {
        "at": line.batch.sent_at,
        "run": line.batch.run,
        "to": sync.connection(operation.side),
        "object": operation.object,
        "id": (outcome.id if outcome else None) or operation.id,
        "kind": operation.kind,
        "values": {name: as_text(value) for name, value in operation.values.items()},
        "before": {name: as_text(value) for name, value in operation.before.items()},
        "opt_out": operation.opt_out is not None,
        "outcome": outcome.state if outcome else "unknown",
        "message": outcome.error.message if outcome and outcome.error else "",
    }


def _show(call: Call, person: Person, sync: Sync) -> None:
    link = person.link
    call.show(
        Text(
            call.t("Sync “{sync}”: {state}", sync=person.sync, state=call.t(_LINK_STATES[link.state])), "bold"
        )
    )
    for connection, object, id in (
        (sync.ma_connection, link.ma_object, link.ma_id),
        (sync.crm_connection, link.crm_object, link.crm_id),
    ):
        record = f"{object}:{id}" if id else call.t("no record there")
        call.say("  {connection}: {record}", connection=connection, record=record)
    call.say("  Key: {key}", key=link.key)
    for stored in person.open_items:
        _show_item(call, stored)
    if not person.open_items:
        call.say("Nothing stands against agreement.")
    _show_agreed(call, person, sync)
    _show_writes(call, person, sync)
    for line in person.ledger:
        moment = local(line.at, call.workspace())
        call.say("Opt-out seen {moment} at {source}.", moment=moment, source=line.entry.source)
    for stored in person.closed_items:
        moment = local(stored.closed_at or stored.last_seen, call.workspace())
        name = entry(stored.item.error_type).name.in_(call.language)
        call.say("Closed {moment}: {name} {field}", moment=moment, name=name, field=stored.item.field)


def _show_item(call: Call, stored: StoredItem) -> None:
    item, found = stored.item, entry(stored.item.error_type)
    call.show(
        Text(
            f"● {found.name.in_(call.language)} ({item_kind(call, item.kind)}, {source(call, item.source)}) "
            f"{item.field} {item.value or ''}",
            "bold",
        )
    )
    if item.message:
        call.say("  In the target's words: {message}", message=item.message)
    call.say("  {meaning}", meaning=found.meaning.in_(call.language))
    for fix in found.fixes:
        call.say("  → {who}: {fix}", who=owner_name(fix.who, call.language), fix=fix.in_(call.language))


def _show_agreed(call: Call, person: Person, sync: Sync) -> None:
    agreed = _agreed(person)
    if not agreed:
        call.say("Both sides never agreed on anything yet.")
        return
    table = call.table(
        ("Field", sync.ma_connection, sync.crm_connection), title=call.t("Values last agreed on")
    )
    for name, sides in agreed.items():
        table.add_row(
            call.t("opted out") if name.startswith("_") else name, sides["ma"] or "", sides["crm"] or ""
        )
    call.show(table)


def _show_writes(call: Call, person: Person, sync: Sync) -> None:
    if not person.journal:
        return
    table = call.table(
        ("When", "Run", "to", "Operation", "Values", "Outcome"), title=call.t("What was written")
    )
    for line in person.journal:
        operation = line.operation
        changes = "\n".join(
            f"{name}: {as_text(operation.before.get(name)) or '-'} → {as_text(value) or '-'}"
            for name, value in operation.values.items()
        )
        outcome = line.outcome.state.value if line.outcome else "unknown"
        table.add_row(
            local(line.batch.sent_at, call.workspace()),
            str(line.batch.run),
            f"{sync.connection(operation.side)}:{operation.object}",
            call.t(_OPERATIONS[operation.kind.value]),
            Text(changes),
            call.t(_OUTCOMES[outcome]),
        )
    call.show(table)
