"""``awase drift``: which settings of both systems changed since the last run, and how many people that stops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from awase.catalogue import entry, owner_name
from awase.catalogue.entries import Who
from awase.cli.call import Call, help_text, verb
from awase.cli.csv_files import csv_bytes
from awase.cli.plan_files import write_closed
from awase.cli.selecting import in_each, syncs_of
from awase.cli.trouble import told
from awase.core.drift import Change, Fact, What
from awase.core.drift_effects import Drift, Effect
from awase.core.mapping import Sync
from awase.engine.drifting import drift as drifted

_BEGAN: Mapping[What, str] = {
    What.FIELD: "the field is new ({after})",
    What.REQUIRED: "now required",
    What.CREATEABLE: "can be filled in on create again",
    What.UPDATEABLE: "can be written again",
    What.UNIQUE: "now unique",
    What.RESTRICTED: "now only accepts its active options",
    What.LIST: "is a picklist now ({after} options)",
    What.OPTION: "option “{option}” is new",
    What.OPTION_ACTIVE: "option “{option}” is active again",
    What.RULE: "the rule is active now",
    What.OBJECT_CREATEABLE: "records can be created again",
    What.OBJECT_UPDATEABLE: "records can be changed again",
    What.OBJECT_DELETABLE: "records can be deleted again",
}
"""What came, or was switched on."""
_ENDED: Mapping[What, str] = {
    What.FIELD: "the field is gone, or may no longer be seen ({before})",
    What.REQUIRED: "no longer required",
    What.CREATEABLE: "can no longer be filled in on create",
    What.UPDATEABLE: "can no longer be written",
    What.UNIQUE: "no longer unique",
    What.RESTRICTED: "accepts any value now",
    What.LIST: "is no picklist any more",
    What.OPTION: "option “{option}” is gone or no longer active",
    What.OPTION_ACTIVE: "option “{option}” is no longer active",
    What.RULE: "the rule is gone or no longer active",
    What.OBJECT_CREATEABLE: "the integration user may no longer create records",
    What.OBJECT_UPDATEABLE: "the integration user may no longer change records",
    What.OBJECT_DELETABLE: "the integration user may no longer delete records",
}
_BECAME: Mapping[What, str] = {
    What.TYPE: "type {before} → {after}",
    What.LENGTH: "length {before} → {after}",
    What.DIGITS: "digits {before} → {after}",
    What.OPTION_LABEL: "option “{option}” is called {after} now (was: {before})",
    What.OPTION_GOES_WITH: "option “{option}” goes with other values of its controlling field now",
    What.FORMULA: "the rule's formula is another",
}

_COLUMNS = (
    "Sync",
    "System",
    "Object and field, or rule",
    "What changed",
    "Error type",
    "Record",
    "Person",
    "Field",
    "Value",
)


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(
        app,
        "drift",
        "List settings of both systems that changed since the last run, and whom they stop; nothing is written.",
    )(drift)


def drift(
    call: Call,
    name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help=help_text("Write everybody who is stopped, with the change, as CSV for a spreadsheet."),
        ),
    ] = None,
) -> int:
    found = call.run(in_each(call, syncs_of(call, name), drifted))
    call.document({"drifts": [_document(call, sync, result) for sync, result in found]})
    for sync, result in found:
        _show(call, sync, result)
    if csv is not None:
        _write(call, csv, found)
    return 1 if any(result.people or result.stops_all for _, result in found) else 0


def _write(call: Call, csv: Path, found: Sequence[tuple[Sync, Drift]]) -> None:
    rows = [row for sync, result in found for effect in result.effects for row in _rows(call, sync, effect)]
    write_closed(csv, csv_bytes([call.t(heading) for heading in _COLUMNS], rows))
    call.say("{count} rows written to {file}. It holds personal data.", count=len(rows), file=csv)
    for sync, result in found:
        if result.stops_all:
            call.say("The file names nobody of “{sync}”, for everybody in it is stopped.", sync=sync.name)


def _rows(call: Call, sync: Sync, effect: Effect) -> Iterator[list[str]]:
    for one in effect.stopped:
        yield [
            sync.name,
            sync.connection(effect.change.side),
            _subject(effect.change),
            _words(call, effect.change),
            entry(one.error_type).name.in_(call.language),
            one.record,
            one.label,
            one.field,
            one.value,
        ]


def _document(call: Call, sync: Sync, result: Drift) -> dict[str, Any]:
    error = told(result.because, call.language).document if result.because else None
    return {
        "sync": sync.name,
        "compared": result.compared,
        "stops_all": result.stops_all,
        "people": result.people,
        "next_run": result.next_run,
        "other_changes": result.others,
        "error": error["error"] if error else None,
        "changes": [
            {
                "system": sync.connection(effect.change.side),
                "object": effect.change.object,
                "name": effect.change.name,
                "what": effect.change.what,
                "option": effect.change.option,
                "before": effect.change.before,
                "after": effect.change.after,
                "people": effect.people,
                "stops_all": effect.stops_all,
                "error_type": effect.error_type,
                "whose_move": _whose_move(effect),
            }
            for effect in result.effects
        ],
    }


def _show(call: Call, sync: Sync, result: Drift) -> None:
    counts = {"sync": sync.name, "people": f"{result.people:,}", "next_run": f"{result.next_run:,}"}
    if not result.compared:
        call.say("“{sync}” has not run yet: there is nothing to compare the settings with.", sync=sync.name)
        return
    if result.because is not None:
        call.say("Change of settings: the whole sync “{sync}” stops, with {people} linked people.", **counts)
        for line in told(result.because, call.language).lines:
            call.show(Text(f"  {line}"))
    elif not result.effects:
        call.say(
            "Settings of “{sync}”: nothing that touches it has changed since the last run.", sync=sync.name
        )
    elif not result.people:
        call.say("Change of settings: nobody in “{sync}” is stopped by it.", sync=sync.name)
    elif result.people == result.next_run:
        call.say("Change of settings: {people} people stop in the next run of “{sync}”.", **counts)
    else:
        call.say(
            "Change of settings: {people} people of “{sync}” stop; {next_run} of them in the next run, the others when "
            "their values have to be written again.",
            **counts,
        )
    if result.effects:
        _show_changes(call, sync, result)
    if result.others:
        call.say("Other changes, which do not touch the sync: {count}", count=f"{result.others:,}")


def _show_changes(call: Call, sync: Sync, result: Drift) -> None:
    table = call.table(
        ("System", "Object and field, or rule", "What changed", "People stopped", "Whose move"),
        numbers=("People stopped",),
    )
    for effect in result.effects:
        change = effect.change
        table.add_row(
            sync.connection(change.side),
            Text(_subject(change)),
            Text(_words(call, change)),
            call.t("all") if effect.stops_all else f"{effect.people:,}",
            " / ".join(owner_name(who, call.language) for who in _whose_move(effect)),
        )
    call.show(table)


def _subject(change: Change) -> str:
    return f"{change.object}.{change.name}" if change.name else change.object


def _words(call: Call, change: Change) -> str:
    places = {"option": change.option, "before": _shown(change.before), "after": _shown(change.after)}
    if change.what in _BECAME:
        return call.t(_BECAME[change.what], **places)
    is_on = change.before is None or change.before is False
    return call.t((_BEGAN if is_on else _ENDED)[change.what], **places)


def _shown(fact: Fact) -> str:
    return "-" if fact is None else str(fact)


def _whose_move(effect: Effect) -> list[Who]:
    """Who can end what it causes, whoever can take the change back among them; nobody has to where it stops nobody."""
    undoes: Who = "crm_admin" if effect.change.side == "crm" else "marketing"
    if effect.stops_all:
        return [undoes]
    if not effect.error_type:
        return []
    return list(dict.fromkeys([*(fix.who for fix in entry(effect.error_type).fixes), undoes]))
