"""What is told of the rows of a file: the causes that stop them, and what was not looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from awase.catalogue import entry
from awase.cli.call import Call
from awase.cli.doctor.data_file import LINE, DataFile
from awase.cli.doctor.reasons import RowCause, brief
from awase.core.checks.rules import lacking, not_foreseen
from awase.core.doctor.headings import Headings, OddHeading, Oddity
from awase.core.doctor.rows import Judged, seen_in_part
from awase.core.schema import ObjectSchema
from awase_formula import in_words

_VALUES = 3
"""Values and lines shown of a cause."""
_ODD: Mapping[Oddity, str] = {
    Oddity.UNKNOWN: "Column {column} “{heading}” is no field of {object}; it was not looked at.",
    Oddity.REPEATED: "Column {column} “{heading}” means {field} once more; the first such column counts.",
    Oddity.AMBIGUOUS: "Column {column} “{heading}” may mean {near}, so it was not looked at: use the API name.",
    Oddity.READ_ONLY: "Column {column} “{heading}” ({field}) cannot be given when a record is created: leave it out when "
    "you load the file. It was not looked at.",
    Oddity.HIDDEN: "Column {column} “{heading}” ({field}) is there, but the integration user may not see it: it was not "
    "judged.",
    Oddity.NOT_WRITABLE: "Column {column} “{heading}” ({field}) is there, but the integration user may not write it: it was "
    "not judged.",
    Oddity.RECORD_ID: "Column {column} “{heading}”: a row with an id is an update, and updates are not judged.",
}


_ODD_TO_THE_USER = "Column {column} “{heading}” is no field of {object} that the integration user sees; it was not looked at."
"""Where nobody can tell what is hidden from what is not there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    file: Path
    data: DataFile
    object: ObjectSchema
    headings: Headings
    judged: Judged
    causes: Sequence[RowCause]
    seen_alone: bool = False
    """Only what the integration user sees is known of the object."""

    def lines(self, rows: Sequence[int]) -> list[int]:
        """The lines of the file on which these rows begin."""
        found: list[int] = self.data.cells[LINE].gather(list(rows)).to_list()
        return found

    def filled(self, columns: Sequence[OddHeading]) -> frozenset[int]:
        """Rows (places from 0) that have a value in one of these columns."""
        if not columns:
            return frozenset()
        values = (pl.col(str(one.place)).str.strip_chars().fill_null("") != "" for one in columns)
        rows = self.data.cells.select(pl.any_horizontal(values)).to_series()
        return frozenset(rows.arg_true())

    @property
    def judged_in_part(self) -> frozenset[int]:
        """Rows without a fault that have a value in a column of which nothing is said."""
        return self.filled(self.headings.not_judged) - self.judged.refused - self.judged.updates


def notes(call: Call, outcome: Outcome) -> Iterator[str]:
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
                lacking=in_words(unknown),
            )


def _odd(call: Call, outcome: Outcome, one: OddHeading) -> str:
    said = call.t(
        _ODD_TO_THE_USER if one.oddity is Oddity.UNKNOWN and outcome.seen_alone else _ODD[one.oddity],
        column=one.place + 1,
        heading=one.heading,
        object=outcome.object.name,
        field=one.field,
        near=", ".join(one.near),
    )
    if one.oddity is Oddity.UNKNOWN and one.near:
        said += call.t(" Did you mean {near}?", near=", ".join(one.near))
    return said


def cause_documents(call: Call, outcome: Outcome) -> list[dict[str, Any]]:
    """The causes for programs."""
    return [
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
    ]


def _column(outcome: Outcome, cause: RowCause) -> str:
    place = outcome.headings.fields.get(cause.field)
    return outcome.data.headings[place] if place is not None else ""


def show_causes(call: Call, outcome: Outcome) -> None:
    if not outcome.causes:
        return
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
