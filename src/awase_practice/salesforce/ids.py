"""Record ids: 15 characters that count upwards, and the 18-character form with its checksum."""

from __future__ import annotations

import functools

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ALLOWED = frozenset(_DIGITS)


def make_id(prefix: str, number: int) -> str:
    """The number-th 18-character id of an object with this key prefix; ids sort in the order they were made."""
    high, low = divmod(number, len(_PAIRS))
    head, checks, bits = _head(prefix, high)
    pair, more = _PAIRS[low]
    return f"{head}{pair}{checks}{_CHECK[bits | more]}"


@functools.lru_cache(maxsize=1024)
def _head(prefix: str, high: int) -> tuple[str, str, int]:
    """What very many ids share: their first 13 signs, the first two signs of the checksum, and bits of its last."""
    digits = ""
    while high:
        high, digit = divmod(high, 62)
        digits = _DIGITS[digit] + digits
    head = f"{prefix}5h{digits:0>8}"
    return head, _check(head[:5]) + _check(head[5:10]), _capitals(head[10:])


def with_checksum(short: str) -> str:
    """The 18-character form of a 15-character id: one sign for the capitals of each five characters."""
    return short + _check(short[:5]) + _check(short[5:10]) + _check(short[10:])


@functools.lru_cache(maxsize=65_536)
def _check(five: str) -> str:
    return _CHECK[_capitals(five)]


def _capitals(text: str) -> int:
    """A bit for each capital."""
    return sum(1 << place for place, sign in enumerate(text) if "A" <= sign <= "Z")


_PAIRS = tuple((first + last, _capitals(first + last) << 3) for first in _DIGITS for last in _DIGITS)
"""The last two digits of ids in order, with their bits of the checksum."""


def two_digits(number: int) -> str:
    """The last two digits of the number-th id, up to 3,843: enough to tell objects apart by their key prefixes."""
    return _PAIRS[number][0]


@functools.lru_cache(maxsize=65_536)
def normal_id(text: str) -> str | None:
    """The 18-character form of a well-formed id of either length; None if it is not one."""
    if len(text) not in {15, 18} or not _ALLOWED.issuperset(text):
        return None
    if len(text) == 15:
        return with_checksum(text)
    return text if with_checksum(text[:15]) == text else None
