"""Signing in: one session for all callers, renewed once, rotated values stored before they are used.

    current values ──▶ session
        │ refused: those that another process stored meanwhile, once; else SignInRefused in the vendor's words
        │ no answer, not sent: a bounded number of tries, then HostUnreachable
        └ answer lost: the same values once more ──▶ the values before the last renewal ──▶ "sign in again"

A vendor that rotates may already have retired the values whose answer was lost, so the ladder has an end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from random import Random

from awase.errors import Bug, HostUnreachable, NotConnected, SignInRefused
from awase.ports.connector import Connector, Credentials, Session
from awase.ports.flows import Answer, Request, Response, Unanswered
from awase.ports.runtime import Tasks
from awase.ports.secrets import Secrets
from awase.transport.driving import drive
from awase.transport.hosts import AllowedHost, require_allowed
from awase.transport.pacing import back_off

_TRIES_TO_CONNECT = 3


class Signer:
    """Holds the one session of a connection."""

    def __init__(
        self,
        connection: str,
        connector: Connector,
        secrets: Secrets,
        tasks: Tasks,
        rng: Random,
        allowed: AllowedHost,
        ask: Callable[[Request], Awaitable[Answer]],
    ) -> None:
        """``ask`` sends one unsigned request, waiting where the vendor asks for it."""
        self._connection = connection
        self._connector = connector
        self._secrets = secrets
        self._tasks = tasks
        self._rng = rng
        self._allowed = allowed
        self._ask = ask
        self._turn = tasks.limiter(1)
        self._session: Session | None = None
        self._refusal: SignInRefused | None = None

    async def session(self, lapsed: Session | None = None) -> Session:
        """The session, signing in if there is none or the present one is ``lapsed``.

        Raises SignInRefused, HostUnreachable or NotConnected. A refusal is final for this transport: nobody hammers a
        vendor with credentials that it has refused.
        """
        if self._session is not None and self._session is not lapsed:
            return self._session
        async with self._turn:
            if self._refusal is not None:
                raise self._refusal
            if self._session is None or self._session is lapsed:
                try:
                    self._session = await self._sign_in()
                except SignInRefused as refusal:
                    self._refusal = refusal
                    raise
            return self._session

    def refused(self) -> SignInRefused:
        """The vendor refused a session that was fresh, or a token that no sign-in changes."""
        self._refusal = SignInRefused(
            "{connection}: {vendor} does not accept the token, not even a fresh one.",
            remedy="Connect again with credentials that are still valid, and check what the integration user may do.",
            connection=self._connection,
            vendor=self._connector.capabilities.vendor,
        )
        return self._refusal

    async def _sign_in(self) -> Session:
        current = await self._stored()
        try:
            session = await self._try(current)
        except SignInRefused:
            meanwhile = await self._stored()
            if meanwhile == current:
                raise
            current, session = meanwhile, await self._try(meanwhile)
        if session is None:
            session = await self._after_a_lost_answer(current)
        return session

    async def _after_a_lost_answer(self, lost: Credentials) -> Session:
        refusal: SignInRefused | None = None
        for candidate in (await self._stored(), await self._secrets.before_renewal(self._connection)):
            if candidate is None or (refusal is not None and candidate == lost):
                continue
            try:
                session = await self._try(candidate)
            except SignInRefused as refused:
                refusal = refused
                continue
            if session is not None:
                return session
        if refusal is None:
            raise self._unreachable("the answer to the sign-in was lost again and again")
        raise SignInRefused(
            "{connection}: the answer to a renewal was lost, and {vendor} takes neither the values before it nor those "
            "before them.",
            remedy="Sign in again.",
            connection=self._connection,
            vendor=self._connector.capabilities.vendor,
        ) from refusal

    async def _try(self, credentials: Credentials) -> Session | None:
        """A new session, or None when the vendor may have answered and we did not hear it."""
        for tried in range(1, _TRIES_TO_CONNECT + 1):
            try:
                session = await drive(self._connector.sign_in(credentials), self._answers)
            except _NoAnswer as lost:
                if lost.maybe_heard:
                    return None
                if tried == _TRIES_TO_CONNECT:
                    raise self._unreachable(lost.reason) from None
                await self._tasks.sleep(back_off(tried, self._rng))
            else:
                await self._keep(session)
                require_allowed(session.base_url, self._allowed)
                return session
        raise Bug("a sign-in ended neither way")

    async def _keep(self, session: Session) -> None:
        if not session.renewed:
            return
        try:
            await self._secrets.renew(self._connection, session.renewed)
        except BaseException:
            # Perhaps our task was told to stop in the middle. The old values may be dead by now, so once more before
            # giving way; renewing twice with the same values changes nothing.
            await self._secrets.renew(self._connection, session.renewed)
            raise

    async def _answers(self, requests: Sequence[Request]) -> list[Answer]:
        answers: list[Answer] = []
        for request in requests:
            if request.signed:
                raise Bug("a sign-in asks for a signed call")
            answer = await self._ask(request)
            if isinstance(answer, Unanswered):
                raise _NoAnswer(answer.reason, answer.maybe_sent)
            if answer.status >= 500:
                raise _NoAnswer(_status(answer), maybe_heard=True)
            answers.append(answer)
        return answers

    async def _stored(self) -> Credentials:
        credentials = await self._secrets.credentials(self._connection)
        if credentials is None:
            raise NotConnected(
                "{connection} has never been connected.",
                remedy="Run `awase connect {connection}`.",
                connection=self._connection,
            )
        return credentials

    def _unreachable(self, reason: str) -> HostUnreachable:
        return HostUnreachable(
            "{connection}: no sign-in, {reason}.",
            remedy="Check the address of the connection, the network and the vendor's status page.",
            connection=self._connection,
            reason=reason,
        )


class _NoAnswer(Exception):
    """A sign-in call brought no usable answer."""

    def __init__(self, reason: str, maybe_heard: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.maybe_heard = maybe_heard


def _status(answer: Response) -> str:
    return f"the vendor answered {answer.status}"
