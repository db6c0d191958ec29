"""``awase status``: where things stand, without asking a vendor."""

from __future__ import annotations

from typing import Any

import typer

from awase.assembly import open_store
from awase.cli.amounts import allotments, item_kind, run_document
from awase.cli.call import Call, verb
from awase.cli.incidents import incident_document, say_incident
from awase.cli.items import local
from awase.cli.pause import say_paused, say_stopped
from awase.core.records import ERROR_KINDS
from awase.engine.running import OBSERVE_ONLY
from awase.engine.switches import WRITING_STOPPED, paused, thrown
from awase.ports.store import Incident
from awase.store.postgres import PostgresStore

MODES = {"read-only": "read-only", "practice": "practice", "live": "live"}
ORG_KINDS = {"production": "production", "sandbox": "sandbox", "practice": "practice"}
STATES = {
    "running": "running",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "status", "Show connections, syncs, the last run and what is open.")(status)


def status(call: Call) -> int:
    async def read() -> tuple[dict[str, Any], list[Incident]]:
        async with open_store(call.workspace()) as store:
            return await _status(call, store), await store.incidents()

    content, open_incidents = call.run(read())
    call.document(content)
    if not call.json:
        _show(call, content, open_incidents)
    return 0


async def _status(call: Call, store: PostgresStore) -> dict[str, Any]:
    workspace = call.workspace()
    known = {record.name: record for record in await store.connections()}
    budgets: dict[str, Any] = {}
    syncs = []
    for sync in workspace.syncs:
        budgets |= await allotments(workspace, sync, store)
        runs = await store.runs(sync.name, 1)
        kinds = await store.console.kind_counts(sync.name)
        syncs.append(
            {
                "name": sync.name,
                "links": await store.link_count(sync.name),
                "errors": sum(kinds.get(kind, 0) for kind in ERROR_KINDS),
                "open": kinds,
                "paused": await thrown(store, paused(sync.name)),
                "last_run": run_document(call, runs[0], sync) if runs else None,
            }
        )
    return {
        "workspace": workspace.name,
        "observe_only": await store.setting(OBSERVE_ONLY) or None,
        "writing_stopped": await thrown(store, WRITING_STOPPED),
        "incidents": [incident_document(call, incident) for incident in await store.incidents()],
        "connections": [
            {
                "name": name,
                "vendor": settings.vendor,
                "connected": name in known,
                "mode": known[name].mode if name in known else None,
                "org": known[name].org_name if name in known else None,
                "org_id": known[name].org_id if name in known else None,
                "kind": known[name].org_kind if name in known else None,
                "user": known[name].user if name in known else None,
                "calls": budgets.get(name),
            }
            for name, settings in workspace.connections.items()
        ],
        "syncs": syncs,
    }


def _show(call: Call, content: dict[str, Any], open_incidents: list[Incident]) -> None:
    if content["observe_only"]:
        call.say("Nothing is written: this install only observes ({reason}).", reason=content["observe_only"])
    if content["writing_stopped"]:
        say_stopped(call, content["writing_stopped"])
    for incident in open_incidents:
        say_incident(call, incident)
    table = call.table(
        ("Name", "Mode", "Org", "User", "Calls in 24 hours"),
        title=call.t("Connections of {workspace}", workspace=content["workspace"]),
    )
    for one in content["connections"]:
        if not one["connected"]:
            table.add_row(one["name"], call.t("not connected"), "", "", "")
            continue
        calls = one["calls"] or {"used": 0, "allotment": None}
        allotment = "-" if calls["allotment"] is None else f"{calls['allotment']:,}"
        table.add_row(
            one["name"],
            call.t(MODES[one["mode"]]),
            f"{one['org']} ({one['org_id']}, {call.t(ORG_KINDS[one['kind']])})",
            one["user"],
            f"{calls['used']:,} / {allotment}",
        )
    call.show(table)
    for sync in content["syncs"]:
        run = sync["last_run"]
        last = (
            call.t("never run")
            if run is None
            else f"{local(run['started'], call.workspace())} {call.t(STATES[run['state']])}"
        )
        call.say(
            "Sync “{sync}”: {last}; {linked} people linked.",
            sync=sync["name"],
            last=last,
            linked=sync["links"].get("linked", 0),
        )
        if sync["paused"]:
            say_paused(call, sync["name"], sync["paused"])
        call.say("  Open errors: {count}", count=sync["errors"])
        for kind, count in sync["open"].items():
            call.say("  {kind}: {count}", kind=item_kind(call, kind), count=count)
