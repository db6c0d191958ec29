"""The numbers of one run that explain why two systems count differently: they add up to what was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awase.core.records import Item, ItemKind, RunCounts


@dataclass(frozen=True, slots=True)
class RunNumbers:
    """What became of the records that a run read from one object: ``total`` is the sum of all that follow."""

    total: int
    new: int
    added_again: int
    """Created, but the record was there already under its key."""
    updated: int
    unchanged: int
    duplicate: int
    deleted: int
    ignored: Mapping[str, int]
    """By error type; ``""``: a later run has met the record again and keeps its reason now."""


_DUPLICATES = frozenset({"several_matches", "linked_elsewhere"})


def run_numbers(counts: RunCounts, items: Iterable[Item], added_again: int) -> RunNumbers:
    """The numbers of one object from its counts, the items that the run was the last to meet on records of that
    object (toward the other side), and how many of its creates found their record there.

    Each link counts once, by what weighs most. What is skipped without an item is deleted.
    """
    weight = {kind: place for place, kinds in enumerate(_WEIGHT.values()) for kind in kinds}
    heaviest: dict[int, Item] = {}
    for item in items:
        if item.kind in weight:
            known = heaviest.get(item.link)
            if known is None or weight[item.kind] < weight[known.kind]:
                heaviest[item.link] = item
    ignored: Counter[str] = Counter()
    duplicate, left_over = 0, dict[str, int]()
    for count_name, kinds in _WEIGHT.items():
        budget: int = getattr(counts, count_name)
        for item in heaviest.values():
            if item.kind not in kinds or budget == 0:
                continue
            budget -= 1
            if item.error_type in _DUPLICATES:
                duplicate += 1
            else:
                ignored[item.error_type] += 1
        left_over[count_name] = budget
    deleted = left_over.pop("skipped")
    if (rest := sum(left_over.values())) > 0:
        ignored[""] += rest
    again = min(added_again, counts.created)
    return RunNumbers(
        total=counts.read,
        new=counts.created - again,
        added_again=again,
        updated=counts.updated,
        unchanged=counts.unchanged,
        duplicate=duplicate,
        deleted=deleted,
        ignored=dict(ignored),
    )


_WEIGHT: Mapping[str, tuple[ItemKind, ...]] = {
    "rejected": (ItemKind.REJECTED,),
    "held": (ItemKind.HELD,),
    "waiting": (ItemKind.DEFERRED, ItemKind.UNKNOWN, ItemKind.WAITING, ItemKind.CONFLICT, ItemKind.AMBIGUOUS),
    "skipped": (ItemKind.SKIPPED,),
}
"""Counts that need a reason, heaviest first, and the kinds of items that tell it."""
