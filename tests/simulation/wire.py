"""The network of the simulator: requests reach practice orgs in process, in virtual time, with the faults armed."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from urllib.parse import urlsplit

from awase.ports.runtime import Tasks
from awase.transport.wire import WireFailure, WireRequest, WireResponse
from awase_practice.kernel.front import Front
from awase_practice.kernel.http import ConnectionLost, HttpRequest, HttpResponse, Late


@dataclass(order=True)
class Straggler:
    """A request that arrives after its client gave up."""

    due: float
    number: int
    request: HttpRequest = field(compare=False)


class Network:
    """Requests to one org that are still under way; they outlive the process that sent them."""

    def __init__(self, front: Front, rng: Random) -> None:
        self.front = front
        self.rng = rng
        self.stragglers: list[Straggler] = []
        self.between: Callable[[], None] = lambda: None
        """Called before a write takes effect: what a user does at that very moment."""
        self.calls: list[str] = []
        self.late: set[datetime] = set()
        """When stragglers were delivered, by the org's clock."""

    def arrive(self, time: float) -> None:
        """Deliver every straggler that is due."""
        while self.stragglers and self.stragglers[0].due <= time:
            self.late.add(self.front.org.clock.now())
            self.front.handle_now(heapq.heappop(self.stragglers).request)


class SimulatedWire:
    """``transport.wire.Wire`` over a ``Network``, for one process."""

    def __init__(self, network: Network, tasks: Tasks, monotonic: Callable[[], float]) -> None:
        self.network = network
        self.tasks = tasks
        self.monotonic = monotonic

    async def send(self, request: WireRequest, seconds: float) -> WireResponse | WireFailure:
        network, parts = self.network, urlsplit(request.url)
        await self.tasks.sleep(network.rng.uniform(0.01, 0.2))
        network.arrive(self.monotonic())
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        network.calls.append(f"{request.method} {parts.path}")
        arrived = HttpRequest.of(
            request.method,
            target,
            headers=request.headers,
            body=request.body or b"",
            host=parts.netloc,
            scheme=parts.scheme,
        )
        if request.method != "GET":
            network.between()
        answer = network.front.handle(arrived)
        if isinstance(answer, Late):
            due = self.monotonic() + seconds + answer.seconds
            heapq.heappush(network.stragglers, Straggler(due, len(network.calls), arrived))
            await self.tasks.sleep(seconds)
            return WireFailure("timed out", maybe_sent=True)
        await self.tasks.sleep(network.rng.uniform(0.01, 0.2))
        return _delivered(answer)


def _delivered(answer: HttpResponse | ConnectionLost) -> WireResponse | WireFailure:
    if isinstance(answer, ConnectionLost):
        return WireFailure("connection lost", maybe_sent=answer.reached)
    if answer.is_cut:
        return WireFailure("the answer broke off", maybe_sent=True)
    return WireResponse(
        answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body
    )
