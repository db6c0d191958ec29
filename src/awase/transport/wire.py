"""The wire: the one thing below the transport that does IO.

Production has ``aiohttp_wire``; the simulator brings its own, so that everything above is simulated as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One call, ready to leave: absolute URL, credentials included. Never printed, stored or recorded."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WireResponse:
    """A complete answer, whatever its status; a redirect is an answer and is not followed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WireFailure:
    """No complete answer. ``reason`` may name the host, and holds neither path, query, header nor body."""

    reason: str
    maybe_sent: bool
    """False only when no connection was made, so that the vendor cannot have seen the request."""


class Wire(Protocol):
    async def send(self, request: WireRequest, seconds: float) -> WireResponse | WireFailure:
        """Send exactly once and wait at most ``seconds`` for the whole answer. Raises nothing for what may happen
        to a call on a network."""
        ...
