"""The same bodies moved with no work: as many requests and answers of the same sizes, and nothing done with them.

What remains is what the wire, HTTP and an ordinary client cost; whatever a sync takes beyond it is its own work.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import aiohttp
from aiohttp import web

AT_ONCE = 5
"""Requests on their way at the same time."""
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exchange:
    """Bytes of one request and of its answer, heads included."""

    asked: int
    answered: int


def move(exchanges: Sequence[Exchange]) -> float:
    """Seconds to move them all, between this process and another on this machine."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=_serve, args=(there,), daemon=True)
    server.start()
    try:
        return asyncio.run(_ask(here.recv(), exchanges))
    finally:
        server.terminate()
        server.join(10)


def _serve(ready: Connection) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=bytes(int(request.query["bytes"])))

    async def work() -> None:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(work())


async def _ask(port: int, exchanges: Sequence[Exchange]) -> float:
    waiting = iter(exchanges)

    async def lane(session: aiohttp.ClientSession) -> None:
        for one in waiting:
            address = f"http://127.0.0.1:{port}/?bytes={one.answered}"
            async with session.post(address, data=bytes(one.asked)) as reply:
                await reply.read()

    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        await asyncio.gather(*(lane(session) for _ in range(AT_ONCE)))
        return time.perf_counter() - began
