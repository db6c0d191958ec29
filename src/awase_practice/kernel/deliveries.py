"""What an org sends by itself: calls to an address on this machine, made again as the org decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST that is due. number: by which the org knows it. timeout: seconds until it counts as failed."""

    number: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float


@runtime_checkable
class Delivers(Protocol):
    """An org that calls back."""

    def deliveries_due(self) -> Sequence[Delivery]:
        """What is to be sent now; each is given out once, and again only if the org decides to repeat it."""
        ...

    def delivered(self, number: int, status: int | None) -> None:
        """How a delivery ended: with a status, or None if nobody answered in time."""
        ...
