"""Opt-outs of a draft: what is remembered, and who is told, before anything else about a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from awase.core.capabilities import Capabilities
from awase.core.consent import OptOut, opted_out, strictest
from awase.core.drafting_memory import Memory, patch
from awase.core.frames import OUT
from awase.core.identity import hashed_match_key
from awase.core.mapping import BoundSync, column
from awase.core.operations import SIDES, Operation, OperationKind, Side, other
from awase.core.plan import Draft, PlannedWrite
from awase.core.records import Item, ItemKind, LedgerEntry, Link
from awase.core.values import Value


class ConsentDrafter:
    """Adds to one draft what opt-outs ask for. Objects whose vendors keep no consent are passed over."""

    def __init__(
        self, sync: BoundSync, capabilities: Mapping[Side, Capabilities], memory: Memory, draft: Draft
    ) -> None:
        self.sync = sync
        self.capabilities = capabilities
        self.memory = memory
        self.draft = draft
        self.out: dict[int, str] = {}
        """Links that are out, and who said so."""

    def opt_outs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """For each person out anywhere: a ledger line, and a write to each record that does not say so yet."""
        if not self._concerns_people():
            return
        for row in rows:
            link = row["_link"]
            ledger = True if link in self.memory.out else None
            if strictest(row["_out_ma"], row["_out_crm"], ledger) is not True:
                continue
            label = self.sync.sync.label_on
            address = row[column("ma", label)] or row[column("crm", label)]
            source = self._source_of_opt_out(row)
            self.draft.ledger.append(self._ledger_line(link, address, source))
            self.out[link] = source
            for side in SIDES:
                if row[f"_out_{side}"] is not True and row[f"_id_{side}"] is not None:
                    self._opt_out(link, side, row, address, source)

    def remember(self, side: Side, alone: pl.DataFrame) -> None:
        """A ledger line for each person on one side only who is out there: it holds even if nothing is created yet."""
        out = alone.filter(pl.col(f"_out_{side}")).select("_link", column(side, self.sync.sync.label_on))
        for link, address in out.iter_rows():
            object, id = self.memory.links[link].record(side) or ("", "")
            self.draft.ledger.append(self._ledger_line(link, address, f"{side}:{object}:{id}"))

    def of_create(
        self,
        row: Mapping[str, Any],
        link: Link,
        side: Side,
        object: str,
        after: dict[Side, dict[str, Value]],
        record: str,
        label: str,
    ) -> OptOut | None:
        """Somebody who is out is never created without saying so: in the same call, or by address first.

        ``after`` is what both sides agree on then; ``record`` and ``label`` name whom the new record is made from.
        """
        if not self._concerns_people():
            after["ma"][OUT] = after["crm"][OUT] = None
            return None
        source_out = row["_source_out"]
        is_out = strictest(source_out, True if link.id in self.memory.out else None) is True
        # Where consent belongs to the address, a record of one that nobody spoke for says nothing, not "in".
        unsaid = None if self.capabilities[side].consent_by_address else False
        after[side][OUT] = True if is_out else unsaid
        if source_out is True or not is_out:
            after[other(side)][OUT] = source_out
        if not is_out:
            return None
        source = f"{other(side)}:{record}" if source_out else "ledger"
        opt_out = opted_out(address=label or None, source=source)
        if self.capabilities[side].consent_by_address and opt_out.address:
            self._add(_operation(link.id, side, object, None, opt_out), {}, label)
        if source_out is not True:
            back, id = link.record(other(side)) or ("", None)
            self._add(_operation(link.id, other(side), back, id, opt_out), {other(side): {OUT: True}}, label)
        return opt_out

    def of_new_address(self, link: int, side: Side, object: str, address: str | None) -> None:
        """Somebody who is out and is given another address: where consent belongs to the address, that one first."""
        source = self.out.get(link)
        if source is not None and address and self.capabilities[side].consent_by_address:
            opt_out = opted_out(address=address, source=source)
            self._add(_operation(link, side, object, None, opt_out), {}, address)

    def can_opt_out(self, side: Side, object: str) -> bool:
        """Whether the side can be told: by address, or through a consent field the user may write."""
        if self.capabilities[side].consent_by_address:
            return True
        fields = self.sync.object(side, object).fields
        names = self.capabilities[side].consent_fields.get(object, ())
        return any(name in fields and fields[name].updateable for name in names[:1])

    def _concerns_people(self) -> bool:
        """Whether the sync's records say whether somebody has opted out, on either side."""
        return any(
            self.capabilities[side].carries_consent(object)
            for side in SIDES
            for object in self.sync.sync.objects(side)
        )

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
        if self.can_opt_out(side, object):
            opt_out = opted_out(address=address, source=source)
            self._add(
                _operation(link, side, object, row[f"_id_{side}"], opt_out),
                {side: {OUT: True}},
                address or "",
            )
            return
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

    def _ledger_line(self, link: int, address: str | None, source: str) -> LedgerEntry:
        key = hashed_match_key(address, self.sync.sync.match_as)
        return LedgerEntry(link=link, address_key=key, state="out", scope="organisation", source=source)

    def _add(self, operation: Operation, after: Mapping[Side, Mapping[str, Value]], label: str) -> None:
        self.draft.writes.append(
            PlannedWrite(operation=operation, patch=patch(operation.link, after), record="", label=label)
        )


def _operation(link: int, side: Side, object: str, record: str | None, opt_out: OptOut) -> Operation:
    return Operation(
        link=link, side=side, kind=OperationKind.OPT_OUT, object=object, id=record, opt_out=opt_out
    )
