"""What the targets would refuse today, by cause: the answer of ``awase check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from awase.core.checks.rules import lacking, not_foreseen
from awase.core.mapping import BoundSync
from awase.core.operations import SIDES, Side
from awase.core.plan import Draft
from awase.core.predictions import RuleScore
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
    rule: str = ""
    """The vendor's name of a validation or matching rule."""

    @property
    def records(self) -> int:
        """How many records break it; one may do so with several values."""
        return len({item.link for item in self.items})

    def nearest(self, value: str) -> str | None:
        """What the target would take instead, where something is near."""
        return next((item.detail.get("nearest") for item in self.items if item.value == value), None)

    @property
    def message(self) -> str:
        """The rule in the words of the target's administrator; empty where it has none."""
        return self.items[0].message

    def values(self) -> list[tuple[str, int]]:
        """The offending values, the most frequent first."""
        return Counter(item.value for item in self.items if item.value is not None).most_common()


@dataclass(frozen=True, slots=True)
class Unforeseen:
    """A validation rule of which not everything can be foreseen."""

    side: Side
    object: str
    rule: str
    reason: str
    """Why it cannot be judged at all; empty where it can be in part."""
    lacking: tuple[str, ...] = ()
    """What it looks at and is not known here; where that decides, nothing is foreseen."""


def unforeseen(sync: BoundSync) -> tuple[Unforeseen, ...]:
    """The rules of both targets that cannot be judged, or only in part."""
    found = []
    for side in SIDES:
        for name in sync.sync.objects(side):
            object = sync.object(side, name)
            reasons = not_foreseen(object)
            for rule in object.rules:
                missing = () if rule.name in reasons else tuple(lacking(rule, object))
                if rule.name in reasons or missing:
                    found.append(Unforeseen(side, name, rule.name, reasons.get(rule.name, ""), missing))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Foresight:
    """Both directions of one sync, as if every record were written whole."""

    read: Mapping[str, int]
    """Records by ``side:object``."""
    causes: tuple[Cause, ...] = ()
    """Certain ones first, then by how many records they stop."""
    waiting: int = 0
    """Records that wait for another record, which is no refusal."""
    unforeseen: tuple[Unforeseen, ...] = ()
    scores: tuple[RuleScore, ...] = ()
    """How right rules have been so far, where that was tried."""
    drifted: int = 0
    """Changes of settings since the last run that may matter to the sync."""

    def people(self, *, certain: bool) -> int:
        """How many records have at least one such cause."""
        return len({item.link for cause in self.causes if cause.certain == certain for item in cause.items})


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is refused now, and what would be after a change of a target."""

    now: Foresight
    then: Foresight
    unforeseen: tuple[Unforeseen, ...] = ()
    """Rules that the change brings and that cannot be judged, or only in part."""
    idle: tuple[str, ...] = ()
    """Changes (by their texts) that are so already."""
    unmapped: tuple[str, ...] = ()
    """Changes of fields that the sync does not write: nobody is refused for what is not sent."""

    def refused(self) -> tuple[int, int, int]:
        """How many records surely are refused now, would be then, and would be only because of the change."""
        now, then = _refused(self.now), _refused(self.then)
        return len(now), len(then), len(then - now)

    def newly(self) -> list[Cause]:
        """The causes of then, with nobody who is refused now."""
        now = _refused(self.now)
        left = [
            replace(cause, items=tuple(item for item in cause.items if _record(item) not in now))
            for cause in self.then.causes
            if cause.certain
        ]
        return sorted((cause for cause in left if cause.items), key=lambda cause: -cause.records)


def _refused(found: Foresight) -> set[tuple[str, str]]:
    return {_record(item) for cause in found.causes if cause.certain for item in cause.items}


def _record(item: Item) -> tuple[str, str]:
    """Whose values were to be sent, and where to: links of people nobody has met yet are new in every draft."""
    return item.side, item.record or str(item.link)


def foresight(draft: Draft, read: Mapping[str, int]) -> Foresight:
    """The causes in ``draft``, whose records were judged whole."""
    held = [item for item in draft.items if item.kind == ItemKind.HELD and item.source == "foreseen"]
    causes = [*_causes(held, certain=True), *_causes(draft.likely, certain=False)]
    waiting = {item.link for item in draft.items if item.kind == ItemKind.WAITING}
    causes.sort(
        key=lambda cause: (
            not cause.certain,
            -cause.records,
            cause.side,
            cause.error_type,
            cause.field,
            cause.rule,
        )
    )
    return Foresight(read, tuple(causes), len(waiting))


def _causes(items: Iterable[Item], *, certain: bool) -> list[Cause]:
    groups: dict[tuple[Side, str, str, str], list[Item]] = {}
    for item in items:
        rule = item.detail.get("rule", "")
        groups.setdefault((item.side, item.error_type, item.field, rule), []).append(item)
    return [
        Cause(side, error_type, field, certain, tuple(group), rule)
        for (side, error_type, field, rule), group in groups.items()
    ]
