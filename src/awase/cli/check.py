"""``awase check``: how many records the targets would refuse if everything were synced today, by cause."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from awase.catalogue import entry
from awase.cli import proving
from awase.cli.amounts import shown
from awase.cli.call import Call, help_text, verb
from awase.cli.csv_files import csv_bytes
from awase.cli.doctor.reading import read_metadata
from awase.cli.items import owners
from awase.cli.plan_files import write_closed
from awase.cli.selecting import in_each, syncs_of
from awase.cli.what_if import WhatIfOption, say_what_if
from awase.core.foresight import Cause, Forecast, Foresight, Unforeseen
from awase.core.mapping import Sync
from awase.core.operations import SIDES
from awase.core.proof import Proof
from awase.core.what_if import WhatIf, meant
from awase.core.what_if import read as read_change
from awase.engine.checking import check as foreseen
from awase.engine.checking import forecast
from awase.engine.environment import Environment
from awase.errors import BadInput
from awase_formula import in_words

_VALUES = 3
"""Values shown of a cause."""
_COLUMNS = (
    "Sync",
    "Written to",
    "Certainty",
    "Error type",
    "Rule",
    "Record",
    "Person",
    "Field",
    "Value",
    "Allowed",
)


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
    prove: Annotated[
        bool,
        typer.Option(
            "--prove",
            help=help_text("Send everything to copies of the practice orgs, and compare what they answer."),
            show_default=False,
        ),
    ] = False,
    what_if: WhatIfOption = None,
    sfdx: Annotated[
        Path | None,
        typer.Option(
            "--sfdx",
            metavar="DIR",
            help=help_text("With --what-if: an SFDX project with the rules that are switched off."),
        ),
    ] = None,
) -> int:
    if what_if and prove:
        raise BadInput(
            "a proof is of what is, not of what might be",
            where="awase check",
            remedy="Give --what-if or --prove, not both.",
        )
    if sfdx is not None and not what_if:
        raise BadInput(
            "--sfdx names the rules that are switched off, for --what-if",
            where="awase check",
            remedy="Leave it out, or use `awase doctor --sfdx`.",
        )
    if what_if:
        return _foretell(call, syncs_of(call, name), what_if, sfdx, csv)
    if prove:
        both = call.run(in_each(call, syncs_of(call, name), partial(proving.proved, call)))
        found = [(sync, result) for sync, (result, _) in both]
        proofs: dict[str, Proof] = {sync.name: proof for sync, (_, proof) in both}
    else:
        found, proofs = call.run(in_each(call, syncs_of(call, name), foreseen)), {}
    call.document({"checks": [_document(sync, result, proofs.get(sync.name)) for sync, result in found]})
    for sync, result in found:
        _show(call, sync, result)
        if sync.name in proofs:
            proving.show(call, sync, proofs[sync.name])
    if csv is not None:
        rows = [row for sync, result in found for cause in result.causes for row in _rows(call, sync, cause)]
        _write(call, csv, rows)
    if prove:
        return 1 if any(proof.wrong or proof.surprises for proof in proofs.values()) else 0
    return 1 if any(result.people(certain=True) for _, result in found) else 0


def _foretell(
    call: Call, syncs: Sequence[Sync], texts: Sequence[str], sfdx: Path | None, csv: Path | None
) -> int:
    """Tell what changes of a target would refuse that is not refused now."""
    known = [object for sync in syncs for side in SIDES for object in sync.objects(side)]
    changes = [meant(read_change(text), known) for text in texts]
    asleep = read_metadata(sfdx, ()).asleep if sfdx is not None else ()

    async def look(env: Environment, sync: Sync) -> Forecast:
        return await forecast(env, sync, changes, asleep)

    found = call.run(in_each(call, [sync for sync in syncs if _is_about(sync, changes)], look))
    call.document({"checks": [_forecast_document(sync, changes, result) for sync, result in found]})
    for sync, result in found:
        call.say("Check of “{sync}”", sync=sync.name)
        say_what_if(call, changes, _numbers(result))
        for text in result.idle:
            call.say("“{change}” is so already.", change=text)
        for text in result.unmapped:
            call.say("“{change}”: this sync writes nothing there, so nobody is refused for it.", change=text)
        _say_unforeseen(call, sync, result.unforeseen)
        _list_causes(call, sync, result.newly())
    if csv is not None:
        rows = [row for sync, result in found for cause in result.newly() for row in _rows(call, sync, cause)]
        _write(call, csv, rows)
    return int(any(result.refused()[2] for _, result in found))


def _is_about(sync: Sync, changes: Sequence[WhatIf]) -> bool:
    named = {change.object for change in changes}
    return any(object in named for side in SIDES for object in sync.objects(side))


def _numbers(result: Forecast) -> dict[str, int]:
    return dict(zip(("refused_now", "refused", "newly_refused"), result.refused(), strict=True))


def _forecast_document(sync: Sync, changes: Sequence[WhatIf], result: Forecast) -> dict[str, Any]:
    return {
        "sync": sync.name,
        "what_if": [change.text for change in changes],
        **_numbers(result),
        "causes": [_cause(sync, cause) for cause in result.newly()],
        "already_so": result.idle,
        "not_written": result.unmapped,
        "not_foreseen": _unforeseen(sync, result.unforeseen),
    }


def _write(call: Call, csv: Path, rows: Sequence[Sequence[str]]) -> None:
    write_closed(csv, csv_bytes([call.t(heading) for heading in _COLUMNS], rows))
    call.say("{count} rows written to {file}. It holds personal data.", count=len(rows), file=csv)


def _document(sync: Sync, result: Foresight, proof: Proof | None) -> dict[str, Any]:
    proved = {} if proof is None else {"proof": proving.document_of(sync, proof)}
    return {
        **proved,
        "sync": sync.name,
        "read": {shown(sync, place): count for place, count in result.read.items()},
        "refused": result.people(certain=True),
        "likely_refused": result.people(certain=False),
        "waiting": result.waiting,
        "changed_settings": result.drifted,
        "causes": [_cause(sync, cause) for cause in result.causes],
        "not_foreseen": _unforeseen(sync, result.unforeseen),
        "scores": [
            {
                "target": sync.connection(score.rule.side),
                "error_type": score.rule.error_type,
                "field": score.rule.field,
                "rule": score.rule.rule or None,
                "right": score.right,
                "wrong": score.wrong,
                "missed": score.missed,
                "precision": score.precision,
                "recall": score.recall,
                "demoted": score.demoted,
            }
            for score in result.scores
        ],
    }


def _cause(sync: Sync, cause: Cause) -> dict[str, Any]:
    return {
        "target": sync.connection(cause.side),
        "certain": cause.certain,
        "error_type": cause.error_type,
        "field": cause.field,
        "rule": cause.rule or None,
        "message": cause.message or None,
        "records": cause.records,
        "values": [
            {"value": value, "records": count, "nearest": cause.nearest(value)}
            for value, count in cause.values()
        ],
        "detail": cause.items[0].detail,
    }


def _unforeseen(sync: Sync, found: Sequence[Unforeseen]) -> list[dict[str, Any]]:
    return [
        {
            "target": sync.connection(one.side),
            "object": one.object,
            "rule": one.rule,
            "reason": one.reason or None,
            "lacking": one.lacking,
        }
        for one in found
    ]


def _say_unforeseen(call: Call, sync: Sync, found: Sequence[Unforeseen]) -> None:
    """The rules that cannot be judged, or only in part."""
    for one in found:
        where = {"rule": one.rule, "object": one.object, "target": sync.connection(one.side)}
        if one.reason:
            call.say(
                "Not foreseen: rule {rule} of {object} in {target} ({reason})", **where, reason=one.reason
            )
        else:
            call.say(
                "Foreseen in part: rule {rule} of {object} in {target}, which also looks at {lacking}",
                **where,
                lacking=in_words(one.lacking),
            )


def _show(call: Call, sync: Sync, result: Foresight) -> None:
    read = "  ".join(f"{shown(sync, place)} {count:,}" for place, count in result.read.items())
    call.say("Check of “{sync}”: {read}", sync=sync.name, read=read)
    call.say(
        "If every record were written whole today, {refused} would be refused, and {likely} more are likely to be.",
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
    _say_unforeseen(call, sync, result.unforeseen)
    for score in result.scores:
        if score.demoted:
            call.say(
                "Rule {rule} of {target} was wrong {count} times: it holds nothing back any more until it is changed. "
                "An automation there may mend what it looks at; ask the CRM's administrator.",
                rule=score.rule.rule or f"{score.rule.error_type} {score.rule.field}".strip(),
                target=sync.connection(score.rule.side),
                count=f"{score.wrong:,}",
            )
    _list_causes(call, sync, result.causes)


def _list_causes(call: Call, sync: Sync, causes: Sequence[Cause]) -> None:
    if not causes:
        return
    table = call.table(
        ("Written to", "Error type", "Field", "Records", "Certainty", "Values", "Whose move"),
        numbers=("Records",),
    )
    for cause in causes:
        known = entry(cause.error_type)
        table.add_row(
            sync.connection(cause.side),
            "\n".join(
                filter(None, (known.name.in_(call.language), cause.rule or cause.error_type, cause.message))
            ),
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
    """A few offending values with how often they come, and what is nearest; none where each comes once."""
    often = [(value, count) for value, count in cause.values()[:_VALUES] if count > 1]
    return ", ".join(f"{' '.join(value.split())} ({count:,}){_offer(cause, value)}" for value, count in often)


def _offer(cause: Cause, value: str) -> str:
    near = cause.nearest(value)
    return f" → {' '.join(near.split())}" if near else ""


def _rows(call: Call, sync: Sync, cause: Cause) -> list[list[str]]:
    return [
        [
            sync.name,
            sync.connection(cause.side),
            _certainty(call, cause),
            entry(cause.error_type).name.in_(call.language),
            cause.rule,
            item.record,
            item.label,
            item.field,
            item.value or "",
            item.detail.get("allowed", ""),
        ]
        for item in cause.items
    ]
