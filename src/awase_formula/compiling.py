"""Formulas over whole frames: FIRE, PASS or UNKNOWN with its reason, a row.

A frame holds a column a field, by its API name or path (``Amount``, ``Account.Industry``), a multi-select as one text or
as a list of its values; ``prior:Amount`` holds what was stored before the save, ``:new`` (Boolean) says which rows are inserts. A column that is missing makes what depends on it UNKNOWN, never an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from awase_formula.checking import Checked, check
from awase_formula.columnwise.building import Bound, bind, reason_of
from awase_formula.columnwise.columns import CODES, FIRE, FIRST_REASON, PASS, NotVectorisable, Scope
from awase_formula.columnwise.facts import NOTHING_KNOWN, PRIOR, Facts, look, look_closer
from awase_formula.columnwise.fields import IS_NEW
from awase_formula.columnwise.units import compared_lengths
from awase_formula.evaluating import Decision, Evaluator, Verdict, computable
from awase_formula.kinds import NO_SCHEMA, Blanks, Field, Kind, Schema
from awase_formula.tree import Formula
from awase_formula.values import Context, Row


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts of one formula over a frame.

    ``codes``: UInt16, one a row: 0 passes, 1 fires, any other is ``reasons[code - 2]``. ``vectorised``: whether an expression
    decided (but for ``redone`` rows); otherwise every row was computed by itself.
    """

    codes: pl.Series
    reasons: tuple[str, ...]
    vectorised: bool
    redone: int = 0

    def decision(self, row: int) -> Decision:
        """The verdict of one row."""
        code = self.codes[row]
        if code < FIRST_REASON:
            return Decision(Verdict.FIRE if code == FIRE else Verdict.PASS)
        return Decision(Verdict.UNKNOWN, self.reasons[code - FIRST_REASON])

    @property
    def fires(self) -> pl.Series:
        """Boolean, a row: whether the rule surely fires."""
        return self.codes == FIRE

    @property
    def unknown(self) -> pl.Series:
        """Boolean, a row: whether it is not known."""
        return self.codes >= FIRST_REASON


class Compiled:
    """A formula ready for frames. Make it with ``compile``."""

    def __init__(self, formula: Formula, schema: Schema, blanks: Blanks) -> None:
        self.formula = formula
        self.schema = schema
        self.blanks = blanks
        self.checked: Checked = computable(check(formula, schema))

    @cached_property
    def vectorised(self) -> bool:
        """Whether it becomes an expression for a frame whose columns have the types that the formula takes them for."""
        dtypes = {name: _expected(field) for name, field in self.checked.schema.fields.items()}
        dtypes |= {f"{PRIOR}{name}": dtype for name, dtype in dtypes.items()}
        now = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
        usual = Facts(digits=dict.fromkeys(dtypes, 20), scales=dict.fromkeys(dtypes, 2))
        return self.bound(dtypes, Context(now=now), is_new=False, facts=usual) is not None

    def bound(
        self,
        dtypes: dict[str, pl.DataType],
        context: Context,
        is_new: bool | None,
        facts: Facts = NOTHING_KNOWN,
    ) -> Bound | None:
        """The expression for columns of these types; None where only the row form is exact."""
        checked = self._checked_for(dtypes)
        try:
            return bind(checked, Scope(dtypes, context, self.blanks, is_new, facts))
        except NotVectorisable:
            return None

    @cached_property
    def positional(self) -> bool:
        """Whether it counts characters, for more than to compare a length with a number."""
        return compared_lengths(self.checked.kinds.order) is None

    def columns(self, dtypes: dict[str, pl.DataType]) -> set[str]:
        """The columns of a frame that it reads."""
        names = {name.casefold() for name in (*self.checked.fields, *_inner(self.checked))}
        names |= {(PRIOR + name).casefold() for name in self.checked.priors}
        return {name for name in dtypes if name.casefold() in names}

    def verdicts(
        self, frame: pl.DataFrame, context: Context | None = None, is_new: bool | None = None
    ) -> Verdicts:
        """Verdicts over a frame. ``is_new`` holds for every row where there is no ``:new`` column."""
        return verdicts([self], frame, context, is_new)[0]

    def _checked_for(self, dtypes: dict[str, pl.DataType]) -> Checked:
        """The check again with what the columns' types tell about names that the schema does not know."""
        schema = self.schema_for(dtypes)
        return self.checked if schema is self.schema else check(self.formula, schema)

    def schema_for(self, dtypes: dict[str, pl.DataType]) -> Schema:
        """The schema, and beside it the names whose type a frame's columns tell."""
        known = {}
        for name in (*self.checked.fields, *self.checked.priors):
            kind = _told(dtypes.get(name)) or _told(dtypes.get(PRIOR + name))
            if self.schema.find(name) is None and kind is not None:
                known[name] = Field(kind)
        return Schema({**self.schema.fields, **known}, self.schema.complete) if known else self.schema

    def _by_rows(self, frame: pl.DataFrame, context: Context, is_new: bool | None) -> list[Decision]:
        evaluator = Evaluator(self.formula, self.schema_for(dict(frame.schema)), self.blanks)
        return [evaluator.decide(row, context) for row in rows_of(frame, self.checked, is_new)]


def compile(formula: Formula, schema: Schema = NO_SCHEMA, blanks: Blanks = "null") -> Compiled:
    """Make a formula ready for frames.

    Raises ``FormulaTypeError`` for an unknown function or a wrong number of arguments and, where the schema is
    complete, for everything that ``check`` finds.
    """
    return Compiled(formula, schema, blanks)


def verdicts(
    formulas: Sequence[Compiled],
    frame: pl.DataFrame,
    context: Context | None = None,
    is_new: bool | None = None,
) -> list[Verdicts]:
    """Verdicts of many formulas over one frame in one pass, in their order."""
    context = context or Context()
    dtypes = dict(frame.schema)
    reads = [formula.columns(dtypes) for formula in formulas]
    positional = {
        name for formula, names in zip(formulas, reads, strict=True) if formula.positional for name in names
    }
    facts = look(frame, set().union(*reads), positional)
    bounds = [formula.bound(dtypes, context, is_new, facts) for formula in formulas]
    closer = {name for bound, names in zip(bounds, reads, strict=True) if bound is None for name in names}
    if closer:
        facts = look_closer(frame, facts, closer)
        bounds = [
            bound or formula.bound(dtypes, context, is_new, facts)
            for formula, bound in zip(formulas, bounds, strict=True)
        ]
    wanted: dict[str, pl.Expr] = {}
    for number, bound in enumerate(bounds):
        if bound is not None:
            wanted[f"code {number}"] = bound.codes
            if bound.doubt is not None:
                wanted[f"doubt {number}"] = bound.doubt
            if bound.suspect is not None:
                wanted[f"suspect {number}"], _ = bound.suspect
    found = _selected(frame, wanted)
    return [
        _by_rows(formula, frame, context, is_new)
        if bound is None
        else _joined(formula, bound, number, found, frame, context, is_new)
        for number, (formula, bound) in enumerate(zip(formulas, bounds, strict=True))
    ]


def _selected(frame: pl.DataFrame, wanted: Mapping[str, pl.Expr]) -> Mapping[str, pl.Series]:
    """Every expression over the frame, each as long as the frame."""
    if not wanted:
        return {}
    try:
        return {
            series.name: _long(series, frame.height) for series in frame.lazy().select(**wanted).collect()
        }
    except pl.exceptions.ShapeError:
        # Polars folds some choices between constants to one value and then misses the other rows.
        return {
            name: _long(frame.lazy().select(one).collect().to_series(), frame.height)
            for name, one in wanted.items()
        }


def _long(series: pl.Series, height: int) -> pl.Series:
    return series if series.len() == height else series.new_from_index(0, height)


def _joined(
    formula: Compiled,
    bound: Bound,
    number: int,
    found: Mapping[str, pl.Series],
    frame: pl.DataFrame,
    context: Context,
    is_new: bool | None,
) -> Verdicts:
    codes = found[f"code {number}"]
    reasons = list(dict.fromkeys(bound.reasons))
    numbers = {PASS: PASS, FIRE: FIRE}
    for code in codes.unique().to_list() if reasons else ():
        if code >= FIRST_REASON:
            numbers[code] = reasons.index(reason_of(bound.reasons, code)) + FIRST_REASON
    if any(code != number for code, number in numbers.items()):
        codes = codes.replace_strict(numbers, return_dtype=CODES)
    where = _doubted(bound, number, found, frame)
    if where.len():
        again = formula._by_rows(frame[where], context, is_new)
        codes = codes.scatter(where, [_code(decision, reasons) for decision in again])
    return Verdicts(codes.rename(""), tuple(reasons), True, where.len())


def _doubted(bound: Bound, number: int, found: Mapping[str, pl.Series], frame: pl.DataFrame) -> pl.Series:
    """The numbers of the rows that are left to the row form."""
    rows = pl.Series(dtype=pl.UInt32)
    if bound.doubt is not None:
        rows = found[f"doubt {number}"].arg_true()
    if bound.suspect is not None:
        suspects = found[f"suspect {number}"].arg_true()
        _, sure = bound.suspect
        read = frame.select(set(sure.meta.root_names()))[suspects]
        rows = rows.append(suspects.filter(read.select(sure).to_series())).unique().sort()
    return rows


def _by_rows(formula: Compiled, frame: pl.DataFrame, context: Context, is_new: bool | None) -> Verdicts:
    reasons: list[str] = []
    decisions = formula._by_rows(frame, context, is_new)
    codes = pl.Series("", [_code(decision, reasons) for decision in decisions], dtype=CODES)
    return Verdicts(codes, tuple(reasons), False, frame.height)


def _code(decision: Decision, reasons: list[str]) -> int:
    if decision.verdict is not Verdict.UNKNOWN:
        return FIRE if decision.verdict is Verdict.FIRE else PASS
    if decision.reason not in reasons:
        reasons.append(decision.reason)
    return reasons.index(decision.reason) + FIRST_REASON


def rows_of(frame: pl.DataFrame, checked: Checked, is_new: bool | None) -> list[Row]:
    """A frame's rows as the row form takes them."""
    folded = {name.casefold() for name in checked.fields} | {name.casefold() for name in checked.priors}
    names = [
        name
        for name in frame.columns
        if not name.startswith(PRIOR) and name.casefold() in folded | _inner(checked)
    ]
    priors = [name for name in frame.columns if name.startswith(PRIOR)]
    news = frame[IS_NEW].to_list() if IS_NEW in frame.columns else [is_new] * frame.height
    values = frame.select(names).to_dicts() if names else [{} for _ in range(frame.height)]
    if not priors:
        return [Row(one, None, new) for one, new in zip(values, news, strict=True)]
    wanted = {(PRIOR + name).casefold() for name in checked.priors}
    read = [pl.col(name).alias(name.removeprefix(PRIOR)) for name in priors if name.casefold() in wanted]
    before = frame.select(read).to_dicts() if read else [{} for _ in range(frame.height)]
    return [Row(one, prior, new) for one, prior, new in zip(values, before, news, strict=True)]


def _inner(checked: Checked) -> set[str]:
    """Names that the formula fields behind a formula read."""
    if not any(field.formula is not None for field in checked.schema.fields.values()):
        return set()
    return {name.casefold() for name, field in checked.schema.fields.items() if field.formula is None}


def _told(dtype: pl.DataType | None) -> Kind | None:
    """What a column's type says of its field; a text says nothing, it may be an id or a picklist."""
    if dtype is None:
        return None
    if dtype.is_numeric():
        return Kind.NUMBER
    if isinstance(dtype, pl.Datetime):
        return Kind.DATETIME
    return {pl.Boolean(): Kind.BOOLEAN, pl.Date(): Kind.DATE, pl.Time(): Kind.TIME}.get(dtype)


_EXPECTED = {
    Kind.NUMBER: pl.Decimal(38, 10),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.DATE: pl.Date(),
    Kind.DATETIME: pl.Datetime("us", "UTC"),
    Kind.TIME: pl.Time(),
}


def _expected(field: Field) -> pl.DataType:
    return _EXPECTED.get(field.kind, pl.String())
