"""Reconciliation: every difference between two full readings of both sides, with exactly one reason.

What both sides said before excuses nothing. A difference has a reason if a rule of the sync leaves it on purpose, if an
open item names it, or if the next run is seen to write it. What is left is ``unknown``: a mistake of ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import polars as pl

from awase.core.frames import IN
from awase.core.mapping import BoundField, BoundSync, column
from awase.core.merge import TABLE, Changed, Decision, decision
from awase.core.operations import SIDES, OperationKind, Side, other
from awase.core.plan import Plan
from awase.core.records import Item, ItemKind
from awase.core.undo import alike_column
from awase.core.values import Value, as_text


class Reason(StrEnum):
    FILTERED = "filtered"
    EXCLUDED = "excluded"
    """A person chose that this one is never synced."""
    NOT_CREATED = "not_created"
    """No rule of the sync makes a record of it."""
    TWIN = "linked_elsewhere"
    """The person is linked through another record."""
    BY_DIRECTION = "by_direction"
    """The direction leaves the other side as it is, on purpose."""
    HELD = "held"
    REJECTED = "rejected"
    WAITING = "waiting"
    """For its parent, for an answer, for a lock or for quota."""
    CONFLICT = "conflict"
    AMBIGUOUS = "ambiguous"
    DELETED = "deleted"
    """Its partner was deleted."""
    CHANGED = "changed"
    """Edited or created after what the last run read; the next run brings it over."""
    UNKNOWN = "unknown"


ON_PURPOSE = frozenset(
    {Reason.FILTERED, Reason.EXCLUDED, Reason.NOT_CREATED, Reason.TWIN, Reason.BY_DIRECTION}
)
"""Reasons that nobody has to do anything about."""

CONSENT = "opt-out"
"""Stands for the field in a difference of consent."""

_BY_CODE = {
    "filtered": Reason.FILTERED,
    "excluded": Reason.EXCLUDED,
    "linked_elsewhere": Reason.TWIN,
    "counterpart_missing": Reason.DELETED,
    "deleted": Reason.DELETED,
}
_BY_KIND = {
    ItemKind.HELD: Reason.HELD,
    ItemKind.REJECTED: Reason.REJECTED,
    ItemKind.DEFERRED: Reason.WAITING,
    ItemKind.UNKNOWN: Reason.WAITING,
    ItemKind.WAITING: Reason.WAITING,
    ItemKind.AMBIGUOUS: Reason.AMBIGUOUS,
}
"""What an item says of a write toward its side; conflicts speak of their field alone."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which both sides do not agree."""

    reason: Reason
    link: int | None
    side: Side
    """Of a record on one side only: where it is. Of a field: the side that would be written to, ``ma`` if neither."""
    record: str
    """``object:id``; of a pair the MA's record."""
    other: str = ""
    """The CRM's record of a pair; empty where a record stands alone."""
    field: str = ""
    """Empty where a whole record stands alone."""
    ma: str | None = None
    crm: str | None = None
    label: str = ""
    detail: str = ""
    """The error type, where there is one."""


@dataclass(slots=True)
class Reconciliation:
    records: dict[str, int] = field(default_factory=dict)
    """Records by ``side:object``."""
    pairs: int = 0
    equal: Counter[str] = field(default_factory=Counter)
    """Pairs that are equal, by mapped field."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def alone(self) -> list[Difference]:
        return [each for each in self.differences if not each.field]

    @property
    def explained(self) -> bool:
        """Nothing is without a reason."""
        return not any(each.reason == Reason.UNKNOWN for each in self.differences)

    @property
    def agree(self) -> bool:
        """Nothing is without a reason, and nothing waits for a run or a person."""
        return all(each.reason in ON_PURPOSE for each in self.differences)


@dataclass(frozen=True, slots=True)
class Known:
    """What speaks for a difference."""

    plan: Plan
    """What the next run would do."""
    items: Sequence[Item] = ()
    """Open ones."""
    excluded: frozenset[int] = frozenset()
    """Links that a person keeps out."""
    unfinished: frozenset[int] = frozenset()
    """Links of writes in the journal that nobody has looked after yet."""


class Judge:
    """Finds the one reason of each difference."""

    def __init__(self, known: Known, sync: BoundSync) -> None:
        self.sync = sync
        self.unfinished = known.unfinished
        self.excluded = known.excluded
        looked_at = {link for chunk in known.plan.chunks for link in chunk.evaluated}
        items = [item for item in known.items if item.link not in looked_at]
        items += [item for chunk in known.plan.chunks for item in chunk.items]
        self.items: dict[int, list[Item]] = {}
        for item in items:
            self.items.setdefault(item.link, []).append(item)
        self.writes = {
            (op.link, op.side, name)
            for op in (write.operation for write in known.plan.writes())
            for name in (op.kind.value, *op.values)
        }
        self.skipped = {
            (arrival.side, arrival.object, arrival.link): str(arrival.skipped)
            for chunk in known.plan.chunks
            for arrival in chunk.arrivals
            if arrival.skipped
        }

    # -- fields of pairs ---------------------------------------------------------------------------------------------
    def of_field(self, row: Mapping[str, Any], bound: BoundField) -> tuple[Reason, str]:
        """Why both sides of a pair (a row of ``merge``) differ in one field, and the error type if there is one."""
        link, object = row["_link"], row["_crm_object"]
        if (outside := self._outside(row)) is not None:
            return outside, ""
        for item in self.items.get(link, ()):
            if item.kind == ItemKind.CONFLICT and item.field == bound.name:
                return Reason.CONFLICT, item.error_type
        decided = Decision(row[decision(bound.name)])
        for side, choice in (("crm", Decision.TO_CRM), ("ma", Decision.TO_MA)):
            if decided == choice:
                return self._of_write(link, side, object, bound)  # type: ignore[arg-type]
        if decided == Decision.NOTHING:
            return (Reason.BY_DIRECTION if _left_on_purpose(row, bound) else Reason.UNKNOWN), ""
        # Whatever else the merge says of a field, it is told by an item of that field.
        return self._of_items(link, bound.name) or (Reason.UNKNOWN, "")

    def _outside(self, row: Mapping[str, Any]) -> Reason | None:
        """Why a pair is kept out of the sync, if it is."""
        if row["_link"] in self.excluded:
            return Reason.EXCLUDED
        met = [row[f"{IN}_{side}"] for side in SIDES if f"{IN}_{side}" in row]
        return Reason.FILTERED if False in met else None

    def _of_write(self, link: int, side: Side, crm_object: str, bound: BoundField) -> tuple[Reason, str]:
        """Why a value that is to go to ``side`` is not there."""
        if not self.sync.sync.may_update(side):
            return Reason.BY_DIRECTION, ""
        object = self.sync.sync.ma_object if side == "ma" else crm_object
        target = bound.on(side, object)
        if target is not None and (link, side, target.name) in self.writes:
            return Reason.CHANGED, ""
        named = {bound.name, "" if target is None else target.name}
        return self._stopped(link, side, named) or (Reason.UNKNOWN, "")

    def _stopped(self, link: int, side: Side, named: Iterable[str]) -> tuple[Reason, str] | None:
        """What keeps writes from this record of ``side``: one that names the field first, since the others wait with
        it."""
        names = set(named)
        against = [i for i in self.items.get(link, ()) if i.side == side and reason_of(i) is not None]
        against.sort(key=lambda item: not names & set(item.field.split(",")))
        if against:
            return reason_of(against[0]) or Reason.UNKNOWN, against[0].error_type
        return (Reason.WAITING, "") if link in self.unfinished else None

    def _of_items(self, link: int, name: str) -> tuple[Reason, str] | None:
        for item in self.items.get(link, ()):
            if name in item.field.split(",") and (reason := reason_of(item)) is not None:
                return reason, item.error_type
        return None

    def of_consent(self, row: Mapping[str, Any]) -> tuple[Reason, str]:
        """Why only one side of a pair says that the person is out."""
        link: int = row["_link"]
        side: Side = "ma" if row["_out_crm"] else "crm"
        if (link, side, OperationKind.OPT_OUT.value) in self.writes:
            return Reason.CHANGED, ""
        about = [
            item
            for item in self.items.get(link, ())
            if item.side == side
            and (item.detail.get("operation") == OperationKind.OPT_OUT or item.code == "opt_out_not_writable")
        ]
        for item in about:
            if (reason := reason_of(item)) is not None:
                return reason, item.error_type
        return (Reason.WAITING if link in self.unfinished else Reason.UNKNOWN), ""

    # -- records alone -----------------------------------------------------------------------------------------------
    def of_record(
        self, side: Side, object: str, link: int | None, *, met: bool, had_partner: bool, created: bool
    ) -> tuple[Reason, str]:
        """Why a record has no partner. ``met``: it is inside the filter; ``had_partner``: it is linked to one that is
        not there any more; ``created``: the sync's rules would make one."""
        if link in self.excluded:
            return Reason.EXCLUDED, ""
        if not met:
            return Reason.FILTERED, ""
        if link is None:
            return (Reason.UNKNOWN if created else Reason.NOT_CREATED), ""
        toward = other(side)
        if (reason := _BY_CODE.get(self.skipped.get((side, object, link), ""))) is not None:
            return reason, ""
        for item in self.items.get(link, ()):
            if item.kind == ItemKind.SKIPPED and (reason := _BY_CODE.get(item.code)) is not None:
                return reason, item.error_type
        if (link, toward, OperationKind.CREATE.value) in self.writes:
            return Reason.CHANGED, ""
        if (stopped := self._stopped(link, toward, ())) is not None:
            return stopped
        if had_partner:
            return Reason.DELETED, ""
        return (Reason.UNKNOWN if created else Reason.NOT_CREATED), ""


def reason_of(item: Item) -> Reason | None:
    """What an open item explains; None where it only tells what happened."""
    return _BY_CODE.get(item.code) or _BY_KIND.get(item.kind)


def _left_on_purpose(row: Mapping[str, Any], bound: BoundField) -> bool:
    """One side is blank, and the direction does not fill it."""
    ma, crm = row[column("ma", bound.name)], row[column("crm", bound.name)]
    if (ma is None) == (crm is None):
        return False
    state = Changed.MA_FILLED if crm is None else Changed.CRM_FILLED
    return TABLE[state, bound.mapping.direction].decision == Decision.NOTHING


def compare(merged: pl.DataFrame, judge: Judge, into: Reconciliation) -> None:
    """Count and judge the fields of all pairs: ``merged`` as ``undo.alike`` gives it."""
    sync = judge.sync
    into.pairs += merged.height
    told_apart = []
    for bound in sync.fields:
        alike = merged[alike_column(bound.name)]
        has = merged["_crm_object"].is_in(list(bound.crm))
        into.equal[bound.name] += int((alike & has).sum())
        told_apart.append(~pl.col(alike_column(bound.name)))
    out_apart = pl.col("_out_ma").fill_null(value=False) != pl.col("_out_crm").fill_null(value=False)
    for row in merged.filter(pl.any_horizontal(out_apart, *told_apart)).to_dicts():
        for bound in sync.fields:
            if not row[alike_column(bound.name)]:
                into.differences.append(_of_field(row, bound, judge))
        if bool(row["_out_ma"]) != bool(row["_out_crm"]):
            into.differences.append(_of_consent(row, judge))


def _of_field(row: Mapping[str, Any], bound: BoundField, judge: Judge) -> Difference:
    reason, detail = judge.of_field(row, bound)
    ma, crm = (as_text(_value(row[column(side, bound.name)])) for side in SIDES)
    toward: Side = "crm" if Decision(row[decision(bound.name)]) == Decision.TO_CRM else "ma"
    return Difference(
        reason,
        row["_link"],
        toward,
        *_names(row, judge.sync),
        bound.name,
        ma,
        crm,
        _label(row, judge.sync),
        detail,
    )


def _of_consent(row: Mapping[str, Any], judge: Judge) -> Difference:
    reason, detail = judge.of_consent(row)
    ma, crm = (as_text(row[f"_out_{side}"]) for side in SIDES)
    toward: Side = "ma" if row["_out_crm"] else "crm"
    return Difference(
        reason,
        row["_link"],
        toward,
        *_names(row, judge.sync),
        CONSENT,
        ma,
        crm,
        _label(row, judge.sync),
        detail,
    )


def _names(row: Mapping[str, Any], sync: BoundSync) -> tuple[str, str]:
    return f"{sync.sync.ma_object}:{row['_id_ma']}", f"{row['_crm_object']}:{row['_id_crm']}"


def _label(row: Mapping[str, Any], sync: BoundSync) -> str:
    name = sync.sync.label_on
    return as_text(_value(row[column("ma", name)] or row[column("crm", name)])) or ""


def _value(cell: Any) -> Value:
    return tuple(cell) if isinstance(cell, list) else cell
