"""Functions on numbers. Sums and quotients have 39 digits; what is computed by doubles on the platform is so here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_UP,
    Decimal,
    DecimalException,
)
from decimal import Context as DecimalContext

from awase_formula.values import MATH, Failure, Location, Value, rounded

OUT_OF_RANGE = "a number is out of range"
BY_ZERO = "a division by zero"
POWER = "a power has no whole exponent, or is too large"
LOCATION = "a location is not complete, or lies outside the Earth"
UNIT = "a distance is in mi or km"

_EXTERNAL_DIGITS = 33
_EXTERNAL = DecimalContext(prec=_EXTERNAL_DIGITS, rounding=ROUND_HALF_DOWN)
_POWER_DIGITS = 18
_LARGEST_POWER = 64
_SMALLEST_POWER = Decimal(1).scaleb(-39)
_EARTH = {"mi": 2 * 3958.761, "km": 2 * 6371.009}
"""Mean diameter; the miles are confirmed by the golden cases, the kilometres are the same radius."""


def _double(function: Callable[[float], float]) -> Callable[[Decimal | None], Decimal | None]:
    """A function that the platform computes in doubles; no number as result is a failure."""

    def compute(number: Decimal | None) -> Decimal | None:
        if number is None:
            return None
        return from_double(function, float(number))

    return compute


def from_double(function: Callable[..., float], *arguments: float) -> Decimal:
    """The result of a function on doubles as a Decimal of its shortest form."""
    try:
        result = function(*arguments)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise Failure(OUT_OF_RANGE) from None
    if not math.isfinite(result):
        raise Failure(OUT_OF_RANGE)
    return Decimal(repr(result))


def _whole(rounding: Callable[[Decimal], str]) -> Callable[[Decimal | None], Decimal | None]:
    """Rounding to a whole number, after the digits past the 33rd are cut so that 1/9*9 is 1."""

    def compute(number: Decimal | None) -> Decimal | None:
        if number is None:
            return None
        number = _EXTERNAL.plus(number)
        return number.to_integral_value(rounding=rounding(number))

    return compute


def divided(left: Decimal, right: Decimal) -> Decimal:
    """``left / right``. Raises ``Failure`` for a zero divisor."""
    if not right:
        raise Failure(BY_ZERO)
    return checked(MATH.divide, left, right)


def checked(operation: Callable[[Decimal, Decimal], Decimal], left: Decimal, right: Decimal) -> Decimal:
    """An operation of the 39-digit arithmetic; its signals become failures."""
    try:
        return operation(left, right)
    except DecimalException:
        raise Failure(OUT_OF_RANGE) from None


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """``base ^ exponent`` to 18 digits; the exponent must be whole, the result below 10^64."""
    if exponent != exponent.to_integral_value() or abs(exponent) > 999_999_999:
        raise Failure(POWER)
    whole = int(exponent)
    if not base:
        if whole < 0:
            raise Failure(POWER)
        return Decimal(1 if whole == 0 else 0)
    if base.copy_abs().log10(MATH) * whole > _LARGEST_POWER:
        raise Failure(POWER)
    digits = DecimalContext(
        prec=_POWER_DIGITS + len(str(abs(whole))) + 1, rounding=MATH.rounding, Emin=-99999999, Emax=99999
    )
    try:
        result = DecimalContext(prec=_POWER_DIGITS, rounding=MATH.rounding).plus(digits.power(base, whole))
    except DecimalException:
        raise Failure(POWER) from None
    return Decimal(0) if abs(result) < _SMALLEST_POWER else result


def round_(number: Decimal | None, places: Decimal | None) -> Decimal | None:
    """ROUND: halves away from zero; 0 where every digit is rounded away, as the platform has it (ROUND(60, -2) is 0)."""
    if number is None or places is None:
        return None
    scale = _places(places)
    digits = scale + 1 + (number.adjusted() if abs(number) >= 1 else 0)
    if digits <= 0:
        return Decimal(0)
    return _at(number, scale, MATH.rounding)


def trunc(number: Decimal | None, places: Decimal | None = Decimal(0)) -> Decimal | None:
    """TRUNC: toward zero."""
    if number is None or places is None:
        return None
    return _at(number, _places(places), ROUND_DOWN)


def _places(places: Decimal) -> int:
    return int(max(min(places, Decimal(2**31 - 1)), Decimal(-(2**31))))


def _at(number: Decimal, scale: int, rounding: str) -> Decimal:
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= scale or not number:
        return number
    if scale < -number.adjusted() - 2:
        return Decimal(0)
    wide = DecimalContext(prec=max(number.adjusted() + scale + 3, 3), rounding=rounding)
    return number.quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=wide) + 0


def mod(number: Decimal | None, divisor: Decimal | None) -> Decimal | None:
    """MOD: the remainder has the sign of the dividend.

    By zero the published engine fails (confirmed), while a third party saw an org give the number back: we say failure,
    which leaves a rule undecided rather than decided wrongly.
    """
    if number is None or divisor is None:
        return None
    if not divisor:
        raise Failure(BY_ZERO)
    return checked(MATH.remainder, number, divisor)


def _extreme(choose: Callable[[list[Decimal]], Decimal]) -> Callable[..., Decimal | None]:
    def compute(*numbers: Decimal | None) -> Decimal | None:
        given = [number for number in numbers if number is not None]
        return choose(given) if len(given) == len(numbers) else None

    return compute


def external(number: Decimal) -> Decimal:
    """A number as it leaves a formula: 33 digits, of which those after the point are at most 32 (confirmed)."""
    if abs(number) < 1:
        return rounded(number, _EXTERNAL_DIGITS - 1)
    return DecimalContext(prec=_EXTERNAL_DIGITS, rounding=MATH.rounding).plus(number)


def _atan2(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        raise Failure(OUT_OF_RANGE)  # unlike every other function, and confirmed by the golden cases
    return from_double(math.atan2, float(one), float(other))


def _geolocation(latitude: Decimal | None, longitude: Decimal | None) -> Location | None:
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        raise Failure(LOCATION)
    return Location(latitude, longitude)


def _distance(one: Location | None, other: Location | None, unit: str | None) -> Decimal | None:
    if unit not in _EARTH:
        raise Failure(UNIT)
    if one is None or other is None:
        return None
    latitudes = math.radians(float(one.latitude)), math.radians(float(other.latitude))
    across = math.radians(float(other.longitude)) - math.radians(float(one.longitude))
    chord = (
        math.sin((latitudes[1] - latitudes[0]) / 2) ** 2
        + math.cos(latitudes[0]) * math.cos(latitudes[1]) * math.sin(across / 2) ** 2
    )
    return from_double(lambda: _EARTH[unit] * math.asin(math.sqrt(chord)))


def _log10(number: float) -> float:
    return math.log(number) / math.log(10)


NUMBERS: Mapping[str, Callable[..., Value]] = {
    "ABS": lambda number: None if number is None else abs(number),
    "ACOS": _double(math.acos),
    "ASIN": _double(math.asin),
    "ATAN": _double(math.atan),
    "ATAN2": _atan2,
    "CEILING": _whole(lambda _: ROUND_UP),
    "COS": _double(math.cos),
    "DISTANCE": _distance,
    "EXP": _double(math.exp),
    "FLOOR": _whole(lambda _: ROUND_DOWN),
    "GEOLOCATION": _geolocation,
    "LN": _double(math.log),
    "LOG": _double(_log10),
    "MAX": _extreme(max),
    "MCEILING": _whole(lambda _: ROUND_CEILING),
    "MFLOOR": _whole(lambda _: ROUND_FLOOR),
    "MIN": _extreme(min),
    "MOD": mod,
    "PI": lambda: Decimal(repr(math.pi)),
    "ROUND": round_,
    "SIN": _double(math.sin),
    "SQRT": _double(math.sqrt),
    "TAN": _double(math.tan),
    "TRUNC": trunc,
}
