"""Writes of a draft: what goes, what is held and why, what is already agreed, what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from awase.core.capabilities import Capabilities
from awase.core.checks import duplicates, findings, target_of
from awase.core.checks.check import Certainty, Finding
from awase.core.checks.nearest import nearest
from awase.core.checks.preflight import sends, value_column
from awase.core.drafting_consent import ConsentDrafter
from awase.core.drafting_memory import Memory as Memory
from awase.core.drafting_memory import patch
from awase.core.frames import IN, OUT, canonical_cell, made_key
from awase.core.mapping import BoundField, BoundSync, OnDelete, column
from awase.core.merge import Decision, decision, listed, settles
from awase.core.operations import SIDES, Operation, OperationKind, Side, other
from awase.core.plan import Draft, PlannedWrite, fingerprint
from awase.core.predictions import Foreseen, RuleName, foreseen_in, is_due, rule_of
from awase.core.records import Item, ItemKind
from awase.core.values import Value, as_text

AWAITING_PARENT = "awaiting_parent"
"""Code of a record, or a field of one, that waits until the record it refers to has a partner."""


WAITING_FOR_PARENT = "waiting_for_account"
"""The error type of that, whatever the record is that it refers to."""

CANNOT_CONVERT = "cannot_convert"
"""Code of a value that a transform cannot read."""


class Drafter:
    """Adds to one draft what becomes of ordinary values."""

    def __init__(
        self,
        sync: BoundSync,
        capabilities: Mapping[Side, Capabilities],
        memory: Memory,
        draft: Draft,
        consent: ConsentDrafter,
    ) -> None:
        self.sync = sync
        self.capabilities = capabilities
        self.memory = memory
        self.draft = draft
        self.consent = consent
        self._foreseen: tuple[Foreseen, ...] = ()
        """What is foreseen of the record that is being planned."""
        self._asked: set[RuleName] = set()
        """Rules for which this draft sends a held record."""

    # -- what needs no write, and conflicts ------------------------------------------------------------------------
    def agreements_and_conflicts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Fields that already agree go into the base; what gave way, or waits for a person, is listed."""
        for row in rows:
            agreed: dict[Side, dict[str, Value]] = {"ma": {}, "crm": {}}
            for bound in self.sync.fields:
                name = bound.name
                decided = Decision(row[decision(name)])
                if decided == Decision.NOTHING:
                    for side in SIDES:
                        agreed[side][name] = canonical_cell(row[settles(side, name)])
                        moved = row[settles(side, name)] != row[f"base.{side}:{name}"]
                        if bound.mapping.has_steps and moved:
                            agreed[side][made_key(name)] = False
                if row[listed(name)]:
                    self._conflict(row, name, decided)
            for side in SIDES:
                agreed[side][OUT] = row[f"_out_{side}"]
                if self.sync.sync.filter(side):
                    agreed[side][IN] = True
            self.draft.agreed.append(patch(row["_link"], agreed))

    def _conflict(self, row: Mapping[str, Any], name: str, decided: Decision) -> None:
        winner = {Decision.TO_CRM: "ma", Decision.TO_MA: "crm"}.get(decided)
        ma_value = as_text(canonical_cell(row[column("ma", name)]))
        crm_value = as_text(canonical_cell(row[column("crm", name)]))
        self.draft.items.append(
            Item(
                link=row["_link"],
                side="crm" if decided == Decision.TO_CRM else "ma",
                kind=ItemKind.SETTLED if winner else ItemKind.CONFLICT,
                code="both_changed",
                field=name,
                occasion=fingerprint({"ma": ma_value, "crm": crm_value}) if winner else "",
                error_type="conflict",
                source="foreseen",
                record=f"{self.sync.sync.ma_object}:{row['_id_ma']}",
                label=as_text(canonical_cell(row[column("ma", self.sync.sync.label_on)])) or "",
                value=ma_value,
                other_value=crm_value,
                detail={"winner": winner} if winner else {},
                context=self.sync.context,
            )
        )

    # -- what stays out ----------------------------------------------------------------------------------------------
    def barred(self, people: pl.DataFrame) -> None:
        """Records of a sort that cannot be synced, by name (a person account)."""
        for side in SIDES:
            rows = people.filter(pl.col(f"_barred_{side}").is_not_null())
            for row in rows.to_dicts():
                object, id = self.memory.links[row["_link"]].record(side) or ("", "")
                self.draft.items.append(
                    Item(
                        link=row["_link"],
                        side=other(side),
                        kind=ItemKind.HELD,
                        code=row[f"_barred_{side}"],
                        error_type=row[f"_barred_{side}"],
                        source="foreseen",
                        record=f"{object}:{id}",
                        label=as_text(canonical_cell(row[column(side, self.sync.sync.label_on)])) or "",
                        context=self.sync.context,
                    )
                )

    def follow_deletions(self) -> None:
        """What the sync's policy makes of records whose partner was just deleted."""
        for link_id, gone in self.memory.deleted.items():
            policy = self.sync.sync.deleted_in_ma if gone == "ma" else self.sync.sync.deleted_in_crm
            side, link = other(gone), self.memory.links[link_id]
            record = link.record(side)
            if policy == OnDelete.KEEP or record is None:
                continue
            takes_off = policy == OnDelete.LEAVE_LIST
            operation = Operation(
                link=link_id,
                side=side,
                kind=OperationKind.TAKE_OFF if takes_off else OperationKind.DELETE,
                object=record[0],
                id=record[1],
                list=self.sync.sync.leave_list if takes_off else "",
            )
            was = link.record(gone) or ("", "")
            self._add(operation, {}, f"{was[0]}:{was[1]}", "")

    # -- writes ----------------------------------------------------------------------------------------------------
    def write(self, side: Side, object: str, outgoing: pl.DataFrame) -> None:
        """Check one object's outgoing records; hold the certain failures, plan the rest."""
        found: dict[int, list[Finding]] = {}
        parents = self.memory.parents.get(side)
        target = target_of(self.sync, side, object, outgoing, self.memory.now, parents)
        there = self.memory.there.get(side, {})
        for finding in (*findings(outgoing, target), *duplicates(outgoing, target, there)):
            found.setdefault(finding.link, []).append(finding)
        for row in outgoing.to_dicts():
            link, creating = row["_link"], bool(row["_create"])
            items = [(self._held(row, side, object, f), self._is_sure(f, side)) for f in found.get(link, ())]
            certain = [item for item, sure in items if sure]
            self.draft.likely += [item for item, sure in items if not sure]
            self._foreseen = tuple(foreseen_in(item, certain=sure) for item, sure in items)
            waits = self._stuck(row, side, object)
            self.draft.items += waits
            if (link, side) in self.memory.unanswered and creating:
                self.draft.items.append(self.memory.unanswered[link, side])
            elif certain:
                # What is missing because a partner is missing is said once, by the one that waits.
                named = {item.field for item in waits}
                may_go = not (creating and waits)
                asks = may_go and not self.memory.whole and self._asks(certain)
                if not asks:
                    self.draft.items += [item for item in certain if item.field not in named]
                if asks or (self.memory.sends_held and may_go):
                    self._plan_write(row, side, object)
            elif not (creating and waits):
                self._plan_write(row, side, object)

    def _is_sure(self, finding: Finding, side: Side) -> bool:
        """Whether it holds its record back: it is certain, and its rule has been right."""
        if finding.certainty != Certainty.CERTAIN:
            return False
        rule = RuleName(side, finding.error_type, finding.field, finding.detail.get("rule", ""))
        score = self.memory.scores.get(rule)
        return score is None or not score.demoted

    def _asks(self, certain: Sequence[Item]) -> bool:
        """Whether this held record is the one that is sent today, to see whether its rules are right."""
        scores, every = self.memory.scores, self.sync.sync.try_held_seconds
        due = {rule_of(item) for item in certain if is_due(scores, rule_of(item), self.memory.now, every)}
        fresh = due - self._asked
        self._asked |= due
        return bool(fresh)

    def _stuck(self, row: Mapping[str, Any], side: Side, object: str) -> list[Item]:
        """Items for each reference of the row whose record has no partner yet, or an owner nobody can be found for."""
        items = []
        for bound in self.sync.fields:
            field = bound.on(side, object)
            if field is None or not row[f"stuck:{bound.name}"]:
                continue
            source, through = row[f"source:{bound.name}"], bound.mapping.through
            if through is None:
                value, reason = as_text(canonical_cell(source)), CANNOT_CONVERT
            else:
                value, reason = self._parent(bound, source, other(side))
            items.append(
                Item(
                    link=row["_link"],
                    side=side,
                    kind=ItemKind.HELD if reason else ItemKind.WAITING,
                    code=reason or AWAITING_PARENT,
                    field=field.name,
                    error_type=reason or WAITING_FOR_PARENT,
                    source="foreseen",
                    record=self._record(row, side),
                    label=self._label(row),
                    value=value,
                    detail={"parent": value or "", "through": through.sync} if through else {},
                    context=self.sync.context,
                    # An owner may be made active without any record being touched.
                    retry=bool(reason) and through is not None,
                )
            )
        return items

    def _parent(self, bound: BoundField, source: Any, side: Side) -> tuple[str, str]:
        """The first id without a partner, and why (empty where it simply is not there yet)."""
        partners = self.memory.tables[bound.name]
        there = partners.table(other(side))
        ids = source if isinstance(source, list) else [source]
        missing = next(id for id in ids if id not in there)
        return missing, partners.reasons.get((side, missing), "")

    def _held(self, row: Mapping[str, Any], side: Side, object: str, finding: Finding) -> Item:
        field = self.sync.object(side, object).fields.get(finding.field)
        near = None
        if field is not None and finding.value is not None:
            near = nearest(field, finding.value, finding.error_type)
        return Item(
            link=row["_link"],
            side=side,
            kind=ItemKind.HELD,
            code=finding.error_type,
            field=finding.field,
            error_type=finding.error_type,
            source="foreseen",
            record=self._record(row, side),
            label=self._label(row),
            value=finding.value,
            message=finding.message,
            detail={**finding.detail, **({"nearest": near} if near else {})},
            context=self.sync.context,
            # A parent may be mended without this record being touched.
            retry=finding.elsewhere,
        )

    def _record(self, row: Mapping[str, Any], side: Side) -> str:
        object, id = self.memory.links[row["_link"]].record(other(side)) or ("None", "None")
        return f"{object}:{id}"

    def _label(self, row: Mapping[str, Any]) -> str:
        return as_text(canonical_cell(row.get(f"source:{self.sync.sync.label_on}"))) or ""

    def _plan_write(self, row: Mapping[str, Any], side: Side, object: str) -> None:
        link, creating = self.memory.links[row["_link"]], bool(row["_create"])
        values, before, after = self._contents(row, side, object, creating=creating)
        relations = self._relations(row, side, object, creating=creating)
        refused = self.memory.refused.get((link.id, side))
        if refused is not None and refused.detail.get("sent") == fingerprint(values):
            self.draft.items.append(refused)
            return
        record, label = self._record(row, side), self._label(row)
        if values or creating:
            opt_out = (
                self.consent.of_create(row, link, side, object, after, record, label) if creating else None
            )
            if not creating:
                self.consent.of_new_address(link.id, side, object, self._new_address(side, object, values))
            operation = Operation(
                link=link.id,
                side=side,
                kind=OperationKind.CREATE if creating else OperationKind.UPDATE,
                object=object,
                id=row["_target"],
                key=link.key if creating else None,
                values=values,
                before=before,
                opt_out=opt_out,
            )
            made = tuple(
                bound.name
                for bound in self.sync.fields
                if (f := bound.on(side, object)) is not None
                and f.name in values
                and row[f"made:{bound.name}"]
            )
            self._add(operation, after, record, label, made)
        for operation, settled in relations:
            self._add(operation, settled, record, label)

    def _new_address(self, side: Side, object: str, values: Mapping[str, Value]) -> str | None:
        """The address that is written, if one is."""
        label = self.sync.sync.label_on
        named = [
            f.name for b in self.sync.fields if b.name == label and (f := b.on(side, object)) is not None
        ]
        return next((as_text(values[name]) for name in named if name in values), None)

    def _contents(
        self, row: Mapping[str, Any], side: Side, object: str, *, creating: bool
    ) -> tuple[dict[str, Value], dict[str, Value], dict[Side, dict[str, Value]]]:
        """What is sent and what it replaces (by the target's field names), and what both sides agree on after."""
        values: dict[str, Value] = {}
        before: dict[str, Value] = {}
        after: dict[Side, dict[str, Value]] = {"ma": {}, "crm": {}}
        for bound in self.sync.fields:
            field, name = bound.on(side, object), bound.name
            if field is None:
                if creating:
                    after[side][name] = after[other(side)][name] = None
                continue
            if field.relation and not (creating and (field.rides_in_create or not row[sends(name)])):
                continue
            sent = row[sends(name)]
            if sent:
                values[field.name] = _whole(row[value_column(name)])
                if not creating:
                    before[field.name] = _whole(row[f"before:{name}"])
            if (sent or creating) and not self._is_left_stuck(row, bound):
                after[side][name] = canonical_cell(row[f"settles:{name}"])
                after[other(side)][name] = canonical_cell(row[f"from:{name}"])
                if bound.mapping.has_steps:
                    # Which side's value is somebody's own, and which was made from it.
                    after[side][made_key(name)] = bool(row[f"made:{name}"])
                    after[other(side)][made_key(name)] = False
        if creating:
            for one in SIDES:
                if self.sync.sync.filter(one):
                    after[one][IN] = True
        return values, before, after

    def _is_left_stuck(self, row: Mapping[str, Any], bound: BoundField) -> bool:
        """A single reference that is left blank for now: nothing is agreed about it until its partner is there."""
        if bound.mapping.through is None or isinstance(row[f"from:{bound.name}"], list):
            return False
        return row[f"from:{bound.name}"] is not None and row[value_column(bound.name)] is None

    def _relations(
        self, row: Mapping[str, Any], side: Side, object: str, *, creating: bool
    ) -> list[tuple[Operation, dict[Side, dict[str, Value]]]]:
        """Operations that add to and take from relations which the vendor keeps apart from the record."""
        operations = []
        for bound in self.sync.fields:
            field, name = bound.on(side, object), bound.name
            if field is None or not field.relation or not row[sends(name)]:
                continue
            if creating and field.rides_in_create:
                continue
            old, new = _ids(row[f"before:{name}"]), _ids(row[value_column(name)])
            single = not isinstance(row[value_column(name)] or row[f"before:{name}"], list)
            stages = [] if new == old else [(OperationKind.RELATE, old | new), (OperationKind.UNRELATE, new)]
            if single and new:
                stages = [(OperationKind.RELATE, new)]
            settled: dict[Side, dict[str, Value]] = {
                side: {name: canonical_cell(row[f"settles:{name}"])},
                other(side): {name: canonical_cell(row[f"from:{name}"])},
            }
            current = old
            for kind, content in stages:
                if content == current:
                    continue
                operation = Operation(
                    link=row["_link"],
                    side=side,
                    kind=kind,
                    object=object,
                    id=row["_target"],
                    values={field.name: _as_cell(content, single=single)},
                    before={field.name: _as_cell(current, single=single)},
                )
                operations.append((operation, settled if content == new else {}))
                current = content
        return operations

    def _add(
        self,
        operation: Operation,
        after: Mapping[Side, Mapping[str, Value]],
        record: str,
        label: str,
        made: tuple[str, ...] = (),
    ) -> None:
        judged = operation.kind in (OperationKind.CREATE, OperationKind.UPDATE)
        write = PlannedWrite(
            operation=operation,
            patch=patch(operation.link, after),
            record=record,
            label=label,
            made=made,
            foreseen=self._foreseen if judged else (),
        )
        self.draft.writes.append(write)


def _ids(cell: Any) -> frozenset[str]:
    """A reference cell as a set of ids."""
    return frozenset(cell) if isinstance(cell, list) else frozenset(() if cell is None else (cell,))


def _as_cell(ids: frozenset[str], *, single: bool) -> Value:
    if single:
        return next(iter(ids), None)
    return tuple(sorted(ids)) or None


def _whole(cell: Any) -> Value:
    """The value as it is sent: long texts in full, unlike in the base."""
    return tuple(cell) if isinstance(cell, list) else cell
