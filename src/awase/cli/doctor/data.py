"""``awase doctor --data``: which rows of a file would be refused if they were created, and the rows in two files."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from awase.cli.call import Call
from awase.cli.doctor.data_file import LINE, DataFile, read_data
from awase.cli.doctor.reasons import Reasons, causes_of
from awase.cli.doctor.rows_report import Outcome, cause_documents, notes, show_causes
from awase.cli.plan_files import write_closed
from awase.cli.what_if import say_what_if
from awase.connectors.salesforce.cells import read_cell
from awase.core.checks.parents import ParentsAsked
from awase.core.doctor.headings import NOTHING, Headings, Oddity, Withheld, fields_of
from awase.core.doctor.rows import Judged, Moment, judge, parents_of
from awase.core.schema import ObjectSchema, Rule, Schema
from awase.core.what_if import WhatIf, changed, meant
from awase.errors import BadInput, MissingPermission, UnknownName

_RECORD_ID = "Id"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said on the command line."""

    file: Path
    object: str
    good: Path | None
    bad: Path | None
    overwrite: bool
    what_if: Sequence[WhatIf] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """The CRM as it is known."""

    schema: Schema
    labels: Mapping[str, Mapping[str, Sequence[str]]]
    """Object → field → what people call it beside its label."""
    moment: Moment
    asleep: Sequence[Rule] = ()
    """Rules that are switched off."""
    notes: Sequence[str] = ()
    """By which rights it was looked at, and what could not be read of it."""
    withheld: Mapping[str, Withheld] | None = None
    """Object → what rights keep from the integration user; None: the CRM tells only what that user sees."""
    read_parents: Callable[[Sequence[ParentsAsked]], Mapping[str, pl.DataFrame]] | None = None
    """Reads the records that rows refer to; None: nobody can be asked."""


def look_at(call: Call, asked: Asked, subject: Subject) -> int:
    """Judge the file, write its two parts and tell. Raises BadInput before anything is written."""
    object = object_of(subject.schema, asked.object, choosable=subject.withheld is not None)
    after = _after(asked, subject, object)
    data = read_data(asked.file)
    parts = _parts(asked)
    headings = _headings(asked, subject, data, object)
    judged = _judged(data, headings, object, subject)
    if after is not None:
        then = _judged(data, headings, after, subject)
        return _forecast(call, asked, Outcome(asked.file, data, after, headings, then, ()), judged, subject)
    causes = causes_of(judged.findings)
    outcome = Outcome(asked.file, data, object, headings, judged, causes, seen_alone=subject.withheld is None)
    _write(call, outcome, parts)
    told = [*notes(call, outcome), *subject.notes]
    call.document(_document(call, outcome, parts, told))
    _show(call, outcome, parts, told)
    return int(bool(judged.refused))


def _judged(data: DataFile, headings: Headings, object: ObjectSchema, subject: Subject) -> Judged:
    given = (data.cells, headings, object, subject.moment, read_cell)
    wanted = parents_of(*given) if subject.read_parents is not None else []
    parents = subject.read_parents(wanted) if subject.read_parents is not None and wanted else {}
    return judge(*given, parents)


def _headings(asked: Asked, subject: Subject, data: DataFile, object: ObjectSchema) -> Headings:
    """Raises BadInput where nothing could be judged."""
    withheld = (subject.withheld or {}).get(object.name, NOTHING)
    labels = subject.labels.get(object.name, {})
    headings = fields_of(data.headings, object, labels, _RECORD_ID, withheld)
    if headings.fields:
        return headings
    forbidden = [one.field for one in headings.odd if one.oddity in (Oddity.HIDDEN, Oddity.NOT_WRITABLE)]
    raise BadInput(
        "no column of the file is a field of {object} that a new record may have",
        where=str(asked.file),
        remedy="The integration user may not see or may not write {fields}: grant that, or choose other rights with "
        "--permission-set (“none”: nothing is forbidden)."
        if forbidden
        else "Use API names or labels of its fields on the first line.",
        object=object.name,
        fields=", ".join(forbidden),
    )


def object_of(schema: Schema, name: str, *, choosable: bool = False) -> ObjectSchema:
    """``choosable``: other rights can be asked for. Raises UnknownName, and MissingPermission where no record of it may
    be created."""
    folded = {known.casefold(): known for known in schema.objects}
    found = schema.objects.get(folded.get(name.casefold(), ""))
    if found is None:
        near = difflib.get_close_matches(name, list(schema.objects), n=3, cutoff=0.5)
        raise UnknownName(
            "nothing is known of an object “{object}”",
            where="--object",
            remedy="Did you mean {near}?"
            if near
            else "Correct its name, let the integration user read it, or retrieve it into the project.",
            object=name,
            near=", ".join(near),
        )
    if not found.createable:
        raise MissingPermission(
            "the integration user may not create {object} records, so every row would be refused",
            where="--object",
            remedy="Give the integration user that right on the object, or choose other rights with --permission-set "
            "(“none”: nothing is forbidden)."
            if choosable
            else "Give the integration user that right on the object.",
            object=found.name,
        )
    return found


def _after(asked: Asked, subject: Subject, object: ObjectSchema) -> ObjectSchema | None:
    """The object after the changes that were asked about; None where none were."""
    if not asked.what_if:
        return None
    changes = [meant(change, [object.name]) for change in asked.what_if]
    return changed(subject.schema, changes, subject.asleep).objects[object.name]


def _forecast(call: Call, asked: Asked, outcome: Outcome, now: Judged, subject: Subject) -> int:
    """Tell what the changes would do to the rows of the file; nothing is written."""
    then = outcome.judged
    newly = then.refused - now.refused
    outcome = replace(
        outcome,
        causes=causes_of(one for one in then.findings if one.link in newly),
        seen_alone=subject.withheld is None,
    )
    numbers = {
        "refused_now": len(now.refused),
        "refused": len(then.refused),
        "newly_refused": len(newly),
    }
    told = [*notes(call, outcome), *subject.notes]
    document = {"what_if": [change.text for change in asked.what_if], **_described(outcome), **numbers}
    call.document({**document, "causes": cause_documents(call, outcome), "notes": told})
    say_what_if(call, asked.what_if, numbers)
    show_causes(call, outcome)
    for note in told:
        call.say("{line}", line=note)
    return int(bool(then.refused))


def _parts(asked: Asked) -> tuple[Path, Path]:
    """Where the good and the bad rows go. Raises BadInput where something would be overwritten."""
    good = asked.good or asked.file.with_suffix(f".good{asked.file.suffix}")
    bad = asked.bad or asked.file.with_suffix(f".bad{asked.file.suffix}")
    if len({part.resolve() for part in (asked.file, good, bad)}) < 3:
        raise BadInput("the file and its two parts must be three files", where=f"{good}, {bad}")
    if asked.what_if:
        return good, bad  # nothing is written
    there = [str(part) for part in (good, bad) if part.exists()]
    if there and not asked.overwrite:
        raise BadInput(
            "the file is there already, and nothing is overwritten unasked",
            where=", ".join(there),
            remedy="Move it away, name others with --good and --bad, or add --overwrite.",
        )
    return good, bad


def _write(call: Call, outcome: Outcome, parts: tuple[Path, Path]) -> None:
    """Rows that are updates are in neither part: nothing is known of them."""
    data, judged = outcome.data, outcome.judged
    reasons = Reasons(call, outcome.object, outcome.headings, data.headings)
    refused, lines = judged.refused, data.cells[LINE]
    why: dict[int, dict[str, None]] = {}
    for one in judged.findings:
        if one.link in refused:
            why.setdefault(one.link, {})[reasons.of(one)] = None

    def told(row: int) -> tuple[str, str]:
        return str(lines[row]), " / ".join(why[row])

    out = refused | judged.updates
    write_closed(parts[0], data.part(lambda row: row not in out))
    headings = (call.t("Line in {file}", file=outcome.file.name), call.t("Why it would be refused"))
    write_closed(parts[1], data.part(refused.__contains__, headings, told))


def _document(call: Call, outcome: Outcome, parts: tuple[Path, Path], told: Sequence[str]) -> dict[str, Any]:
    judged = outcome.judged
    return {
        **_described(outcome),
        "refused": len(judged.refused),
        "likely_refused": len(judged.doubtful),
        "causes": cause_documents(call, outcome),
        "good": str(parts[0]),
        "bad": str(parts[1]),
        "notes": list(told),
    }


def _described(outcome: Outcome) -> dict[str, Any]:
    """The file, for programs."""
    return {
        "file": str(outcome.file),
        "encoding": outcome.data.encoding,
        "object": outcome.object.name,
        "rows": outcome.judged.rows,
        "not_judged": len(outcome.judged.updates),
        "columns_not_looked_at": [
            {
                "column": one.place + 1,
                "heading": one.heading,
                "why": one.oddity.value,
                "field": one.field,
                "near": list(one.near),
                "rows_with_value": len(outcome.filled([one])),
            }
            for one in outcome.headings.odd
        ],
        "judged_in_part": len(outcome.judged_in_part),
    }


def _show(call: Call, outcome: Outcome, parts: tuple[Path, Path], told: Sequence[str]) -> None:
    judged = outcome.judged
    call.say(
        "{file}: of {rows} rows that would be created as {object}, {refused} would be refused and {likely} probably.",
        file=outcome.file,
        rows=f"{judged.rows - len(judged.updates):,}",
        object=outcome.object.name,
        refused=f"{len(judged.refused):,}",
        likely=f"{len(judged.doubtful):,}",
    )
    if judged.updates:
        call.say(
            "{count} more name a record by its id; they were not judged and are in neither file.",
            count=f"{len(judged.updates):,}",
        )
    show_causes(call, outcome)
    for note in told:
        call.say("{line}", line=note)
    if outcome.judged_in_part:
        call.say(
            "{count} of the good rows have a value in a column that was not judged ({columns}): whether that is taken is "
            "not known.",
            count=f"{len(outcome.judged_in_part):,}",
            columns=", ".join(one.heading for one in outcome.headings.not_judged if outcome.filled([one])),
        )
    call.say(
        "The good rows are in {good}, the refused ones with their reasons in {bad}. Both hold personal data.",
        good=parts[0],
        bad=parts[1],
    )
