"""``awase runs``: what was run and how it ended, and when each sync is due next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from awase.assembly import open_store
from awase.cli.amounts import note_line, run_document, shown
from awase.cli.call import Call, help_text, verb
from awase.cli.items import local
from awase.cli.pause import say_paused, say_stopped
from awase.cli.status import STATES
from awase.configuration import Workspace
from awase.core.mapping import Sync
from awase.core.schedule import Schedule
from awase.engine.switches import Switch
from awase.locale import told
from awase.ports.store import RunRecord
from awase.runtime.clock import SystemClock
from awase.runtime.standing import Standing, standing, writing_stopped
from awase.store.postgres import PostgresStore


@dataclass(frozen=True, slots=True)
class _Found:
    runs: list[RunRecord]
    standings: list[Standing]
    stopped: Switch | None


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "runs", "List past runs, newest first, and when each sync is due next.")(runs)


def runs(
    call: Call,
    name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help=help_text("How many."))] = 20,
) -> int:
    workspace = call.workspace()
    chosen = [workspace.sync(name)] if name else list(workspace.syncs)
    now = SystemClock().now()

    async def read() -> _Found:
        async with open_store(workspace) as store:
            found = await store.runs(name, limit)
            return _Found(
                found, await _standings(workspace, chosen, store, now), await writing_stopped(store)
            )

    found = call.run(read())
    known = {sync.name: sync for sync in workspace.syncs}
    call.document(
        {
            "runs": [run_document(call, run, known.get(run.sync)) for run in found.runs],
            "syncs": [_standing_document(call, workspace, one, now) for one in found.standings],
            "writing_stopped": found.stopped,
        }
    )
    if not found.runs:
        call.say("Nothing was run yet.")
    else:
        _show_runs(call, found.runs, known)
    for one in found.standings:
        _say_standing(call, one, now)
    if found.stopped:
        say_stopped(call, found.stopped)
    return 0


async def _standings(
    workspace: Workspace, syncs: Sequence[Sync], store: PostgresStore, now: datetime
) -> list[Standing]:
    return [
        await standing(
            store, sync.name, workspace.schedules.get(sync.name), workspace.write_windows[sync.name], now
        )
        for sync in syncs
    ]


def _standing_document(call: Call, workspace: Workspace, one: Standing, now: datetime) -> dict[str, Any]:
    windows = workspace.write_windows[one.sync]
    return {
        "sync": one.sync,
        "schedule": _schedule_document(workspace.schedules.get(one.sync)),
        "next_due": one.next_due,
        "failures": one.failures,
        "paused": one.paused,
        "skipped_at": one.seen.skipped_at if one.seen else None,
        "skipped_because": told(one.seen.why, call.language) if one.seen and one.seen.why else "",
        "may_write_now": windows.open_at(now),
        "may_write_from": windows.next_opening(now),
    }


def _schedule_document(schedule: Schedule | None) -> dict[str, Any] | None:
    if schedule is None:
        return None
    seconds = schedule.every / timedelta(seconds=1) if schedule.every else None
    return {"every_seconds": seconds, "cron": schedule.cron or None, "time_zone": schedule.zone}


def _say_standing(call: Call, one: Standing, now: datetime) -> None:
    workspace = call.workspace()
    if one.sync not in workspace.schedules:
        call.say("“{sync}”: no schedule; it runs when told to.", sync=one.sync)
    elif one.next_due is None:
        call.say("“{sync}”: its write windows do not open within five weeks.", sync=one.sync)
    elif one.next_due <= now:
        call.say("“{sync}”: due now; it runs as soon as a worker is free (awase worker).", sync=one.sync)
    else:
        call.say("“{sync}”: next due {moment}.", sync=one.sync, moment=local(one.next_due, workspace))
    if one.failures > 1:
        call.say("  {count} runs in a row did not come to a good end.", count=one.failures)
    if one.seen is not None and one.seen.skipped_at is not None and one.seen.why is not None:
        call.say(
            "  Last left out {moment}: {reason}",
            moment=local(one.seen.skipped_at, workspace),
            reason=told(one.seen.why, call.language),
        )
    if one.paused is not None:
        say_paused(call, one.sync, one.paused)


def _show_runs(call: Call, found: Sequence[RunRecord], known: dict[str, Sync]) -> None:
    table = call.table(("Run", "Sync", "Started", "State", "Records", "Calls"))
    for run in found:
        table.add_row(
            str(run.id),
            run.sync,
            local(run.started, call.workspace()),
            call.t(STATES[run.state]) + (f"\n{note_line(call, run)}" if run.note else ""),
            _records(call, run, known.get(run.sync)),
            "  ".join(f"{lane} {count}" for lane, count in run.calls.items() if count),
        )
    call.show(table)


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
