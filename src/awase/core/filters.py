"""Filters: who is in a sync, and which rule fits a record; values, and expressions over decoded columns.

Texts are compared folded (NFKC, case), whole and with every word of them, so that a value of several words is one
value. A test on an empty field is false, except ``blank`` and ``is_not``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from awase.core.values import Kind, Value, canonical, match_key

Column = Callable[[str], tuple[pl.Expr, Kind] | None]
"""A field's column and kind; None where this object does not have the field, so that the test does not concern it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Tests on one field, all of which must hold, and with ``any_of`` alternatives of which one must as well."""

    field: str = ""
    is_in: tuple[str, ...] = ()
    filled: bool = False
    blank: bool = False
    is_not: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    """One of these stands somewhere in the value."""
    starts_with: tuple[str, ...] = ()
    at_least: str | None = None
    """A number, date or moment."""
    at_most: str | None = None
    any_of: tuple[Condition, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether there is any test in it."""
        texts = (self.is_in, self.is_not, self.contains, self.starts_with, self.any_of)
        limits = (self.at_least, self.at_most)
        return any(texts) or self.filled or self.blank or limits != (None, None)

    def fields(self) -> Iterator[str]:
        """The names of every field that is looked at."""
        if self.field:
            yield self.field
        for one in self.any_of:
            yield from one.fields()


def fields_of(tests: Iterable[Condition]) -> list[str]:
    """The fields that ``tests`` look at, each once, in their order."""
    return list(dict.fromkeys(name for test in tests for name in test.fields()))


def written(test: Condition) -> str:
    """A condition as ``awase.toml`` has it."""
    if test.any_of:
        alternatives = ", ".join(map(written, test.any_of))
        return f"{{ any = [{alternatives}] }}"
    parts = [f'field = "{test.field}"']
    lists = {
        "is": test.is_in,
        "is_not": test.is_not,
        "contains": test.contains,
        "starts_with": test.starts_with,
    }
    for name, values in lists.items():
        if values:
            quoted = ", ".join(f'"{value}"' for value in values)
            parts.append(f"{name} = [{quoted}]")
    parts += [f"{name} = true" for name, wanted in (("filled", test.filled), ("blank", test.blank)) if wanted]
    limits = (("at_least", test.at_least), ("at_most", test.at_most))
    parts += [f'{name} = "{limit}"' for name, limit in limits if limit is not None]
    return "{ " + ", ".join(parts) + " }"


def passes(tests: Sequence[Condition], column: Column) -> pl.Expr:
    """Boolean, never null: the record meets all of ``tests``.

    Raises ValueError or TypeError where a limit is no value of the field's kind, or that kind has no order.
    """
    return pl.all_horizontal(pl.lit(value=True), *(_holds(test, column) for test in tests))


def _holds(test: Condition, column: Column) -> pl.Expr:
    one_of = [pl.any_horizontal(*(_holds(one, column) for one in test.any_of))] if test.any_of else []
    found = column(test.field) if test.field else None
    parts = [] if found is None else list(_parts(test, *found))
    own = (part.fill_null(value=False) for part in parts)
    return pl.all_horizontal(pl.lit(value=True), *own, *one_of)


def _parts(test: Condition, value: pl.Expr, kind: Kind) -> Iterator[pl.Expr]:
    if test.filled:
        yield value.is_not_null()
    if test.blank:
        yield value.is_null()
    texts = _folded(value, kind)
    if test.is_in:
        yield _some(texts, kind, lambda text: text.is_in(_fold_all(test.is_in)))
    if test.is_not:
        yield ~_some(texts, kind, lambda text: text.is_in(_fold_all(test.is_not))).fill_null(value=False)
    if test.contains:
        yield _some(texts, kind, lambda text: text.str.contains_any(_fold_all(test.contains)))
    if test.starts_with:
        yield _some(texts, kind, lambda text: _starts(text, _fold_all(test.starts_with)))
    if test.at_least is not None:
        yield value >= _limit(test.at_least, kind)
    if test.at_most is not None:
        yield value <= _limit(test.at_most, kind)


def _folded(value: pl.Expr, kind: Kind) -> pl.Expr:
    """A column of any kind as folded text; of a multi-select, the list of its folded values."""
    match kind:
        case Kind.TEXTS:
            return value.list.eval(_fold(pl.element()))
        case Kind.DECIMAL:
            return value.cast(pl.String).str.replace(r"\.?0+$", "")
        case _:
            return _fold(value.cast(pl.String))


def _fold(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.strip_chars().str.to_lowercase()


def _fold_all(values: Iterable[str]) -> list[str]:
    return [folded for value in values if (folded := match_key(value)) is not None]


def _some(texts: pl.Expr, kind: Kind, fits: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """Whether the text fits; of a multi-select, whether one of its values does."""
    return texts.list.eval(fits(pl.element())).list.any() if kind == Kind.TEXTS else fits(texts)


def _starts(text: pl.Expr, beginnings: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(*(text.str.starts_with(one) for one in beginnings))


def _limit(text: str, kind: Kind) -> pl.Expr:
    limit: Value = canonical(text, kind)
    if not isinstance(limit, (int, Decimal, date, datetime)) or isinstance(limit, bool):
        raise TypeError(f"{kind.value} values have no order")
    return pl.lit(limit)
