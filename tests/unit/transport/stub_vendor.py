"""A small vendor for transport tests: a script of answers, a connector that speaks its dialect, and two ways to it.

In virtual time the vendor is asked in process (``VendorWire``); the end-to-end tests put it behind real HTTP.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Never, cast
from urllib.parse import parse_qs

from awase.core.capabilities import Burst, CallSizes, Capabilities
from awase.errors import SignInRefused
from awase.ports.connector import Connector, Credentials, LimitReading, Session, Throttled
from awase.ports.flows import Answer, Flow, Lane, Request, Response
from awase.ports.runtime import Clock, Tasks
from awase.store.memory import MemoryStore
from awase.transport.hosts import loopback_only
from awase.transport.metering import Budget
from awase.transport.session import Policy, SessionTransport
from awase.transport.wire import WireFailure, WireRequest, WireResponse

LOST = WireFailure("the answer was lost", maybe_sent=True)
NEVER_SENT = WireFailure("127.0.0.1 refused the connection", maybe_sent=False)

Reply = WireResponse | WireFailure


def reply(status: int = 200, body: bytes = b"{}", **headers: str) -> WireResponse:
    return WireResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@dataclass
class StubVendor:
    """Tokens, an optional rotation of refresh values, and scripted replies that go before the ordinary ones."""

    rotates: bool = False
    tokens: set[str] = field(default_factory=set)
    refresh: str = "refresh-0"
    signed_in: int = 0
    seen: list[WireRequest] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    script: list[Reply | Callable[[WireRequest], Reply]] = field(default_factory=list)
    sign_in_script: list[Reply | Callable[[WireRequest], Reply]] = field(default_factory=list)
    remaining: int | None = None
    maximum: int = 1000

    def handle(self, request: WireRequest) -> Reply:
        self.seen.append(request)
        signing_in = request.url.endswith("/token")
        script = self.sign_in_script if signing_in else self.script
        if script:
            scripted = script.pop(0)
            return scripted(request) if callable(scripted) else scripted
        return self.sign_in(request) if signing_in else self.serve(request)

    def sign_in(self, request: WireRequest) -> WireResponse:
        given = parse_qs((request.body or b"").decode())["refresh"][0]
        if given != self.refresh:
            return reply(400, b"these values were used before")
        self.signed_in += 1
        token = f"token-{self.signed_in}"
        self.tokens.add(token)
        if self.rotates:
            self.refresh = f"refresh-{self.signed_in}"
        return reply(200, token.encode(), x_refresh=self.refresh)

    def serve(self, request: WireRequest) -> WireResponse:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return reply(401)
        headers = {}
        if self.remaining is not None:
            self.remaining -= 1
            headers = {"x_left": f"{self.remaining}/{self.maximum}"}
        return reply(200, request.url.rsplit("/", 1)[-1].encode(), **headers)

    def calls(self) -> list[str]:
        """The paths asked for, sign-ins left out."""
        return [request.url.rsplit("/", 1)[-1] for request in self.seen if not request.url.endswith("/token")]


class VendorWire:
    """The vendor in process, each answer taking some (virtual) time."""

    def __init__(self, vendor: StubVendor, tasks: Tasks, clock: Clock, seconds: float = 0.01) -> None:
        self.vendor = vendor
        self.tasks = tasks
        self.clock = clock
        self.seconds = seconds
        self.inside = self.most = 0

    async def send(self, request: WireRequest, seconds: float) -> Reply:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.vendor.starts.append(self.clock.monotonic())
        try:
            await self.tasks.sleep(self.seconds)
            return self.vendor.handle(request)
        finally:
            self.inside -= 1


def capabilities(concurrency: int = 4, **bursts: Burst) -> Capabilities:
    return Capabilities(
        vendor="stub",
        key_name="awase_key",
        sizes=CallSizes(
            snapshot=100, changes=100, by_id=100, by_key=100, create=100, update=100, opt_out=100, audit=100
        ),
        lag=timedelta(0),
        concurrency=concurrency,
        bursts=bursts,
        history=False,
        reread_changes=False,
        consent_by_address=False,
        consent_fields={},
    )


@dataclass
class StubConnector:
    """The part of a connector that the transport asks."""

    base_url: str = "http://127.0.0.1:9"
    capabilities: Capabilities = field(default_factory=capabilities)

    def sign_in(self, credentials: Credentials) -> Flow[Never, Session]:
        body = f"refresh={credentials.values['refresh']}".encode()
        answers = yield [
            Request(
                "POST", f"{self.base_url}/token", body=body, lane=Lane.OTHER, idempotent=False, signed=False
            )
        ]
        answer = cast(list[Answer], answers)[0]
        assert isinstance(answer, Response)
        if answer.status != 200:
            raise SignInRefused("the vendor says: {words}", words=answer.body.decode())
        renewed = {"refresh": answer.headers["x-refresh"]} if "x-refresh" in answer.headers else {}
        return Session(answer.body.decode(), self.base_url, renewed)

    def session_expired(self, response: Response) -> bool:
        return response.status == 401

    def throttled(self, response: Response) -> Throttled | None:
        if response.status != 429:
            return None
        wait = float(response.headers.get("retry-after", "1"))
        return Throttled(wait, "slow down", exhausted="x-exhausted" in response.headers)

    def limit_reading(self, response: Response) -> LimitReading | None:
        left, _, maximum = response.headers.get("x-left", "").partition("/")
        return LimitReading("day", int(maximum), int(left)) if left else None

    def consent_breach(self, request: Request) -> str | None:
        return "the body opts a person in" if b"opt_in" in (request.body or b"") else None


@dataclass
class StubSecrets:
    """Two slots and a note of every renewal."""

    slots: list[Credentials | None] = field(default_factory=lambda: [of("refresh-0"), None])
    renewals: list[str] = field(default_factory=list)

    async def credentials(self, connection: str) -> Credentials | None:
        return self.slots[0]

    async def save(self, connection: str, credentials: Credentials) -> None:
        self.slots = [credentials, self.slots[0]]

    async def renew(self, connection: str, values: Mapping[str, str]) -> None:
        self.renewals.append(values["refresh"])
        await self.save(connection, of(values["refresh"]))

    async def before_renewal(self, connection: str) -> Credentials | None:
        return self.slots[1]


def of(refresh: str) -> Credentials:
    return Credentials("refresh_token", {"refresh": refresh})


@dataclass
class Bench:
    """One transport to the stub vendor and everything around it."""

    tasks: Tasks
    clock: Clock
    vendor: StubVendor = field(default_factory=StubVendor)
    connector: StubConnector = field(default_factory=StubConnector)
    secrets: StubSecrets = field(default_factory=StubSecrets)
    store: MemoryStore = field(default_factory=MemoryStore)
    wire: Any = None

    def transport(
        self, *, writing: bool = True, budget: Budget | None = None, **settings: Any
    ) -> SessionTransport:
        self.wire = self.wire or VendorWire(self.vendor, self.tasks, self.clock)
        recording = settings.pop("recording", None)
        policy = Policy(
            writing=writing,
            allowed_host=settings.pop("allowed_host", loopback_only),
            budget=budget or Budget(None, 0),
            **settings,
        )
        return SessionTransport(
            connection="crm",
            connector=cast(Connector, self.connector),
            wire=self.wire,
            store=self.store,
            secrets=self.secrets,
            tasks=self.tasks,
            clock=self.clock,
            rng=random.Random(1),
            policy=policy,
            recording=recording,
        )


def asking(*paths: str, **about: Any) -> Flow[Never, list[Answer]]:
    """A flow that asks for all ``paths`` at once and ends with the answers."""
    requests = [Request(about.get("method", "GET"), f"/{path}", **_fields(about)) for path in paths]
    return cast(list[Answer], (yield requests))


def writing(path: str, body: bytes = b"{}", lane: Lane = Lane.WRITE) -> Flow[Never, list[Answer]]:
    return asking(path, method="POST", body=body, lane=lane, idempotent=False)


def _fields(about: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in about.items() if name != "method"}
