"""From the people frame to a draft plan: merge, check, and say what is written, held or left to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from awase.core.capabilities import Capabilities
from awase.core.checks import findings
from awase.core.checks.check import Certainty
from awase.core.checks.preflight import Finding, sends, value_column
from awase.core.consent import OptOut, opted_out, strictest
from awase.core.conversion import converted, normalised
from awase.core.frames import OUT, canonical_cell
from awase.core.identity import hashed_match_key
from awase.core.mapping import BoundSync, column
from awase.core.merge import Decision, decision, listed, merge, target
from awase.core.operations import Operation, OperationKind, Side, other
from awase.core.plan import Draft, PlannedWrite, fingerprint
from awase.core.records import BaseRow, Item, ItemKind, LedgerEntry, Link
from awase.core.values import DTYPES, Value, as_text, pack


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier runs left that bears on this one."""

    links: Mapping[int, Link]
    """Every link of the people frame."""
    out: frozenset[int] = frozenset()
    """Links that the ledger knows to be out, by person or by address."""
    refused: Mapping[tuple[int, Side], Item] = field(default_factory=dict)
    """Open permanent refusals found under the same context: the same write is not sent again."""
    unanswered: Mapping[tuple[int, Side], Item] = field(default_factory=dict)
    """Creates without an answer on a side without a key: they wait, and are never sent again blindly."""


def decide(
    people: pl.DataFrame, sync: BoundSync, capabilities: Mapping[Side, Capabilities], memory: Memory
) -> Draft:
    """The draft for everybody in ``people`` (see ``frames.people``)."""
    draft = Draft()
    draft.evaluated += people["_link"].to_list()
    both = pl.col("_id_ma").is_not_null() & pl.col("_id_crm").is_not_null()
    pairs = merge(people.filter(both), sync)
    rows = pairs.to_dicts()
    alone_ma = people.filter(pl.col("_id_crm").is_null())
    alone_crm = people.filter(pl.col("_id_ma").is_null())
    work = _Work(sync, capabilities, memory, draft)
    work.opt_outs(rows)
    work.agreements_and_conflicts(rows)
    for side in ("crm", "ma"):
        for object in sync.sync.objects(side):
            work.write(side, object, _updates(pairs, sync, side, object))
    work.remember_opt_outs("ma", alone_ma)
    work.remember_opt_outs("crm", alone_crm)
    work.write_creates("crm", _creates_in_crm(alone_ma, sync))
    if sync.sync.create_in_ma:
        work.write_creates("ma", _creates_in_ma(alone_crm, sync))
    return draft


def _updates(pairs: pl.DataFrame, sync: BoundSync, side: Side, object: str) -> pl.DataFrame:
    """Outgoing frame of existing records of one object."""
    rows = pairs.filter(pl.col("_crm_object") == object) if side == "crm" else pairs
    wanted = Decision.TO_CRM if side == "crm" else Decision.TO_MA
    columns = [pl.col("_link"), pl.lit(value=False).alias("_create")]
    for bound in sync.fields:
        if bound.on(side, object) is None:
            continue
        columns += [
            pl.col(target(side, bound.name)).alias(value_column(bound.name)),
            pl.col(column(other(side), bound.name)).alias(f"source:{bound.name}"),
            (pl.col(decision(bound.name)) == wanted.value).alias(sends(bound.name)),
            pl.col(column(side, bound.name)).alias(f"before:{bound.name}"),
        ]
    sent = [pl.col(sends(b.name)) for b in sync.fields if b.on(side, object) is not None]
    return rows.select(*columns, pl.col(f"_id_{side}").alias("_target")).filter(
        pl.any_horizontal(pl.lit(value=False), *sent)
    )


def _creates_in_crm(alone: pl.DataFrame, sync: BoundSync) -> dict[str, pl.DataFrame]:
    """Outgoing frames by object: the first ``create_as`` rule that fits decides."""
    chosen = pl.lit(None, dtype=pl.String)
    for rule in reversed(sync.sync.create_as):
        fits = pl.lit(value=True)
        for condition in rule.when:
            seen = pl.col(f"extra:{condition.field}")
            fits &= seen.is_not_null() & (seen.is_in(list(condition.is_in)) | pl.lit(not condition.is_in))
        for name in rule.needs:
            fits &= pl.col(column("ma", name)).is_not_null()
        chosen = pl.when(fits.fill_null(value=False)).then(pl.lit(rule.object)).otherwise(chosen)
    alone = alone.with_columns(chosen.alias("_as"))
    return {
        object: _outgoing_create(alone.filter(pl.col("_as") == object), sync, "crm", object)
        for object in sync.sync.crm_objects
    }


def _creates_in_ma(alone: pl.DataFrame, sync: BoundSync) -> dict[str, pl.DataFrame]:
    return {sync.sync.ma_object: _outgoing_create(alone, sync, "ma", sync.sync.ma_object)}


def _outgoing_create(rows: pl.DataFrame, sync: BoundSync, side: Side, object: str) -> pl.DataFrame:
    columns = [pl.col("_link"), pl.lit(value=True).alias("_create")]
    for bound in sync.fields:
        target_field = bound.on(side, object)
        if target_field is None:
            continue
        source = pl.col(column(other(side), bound.name))
        value = normalised(converted(source, bound, side, sync.sync.time_zone), target_field)
        if not bound.mapping.direction.may_write(side):
            value = pl.lit(None, dtype=DTYPES[target_field.kind])
        columns += [
            value.alias(value_column(bound.name)),
            source.alias(f"source:{bound.name}"),
            value.is_not_null().alias(sends(bound.name)),
            pl.lit(None).alias(f"before:{bound.name}"),
        ]
    return rows.select(
        *columns,
        pl.lit(None, dtype=pl.String).alias("_target"),
        pl.col(f"_out_{other(side)}").alias("_source_out"),
    )


class _Work:
    """Collects one draft; holds what every step needs."""

    def __init__(
        self, sync: BoundSync, capabilities: Mapping[Side, Capabilities], memory: Memory, draft: Draft
    ) -> None:
        self.sync = sync
        self.capabilities = capabilities
        self.memory = memory
        self.draft = draft

    # -- consent -------------------------------------------------------------------------------------------------
    def opt_outs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """For each pair that is out anywhere: a ledger line, and a write to each side that does not say so yet."""
        for row in rows:
            link = row["_link"]
            ledger = True if link in self.memory.out else None
            if strictest(row["_out_ma"], row["_out_crm"], ledger) is not True:
                continue
            address = (
                row[column("ma", self.sync.sync.match_on)] or row[column("crm", self.sync.sync.match_on)]
            )
            source = self._source_of_opt_out(row)
            self.draft.ledger.append(_ledger_line(link, address, source))
            for side in ("ma", "crm"):
                if row[f"_out_{side}"] is not True:
                    self._opt_out(link, side, row, address, source)

    def remember_opt_outs(self, side: Side, alone: pl.DataFrame) -> None:
        """A ledger line for each person on one side only who is out there: it holds even if nothing is created yet."""
        out = alone.filter(pl.col(f"_out_{side}")).select("_link", column(side, self.sync.sync.match_on))
        for link, address in out.iter_rows():
            record = self.memory.links[link]
            object, id = (
                (record.ma_object, record.ma_id) if side == "ma" else (record.crm_object, record.crm_id)
            )
            self.draft.ledger.append(_ledger_line(link, address, f"{side}:{object}:{id}"))

    def _source_of_opt_out(self, row: Mapping[str, Any]) -> str:
        if row["_out_ma"]:
            return f"ma:{self.sync.sync.ma_object}:{row['_id_ma']}"
        if row["_out_crm"]:
            return f"crm:{row['_crm_object']}:{row['_id_crm']}"
        return "ledger"

    def _opt_out(
        self, link: int, side: Side, row: Mapping[str, Any], address: str | None, source: str
    ) -> None:
        object = self.sync.sync.ma_object if side == "ma" else row["_crm_object"]
        if not self.can_opt_out(side, object):
            self.draft.items.append(
                Item(
                    link=link,
                    side=side,
                    kind=ItemKind.HELD,
                    code="opt_out_not_writable",
                    error_type="opt_out_not_writable",
                    source="foreseen",
                    record=source.partition(":")[2],
                    label=address or "",
                    context=self.sync.context,
                )
            )
            return
        opt_out = opted_out(address=address, source=source)
        operation = _opt_out_operation(link, side, object, row[f"_id_{side}"], opt_out)
        self._add(operation, _patch(link, **{side: {OUT: True}}), "", address or "")

    def can_opt_out(self, side: Side, object: str) -> bool:
        """Whether the side can be told: by address, or through a consent field the user may write."""
        if self.capabilities[side].consent_by_address:
            return True
        fields = self.sync.object(side, object).fields
        names = self.capabilities[side].consent_fields.get(object, ())
        return any(name in fields and fields[name].updateable for name in names[:1])

    # -- what needs no write, and conflicts ------------------------------------------------------------------------
    def agreements_and_conflicts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            agreed: dict[Side, dict[str, Value]] = {"ma": {}, "crm": {}}
            for bound in self.sync.fields:
                name = bound.name
                decided = Decision(row[decision(name)])
                if decided == Decision.NOTHING:
                    agreed["ma"][name] = canonical_cell(row[column("ma", name)])
                    agreed["crm"][name] = canonical_cell(row[column("crm", name)])
                if row[listed(name)]:
                    self._conflict(row, name, decided)
            for side in ("ma", "crm"):
                agreed[side][OUT] = row[f"_out_{side}"]
            self.draft.agreed.append(_patch(row["_link"], **agreed))

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
                label=row[column("ma", self.sync.sync.match_on)] or "",
                value=ma_value,
                other_value=crm_value,
                detail={"winner": winner} if winner else {},
                context=self.sync.context,
            )
        )

    # -- writes ----------------------------------------------------------------------------------------------------
    def write_creates(self, side: Side, outgoing: Mapping[str, pl.DataFrame]) -> None:
        for object, frame in outgoing.items():
            self.write(side, object, frame)

    def write(self, side: Side, object: str, outgoing: pl.DataFrame) -> None:
        """Check one object's outgoing records; hold the certain failures, plan the rest."""
        found: dict[int, list[Finding]] = {}
        for finding in findings(outgoing, self.sync, side, object):
            found.setdefault(finding.link, []).append(finding)
        for row in outgoing.to_dicts():
            link = row["_link"]
            certain = [f for f in found.get(link, ()) if f.certainty == Certainty.CERTAIN]
            if (link, side) in self.memory.unanswered and row["_create"]:
                self.draft.items.append(self.memory.unanswered[link, side])
            elif certain:
                self.draft.items += [self._held(row, side, finding) for finding in certain]
            else:
                self._plan_write(row, side, object)

    def _held(self, row: Mapping[str, Any], side: Side, finding: Finding) -> Item:
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
            detail=dict(finding.detail),
            context=self.sync.context,
        )

    def _record(self, row: Mapping[str, Any], side: Side) -> str:
        link = self.memory.links[row["_link"]]
        return f"{link.ma_object}:{link.ma_id}" if side == "crm" else f"{link.crm_object}:{link.crm_id}"

    def _label(self, row: Mapping[str, Any]) -> str:
        return row.get(f"source:{self.sync.sync.match_on}") or ""

    def _plan_write(self, row: Mapping[str, Any], side: Side, object: str) -> None:
        link, creating = self.memory.links[row["_link"]], bool(row["_create"])
        values, before, after = self._contents(row, side, object, creating=creating)
        refused = self.memory.refused.get((link.id, side))
        if refused is not None and refused.detail.get("sent") == fingerprint(values):
            self.draft.items.append(refused)
            return
        opt_out = self._consent_of_create(row, link, side, object, after) if creating else None
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
        self._add(operation, _patch(link.id, **after), self._record(row, side), self._label(row))

    def _contents(
        self, row: Mapping[str, Any], side: Side, object: str, *, creating: bool
    ) -> tuple[dict[str, Value], dict[str, Value], dict[Side, dict[str, Value]]]:
        """What is sent and what it replaces (by the target's field names), and what both sides agree on after."""
        values: dict[str, Value] = {}
        before: dict[str, Value] = {}
        after: dict[Side, dict[str, Value]] = {"ma": {}, "crm": {}}
        for bound in self.sync.fields:
            target_field = bound.on(side, object)
            if target_field is None:
                if creating:
                    after[side][bound.name] = after[other(side)][bound.name] = None
                continue
            sent = row[sends(bound.name)]
            if sent:
                values[target_field.name] = _whole(row[value_column(bound.name)])
                if not creating:
                    before[target_field.name] = _whole(row[f"before:{bound.name}"])
            if sent or creating:
                after[side][bound.name] = canonical_cell(row[value_column(bound.name)])
                after[other(side)][bound.name] = canonical_cell(row[f"source:{bound.name}"])
        return values, before, after

    def _consent_of_create(
        self, row: Mapping[str, Any], link: Link, side: Side, object: str, after: dict[Side, dict[str, Value]]
    ) -> OptOut | None:
        """Somebody who is out is never created without saying so: in the same call, or by address first."""
        source_out = row["_source_out"]
        is_out = strictest(source_out, True if link.id in self.memory.out else None) is True
        # Where consent belongs to the address, a record of one that nobody spoke for says nothing, not "in".
        unsaid = None if self.capabilities[side].consent_by_address else False
        after[side][OUT] = True if is_out else unsaid
        if source_out is True or not is_out:
            after[other(side)][OUT] = source_out
        if not is_out:
            return None
        source = f"{other(side)}:{self._record(row, side)}" if source_out else "ledger"
        opt_out = opted_out(address=self._label(row) or None, source=source)
        if self.capabilities[side].consent_by_address and opt_out.address:
            self._add(
                _opt_out_operation(link.id, side, object, None, opt_out),
                _patch(link.id),
                "",
                self._label(row),
            )
        if source_out is not True:
            back = self.sync.sync.ma_object if side == "crm" else link.crm_object or ""
            record = link.ma_id if side == "crm" else link.crm_id
            to_source = _opt_out_operation(link.id, other(side), back, record, opt_out)
            self._add(to_source, _patch(link.id, **{other(side): {OUT: True}}), "", self._label(row))
        return opt_out

    def _add(self, operation: Operation, patch: BaseRow, record: str, label: str) -> None:
        self.draft.writes.append(PlannedWrite(operation=operation, patch=patch, record=record, label=label))


def _ledger_line(link: int, address: str | None, source: str) -> LedgerEntry:
    key = hashed_match_key(address)
    return LedgerEntry(link=link, address_key=key, state="out", scope="organisation", source=source)


def _opt_out_operation(link: int, side: Side, object: str, record: str | None, opt_out: OptOut) -> Operation:
    return Operation(
        link=link, side=side, kind=OperationKind.OPT_OUT, object=object, id=record, opt_out=opt_out
    )


def _whole(cell: Any) -> Value:
    """The value as it is sent: long texts in full, unlike in the base."""
    return tuple(cell) if isinstance(cell, list) else cell


def _patch(
    link: int, *, ma: Mapping[str, Value] | None = None, crm: Mapping[str, Value] | None = None
) -> BaseRow:
    return BaseRow(link=link, ma=pack(ma) if ma else None, crm=pack(crm) if crm else None)
