"""A one-off import: which records of the CRM are brought into the MA, and what becomes of each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from awase.core.filters import Condition, fields_of
from awase.core.operations import OperationKind
from awase.core.plan import Arrival, Draft, PlannedWrite
from awase.core.records import ERROR_KINDS, Brought, Item, ItemKind, Link
from awase.core.schema import Field


@dataclass(frozen=True, slots=True)
class Search:
    """Tests on the records of one object, all of which must hold, and the fields that they look at."""

    tests: tuple[Condition, ...] = ()
    """Their fields are named without the object; a dot leads to a related record (``Owner.Email``)."""
    fields: Mapping[str, Field] = field(default_factory=dict)
    """By the name that a test uses."""


@dataclass(frozen=True, slots=True)
class Import:
    """What is brought: of these objects, what meets the tests."""

    where: tuple[Condition, ...] = ()
    """Empty: every record. ``Lead.Status`` is a test of leads, and brings leads only."""
    objects: tuple[str, ...] = ()
    """Empty: every CRM object of the sync."""
    searches: Mapping[str, Search] = field(default_factory=dict)
    """By object: what to ask the CRM for, once its fields are known."""


def objects_of(wanted: Import, known: Sequence[str]) -> list[str]:
    """The objects whose records are brought: those asked for, and of these the ones that a test names, if any does."""
    asked = [name for name in known if not wanted.objects or name in wanted.objects]
    named = {owner for name in fields_of(wanted.where) if (owner := _owner(name, known)) is not None}
    return [name for name in asked if not named or name in named]


def concerning(wanted: Import, object: str, known: Sequence[str]) -> tuple[Condition, ...]:
    """The tests that concern records of ``object``, with their fields as that object names them."""
    return tuple(test for one in wanted.where if (test := _on(one, object, known)) is not None)


def _owner(name: str, known: Sequence[str]) -> str | None:
    owner, dot, _ = name.partition(".")
    return owner if dot and owner in known else None


def _on(test: Condition, object: str, known: Sequence[str]) -> Condition | None:
    """``test`` on ``object``; None where it is one of another object."""
    owner = _owner(test.field, known)
    if owner not in (None, object):
        return None
    here = replace(test, field=test.field if owner is None else test.field.partition(".")[2])
    if not test.any_of:
        return here
    some = tuple(one for each in test.any_of if (one := _on(each, object, known)) is not None)
    here = replace(here, any_of=some)
    return here if here.says_something else None


# -- of a whole draft, what an import does -----------------------------------------------------------------------------
def brought(draft: Draft, records: Set[int], limit: int | None) -> Draft:
    """The part of ``draft`` that brings ``records`` (links) into the MA; writes to the CRM are left to the next run.

    Opt-outs of theirs go in both directions all the same. Nothing open is closed about those whose writes are left.
    """
    going = [write for write in draft.writes if write.operation.link in records and _goes(write)]
    chosen = set(records)
    if limit is not None:
        chosen = set(list(dict.fromkeys(write.operation.link for write in going))[:limit])
    left = {write.operation.link for write in draft.writes if not _goes(write)}
    return Draft(
        arrivals=[one for one in draft.arrivals if one.side == "crm" and one.link in chosen],
        evaluated=[link for link in draft.evaluated if link in chosen and link not in left],
        links=[link for link in draft.links if link.id in chosen],
        matches=[entry for entry in draft.matches if entry.link in chosen],
        rebased=[row for row in draft.rebased if row.link in chosen],
        agreed=[row for row in draft.agreed if row.link in chosen],
        writes=[write for write in going if write.operation.link in chosen],
        items=[item for item in draft.items if item.link in chosen and not _is_left(item)],
        ledger=[line for line in draft.ledger if line.link is None or line.link in chosen],
        outside=draft.outside,
        labels=draft.labels,
    )


def _goes(write: PlannedWrite) -> bool:
    return write.operation.side == "ma" or write.operation.kind == OperationKind.OPT_OUT


def _is_left(item: Item) -> bool:
    """A conflict that the MA's value wins, whose write is left: the next run settles and lists it."""
    return item.kind == ItemKind.SETTLED and item.side == "crm"


def numbers(draft: Draft) -> Brought:
    """What becomes of the records of an import's own draft, each counted once."""
    created = {w.operation.link for w in draft.writes if w.operation.kind == OperationKind.CREATE}
    paired = {link.id for link in draft.links if link.is_linked}
    open_items = _worst(draft.items)
    counts: Counter[str] = Counter()
    ignored: Counter[str] = Counter()
    for arrival in draft.arrivals:
        reason = arrival.skipped or open_items.get(arrival.link, "")
        if arrival.link in created:
            counts["new"] += 1
        elif reason and not (arrival.link in paired and not arrival.skipped):
            ignored[reason] += 1
        else:
            counts["matched" if arrival.link in paired else "linked"] += 1
    return Brought(total=len(draft.arrivals), ignored=dict(sorted(ignored.items())), **counts)


def _worst(items: Iterable[Item]) -> dict[int, str]:
    """By link: what stands against its record in the MA, in the order in which kinds of errors are listed."""
    order = {kind: place for place, kind in enumerate(ERROR_KINDS)}
    against = [item for item in items if item.kind in order and item.side == "ma"]
    against += [item for item in items if item.kind == ItemKind.AMBIGUOUS and item.side != "ma"]
    return {
        item.link: item.kind.value
        for item in sorted(against, key=lambda item: order[item.kind], reverse=True)
    }


def left_to_the_next_run(
    links: Iterable[Link], evaluated: Iterable[int], arrivals: Iterable[Arrival]
) -> set[int]:
    """Pairs that an import made without settling everything about them: the next run has to look at them."""
    settled, here = set(evaluated), {arrival.link for arrival in arrivals}
    return {link.id for link in links if link.is_linked and link.id in here and link.id not in settled}
