"""What the targets would refuse today, by cause: the answer of ``awase check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awase.core.operations import Side
from awase.core.plan import Draft
from awase.core.records import Item, ItemKind


@dataclass(frozen=True, slots=True)
class Cause:
    """One rule of a target, and the records that break it."""

    side: Side
    """The target."""
    error_type: str
    field: str
    """The target's field."""
    certain: bool
    """Likely ones are sent all the same."""
    items: tuple[Item, ...]

    @property
    def records(self) -> int:
        """How many records break it; one may do so with several values."""
        return len({item.link for item in self.items})

    def values(self) -> list[tuple[str, int]]:
        """The offending values, the most frequent first."""
        return Counter(item.value for item in self.items if item.value is not None).most_common()


@dataclass(frozen=True, slots=True)
class Foresight:
    """Both directions of one sync, as if every record were written whole."""

    read: Mapping[str, int]
    """Records by ``side:object``."""
    causes: tuple[Cause, ...] = ()
    """Certain ones first, then by how many records they stop."""
    waiting: int = 0
    """Records that wait for another record, which is no refusal."""
    drifted: int = 0
    """Changes of settings since the last run that may matter to the sync."""

    def people(self, *, certain: bool) -> int:
        """How many records have at least one such cause."""
        return len({item.link for cause in self.causes if cause.certain == certain for item in cause.items})


def foresight(draft: Draft, read: Mapping[str, int]) -> Foresight:
    """The causes in ``draft``, whose records were judged whole."""
    held = [item for item in draft.items if item.kind == ItemKind.HELD and item.source == "foreseen"]
    causes = [*_causes(held, certain=True), *_causes(draft.likely, certain=False)]
    waiting = {item.link for item in draft.items if item.kind == ItemKind.WAITING}
    causes.sort(
        key=lambda cause: (not cause.certain, -cause.records, cause.side, cause.error_type, cause.field)
    )
    return Foresight(read, tuple(causes), len(waiting))


def _causes(items: Iterable[Item], *, certain: bool) -> list[Cause]:
    groups: dict[tuple[Side, str, str], list[Item]] = {}
    for item in items:
        groups.setdefault((item.side, item.error_type, item.field), []).append(item)
    return [Cause(*key, certain, tuple(group)) for key, group in groups.items()]
