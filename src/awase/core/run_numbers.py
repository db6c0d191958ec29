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
    """By error type, or by why it stays out (``filtered``, ``excluded`` …); ``""``: a later run has met the record again and keeps its reason now."""


_DUPLICATES = ("several_matches", "linked_elsewhere")
_DELETED = "deleted"


def run_numbers(counts: RunCounts, items: Iterable[Item], added_again: int) -> RunNumbers:
    """The numbers of one object from its counts, the items that the run was the last to meet on records of that
    object (toward the other side), and how many of its creates found their record there.

    Each link counts once, by what weighs most.
    """
    weight = {kind: place for place, kinds in enumerate(_WEIGHT.values()) for kind in kinds}
    heaviest: dict[int, Item] = {}
    for item in items:
        if item.kind in weight:
            known = heaviest.get(item.link)
            if known is None or weight[item.kind] < weight[known.kind]:
                heaviest[item.link] = item
    reasons: Counter[str] = Counter()
    for name, kinds in _WEIGHT.items():
        told = [item.error_type for item in heaviest.values() if item.kind in kinds]
        count: int = getattr(counts, name)
        reasons.update(told[:count])
        reasons[""] += max(0, count - len(told))
    reasons.update(counts.reasons)
    reasons[""] += counts.skipped - sum(counts.reasons.values())
    again = min(added_again, counts.created)
    return RunNumbers(
        total=counts.read,
        new=counts.created - again,
        added_again=again,
        updated=counts.updated,
        unchanged=counts.unchanged,
        duplicate=sum(reasons.pop(name, 0) for name in _DUPLICATES),
        deleted=counts.deleted + reasons.pop(_DELETED, 0),
        ignored={name: count for name, count in reasons.items() if count},
    )


_WEIGHT: Mapping[str, tuple[ItemKind, ...]] = {
    "rejected": (ItemKind.REJECTED,),
    "held": (ItemKind.HELD,),
    "waiting": (ItemKind.DEFERRED, ItemKind.UNKNOWN, ItemKind.WAITING, ItemKind.CONFLICT, ItemKind.AMBIGUOUS),
}
"""Counts whose reasons stand in items, heaviest first, and the kinds of items that tell them."""
