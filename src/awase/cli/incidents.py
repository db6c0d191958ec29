"""``awase incidents``: faults of a connection or a whole sync, each told once."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from awase.assembly import open_store
from awase.cli.call import Call, help_text, verb
from awase.cli.items import local
from awase.locale import text, told
from awase.ports.store import Incident

_SUBJECTS = {"connection": "connection {name}", "sync": "sync {name}", "drift": "settings of sync {name}"}
_MANY = 1_000


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "incidents", "List faults of connections and whole syncs, and since when.")(incidents)


def incidents(
    call: Call,
    all: Annotated[bool, typer.Option("--all", help=help_text("Past ones too."), show_default=False)] = False,
) -> int:
    async def read() -> list[Incident]:
        async with open_store(call.workspace()) as store:
            return await store.incidents(open_only=not all, limit=_MANY)

    found = call.run(read())
    call.document({"incidents": [incident_document(call, one) for one in found]})
    if not found:
        call.say("No incidents.")
    for one in found:
        say_incident(call, one)
    return 1 if any(one.closed_at is None for one in found) else 0


def incident_document(call: Call, incident: Incident) -> dict[str, Any]:
    """One incident as JSON."""
    return {
        "id": incident.id,
        "subject": incident.subject,
        "code": incident.code,
        "text": text(incident.note.text, call.language, **incident.note.places),
        "where": incident.note.where,
        "affected": incident.affected,
        "opened": incident.opened,
        "last_seen": incident.last_seen,
        "closed_at": incident.closed_at,
    }


def subject_words(incident: Incident, language: str) -> str:
    """Of what an incident is, in words."""
    sort, _, name = incident.subject.partition(":")
    return text(_SUBJECTS[sort], language, name=name)


def say_incident(call: Call, incident: Incident) -> None:
    """An incident for a person."""
    workspace = call.workspace()
    subject, since = subject_words(incident, call.language), local(incident.opened, workspace)
    if incident.closed_at is None:
        call.say(
            "Incident of {subject} since {when}: {what}",
            subject=subject,
            when=since,
            what=_what(call, incident),
        )
        call.say(
            "  Last seen {when}; linked people it keeps waiting: {count}",
            when=local(incident.last_seen, workspace),
            count=incident.affected,
        )
    else:
        ended = local(incident.closed_at, workspace)
        call.say(
            "Past incident of {subject}, {when} to {ended}: {what}",
            subject=subject,
            when=since,
            ended=ended,
            what=_what(call, incident),
        )


def _what(call: Call, incident: Incident) -> str:
    return told(incident.note, call.language)
