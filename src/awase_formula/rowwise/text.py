"""Functions on text. Positions and lengths count UTF-16 units, as Java does; null and the empty text are one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from awase_formula.regex import matches
from awase_formula.rowwise.formats import format_currency, json_path_value, json_value, like
from awase_formula.values import MATH, Failure, Value, as_decimal

NO_NUMBER = "VALUE is given a text that is no number"
NO_START = "FIND is given no place to start from"
TOO_LONG = "a text becomes too long"

_DIGIT = f"[{''.join(filter(str.isdecimal, map(chr, range(0x10000))))}]"
NUMBER = rf"[+-]?(?:{_DIGIT}+\.?{_DIGIT}*|\.{_DIGIT}+)(?:[eE][+-]?{_DIGIT}+)?"
"""What VALUE and ISNUMBER take for a number: Java's grammar, which both Python's and Rust's expressions understand.

Java's ``BigDecimal`` takes the digits of every script for digits, full-width ones too, but none beyond the basic plane (confirmed).
"""

_NUMBER = re.compile(NUMBER)
_FIRST = Decimal(1)
_LONGEST = 100_000
_LARGEST_EXPONENT = 1000
_WIDE = re.compile("[\U00010000-\U0010ffff]")


def units(text: str) -> str:
    """The text with every character beyond the basic plane as its two UTF-16 surrogates."""
    if not _WIDE.search(text):
        return text
    return "".join(
        chr(0xD800 + (ord(character) - 0x10000 >> 10)) + chr(0xDC00 + (ord(character) - 0x10000 & 0x3FF))
        if ord(character) > 0xFFFF
        else character
        for character in text
    )


def joined(text: str) -> str | None:
    """Units back to a text; None where it is empty."""
    if not text:
        return None
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def id15(text: str | None) -> str | None:
    """An id by the 15 characters that say which it is; anything else as it is."""
    return text[:15] if text is not None and len(text) == 18 else text


def casesafe(text: str | None) -> str | None:
    """CASESAFEID: the 18-character form of a 15-character id."""
    if text is None or len(text) != 15:
        return text
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    suffix = "".join(
        alphabet[
            sum(
                1 << place
                for place, character in enumerate(text[start : start + 5])
                if "A" <= character <= "Z"
            )
        ]
        for start in (0, 5, 10)
    )
    return text + suffix


def value(text: str | None) -> Decimal | None:
    """VALUE."""
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise Failure(NO_NUMBER)
    number = as_decimal(text)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise Failure(NO_NUMBER)
    return MATH.plus(number)


def is_number(text: str | None) -> bool:
    """ISNUMBER."""
    return text is not None and _NUMBER.fullmatch(text) is not None


def _contains(text: str | None, part: str | None) -> bool | None:
    return True if part is None else None if text is None else part in text


def _begins(text: str | None, part: str | None) -> bool | None:
    return True if part is None else None if text is None else text.startswith(part)


def _ends(text: str | None, part: str | None) -> bool | None:
    return True if part is None else None if text is None else text.endswith(part)


def _find(part: str | None, text: str | None, start: Decimal | None = _FIRST) -> Decimal:
    if part is None or text is None:
        return Decimal(0)
    if start is None:
        raise Failure(NO_START)
    return Decimal(units(text).find(units(part), max(_whole(start) - 1, 0)) + 1)


def _whole(number: Decimal) -> int:
    return int(max(min(number, Decimal(2**31 - 1)), Decimal(-(2**31))))


def _left(text: str | None, count: Decimal | None) -> str | None:
    if text is None or count is None or count < 1:
        return None
    return joined(units(text)[: _whole(count)])


def _right(text: str | None, count: Decimal | None) -> str | None:
    if text is None or count is None or count < 1:
        return None
    return joined(units(text)[-_whole(count) :])


def _mid(text: str | None, start: Decimal | None, count: Decimal | None) -> str | None:
    if text is None or start is None or count is None or count < 1:
        return None
    first = max(_whole(start), 1) - 1
    return joined(units(text)[first : first + _whole(count)])


def _substr(text: str | None, start: Decimal | None, *rest: Decimal | None) -> str | None:
    if text is None or start is None or None in rest:
        return None
    whole = units(text)
    count = _whole(rest[0]) if rest and rest[0] is not None else len(whole)
    if count <= 0 or abs(start) > len(whole):
        return None
    first = len(whole) + _whole(start) if start < 0 else max(_whole(start), 1) - 1
    return joined(whole[first : first + count])


def _pad(text: str | None, count: Decimal | None, padding: str | None, left: bool) -> str | None:
    if text is None or count is None or count < 1:
        return None
    whole, wanted = units(text), _whole(count)
    if wanted <= len(whole):
        return joined(whole[:wanted])
    if wanted > _LONGEST:
        raise Failure(TOO_LONG)
    if padding is None:
        return None
    missing = wanted - len(whole)
    filler = units(padding)
    filling = (filler * (missing // len(filler) + 1))[:missing]
    return joined(filling + whole if left else whole + filling)


def _substitute(text: str | None, old: str | None, new: str | None) -> str | None:
    if text is None or old is None:
        return None
    result = text.replace(old, new or "")
    if len(result) > _LONGEST:
        raise Failure(TOO_LONG)
    return result or None


def _upper(text: str | None, locale: str | None = None) -> str | None:
    if text is None:
        return None
    return (text.replace("i", "İ") if _turkic(locale) else text).upper()


def _lower(text: str | None, locale: str | None = None) -> str | None:
    if text is None:
        return None
    return (text.replace("I", "ı").replace("İ", "i") if _turkic(locale) else text).lower()


def _turkic(locale: str | None) -> bool:
    return locale is not None and locale[:2] in ("tr", "az")


def _initcap(text: str | None) -> str | None:
    if text is None:
        return None
    before, result = " ", []
    for character in text:
        result.append(character.lower() if before.isalnum() else character.upper())
        before = character
    return "".join(result)


def _chr(code: Decimal | None) -> str | None:
    """CHR: null where there is no such character (confirmed)."""
    number = 0 if code is None else _whole(code)
    if not 0 < number <= 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return None
    return chr(number)


def _includes(values: str | None, wanted: str | None) -> bool:
    if values is None:
        return wanted is None
    return wanted is not None and wanted in values.split(";")


TEXTS: Mapping[str, Callable[..., Value]] = {
    "ASCII": lambda text: None if text is None else Decimal(ord(text[0])),
    "BEGINS": _begins,
    "BR": lambda: "<br>",
    "CASESAFEID": casesafe,
    "CHR": _chr,
    "CONTAINS": _contains,
    "ENDS": _ends,
    "FIND": _find,
    "FORMATCURRENCY": format_currency,
    "INCLUDES": _includes,
    "INITCAP": _initcap,
    "ISNUMBER": is_number,
    "ISPICKVAL": lambda value, wanted: value == wanted,
    "JSONPATHVALUE": json_path_value,
    "JSONVALUE": json_value,
    "LEFT": _left,
    "LEN": lambda text: Decimal(0 if text is None else len(units(text))),
    "LIKE": like,
    "LOWER": _lower,
    "LPAD": lambda text, count, padding=" ": _pad(text, count, padding, left=True),
    "MID": _mid,
    "PICKLISTCOUNT": lambda values: Decimal(0 if values is None else len(values.split(";"))),
    "REGEX": matches,
    "REVERSE": lambda text: None if text is None else text[::-1],
    "RIGHT": _right,
    "RPAD": lambda text, count, padding=" ": _pad(text, count, padding, left=False),
    "SUBSTITUTE": _substitute,
    "SUBSTR": _substr,
    "TRIM": lambda text: None if text is None else text.strip(" ") or None,
    "UPPER": _upper,
    "VALUE": value,
}
