"""Listening: on this machine's own address, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import uvicorn

from awase.configuration import Workspace
from awase.errors import BadInput
from awase.server.app import application
from awase.store.postgres import PostgresStore

HOST = "127.0.0.1"
PORT = 8010
_LOOPBACK = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1", "[::1]": "::1"}


@asynccontextmanager
async def serving(
    workspace: Workspace, store: PostgresStore, *, host: str = HOST, port: int | None = None
) -> AsyncIterator[str]:
    """Serve the status page inside this block; yields its address.

    ``port`` 0 takes any free one; None takes the usual one, or any free one where that is in use. Raises BadInput
    for an address that is not this machine's own, and for a port that cannot be had.
    """
    server = _Server(_settings(application(workspace, store)))
    listening = _listen(loopback_address(host), port)
    task = asyncio.create_task(server.serve([listening]))
    try:
        await server.ready(task)
        yield _address(listening)
    finally:
        server.should_exit = True
        await task
        listening.close()


async def serve_until_stopped(
    workspace: Workspace,
    store: PostgresStore,
    tell: Callable[[str], None],
    *,
    host: str = HOST,
    port: int | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM. ``tell`` is given the address once it answers. Raises as ``serving`` does."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    async with serving(workspace, store, host=host, port=port) as address:
        for number in numbers:
            loop.add_signal_handler(number, stop.set)
        try:
            tell(address)
            await stop.wait()
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


class _Server(uvicorn.Server):
    """Leaves signals to whoever serves: the process has more to close than this."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def ready(self, task: asyncio.Task[None]) -> None:
        """Returns when requests are answered; raises what kept that from happening."""
        while not self.started:
            if task.done():
                await task
                raise RuntimeError("the web server ended before it began")
            await asyncio.sleep(0.01)


def _settings(served: Any) -> uvicorn.Config:
    return uvicorn.Config(
        served,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        limit_concurrency=64,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=3,
    )


def loopback_address(host: str) -> str:
    """The address that ``host`` names. Raises BadInput where it is not this machine's own."""
    ours = _LOOPBACK.get(host.strip().lower())
    if ours is None:
        raise BadInput(
            "the status page has no sign-in yet and cannot be served on {host}: whoever reaches it may read it",
            where="--host",
            remedy="Leave --host out, and reach it from elsewhere by an SSH tunnel: ssh -L {port}:127.0.0.1:{port} SERVER",
            host=host,
            port=PORT,
        )
    return ours


def _listen(host: str, port: int | None) -> socket.socket:
    """``host`` is a loopback address."""
    try:
        return _bound(host, PORT if port is None else port)
    except OSError as problem:
        if port is None:
            return _bound(host, 0)
        raise BadInput(
            "port {port} cannot be had: {words}",
            where="--port",
            remedy="Another program may be using it. Name another port; 0 takes any that is free.",
            port=port,
            words=problem.strerror or "",
        ) from None


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _address(listening: socket.socket) -> str:
    host, port = cast(tuple[str, int], listening.getsockname()[:2])
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
