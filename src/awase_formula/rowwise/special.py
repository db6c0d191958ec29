"""Functions that choose what they compute, or that look at the record, its past, the clock or the context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal

from awase_formula.checking import Checked
from awase_formula.kinds import TEXTUAL, Kind
from awase_formula.rowwise.building import (
    NEEDS_OPERATION,
    NEEDS_PRIOR,
    Builder,
    Moment,
    Thunk,
    decided,
    strict,
    truth_of,
    typed,
)
from awase_formula.rowwise.dates import NO_CLOCK, date_value, written
from awase_formula.rowwise.operators import WRONG_TYPE, operation
from awase_formula.rowwise.text import id15
from awase_formula.tree import Call, Node, Reference
from awase_formula.values import Failure, Result, Trouble, Value, plain, read

NEEDS_LOOKUP = "the records that VLOOKUP searches are not given"
NEEDS_RATE = "the exchange rate is not given"


def platform(name: str) -> str:
    """Why a function of the platform is unknown."""
    return f"{name} is known to the platform only"


def _if(builder: Builder, node: Call) -> Thunk:
    """IF and IFS: conditions and results in turn, then what is left; null is FALSE."""
    logical = builder.kind(node) is Kind.BOOLEAN
    *thunks, rest = map(builder.thunk, node.arguments)
    for condition, result in zip(reversed(thunks[::2]), reversed(thunks[1::2]), strict=True):
        rest = _chosen(condition, result, rest, logical)
    return rest


def _chosen(condition: Thunk, result: Thunk, rest: Thunk, logical: bool) -> Thunk:
    """``result`` or ``rest``. A condition that is not known leaves nothing open where both give the same truth."""

    def compute(moment: Moment) -> Result:
        held = truth_of(condition(moment))
        if not isinstance(held, Trouble):
            return result(moment) if held else rest(moment)
        if held.failed or not logical:
            return held
        value, other = truth_of(result(moment)), truth_of(rest(moment))
        return held if isinstance(value, Trouble) or value != other else value

    return compute


def _case(builder: Builder, node: Call) -> Thunk:
    """CASE computes all its arguments, so that one that fails fails the whole."""
    kind = builder.kind(node.arguments[0])
    kinds = [builder.kind(argument) for argument in node.arguments[1:-1:2]]
    same = [operation("=", kind, other) for other in kinds]

    def compute(value: Value, *rest: Value) -> Value:
        for compare, wanted, result in zip(same, rest[:-1:2], rest[1:-1:2], strict=True):
            if compare(value, wanted):
                return result
        return rest[-1]

    return strict(compute, tuple(map(builder.thunk, node.arguments)))


def _in(builder: Builder, node: Call) -> Thunk:
    kind = builder.kind(node.arguments[0])
    same = [operation("=", kind, builder.kind(argument)) for argument in node.arguments[1:]]

    def compute(value: Value, *wanted: Value) -> Value:
        if value is None:
            return False
        return any(bool(compare(value, one)) for compare, one in zip(same, wanted, strict=True))

    return strict(compute, tuple(map(builder.thunk, node.arguments)))


def never_null(checked: Checked, node: Node) -> bool:
    """Whether ISNULL and NULLVALUE see no null in it: text has none; a multi-select picklist has."""
    return checked.kinds.kind(node) in TEXTUAL - {Kind.MULTIPICKLIST, Kind.PICKLIST}


def _blankvalue(builder: Builder, node: Call) -> Thunk:
    first, second = map(builder.thunk, node.arguments)

    def compute(moment: Moment) -> Result:
        value = first(moment)
        return second(moment) if value is None else value

    return compute


def _nullvalue(builder: Builder, node: Call) -> Thunk:
    text = any(never_null(builder.checked, argument) for argument in node.arguments)
    thunks = tuple(map(builder.thunk, node.arguments))
    return strict(lambda value, other: other if value is None and not text else value, thunks)


def _isblank(builder: Builder, node: Call) -> Thunk:
    return strict(lambda value: value is None, (builder.thunk(node.arguments[0]),))


def _isnull(builder: Builder, node: Call) -> Thunk:
    text = never_null(builder.checked, node.arguments[0])
    return strict(lambda value: value is None and not text, (builder.thunk(node.arguments[0]),))


def _iferror(builder: Builder, node: Call) -> Thunk:
    first, second = map(builder.thunk, node.arguments)

    def compute(moment: Moment) -> Result:
        value = first(moment)
        return second(moment) if isinstance(value, Trouble) and value.failed else value

    return compute


def _isnew(_builder: Builder, _node: Call) -> Thunk:
    return lambda moment: Trouble(NEEDS_OPERATION) if moment.row.is_new is None else moment.row.is_new


def _priorvalue(builder: Builder, node: Call) -> Thunk:
    argument = node.arguments[0]
    return builder.prior(argument.name) if isinstance(argument, Reference) else builder.thunk(argument)


def _ischanged(builder: Builder, node: Call) -> Thunk:
    now, before = builder.thunk(node.arguments[0]), _priorvalue(builder, node)
    written_once = _short if builder.kind(node.arguments[0]) is Kind.ID else _unix_lines

    def compute(moment: Moment) -> Result:
        if moment.row.is_new:
            return False
        if moment.row.is_new is None:
            return Trouble(NEEDS_OPERATION)
        if moment.row.prior is None:
            return Trouble(NEEDS_PRIOR)
        new, old = now(moment), before(moment)
        if isinstance(old, Trouble) or isinstance(new, Trouble):
            return new if isinstance(new, Trouble) else old
        return written_once(new) != written_once(old)

    return compute


def _unix_lines(value: Value) -> Value:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _short(value: Value) -> Value:
    return id15(value) if isinstance(value, str) else value


def _text(builder: Builder, node: Call) -> Thunk:
    def compute(value: Value) -> Value:
        if isinstance(value, Decimal):
            return plain(value)
        if isinstance(value, (date, time)):
            return written(value)
        if isinstance(value, str | None):
            return value
        raise Failure(WRONG_TYPE, failed=False)

    return strict(compute, (builder.thunk(node.arguments[0]),))


def _datevalue(builder: Builder, node: Call) -> Thunk:
    argument = builder.thunk(node.arguments[0])

    def compute(moment: Moment) -> Result:
        return typed("DATEVALUE", lambda value: date_value(moment.context, value), (argument,))(moment)

    return compute


def _today(_builder: Builder, _node: Call) -> Thunk:
    return lambda moment: moment.context.today() or Trouble(NO_CLOCK)


def _now(_builder: Builder, _node: Call) -> Thunk:
    return lambda moment: moment.context.now or Trouble(NO_CLOCK)


def _timenow(_builder: Builder, _node: Call) -> Thunk:
    def compute(moment: Moment) -> Result:
        now = moment.context.now
        if now is None:
            return Trouble(NO_CLOCK)
        local = now.astimezone(moment.context.zone)
        return local.time().replace(microsecond=local.microsecond // 1000 * 1000)

    return compute


def vlookup_names(node: Call) -> tuple[str, str]:
    """The object that a VLOOKUP searches and the field it gives, from ``$ObjectType.Object.Fields.Field`` or ``Object.Field``."""
    argument = node.arguments[0]
    parts = argument.name.split(".") if isinstance(argument, Reference) else ["?"]
    return (parts[1] if parts[0].casefold() == "$objecttype" and len(parts) > 1 else parts[0]), parts[-1]


def _vlookup(builder: Builder, node: Call) -> Thunk:
    object_, wanted = vlookup_names(node)
    key = builder.thunk(node.arguments[2])
    argument = node.arguments[0]
    field = builder.field(argument.name) if isinstance(argument, Reference) else None

    def compute(moment: Moment) -> Result:
        name = key(moment)
        if isinstance(name, Trouble):
            return name
        records = moment.context.lookups.get(object_)
        if records is None:
            return Trouble(NEEDS_LOOKUP)
        found = records.get(str(name), {}) if name is not None else {}
        try:
            return read(found.get(wanted), field, "null") if field else None
        except Failure as failure:
            return Trouble(failure.reason, failure.failed)

    return compute


def _currencyrate(builder: Builder, node: Call) -> Thunk:
    code = builder.thunk(node.arguments[0])

    def compute(moment: Moment) -> Result:
        value = code(moment)
        if isinstance(value, Trouble):
            return value
        rate = moment.context.rates.get(str(value))
        return Trouble(NEEDS_RATE) if rate is None else rate

    return compute


def _platform(_builder: Builder, node: Call) -> Thunk:
    trouble = Trouble(platform(node.name))
    return lambda _: trouble


SPECIAL: Mapping[str, Callable[[Builder, Call], Thunk]] = {
    "AND": lambda builder, node: decided(tuple(map(builder.thunk, node.arguments)), False),
    "OR": lambda builder, node: decided(tuple(map(builder.thunk, node.arguments)), True),
    "IF": _if,
    "IFS": _if,
    "CASE": _case,
    "IN": _in,
    "BLANKVALUE": _blankvalue,
    "NULLVALUE": _nullvalue,
    "ISBLANK": _isblank,
    "ISNULL": _isnull,
    "IFERROR": _iferror,
    "ISNEW": _isnew,
    "ISCLONE": lambda _builder, _node: lambda _moment: False,
    "ISCHANGED": _ischanged,
    "PRIORVALUE": _priorvalue,
    "TEXT": _text,
    "DATEVALUE": _datevalue,
    "TODAY": _today,
    "NOW": _now,
    "TIMENOW": _timenow,
    "VLOOKUP": _vlookup,
    "CURRENCYRATE": _currencyrate,
    **dict.fromkeys(
        (
            "GETRECORDIDS",
            "GETSESSIONID",
            "IMAGEPROXYURL",
            "INCLUDE",
            "JUNCTIONIDLIST",
            "LINKTO",
            "PREDICT",
            "REQUIRESCRIPT",
            "URLFOR",
        ),
        _platform,
    ),
}
