"""Driving flows against one connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from awase.ports.flows import Errand, Flow

Out = TypeVar("Out")
End = TypeVar("End")


@dataclass(slots=True)
class CallCounts:
    """Calls this transport made, by lane; retries are counted apart, whatever their lane."""

    by_lane: dict[str, int] = field(default_factory=dict)
    retries: int = 0


class Transport(Protocol):
    """One connection's way out: signs in, meters, waits as the vendor asks, redacts, records."""

    async def run(
        self,
        flow: Flow[Out, End],
        emit: Callable[[Out], Awaitable[None]] | None = None,
        errand: Errand = Errand.UPDATES,
    ) -> End:
        """Drive ``flow`` to its end. Its output goes to ``emit`` (which may wait: back-pressure).

        ``errand``: what its calls are made for, which decides how soon they stop when calls are scarce.
        """
        ...

    def counts(self) -> Mapping[str, int]:
        """Calls so far by lane, and under ``retries`` those sent again."""
        ...
