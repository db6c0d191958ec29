"""A checked formula as one Polars expression over a frame, built from the leaves up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from awase_formula import globals as globals_
from awase_formula.checking import BLOCKING, Checked, check
from awase_formula.columnwise import numbers
from awase_formula.columnwise.columns import (
    CODES,
    FAILED,
    PASS,
    Column,
    NotVectorisable,
    Scope,
)
from awase_formula.columnwise.columns import Number as Whole
from awase_formula.columnwise.dates import DATES
from awase_formula.columnwise.facts import PRIOR
from awase_formula.columnwise.fields import (
    constant,
    global_column,
    read_column,
    troubled,
)
from awase_formula.columnwise.logic import CHOICES, decided, negation
from awase_formula.columnwise.operators import COMPARISONS, operated
from awase_formula.columnwise.record import Record
from awase_formula.columnwise.text import TEXTS, written
from awase_formula.columnwise.units import compared_lengths, counting, doubt_length, doubt_wide
from awase_formula.inference import combined
from awase_formula.kinds import TEXTUAL, Field, Kind
from awase_formula.rowwise.building import (
    STRICT,
    absent,
    checked_types,
    global_value,
    is_absent,
    unknown_global,
)
from awase_formula.rowwise.dates import NO_CLOCK
from awase_formula.rowwise.operators import operation
from awase_formula.rowwise.special import platform
from awase_formula.rowwise.text import units
from awase_formula.signatures import SIGNATURES
from awase_formula.tree import Call, Chain, Node, Null, Number, Reference, Text, Truth, Unary
from awase_formula.values import Failure, Value

DEEPEST = 60
"""A deeper formula is left to the row form: plans that nest so far cost more than they save."""

_COMPUTE = {**numbers.NUMBERS, **TEXTS, **DATES}


@dataclass(frozen=True, slots=True)
class Bound:
    """A formula against one frame and context.

    ``codes``: UInt16 a row: PASS, FIRE, or a reason (``reasons``, failed ones from FAILED on). ``doubt``: Boolean, rows
    that the row form has to decide; None: none. ``suspect``: a quick test of rows, and the test by which those are left to
    the row form as well.
    """

    codes: pl.Expr
    doubt: pl.Expr | None
    suspect: tuple[pl.Expr, pl.Expr] | None
    reasons: tuple[str, ...]


def bind(checked: Checked, scope: Scope) -> Bound:
    """Compile against a scope. Raises ``NotVectorisable``."""
    builder = _Builder(checked, scope)
    column = builder.build()
    if column.kind not in (Kind.BOOLEAN, Kind.NULL):
        fires = pl.lit(PASS, dtype=CODES)
    else:
        fires = column.value.cast(pl.Boolean).fill_null(value=False).cast(CODES)  # PASS is 0, FIRE is 1
    codes = fires if column.trouble is None else pl.coalesce(column.trouble, fires)
    doubts = [*scope.checks.values(), *scope.doubts]
    suspects = zip(*scope.suspects.values(), strict=True)
    quick, sure = (pl.any_horizontal(tests) for tests in suspects) if scope.suspects else (None, None)
    return Bound(
        codes,
        pl.any_horizontal(doubts) if doubts else None,
        None if quick is None or sure is None else (quick, sure),
        tuple(scope.reasons),
    )


def reason_of(reasons: tuple[str, ...], code: int) -> str:
    """The reason behind a code."""
    return reasons[(code - FAILED if code >= FAILED else code) - 2]


class _Builder:
    """``counted``: whether the characters of what it builds are counted by the formula that it is built for."""

    def __init__(self, checked: Checked, scope: Scope, nesting: int = 0, *, counted: bool = False) -> None:
        if checked.formula.depth > DEEPEST or nesting > 10:
            raise NotVectorisable
        self.counted = counted or bool(counting(checked.kinds.order))
        self.lengths = None if counted else compared_lengths(checked.kinds.order)
        self.checked = checked
        self.scope = scope
        self.nesting = nesting
        self.built: dict[int, Column] = {}
        self.record = Record(checked.schema, scope)

    def build(self) -> Column:
        if self.counted:
            self._doubt_wide_text()
        for node in self.checked.kinds.order:
            self.built[id(node)] = self._column(node)
        return self.built[id(self.checked.formula.root)]

    def _doubt_wide_text(self) -> None:
        for node in self.checked.kinds.order:
            if isinstance(node, Text):
                _narrow(node.value)
        if self.lengths is not None:
            for name, number in self.lengths:
                for column in self._held([name]):
                    doubt_length(self.scope, column, number)
            return
        for column in self._held([*self.checked.fields, *(PRIOR + name for name in self.checked.priors)]):
            doubt_wide(self.scope, column)

    def _held(self, names: Iterable[str]) -> Iterator[str]:
        """The frame's columns of these names, as far as it has any."""
        for name in names:
            column = self.record.held(self.checked.schema.spelled(globals_.stored_name(name)))
            if column is not None:
                yield column

    def _column(self, node: Node) -> Column:
        match node:
            case Text():
                return constant(node.value or None, Kind.TEXT)
            case Number():
                return numbers.literal(node.value)
            case Truth():
                return constant(node.value, Kind.BOOLEAN)
            case Null():
                return Column(Kind.NULL, pl.lit(None), constant=(None,))
            case Reference():
                return self._reference(node.name)
            case Unary():
                return self._unary(node)
            case Chain():
                return self._chain(node)
            case Call():
                return self._call(node)
            case _:
                raise NotVectorisable

    def _unary(self, node: Unary) -> Column:
        operand = self.built[id(node.operand)]
        if node.sign == "NOT":
            if operand.kind is Kind.NULL:
                return constant(None, Kind.BOOLEAN)
            if operand.kind is not Kind.BOOLEAN:
                raise NotVectorisable
            return negation(operand)
        if operand.kind is Kind.NULL:
            return numbers.literal(None)
        if node.sign == "+":
            return numbers.of(operand.exact, (operand,))
        if operand.constant is not None and isinstance(operand.constant[0], Decimal):
            return numbers.literal(-operand.constant[0])
        return numbers.negated(operand)

    def _chain(self, node: Chain) -> Column:
        operands = [self.built[id(operand)] for operand in node.operands]
        if node.signs[0] in ("&&", "||"):
            return decided([_boolean(operand) for operand in operands], decisive=node.signs[0] == "||")
        left = operands[0]
        for sign, right in zip(node.signs, operands[1:], strict=True):
            left = self._folded(sign, left, right) or operated(self.scope, sign, left, right)
        return left

    def _folded(self, sign: str, left: Column, right: Column) -> Column | None:
        """Two constants joined once and for all."""
        if (
            left.constant is None
            or right.constant is None
            or left.trouble is not None
            or right.trouble is not None
        ):
            return None
        kind = Kind.BOOLEAN if sign in COMPARISONS else combined(sign, left.kind, right.kind)
        try:
            value = operation(sign, left.kind, right.kind)(left.constant[0], right.constant[0])
        except Failure as failure:
            return troubled(self.scope, kind or Kind.NULL, failure.reason, failure.failed)
        return constant(value, kind or Kind.NULL)

    # --- calls -------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Column:
        columns = [self.built[id(argument)] for argument in node.arguments]
        kind = self.checked.kinds.kind(node)
        if node.name in CHOICES:
            if node.name in ("AND", "OR"):
                columns = [_boolean(column) for column in columns]
            elif node.name in ("IF", "IFS"):
                columns[:-1:2] = [_boolean(column) for column in columns[:-1:2]]
            picked = CHOICES[node.name](self.scope, columns, kind)
            # Of an id and a text the choice is a text, whichever came first: the row form goes by what was inferred.
            return replace(picked, kind=kind) if picked.kind in TEXTUAL and kind in TEXTUAL else picked
        special = getattr(self, f"_call_{node.name.lower()}", None)
        if special is not None:
            return special(node)  # type: ignore[no-any-return]
        if SIGNATURES[node.name].family == "platform" and node.name != "CURRENCYRATE":
            return troubled(self.scope, kind or Kind.NULL, platform(node.name))
        return self._strict(node.name, columns, kind or Kind.NULL)

    def _strict(self, name: str, columns: list[Column], kind: Kind) -> Column:
        if name in STRICT and all(
            column.constant is not None and column.trouble is None for column in columns
        ):
            return self._constant_call(
                name, [column.constant[0] for column in columns if column.constant], kind
            )
        compute = _COMPUTE.get(name)
        if compute is None:
            raise NotVectorisable
        signature = SIGNATURES[name]
        typed = [_as_kind(column, signature.kinds_at(index)) for index, column in enumerate(columns)]
        return compute(self.scope, typed)

    def _constant_call(self, name: str, values: list[Value], kind: Kind) -> Column:
        try:
            checked_types(name, values)
            return constant(STRICT[name](*values), kind)
        except Failure as failure:
            return troubled(self.scope, kind, failure.reason, failure.failed)

    def _call_today(self, _node: Call) -> Column:
        today = self.scope.context.today()
        return troubled(self.scope, Kind.DATE, NO_CLOCK) if today is None else constant(today, Kind.DATE)

    def _call_now(self, _node: Call) -> Column:
        now = self.scope.context.now
        return troubled(self.scope, Kind.DATETIME, NO_CLOCK) if now is None else constant(now, Kind.DATETIME)

    def _call_isclone(self, _node: Call) -> Column:
        return constant(value=False, kind=Kind.BOOLEAN)

    def _call_text(self, node: Call) -> Column:
        column = self.built[id(node.arguments[0])]
        return constant(None, Kind.TEXT) if column.kind is Kind.NULL else written(column)

    def _call_datevalue(self, node: Call) -> Column:
        column = self.built[id(node.arguments[0])]
        return (
            constant(None, Kind.DATE)
            if column.kind is Kind.NULL
            else DATES["DATEVALUE"](self.scope, [column])
        )

    def _call_isnew(self, _node: Call) -> Column:
        return self.record.is_new()

    def _call_priorvalue(self, node: Call) -> Column:
        return self.record.prior_value(node, self.built[id(node.arguments[0])])

    def _call_ischanged(self, node: Call) -> Column:
        return self.record.changed(node, self.built[id(node.arguments[0])])

    # --- names -------------------------------------------------------------------------------------------------

    def _reference(self, name: str) -> Column:
        field = self.checked.schema.find(name) or Field(Kind.TEXT)
        if name.casefold() == "$system.origindatetime":
            return constant(globals_.ORIGIN, Kind.DATETIME)
        if globals_.is_global(name):
            held = global_value(self.scope.context, name)
            if is_absent(held):
                return troubled(self.scope, field.kind, unknown_global(name))
            if self.counted and isinstance(held, str):
                _narrow(held)
            return global_column(self.scope, held, field)
        if field.formula is not None:
            return self._formula_field(name, field)
        stored = self.checked.schema.spelled(globals_.stored_name(name))
        column = self.record.held(stored)
        if column is None:
            return troubled(self.scope, field.kind, absent(stored))
        return read_column(self.scope, column, field)

    def _formula_field(self, name: str, field: Field) -> Column:
        if field.formula is None:
            raise NotVectorisable
        inner = check(field.formula, self.checked.schema)
        if any(problem.code in BLOCKING for problem in inner.problems):
            return troubled(self.scope, field.kind, f"the formula field {name} does not compile")
        before, self.scope.blanks = self.scope.blanks, field.blanks
        try:
            column = _Builder(inner, self.scope, self.nesting + 1, counted=self.counted).build()
        finally:
            self.scope.blanks = before
        if field.kind is Kind.BOOLEAN:
            return Column(
                Kind.BOOLEAN,
                _boolean(column).value.fill_null(value=False),
                column.trouble,
                size=column.size + 1,
            )
        if field.kind is Kind.NUMBER and self.scope.blanks == "zero":
            number = column.exact
            filled = Whole(number.numerator.fill_null(0), number.denominator, number.digits, number.rounding)
            return Column(Kind.NUMBER, filled.numerator, column.trouble, filled, size=column.size + 1)
        if column.kind is not field.kind:
            raise NotVectorisable
        return column


def _narrow(text: str) -> None:
    """Raises ``NotVectorisable`` for a text with characters that are two units to Java."""
    if units(text) != text:
        raise NotVectorisable


def _boolean(column: Column) -> Column:
    if column.kind is Kind.NULL:
        return constant(None, Kind.BOOLEAN)
    if column.kind is not Kind.BOOLEAN:
        raise NotVectorisable
    return column


def _as_kind(column: Column, kinds: frozenset[Kind]) -> Column:
    """A null literal as the kind that a parameter takes; anything else must be of a kind that it takes."""
    if column.kind is Kind.NULL:
        wanted = (
            Kind.TEXT if Kind.TEXT in kinds else Kind.NUMBER if Kind.NUMBER in kinds else next(iter(kinds))
        )
        return constant(None, wanted)
    if column.kind not in kinds:
        raise NotVectorisable
    return column
