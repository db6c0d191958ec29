"""A practice org behind real HTTP on this machine: ``python -m awase_practice.server --vendor salesforce --org NAME``.

When it is ready it prints one line of JSON, ``{"vendor", "url", "control", "org_id", "credentials"}``, and runs
until SIGTERM, SIGINT, or (with ``--until-stdin-closes``) until its standard input closes.

With ``--also VENDOR:NAME[=HOST,…]`` more orgs live behind the same ports, told apart by the Host header; the line then
has ``orgs``, one such entry an org, each with its own control port. With ``--tls FOLDER`` the vendors' API is served
by https too (``tls_url``), under certificates of an authority of its own, whose file to trust is ``ca``. With
``--project FOLDER`` the first org is set up as an SFDX project says; ``left_out`` lists what it could not take over.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from .command_line import LOOPBACK, options_of
from .delivering import keep_delivering
from .kernel.clock import Clock, RealClock
from .kernel.control import Control
from .kernel.deliveries import Delivers
from .kernel.faults import FaultPlan
from .kernel.front import Front
from .kernel.hosts import Switchboard
from .kernel.http import Answer, HttpRequest, HttpResponse, Late
from .kernel.org import ControlRefused, PracticeOrg
from .kernel.snapshot import read_snapshot, snapshot_of, write_snapshot

_LARGEST_BODY = 64 * 1024 * 1024
_LONGEST_LINE = 65_536  # longer than any vendor allows, so that the vendor's own refusal is heard


def build_org(vendor: str, name: str, clock: Clock, faults: FaultPlan, seed: int = 0) -> PracticeOrg:
    """An empty org of a vendor. Raises ValueError for a vendor that has none."""
    if vendor == "salesforce":
        from .salesforce.org import SalesforceOrg

        return SalesforceOrg(name=name, clock=clock, faults=faults, seed=seed)
    if vendor == "hubspot":
        from .hubspot.org import HubSpotPortal

        return HubSpotPortal(name=name, clock=clock, faults=faults, seed=seed)
    raise ValueError(f"there is no practice org of the vendor {vendor}")


async def request_of(incoming: web.BaseRequest) -> HttpRequest:
    """The call as a value."""
    return HttpRequest.of(
        incoming.method,
        incoming.raw_path,
        headers=dict(incoming.headers),
        body=await incoming.read(),
        host=incoming.headers.get("Host", ""),
        scheme=incoming.scheme,
    )


def _sent(response: HttpResponse) -> web.Response:
    return web.Response(status=response.status, headers=dict(response.headers), body=response.body)


async def _cut(incoming: web.BaseRequest, response: HttpResponse) -> web.StreamResponse:
    """Promise the whole body, send part of it and drop the connection."""
    stream = web.StreamResponse(status=response.status, headers=dict(response.headers))
    await stream.prepare(incoming)
    await stream.write(response.body)
    await asyncio.sleep(0)
    _drop(incoming)
    return stream


def _drop(incoming: web.BaseRequest) -> None:
    if incoming.transport is not None:
        incoming.transport.close()


async def _serve(switchboard: Switchboard, incoming: web.BaseRequest) -> web.StreamResponse:
    request = await request_of(incoming)
    front = switchboard.front_for(request)
    answer: Answer = front.handle(request)
    if isinstance(answer, Late):
        await asyncio.sleep(answer.seconds)
        answer = front.handle_now(request)
    if not isinstance(answer, HttpResponse):
        if incoming.transport is not None:
            incoming.transport.abort()
        return web.Response(status=500)
    return await _cut(incoming, answer) if answer.is_cut else _sent(answer)


def _let_copy(front: Front, control: Control) -> None:
    """Let whoever is signed in to the org take a copy of it."""
    front.copy = lambda: snapshot_of(front.org, control, _moved(front.org))


def _moved(org: PracticeOrg) -> float:
    """Seconds by which the org's clock is ahead of the machine's."""
    return max(0.0, (org.clock.now() - datetime.now(UTC)).total_seconds())


class PracticeServer:
    """Orgs on ports of this machine: one port for the vendors' APIs, and one for each org's control API."""

    def __init__(self, org: PracticeOrg, faults: FaultPlan, hosts: Sequence[str] = ()) -> None:
        """org: the first one, which answers under every name that no other has. hosts: names it has besides."""
        self.org = org
        self.front = Front(org, faults)
        self.control = Control(org, faults)
        self.url = ""
        self.tls_url = ""
        self.control_url = ""
        self.switchboard = Switchboard()
        self.switchboard.add(self.front, hosts)
        self._housed = [_Housed(org, self.control)]
        _let_copy(self.front, self.control)
        self._runners: list[web.ServerRunner] = []
        self._deliveries: list[asyncio.Task[None]] = []

    def house(self, org: PracticeOrg, faults: FaultPlan, hosts: Sequence[str] = ()) -> None:
        """Take in another org, before the start."""
        front, control = Front(org, faults), Control(org, faults)
        _let_copy(front, control)
        self.switchboard.add(front, hosts)
        self._housed.append(_Housed(org, control))

    async def start(
        self,
        *,
        listen: str = LOOPBACK,
        port: int = 0,
        control_port: int = 0,
        tls: ssl.SSLContext | None = None,
        tls_port: int = 0,
    ) -> None:
        """Listen; port 0 takes any free one. Sets ``url``, ``control_url`` and, with a context, ``tls_url``."""

        async def vendor_call(incoming: web.BaseRequest) -> web.StreamResponse:
            return await _serve(self.switchboard, incoming)

        self.url = await self._listen(_http_server(vendor_call), listen, port)
        if tls is not None:
            self.tls_url = await self._listen(_http_server(vendor_call), listen, tls_port, tls)
        for place, housed in enumerate(self._housed):
            server = _http_server(_control_call(housed.control))
            housed.control_url = await self._listen(server, LOOPBACK, 0 if place else control_port)
            if isinstance(housed.org, Delivers):
                self._deliveries.append(asyncio.create_task(keep_delivering(housed.org)))
        self.control_url = self._housed[0].control_url

    async def stop(self) -> None:
        """Stop listening and drop what is open."""
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        for runner in self._runners:
            await runner.cleanup()

    def announcement(self, **more: Any) -> bytes:
        """The one line of JSON that says where it is and how to sign in."""
        orgs = [
            {
                "vendor": each.org.vendor,
                "url": self.url,
                "control": each.control_url,
                "org_id": each.org.org_id,
                "credentials": dict(each.org.credentials),
            }
            for each in self._housed
        ]
        named = {**more, "tls_url": self.tls_url} if self.tls_url else more
        return orjson.dumps({**orgs[0], **named, **({"orgs": orgs} if len(orgs) > 1 else {})})

    async def _listen(
        self, server: web.Server, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> str:
        runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        await site.start()
        self._runners.append(runner)
        shown = LOOPBACK if host == "0.0.0.0" else host  # noqa: S104  (compared, not bound)
        return f"{'https' if tls else 'http'}://{shown}:{runner.addresses[0][1]}"


@dataclass
class _Housed:
    """One of the orgs behind the ports."""

    org: PracticeOrg
    control: Control
    control_url: str = ""


def _control_call(control: Control) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def answered(incoming: web.BaseRequest) -> web.StreamResponse:
        return _sent(control.handle(await request_of(incoming)))

    return answered


def _http_server(handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> web.Server:
    loop = asyncio.get_running_loop()

    def request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_LARGEST_BODY)

    longest: dict[str, Any] = {"max_line_size": _LONGEST_LINE, "max_field_size": _LONGEST_LINE}
    return web.Server(handler, request_factory=request, access_log=None, **longest)


async def _stdin_closed() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while await reader.read(4096):
            continue
    finally:
        transport.close()


async def run(options: argparse.Namespace) -> None:
    """Serve until told to stop."""
    faults = FaultPlan(options.seed)
    clock = RealClock()
    org = build_org(options.vendor, options.org, clock, faults, options.seed)
    server = PracticeServer(org, faults, options.hosts)
    for vendor, name, hosts in options.also:
        own_faults = FaultPlan(options.seed)
        server.house(build_org(vendor, name, clock, own_faults, options.seed), own_faults, hosts)
    left_out: list[str] = []
    if options.snapshot and options.snapshot.exists():
        clock.pass_time(timedelta(seconds=read_snapshot(options.snapshot, org, server.control)))
    elif options.project:
        left_out = _set_up(options.project, server.control)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ports = {"port": options.port, "control_port": options.control_port, "tls_port": options.tls_port}
    tls, ca = _tls(options.tls, server.switchboard.hosts()) if options.tls else (None, {})
    await server.start(listen=options.listen, tls=tls, **ports)
    told = {"left_out": left_out} if options.project else {}
    sys.stdout.buffer.write(server.announcement(**ca, **told) + b"\n")
    sys.stdout.flush()
    waits: list[asyncio.Task[Any]] = [asyncio.create_task(stop.wait())]
    if options.until_stdin_closes:
        waits.append(asyncio.create_task(_stdin_closed()))
    _, unfinished = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in unfinished:
        wait.cancel()
    await server.stop()
    if options.snapshot:
        write_snapshot(options.snapshot, org, server.control, clock.offset.total_seconds())


def _tls(folder: Path, hosts: Sequence[str]) -> tuple[ssl.SSLContext, dict[str, str]]:
    # Only a server with https needs the library of certificates.
    from .kernel.certificates import authority_file, server_context

    return server_context(folder, hosts), {"ca": str(authority_file(folder))}


def _set_up(folder: Path, control: Control) -> list[str]:
    """Set an org up as a project folder says; what was left out, with reasons. Raises ValueError."""
    from .salesforce.sfdx import read_project

    project = read_project(folder)
    left_out = list(project.left_out)
    for change in project.changes:
        try:
            control.repeat([("schema", change)])
        except ControlRefused as refusal:
            left_out.append(f"{change['object']}: {refusal}")
    return left_out


def main() -> None:
    """The command."""
    try:
        asyncio.run(run(options_of()))
    except ValueError as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
