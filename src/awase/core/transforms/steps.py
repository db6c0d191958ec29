"""What a chain of transforms consists of, and the state that passes from step to step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

import polars as pl

from awase.core.values import Kind

MOST_KNOWN = 200_000
"""Distinct results that one expression remembers."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Every occurrence of ``old`` becomes ``new``; both are plain text, no pattern."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class TrueFalse:
    """The words that mean true, and those that mean false; width and case do not count."""

    true: tuple[str, ...]
    false: tuple[str, ...]


Argument: TypeAlias = str | bool | int | Decimal | date | tuple[str, ...] | Replacement | TrueFalse | None
"""A date may also be a ``datetime``."""


@dataclass(frozen=True, slots=True)
class Step:
    """One transform as configured."""

    name: str
    argument: Argument = None


Steps: TypeAlias = tuple[Step, ...]


class StepProblem(ValueError):
    """A step that does not exist, has a wrong argument, or cannot stand where it stands.

    ``text`` and ``remedy`` are sentences with ``places``, as in ``AwaseError``; ``place`` counts steps from 0.
    """

    def __init__(self, text: str, /, *, remedy: str = "", place: int = 0, **places: object) -> None:
        super().__init__(text)
        self.text = text
        self.remedy = remedy
        self.place = place
        self.places = places

    def __str__(self) -> str:
        return self.text.format(**self.places)


@dataclass(frozen=True, slots=True)
class Made:
    """What a chain gives: expressions of equal length over the frame that the source column stands in."""

    value: pl.Expr
    """The result."""
    made: pl.Expr
    """Boolean, never null: a default or a truncation made this value, so it is not the source's own."""
    failed: pl.Expr
    """Boolean, never null: the source is filled, and a step could not read it; ``value`` is then null."""


Apply: TypeAlias = Callable[[Made, Any, Kind, str], Made]
"""State, argument, kind of the state's value, time zone → state."""


def _any_argument(_argument: Any) -> None:
    """Every argument of the right type makes sense."""


@dataclass(frozen=True, slots=True)
class Transform:
    """How one transform works. ``kinds``: what it takes → what it gives."""

    kinds: Mapping[Kind, Kind]
    apply: Apply
    example: str
    """As written in ``awase.toml``."""
    check: Callable[[Any], None] = _any_argument
    """Raises StepProblem for an argument of the right type that makes no sense."""


def shaping(change: Callable[[pl.Expr, Any], pl.Expr]) -> Apply:
    """A step that works on every value; texts may come out empty."""
    return lambda state, argument, _kind, _zone: replace(state, value=change(state.value, argument))


def reading(read: Callable[[pl.Expr, Any], pl.Expr]) -> Apply:
    """A step that may find a value unreadable, for which ``read`` gives null."""

    def apply(state: Made, argument: Any, kind: Kind, _zone: str) -> Made:
        found = read(state.value, argument)
        return replace(
            state, value=found, failed=state.failed | (filled(state.value, kind) & found.is_null())
        )

    return apply


def filled(value: pl.Expr, kind: Kind) -> pl.Expr:
    """Boolean, never null: there is a value; a text of blanks alone is none."""
    if kind == Kind.TEXT:
        return (value.str.strip_chars() != "").fill_null(value=False)
    if kind == Kind.TEXTS:
        return (value.list.len() > 0).fill_null(value=False)
    return value.is_not_null()


def by_value(value: pl.Expr, convert: Callable[[Any], object], dtype: pl.DataType | None = None) -> pl.Expr:
    """``convert`` (must not raise) for each distinct value once; a null stays null. Without ``dtype``, text.

    The expression remembers its results: ``value``, ``made`` and ``failed`` of a chain all evaluate it.
    """
    dtype = dtype or pl.String()
    known: dict[Any, object] = {}

    def converted(column: pl.Series) -> pl.Series:
        distinct = column.unique().drop_nulls()
        if len(known) > MOST_KNOWN:
            known.clear()
        results: list[object] = []
        for one in distinct:
            result = known.get(one, known)
            if result is known:
                result = known[one] = convert(one)
            results.append(result)
        if not results:
            return pl.Series(column.name, [None] * len(column), dtype=dtype)
        new = pl.Series(results, dtype=dtype)
        return column.replace_strict(distinct, new, default=None, return_dtype=dtype)

    return value.map_batches(converted, return_dtype=dtype)
