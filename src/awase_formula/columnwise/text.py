"""Functions on text columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import polars as pl

from awase_formula.columnwise import numbers
from awase_formula.columnwise.columns import (
    Column,
    NotVectorisable,
    Number,
    Scope,
    clean,
    first_trouble,
    joined_size,
)
from awase_formula.kinds import TEXTUAL, Kind
from awase_formula.regex import matches, translated
from awase_formula.rowwise.text import NO_NUMBER, NUMBER
from awase_formula.values import Failure

_LENGTH_DIGITS = 9
_PLAIN_NUMBER = r"\A[+-]?[0-9]{1,18}(?:\.[0-9]{1,10})?\z"

Compile = Callable[[Scope, Sequence[Column]], Column]


def text(value: pl.Expr, columns: Sequence[Column], copies: int = 1) -> Column:
    """A text column that may hold empty texts, cleaned of them, which holds these columns so often."""
    return Column(Kind.TEXT, clean(value), first_trouble(columns), size=joined_size(columns, copies) + 3)


def truth(value: pl.Expr, columns: Sequence[Column]) -> Column:
    """A checkbox column."""
    return Column(Kind.BOOLEAN, value, first_trouble(columns), size=joined_size(columns))


def constant_text(column: Column) -> str | None:
    """The constant text of a column. Raises ``NotVectorisable`` where it is none."""
    if column.constant is None or not isinstance(column.constant[0], str | None):
        raise NotVectorisable
    return column.constant[0]


def in_any_case(part: Column) -> str | None:
    """The pattern that a text meets where its small letters begin with a constant; None where that is not sure.

    To make all of a Japanese text small costs ten times as much as to look for a few letters in either case. Of all that
    is not ASCII, only the Kelvin sign and the dotted capital I have small letters that are, the latter with a mark behind.
    """
    constant = part.constant[0] if part.constant is not None else None
    if not isinstance(constant, str) or not constant.isascii() or constant != constant.lower():
        return None
    letters = [f"[{one}{one.upper()}]" if one.isalpha() else re.escape(one) for one in constant]
    more = {"k": "[kK\u212a]"}
    letters = [more.get(one, letter) for one, letter in zip(constant, letters, strict=True)]
    if constant[-1] == "i":
        letters[-1] = "[iI\u0130]"
    return "".join(letters)


def _part(test: Callable[[pl.Expr, pl.Expr], pl.Expr], anchor: str | None = None) -> Compile:
    """CONTAINS and its like: TRUE for a part that is null, null for a text that is.

    ``anchor``: what stands before the part in a pattern; None: a pattern cannot say it.
    """

    def compile_(_scope: Scope, columns: Sequence[Column]) -> Column:
        whole, part = columns
        if part.constant == (None,):
            return truth(pl.lit(value=True), columns)
        pattern = in_any_case(part) if anchor is not None and whole.raised is not None else None
        if pattern is not None and whole.raised is not None:
            return truth(whole.raised.str.contains(f"{anchor}{pattern}"), columns)
        found = test(whole.value, part.value)
        if part.constant is None:
            found = pl.when(part.value.is_null()).then(pl.lit(value=True)).otherwise(found)
        return truth(found, columns)

    return compile_


def _length(_scope: Scope, columns: Sequence[Column]) -> Column:
    return numbers.whole(
        columns[0].value.str.len_chars().cast(pl.Int64).fill_null(0), _LENGTH_DIGITS, columns
    )


def _counted(cut: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Compile:
    def compile_(_scope: Scope, columns: Sequence[Column]) -> Column:
        count = numbers.integer(columns[1])
        return text(pl.when(count >= 1).then(cut(columns[0].value, count)), columns, copies=4)

    return compile_


def _mid(_scope: Scope, columns: Sequence[Column]) -> Column:
    start = pl.max_horizontal(numbers.integer(columns[1]), pl.lit(1, dtype=pl.Int64)) - 1
    count = numbers.integer(columns[2])
    given = (count >= 1) & columns[1].exact.numerator.is_not_null()
    return text(
        pl.when(given).then(columns[0].value.str.slice(start, pl.when(count >= 1).then(count))), columns
    )


def _find(_scope: Scope, columns: Sequence[Column]) -> Column:
    if len(columns) > 2:
        raise NotVectorisable
    part, whole = columns
    offset = whole.value.str.find(part.value, literal=True).cast(pl.Int64)
    before = (
        whole.value.cast(pl.Binary).bin.slice(0, offset).cast(pl.String).str.len_chars().cast(pl.Int64) + 1
    )
    return numbers.whole(
        pl.when(offset.is_not_null()).then(before).otherwise(0), _LENGTH_DIGITS, columns, copies=5
    )


def _substitute(_scope: Scope, columns: Sequence[Column]) -> Column:
    old, new = constant_text(columns[1]), constant_text(columns[2])
    if old is None:
        return Column(
            Kind.TEXT, pl.lit(None, dtype=pl.String), first_trouble(columns), size=joined_size(columns)
        )
    if new is not None and len(new) > len(old):
        raise NotVectorisable  # a text may grow beyond what the row form allows
    return text(columns[0].value.str.replace_all(old, new or "", literal=True), columns)


def _cased(change: Callable[[pl.Expr], pl.Expr]) -> Compile:
    def compile_(_scope: Scope, columns: Sequence[Column]) -> Column:
        if len(columns) > 1:
            raise NotVectorisable
        return Column(Kind.TEXT, change(columns[0].value), first_trouble(columns), size=joined_size(columns))

    return compile_


def _lower(scope: Scope, columns: Sequence[Column]) -> Column:
    return replace(_cased(lambda whole: whole.str.to_lowercase())(scope, columns), raised=columns[0].value)


def _is_number(_scope: Scope, columns: Sequence[Column]) -> Column:
    return truth(columns[0].value.str.contains(rf"\A(?:{NUMBER})\z").fill_null(value=False), columns)


def _value(scope: Scope, columns: Sequence[Column]) -> Column:
    whole = columns[0].value
    plain = whole.str.contains(_PLAIN_NUMBER)
    scope.doubt((whole.str.contains(rf"\A(?:{NUMBER})\z") & ~plain).fill_null(value=False))
    amount = pl.when(plain).then(whole.str.strip_prefix("+")).cast(pl.Decimal(38, 10), strict=False)
    failed = pl.when(whole.is_not_null() & ~plain).then(scope.trouble(NO_NUMBER, failed=True))
    return numbers.of(Number(amount.to_physical(), 10**10, 28), columns, failed, copies=4)


def _regex(scope: Scope, columns: Sequence[Column]) -> Column:
    pattern = constant_text(columns[1])
    try:
        rust = translated(pattern or "").rust
    except Failure as failure:
        trouble = scope.trouble(failure.reason, failure.failed)
        before = first_trouble(columns)
        both = trouble if before is None else pl.coalesce(before, trouble)
        return Column(Kind.BOOLEAN, pl.lit(None, dtype=pl.Boolean), both, size=joined_size(columns))
    if rust is None:
        raise NotVectorisable
    empty = matches(None, pattern)
    return truth(columns[0].value.str.contains(rust).fill_null(value=empty), columns)


def _is_picked(_scope: Scope, columns: Sequence[Column]) -> Column:
    wanted = constant_text(columns[1])
    if wanted is None:
        return truth(columns[0].value.is_null(), columns)
    return truth((columns[0].value == wanted).fill_null(value=False), columns)


def _includes(_scope: Scope, columns: Sequence[Column]) -> Column:
    wanted = constant_text(columns[1])
    if wanted is None:
        return truth(columns[0].value.is_null(), columns)
    if ";" in wanted:
        return truth(pl.lit(value=False), columns)
    if columns[0].members is not None:
        inside = columns[0].members.list.contains(pl.lit(wanted))
    else:
        inside = columns[0].value.str.contains(f"(?:^|;){re.escape(wanted)}(?:;|$)")
    return truth(inside.fill_null(value=False), columns)


def _picked_count(_scope: Scope, columns: Sequence[Column]) -> Column:
    count = columns[0].value.str.count_matches(";", literal=True).cast(pl.Int64) + 1
    return numbers.whole(count.fill_null(0), _LENGTH_DIGITS, columns)


def written(column: Column) -> Column:
    """TEXT of a picklist, a date or a whole number."""
    if column.kind is Kind.DATE:
        return Column(Kind.TEXT, column.value.dt.to_string("%Y-%m-%d"), column.trouble, size=column.size + 1)
    if column.kind is Kind.NUMBER and column.exact.denominator == 1:
        return Column(Kind.TEXT, column.exact.numerator.cast(pl.String), column.trouble, size=column.size + 1)
    if column.kind not in TEXTUAL:
        raise NotVectorisable
    return Column(Kind.TEXT, column.value, column.trouble, constant=column.constant, size=column.size + 1)


def is_whole(value: object) -> bool:
    """Whether a constant is a whole number."""
    return isinstance(value, Decimal) and value == value.to_integral_value()


TEXTS: Mapping[str, Compile] = {
    "BEGINS": _part(lambda whole, part: whole.str.starts_with(part), r"\A"),
    "CONTAINS": _part(lambda whole, part: whole.str.contains(part, literal=True), ""),
    "ENDS": _part(lambda whole, part: whole.str.ends_with(part)),
    "FIND": _find,
    "INCLUDES": _includes,
    "ISNUMBER": _is_number,
    "ISPICKVAL": _is_picked,
    "LEFT": _counted(lambda whole, count: whole.str.head(count)),
    "LEN": _length,
    "LOWER": _lower,
    "MID": _mid,
    "PICKLISTCOUNT": _picked_count,
    "REGEX": _regex,
    "RIGHT": _counted(lambda whole, count: whole.str.tail(count)),
    "SUBSTITUTE": _substitute,
    "TRIM": lambda _scope, columns: text(columns[0].value.str.strip_chars(" "), columns),
    "UPPER": _cased(lambda whole: whole.str.to_uppercase()),
    "VALUE": _value,
}
