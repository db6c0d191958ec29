"""A checked formula as a function of one row, built from the leaves up; running it is as deep as the formula is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

from awase_formula import globals as globals_
from awase_formula.checking import BLOCKING, Checked, check
from awase_formula.kinds import TEXTUAL, Blanks, Field, Kind
from awase_formula.rowwise.dates import DATES
from awase_formula.rowwise.markup import MARKUP
from awase_formula.rowwise.numbers import NUMBERS
from awase_formula.rowwise.operators import WRONG_TYPE, operation
from awase_formula.rowwise.text import TEXTS
from awase_formula.signatures import SIGNATURES
from awase_formula.tree import Call, Chain, Node, Null, Number, Reference, Text, Truth, Unary
from awase_formula.values import Context, Failure, Location, Result, Row, Trouble, Value, read

Thunk = Callable[["Moment"], Result]
STRICT: Mapping[str, Callable[..., Value]] = {**NUMBERS, **TEXTS, **DATES, **MARKUP}
"""Functions that compute all their arguments and take plain values."""

_ABSENT = object()
_FRAMES_A_LEVEL = 4
_FRAMES_BESIDE = 400


@dataclass(slots=True)
class Moment:
    """One row while it is computed."""

    row: Row
    context: Context
    blanks: Blanks
    _folded: dict[int, dict[str, object]] = field(default_factory=dict)

    def held(self, values: Mapping[str, object], name: str) -> object:
        """The value under a name, whatever its case; ``_ABSENT`` where there is none."""
        if name in values:
            return values[name]
        folded = self._folded.get(id(values))
        if folded is None:
            folded = {key.casefold(): value for key, value in values.items()}
            self._folded[id(values)] = folded
        return folded.get(name.casefold(), _ABSENT)


class Builder:
    """Builds thunks for one formula; ``special`` adds the functions that look at more than values."""

    def __init__(self, checked: Checked, nesting: int = 0) -> None:
        self.checked = checked
        self.nesting = nesting
        self.built: dict[int, Thunk] = {}

    def build(self) -> Thunk:
        from awase_formula.rowwise.special import SPECIAL

        for node in self.checked.kinds.order:
            self.built[id(node)] = self._thunk(node, SPECIAL)
        return self.built[id(self.checked.formula.root)]

    def thunk(self, node: Node) -> Thunk:
        """The thunk of a node that was built before its parent."""
        return self.built[id(node)]

    def kind(self, node: Node) -> Kind | None:
        return self.checked.kinds.kind(node)

    def field(self, name: str) -> Field:
        return self.checked.schema.find(name) or Field(Kind.TEXT)

    def _thunk(self, node: Node, special: Mapping[str, Callable[[Builder, Call], Thunk]]) -> Thunk:
        match node:
            case Text():
                return _constant(node.value or None)
            case Number() | Truth():
                return _constant(node.value)
            case Null():
                return _constant(None)
            case Reference():
                return self.reference(node.name)
            case Unary():
                return _negation(self.thunk(node.operand)) if node.sign == "NOT" else self._signed(node)
            case Chain():
                return self._chain(node)
            case Call():
                if node.name in special:
                    return special[node.name](self, node)
                return typed(node.name, STRICT[node.name], tuple(map(self.thunk, node.arguments)))
            case _:
                return _constant(Trouble("parameters of a link are not computed"))

    def _signed(self, node: Unary) -> Thunk:
        negative = node.sign == "-"

        def compute(number: Value) -> Value:
            if number is not None and not isinstance(number, Decimal):
                raise Failure(WRONG_TYPE, failed=False)
            return -number if negative and number is not None else number

        return strict(compute, (self.thunk(node.operand),))

    def _chain(self, node: Chain) -> Thunk:
        if node.signs[0] in ("&&", "||"):
            return decided(tuple(map(self.thunk, node.operands)), node.signs[0] == "||")
        from awase_formula.inference import combined

        kind = self.kind(node.operands[0])
        steps = []
        for sign, operand in zip(node.signs, node.operands[1:], strict=True):
            right = self.kind(operand)
            steps.append((operation(sign, kind, right), self.thunk(operand)))
            kind = Kind.BOOLEAN if sign in ("=", "<>", "<", ">", "<=", ">=") else combined(sign, kind, right)
        return _folded(self.thunk(node.operands[0]), tuple(steps))

    # --- names -------------------------------------------------------------------------------------------------

    def reference(self, name: str) -> Thunk:
        """The value of a field, a parent's field or a global."""
        field = self.field(name)
        if name.casefold() == "$system.origindatetime":
            return _constant(globals_.ORIGIN)
        if globals_.is_global(name):
            return _global(name, field)
        if field.formula is not None:
            return self._formula_field(name, field)
        stored = self.checked.schema.spelled(globals_.stored_name(name))
        reason = absent(stored)

        def value(moment: Moment) -> Result:
            held = moment.held(moment.row.values, stored)
            return Trouble(reason) if held is _ABSENT else _read(held, field, moment.blanks)

        return value

    def _formula_field(self, name: str, field: Field) -> Thunk:
        if self.nesting >= 10 or field.formula is None:
            return _constant(Trouble(f"the formula field {name} refers too deep"))
        inner = check(field.formula, self.checked.schema)
        if any(problem.code in BLOCKING for problem in inner.problems):
            return _constant(Trouble(f"the formula field {name} does not compile"))
        computed = Builder(inner, self.nesting + 1).build()

        def value(moment: Moment) -> Result:
            result = computed(Moment(moment.row, moment.context, field.blanks))
            if isinstance(result, Trouble) or result is not None:
                return result
            return _read(None, field, moment.blanks)

        return value

    def prior(self, name: str) -> Thunk:
        """The stored value before the save; on an insert the new value, as the documentation has it."""
        field = self.field(name)
        now = self.reference(name)
        stored = self.checked.schema.spelled(globals_.stored_name(name))

        def value(moment: Moment) -> Result:
            if moment.row.is_new:
                return now(moment)
            if moment.row.is_new is None or moment.row.prior is None:
                return Trouble(NEEDS_PRIOR)
            held = moment.held(moment.row.prior, stored)
            return Trouble(NEEDS_PRIOR) if held is _ABSENT else _read(held, field, moment.blanks)

        return value


NEEDS_PRIOR = "the record's values before the save are not given"
NEEDS_OPERATION = "it is not known whether the record is new"


def absent(name: str) -> str:
    """Why a name that a row does not hold is unknown."""
    if "." in name:
        return f"the parent record's {name} is not given"
    return f"the value of {name} is not given"


def _read(value: object, field: Field, blanks: Blanks) -> Result:
    try:
        return read(value, field, blanks)
    except Failure as failure:
        return Trouble(failure.reason, failure.failed)


def unknown_global(name: str) -> str:
    """Why a global is unknown."""
    return f"the value of {name} is not given"


def _global(name: str, field: Field) -> Thunk:
    def value(moment: Moment) -> Result:
        held = global_value(moment.context, name)
        if held is _ABSENT:
            return Trouble(unknown_global(name))
        return _read(held, field, moment.blanks)

    return value


def global_value(context: Context, name: str) -> object:
    """What a context holds under a global's name; None where its whole family is given without it."""
    folded = name.casefold()
    for given, value in context.globals.items():
        if given.casefold() == folded:
            return value
    family = globals_.family(name).casefold()
    return None if any(known.casefold() == family for known in context.families) else _ABSENT


def is_absent(value: object) -> bool:
    """Whether ``global_value`` found nothing."""
    return value is _ABSENT


# --- how thunks are joined -------------------------------------------------------------------------------------


def _constant(value: Result) -> Thunk:
    return lambda _: value


def strict(function: Callable[..., Value], arguments: tuple[Thunk, ...]) -> Thunk:
    """Compute every argument, left to right; the first trouble is the result."""

    def compute(moment: Moment) -> Result:
        values = []
        for argument in arguments:
            value = argument(moment)
            if isinstance(value, Trouble):
                return value
            values.append(value)
        try:
            return function(*values)
        except Failure as failure:
            return Trouble(failure.reason, failure.failed)

    return compute


_HELD: Mapping[Kind, type] = {
    **dict.fromkeys(TEXTUAL, str),
    Kind.NUMBER: Decimal,
    Kind.BOOLEAN: bool,
    Kind.DATE: date,
    Kind.DATETIME: datetime,
    Kind.TIME: time,
    Kind.LOCATION: Location,
}


def held_types(name: str, count: int) -> list[frozenset[type]]:
    """The Python types that each argument of a function may have."""
    signature = SIGNATURES[name]
    return [frozenset(_HELD[kind] for kind in signature.kinds_at(at) if kind in _HELD) for at in range(count)]


def checked_types(name: str, values: Sequence[Value]) -> None:
    """Raise ``Failure`` where a value is of a type that the function does not take: nobody checked the formula."""
    for value, types in zip(values, held_types(name, len(values)), strict=True):
        if value is not None and type(value) not in types:
            raise Failure(WRONG_TYPE, failed=False)


def typed(name: str, function: Callable[..., Value], arguments: tuple[Thunk, ...]) -> Thunk:
    """A strict function that is given values of its own types only."""
    types = held_types(name, len(arguments))

    def compute(*values: Value) -> Value:
        for value, allowed in zip(values, types, strict=True):
            if value is not None and type(value) not in allowed:
                raise Failure(WRONG_TYPE, failed=False)
        return function(*values)

    return strict(compute, arguments)


def truth_of(value: Result) -> Result:
    """A condition's value: what is neither TRUE, FALSE nor null is trouble."""
    if value is None or isinstance(value, (bool, Trouble)):
        return value
    return Trouble(WRONG_TYPE)


def _folded(first: Thunk, steps: tuple[tuple[Callable[[Value, Value], Value], Thunk], ...]) -> Thunk:
    def compute(moment: Moment) -> Result:
        value = first(moment)
        for operate, operand in steps:
            if isinstance(value, Trouble):
                return value
            right = operand(moment)
            if isinstance(right, Trouble):
                return right
            try:
                value = operate(value, right)
            except Failure as failure:
                return Trouble(failure.reason, failure.failed)
        return value

    return compute


def decided(terms: tuple[Thunk, ...], decisive: bool) -> Thunk:
    """AND (``decisive`` False) and OR (True): null is FALSE, and the first term that decides ends it.

    A term that is not known leaves it open whether a later one decides; one that failed has failed the whole,
    unless an unknown one before it might have ended it first.
    """

    def compute(moment: Moment) -> Result:
        open_: Trouble | None = None
        for term in terms:
            value = truth_of(term(moment))
            if isinstance(value, Trouble):
                if value.failed:
                    return open_ or value
                open_ = open_ or value
            elif bool(value) is decisive:
                return decisive
        return open_ if open_ is not None else not decisive

    return compute


def _negation(operand: Thunk) -> Thunk:
    def compute(moment: Moment) -> Result:
        value = truth_of(operand(moment))
        return value if value is None or isinstance(value, Trouble) else not value

    return compute


def run(thunk: Thunk, depth: int, row: Row, context: Context, blanks: Blanks) -> Result:
    """Run a thunk with room for a formula of this depth."""
    needed = depth * _FRAMES_A_LEVEL + _FRAMES_BESIDE
    if depth > 50 and sys.getrecursionlimit() < needed + 600:
        sys.setrecursionlimit(needed + 600)
    return thunk(Moment(row, context, blanks))
