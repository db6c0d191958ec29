"""A formula on one row: the value, or why there is none."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from awase_formula.checking import BLOCKING, Checked, check
from awase_formula.errors import EvaluationFailed, FormulaTypeError, NotKnown
from awase_formula.kinds import NO_SCHEMA, Blanks, Field, Kind, Schema
from awase_formula.rowwise.building import Builder, Thunk, run
from awase_formula.rowwise.numbers import external
from awase_formula.tree import Formula
from awase_formula.values import Context, Location, Result, Row, Trouble, Value


class Verdict(enum.Enum):
    """What a validation rule does to a record."""

    PASS = "pass"  # noqa: S105
    FIRE = "fire"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, with the reason where it is UNKNOWN."""

    verdict: Verdict
    reason: str = ""


def decision(result: Result) -> Decision:
    """What a rule with this result does: only TRUE fires; FALSE and null pass; a failure is never a pass."""
    if isinstance(result, Trouble):
        return Decision(Verdict.UNKNOWN, result.reason)
    return Decision(Verdict.FIRE if result is True else Verdict.PASS)


class Evaluator:
    """A formula ready to be computed row by row.

    Raises ``FormulaTypeError`` where the formula cannot be computed at all: an unknown function, a wrong number of
    arguments; with a complete schema, every problem that ``check`` finds.
    """

    def __init__(self, formula: Formula, schema: Schema = NO_SCHEMA, blanks: Blanks = "null") -> None:
        self.checked = computable(check(formula, schema))
        self.blanks = blanks
        self._thunk: Thunk = Builder(self.checked).build()

    def result(self, row: Row, context: Context) -> Result:
        """The value, or the trouble in its place."""
        result = run(self._thunk, self.checked.formula.depth, row, context, self.blanks)
        return external(result) if isinstance(result, Decimal) else result

    def decide(self, row: Row, context: Context) -> Decision:
        """The verdict of the formula as a validation rule."""
        return decision(self.result(row, context))


def computable(checked: Checked) -> Checked:
    """The same, unless it has a problem that leaves nothing to compute. Raises ``FormulaTypeError``."""
    for problem in checked.problems:
        if checked.schema.complete or problem.code in BLOCKING:
            raise FormulaTypeError(problem.message, problem.at)
    return checked


def evaluate(
    formula: Formula,
    row: Row | Mapping[str, object],
    context: Context | None = None,
    *,
    schema: Schema = NO_SCHEMA,
    blanks: Blanks = "null",
) -> Value:
    """The value of a formula on one row, exactly as Salesforce computes it.

    ``row``: a ``Row``, or just its values, whose types tell what the schema does not. ``blanks``: "zero" where the formula treats empty numbers as 0.
    Raises ``EvaluationFailed`` for a runtime error and ``NotKnown`` for what the row and context do not decide.
    """
    given = row if isinstance(row, Row) else Row(row)
    result = Evaluator(formula, told(given, schema), blanks).result(given, context or Context())
    if isinstance(result, Trouble):
        raise (EvaluationFailed if result.failed else NotKnown)(result.reason)
    return result


def decide(
    formula: Formula,
    row: Row | Mapping[str, object],
    context: Context | None = None,
    *,
    schema: Schema = NO_SCHEMA,
    blanks: Blanks = "null",
) -> Decision:
    """The verdict of a formula as a validation rule on one row."""
    given = row if isinstance(row, Row) else Row(row)
    return Evaluator(formula, told(given, schema), blanks).decide(given, context or Context())


_TOLD: tuple[tuple[type | tuple[type, ...], Kind], ...] = (
    (bool, Kind.BOOLEAN),
    ((int, float, Decimal), Kind.NUMBER),
    (datetime, Kind.DATETIME),
    (date, Kind.DATE),
    (time, Kind.TIME),
    (Location, Kind.LOCATION),
)


def told(row: Row, schema: Schema) -> Schema:
    """The schema, and beside it what the types of a row's values tell; a text tells nothing, it may be an id or a picklist."""
    fields = dict(schema.fields)
    for name, value in (*row.values.items(), *(row.prior or {}).items()):
        kind = next((kind for types, kind in _TOLD if isinstance(value, types)), None)
        if kind is not None and schema.find(name) is None:
            fields[name] = Field(kind)
    return Schema(fields, schema.complete)
