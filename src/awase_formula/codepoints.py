"""Sets of characters as sorted ranges, with the algebra that Java's character classes need."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable
from typing import TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Sorted, disjoint, not touching; both ends belong to a range."""

LAST = 0x10FFFF


def ranges(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Any pairs, in any order, as ranges."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def of(characters: str) -> Ranges:
    """The set of these characters."""
    return ranges((ord(character), ord(character)) for character in characters)


def union(*sets: Ranges) -> Ranges:
    """Characters of any set."""
    return ranges(pair for one in sets for pair in one)


def complement(one: Ranges) -> Ranges:
    """Every other character."""
    result, start = [], 0
    for low, high in one:
        if low > start:
            result.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        result.append((start, LAST))
    return tuple(result)


def intersection(one: Ranges, other: Ranges) -> Ranges:
    """Characters of both sets."""
    return complement(union(complement(one), complement(other)))


def both_cases(one: Ranges) -> Ranges:
    """The set with the other case of its ASCII letters, as Java folds without UNICODE_CASE."""
    lower = intersection(one, ((0x61, 0x7A),))
    upper = intersection(one, ((0x41, 0x5A),))
    return union(one, tuple((a - 32, b - 32) for a, b in lower), tuple((a + 32, b + 32) for a, b in upper))


@functools.cache
def category(prefix: str) -> Ranges:
    """Characters whose general category begins so (``L``, ``Lu``); empty where there is none such."""
    found, start = [], None
    for code in range(LAST + 2):
        inside = code <= LAST and unicodedata.category(chr(code)).startswith(prefix)
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            found.append((start, code - 1))
            start = None
    return tuple(found)


DIGIT: Ranges = ((0x30, 0x39),)
UPPER: Ranges = ((0x41, 0x5A),)
LOWER: Ranges = ((0x61, 0x7A),)
ALPHA: Ranges = (*UPPER, *LOWER)
ALNUM: Ranges = (*DIGIT, *ALPHA)
WORD: Ranges = ranges((*ALNUM, (0x5F, 0x5F)))
SPACE: Ranges = ranges([(0x09, 0x0D), (0x20, 0x20)])
HORIZONTAL: Ranges = ranges([*of("\t \u00a0\u1680\u180e\u202f\u205f\u3000"), (0x2000, 0x200A)])
VERTICAL: Ranges = ranges([(0x0A, 0x0D), (0x85, 0x85), (0x2028, 0x2029)])
LINE_ENDS: Ranges = of("\n\r\u0085\u2028\u2029")
PUNCT: Ranges = ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E))

POSIX = {
    "Lower": LOWER,
    "Upper": UPPER,
    "ASCII": ((0, 0x7F),),
    "Alpha": ALPHA,
    "Digit": DIGIT,
    "Alnum": ALNUM,
    "Punct": PUNCT,
    "Graph": ((0x21, 0x7E),),
    "Print": ((0x20, 0x7E),),
    "Blank": of(" \t"),
    "Cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "XDigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
    "Space": SPACE,
}
"""Java's POSIX classes: ASCII only."""

SCRIPTS = {
    "Han": ranges(
        [
            (0x2E80, 0x2FD5),
            (0x3005, 0x3007),
            (0x3021, 0x3029),
            (0x3038, 0x303B),
            (0x3400, 0x4DBF),
            (0x4E00, 0x9FFF),
            (0xF900, 0xFAD9),
            (0x20000, 0x323AF),
        ]
    ),
    "Hiragana": ((0x3041, 0x3096), (0x309D, 0x309F)),
    "Katakana": ((0x30A1, 0x30FA), (0x30FD, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF6F), (0xFF71, 0xFF9D)),
}
"""The scripts that Japanese rules ask for; another script is not translated."""

BLOCKS = {
    "basiclatin": ((0x00, 0x7F),),
    "cjkunifiedideographs": ((0x4E00, 0x9FFF),),
    "halfwidthandfullwidthforms": ((0xFF00, 0xFFEF),),
    "hiragana": ((0x3040, 0x309F),),
    "katakana": ((0x30A0, 0x30FF),),
}
"""The blocks that Japanese rules ask for, without the spaces and underlines that Java lets a name have."""
