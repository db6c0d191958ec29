"""``awase worker`` and ``awase enqueue``: runs by schedule, and a single run that a worker carries out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from awase.assembly import database, environment, open_store
from awase.cli.amounts import run_document
from awase.cli.call import Call, help_text, verb
from awase.cli.items import local
from awase.cli.status import STATES
from awase.cli.trouble import told as told_error
from awase.configuration import FILE_NAME, Workspace, load
from awase.core.mapping import Sync
from awase.engine.running import Report, sync_now
from awase.engine.switches import refusal
from awase.engine.watching import Watched, watch
from awase.errors import BadConfiguration, BadInput
from awase.locale import told
from awase.runtime.clock import SystemClock
from awase.runtime.unattended import nobody_to_ask

if TYPE_CHECKING:
    from awase.runtime.worker import Event

_LINES: Mapping[str, str] = {
    "ready": "Waiting for runs that are due (Ctrl-C ends it).",
    "began": "“{sync}” begins.",
    "ended": "“{sync}” has ended: {state}. {counts}",
    "failed": "“{sync}” came to no good end: {why}",
    "skipped": "“{sync}” is left out: {why}",
    "taken_over": "“{sync}” is taken over from a worker that died.",
    "stopped": "No run begins: {why}",
    "allowed": "Writing is allowed again.",
    "database": "Waiting for the database: {why}",
    "stopping": "Stopping; what runs may come to its end.",
    "drifted": "Drift in “{sync}”: {why}",
    "not_looked": "Settings of “{sync}” were not looked at: {why}",
}


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``app``."""
    verb(app, "worker", "Run syncs by their schedules until stopped; several workers are safe.")(worker)
    verb(app, "enqueue", "Have a worker run a sync once, as soon as it may.")(enqueue)


def worker(
    call: Call,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=16, help=help_text("Syncs run side by side."))
    ] = 1,
    silent_for: Annotated[
        float,
        typer.Option(
            "--silent-for",
            min=2,
            max=3600,
            help=help_text("Seconds without a sign of life after which another worker is taken for dead."),
        ),
    ] = 20.0,
    grace: Annotated[
        float,
        typer.Option(
            "--grace", min=0, max=86400, help=help_text("Seconds a run may still take when this is stopped.")
        ),
    ] = 20.0,
) -> int:
    # Loaded here: the queue's library takes a second.
    from awase.runtime.worker import Habits, SyncWorker

    _quiet()
    workspace = call.workspace()
    habits = Habits(at_once=at_once, silent_for=silent_for, grace=grace)

    async def work() -> None:
        async with open_store(workspace) as store, database(workspace) as (dsn, _):

            async def carry_out(workspace: Workspace, sync: Sync) -> Report:
                records = {record.name: record for record in await store.connections()}
                async with environment(workspace, sync, store) as env:
                    return await sync_now(env, sync, nobody_to_ask(sync, records))

            async def look_for_drift(workspace: Workspace, sync: Sync) -> Watched:
                async with environment(workspace, sync, store) as env:
                    return await watch(env, sync)

            configuration = _Configuration(call)
            await SyncWorker(
                dsn,
                store,
                SystemClock(),
                configuration.now,
                carry_out,
                look_for_drift,
                lambda event: _tell(call, event),
                habits,
            ).work()

    call.run(work())
    return 0


def enqueue(
    call: Call, name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None
) -> int:
    from awase.runtime.queue import open_queue

    _quiet()
    workspace = call.workspace()
    sync = workspace.sync(name).name
    now = SystemClock().now()
    opening = workspace.write_windows[sync].next_opening(now)
    if opening is None:
        raise BadInput("its write windows do not open within five weeks", where=f"sync {sync}")

    async def work() -> bool:
        async with open_store(workspace) as store, database(workspace) as (dsn, _):
            if refused := await refusal(store, sync):
                raise refused
            async with open_queue(dsn) as queue:
                return await queue.add(sync, once=True, at=opening if opening > now else None)

    added = call.run(work())
    call.document({"sync": sync, "added": added, "not_before": max(opening, now)})
    if not added:
        call.say("A single run of “{sync}” waits already.", sync=sync)
    elif opening > now:
        call.say(
            "“{sync}” waits for its write window at {moment}; then a worker runs it once.",
            sync=sync,
            moment=local(opening, workspace),
        )
    else:
        call.say("“{sync}” waits for a worker, which runs it once (awase worker).", sync=sync)
    return 0


class _Configuration:
    """``awase.toml`` as it is now; while there is a mistake in it, as it was before."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._file = call.directory / FILE_NAME
        self._good = call.workspace()
        self._stamp = self._changed()

    def now(self) -> Workspace:
        stamp = self._changed()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                found = load(self._file)
            except BadConfiguration as mistake:
                _line(self._call, *told_error(mistake, self._call.language).lines)
            else:
                if found.name == self._good.name:
                    self._good = found
        return self._good

    def _changed(self) -> tuple[int, int] | None:
        try:
            facts = self._file.stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_size


def _tell(call: Call, event: Event) -> None:
    """One line an event; with ``--json`` one document a line."""
    run = event.run
    why = told(event.why, call.language) if event.why else ""
    if call.json:
        document = {
            "at": SystemClock().now(),
            "event": event.kind,
            "sync": event.sync or None,
            "why": why,
            "run": run_document(call, run, _known(call, event.sync)) if run else None,
        }
        sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    else:
        counts = ", ".join(
            f"{call.t(column)} {count}"
            for column in ("created", "updated", "held", "rejected", "waiting")
            if run and (count := sum(getattr(side, column) for side in run.sides.values()))
        )
        words = call.t(
            _LINES[event.kind],
            sync=event.sync,
            why=why,
            state=call.t(STATES[run.state]) if run else "",
            counts=counts,
        ).rstrip()
        if run and why:
            words = f"{words} {why}"
        moment = local(SystemClock().now(), call.workspace())
        call.screen.print(f"{moment}  {words}", markup=False)
    sys.stdout.flush()


def _known(call: Call, name: str) -> Sync | None:
    """The sync of that name as it was when the worker began."""
    return next((sync for sync in call.workspace().syncs if sync.name == name), None)


def _line(call: Call, *lines: str) -> None:
    for line in lines:
        call.margin.print(line, markup=False)


def _quiet() -> None:
    """What the libraries log about lost connections is told by us, without their traces."""
    for name in ("procrastinate", "psycopg.pool"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
