"""From what a run wrote and what is there now to what goes back: the values, the writes, and how both sides then stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from awase.core.capabilities import Capabilities
from awase.core.checks import findings, target_of
from awase.core.checks.check import Certainty
from awase.core.checks.preflight import seen, sends, value_column
from awase.core.frames import base_frame, canonical_cell, made_key, people
from awase.core.mapping import BoundField, BoundSync, column, seen_column
from awase.core.merge import Decision, decision, merge, settles
from awase.core.operations import SIDES, Operation, OperationKind, Side, other
from awase.core.plan import PlannedWrite
from awase.core.records import BaseRow, Item, ItemKind, Link
from awase.core.undo import (
    UNDONE,
    Journalled,
    Kept,
    Left,
    Present,
    RecordName,
    Restored,
    Then,
    Undo,
    Written,
    alike,
    alike_column,
    same,
)
from awase.core.values import DTYPES, Value, as_text, is_of, pack


def undo(
    run: int,
    done: Journalled,
    present: Present,
    sync: BoundSync,
    capabilities: Mapping[Side, Capabilities],
    *,
    carry: bool = False,
) -> Undo:
    """What putting back the values of ``run`` would do, given what is there now."""
    return _Undoing(run, present, sync, capabilities, carry).made(done)


@dataclass(frozen=True, slots=True)
class _Candidate:
    written: Written
    bound: BoundField
    link: Link
    now: Value
    label: str


class _Undoing:
    def __init__(
        self,
        run: int,
        present: Present,
        sync: BoundSync,
        capabilities: Mapping[Side, Capabilities],
        carry: bool,
    ) -> None:
        self.run = run
        self.present = present
        self.sync = sync
        self.capabilities = capabilities
        self.carry = carry
        self.rows: dict[RecordName, dict[str, Any]] = {
            (side, row["_object"], row["_id"]): row
            for side, frame in present.frames.items()
            for row in frame.to_dicts()
        }
        self.merged: dict[int, dict[str, Any]] = {}
        self.result = Undo()

    def made(self, done: Journalled) -> Undo:
        self.result.never = done.never
        self.result.kept += [Kept(written, Left.UNANSWERED) for written in done.unanswered]
        candidates = [c for written in done.values if (c := self._candidate(written)) is not None]
        accepted = self._accepted_by_target(candidates)
        thens = self._thens(accepted)
        writes: dict[RecordName, list[_Candidate]] = {}
        for one in accepted:
            writes.setdefault(one.written.record, []).append(one)
        for of_record in writes.values():
            self._write(of_record, thens)
        return self.result

    # -- which values ----------------------------------------------------------------------------------------------
    def _candidate(self, written: Written) -> _Candidate | None:
        """The value as one to put back; else noted why not."""
        row, label = self.rows.get(written.record), ""
        bound = next((b for b in self.sync.fields if _name(b, written) == written.field), None)
        now: Value = None
        if row is not None:
            label = self._label(written.side, row)
            now = None if bound is None else _cell(row[column(written.side, bound.name)])
        if bound is not None and row is not None and same(now, written.before):
            self.result.already.append(written)
            return None
        why = self._why_not(written, bound, row, now)
        link = self.present.links.get(written.record)
        if why is None and bound is not None and link is not None:
            return _Candidate(written, bound, link, now, label)
        self.result.kept.append(Kept(written, why or Left.UNLINKED, now, label))
        return None

    def _why_not(
        self, written: Written, bound: BoundField | None, row: Mapping[str, Any] | None, now: Value
    ) -> Left | None:
        if self._is_key(written):
            return Left.KEY
        field = None if bound is None else bound.on(written.side, written.object)
        if bound is None or field is None or not is_of(written.before, field.kind):
            return Left.UNMAPPED
        if row is None:
            return Left.GONE
        if not same(now, written.value):
            return Left.TOUCHED
        if not field.updateable:
            return Left.NOT_WRITABLE
        if bound.name == self.sync.sync.match_on and self._is_out(written):
            return Left.OPTED_OUT
        return None

    def _is_key(self, written: Written) -> bool:
        schemas = {
            "ma": {self.sync.sync.ma_object: self.sync.ma},
            "crm": dict(self.sync.crm),
        }[written.side]
        schema = schemas.get(written.object)
        keys = {schema.key_field} if schema is not None else set()
        if written.side == "ma":
            keys |= set(self.sync.sync.crm_ids.values())
        consent = self.capabilities[written.side].consent_fields.get(written.object, ())
        name = written.field.lower()
        carries = any(
            name == f.lower() or (f.endswith("*") and name.startswith(f[:-1].lower())) for f in consent
        )
        return written.field in keys or carries

    def _is_out(self, written: Written) -> bool:
        link = self.present.links.get(written.record)
        return link is not None and link.id in self.present.out

    def _label(self, side: Side, row: Mapping[str, Any]) -> str:
        return as_text(_cell(row[column(side, self.sync.sync.label_on)])) or ""

    # -- what the target would say -----------------------------------------------------------------------------------
    def _accepted_by_target(self, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        """Those that pass the checks that every write passes; the others are noted."""
        groups: dict[tuple[Side, str], list[_Candidate]] = {}
        for one in candidates:
            groups.setdefault((one.written.side, one.written.object), []).append(one)
        refused: dict[tuple[RecordName, str], str] = {}
        for (side, object), group in groups.items():
            records = {one.link.id: one.written.record for one in group}
            outgoing = self._outgoing(group, side, object)
            for found in findings(outgoing, target_of(self.sync, side, object, outgoing)):
                if found.certainty == Certainty.CERTAIN:
                    refused[records[found.link], found.field] = found.error_type
        accepted = []
        for one in candidates:
            reason = refused.get((one.written.record, one.written.field))
            if reason is None:
                accepted.append(one)
            else:
                self.result.kept.append(Kept(one.written, Left.REFUSED, one.now, one.label, reason))
        return accepted

    def _outgoing(self, group: Sequence[_Candidate], side: Side, object: str) -> pl.DataFrame:
        """The frame that the checks look at (``preflight.findings``): what is sent has no source but the journal."""
        here = [b for b in self.sync.fields if b.on(side, object) is not None]
        schema: dict[str, Any] = {"_link": pl.Int64(), "_create": pl.Boolean()}
        for b in here:
            kind = DTYPES[b.kind(side)]
            schema |= {value_column(b.name): kind, f"source:{b.name}": DTYPES[b.kind(other(side))]}
            schema |= {sends(b.name): pl.Boolean(), f"before:{b.name}": kind}
        fields, watched = self.sync.object(side, object).fields, self.sync.watched_on(side, object)
        schema |= {seen(name): DTYPES[fields[name].kind] for name in watched}
        rows: dict[int, dict[str, Any]] = {}
        for one in group:
            row = rows.setdefault(
                one.link.id, {"_link": one.link.id, "_create": False} | {sends(b.name): False for b in here}
            )
            there = self.rows[one.written.record]
            row |= {f"before:{b.name}": there.get(column(side, b.name)) for b in here}
            row |= {seen(name): there.get(seen_column(object, name)) for name in watched}
            row |= {value_column(one.bound.name): _plain(one.written.before), sends(one.bound.name): True}
        return pl.DataFrame(list(rows.values()), schema=schema)

    # -- how both sides then stand -------------------------------------------------------------------------------------
    def _thens(self, accepted: Sequence[_Candidate]) -> dict[tuple[int, str], Then]:
        """By link and mapping: whether both sides agree, and if not, whether the next run would carry the value on."""
        for one in accepted:
            cell = column(one.written.side, one.bound.name)
            self.rows[one.written.record][cell] = _plain(one.written.before)
        frames = {
            side: pl.DataFrame(
                [row for name, row in self.rows.items() if name[0] == side],
                schema=self.present.frames[side].schema,
            )
            for side in self.present.frames
        }
        pairs = people(frames["ma"], frames["crm"], base_frame(self.present.bases, self.sync), self.sync)
        pairs = pairs.filter(pl.col("_id_ma").is_not_null() & pl.col("_id_crm").is_not_null())
        merged = {
            row["_link"]: row
            for row in alike(merge(pairs, self.sync, self.present.tables), self.sync).to_dicts()
        }
        thens = {}
        for one in accepted:
            row = merged.get(one.link.id)
            onward = Decision.TO_MA if one.written.side == "crm" else Decision.TO_CRM
            if row is None:
                then = Then.ALONE
            elif row[alike_column(one.bound.name)]:
                then = Then.AGREED
            elif self.carry and row[decision(one.bound.name)] == onward:
                then = Then.CARRIED
            else:
                then = Then.CONFLICT
            thens[one.link.id, one.bound.name] = then
        self.merged = merged
        return thens

    # -- the writes --------------------------------------------------------------------------------------------------
    def _write(self, of_record: Sequence[_Candidate], thens: Mapping[tuple[int, str], Then]) -> None:
        (side, object, id), link = of_record[0].written.record, of_record[0].link
        patch: dict[Side, dict[str, Value]] = {"ma": {}, "crm": {}}
        for one in of_record:
            name, then = one.bound.name, thens[link.id, one.bound.name]
            self.result.restored.append(Restored(one.written, name, one.label, then))
            if then == Then.CARRIED:
                # The base keeps what the run wrote: to the next run the old value is an edit like any other.
                continue
            if then == Then.ALONE:
                patch[side][name] = canonical_cell(_plain(one.written.before))
            else:
                row = self.merged[link.id]
                for place in SIDES:
                    patch[place][name] = canonical_cell(row[settles(place, name)])
            if one.bound.mapping.has_steps:
                patch[side][made_key(name)] = False
            if then == Then.CONFLICT:
                self.result.conflicts.append(self._conflict(one, patch))
        operation = Operation(
            link=link.id,
            side=side,
            kind=OperationKind.UPDATE,
            object=object,
            id=id,
            values={one.written.field: one.written.before for one in of_record},
            before={one.written.field: one.now for one in of_record},
        )
        packed = {s: pack(values) if values else None for s, values in patch.items()}
        self.result.draft.writes.append(
            PlannedWrite(
                operation=operation,
                patch=BaseRow(link=link.id, ma=packed["ma"], crm=packed["crm"]),
                record=f"{object}:{id}",
                label=of_record[0].label,
            )
        )

    def _conflict(self, one: _Candidate, patch: Mapping[Side, Mapping[str, Value]]) -> Item:
        link, name = one.link, one.bound.name
        return Item(
            link=link.id,
            side=one.written.side,
            kind=ItemKind.CONFLICT,
            code=UNDONE,
            field=name,
            error_type="conflict",
            source="foreseen",
            record=f"{link.ma_object}:{link.ma_id}",
            label=one.label,
            value=as_text(patch["ma"][name]),
            other_value=as_text(patch["crm"][name]),
            detail={"run": str(self.run), "undone": as_text(one.written.value) or ""},
            context=self.sync.context,
        )


def _name(bound: BoundField, written: Written) -> str | None:
    field = bound.on(written.side, written.object)
    return None if field is None else field.name


def _cell(cell: Any) -> Value:
    return tuple(cell) if isinstance(cell, list) else cell


def _plain(value: Value) -> Any:
    """A value as a cell of a frame."""
    return list(value) if isinstance(value, tuple) else value
