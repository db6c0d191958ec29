"""``awase status`` and ``awase runs``: where things stand, without asking a vendor."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from awase.assembly import open_store
from awase.cli.amounts import allotments, item_kind, note_line, run_document, shown
from awase.cli.call import Call, help_text, verb
from awase.cli.items import local
from awase.core.mapping import Sync
from awase.core.records import ERROR_KINDS
from awase.engine.running import OBSERVE_ONLY
from awase.ports.store import RunRecord
from awase.store.postgres import PostgresStore

MODES = {"read-only": "read-only", "practice": "practice", "live": "live"}
ORG_KINDS = {"production": "production", "sandbox": "sandbox", "practice": "practice"}
_STATES = {
    "running": "running",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``app``."""
    verb(app, "status", "Show connections, syncs, the last run and what is open.")(status)
    verb(app, "runs", "List past runs, newest first.")(runs)


def status(call: Call) -> int:
    async def read() -> dict[str, Any]:
        async with open_store(call.workspace()) as store:
            return await _status(call, store)

    content = call.run(read())
    call.document(content)
    if not call.json:
        _show(call, content)
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
                "last_run": run_document(call, runs[0], sync) if runs else None,
            }
        )
    return {
        "workspace": workspace.name,
        "observe_only": await store.setting(OBSERVE_ONLY) or None,
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


def _show(call: Call, content: dict[str, Any]) -> None:
    if content["observe_only"]:
        call.say("Nothing is written: this install only observes ({reason}).", reason=content["observe_only"])
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
            else f"{local(run['started'], call.workspace())} {call.t(_STATES[run['state']])}"
        )
        call.say(
            "Sync “{sync}”: {last}; {linked} people linked.",
            sync=sync["name"],
            last=last,
            linked=sync["links"].get("linked", 0),
        )
        call.say("  Open errors: {count}", count=sync["errors"])
        for kind, count in sync["open"].items():
            call.say("  {kind}: {count}", kind=item_kind(call, kind), count=count)


def runs(
    call: Call,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help=help_text("How many."))] = 20,
) -> int:
    async def read() -> list[RunRecord]:
        async with open_store(call.workspace()) as store:
            return await store.runs(None, limit)

    known = {sync.name: sync for sync in call.workspace().syncs}
    found = call.run(read())
    call.document({"runs": [run_document(call, run, known.get(run.sync)) for run in found]})
    if not found:
        call.say("Nothing was run yet.")
        return 0
    table = call.table(("Run", "Sync", "Started", "State", "Records", "Calls"))
    for run in found:
        table.add_row(
            str(run.id),
            run.sync,
            local(run.started, call.workspace()),
            call.t(_STATES[run.state]) + (f"\n{note_line(call, run)}" if run.note else ""),
            _records(call, run, known.get(run.sync)),
            "  ".join(f"{lane} {count}" for lane, count in run.calls.items() if count),
        )
    call.show(table)
    return 0


def _records(call: Call, run: RunRecord, sync: Sync | None) -> str:
    lines = []
    for place, counts in run.sides.items():
        named = shown(sync, place) if sync else place
        parts = [
            f"{call.t(column)} {count}"
            for column in ("created", "updated", "unchanged", "held", "rejected", "waiting", "skipped")
            if (count := getattr(counts, column))
        ]
        lines.append(f"{named}: {call.t('read')} {counts.read} = {' + '.join(parts) or 0}")
    return "\n".join(lines)
