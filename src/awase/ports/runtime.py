"""Time and concurrency as the engine and the transport see them.

On asyncio in production; on a seeded scheduler with virtual time in the simulator, which steps the same coroutines.
Nothing above these protocols imports asyncio.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> datetime:
        """Our own time, UTC and zone-aware; never compared with a vendor's."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary point, never going back."""
        ...


class Nursery(Protocol):
    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` beside the others; the nursery's block ends when all have ended.

        The first failure cancels the rest and is raised, itself and not in a group, from the block.
        """
        ...


class Channel(Protocol[T]):
    """A bounded queue between tasks."""

    async def send(self, item: T) -> None:
        """Wait for room, then put ``item`` in."""
        ...

    async def receive(self) -> T | None:
        """The next item, or None once the channel is closed and empty."""
        ...

    def close(self) -> None:
        """No more items will be sent."""
        ...


class Tasks(Protocol):
    def nursery(self) -> AbstractAsyncContextManager[Nursery]: ...

    def channel(self, capacity: int) -> Channel[Any]: ...

    def limiter(self, permits: int) -> AbstractAsyncContextManager[None]:
        """A reusable gate: at most ``permits`` holders inside ``async with`` at once. One permit is a lock."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    async def cpu(self, work: Callable[[], T]) -> T:
        """Run ``work`` away from the loop (a thread in production, in place in the simulator)."""
        ...

    async def first_of(self, seconds: float, work: Awaitable[T]) -> T | None:
        """The result of ``work``, or None when ``seconds`` passed first (``work`` is then cancelled)."""
        ...
