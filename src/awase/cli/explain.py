"""``awase explain PERSON``: everything that is known about one person, and every decision that was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.text import Text

from awase.assembly import environment, open_store
from awase.catalogue import entry, owner_name
from awase.cli.amounts import WRITES, item_kind
from awase.cli.call import Call, help_text, verb
from awase.cli.items import item_document, local, plain, source
from awase.core.frames import OUT, made_fields, unpacked_sides
from awase.core.identity import hashed_match_key
from awase.core.mapping import OWNERS, Sync
from awase.core.operations import SIDES, Side, State
from awase.core.records import ItemKind, LinkState
from awase.core.values import Value, as_text
from awase.engine.looking import left_out_by
from awase.errors import UnknownName
from awase.ports.store import StoredItem
from awase.store.console import JournalLine, Person

LINK_STATES: Mapping[LinkState, str] = {
    "linked": "linked",
    "unlinked": "not linked",
    "failed": "link given up",
    "ambiguous": "several matches",
    "deleted": "partner deleted",
    "merged": "partner merged into another record",
}
OUTCOMES: Mapping[State, str] = {
    State.APPLIED: "applied",
    State.REJECTED: "rejected by the target",
    State.DEFERRED: "postponed",
    State.UNKNOWN: "outcome unknown",
}


NOTES = ("_", "~")
"""How the names of what a base notes beside mapped fields begin."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One person in one sync."""

    person: Person
    sync: Sync
    excluded: str | None
    """Why a person keeps them out."""
    left_out: Mapping[Side, list[str]] | None
    """By side, tests of the filter that they do not meet; None where nobody looked."""

    @property
    def takes_part(self) -> bool:
        return self.excluded is None and not any((self.left_out or {}).values())


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
    look: Annotated[
        bool,
        typer.Option(
            "--look",
            help=help_text("Read the records now, to tell whether a filter leaves them out (a few calls)."),
            show_default=False,
        ),
    ] = False,
) -> int:
    workspace = call.workspace()
    known = {sync.name: sync for sync in workspace.syncs}

    async def find() -> list[Explained]:
        async with open_store(workspace) as store:
            people = await store.console.find_person(None, person.strip(), hashed_match_key(person))
            object, _, id = person.strip().partition(":")
            if not people and object and id:
                # The form in which records are listed: ``contact:151``.
                people = await store.console.find_person(None, id, None)
            explained = []
            for one in (one for one in people if one.sync in known):
                left_out = None
                if look:
                    async with environment(workspace, known[one.sync], store) as env:
                        left_out = await left_out_by(env, known[one.sync], one.link)
                reason = (await store.exclusions(one.sync)).get(one.link.id)
                explained.append(Explained(one, known[one.sync], reason, left_out))
            return explained

    found = call.run(find())
    if not found:
        raise UnknownName(
            "nobody is known by “{person}”",
            where="PERSON",
            remedy="Give the address, or a record's id, as it was at the last sync; somebody new is met by the next one.",
            person=person,
        )
    call.document({"people": [_document(call, one) for one in found]})
    if not call.json:
        for one in found:
            _show(call, one)
    return 0


def _agreed(person: Person) -> dict[str, dict[str, str | None]]:
    """The values last agreed on, by mapped field and side."""
    sides = _sides(person)
    noted = {name for values in sides.values() for name in values}
    names = sorted(name for name in noted if name == OUT or name[:1] not in NOTES)
    return {name: {side: as_text(values.get(name)) for side, values in sides.items()} for name in names}


def _sides(person: Person) -> Mapping[Side, Mapping[str, Value]]:
    return {"ma": {}, "crm": {}} if person.base is None else unpacked_sides(person.base)


def _made(person: Person) -> dict[Side, list[str]]:
    """By side, the fields whose values a default or a truncation made."""
    return {side: made_fields(values) for side, values in _sides(person).items()}


def _parents(person: Person) -> list[dict[str, str]]:
    """Records that this one waits for, each with the field and the sync that would bring it (or ``owners``)."""
    return [
        {"field": item.field, "record": item.detail.get("parent", ""), "through": item.detail["through"]}
        for item in (stored.item for stored in person.open_items)
        if item.detail.get("through") and item.kind in (ItemKind.WAITING, ItemKind.HELD)
    ]


def _document(call: Call, explained: Explained) -> dict[str, Any]:
    person, sync = explained.person, explained.sync
    return {
        "sync": person.sync,
        "link": plain(person.link),
        "excluded": explained.excluded,
        "left_out_by": explained.left_out,
        "gone": sync.connection(person.link.gone) if person.link.gone else None,
        "waits_for": _parents(person),
        "made": _made(person),
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
        "outcome": outcome.state if outcome else State.UNKNOWN,
        "message": outcome.error.message if outcome and outcome.error else "",
    }


def _show(call: Call, explained: Explained) -> None:
    person, sync = explained.person, explained.sync
    link = person.link
    call.show(
        Text(
            call.t("Sync “{sync}”: {state}", sync=person.sync, state=call.t(LINK_STATES[link.state])), "bold"
        )
    )
    for connection, object, id in (
        (sync.ma_connection, link.ma_object, link.ma_id),
        (sync.crm_connection, link.crm_object, link.crm_id),
    ):
        record = f"{object}:{id}" if id else call.t("no record there")
        call.say("  {connection}: {record}", connection=connection, record=record)
    call.say("  Key: {key}", key=link.key)
    _show_circumstances(call, explained)
    for stored in person.open_items:
        _show_item(call, stored)
    if not person.open_items and explained.takes_part:
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


def _show_circumstances(call: Call, explained: Explained) -> None:
    """What keeps a person out, what they wait for, and which values are not their own."""
    person, sync = explained.person, explained.sync
    gone = person.link.gone
    if explained.excluded is not None:
        call.say("Never synced, by a person's choice: {words}", words=explained.excluded)
    if gone and person.link.state == "merged":
        call.say("The record in {connection} was merged into another.", connection=sync.connection(gone))
    elif gone:
        call.say("The record in {connection} was deleted.", connection=sync.connection(gone))
    for side, tests in (explained.left_out or {}).items():
        for test in tests:
            call.say(
                "Left out by the filter of {connection}: {test}", connection=sync.connection(side), test=test
            )
    if explained.left_out is None and any(map(sync.filter, SIDES)):
        call.say("Whether the filter leaves them out: awase explain {record} --look", record=person.link.key)
    for parent in _parents(person):
        if parent["through"] == OWNERS:
            call.say("{field}: the owner {record} has no partner who may own records.", **parent)
        else:
            call.say("{field}: waits until sync “{through}” has a partner for {record}.", **parent)
    for side, names in _made(person).items():
        if names:
            call.say(
                "Made by a default or a truncation in {connection}, and never carried back: {fields}",
                connection=sync.connection(side),
                fields=", ".join(names),
            )


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
        if item.source == "answered":
            call.say("  In the target's words: {message}", message=item.message)
        else:
            call.say("  The rule says: {message}", message=item.message)
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
        table.add_row(call.t("opted out") if name == OUT else name, sides["ma"] or "", sides["crm"] or "")
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
        outcome = line.outcome.state if line.outcome else State.UNKNOWN
        table.add_row(
            local(line.batch.sent_at, call.workspace()),
            str(line.batch.run),
            f"{sync.connection(operation.side)}:{operation.object}",
            call.t(WRITES[operation.kind]),
            Text(changes),
            call.t(OUTCOMES[outcome]),
        )
    call.show(table)
