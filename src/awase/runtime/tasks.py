"""``ports.runtime.Tasks`` on asyncio: the production side of every concurrent coroutine above the ports."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from awase.ports.runtime import Channel, Nursery

T = TypeVar("T")


class AsyncioTasks:
    """Runs on whichever event loop is current; holds no state of its own."""

    def nursery(self) -> AbstractAsyncContextManager[Nursery]:
        """A block that ends when all its tasks have ended; see ``ports.runtime.Nursery``."""
        return _nursery()

    def channel(self, capacity: int) -> Channel[Any]:
        """A bounded queue for at least one item."""
        return _AsyncioChannel(capacity)

    def limiter(self, permits: int) -> AbstractAsyncContextManager[None]:
        """A fair gate: who waits longest enters first."""
        return asyncio.Semaphore(permits)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def cpu(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread; what it raises is raised here."""
        return await asyncio.to_thread(work)

    async def first_of(self, seconds: float, work: Awaitable[T]) -> T | None:
        """The result of ``work``, or None when ``seconds`` passed first; a TimeoutError of its own is raised."""
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await work
        except TimeoutError:
            if not limit.expired():
                raise
            return None


class _AsyncioNursery:
    """Starts tasks in a group and keeps their failures in the order in which they happened."""

    def __init__(self, group: asyncio.TaskGroup, failures: list[BaseException]) -> None:
        self._group = group
        self._failures = failures

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            task = self._group.create_task(work)
        except RuntimeError:
            # The group is ending. Closed here, or the interpreter would complain about a coroutine never awaited.
            work.close()
            raise
        task.add_done_callback(self._note)

    def _note(self, task: asyncio.Task[None]) -> None:
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            self._failures.append(failure)


@asynccontextmanager
async def _nursery() -> AsyncGenerator[Nursery, None]:
    failures: list[BaseException] = []
    try:
        async with asyncio.TaskGroup() as group:
            try:
                yield _AsyncioNursery(group, failures)
            except asyncio.CancelledError:
                raise
            except BaseException as failure:
                failures.append(failure)
                raise
    except BaseExceptionGroup:
        if not failures:
            raise
    # Raised outside the handler, so that the group does not become part of the failure's own story.
    if failures:
        raise failures[0]


class _AsyncioChannel:
    """Two semaphores count room and items; closing adds one last token that each receiver hands on to the next."""

    def __init__(self, capacity: int) -> None:
        self._items: deque[Any] = deque()
        self._room = asyncio.Semaphore(capacity)
        self._filled = asyncio.Semaphore(0)
        self._closed = False

    async def send(self, item: Any) -> None:
        await self._room.acquire()
        if self._closed:
            self._room.release()
            raise RuntimeError("the channel is closed")
        self._items.append(item)
        self._filled.release()

    async def receive(self) -> Any:
        await self._filled.acquire()
        if self._items:
            self._room.release()
            return self._items.popleft()
        self._filled.release()
        return None

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._filled.release()
