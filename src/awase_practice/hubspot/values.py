"""What a property accepts, and how it keeps what it accepted: as text, or not at all when empty."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from .properties import Property
from .wire import milliseconds, stamp

LONGEST: Final = 65_536
"""Characters a text property holds (from memory)."""

_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9-]+\.)+[a-z]{2,}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why one value is refused. code: what the API calls it."""

    name: str
    code: str
    message: str


class Unacceptable(Exception):
    """A value was refused."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.message)
        self.complaint = complaint


def is_address(text: str) -> bool:
    """Whether the portal takes this for an e-mail address: ASCII, one @, a dotted domain."""
    return _EMAIL.fullmatch(text) is not None


def as_text(raw: Any) -> str:
    """A JSON value as the text it is taken for: numbers and booleans may be sent bare."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return raw if isinstance(raw, str) else str(raw)


def accepted(definition: Property, raw: Any, old: str | None, owners: Collection[str]) -> str | None:
    """The value as it will be kept, None for empty. Raises Unacceptable.

    old: what the record has now; a multi-select value that begins with a semicolon is added to it.
    """
    if isinstance(raw, (dict, list)):
        raise _no(definition, "INVALID_VALUE", f"{raw} is not a value a property can hold.")
    text = as_text(raw)
    if definition.name == "email":
        return _address(definition, text)
    if text == "":
        return None
    if definition.name == "hs_additional_emails":
        return ";".join(filter(None, (_address(definition, each) for each in text.split(";")))) or None
    if definition.external_options:
        return _owner(definition, text, owners)
    match definition.type:
        case "number":
            return _number(definition, text)
        case "date":
            return _date(definition, text)
        case "datetime":
            return _moment(definition, text)
        case "bool":
            return _boolean(definition, text)
        case "enumeration":
            return _chosen(definition, text, old)
        case _:
            if len(text) > LONGEST:
                raise _no(
                    definition, "PROPERTY_VALUE_TOO_LONG", f"The value is longer than {LONGEST} characters."
                )
            return text


def _no(definition: Property, code: str, message: str) -> Unacceptable:
    return Unacceptable(Complaint(definition.name, code, message))


def _address(definition: Property, text: str) -> str | None:
    address = text.strip().lower()
    if address and not is_address(address):
        raise _no(definition, "INVALID_EMAIL", f"Email address {text} is invalid")
    return address or None


def _owner(definition: Property, text: str, owners: Collection[str]) -> str:
    if not text.isdecimal():
        raise _no(definition, "INVALID_INTEGER", f"{text} was not a valid integer (for owner ID).")
    if text not in owners:
        raise _no(definition, "INVALID_OWNER_ID", f"Owner {text} does not exist")
    return text


def _number(definition: Property, text: str) -> str:
    # Only ASCII digits count as a number: a value with a thousands comma or full-width digits is refused.
    if not text.isascii() or _NUMBER.fullmatch(text.strip()) is None:
        raise _no(definition, "INVALID_NUMBER", f"{text} was not a valid number.")
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:  # an exponent out of all bounds
        raise _no(definition, "INVALID_NUMBER", f"{text} was not a valid number.") from error
    return _plain(number)


def _plain(number: Decimal) -> str:
    if number == number.to_integral_value() and abs(number.adjusted()) < 400:
        return str(int(number))
    return format(number.normalize(), "f") if abs(number.adjusted()) < 400 else str(number)


def _date(definition: Property, text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        if text.lstrip("-").isdecimal():
            if int(text) % _DAY_MS:
                raise _no(
                    definition, "INVALID_DATE", f"{text} is at {_clock_of(int(text))} UTC, not midnight!"
                )
            return datetime.fromtimestamp(int(text) / 1000, UTC).date().isoformat()
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise _no(definition, "INVALID_DATE", f"{text} was not a valid date.") from error
    if at.tzinfo is None or milliseconds(at) % _DAY_MS:
        raise _no(definition, "INVALID_DATE", f"{text} is not midnight UTC!")
    return at.astimezone(UTC).date().isoformat()


def _clock_of(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%H:%M:%S}"


def _moment(definition: Property, text: str) -> str:
    try:
        if text.lstrip("-").isdecimal():
            return stamp(datetime.fromtimestamp(int(text) / 1000, UTC))
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise _no(definition, "INVALID_LONG", f"{text} was not a valid long.") from error
    return stamp(at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))


def _boolean(definition: Property, text: str) -> str:
    if text.lower() not in {"true", "false"}:
        raise _no(definition, "INVALID_OPTION", f"{text} was not one of the allowed options: [true, false]")
    return text.lower()


def _chosen(definition: Property, text: str, old: str | None) -> str | None:
    if not definition.many:
        _must_be_an_option(definition, text)
        return text
    wanted = [part for part in text.split(";") if part]
    for part in wanted:
        _must_be_an_option(definition, part)
    if text.startswith(";") and old:
        wanted = old.split(";") + wanted
    return ";".join(dict.fromkeys(wanted)) or None


def _must_be_an_option(definition: Property, text: str) -> None:
    if text not in definition.allowed:
        listed = ", ".join(definition.options)
        raise _no(definition, "INVALID_OPTION", f"{text} was not one of the allowed options: [{listed}]")
