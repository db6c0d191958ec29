"""``awase check``: how many records the targets would refuse if everything were synced today, by cause."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from awase.catalogue import entry
from awase.cli.amounts import shown
from awase.cli.call import Call, help_text, verb
from awase.cli.csv_files import csv_bytes
from awase.cli.items import owners
from awase.cli.plan_files import write_closed
from awase.cli.selecting import in_each, syncs_of
from awase.core.foresight import Cause, Foresight
from awase.core.mapping import Sync
from awase.engine.checking import check as foreseen

_VALUES = 3
"""Values shown of a cause."""
_COLUMNS = ("Sync", "Written to", "Certainty", "Error type", "Record", "Person", "Field", "Value", "Allowed")


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "check", "Foresee what would be refused if everything were synced today; nothing is written.")(
        check
    )


def check(
    call: Call,
    name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help=help_text("Write every record with its cause as CSV for a spreadsheet."),
        ),
    ] = None,
) -> int:
    found = call.run(in_each(call, syncs_of(call, name), foreseen))
    call.document({"checks": [_document(sync, result) for sync, result in found]})
    for sync, result in found:
        _show(call, sync, result)
    if csv is not None:
        rows = [row for sync, result in found for cause in result.causes for row in _rows(call, sync, cause)]
        write_closed(csv, csv_bytes([call.t(heading) for heading in _COLUMNS], rows))
        call.say("{count} rows written to {file}. It holds personal data.", count=len(rows), file=csv)
    return 1 if any(result.people(certain=True) for _, result in found) else 0


def _document(sync: Sync, result: Foresight) -> dict[str, Any]:
    return {
        "sync": sync.name,
        "read": {shown(sync, place): count for place, count in result.read.items()},
        "refused": result.people(certain=True),
        "likely_refused": result.people(certain=False),
        "waiting": result.waiting,
        "changed_settings": result.drifted,
        "causes": [
            {
                "target": sync.connection(cause.side),
                "certain": cause.certain,
                "error_type": cause.error_type,
                "field": cause.field,
                "records": cause.records,
                "values": [{"value": value, "records": count} for value, count in cause.values()],
                "detail": cause.items[0].detail,
            }
            for cause in result.causes
        ],
    }


def _show(call: Call, sync: Sync, result: Foresight) -> None:
    read = "  ".join(f"{shown(sync, place)} {count:,}" for place, count in result.read.items())
    call.say("Check of “{sync}”: {read}", sync=sync.name, read=read)
    call.say(
        "If every record were written whole today, {refused} would be refused and {likely} probably.",
        refused=f"{result.people(certain=True):,}",
        likely=f"{result.people(certain=False):,}",
    )
    if result.drifted:
        call.say(
            "Settings have changed since the last run ({count}): `awase drift {sync}` says what, and whom it stops.",
            count=f"{result.drifted:,}",
            sync=sync.name,
        )
    if result.waiting:
        call.say("{count} more wait for another record.", count=f"{result.waiting:,}")
    if not result.causes:
        return
    table = call.table(
        ("Written to", "Error type", "Field", "Records", "Certainty", "Values", "Whose move"),
        numbers=("Records",),
    )
    for cause in result.causes:
        known = entry(cause.error_type)
        table.add_row(
            sync.connection(cause.side),
            f"{known.name.in_(call.language)}\n{cause.error_type}",
            cause.field,
            f"{cause.records:,}",
            _certainty(call, cause),
            Text(_most_frequent(cause)),
            owners(call, known),
        )
    call.show(table)


def _certainty(call: Call, cause: Cause) -> str:
    return call.t("certain") if cause.certain else call.t("likely")


def _most_frequent(cause: Cause) -> str:
    """A few offending values with how often they come; none where each comes once."""
    often = [(value, count) for value, count in cause.values()[:_VALUES] if count > 1]
    return ", ".join(f"{' '.join(value.split())} ({count:,})" for value, count in often)


def _rows(call: Call, sync: Sync, cause: Cause) -> list[list[str]]:
    return [
        [
            sync.name,
            sync.connection(cause.side),
            _certainty(call, cause),
            entry(cause.error_type).name.in_(call.language),
            item.record,
            item.label,
            item.field,
            item.value or "",
            item.detail.get("allowed", ""),
        ]
        for item in cause.items
    ]
