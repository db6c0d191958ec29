"""Virtual time: ``ports.runtime.Tasks`` on a seeded scheduler that steps the production coroutines one at a time.

    with VirtualTasks(seed) as tasks:
        result = tasks.run(engine_sync(tasks, tasks.clock, ...))

The same seed gives the same interleaving, to the step. Which of the ready tasks goes next is drawn by the seed; time
stands still while anything is ready and then jumps to the next sleeper. Nothing here imports asyncio, and a coroutine
that awaits anything but these ports is refused.

A *crash* abandons every task where it stands: no ``finally`` runs, as when a process is killed. The abandoned
coroutines are kept until the ``with`` block ends and are closed only there, so end the world (and look at what it
stored) inside the block. After a crash ``run`` may be called again: a new process in the same world and time.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType, coroutine
from typing import Any, TypeVar

from awase.ports.runtime import Channel, Nursery

T = TypeVar("T")

_PARKED = object()
"""What a coroutine of ours yields; anything else was awaited by mistake."""


class Killed(BaseException):
    """The process died here. Raised to the caller of ``run``, never into the coroutines it abandons."""


class Cancelled(BaseException):
    """A task was told to stop, by its nursery or by the time limit that is ``origin``."""

    def __init__(self, origin: object) -> None:
        super().__init__("cancelled")
        self.origin = origin


class Deadlock(Exception):
    """Nothing is ready, nobody sleeps, and the work is not done; the text names who waits for what."""


class Endless(Exception):
    """The work took more steps than it was allowed."""


@dataclass
class VirtualClock:
    """``ports.runtime.Clock`` that moves only by the scheduler, or by ``jump`` (the wall clock alone, as a fault)."""

    start: datetime = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
    time: float = 0.0
    offset: float = 0.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.time + self.offset)

    def monotonic(self) -> float:
        return self.time

    def jump(self, seconds: float) -> None:
        """Set our wall clock forward or, by a negative number, back."""
        self.offset += seconds


@dataclass(eq=False, slots=True)
class _Task:
    coro: Coroutine[Any, Any, Any]
    number: int
    nursery: _VirtualNursery | None
    ready: bool = True
    ticket: int = 0
    """Raised at each park: a wake-up or a timer with an older ticket is stale."""
    waits_for: str = ""
    pending: list[Cancelled] = field(default_factory=list)
    done: bool = False
    dead: bool = False
    result: Any = None
    failure: BaseException | None = None

    def __str__(self) -> str:
        return (
            f"{getattr(self.coro, '__qualname__', 'task')} #{self.number} ({self.waits_for or 'not started'})"
        )


@coroutine
def _yield() -> Generator[object, None, None]:
    yield _PARKED


class VirtualTasks:
    """The scheduler. ``steps`` counts the steps so far, ``trace`` digests which task took each."""

    def __init__(self, seed: int, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock()
        self.steps = 0
        self.trace = 0
        self._random = random.Random(seed)
        self._ready: list[_Task] = []
        self._timers: list[tuple[float, int, _Task, int, _Limit | None]] = []
        self._numbers = 0
        self._live: set[_Task] = set()
        self._abandoned: list[_Task] = []
        self._current: _Task | None = None
        self._stop_at = -1

    def __enter__(self) -> VirtualTasks:
        return self

    def __exit__(self, *exc: object) -> None:
        for task in self._abandoned:
            self._current = task
            # The world has ended: what an abandoned coroutine still says while it is closed concerns nobody.
            with suppress(BaseException):
                task.coro.close()
        self._abandoned.clear()
        self._current = None

    # -- running -------------------------------------------------------------------------------------------------

    def run(
        self, work: Coroutine[Any, Any, T], *, kill_at: int | None = None, at_most: int = 10_000_000
    ) -> T:
        """Run ``work`` to its end and return its result, or raise what it raised.

        ``kill_at`` crashes after that many steps of this run (raises ``Killed``); ``at_most`` bounds a livelock.
        """
        main = self._spawn(work, None)
        last = self.steps + at_most
        self._stop_at = last if kill_at is None else min(last, self.steps + kill_at)
        try:
            while not main.done:
                if self.steps >= self._stop_at:
                    raise Endless(f"{at_most} steps and no end") if self.steps >= last else Killed
                if not self._ready:
                    self._advance()
                self._step()
        finally:
            self._abandon()
        if main.failure is not None:
            raise main.failure
        return main.result  # type: ignore[no-any-return]

    def kill(self) -> None:
        """Crash as soon as the task that is running next waits for anything."""
        self._stop_at = 0

    async def die(self) -> None:
        """Crash at exactly this place."""
        self.kill()
        await self._park("its death")

    def _step(self) -> None:
        ready = self._ready
        index = int(self._random.random() * len(ready))
        task = ready[index]
        ready[index] = ready[-1]
        ready.pop()
        task.ready = False
        self.steps += 1
        self.trace = (self.trace * 1_000_003 + task.number) & 0xFFFF_FFFF_FFFF
        self._current = task
        try:
            said = task.coro.throw(task.pending.pop(0)) if task.pending else task.coro.send(None)
        except StopIteration as end:
            self._ended(task, end.value, None)
        except BaseException as failure:  # noqa: BLE001 - handed to the nursery, or to the caller of run
            self._ended(task, None, failure)
        else:
            if said is not _PARKED:
                raise TypeError(f"{task} awaits {said!r}, which does not belong to virtual time")
            if task.pending:
                self._wake(task, task.ticket)

    def _advance(self) -> None:
        """Let time jump to the next timer that still counts, and wake all that are due then."""
        timers = self._timers
        while timers and not self._ready:
            self.clock.time = max(self.clock.time, timers[0][0])
            while timers and timers[0][0] <= self.clock.time:
                _, _, task, ticket, limit = heapq.heappop(timers)
                if limit is None:
                    self._wake(task, ticket)
                elif limit.active:
                    self._interrupt(task, Cancelled(limit))
        if not self._ready:
            waiting = ", ".join(str(task) for task in sorted(self._live, key=lambda task: task.number))
            raise Deadlock(f"waiting for ever: {waiting}")

    def _ended(self, task: _Task, result: Any, failure: BaseException | None) -> None:
        task.done = True
        task.result, task.failure = result, failure
        self._live.discard(task)
        if task.nursery is not None:
            task.nursery.child_ended(task)

    def _abandon(self) -> None:
        for task in self._live:
            task.dead = True
        self._abandoned += sorted(self._live, key=lambda task: task.number)
        self._live.clear()
        self._ready.clear()
        self._timers.clear()
        self._current = None

    # -- what the primitives are made of -------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, Any], nursery: _VirtualNursery | None) -> _Task:
        self._numbers += 1
        task = _Task(work, self._numbers, nursery)
        self._live.add(task)
        self._ready.append(task)
        return task

    def _running(self) -> _Task:
        task = self._current
        if task is None or task.dead:
            raise Killed
        return task

    def _ticket(self) -> tuple[_Task, int]:
        """The running task and the number by which its next park can be ended."""
        task = self._running()
        return task, task.ticket + 1

    async def _park(self, waits_for: str) -> None:
        """Wait until woken, or raise the Cancelled that was meant for the running task."""
        task = self._running()
        task.ticket += 1
        task.waits_for = waits_for
        await _yield()

    def _wake(self, task: _Task, ticket: int) -> bool:
        """Make ``task`` ready if it still waits on ``ticket``; False when it is past that."""
        if task.ready or task.done or task.dead or task.ticket != ticket:
            return False
        task.ready = True
        self._ready.append(task)
        return True

    def _interrupt(self, task: _Task, cancelled: Cancelled) -> None:
        if task.done or task.dead or any(known.origin is cancelled.origin for known in task.pending):
            return
        task.pending.append(cancelled)
        if task is not self._current or not task.coro.cr_running:  # type: ignore[attr-defined]
            self._wake(task, task.ticket)

    # -- the port ------------------------------------------------------------------------------------------------

    def nursery(self) -> AbstractAsyncContextManager[Nursery]:
        return _VirtualNursery(self)

    def channel(self, capacity: int) -> Channel[Any]:
        return _VirtualChannel(self, capacity)

    def limiter(self, permits: int) -> AbstractAsyncContextManager[None]:
        return _VirtualLimiter(self, permits)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return await self._pause()
        task, ticket = self._ticket()
        heapq.heappush(self._timers, (self.clock.time + seconds, self._next(), task, ticket, None))
        await self._park(f"sleep of {seconds:g} s")
        return None

    async def cpu(self, work: Callable[[], T]) -> T:
        await self._pause()
        return work()

    async def first_of(self, seconds: float, work: Awaitable[T]) -> T | None:
        task, ticket = self._ticket()
        limit = _Limit()
        heapq.heappush(self._timers, (self.clock.time + seconds, self._next(), task, ticket, limit))
        try:
            return await work
        except Cancelled as cancelled:
            if cancelled.origin is not limit:
                raise
            return None
        finally:
            limit.active = False
            task.pending[:] = [late for late in task.pending if late.origin is not limit]

    async def _pause(self) -> None:
        """Let any other ready task go first."""
        task, _ = self._ticket()
        task.ready = True
        self._ready.append(task)
        await self._park("its turn")

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


class _Limit:
    """One ``first_of``: its timer means nothing once the block has been left."""

    active = True


class _VirtualNursery:
    def __init__(self, tasks: VirtualTasks) -> None:
        self._tasks = tasks
        self._children: dict[_Task, None] = {}
        self._parent: _Task | None = None
        self._failure: BaseException | None = None
        self._ending = False
        self._closed = False
        self._waiting = 0

    async def __aenter__(self) -> _VirtualNursery:
        self._parent = self._tasks._running()
        return self

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        if self._closed:
            work.close()
            raise RuntimeError("the nursery has ended")
        child = self._tasks._spawn(work, self)
        self._children[child] = None
        if self._ending:
            self._tasks._interrupt(child, Cancelled(self))

    def child_ended(self, child: _Task) -> None:
        del self._children[child]
        if child.failure is not None and not isinstance(child.failure, Cancelled):
            if self._failure is None:
                self._failure = child.failure
            if not self._ending:
                self._cancel()
                if not self._waiting and self._parent is not None:
                    self._tasks._interrupt(self._parent, Cancelled(self))
        if not self._children and self._waiting and self._parent is not None:
            self._tasks._wake(self._parent, self._waiting)

    def _cancel(self) -> None:
        self._ending = True
        for child in self._children:
            self._tasks._interrupt(child, Cancelled(self))

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> bool:
        parent = self._tasks._running()
        stopped: Cancelled | None = None
        if isinstance(failure, Cancelled):
            stopped = failure if failure.origin is not self else None
        elif failure is not None and self._failure is None:
            self._failure = failure
        if failure is not None and not self._ending:
            self._cancel()
        parent.pending[:] = [late for late in parent.pending if late.origin is not self]
        while self._children:
            _, self._waiting = self._tasks._ticket()
            try:
                await self._tasks._park("its nursery")
            except Cancelled as late:
                stopped = late
                self._cancel()
        self._closed = True
        if self._failure is not None and self._failure is not failure:
            raise self._failure
        if stopped is not None and stopped is not failure:
            raise stopped
        return failure is not None and self._failure is None and stopped is None


class _VirtualLimiter:
    """Fair: a permit is handed to whoever waits longest."""

    def __init__(self, tasks: VirtualTasks, permits: int) -> None:
        self._tasks = tasks
        self._free = permits
        self._waiting: deque[_Waiter] = deque()

    async def __aenter__(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        waiter = _Waiter(*self._tasks._ticket())
        self._waiting.append(waiter)
        try:
            await self._tasks._park("a limiter")
        except BaseException:
            if waiter.served:
                self._release()
            raise

    async def __aexit__(self, *exc: object) -> None:
        self._release()

    def _release(self) -> None:
        if not _serve(self._tasks, self._waiting):
            self._free += 1


@dataclass(eq=False, slots=True)
class _Waiter:
    task: _Task
    ticket: int
    served: bool = False


def _serve(tasks: VirtualTasks, waiting: deque[_Waiter]) -> bool:
    """Wake the first that still waits and mark it served; False when nobody does."""
    while waiting:
        waiter = waiting.popleft()
        if tasks._wake(waiter.task, waiter.ticket):
            waiter.served = True
            return True
    return False


class _VirtualChannel:
    def __init__(self, tasks: VirtualTasks, capacity: int) -> None:
        self._tasks = tasks
        self._capacity = capacity
        self._items: deque[Any] = deque()
        self._senders: deque[_Waiter] = deque()
        self._receivers: deque[_Waiter] = deque()
        self._closed = False

    async def send(self, item: Any) -> None:
        while len(self._items) >= self._capacity:
            await self._wait(self._senders, "room in a channel")
        if self._closed:
            raise RuntimeError("the channel is closed")
        self._items.append(item)
        _serve(self._tasks, self._receivers)

    async def receive(self) -> Any:
        while not self._items:
            if self._closed:
                return None
            await self._wait(self._receivers, "an item in a channel")
        item = self._items.popleft()
        _serve(self._tasks, self._senders)
        return item

    def close(self) -> None:
        self._closed = True
        while _serve(self._tasks, self._receivers):
            continue

    async def _wait(self, line: deque[_Waiter], waits_for: str) -> None:
        waiter = _Waiter(*self._tasks._ticket())
        line.append(waiter)
        try:
            await self._tasks._park(waits_for)
        except BaseException:
            # Woken and then cancelled: the wake-up belongs to the next in line.
            if waiter.served:
                _serve(self._tasks, line)
            raise
