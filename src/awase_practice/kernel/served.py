"""What an org serves, as data: its calls and its refusals, each with where that is known from.

An org that routes by these tables serves nothing that they do not list, so the page made of them tells the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

CONFIRMED: Final = "confirmed"
FROM_MEMORY: Final = "from memory"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call. path: below name and version of its API, places in braces. source: where it is known from; empty: memory."""

    method: str
    path: str
    about: str
    source: str = ""

    @property
    def mark(self) -> str:
        """Whether a source confirms it."""
        return CONFIRMED if self.source else FROM_MEMORY


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One refusal. name: category, sub-category or code, whichever says most. when: what provokes it.

    source: where status and name are known from; empty: memory.
    """

    status: int
    name: str
    when: str
    source: str = ""

    @property
    def mark(self) -> str:
        """Whether a source confirms it."""
        return CONFIRMED if self.source else FROM_MEMORY


@dataclass(slots=True)
class Shapes:
    """Paths of one API version, to see whether one of them fits."""

    _by_length: dict[int, list[tuple[str, tuple[tuple[int, str], ...]]]] = field(default_factory=dict)

    def add(self, endpoints: Iterable[Endpoint]) -> None:
        """Take calls in."""
        for each in endpoints:
            parts = tuple(part for part in each.path.split("/") if part)
            fixed = tuple((place, part) for place, part in enumerate(parts) if not part.startswith("{"))
            self._by_length.setdefault(len(parts), []).append((each.method, fixed))

    def methods(self, parts: Sequence[str]) -> frozenset[str]:
        """The methods by which a path is served; empty if it is not at all."""
        return frozenset(
            method
            for method, fixed in self._by_length.get(len(parts), ())
            if all(parts[place] == part for place, part in fixed)
        )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(each.replace('|', chr(92) + '|') for each in row)} |" for row in rows]
