"""Values that a formula computes with, and the two things that can stand in a value's place.

Text is never empty: the empty text and null are one value, held as None. A checkbox is never None once it is read.
Numbers are ``Decimal`` with 39 digits, halves rounded away from zero, as Salesforce computes them (confirmed).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from decimal import Context as DecimalContext
from typing import TypeAlias

from awase_formula.kinds import TEXTUAL, Blanks, Field, Kind

MATH = DecimalContext(prec=39, rounding=ROUND_HALF_UP, Emin=-99999, Emax=99999)
"""Every sum, product and quotient is rounded to this."""


@dataclass(frozen=True, slots=True)
class Location:
    """A point on Earth, in degrees."""

    latitude: Decimal
    longitude: Decimal


Value: TypeAlias = str | Decimal | bool | date | datetime | time | Location | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands where a value cannot: ``failed`` is a runtime error, otherwise something needed was not given."""

    reason: str
    failed: bool = False


Result: TypeAlias = Value | Trouble


NO_NUMBER = "a number field holds no number"


class Failure(Exception):
    """Raised by a function on values it cannot compute with; becomes a ``Trouble`` at once. ``reason`` is a constant."""

    def __init__(self, reason: str, failed: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.failed = failed


@dataclass(frozen=True, slots=True)
class Context:
    """What is the same for every row of a batch.

    ``now``: the instant that NOW() gives, zone-aware; TODAY() is its date in ``zone``, the running user's.
    ``globals``: values by name as a formula writes them (``$Profile.Name``), whatever their case; ``families``: those
    of which every value is given (``$Permission``), so that a missing one is FALSE or null and not unknown.
    ``lookups``: what VLOOKUP finds: object → Name → field → value. ``rates``: CURRENCYRATE by ISO code.
    """

    now: datetime | None = None
    zone: tzinfo = UTC
    globals: Mapping[str, object] = field(default_factory=dict)
    families: frozenset[str] = frozenset()
    lookups: Mapping[str, Mapping[str, Mapping[str, object]]] = field(default_factory=dict)
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def today(self) -> date | None:
        """The date of ``now`` in the running user's zone."""
        return None if self.now is None else self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Row:
    """One record as a rule sees it.

    ``values``: by field name or path; what an update does not send must hold the stored value, a name that is
    absent is unknown. ``prior``: the record as stored before; ``is_new``: whether it is an insert. None: not known.
    """

    values: Mapping[str, object]
    prior: Mapping[str, object] | None = None
    is_new: bool | None = None


def plain(number: Decimal) -> str:
    """A number as TEXT writes it: plain digits, no trailing zeros."""
    if not number:
        return "0"
    return f"{number.normalize(MATH):f}"


def as_decimal(value: object) -> Decimal:
    """A number of any type as a Decimal; a float by its shortest decimal form. Raises ``Failure``."""
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        raise Failure(NO_NUMBER, failed=False) from None
    if not number.is_finite():
        raise Failure(NO_NUMBER, failed=False)
    return number


def rounded(number: Decimal, scale: int) -> Decimal:
    """Rounded half away from zero to ``scale`` decimals; unchanged where it has no more."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -scale:
        return number
    return number.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP, context=_WIDE)


_WIDE = DecimalContext(prec=200, rounding=ROUND_HALF_UP)
_TRUE = frozenset({"true", "1", "yes"})


def read(value: object, field: Field, blanks: Blanks) -> Value:
    """A row's value as a formula reads it from a field of this kind. Raises ``Failure`` where it is none."""
    if value is None or value == "":
        if field.kind is Kind.BOOLEAN:
            return False
        return Decimal(0) if field.kind is Kind.NUMBER and blanks == "zero" else None
    if field.kind is Kind.NUMBER:
        return _number(value, field)
    if field.kind is Kind.BOOLEAN:
        return value.casefold() in _TRUE if isinstance(value, str) else bool(value)
    if field.kind in TEXTUAL:
        return _text(value)
    return moment(value, field.kind)


def _number(value: object, field: Field) -> Decimal:
    number = as_decimal(value)
    if field.scale is not None:
        number = rounded(number, field.scale)
    return number.scaleb(-2, context=MATH) if field.percent else number


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, (tuple, list)):
        return ";".join(map(str, value)) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return plain(as_decimal(value))
    return str(value)


def moment(value: object, kind: Kind) -> Value:
    """A date, a datetime (in UTC; one without zone is taken as UTC), a time or a location."""
    match kind:
        case Kind.DATE:
            if isinstance(value, datetime):
                return value.date()
            if isinstance(value, str):
                return _parsed(date.fromisoformat, value[:10])
        case Kind.DATETIME:
            if isinstance(value, str):
                value = _parsed(datetime.fromisoformat, value)
            if isinstance(value, datetime):
                return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        case Kind.TIME:
            if isinstance(value, str):
                return _parsed(time.fromisoformat, value.rstrip("Z"))
        case _:
            pass
    return value  # type: ignore[return-value]


def _parsed(parse: object, text: str) -> Value:
    try:
        return parse(text)  # type: ignore[operator, no-any-return]
    except ValueError:
        raise Failure("a date or time field holds none", failed=False) from None


def milliseconds(value: time) -> int:
    """Milliseconds since midnight."""
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond // 1000


def time_of(value: int) -> time:
    """The time of day that many milliseconds after midnight."""
    seconds, rest = divmod(value, 1000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, rest * 1000)
