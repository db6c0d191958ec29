"""What each infix operator does to two values. Every case of null is written out; none is left to Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from awase_formula.kinds import TEXTUAL, Kind
from awase_formula.rowwise.dates import DAY_MS, instant_ms, plus_days, plus_milliseconds, plus_time
from awase_formula.rowwise.numbers import checked, divided, power
from awase_formula.rowwise.text import id15
from awase_formula.values import MATH, Failure, Value, milliseconds

Operation = Callable[[Value, Value], Value]
WRONG_TYPE = "a value is of another type than the formula takes it for"


def operation(sign: str, left: Kind | None, right: Kind | None) -> Operation:
    """The operation of a sign between two kinds. Text kinds treat null as the empty text."""
    if sign in ("=", "<>"):
        return _equality(sign, left, right)
    if sign in ("<", ">", "<=", ">="):
        return _order(sign, bool({left, right} & TEXTUAL))
    if sign == "&":
        return _concatenated
    if sign in ("+", "-"):
        return _concatenated if sign == "+" and {left, right} & TEXTUAL else _sum(sign)
    return _arithmetic(sign)


def _equality(sign: str, left: Kind | None, right: Kind | None) -> Operation:
    as_text = bool({left, right} & TEXTUAL)
    as_id = Kind.ID in (left, right)
    negated = sign == "<>"

    def compare(one: Value, other: Value) -> Value:
        if not as_text and (one is None or other is None):
            return None
        if as_id and isinstance(one, str | None) and isinstance(other, str | None):
            one, other = id15(one), id15(other)
        return (one == other) is not negated

    return compare


def _order(sign: str, as_text: bool) -> Operation:
    def compare(one: Value, other: Value) -> Value:
        if one is None or other is None:
            return False if as_text else None
        try:
            less, equal = one < other, one == other  # type: ignore[operator]
        except TypeError:
            raise Failure(WRONG_TYPE, failed=False) from None
        match sign:
            case "<":
                return bool(less)
            case "<=":
                return bool(less or equal)
            case ">":
                return not (less or equal)
            case _:
                return not less

    return compare


def _concatenated(one: Value, other: Value) -> Value:
    if not isinstance(one, str | None) or not isinstance(other, str | None):
        raise Failure(WRONG_TYPE, failed=False)
    return ((one or "") + (other or "")) or None


def _arithmetic(sign: str) -> Operation:
    compute = {"*": _times, "/": divided, "^": power}[sign]

    def operate(one: Value, other: Value) -> Value:
        if one is None or other is None:
            return None
        if not isinstance(one, Decimal) or not isinstance(other, Decimal):
            raise Failure(WRONG_TYPE, failed=False)
        return compute(one, other)

    return operate


def _times(one: Decimal, other: Decimal) -> Decimal:
    return checked(MATH.multiply, one, other)


def _sum(sign: str) -> Operation:
    adds = sign == "+"

    def operate(one: Value, other: Value) -> Value:
        if one is None or other is None:
            return None
        if isinstance(one, Decimal) and isinstance(other, Decimal):
            return checked(MATH.add if adds else MATH.subtract, one, other)
        if isinstance(other, Decimal):
            return _moved(one, other if adds else -other)
        if adds:
            if isinstance(one, Decimal):
                return _moved(other, one)
        elif type(one) is type(other):
            return _between(one, other)
        raise Failure(WRONG_TYPE, failed=False)

    return operate


def _moved(moment: Value, amount: Decimal) -> Value:
    match moment:
        case datetime():
            return plus_time(moment, amount)
        case date():
            return plus_days(moment, amount)
        case time():
            return plus_milliseconds(moment, int(max(min(amount, Decimal(10**15)), Decimal(-(10**15)))))
        case _:
            raise Failure(WRONG_TYPE, failed=False)


def _between(one: Value, other: Value) -> Value:
    match one, other:
        case datetime(), datetime():
            return MATH.divide(Decimal(instant_ms(one) - instant_ms(other)), Decimal(DAY_MS))
        case date(), date():
            return Decimal((one - other).days)
        case time(), time():
            return Decimal((milliseconds(one) - milliseconds(other)) % DAY_MS)
        case _:
            raise Failure(WRONG_TYPE, failed=False)
