"""``ports.transport.Transport`` over a wire: what happens to each request of a flow between being yielded and answered.

    may it leave at all (writing off, foreign host) → is it in the budget → may it start now → the consent gate → the wire
        401          one new session for all callers, the same request once more, then SignInRefused
        throttled    everybody under that burst limit waits as long as the vendor says, then the same request again
        no answer, 5xx   a read is tried again with back-off; a write is handed to the flow as it is, never resent

Everything comes from ports: the simulator runs this code as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import TypeVar

from awase.errors import AwaseError, Bug, ConsentBreach, VendorBusy, WritingIsOff
from awase.ports.connector import Connector, Session, Throttled
from awase.ports.flows import Answer, Errand, Flow, Lane, Request, Response, Unanswered
from awase.ports.runtime import Clock, Tasks
from awase.ports.secrets import Secrets
from awase.ports.transport import CallCounts
from awase.transport.driving import drive
from awase.transport.hosts import AllowedHost, require_allowed
from awase.transport.metering import Budget, CallStore, Meter
from awase.transport.pacing import Pacer, back_off
from awase.transport.redaction import CallRecord, Recording
from awase.transport.signing import Signer
from awase.transport.wire import Wire, WireRequest, WireResponse

Out = TypeVar("Out")
End = TypeVar("End")

_WRITING_LANES = frozenset({Lane.WRITE, Lane.CONSENT})
_WRITING_METHODS = frozenset({"PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What this run may do on this connection."""

    writing: bool
    """False: a request that writes raises WritingIsOff before anything is sent."""
    allowed_host: AllowedHost
    budget: Budget
    asked_for: bool = False
    """A person asked for what this run does: all of it is a fix, and stops last."""
    answer_seconds: float = 120.0
    """How long one call may take."""
    patience_seconds: float = 300.0
    """How long one run waits in all because the vendor asks for it."""
    attempts: int = 6
    """Sends of one request that the vendor throttles."""
    retries: int = 4
    """Further sends of a read that brought no answer or a server error."""


class SessionTransport:
    """One connection's way out. ``close`` it: unused reservations go back and the last limit reading is stored."""

    def __init__(
        self,
        *,
        connection: str,
        connector: Connector,
        wire: Wire,
        store: CallStore,
        secrets: Secrets,
        tasks: Tasks,
        clock: Clock,
        rng: Random,
        policy: Policy,
        recording: Recording | None = None,
    ) -> None:
        """``rng`` draws the jitter of back-offs: seeded in the simulator."""
        capabilities = connector.capabilities
        self._connection = connection
        self._connector = connector
        self._vendor = capabilities.vendor
        self._wire = wire
        self._tasks = tasks
        self._clock = clock
        self._rng = rng
        self._policy = policy
        self._recording = recording
        self._gate = tasks.limiter(capabilities.concurrency)
        self._pacer = Pacer(capabilities.bursts, clock, policy.patience_seconds)
        self._meter = Meter(connection, self._vendor, store, clock, tasks.limiter(1), policy.budget)
        self._signer = Signer(
            connection,
            connector,
            secrets,
            tasks,
            rng,
            policy.allowed_host,
            lambda request: self._answer(request, Errand.FIXES),
        )
        self._counts = CallCounts()

    async def run(
        self,
        flow: Flow[Out, End],
        emit: Callable[[Out], Awaitable[None]] | None = None,
        errand: Errand = Errand.UPDATES,
    ) -> End:
        """See ``ports.transport.Transport``. Raises what the flow raises, and besides: WritingIsOff, BudgetSpent,
        VendorBusy, SignInRefused, HostUnreachable (at sign-in), NotConnected, ConsentBreach."""
        chosen = Errand.FIXES if self._policy.asked_for else errand
        try:
            return await drive(flow, partial(self._answer_all, chosen), emit)
        except AwaseError as error:
            # A connector does not know under which name it was connected; whoever is told wants to.
            error.places.setdefault("connection", self._connection)
            raise

    def counts(self) -> Mapping[str, int]:
        """Calls so far by lane, and under ``retries`` those sent again."""
        return {**self._counts.by_lane, "retries": self._counts.retries}

    async def close(self) -> None:
        """Settle the books. The wire belongs to whoever opened it."""
        await self._meter.close()

    async def _answer_all(self, errand: Errand, requests: Sequence[Request]) -> list[Answer]:
        if len(requests) == 1:
            return [await self._answer(requests[0], errand)]
        answers: dict[int, Answer] = {}

        async def fill(place: int, request: Request) -> None:
            answers[place] = await self._answer(request, errand)

        async with self._tasks.nursery() as nursery:
            for place, request in enumerate(requests):
                nursery.start(fill(place, request))
        return [answers[place] for place in range(len(requests))]

    async def _answer(self, request: Request, errand: Errand) -> Answer:
        """Send ``request`` as often as the rules allow, and return the answer that counts."""
        self._refuse_writing(request)
        session = await self._signer.session() if request.signed else None
        sent = throttled = failed = 0
        renewed = False
        while True:
            answer = await self._attempt(request, errand, session, retry=sent > 0)
            sent += 1
            if isinstance(answer, Response):
                if session is not None and self._connector.session_expired(answer):
                    session, renewed = await self._renewed(session, renewed=renewed), True
                    continue
                refusal = self._connector.throttled(answer)
                if refusal is not None:
                    throttled += 1
                    self._obey(request, refusal, throttled)
                    continue
                if answer.status < 500:
                    return answer
            # A sign-in call is not tried again here: the signer knows which values are still worth trying.
            if not (request.idempotent and request.signed) or failed == self._policy.retries:
                return answer
            failed += 1
            await self._tasks.sleep(back_off(failed, self._rng))

    async def _renewed(self, lapsed: Session, *, renewed: bool) -> Session:
        if renewed:
            raise self._signer.refused()
        session = await self._signer.session(lapsed)
        if session.access_token == lapsed.access_token:
            raise self._signer.refused()
        return session

    def _obey(self, request: Request, refusal: Throttled, times: int) -> None:
        until = self._clock.now() + timedelta(seconds=refusal.wait)
        if refusal.exhausted:
            raise VendorBusy(
                "{vendor} takes no more calls today ({reason}); it says to come again after {until} UTC.",
                remedy="Run the same command again after that time.",
                vendor=self._vendor,
                reason=refusal.reason,
                until=f"{until:%Y-%m-%d %H:%M}",
            )
        if times >= self._policy.attempts:
            raise VendorBusy(
                "{vendor} refused the same call {times} times ({reason}).",
                remedy="Run the same command again later.",
                vendor=self._vendor,
                times=times,
                reason=refusal.reason,
            )
        # At least what the vendor says; longer when it keeps refusing although we waited.
        wait = max(refusal.wait, back_off(times, self._rng) if times > 1 else 0.0)
        self._pacer.pause(request.burst, wait, self._vendor, refusal)

    async def _attempt(
        self, request: Request, errand: Errand, session: Session | None, *, retry: bool
    ) -> Answer:
        await self._meter.admit(request, errand)
        try:
            while True:
                wait = self._pacer.wait(request.burst)
                if wait > 0:
                    await self._tasks.sleep(wait)
                    continue
                async with self._gate:
                    # Waiting for the gate takes time too: the burst limit has the last word, outside the gate again.
                    if self._pacer.take(request.burst):
                        answer = await self._send(request, session, retry=retry)
                        break
        finally:
            self._meter.ended()
        if request.signed and isinstance(answer, Response):
            await self._meter.learn(self._connector.limit_reading(answer))
        return answer

    async def _send(self, request: Request, session: Session | None, *, retry: bool) -> Answer:
        ready = self._signed(request, session)
        breach = self._connector.consent_breach(request)
        if breach is not None:
            raise ConsentBreach(
                "a request that could turn an opt-out back was refused: {reason}", reason=breach
            )
        if retry:
            self._counts.retries += 1
        else:
            lane = request.lane.value
            self._counts.by_lane[lane] = self._counts.by_lane.get(lane, 0) + 1
        began = self._clock.monotonic()
        heard = await self._wire.send(ready, self._policy.answer_seconds)
        answer: Answer
        if isinstance(heard, WireResponse):
            answer = Response(request, heard.status, heard.headers, heard.body, self._clock.now())
        else:
            answer = Unanswered(request, heard.reason, heard.maybe_sent)
        self._record(answer, self._clock.monotonic() - began, retry=retry)
        return answer

    def _signed(self, request: Request, session: Session | None) -> WireRequest:
        """The request as it leaves: absolute, with credentials, and to a host that may have them."""
        if session is None:
            url, headers = request.url, dict(request.headers)
        else:
            if not request.url.startswith("/"):
                raise Bug("a signed request names a host of its own")
            url = session.base_url.rstrip("/") + request.url
            headers = {**request.headers, "Authorization": f"Bearer {session.access_token}"}
        require_allowed(url, self._policy.allowed_host)
        return WireRequest(request.method, url, headers, request.body)

    def _refuse_writing(self, request: Request) -> None:
        writes = request.lane in _WRITING_LANES or (request.signed and request.method in _WRITING_METHODS)
        if writes and not self._policy.writing:
            raise WritingIsOff(
                "{connection} is read-only; nothing was sent.",
                remedy="Switch the connection to live when its plan has been looked at.",
                connection=self._connection,
            )

    def _record(self, answer: Answer, seconds: float, *, retry: bool) -> None:
        request = answer.request
        if self._recording is None or not request.signed:
            return
        heard = answer if isinstance(answer, Response) else None
        redactor = self._recording.redactor
        self._recording.take(
            CallRecord(
                connection=self._connection,
                lane=request.lane.value,
                method=request.method,
                path=redactor.path(request.url),
                status=heard.status if heard else None,
                reason="" if isinstance(answer, Response) else redactor.text(answer.reason),
                milliseconds=round(seconds * 1000),
                bytes_sent=len(request.body or b""),
                bytes_received=len(heard.body) if heard else 0,
                retry=retry,
            )
        )
