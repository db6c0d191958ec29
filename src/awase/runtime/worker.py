"""A worker: puts runs that are due into the queue, carries out what the queue holds, and goes on until told to stop.

Any number of them may work for one workspace, on any number of machines. Each computes what is due from the store alone;
the queue keeps two of them from putting the same run in, a run that is no longer due when its turn comes is dropped, and
the claim on the sync keeps what is left from running twice.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from awase.configuration import Workspace
from awase.core.mapping import Sync, parents_first
from awase.engine.running import Report
from awase.engine.switches import refusal
from awase.engine.watching import Watched, is_due
from awase.errors import AlreadyRunning, AwaseError, Bug, LostFence, StoreBusy
from awase.ports.runtime import Clock
from awase.ports.store import Note, RunRecord, Store
from awase.runtime.queue import Queue, QueueWorker, Ticket, is_of_queue, open_queue
from awase.runtime.standing import Seen, left_out, remember, seen, standing, writing_stopped
from awase.runtime.traces import keep_trace
from awase.runtime.unattended import put_on_record

_LOOK_SECONDS = 1.0
"""How often a worker looks what is due."""
_WATCH_SECONDS = 5.0
"""How often it looks whether it is time to look for drift."""
_WAIT_FOR_DATABASE = 5.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a worker tells."""

    kind: Literal[
        "ready",
        "began",
        "ended",
        "failed",
        "skipped",
        "taken_over",
        "stopped",
        "allowed",
        "database",
        "stopping",
        "drifted",
        "not_looked",
    ]
    sync: str = ""
    run: RunRecord | None = None
    """Of ``ended``."""
    why: Note | None = None
    """Of what did not come to its end, or did not begin."""


Tell = Callable[[Event], None]
CarryOut = Callable[[Workspace, Sync], Awaitable[Report]]
LookForDrift = Callable[[Workspace, Sync], Awaitable[Watched]]
Order = Callable[[Sequence[Sync]], Sequence[Sync]]


@dataclass(frozen=True, slots=True)
class Habits:
    """How a worker works. Times are seconds."""

    at_once: int = 1
    """Syncs run side by side."""
    silent_for: float = 20.0
    """Without a sign of life for so long, a worker is taken for dead."""
    grace: float = 20.0
    """What a run may still take when the worker is told to stop."""
    order: Order = parents_first
    """In which syncs that are due together are begun: those that others go through first."""


class SyncWorker:
    """See the module's text. ``workspace`` gives the configuration of the moment; ``carry_out`` one guarded run,
    ``look_for_drift`` what changed in the systems since the last one."""

    def __init__(
        self,
        dsn: str,
        store: Store,
        clock: Clock,
        workspace: Callable[[], Workspace],
        carry_out: CarryOut,
        look_for_drift: LookForDrift,
        tell: Tell,
        habits: Habits = Habits(),
    ) -> None:
        self._dsn = dsn
        self._store = store
        self._clock = clock
        self._workspace = workspace
        self._carry_out = carry_out
        self._look_for_drift = look_for_drift
        self._tell = tell
        self._habits = habits
        self._stopping = asyncio.Event()
        self._at_queue: QueueWorker | None = None
        self._writing_stopped = False

    async def work(self) -> None:
        """Until SIGTERM or SIGINT; a second one does not wait for what runs. Raises StoreUnusable."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_unheard)
        with suppress(NotImplementedError):  # Windows, where Ctrl-C breaks off
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop)
        while not self._stopping.is_set():
            try:
                async with open_queue(self._dsn) as queue:
                    await self._live(queue)
            except StoreBusy as lost:
                self._tell(Event("database", why=Note.of(lost)))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), _WAIT_FOR_DATABASE)

    def stop(self) -> None:
        """Come to an end; called again, at once."""
        if self._stopping.is_set() and self._at_queue is not None:
            self._at_queue.break_off()
            return
        self._stopping.set()
        self._tell(Event("stopping"))
        if self._at_queue is not None:
            self._at_queue.stop()

    async def _live(self, queue: Queue) -> None:
        """As long as the database answers. Raises StoreBusy when it no longer does."""
        habits = self._habits
        worker = queue.worker(
            self._one, at_once=habits.at_once, grace=habits.grace, silent_for=habits.silent_for
        )
        self._at_queue = worker
        self._tell(Event("ready"))
        house = asyncio.create_task(self._keep_house(queue, worker))
        watch = asyncio.create_task(self._keep_watch())
        try:
            await worker.work()
        finally:
            self._at_queue = None
            house.cancel()
            watch.cancel()
            found, _ = await asyncio.gather(house, watch, return_exceptions=True)
        if isinstance(found, Exception):
            raise found
        if not self._stopping.is_set():
            raise StoreBusy("the connection to the database was lost")

    async def _keep_house(self, queue: Queue, worker: QueueWorker) -> None:
        try:
            while True:
                await worker.show_life()
                if self._stopping.is_set():
                    worker.stop()
                else:
                    await self._look(queue)
                await asyncio.sleep(_LOOK_SECONDS)
        except Exception:
            worker.stop()
            raise

    async def _keep_watch(self) -> None:
        """Look for drift between runs; nothing that goes wrong with it keeps a run from beginning."""
        while not self._stopping.is_set():
            with suppress(StoreBusy):  # housekeeping tells it and waits for it
                workspace = self._workspace()
                every, now = workspace.drift_every, self._clock.now()
                for sync in self._habits.order(workspace.syncs) if every else ():
                    if every and await is_due(self._store, sync.name, every, now):
                        await self._watch(workspace, sync)
            await asyncio.sleep(_WATCH_SECONDS)

    async def _watch(self, workspace: Workspace, sync: Sync) -> None:
        try:
            found = await self._look_for_drift(workspace, sync)
        except StoreBusy:
            raise
        except AwaseError as trouble:
            self._tell(Event("not_looked", sync.name, why=Note.of(trouble)))
        except Exception as trouble:  # noqa: BLE001  no look may end the worker
            kept = keep_trace(trouble)
            error = Bug(
                "This is a mistake of Awase's, not yours. Reference: {reference}", reference=kept.reference
            )
            self._tell(Event("not_looked", sync.name, why=Note.of(error)))
        else:
            if found.note is not None:
                self._tell(Event("drifted", sync.name, why=found.note))

    async def _look(self, queue: Queue) -> None:
        """Take over what a dead worker left, and put in what is due."""
        for name in await queue.take_over(self._habits.silent_for):
            self._tell(Event("taken_over", name))
        if await self._is_writing_stopped():
            return
        workspace, now = self._workspace(), self._clock.now()
        busy = await queue.busy()
        for sync in self._habits.order(workspace.syncs):
            schedule = workspace.schedules.get(sync.name)
            if schedule is None or sync.name in busy:
                continue
            if await seen(self._store, sync.name) is None:
                await remember(self._store, sync.name, Seen(since=now))
            # Outside its write windows a run still carries opt-outs, so it is due all the same.
            stands = await standing(self._store, sync.name, schedule, None, now)
            if stands.runs_at(now):
                await queue.add(sync.name, once=False)

    async def _is_writing_stopped(self) -> bool:
        switch = await writing_stopped(self._store)
        if (switch is not None) != self._writing_stopped:
            self._writing_stopped = switch is not None
            why = await refusal(self._store, "") if switch else None
            self._tell(Event("stopped" if switch else "allowed", why=Note.of(why) if why else None))
        return switch is not None

    async def _one(self, ticket: Ticket) -> None:
        """One job of the queue. Never raises for what is wrong with the run: that is put on record."""
        workspace = self._workspace()
        sync = next((one for one in workspace.syncs if one.name == ticket.sync), None)
        if sync is None or await self._is_no_longer_due(workspace, ticket):
            return
        refused = await refusal(self._store, sync.name)
        if refused is not None:
            self._tell(Event("skipped", sync.name, why=Note.of(refused)))
            return
        newest = await self._store.runs(sync.name, 1)
        before = newest[0].id if newest else 0
        self._tell(Event("began", sync.name))
        try:
            report = await self._carry_out(workspace, sync)
        except AlreadyRunning as running:
            await left_out(self._store, sync.name, running, self._clock.now())
            self._tell(Event("skipped", sync.name, why=Note.of(running)))
        except LostFence as lost:
            # Another process owns the sync now; its run is the one that counts.
            self._tell(Event("failed", sync.name, why=Note.of(lost)))
        except Exception as trouble:  # noqa: BLE001  one run's failure must not end the worker
            await self._failed(sync.name, before, trouble)
        else:
            self._tell(Event("ended", sync.name, run=report.run, why=report.run.note))

    async def _failed(self, sync: str, before: int, trouble: Exception) -> None:
        if isinstance(trouble, AwaseError) and not isinstance(trouble, Bug):
            error, note = trouble, Note.of(trouble)
        else:
            kept = keep_trace(trouble)
            error = Bug(
                "This is a mistake of Awase's, not yours. Reference: {reference}", reference=kept.reference
            )
            note = msgspec.structs.replace(Note.of(error), code=kept.code)
        self._tell(Event("failed", sync, why=note))
        with suppress(StoreBusy):  # the database is gone; housekeeping tells it and waits for it
            await put_on_record(self._store, self._clock, sync, before, note, error)

    async def _is_no_longer_due(self, workspace: Workspace, ticket: Ticket) -> bool:
        """Another worker may have run it while this job waited. What was broken off goes on in any case."""
        if ticket.once or ticket.attempt:
            return False
        now = self._clock.now()
        stands = await standing(
            self._store,
            ticket.sync,
            workspace.schedules.get(ticket.sync),
            None,
            now,
        )
        return not stands.runs_at(now)


def _unheard(loop: asyncio.AbstractEventLoop, facts: dict[str, Any]) -> None:
    """A job whose end the queue no longer wants to hear, for another worker took it over, is no news to anybody."""
    if not is_of_queue(facts.get("exception")):
        loop.default_exception_handler(facts)
