"""Canonical values: what both systems' values become before anything compares them.

A value is text, a boolean, a whole number, a decimal, a date, a UTC date-time, a tuple of texts (a multi-select), or
``None``, which means *empty*. A field that was not asked for is *absent* from the mapping or frame; a *clear* is an
explicit ``None`` in an operation. Empty text and an empty multi-select are empty.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
import polars as pl

Value: TypeAlias = str | bool | int | Decimal | date | datetime | tuple[str, ...] | None
Values: TypeAlias = Mapping[str, Value]

LONG_TEXT = 4_000
"""In the base only, longer texts are kept as a digest and their length."""

_STAND_IN = "\x00long:"
"""Begins what the base keeps of a long text; no vendor stores this character."""

WHOLE_DIGITS = 28
"""A decimal column has room for 38 digits, ten of them after the point."""

INTEGERS = range(-(2**63), 2**63)

_EXACT = Context(prec=64)
"""Wide enough for every decimal of a column: the usual 28 digits would round the longest ones."""


class Kind(StrEnum):
    """The canonical type of a field."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    TEXTS = "texts"


DTYPES: Mapping[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.INTEGER: pl.Int64(),
    Kind.DECIMAL: pl.Decimal(38, 10),
    Kind.DATE: pl.Date(),
    Kind.DATETIME: pl.Datetime("us", "UTC"),
    Kind.TEXTS: pl.List(pl.String()),
}
"""The column type of each kind in every frame that crosses a function."""


def canonical(value: object, kind: Kind) -> Value:
    """``value`` (as a vendor or a person wrote it) as the canonical value of ``kind``.

    Raises ``ValueError`` with the offending text when it is not one, or too large for a column; nothing is guessed.
    """
    if value is None or value == "":
        return None
    match kind:
        case Kind.TEXT:
            return str(value)
        case Kind.BOOLEAN:
            return _boolean(value)
        case Kind.INTEGER:
            return _integer(value)
        case Kind.DECIMAL:
            return _decimal(value)
        case Kind.DATE:
            return _date(value)
        case Kind.DATETIME:
            return _datetime(value)
        case Kind.TEXTS:
            parts = value.split(";") if isinstance(value, str) else list(value)  # type: ignore[call-overload]
            return tuple(sorted({p.strip() for p in parts if p and p.strip()})) or None


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("true", "false"):
        return text == "true"
    raise ValueError(f"not true or false: {value!r}")


def _integer(value: object) -> int:
    number = _decimal(value)
    if number != number.to_integral_value():
        raise ValueError(f"not a whole number: {value!r}")
    if int(number) not in INTEGERS:
        raise ValueError(f"too large: {value!r}")
    return int(number)


def _decimal(value: object) -> Decimal:
    text = str(value).strip()
    # Python would also take full-width digits and 1_000 for numbers; no vendor does.
    if not text.isascii() or "_" in text:
        raise ValueError(f"not a number: {value!r}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a number: {value!r}") from None
    if not number.is_finite():
        raise ValueError(f"not a number: {value!r}")
    if number.adjusted() >= WHOLE_DIGITS:
        raise ValueError(f"too large: {value!r}")
    return _shortest(number)


def _shortest(number: Decimal) -> Decimal:
    """The same number without trailing zeros, exponent or negative zero."""
    return _EXACT.add(number.normalize(_EXACT), Decimal(0))


def _date(value: object) -> date:
    if isinstance(value, datetime):
        raise TypeError("a date-time needs the sync's zone to become a date")
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError(f"not a date: {value!r}") from None


def _datetime(value: object) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError(f"not a moment: {value!r}") from None
    if moment.tzinfo is None:
        raise ValueError(f"no time zone: {value!r}")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"no moment of the calendar: {value!r}") from None


def as_text(value: Value) -> str | None:
    """A value as stable text, for comparing, hashing and showing; None stays None."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return format(_shortest(value), "f")
        case tuple():
            return ";".join(value)
        case _:
            return str(value)


def match_key(text: str | None) -> str | None:
    """Text folded for matching only (never for comparing or storing): NFKC, case and outer blanks gone."""
    if text is None:
        return None
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    return folded or None


def domain_key(text: str | None) -> str | None:
    """The host in a web address or e-mail address, folded, without ``www.``."""
    folded = match_key(text)
    if folded is None:
        return None
    host = _HOST.sub("", folded)
    return (
        re.split(r"[/?#:\s]", host, maxsplit=1)[0].rpartition("@")[2].removeprefix("www.").strip(".") or None
    )


def company_key(text: str | None) -> str | None:
    """A company's name, folded, without its legal form, blanks and punctuation."""
    folded = match_key(text)
    if folded is None:
        return None
    bare = re.sub(r"[\W_]+", "", _LEGAL_FORMS.sub(" ", folded))
    return bare or folded


_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://")
_LEGAL_FORMS = re.compile(
    r"(株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|一般財団法人|\((株|有|同|社|財)\)"
    r"|\b(co|inc|ltd|llc|corp|corporation|company|limited|kk|gmbh|ag|sa|plc)\b\.?)"
)
"""After NFKC, so that ㈱ is already (株)."""


def hash64(data: bytes) -> int:
    """Our own stable signed 64-bit hash; the same on every machine and in every release."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)


# --- packing: how a row of values is kept in the base and the journal --------------------------------------------

_DECIMAL, _DATE, _DATETIME = 1, 2, 3


def _packable(value: Value) -> object:
    if type(value) is str:  # most are
        return value if len(value) <= LONG_TEXT else stand_in(value)
    match value:
        case Decimal():
            return msgspec.msgpack.Ext(_DECIMAL, str(as_text(value)).encode())
        case datetime():
            return msgspec.msgpack.Ext(_DATETIME, value.astimezone(UTC).isoformat().encode())
        case date():
            return msgspec.msgpack.Ext(_DATE, value.isoformat().encode())
        case tuple():
            return list(value)
        case _:
            return stand_in(value)


def _from_ext(code: int, data: memoryview) -> object:
    text = bytes(data).decode()
    match code:
        case 1:
            return Decimal(text)
        case 2:
            return date.fromisoformat(text)
        case 3:
            return datetime.fromisoformat(text)
        case _:
            raise ValueError(f"unknown packed value {code}")


_encoder = msgspec.msgpack.Encoder(order="sorted")
_decoder = msgspec.msgpack.Decoder(dict[str, Any], ext_hook=_from_ext)


def pack(values: Values) -> bytes:
    """A row's values as bytes; equal rows give equal bytes, whatever the order of fields."""
    return _encoder.encode({name: _packable(value) for name, value in values.items()})


def unpack(data: bytes) -> dict[str, Value]:
    """What ``pack`` packed; a long text comes back as what stands for it (see ``stand_in``)."""
    return {name: _unpacked(value) for name, value in _decoder.decode(data).items()}


def _unpacked(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(value)
    return value  # type: ignore[no-any-return]


def stand_in(value: Value) -> Value:
    """What the base keeps of ``value``: itself, or for a long text its length and digest."""
    if isinstance(value, str) and len(value) > LONG_TEXT:
        digest = hashlib.blake2b(value.encode(), digest_size=16).hexdigest()
        return f"{_STAND_IN}{len(value)}:{digest}"
    return value


def is_stand_in(value: object) -> bool:
    """Whether the base kept only what stands for this text."""
    return isinstance(value, str) and value.startswith(_STAND_IN)


def is_of(value: Value, kind: Kind) -> bool:
    """Whether a kept value can still be one of ``kind``: a field's type may have changed since it was kept."""
    match value:
        case None:
            return True
        case bool():
            return kind == Kind.BOOLEAN
        case int():
            return kind in (Kind.INTEGER, Kind.DECIMAL)
        case Decimal():
            return kind == Kind.DECIMAL
        case datetime():
            return kind == Kind.DATETIME
        case date():
            return kind == Kind.DATE
        case tuple():
            return kind == Kind.TEXTS
        case _:
            return kind == Kind.TEXT
