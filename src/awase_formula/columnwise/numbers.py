"""Numbers in columns: whole numbers over constant denominators, so that every comparison is exact."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import polars as pl

from awase_formula.columnwise.columns import (
    Column,
    NotVectorisable,
    Number,
    Scope,
    first_trouble,
    joined_size,
)
from awase_formula.kinds import Kind
from awase_formula.rowwise.numbers import BY_ZERO

_INT64_DIGITS = 18
_INT128_DIGITS = 38
_ROW_DIGITS = 39
_FUDGE_DIGITS = 33


def of(number: Number, columns: Sequence[Column], trouble: pl.Expr | None = None, copies: int = 1) -> Column:
    """A column with this number, which holds these columns so often; ``trouble`` beside theirs comes last."""
    before = first_trouble(columns)
    both = before if trouble is None else trouble if before is None else pl.coalesce(before, trouble)
    return Column(Kind.NUMBER, number.numerator, both, number, size=joined_size(columns, copies))


def literal(value: Decimal | int | None) -> Column:
    """A constant."""
    if value is None:
        null = pl.lit(None, dtype=pl.Int64)
        return Column(Kind.NUMBER, null, number=Number(null, 1, 1), constant=(None,))
    sign, digits, exponent = Decimal(value).as_tuple()
    if not isinstance(exponent, int):
        raise NotVectorisable
    written = "".join(map(str, digits))
    spare = min(max(-exponent, 0), len(written) - len(written.rstrip("0")))
    written, exponent = written[: len(written) - spare], exponent + spare
    if len(written) + max(exponent, 0) > _INT128_DIGITS or exponent < -_INT128_DIGITS:
        raise NotVectorisable
    whole = int(written or "0") * 10 ** max(exponent, 0)
    length = len(str(whole))
    expression = pl.lit(-whole if sign else whole, dtype=_width(length))
    return Column(
        Kind.NUMBER,
        expression,
        number=Number(expression, 10 ** max(-exponent, 0), length),
        constant=(Decimal(value),),
    )


def whole(expression: pl.Expr, digits: int, columns: Sequence[Column], copies: int = 1) -> Column:
    """A column of whole numbers."""
    return of(Number(expression.cast(_width(digits)), 1, digits), columns, copies=copies)


def _width(digits: int) -> type[pl.Int64] | type[pl.Int128]:
    if digits > _INT128_DIGITS:
        raise NotVectorisable
    return pl.Int64 if digits <= _INT64_DIGITS else pl.Int128


def _scaled(number: Number, denominator: int) -> Number:
    """The same number over a multiple of its denominator."""
    factor = denominator // number.denominator
    if factor == 1:
        return number
    digits = number.digits + len(str(factor))
    wide = (
        number.numerator if _width(number.digits) is _width(digits) else number.numerator.cast(_width(digits))
    )
    return Number(wide * pl.lit(factor, dtype=_width(digits)), denominator, digits, number.rounding)


def aligned(numbers: Sequence[Number], spare: int = 0) -> list[Number]:
    """Numbers over one denominator and of one width, with ``spare`` digits of room."""
    denominator = math.lcm(*(number.denominator for number in numbers))
    same = [_scaled(number, denominator) for number in numbers]
    digits = max(number.digits for number in same)
    width = _width(digits + spare)
    return [
        Number(
            number.numerator if _width(number.digits) is width else number.numerator.cast(width),
            denominator,
            digits,
            number.rounding,
        )
        for number in same
    ]


def _rounds(numbers: Sequence[Number], denominator: int, digits: int) -> int:
    """How often the row form has rounded in a result over this denominator."""
    before = sum(number.rounding for number in numbers)
    return min(2, before + 1 if before or not _ends(denominator, digits) else 0)


def _ends(denominator: int, digits: int) -> bool:
    """Whether every fraction over a denominator ends within the row form's digits."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return denominator == 1 and digits + max(twos, fives) <= _ROW_DIGITS


def combined(sign: str, left: Column, right: Column) -> Column:
    """``left sign right`` for + - and *, and for / by a constant."""
    one, other = left.exact, right.exact
    if sign == "*":
        return of(times(one, other), (left, right))
    if sign == "/":
        constant = right.constant[0] if right.constant else None
        if not isinstance(constant, Decimal) or not constant:
            raise NotVectorisable
        return of(divided(one, constant), (left, right))
    first, second = aligned((one, other), spare=1)
    result = first.numerator + second.numerator if sign == "+" else first.numerator - second.numerator
    digits = first.digits + 1
    rounds = min(2, 2 * (one.rounding + other.rounding)) or (0 if _ends(first.denominator, digits) else 1)
    return of(Number(result, first.denominator, digits, rounds), (left, right))


def times(one: Number, other: Number) -> Number:
    """The product."""
    digits = one.digits + other.digits
    width = _width(digits)
    product = one.numerator.cast(width) * other.numerator.cast(width)
    denominator = one.denominator * other.denominator
    return Number(product, denominator, digits, _rounds((one, other), denominator, digits))


def divided(one: Number, divisor: Decimal) -> Number:
    """The quotient by a constant that is not 0."""
    top, bottom = divisor.as_integer_ratio()
    factor = bottom if top > 0 else -bottom
    digits = one.digits + len(str(bottom))
    width = _width(digits)
    denominator = one.denominator * abs(top)
    numerator = one.numerator if factor == 1 else one.numerator.cast(width) * pl.lit(factor, dtype=width)
    return Number(numerator, denominator, digits, _rounds((one,), denominator, digits))


def compared(scope: Scope, sign: str, left: Column, right: Column) -> pl.Expr:
    """A comparison; null where either side is. Rows where rounding may decide are doubted."""
    first, second = aligned((left.exact, right.exact))
    a, b = first.numerator, second.numerator
    if max(first.rounding, second.rounding) > 1 or (first.rounding and second.rounding):
        scope.doubt((a == b).fill_null(value=False))
    return ordered(sign, a, b)


def ordered(sign: str, a: pl.Expr, b: pl.Expr) -> pl.Expr:
    """A comparison as Polars makes it: null where either side is."""
    return {"=": a == b, "<>": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]


def negated(column: Column) -> Column:
    """Minus the number."""
    number = column.exact
    return of(Number(minus(number.numerator), number.denominator, number.digits, number.rounding), (column,))


def minus(whole: pl.Expr) -> pl.Expr:
    """Minus a whole number; Polars has no sign change for 128 bits."""
    return pl.lit(0, dtype=pl.Int64) - whole


def integer(column: Column) -> pl.Expr:
    """The number cut to a whole one, as positions and counts are."""
    return _trunc(column.exact.numerator, column.exact.denominator).cast(pl.Int64, strict=False)


def _trunc(numerator: pl.Expr, denominator: int) -> pl.Expr:
    if denominator == 1:
        return numerator
    return pl.when(numerator < 0).then(_ceiling(numerator, denominator)).otherwise(numerator // denominator)


def _ceiling(numerator: pl.Expr, denominator: int) -> pl.Expr:
    return minus(minus(numerator) // denominator)


def half_away(numerator: pl.Expr, denominator: int) -> pl.Expr:
    """``numerator / denominator`` rounded to a whole number, halves away from zero."""
    if denominator == 1:
        return numerator
    size = (numerator.abs() * 2 + denominator) // (2 * denominator)
    return pl.when(numerator < 0).then(minus(size)).otherwise(size)


# --- functions -------------------------------------------------------------------------------------------------


def _whole_function(
    compute: Callable[[pl.Expr, int], pl.Expr],
) -> Callable[[Scope, Sequence[Column]], Column]:
    def compile_(_scope: Scope, columns: Sequence[Column]) -> Column:
        number = columns[0].exact
        if number.digits + len(str(number.denominator)) > _FUDGE_DIGITS:
            raise NotVectorisable
        numerator = number.numerator
        result = numerator if number.denominator == 1 else compute(numerator, number.denominator)
        return of(Number(result, 1, number.digits), columns, copies=3)

    return compile_


def _up(numerator: pl.Expr, denominator: int) -> pl.Expr:
    return pl.when(numerator < 0).then(numerator // denominator).otherwise(_ceiling(numerator, denominator))


def _places(columns: Sequence[Column]) -> int:
    if len(columns) < 2:
        return 0
    constant = columns[1].constant
    if constant is None or not isinstance(constant[0], Decimal) or not 0 <= constant[0] <= 18:
        raise NotVectorisable
    return int(constant[0])


def _round(scope: Scope, columns: Sequence[Column]) -> Column:
    number, places = columns[0].exact, 10 ** _places(columns)
    if number.denominator > 0 and places % number.denominator == 0 and not number.rounding:
        return of(number, columns)
    digits = number.digits + len(str(places)) + len(str(number.denominator)) + 1
    wide = number.numerator.cast(_width(digits)) * pl.lit(places, dtype=_width(digits))
    if number.rounding:
        scope.doubt((wide.abs() * 2 % number.denominator == 0).fill_null(value=False))
    return of(Number(half_away(wide, number.denominator), places, digits), columns, copies=3)


def _truncated(scope: Scope, columns: Sequence[Column]) -> Column:
    number, places = columns[0].exact, 10 ** _places(columns)
    if places % number.denominator == 0 and not number.rounding:
        return of(number, columns)
    digits = number.digits + len(str(places))
    wide = number.numerator.cast(_width(digits)) * pl.lit(places, dtype=_width(digits))
    if number.rounding:
        scope.doubt((wide % number.denominator == 0).fill_null(value=False))
    return of(Number(_trunc(wide, number.denominator), places, digits), columns, copies=3)


def _mod(scope: Scope, columns: Sequence[Column]) -> Column:
    first, second = aligned([column.exact for column in columns])
    if first.rounding or second.rounding:
        raise NotVectorisable
    divisor = second.numerator
    safe = pl.when(divisor != 0).then(divisor.abs())
    size = first.numerator.abs() % safe
    result = pl.when(first.numerator < 0).then(minus(size)).otherwise(size)
    both = first.numerator.is_not_null()
    failed = pl.when(both & (divisor == 0)).then(scope.trouble(BY_ZERO, failed=True))
    constant = columns[1].constant
    trouble = None if constant is not None and constant[0] else failed
    return of(Number(result, first.denominator, first.digits), columns, trouble, copies=4)


def _abs(_scope: Scope, columns: Sequence[Column]) -> Column:
    number = columns[0].exact
    return of(Number(number.numerator.abs(), number.denominator, number.digits, number.rounding), columns)


def _extreme(choose: Callable[..., pl.Expr]) -> Callable[[Scope, Sequence[Column]], Column]:
    def compile_(_scope: Scope, columns: Sequence[Column]) -> Column:
        numbers = aligned([column.exact for column in columns])
        numerators = [number.numerator for number in numbers]
        given = pl.all_horizontal([numerator.is_not_null() for numerator in numerators])
        digits = max(number.digits for number in numbers)
        rounding = max(number.rounding for number in numbers)
        if rounding:
            raise NotVectorisable
        return of(
            Number(pl.when(given).then(choose(*numerators)), numbers[0].denominator, digits),
            columns,
            copies=2,
        )

    return compile_


NUMBERS: Mapping[str, Callable[[Scope, Sequence[Column]], Column]] = {
    "ABS": _abs,
    "CEILING": _whole_function(_up),
    "FLOOR": _whole_function(_trunc),
    "MAX": _extreme(pl.max_horizontal),
    "MCEILING": _whole_function(_ceiling),
    "MFLOOR": _whole_function(lambda numerator, denominator: numerator // denominator),
    "MIN": _extreme(pl.min_horizontal),
    "MOD": _mod,
    "ROUND": _round,
    "TRUNC": _truncated,
}
