"""The queue of runs on procrastinate: its tables, what is put in, who takes it out, and what a dead worker left.

A job holds the name of a sync and whether it was asked for by hand; never a record, never a token (S-05). What the
library does not promise is made good elsewhere: that a sync runs once at a time is the claim's doing (``store.claim``),
for a job may be started twice (seen: a frozen worker that wakes, a worker that is told to stop).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector, RetryDecision, exceptions
from procrastinate.job_context import JobContext
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.retry import BaseRetryStrategy
from procrastinate.worker import Worker
from psycopg.conninfo import make_conninfo

from awase.errors import StoreBusy
from awase.store.connections import connect, translated, where
from awase.store.migrate import Guest, follow

SCHEMA = "awase_queue"
_TASK = "awase.run"
_QUEUE = "runs"
_POLL_SECONDS = 2.0
"""A job put back is not announced (confirmed, 3.10), so that workers have to look."""
_MOST_TAKEOVERS = 3
"""A run that has cost so many workers their lives is left to the schedule, which waits longer each time."""
_SETTINGS: Mapping[str, Any] = {
    "application_name": "awase worker",
    "options": f"-c search_path={SCHEMA} -c timezone=UTC",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A job as its run sees it."""

    sync: str
    once: bool
    """Asked for by hand."""
    attempt: int
    """0; more for a run that was begun before and not brought to its end."""


Run = Callable[[Ticket], Awaitable[None]]


def tables() -> Guest:
    """The library's own tables and the steps that led to them."""
    folder = files("procrastinate") / "sql"
    steps = [(file.name, file.read_bytes()) for file in (folder / "migrations").iterdir()]
    return Guest(
        schema=SCHEMA,
        whole=(folder / "schema.sql").read_bytes(),
        steps=tuple(sorted((name, code) for name, code in steps if name.endswith(".sql"))),
    )


@asynccontextmanager
async def open_queue(dsn: str) -> AsyncIterator[Queue]:
    """The queue in the workspace's database, its tables brought up to date. Raises StoreUnusable or StoreBusy."""
    connection = await connect(dsn)
    try:
        async with translated():
            await follow(connection, tables(), where(dsn))
    finally:
        await connection.close()
    connector = PsycopgConnector(
        conninfo=make_conninfo(dsn, **_SETTINGS), min_size=1, max_size=4, timeout=10.0
    )
    app = App(connector=connector)
    async with _answering():
        await app.open_async()
    try:
        yield Queue(app)
    finally:
        await app.close_async()


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    """The library's and the driver's failures as ours."""
    try:
        yield
    except (exceptions.ConnectorException, psycopg.OperationalError) as problem:
        words = str(problem.__cause__ or problem).strip()
        raise StoreBusy("the database does not answer: {words}", words=words) from problem


def is_of_queue(trouble: BaseException | None) -> bool:
    """Whether the queue itself has failed, not what it carries."""
    return isinstance(trouble, exceptions.ConnectorException)


class Queue:
    """Runs that wait or are being done, for all workers of the workspace."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._jobs = app.job_manager

    async def add(self, sync: str, *, once: bool, at: datetime | None = None) -> bool:
        """Put a run in, not to begin before ``at``; False where one of its kind waits already."""
        kind = "once" if once else "due"
        job = self._app.configure_task(
            _TASK, queue=_QUEUE, lock=f"sync:{sync}", queueing_lock=f"{kind}:{sync}", schedule_at=at
        )
        async with _answering():
            try:
                await job.defer_async(sync=sync, once=once)
            except exceptions.AlreadyEnqueued:
                return False
        return True

    async def busy(self) -> set[str]:
        """Syncs of which a run waits or is being done."""
        async with _answering():
            jobs = [
                *await self._jobs.list_jobs_async(queue=_QUEUE, status=Status.TODO.value),
                *await self._jobs.list_jobs_async(queue=_QUEUE, status=Status.DOING.value),
            ]
        return {str(job.task_kwargs["sync"]) for job in jobs}

    async def take_over(self, silent_for: float) -> list[str]:
        """Put back what workers were doing that gave no sign of life for so many seconds; the syncs concerned."""
        async with _answering():
            stalled = list(
                await self._jobs.get_stalled_jobs(queue=_QUEUE, seconds_since_heartbeat=silent_for)
            )
            return [str(job.task_kwargs["sync"]) for job in stalled if await self._put_back(job)]

    async def _put_back(self, job: Job) -> bool:
        """False where the job ends here: it was put back often enough, or another one waits in its place."""
        try:
            if job.attempts < _MOST_TAKEOVERS:
                await self._jobs.retry_job(job)
                return True
        except exceptions.UniqueViolation:
            pass  # one of its kind waits, which its lock would keep from ever starting
        await self._jobs.finish_job(job, Status.FAILED, delete_job=True)
        return False

    def worker(self, run: Run, *, at_once: int, grace: float, silent_for: float) -> QueueWorker:
        """A worker that hands each job to ``run``. It lives once."""
        return QueueWorker(self._app, run, at_once=at_once, grace=grace, silent_for=silent_for)


class _GoOnLater(BaseRetryStrategy):
    """A run broken off because its worker was stopped is taken up by the next one."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        del job
        return RetryDecision() if isinstance(exception, asyncio.CancelledError) else None


class QueueWorker:
    """One life of a worker on the queue."""

    def __init__(self, app: App, run: Run, *, at_once: int, grace: float, silent_for: float) -> None:
        self._app = app
        self._run = run
        self._runs: set[asyncio.Task[Any]] = set()
        app.task(name=_TASK, queue=_QUEUE, pass_context=True, retry=_GoOnLater())(self._one)
        self._worker = Worker(
            app,
            queues=[_QUEUE],
            concurrency=at_once,
            fetch_job_polling_interval=_POLL_SECONDS,
            shutdown_graceful_timeout=grace,
            delete_jobs=DeleteJobCondition.ALWAYS,
            install_signal_handlers=False,
            update_heartbeat_interval=silent_for / 4,
            stalled_worker_timeout=silent_for,
        )

    async def work(self) -> None:
        """Until told to stop, or until the database is lost. Raises StoreBusy."""
        async with _answering():
            await self._worker.run()  # type: ignore[no-untyped-call]

    def stop(self) -> None:
        """Take nothing more; what runs may come to its end within the grace."""
        self._worker.stop()  # type: ignore[no-untyped-call]

    def break_off(self) -> None:
        """What runs ends now; it is taken up by another worker."""
        for task in self._runs:
            task.cancel()

    async def show_life(self) -> None:
        """A sign of life. The library gives none while it waits for the last runs to end (seen, 3.10)."""
        if (number := self._worker.worker_id) is not None:
            async with _answering():
                await self._app.job_manager.update_heartbeat(number)

    async def _one(self, context: JobContext, *, sync: str, once: bool) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  for the type checker; a coroutine runs in a task
        self._runs.add(task)
        try:
            await self._run(Ticket(sync, once, context.job.attempts))
        finally:
            self._runs.discard(task)
