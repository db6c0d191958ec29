"""``awase reconcile``: proof that both sides agree, from fresh readings, with a reason for every difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from awase.assembly import open_store
from awase.catalogue import entry
from awase.cli.amounts import shown
from awase.cli.call import Call, help_text, verb
from awase.cli.csv_files import csv_bytes
from awase.cli.plan_files import write_closed
from awase.cli.selecting import in_each, syncs_of
from awase.core.mapping import Sync
from awase.core.operations import OperationKind, State, other
from awase.core.reconcile import CONSENT, ON_PURPOSE, Difference, Reason, Reconciliation
from awase.core.records import Item
from awase.core.run_numbers import RunNumbers, run_numbers
from awase.core.undo import record_on
from awase.engine.reconciling import reconcile as reconciled
from awase.engine.undoing import find_run
from awase.errors import BadInput, Bug
from awase.ports.store import RunRecord, Store

_SHOWN = 50
REASONS: Mapping[Reason, str] = {
    Reason.UNKNOWN: "no reason found",
    Reason.CHANGED: "changed since the last run: goes with the next",
    Reason.HELD: "held back (foreseen)",
    Reason.REJECTED: "rejected by the target",
    Reason.WAITING: "waiting (for its parent, an answer or quota)",
    Reason.CONFLICT: "conflict, waiting for a person",
    Reason.AMBIGUOUS: "several matches",
    Reason.DELETED: "the partner was deleted",
    Reason.TWIN: "linked through another record",
    Reason.NOT_CREATED: "no rule creates a partner",
    Reason.FILTERED: "kept out by the filter",
    Reason.EXCLUDED: "never synced, by choice",
    Reason.BY_DIRECTION: "left as it is by the direction",
}
"""In the order in which they are shown: what is worst comes first."""
_COLUMNS = (
    "Sync",
    "Reason",
    "Error type",
    "Record",
    "Record in the CRM",
    "Person",
    "Field",
    "Value in MA",
    "Value in the CRM",
)
_NUMBERS = ("total", "new", "added again", "updated", "unchanged", "duplicate", "ignored", "deleted")


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "reconcile", "Compare both sides afresh and explain every difference; nothing is written.")(
        reconcile
    )


def reconcile(
    call: Call,
    name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help=help_text("Write every difference as CSV for a spreadsheet.")
        ),
    ] = None,
    run: Annotated[
        int | None,
        typer.Option(
            "--run",
            metavar="RUN",
            help=help_text("Instead: what became of the records that this run read."),
            show_default=False,
        ),
    ] = None,
) -> int:
    if run is not None:
        if name is not None or csv is not None:
            raise BadInput("--run stands alone", where="--run", remedy="Leave out the sync and --csv.")
        return _show_run(call, run)
    found = call.run(in_each(call, syncs_of(call, name), reconciled))
    call.document({"reconciliations": [_document(sync, result) for sync, result in found]})
    for sync, result in found:
        _show(call, sync, result)
    if csv is not None:
        rows = [_row(call, sync, each) for sync, result in found for each in _worst_first(result)]
        write_closed(csv, csv_bytes([call.t(heading) for heading in _COLUMNS], rows))
        call.say("{count} rows written to {file}. It holds personal data.", count=len(rows), file=csv)
    if not all(result.explained for _, result in found):
        call.margin.print(
            call.t(
                "Differences without a reason are a mistake of Awase's, not yours. Please report them with the lines of "
                "`awase reconcile --csv FILE` that say so, names and addresses taken out."
            ),
            markup=False,
        )
        return Bug.exit_status
    return 0 if all(result.agree for _, result in found) else 1


def _worst_first(result: Reconciliation) -> list[Difference]:
    order = {reason: place for place, reason in enumerate(REASONS)}
    return sorted(result.differences, key=lambda each: order[each.reason])


def _document(sync: Sync, result: Reconciliation) -> dict[str, Any]:
    reasons = Counter(each.reason for each in result.differences)
    fields: dict[str, dict[str, Any]] = {
        name: {"equal": count, "different": {}} for name, count in result.equal.items()
    }
    for each in result.differences:
        if each.field:
            different = fields.setdefault(each.field, {"different": {}})["different"]
            different[each.reason] = different.get(each.reason, 0) + 1
    return {
        "sync": sync.name,
        "agree": result.agree,
        "explained": result.explained,
        "records": {shown(sync, place): count for place, count in result.records.items()},
        "pairs": result.pairs,
        "alone": {shown(sync, place): dict(counts) for place, counts in sorted(_alone(result).items())},
        "fields": fields,
        "reasons": {reason: reasons[reason] for reason in REASONS if reasons[reason]},
        "differences": [
            {
                "reason": each.reason,
                "error_type": each.detail or None,
                "side": sync.connection(each.side),
                "record": each.record,
                "other": each.other or None,
                "field": each.field or None,
                "ma": each.ma,
                "crm": each.crm,
                "label": each.label,
                "link": each.link,
            }
            for each in _worst_first(result)
        ],
    }


def _alone(result: Reconciliation) -> dict[str, Counter[Reason]]:
    """Records without a partner by ``side:object`` and reason."""
    counts: dict[str, Counter[Reason]] = {}
    for each in result.alone:
        counts.setdefault(f"{each.side}:{each.record.partition(':')[0]}", Counter())[each.reason] += 1
    return counts


def _show(call: Call, sync: Sync, result: Reconciliation) -> None:
    alone = _alone(result)
    table = call.table(
        ("of", "records", "in pairs", "alone"),
        title=call.t("Reconciliation of “{sync}”", sync=sync.name),
        numbers=("records", "in pairs", "alone"),
    )
    for place, count in result.records.items():
        left = sum(alone.get(place, Counter()).values())
        table.add_row(shown(sync, place), f"{count:,}", f"{count - left:,}", f"{left:,}")
    call.show(table)
    different = Counter(each.field for each in result.differences if each.field)
    fields = call.table(("Field", "equal", "different"), numbers=("equal", "different"))
    for name in [*result.equal, *([CONSENT] if different[CONSENT] else [])]:
        equal = f"{result.equal[name]:,}" if name in result.equal else ""
        fields.add_row(call.t("opt-out") if name == CONSENT else name, equal, f"{different[name]:,}")
    call.show(fields)
    reasons = Counter(each.reason for each in result.differences)
    for reason, words in REASONS.items():
        if reasons[reason]:
            purpose = call.t("on purpose") if reason in ON_PURPOSE else call.t("stands against agreement")
            call.say(
                "  {what}: {count} ({purpose})",
                what=call.t(words),
                count=f"{reasons[reason]:,}",
                purpose=purpose,
            )
    rows = [each for each in _worst_first(result) if each.reason not in ON_PURPOSE]
    if rows:
        listing = call.table(_COLUMNS[1:])
        for each in rows[:_SHOWN]:
            listing.add_row(*(Text(" ".join(cell.split())) for cell in _row(call, sync, each)[1:]))
        call.show(listing)
    if len(rows) > _SHOWN:
        call.say("{count} more: awase reconcile --csv FILE", count=len(rows) - _SHOWN)
    if result.agree:
        call.say("Both sides agree.")
    elif result.explained:
        call.say("Every difference has a reason; {count} wait for a run or a person.", count=len(rows))


def _row(call: Call, sync: Sync, each: Difference) -> list[str]:
    in_crm = each.side == "crm" and not each.field
    return [
        sync.name,
        call.t(REASONS[each.reason]),
        entry(each.detail).name.in_(call.language) if each.detail else "",
        "" if in_crm else each.record,
        each.record if in_crm else each.other,
        each.label,
        call.t("opt-out") if each.field == CONSENT else each.field,
        each.ma or "",
        each.crm or "",
    ]


# -- the numbers of one run -------------------------------------------------------------------------------------------


def _show_run(call: Call, number: int) -> int:
    async def read() -> tuple[RunRecord, Sync, dict[str, RunNumbers]]:
        async with open_store(call.workspace()) as store:
            record = await find_run(store, number)
            return record, call.workspace().sync(record.sync), await _numbers(store, record)

    record, sync, numbers = call.run(read())
    call.document(
        {
            "run": record.id,
            "sync": record.sync,
            "objects": {shown(sync, place): msgspec.to_builtins(each) for place, each in numbers.items()},
        }
    )
    table = call.table(
        ("from", *_NUMBERS),
        title=call.t("Run {run} of “{sync}”", run=record.id, sync=record.sync),
        numbers=_NUMBERS,
    )
    for place, each in numbers.items():
        ignored = sum(each.ignored.values())
        cells = (
            each.total,
            each.new,
            each.added_again,
            each.updated,
            each.unchanged,
            each.duplicate,
            ignored,
            each.deleted,
        )
        table.add_row(shown(sync, place), *(f"{count:,}" for count in cells))
    call.show(table)
    for place, each in numbers.items():
        for error_type, count in sorted(each.ignored.items(), key=lambda pair: -pair[1]):
            call.say(
                "  {place} ignored: {what} ({count})",
                place=shown(sync, place),
                what=_why(call, error_type),
                count=f"{count:,}",
            )
    return 0


def _why(call: Call, reason: str) -> str:
    """Why a run ignored a record, in words."""
    if not reason:
        return call.t("a later run knows the reason")
    if reason in set(Reason):
        return call.t(REASONS[Reason(reason)])
    return entry(reason).name.in_(call.language)


async def _numbers(store: Store, run: RunRecord) -> dict[str, RunNumbers]:
    """The run's numbers by ``side:object``."""
    items = [stored.item for stored in await store.open_items(run.sync) if stored.run == run.id]
    batches = await store.run_batches(run.id)
    again = [
        op
        for one in batches
        for op, outcome in zip(one.batch.operations, one.outcomes or (), strict=False)
        if op.kind == OperationKind.CREATE and outcome.state == State.APPLIED and not outcome.created
    ]
    ids = sorted({*(item.link for item in items), *(op.link for op in again)})
    links = {link.id: link for link in await store.links_by_id(run.sync, ids)}

    def place(one: Any) -> str:
        """Where the record stands that had something to give to the side of an item or operation."""
        link = links.get(one.link)
        name = None if link is None else record_on(link, other(one.side))
        return "" if name is None else f"{name[0]}:{name[1]}"

    of_place: dict[str, list[Item]] = {}
    for item in items:
        of_place.setdefault(place(item), []).append(item)
    found_there = Counter(place(op) for op in again)
    return {
        name: run_numbers(counts, of_place.get(name, ()), found_there[name])
        for name, counts in run.sides.items()
    }
