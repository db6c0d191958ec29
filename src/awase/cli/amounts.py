"""Plans and runs as tables and as JSON: what would be or was done, and what it costs in calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.table import Table

from awase.assembly import budget_of
from awase.cli.call import Call
from awase.configuration import Workspace
from awase.core.mapping import Sync
from awase.core.operations import OperationKind
from awase.core.plan import Plan
from awase.core.records import Brought, ItemKind
from awase.engine.running import Report
from awase.locale import told
from awase.ports.store import RunRecord, Store
from awase.runtime.clock import SystemClock

GUARDS: Mapping[str, str] = {
    "first_sync": "This is the first sync of this pair: {records} records of {side} would be written.",
    "rewritten": "Filled values of {records} records of {side} would be replaced (limit {limit}).",
    "cleared": "Values of {records} records of {side} would be emptied (limit {limit}).",
    "deleted": "{records} records of {side} would be deleted, or taken off their list (limit {limit}).",
    "released": "{records} records that were held or refused would now go to {side} all at once (limit {limit}).",
}
REASONS: Mapping[str, str] = {
    "filtered": "outside the filter",
    "excluded": "never synced, by a person's choice",
    "deleted": "deleted",
    "deleted_there": "partner deleted",
    "merged": "merged into another record",
    "merged_there": "partner merged into another record",
    "linked_elsewhere": "the person is linked through another record",
}
"""Why records stay out, rightly so."""
WRITES: Mapping[OperationKind, str] = {
    OperationKind.CREATE: "create",
    OperationKind.UPDATE: "update",
    OperationKind.OPT_OUT: "opt-out",
    OperationKind.RELATE: "add relations",
    OperationKind.UNRELATE: "take relations away",
    OperationKind.TAKE_OFF: "take off the list",
    OperationKind.DELETE: "delete",
}
"""Kinds of writes, in the order of a plan's table."""
_ALWAYS_SHOWN = (OperationKind.CREATE, OperationKind.UPDATE, OperationKind.OPT_OUT)


def shown(sync: Sync, place: str) -> str:
    """``ma:contact`` as people know it: by the connection's name."""
    side, _, rest = place.partition(":")
    return f"{sync.ma_connection if side == 'ma' else sync.crm_connection}:{rest}"


def plan_document(plan: Plan, sync: Sync) -> dict[str, Any]:
    """A plan's header as JSON."""
    header = plan.header
    return {
        "sync": header.sync,
        "digest": header.digest,
        "made_at": header.made_at,
        "read": {shown(sync, place): n for place, n in header.read.items()},
        "writes": {shown(sync, place): n for place, n in header.writes.items()},
        "items": header.items,
        "conflicts": header.conflicts,
        "made": header.made,
        "left_out": {shown(sync, place): dict(reasons) for place, reasons in left_out(plan).items()},
        "part": not header.moves_cursors,
        "import": None if header.brought is None else msgspec.to_builtins(header.brought),
        "calls": {"read": header.read_calls, "write": header.write_calls},
        "price": [
            {**msgspec.structs.asdict(line), "side": sync.connection(line.side)} for line in header.price
        ],
        "guards": [
            {**msgspec.structs.asdict(guard), "side": sync.connection(guard.side)} for guard in header.guards
        ],
    }


def left_out(plan: Plan) -> dict[str, Counter[str]]:
    """Records that stay out, by ``side:object`` and reason."""
    found: dict[str, Counter[str]] = {}
    for arrival in (arrival for chunk in plan.chunks for arrival in chunk.arrivals if arrival.skipped):
        found.setdefault(f"{arrival.side}:{arrival.object}", Counter())[arrival.skipped] += 1
    return dict(sorted(found.items()))


def say_left_out(call: Call, sync: Sync, reasons: Mapping[str, Mapping[str, int]]) -> None:
    """Why records of each object stay out."""
    for place, counts in reasons.items():
        told = ", ".join(f"{call.t(REASONS.get(why, why))} {_number(n)}" for why, n in counts.items())
        if told:
            call.say("Left out of {place}: {reasons}", place=shown(sync, place), reasons=told)


def plan_table(call: Call, plan: Plan, sync: Sync) -> Table:
    """What would be written, by object; what it costs."""
    planned = {place.rpartition(":")[2] for place in plan.header.writes}
    kinds = [kind for kind in WRITES if kind in _ALWAYS_SHOWN or kind in planned]
    headings = ("to", *(WRITES[kind] for kind in kinds), "calls")
    table = call.table(headings, title=call.t("Plan of “{sync}”", sync=sync.name), numbers=headings[1:])
    calls: dict[str, int] = {}
    for line in plan.header.price:
        place = f"{line.side}:{line.object}"
        calls[place] = calls.get(place, 0) + line.calls
    places = [f"{side}:{object}" for side in ("crm", "ma") for object in sync.objects(side)]
    for place in places:
        counts = [plan.header.writes.get(f"{place}:{kind}", 0) for kind in kinds]
        table.add_row(shown(sync, place), *map(_number, [*counts, calls.get(place, 0)]))
    return table


def item_kind(call: Call, kind: str) -> str:
    """A kind of item in words."""
    return call.t(KIND_NAMES[ItemKind(kind)])


KIND_NAMES: Mapping[ItemKind, str] = {
    ItemKind.HELD: "held back (foreseen)",
    ItemKind.REJECTED: "rejected by the target",
    ItemKind.DEFERRED: "postponed",
    ItemKind.UNKNOWN: "outcome unknown",
    ItemKind.WAITING: "waiting",
    ItemKind.CONFLICT: "conflict, waiting for a person",
    ItemKind.SETTLED: "conflict, settled by rule",
    ItemKind.AMBIGUOUS: "several matches",
    ItemKind.SKIPPED: "left out",
    ItemKind.SUSPENDED: "waiting for the end of an incident",
}


def _number(count: int) -> str:
    return f"{count:,}"


async def allotments(workspace: Workspace, sync: Sync, store: Store) -> dict[str, dict[str, int | None]]:
    """By connection: calls of the last 24 hours, the allotment, and what the vendor says is left."""
    now, clock = datetime.now(UTC), SystemClock()
    found: dict[str, dict[str, int | None]] = {}
    for name in dict.fromkeys((sync.ma_connection, sync.crm_connection)):
        use = await store.call_use(name, now)
        budget = await budget_of(workspace.connection(name), store, clock)
        half = None if use.vendor_maximum is None else use.vendor_maximum // 2
        found[name] = {
            "used": use.total,
            "allotment": budget.allotment if budget.allotment is not None else half,
            "vendor_remaining": use.vendor_remaining,
        }
    return found


def show_plan(call: Call, plan: Plan, sync: Sync, budgets: Mapping[str, Mapping[str, int | None]]) -> None:
    """The whole of a plan for a person."""
    header = plan.header
    read = "  ".join(f"{shown(sync, place)} {count:,}" for place, count in sorted(header.read.items())) or "0"
    call.say("Read: {read} ({calls} calls).", read=read, calls=header.read_calls)
    call.show(plan_table(call, plan, sync))
    for kind, count in header.items.items():
        call.say("{kind}: {count}", kind=item_kind(call, kind), count=_number(count))
    if header.made:
        call.say("Values made by a default or a truncation: {count}", count=_number(header.made))
    say_left_out(call, sync, left_out(plan))
    if header.brought is not None:
        _say_brought(call, header.brought)
    elif not header.moves_cursors:
        call.say("This is a part of the plan; the rest stays for the next run.")
    for side in ("crm", "ma"):
        name = sync.connection(side)
        cost = sum(line.calls for line in header.price if line.side == side)
        budget = budgets.get(name, {})
        call.say(
            "Price at {connection}: {calls} calls (last 24 hours {used}, allotment {allotment}).",
            connection=name,
            calls=_number(cost),
            used=_number(budget.get("used") or 0),
            allotment="-" if budget.get("allotment") is None else _number(budget["allotment"] or 0),
        )
    for guard in header.guards:
        call.say(
            GUARDS[guard.rule],
            records=_number(guard.records),
            side=sync.connection(guard.side),
            limit=guard.limit,
        )


def _say_brought(call: Call, brought: Brought) -> None:
    """What becomes of the records that an import found."""
    ignored = ", ".join(
        f"{item_kind(call, why) if why in KIND_NAMES else call.t(REASONS.get(why, why))} {_number(n)}"
        for why, n in brought.ignored.items()
    )
    call.say(
        "Import: {total} records found in the CRM; {new} new, {matched} there already and linked now, {linked} linked "
        "before, {ignored} ignored or waiting.",
        total=_number(brought.total),
        new=_number(brought.new),
        matched=_number(brought.matched),
        linked=_number(brought.linked),
        ignored=_number(sum(brought.ignored.values())),
    )
    if ignored:
        call.say("Ignored or waiting: {reasons}", reasons=ignored)


def run_document(call: Call, run: RunRecord, sync: Sync | None) -> dict[str, Any]:
    """A run as JSON."""
    sides = {(shown(sync, place) if sync else place): counts for place, counts in run.sides.items()}
    return {
        "run": run.id,
        "sync": run.sync,
        "kind": run.kind,
        "state": run.state,
        "started": run.started,
        "ended": run.ended,
        "sides": sides,
        "conflicts": run.conflicts,
        "calls": run.calls,
        "note": note_line(call, run),
    }


def note_line(call: Call, run: RunRecord) -> str:
    """Why a run ended early, in the call's language; empty where it came to its end."""
    return "" if run.note is None else told(run.note, call.language)


def run_table(call: Call, run: RunRecord, sync: Sync) -> Table:
    """What became of the records read, by object."""
    columns = ("read", "created", "updated", "unchanged", "held", "rejected", "waiting", "skipped", "deleted")
    title = call.t("Run {run} of “{sync}”", run=run.id, sync=run.sync)
    table = call.table(("from", *columns), title=title, numbers=columns)
    for place, counts in run.sides.items():
        table.add_row(shown(sync, place), *(_number(getattr(counts, column)) for column in columns))
    return table


def show_report(call: Call, report: Report, sync: Sync) -> None:
    """The whole of a run for a person."""
    call.show(run_table(call, report.run, sync))
    say_left_out(call, sync, {place: counts.reasons for place, counts in report.run.sides.items()})
    calls = report.calls
    written = sum(calls.get(lane, 0) for lane in ("write", "consent", "audit"))
    call.say(
        "Calls: {read} reading, {write} writing (price {price}), {other} other, {retries} sent again.",
        read=_number(calls.get("read", 0)),
        write=_number(written),
        price=_number(report.plan.header.write_calls),
        other=_number(calls.get("other", 0)),
        retries=_number(calls.get("retries", 0)),
    )
    if report.skipped:
        call.say(
            "{count} records moved since the plan was made and were left out.", count=len(report.skipped)
        )
