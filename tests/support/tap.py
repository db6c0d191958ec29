"""A way through to a practice org on which a write, or its answer, can be stopped: a network with bad moments."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

Where = Literal["asked", "answered"]
"""``asked``: the org has not heard of the write yet. ``answered``: the org has acted, nobody has heard its answer."""

WRITES = re.compile(
    rb"(POST|PATCH) \S*(/composite/sobjects|/batch/(create|update)|/unsubscribe-all|/statuses/batch/write)[? ]"
)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LONGEST = 64 * 1024 * 1024


@dataclass
class Caught:
    """A write that is stopped on its way."""

    where: Where
    after: int
    """Writes that pass before it."""
    here: threading.Event = field(default_factory=threading.Event)
    """Set when the write, or its answer, has come so far."""
    _go: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _deliver: bool = True

    def let_go(self, *, deliver: bool) -> None:
        """In the tap's own thread."""
        self._deliver = deliver
        self._go.set()

    async def passed(self) -> bool:
        """Wait here; whether it goes on at all."""
        self.here.set()
        await self._go.wait()
        return self._deliver

    def is_over(self) -> None:
        self._over.set()

    async def arrived(self) -> None:
        """Wait until the org has answered it, or it was dropped."""
        await self._over.wait()


class Tap:
    """One port that leads to an org. ``calls`` are the request lines that the org has heard, in order."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._loop = asyncio.new_event_loop()
        self._caught: Caught | None = None
        self._overtaken: list[Caught] = []
        self._open: set[asyncio.Task[None]] = set()
        self.calls: list[str] = []
        self.moved: list[tuple[int, int]] = []
        """Bytes of each request and of its answer."""
        self.seconds_a_write = 0.0
        """A slow line: each write takes so long on its way, and one goes at a time."""
        self.url = ""

    def catch(self, where: Where, after: int = 0) -> Caught:
        """Stop the next write but ``after``, there."""
        self._caught = Caught(where, after)
        return self._caught

    def let_go(self, caught: Caught, *, deliver: bool = True) -> None:
        """Let it go on, or drop it together with its connection."""
        self._caught = None if self._caught is caught else self._caught
        self._loop.call_soon_threadsafe(partial(caught.let_go, deliver=deliver))

    def let_go_late(self, caught: Caught) -> None:
        """Let it arrive just before the next write, whoever sends that."""
        self._overtaken.append(caught)

    def lose(self, where: Where, after: int = 0) -> Caught:
        """Drop the connection of the next write but ``after`` there: it was sent, and no answer ever comes."""
        caught = self.catch(where, after)
        self.let_go(caught, deliver=False)
        self._caught = caught
        return caught

    def serve(self, ready: threading.Event) -> None:
        """Run until ``stop``; for a thread of its own."""
        asyncio.set_event_loop(self._loop)
        self._line = asyncio.Lock()
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connection, "127.0.0.1", 0, limit=_LONGEST)
        )
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in self._open:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._open, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        there_reader, there_writer = await asyncio.open_connection(
            self._target.hostname, self._target.port, limit=_LONGEST
        )
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._exchange(reader, writer, there_reader, there_writer):
                    continue
        finally:
            self._open.discard(task)
            for end in (writer, there_writer):
                # Aborted, not closed: a lost answer ends the connection in the middle.
                end.transport.abort()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there_reader: asyncio.StreamReader,
        there_writer: asyncio.StreamWriter,
    ) -> bool:
        request = await _message(reader)
        if not WRITES.match(request):
            answer = await self._hand_over(request, there_reader, there_writer)
            writer.write(answer)
            return True
        async with self._line:
            await asyncio.sleep(self.seconds_a_write)
            if reader.at_eof():
                return False  # whoever sent it is dead; it was on the line and never arrived
            await self._late_ones()
            caught = self._take_caught()
            if caught is None:
                writer.write(await self._hand_over(request, there_reader, there_writer))
                return True
        # Whoever is stopped does not keep the line.
        try:
            if caught.where == "asked" and not await caught.passed():
                return False
            answer = await self._hand_over(request, there_reader, there_writer)
            if caught.where == "answered" and not await caught.passed():
                return False
        finally:
            caught.is_over()
        writer.write(answer)
        return True

    async def _late_ones(self) -> None:
        while self._overtaken:
            late = self._overtaken.pop(0)
            late.let_go(deliver=True)
            await late.arrived()

    def _take_caught(self) -> Caught | None:
        caught = self._caught
        if caught is None:
            return None
        if caught.after:
            caught.after -= 1
            return None
        self._caught = None
        return caught

    async def _hand_over(
        self, request: bytes, there_reader: asyncio.StreamReader, there_writer: asyncio.StreamWriter
    ) -> bytes:
        self.calls.append(request.split(b" HTTP/", 1)[0].decode())
        there_writer.write(request)
        answer = await _message(there_reader)
        self.moved.append((len(request), len(answer)))
        return answer


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or answer; both ends say how long theirs are."""
    head = await reader.readuntil(b"\r\n\r\n")
    found = _LENGTH.search(head)
    return head + (await reader.readexactly(int(found[1])) if found else b"")


@contextmanager
def tap(target: str) -> Iterator[Tap]:
    """A tap before ``target`` for as long as the block lasts."""
    made, ready = Tap(target), threading.Event()
    thread = threading.Thread(target=made.serve, args=(ready,), daemon=True)
    thread.start()
    try:
        assert ready.wait(10)
        yield made
    finally:
        made.stop()
        thread.join(10)
