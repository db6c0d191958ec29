"""REGEX: Java's ``Pattern.matches`` (the whole text must match), by way of Python's and Rust's expressions.

A pattern is rewritten piece by piece with every character class spelled out as ranges, so that both engines
mean by it what Java means. What only Python can do (look-around, back references, possessive and atomic groups) is marked;
what neither can do, or what Python could do only in exponential time, is *not known* rather than guessed.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import polars as pl

from awase_formula.javapattern import Broken, PatternWriter, Unsupported
from awase_formula.values import Failure

BAD_PATTERN = "REGEX is given a pattern that is none"
NO_TRANSLATION = "the pattern of a REGEX has no translation"

_LONGEST_FOR_PYTHON = 2_000
_FREE_STARS = 2
"""So many unbounded repetitions, none inside another, and Python takes at worst the square of the text's length."""


@dataclass(frozen=True, slots=True)
class Translation:
    """``python`` for ``re.fullmatch``; ``rust`` anchored for Polars, or None where Rust's engine cannot say it."""

    python: re.Pattern[str]
    rust: str | None
    quick: bool


@functools.lru_cache(maxsize=512)
def translated(pattern: str) -> Translation:
    """The translation of a Java pattern. Raises ``Failure``: a runtime error where Java would refuse it."""
    try:
        writer = PatternWriter(pattern)
        python = writer.written(rust=False)
        compiled = re.compile(python)
        rust = None if writer.python_only else _tried(PatternWriter(pattern).written(rust=True))
    except Broken:
        raise Failure(BAD_PATTERN) from None
    except (Unsupported, re.error, RecursionError, OverflowError):
        raise Failure(NO_TRANSLATION, failed=False) from None
    quick = writer.nested_stars == 0 and writer.stars <= _FREE_STARS
    if rust is None and not quick:
        raise Failure(NO_TRANSLATION, failed=False)
    return Translation(compiled, rust, quick)


def is_broken(pattern: str) -> bool:
    """Whether Java surely refuses a pattern."""
    try:
        translated(pattern)
    except Failure as failure:
        return failure.failed
    return False


def _tried(rust: str) -> str | None:
    whole = rf"\A(?:{rust})\z"
    try:
        pl.select(pl.lit("").str.contains(whole))
    except pl.exceptions.PolarsError:
        return None
    return whole


def matches(text: str | None, pattern: str | None) -> bool:
    """REGEX(text, pattern); null is the empty text on either side."""
    translation = translated(pattern or "")
    subject = text or ""
    if translation.quick and len(subject) <= _LONGEST_FOR_PYTHON:
        return translation.python.fullmatch(subject) is not None
    if translation.rust is None:
        raise Failure(NO_TRANSLATION, failed=False)
    return bool(pl.Series([subject]).str.contains(translation.rust)[0])
