"""``awase doctor --data``: which rows of a file would be refused if they were created, and the rows in two files."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awase.catalogue import entry
from awase.cli.call import Call
from awase.cli.doctor.data_file import LINE, DataFile, read_data
from awase.cli.doctor.reasons import Reasons, RowCause, brief, causes_of
from awase.cli.plan_files import write_closed
from awase.connectors.salesforce.cells import read_cell
from awase.core.checks.rules import lacking, not_foreseen
from awase.core.doctor.headings import Headings, OddHeading, Oddity, fields_of
from awase.core.doctor.rows import Judged, Moment, judge, seen_in_part
from awase.core.schema import ObjectSchema, Schema
from awase.errors import BadInput, MissingPermission, UnknownName

_RECORD_ID = "Id"
_VALUES = 3
"""Values and lines shown of a cause."""
_ODD: Mapping[Oddity, str] = {
    Oddity.UNKNOWN: "Column {column} “{heading}” is no field of {object} that the integration user sees; it was not looked at.",
    Oddity.REPEATED: "Column {column} “{heading}” means {field} once more; the first such column counts.",
    Oddity.AMBIGUOUS: "Column {column} “{heading}” may mean {near}, so it was not looked at: use the API name.",
    Oddity.READ_ONLY: "Column {column} “{heading}” ({field}) cannot be given when a record is created: leave it out when "
    "you load the file. It was not looked at.",
    Oddity.RECORD_ID: "Column {column} “{heading}”: a row with an id is an update, and updates are not judged.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said on the command line."""

    file: Path
    object: str
    good: Path | None
    bad: Path | None
    overwrite: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """The CRM as it is known."""

    schema: Schema
    labels: Mapping[str, Mapping[str, Sequence[str]]]
    """Object → field → what people call it beside its label."""
    moment: Moment
    notes: Sequence[str] = ()
    """What could not be read of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    asked: Asked
    data: DataFile
    object: ObjectSchema
    headings: Headings
    judged: Judged
    causes: Sequence[RowCause]

    def lines(self, rows: Sequence[int]) -> list[int]:
        """The lines of the file on which these rows begin."""
        column: list[int] = self.data.cells[LINE].gather(list(rows)).to_list()
        return column


def look_at(call: Call, asked: Asked, subject: Subject) -> int:
    """Judge the file, write its two parts and tell. Raises BadInput before anything is written."""
    object = object_of(subject.schema, asked.object)
    data = read_data(asked.file)
    parts = _parts(asked)
    headings = fields_of(data.headings, object, subject.labels.get(object.name, {}), _RECORD_ID)
    if not headings.fields:
        raise BadInput(
            "no column of the file is a field of {object} that a new record may have",
            where=str(asked.file),
            remedy="Use API names or labels of its fields on the first line.",
            object=object.name,
        )
    judged = judge(data.cells, headings, object, subject.moment, read_cell)
    outcome = Outcome(asked, data, object, headings, judged, causes_of(judged.findings))
    _write(call, outcome, parts)
    notes = [*_notes(call, outcome), *subject.notes]
    call.document(_document(call, outcome, parts, notes))
    _show(call, outcome, parts, notes)
    return int(bool(judged.refused))


def object_of(schema: Schema, name: str) -> ObjectSchema:
    """Raises UnknownName, and MissingPermission where no record of it may be created."""
    folded = {known.casefold(): known for known in schema.objects}
    found = schema.objects.get(folded.get(name.casefold(), ""))
    if found is None:
        near = difflib.get_close_matches(name, list(schema.objects), n=3, cutoff=0.5)
        raise UnknownName(
            "nothing is known of an object “{object}”",
            where="--object",
            remedy="Did you mean {near}?"
            if near
            else "Retrieve the object into the project, or correct its name.",
            object=name,
            near=", ".join(near),
        )
    if not found.createable:
        raise MissingPermission(
            "the integration user may not create {object} records, so every row would be refused",
            where="--object",
            remedy="Give the integration user that right on the object.",
            object=found.name,
        )
    return found


def _parts(asked: Asked) -> tuple[Path, Path]:
    """Where the good and the bad rows go. Raises BadInput where something would be overwritten."""
    good = asked.good or asked.file.with_suffix(f".good{asked.file.suffix}")
    bad = asked.bad or asked.file.with_suffix(f".bad{asked.file.suffix}")
    if len({part.resolve() for part in (asked.file, good, bad)}) < 3:
        raise BadInput("the file and its two parts must be three files", where=f"{good}, {bad}")
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
    headings = (call.t("Line in {file}", file=outcome.asked.file.name), call.t("Why it would be refused"))
    write_closed(parts[1], data.part(refused.__contains__, headings, told))


def _notes(call: Call, outcome: Outcome) -> Iterator[str]:
    """What was not looked at, and why."""
    for one in outcome.headings.odd:
        yield _odd(call, outcome, one)
    unjudged = not_foreseen(outcome.object)
    filled_in = seen_in_part(outcome.object, outcome.data.cells, outcome.headings)
    for rule in outcome.object.rules:
        if reason := unjudged.get(rule.name):
            yield call.t(
                "The validation rule {rule} was not looked at: {reason}", rule=rule.name, reason=reason
            )
        elif unknown := [*lacking(rule, outcome.object), *filled_in.get(rule.name, ())]:
            yield call.t(
                "What the validation rule {rule} refuses is foreseen in part at most, for it also looks at: {lacking}",
                rule=rule.name,
                lacking=", ".join(unknown),
            )


def _odd(call: Call, outcome: Outcome, one: OddHeading) -> str:
    said = call.t(
        _ODD[one.oddity],
        column=one.place + 1,
        heading=one.heading,
        object=outcome.object.name,
        field=one.field,
        near=", ".join(one.near),
    )
    if one.oddity is Oddity.UNKNOWN and one.near:
        said += call.t(" Did you mean {near}?", near=", ".join(one.near))
    return said


def _document(call: Call, outcome: Outcome, parts: tuple[Path, Path], notes: Sequence[str]) -> dict[str, Any]:
    judged = outcome.judged
    return {
        "file": str(outcome.asked.file),
        "encoding": outcome.data.encoding,
        "object": outcome.object.name,
        "rows": judged.rows,
        "not_judged": len(judged.updates),
        "refused": len(judged.refused),
        "likely_refused": len(judged.doubtful),
        "causes": [
            {
                "error_type": cause.error_type,
                "text": entry(cause.error_type).name.in_(call.language),
                "field": cause.field,
                "column": _column(outcome, cause),
                "rule": cause.rule,
                "message": cause.message,
                "certain": cause.certain,
                "rows": len(cause.rows),
                "values": [{"value": value, "rows": count} for value, count in cause.values()],
                "lines": outcome.lines(cause.rows),
            }
            for cause in outcome.causes
        ],
        "columns_not_looked_at": [
            {"column": one.place + 1, "heading": one.heading, "why": one.oddity.value, "near": list(one.near)}
            for one in outcome.headings.odd
        ],
        "good": str(parts[0]),
        "bad": str(parts[1]),
        "notes": list(notes),
    }


def _column(outcome: Outcome, cause: RowCause) -> str:
    place = outcome.headings.fields.get(cause.field)
    return outcome.data.headings[place] if place is not None else ""


def _show(call: Call, outcome: Outcome, parts: tuple[Path, Path], notes: Sequence[str]) -> None:
    judged = outcome.judged
    call.say(
        "{file}: of {rows} rows that would be created as {object}, {refused} would be refused and {likely} probably.",
        file=outcome.asked.file,
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
    if outcome.causes:
        _table(call, outcome)
    for note in notes:
        call.say("{line}", line=note)
    call.say(
        "The good rows are in {good}, the refused ones with their reasons in {bad}. Both hold personal data.",
        good=parts[0],
        bad=parts[1],
    )


def _table(call: Call, outcome: Outcome) -> None:
    table = call.table(
        ("Error type", "Column", "Rows", "Certainty", "Values", "Lines"),
        numbers=("Rows",),
    )
    for cause in outcome.causes:
        name = entry(cause.error_type).name.in_(call.language)
        values = [(value, count) for value, count in cause.values()[:_VALUES] if count > 1]
        lines = [str(line) for line in outcome.lines(cause.rows[:_VALUES])]
        table.add_row(
            f"{name}\n{cause.message or cause.error_type}",
            _column(outcome, cause) or cause.field,
            f"{len(cause.rows):,}",
            call.t("certain") if cause.certain else call.t("likely"),
            ", ".join(f"{brief(value)} ({count:,})" for value, count in values),
            ", ".join([*lines, "…"] if len(cause.rows) > _VALUES else lines),
        )
    call.show(table)
