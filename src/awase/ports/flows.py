"""Flows: how a connector talks to a vendor without doing IO.

A flow is a generator. It yields a *sequence of requests* and is sent the *list of answers* in the same order, or it
yields one piece of output (a page) and is sent ``None``. Its return value is the end: a cursor, a token, outcomes.
Compose flows with ``yield from``. A flow neither blocks nor decodes rows; it may look at the tail of a page for the
next cursor.

An answer is a value, never an exception: ``Response`` (whatever the status), or ``Unanswered`` when no complete
answer arrived. ``Unanswered.maybe_sent`` says whether the vendor may have acted on the request.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias, TypeVar


class Lane(StrEnum):
    """Who goes first when calls are scarce, and how a call is counted."""

    CONSENT = "consent"
    WRITE = "write"
    READ = "read"
    AUDIT = "audit"
    OTHER = "other"
    """Sign-in, metadata, limits: listed apart, never part of a price."""


class Errand(StrEnum):
    """What ordinary calls are made for, the most urgent first: where calls are scarce, later ones stop earlier.

    Opt-outs (``Lane.CONSENT``) go before all of them and are never stopped.
    """

    FIXES = "fixes"
    """What a person asked to be tried again."""
    UPDATES = "updates"
    """Changes of records that are known, and the reading that finds them."""
    CREATES = "creates"
    ACTIVITIES = "activities"
    REPAIR = "repair"
    """Comparing everything anew, to find what no change stamp shows."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call to a vendor, without credentials (the transport adds them)."""

    method: str
    url: str
    """A path with its query, resolved against the session's base URL; or an absolute URL (sign-in only)."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    lane: Lane = Lane.READ
    idempotent: bool = True
    """May be sent again without looking first. Writes are not, even with a key: a resend could overwrite an edit."""
    burst: str = "default"
    """Which of the connector's burst limits it counts against."""
    signed: bool = True
    """False for sign-in calls, which carry their own credentials in the body (and are never recorded)."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer, whatever its status."""

    request: Request
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    at: datetime
    """Our clock, UTC; shown, never compared with a vendor's stamps."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No complete answer arrived."""

    request: Request
    reason: str
    maybe_sent: bool


Answer: TypeAlias = Response | Unanswered


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows as the vendor sent it; decoded later, away from the loop."""

    object: str
    raw: bytes
    rows: int
    more: tuple[tuple[str, bytes], ...] = ()
    """Further answers about the same rows: (relation, body) each."""


Out = TypeVar("Out")
End = TypeVar("End")

Flow: TypeAlias = Generator[Sequence[Request] | Out, list[Answer] | None, End]
"""Yields requests or output; is sent answers or None; returns the end."""
