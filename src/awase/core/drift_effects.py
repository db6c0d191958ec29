"""Whom drift stops: the same people judged with and without the changes of settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from awase.core.drift import Change, What
from awase.core.operations import OperationKind, Side
from awase.core.plan import Draft, PlannedWrite
from awase.core.records import Item, ItemKind
from awase.errors import AwaseError

Stop = tuple[int, Side]
"""A link, and the side to which nothing of it goes any more."""
NO_RIGHT = "insufficient_access"
"""The error type of a write that the integration user may not make."""
_NEEDS: Mapping[What, OperationKind] = {
    What.OBJECT_CREATEABLE: OperationKind.CREATE,
    What.OBJECT_UPDATEABLE: OperationKind.UPDATE,
}


@dataclass(frozen=True, slots=True)
class Stopped:
    """One thing that a change stops of somebody."""

    record: str
    """``object:id`` of the record whose values would be sent."""
    label: str
    """How a person recognises it; personal data."""
    error_type: str
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One change, and whom it stops."""

    change: Change
    people: int = 0
    """Who passed before and would be held now, if written whole. Somebody whom two changes stop counts for both."""
    error_type: str = ""
    """The most frequent one it causes; empty where it stops nobody."""
    stops_all: bool = False
    """With it the sync cannot run at all."""
    stopped: tuple[Stopped, ...] = field(default=(), compare=False, repr=False)
    """Whom it stops; nobody is named where it stops all."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed on both sides since a sync last used them."""

    effects: tuple[Effect, ...] = ()
    """Of changes that touch the sync; what stops most people first."""
    others: int = 0
    """Changes that do not touch it."""
    people: int = 0
    """Who is stopped, each once: every run that has to write them holds them, or refuses to begin."""
    next_run: int = 0
    """Of those, whom the next run would have written."""
    compared: bool = True
    """False: no run has kept what it used, so there is nothing to compare with."""
    because: AwaseError | None = field(default=None, compare=False)
    """What the whole sync stops with; None where it can run."""

    @property
    def stops_all(self) -> bool:
        return self.because is not None

    @property
    def changes(self) -> int:
        """How many changes touch the sync."""
        return len(self.effects)


def newly_held(now: Draft, before: Draft) -> dict[Stop, list[Item]]:
    """What is held now of those who passed before; who was held already is stopped by something else."""
    was = set(_held(before))
    return {stop: items for stop, items in _held(now).items() if stop not in was}


def relieved(stopped: Mapping[Stop, Sequence[Item]], without: Draft) -> dict[Stop, list[Item]]:
    """Of what is held in ``stopped``, what is not in a draft without one of the changes: that one causes it."""
    left = [item for items in _held(without).values() for item in items]
    still, places = {(_place(item), item.error_type) for item in left}, Counter(map(_place, left))
    found: dict[Stop, list[Item]] = {}
    for stop, items in stopped.items():
        before = Counter(map(_place, items))
        gone = [
            item
            for item in items
            # Where as many are left, one has only become another: the same value is called by another name.
            if (_place(item), item.error_type) not in still and places[_place(item)] < before[_place(item)]
        ]
        if gone:
            found[stop] = gone
    return found


def deprived(found: Iterable[Change], writes: Collection[PlannedWrite]) -> dict[Change, set[Stop]]:
    """Whose writes are refused because the integration user may no longer create, or change, records of an object."""
    lost = [one for one in found if one.what in _NEEDS and one.after is False]
    return {
        change: {
            (write.operation.link, write.operation.side)
            for write in writes
            if (write.operation.side, write.operation.object) == (change.side, change.object)
            and write.operation.kind == _NEEDS[change.what]
        }
        for change in lost
    }


def named(
    caused: Mapping[Stop, Sequence[Item]], refused: Collection[Stop], writes: Collection[PlannedWrite]
) -> tuple[Stopped, ...]:
    """Those whom one change stops: ``caused`` would be held, the ``writes`` of ``refused`` turned away."""
    held = [
        Stopped(item.record, item.label, item.error_type, item.field, item.value or "")
        for items in caused.values()
        for item in items
    ]
    turned_away = {
        (write.operation.link, write.operation.side): Stopped(write.record, write.label, NO_RIGHT)
        for write in writes
        if (write.operation.link, write.operation.side) in refused
    }
    return (*held, *turned_away.values())


def may_cause(change: Change, stopped: Mapping[Stop, Sequence[Item]]) -> bool:
    """Whether it is worth judging without ``change``: something is held toward its side, and of an option's change,
    the value or a rule is named there."""
    items = [item for (_, side), items in stopped.items() if side == change.side for item in items]
    if not change.option:
        return bool(items)
    return any(item.value is None or change.option in item.value or item.detail.get("rule") for item in items)


def people_of(stops: Iterable[Stop]) -> int:
    return len({link for link, _ in stops})


def held_in(draft_items: Iterable[Item], stops: Set[Stop]) -> set[Stop]:
    """Which of these a plan holds, too."""
    return {(item.link, item.side) for item in draft_items if _is_foreseen(item)} & stops


def in_order(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """What stops all first, then by how many it stops."""
    return tuple(
        sorted(
            effects,
            key=lambda one: (
                not one.stops_all,
                -one.people,
                one.change.side,
                one.change.object,
                one.change.name,
            ),
        )
    )


def _held(draft: Draft) -> dict[Stop, list[Item]]:
    found: dict[Stop, list[Item]] = {}
    for item in draft.items:
        if _is_foreseen(item):
            found.setdefault((item.link, item.side), []).append(item)
    return found


def _is_foreseen(item: Item) -> bool:
    return item.kind == ItemKind.HELD and item.source == "foreseen"


def _place(item: Item) -> tuple[int, Side, str, str]:
    return item.link, item.side, item.field, item.detail.get("rule", "")
