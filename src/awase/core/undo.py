"""Undoing a run: which of the values it wrote can be put back, and what must be true afterwards.

A value goes back only where the record still holds exactly what the run wrote. Nothing is deleted, no opt-out is
touched, and no value that the run did not write is ever replaced: where a value that went back now differs from its
partner, both rest as they are and the difference is listed as a conflict, unless a person let it be *carried*
(decision 0008).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from awase.core.mapping import BoundSync
from awase.core.merge import settles, stuck_on, target
from awase.core.operations import SIDES, Operation, OperationKind, Outcome, Side, State, other
from awase.core.plan import Draft
from awase.core.records import BaseRow, Item, Link
from awase.core.references import Tables
from awase.core.values import Value, as_text

UNDONE = "undone"
"""Code of a conflict that an undo left: the value went back, its partner on the other side stayed."""

RecordName = tuple[Side, str, str]
"""Side, object, id."""


class Left(StrEnum):
    """Why a value that the run wrote stays as it is."""

    TOUCHED = "touched"
    """Somebody, or a later run, has changed it since."""
    GONE = "gone"
    """The record is not there any more."""
    UNLINKED = "unlinked"
    """The record belongs to no pair of this sync any more."""
    UNMAPPED = "unmapped"
    """The field is not mapped any more, or is of another type."""
    KEY = "key"
    """The field tells records apart, or carries an opt-out: never touched."""
    OPTED_OUT = "opted_out"
    """The address of a person who is out stays what it is, since some systems keep opt-outs by address."""
    NOT_WRITABLE = "not_writable"
    REFUSED = "refused"
    """The target would refuse the old value (a required field cannot be emptied, an option is gone …)."""
    UNANSWERED = "unanswered"
    """Nobody knows whether the run's write arrived."""


class Then(StrEnum):
    """How both sides stand once a value went back."""

    AGREED = "agreed"
    CONFLICT = "conflict"
    """Both rest as they are; a person decides."""
    CARRIED = "carried"
    """The next run brings the value to the other side."""
    ALONE = "alone"
    """There is no other side."""


@dataclass(frozen=True, slots=True)
class Written:
    """One value that a run wrote."""

    side: Side
    object: str
    id: str
    link: int
    field: str
    """By the target's name."""
    before: Value
    value: Value

    @property
    def record(self) -> RecordName:
        return self.side, self.object, self.id


@dataclass(frozen=True, slots=True)
class Journalled:
    """What a run did, from its journal."""

    values: tuple[Written, ...] = ()
    unanswered: tuple[Written, ...] = ()
    never: tuple[Operation, ...] = ()
    """What is never undone: creates (with the id of what was created), opt-outs, and everything that is no update."""


@dataclass(frozen=True, slots=True)
class Restored:
    written: Written
    name: str
    """The mapping's."""
    label: str
    then: Then


@dataclass(frozen=True, slots=True)
class Kept:
    written: Written
    why: Left
    now: Value = None
    label: str = ""
    detail: str = ""
    """The error type that speaks against the old value."""


@dataclass(frozen=True, slots=True)
class Present:
    """What both sides and the store say now of the records that a run wrote to."""

    frames: Mapping[Side, pl.DataFrame]
    """Side frames with ``_link``: the records written to, and their partners."""
    links: Mapping[RecordName, Link]
    bases: Sequence[BaseRow] = ()
    out: frozenset[int] = frozenset()
    """Links that the ledger knows to be out."""
    tables: Tables = field(default_factory=dict)
    """The partners of each reference field."""


@dataclass(slots=True)
class Undo:
    """What undoing would do."""

    draft: Draft = field(default_factory=Draft)
    restored: list[Restored] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    already: list[Written] = field(default_factory=list)
    """Values that are back as they were before."""
    conflicts: list[Item] = field(default_factory=list)
    """To be listed before anything is sent."""
    never: tuple[Operation, ...] = ()


def journalled(settled: Iterable[tuple[Operation, Outcome | None]]) -> Journalled:
    """A run's operations, in the order of its journal, as what can be undone and what cannot.

    A value that was sent several times counts once: from what stood there first to what was written last.
    """
    values: dict[tuple[RecordName, str], Written] = {}
    unanswered: dict[tuple[RecordName, str], Written] = {}
    never: list[Operation] = []
    for op, outcome in settled:
        state = State.UNKNOWN if outcome is None else outcome.state
        if op.kind != OperationKind.UPDATE or op.id is None:
            if outcome is not None and state == State.APPLIED:
                never.append(_named(op, outcome))
            continue
        found = {State.APPLIED: values, State.UNKNOWN: unanswered}.get(state)
        if found is None:
            continue
        for name, value in op.values.items():
            place = ((op.side, op.object, op.id), name)
            first = found[place].before if place in found else op.before.get(name)
            found[place] = Written(op.side, op.object, op.id, op.link, name, first, value)
    open_still = (written for place, written in unanswered.items() if place not in values)
    return Journalled(tuple(values.values()), tuple(open_still), tuple(never))


def _named(op: Operation, outcome: Outcome) -> Operation:
    return Operation(link=op.link, side=op.side, kind=op.kind, object=op.object, id=op.id or outcome.id)


def same(one: Value, another: Value) -> bool:
    """Equal as the vendor gives them back (both are normalised)."""
    return as_text(one) == as_text(another)


def record_on(link: Link, side: Side) -> RecordName | None:
    """The link's record on ``side`` with that side; None where it has none."""
    record = link.record(side)
    return None if record is None else (side, *record)


def alike(merged: pl.DataFrame, sync: BoundSync) -> pl.DataFrame:
    """``merged`` (see ``merge.merge``) with ``alike:x`` Boolean for each field x: both sides say the same, or the
    CRM object does not have the field."""
    columns = []
    for b in sync.fields:
        # As the merge itself calls two values equal.
        ways = [
            pl.col(target(to, b.name)).eq_missing(pl.col(settles(to, b.name)))
            & ~pl.col(stuck_on(other(to), b.name))
            & pl.lit(b.carries(to))
            for to in SIDES
        ]
        here = pl.col("_crm_object").is_in(list(b.crm))
        columns.append((pl.any_horizontal(*ways) | ~here).alias(alike_column(b.name)))
    return merged.with_columns(columns)


def alike_column(name: str) -> str:
    """The column that says so."""
    return f"alike:{name}"
