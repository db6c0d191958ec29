"""From a JSON value to what the org stores: types first (they fail the whole call), then formats (they fail the row).

Stored values: str, bool, int, float or None; dates ``2026-11-23``; datetimes ``2026-11-23T01:02:03.000+0000``.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .errors import RowError, RowRefused
from .fields import NUMBER_TYPES, TEXT_TYPES, Field
from .ids import normal_id

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})")
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@(?:{_LABEL}\.)+{_LABEL}")
STRINGLY = TEXT_TYPES | {"picklist", "multipicklist", "reference", "id", "combobox"}
"""Types of fields whose JSON is a string of any kind."""
_YEARS = range(1700, 4001)
MOST_CHOICES = 100
"""Values that one multi-select may hold [from memory]."""


class WrongJsonType(Exception):
    """A JSON value that the field's type cannot be read from; nothing of the call is applied."""

    def __init__(self, wanted: str, value: Any) -> None:
        super().__init__(wanted)
        self.wanted, self.value = wanted, value


@functools.lru_cache(maxsize=32_768)
def stamp(at: datetime) -> str:
    """A moment in the vendor's form, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


@functools.lru_cache(maxsize=4096)
def read_datetime(text: str) -> datetime | None:
    """A datetime with its zone as UTC to the second, or None."""
    if not _DATETIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)
    except ValueError:
        return None


@functools.lru_cache(maxsize=4096)
def is_date(text: str) -> bool:
    """Whether a text is a calendar date."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def check_json_type(field: Field, value: Any) -> None:
    """Raise WrongJsonType where the vendor's parser would give up."""
    kind = field.type
    if value is None or (kind in STRINGLY and isinstance(value, str)):
        return
    if kind == "boolean":
        fits = isinstance(value, bool)
    elif kind == "int":
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif kind in NUMBER_TYPES:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind == "date":
        fits = isinstance(value, str) and (value.strip() == "" or (is_date(value[:10]) and len(value) == 10))
    elif kind == "datetime":
        fits = isinstance(value, str) and read_datetime(value) is not None
    else:
        fits = False
    if not fits:
        wanted = kind if kind not in NUMBER_TYPES else "double"
        raise WrongJsonType("string" if kind in STRINGLY else wanted, value)


def stored_value(field: Field, value: Any) -> Any:
    """What the org stores for a value of the right JSON type. Raises RowRefused."""
    if value is None or (isinstance(value, str) and not (value := value.strip())):
        if field.type == "boolean":
            raise _refusal("INVALID_TYPE_ON_FIELD_IN_RECORD", field, "value not of required type: null")
        return None
    if field.type in TEXT_TYPES:
        return _text(field, value)
    if field.type == "picklist":
        return _choice(field, value)
    if field.type == "multipicklist":
        return _choices(field, value)
    if field.type in NUMBER_TYPES or field.type == "int":
        return _number(field, value)
    if field.type == "reference":
        return _reference(field, value)
    if field.type == "date":
        if int(value[:4]) not in _YEARS:
            raise _refusal("DATE_OUT_OF_RANGE", field, f"date value out of range: {value}")
        return value
    if field.type == "datetime":
        moment = read_datetime(value)
        return stamp(moment) if moment else None
    return value


def _refusal(code: str, field: Field, text: str) -> RowRefused:
    return RowRefused([RowError(code, f"{field.label}: {text}", (field.name,))])


def _text(field: Field, value: str) -> str:
    if field.type == "email":
        if not _EMAIL.fullmatch(value):
            raise _refusal("INVALID_EMAIL_ADDRESS", field, f"invalid email address: {value}")
        value = value.lower()
    if len(value) > field.length:
        text = f"data value too large: {value} (max length={field.length})"
        raise _refusal(field.overflow, field, text)
    return value


def _choice(field: Field, value: str) -> str:
    if field.restricted and value not in field.allowed:
        raise bad_choice(field, value)
    if len(value) > field.length:
        text = f"data value too large: {value} (max length={field.length})"
        raise _refusal("STRING_TOO_LONG", field, text)
    return value


def _choices(field: Field, value: str) -> str | None:
    """Several values joined by semicolons, kept in the order of the picklist [from memory]."""
    parts = {part.strip() for part in value.split(";")} - {""}
    if field.restricted:
        for part in value.split(";"):
            if part.strip() and part.strip() not in field.allowed:
                raise bad_choice(field, part.strip())
    if len(parts) > MOST_CHOICES:
        raise _refusal("TOO_MANY_ENUM_VALUE", field, f"too many values: at most {MOST_CHOICES}")
    known = [each for each in field.values if each in parts]
    whole = ";".join(known + sorted(parts - field.allowed)) or None
    if whole is not None and len(whole) > field.length:
        raise _refusal("TOO_MANY_ENUM_VALUE", field, "too many values")
    return whole


def bad_choice(field: Field, value: str) -> RowRefused:
    """A restricted picklist does not hold this value, or not for the record type."""
    text = f"bad value for restricted picklist field: {value}"
    return _refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", field, text)


def _number(field: Field, value: float) -> float:
    """Decimals beyond the scale are rounded; digits beyond the precision are refused."""
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)
    whole_digits = field.digits or (field.precision - field.scale)
    if abs(exact) >= Decimal(10) ** whole_digits:
        text = f"value outside of valid range on numeric field: {value}"
        raise _refusal("NUMBER_OUTSIDE_VALID_RANGE", field, text)
    return int(exact) if field.type == "int" else float(exact)


def _reference(field: Field, value: str) -> str:
    whole = normal_id(value)
    if whole is None:
        raise _refusal("MALFORMED_ID", field, f"id value of incorrect type: {value}")
    return whole
