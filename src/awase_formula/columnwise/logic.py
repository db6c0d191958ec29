"""Choices and logic over columns. What the row form does by not computing, this does by not choosing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from awase_formula.columnwise import dates, numbers, ratios
from awase_formula.columnwise.columns import (
    CODES,
    FAILED,
    Column,
    NotVectorisable,
    Number,
    Scope,
    dtype,
    first_trouble,
    joined_size,
    truth,
)
from awase_formula.inference import combined
from awase_formula.kinds import TEXTUAL, Kind

COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})
_DECIDED = 1


def decided(terms: Sequence[Column], decisive: bool) -> Column:
    """AND (``decisive`` False) and OR (True), as ``rowwise.building.decided``."""
    size = joined_size(terms)
    if all(term.trouble is None for term in terms):
        values = [truth(term) for term in terms]
        both = pl.any_horizontal(values) if decisive else pl.all_horizontal(values)
        return Column(Kind.BOOLEAN, both, size=size)
    events: list[pl.Expr] = []
    firsts: list[pl.Expr] = []
    for term in terms:
        ends = (truth(term) == decisive) if not decisive else truth(term)
        if term.trouble is None:
            event = pl.when(ends).then(pl.lit(_DECIDED, dtype=CODES))
            events.append(event)
            firsts.append(event)
        else:
            fine = term.trouble.is_null()
            event = pl.when(fine & ends).then(pl.lit(_DECIDED, dtype=CODES))
            events.append(event.when(term.trouble >= FAILED).then(term.trouble))
            firsts.append(pl.when(fine & ends).then(pl.lit(_DECIDED, dtype=CODES)).otherwise(term.trouble))
    ended = (pl.coalesce(events) == _DECIDED).fill_null(value=False)
    first = pl.coalesce(firsts)
    value = ended if decisive else ~ended
    return Column(Kind.BOOLEAN, value, pl.when(~ended).then(first), size=_checked(size * 4 + 10))


def _checked(size: int) -> int:
    from awase_formula.columnwise.columns import LARGEST

    if size > LARGEST:
        raise NotVectorisable
    return size


def negation(column: Column) -> Column:
    """NOT: null stays null."""
    return Column(Kind.BOOLEAN, ~column.value, column.trouble, size=column.size + 1)


def chosen(
    conditions: Sequence[pl.Expr], results: Sequence[Column], inputs: Sequence[Column], kind: Kind | None
) -> Column:
    """The result of the first condition that is TRUE, or the last result. ``inputs`` give the conditions' size."""
    size = joined_size([*inputs, *results])
    results = same_type(results, kind)
    value = _cascade(conditions, [result.value for result in results])
    trouble = None
    if any(result.trouble is not None for result in results):
        none = pl.lit(None, dtype=CODES)
        trouble = _cascade(
            conditions, [none if result.trouble is None else result.trouble for result in results]
        )
        size = _checked(size * 2)
    number = None
    if results[0].number is not None:
        exacts = [result.exact for result in results]
        digits, rounding = max(exact.digits for exact in exacts), max(exact.rounding for exact in exacts)
        number = Number(value, exacts[0].denominator, digits, rounding)
    return Column(results[0].kind, value, trouble, number, size=size)


def _cascade(conditions: Sequence[pl.Expr], values: Sequence[pl.Expr]) -> pl.Expr:
    cascade = pl.when(conditions[0]).then(values[0])
    for condition, value in zip(conditions[1:], values[1:-1], strict=True):
        cascade = cascade.when(condition).then(value)  # type: ignore[assignment]
    return cascade.otherwise(values[-1])


def same_type(columns: Sequence[Column], kind: Kind | None) -> list[Column]:
    """Columns of one kind; numbers over one denominator. Raises ``NotVectorisable`` where kinds differ."""
    kinds = {column.kind for column in columns if column.kind is not Kind.NULL}
    if len(kinds) > 1 and not kinds <= TEXTUAL:
        raise NotVectorisable
    found = next(iter(kinds), None) or kind or Kind.NULL
    if kinds and kinds <= TEXTUAL and len(kinds) > 1:
        found = Kind.TEXT
    if found is Kind.NUMBER:
        return _same_numbers(columns)
    typed = dtype(found)
    return [
        Column(found, pl.lit(None, dtype=typed), column.trouble, constant=column.constant, size=column.size)
        if column.kind is Kind.NULL
        else Column(found, column.value, column.trouble, constant=column.constant, size=column.size)
        for column in columns
    ]


def _same_numbers(columns: Sequence[Column]) -> list[Column]:
    filled = [as_number(column) for column in columns]
    exacts = numbers.aligned([column.exact for column in filled])
    return [
        Column(Kind.NUMBER, exact.numerator, column.trouble, exact, column.constant, column.size)
        for column, exact in zip(filled, exacts, strict=True)
    ]


def as_number(column: Column) -> Column:
    """A number, with a null literal as a number that is null."""
    if column.kind is not Kind.NULL:
        return column
    null = numbers.literal(None)
    return Column(Kind.NUMBER, null.value, column.trouble, null.number, column.constant, column.size)


# --- operators -------------------------------------------------------------------------------------------------


def operated(scope: Scope, sign: str, left: Column, right: Column) -> Column:
    """One operator over two columns."""
    left, right = _typed(left, right.kind), _typed(right, left.kind)
    columns = (left, right)
    if sign in COMPARISONS:
        return Column(
            Kind.BOOLEAN,
            compared(scope, sign, left, right),
            first_trouble(columns),
            size=joined_size(columns),
        )
    kind = combined(sign, left.kind, right.kind)
    if sign == "&" or (sign == "+" and kind is Kind.TEXT):
        return _concatenated(columns)
    if sign == "^":
        raise NotVectorisable
    if left.kind is Kind.NUMBER and right.kind is Kind.NUMBER:
        if sign in ("*", "/") and left.ratio is not None:
            return ratios.scaled(sign, left, right)
        if sign == "/" and right.constant is None:
            return ratios.ratio(scope, left, right)
        return numbers.combined(sign, left, right)
    if sign == "+" and left.kind is Kind.NUMBER:
        return dates.moved(scope, right, left, backwards=False)
    if right.kind is Kind.NUMBER:
        return dates.moved(scope, left, right, backwards=sign == "-")
    if sign == "-" and left.kind is right.kind and left.kind in (Kind.DATE, Kind.DATETIME, Kind.TIME):
        return dates.between(left, right)
    raise NotVectorisable


def _typed(column: Column, other: Kind) -> Column:
    """A null literal, of the other side's kind."""
    if column.kind is not Kind.NULL or other is Kind.NULL:
        return column
    if other is Kind.NUMBER:
        return as_number(column)
    return Column(other, pl.lit(None, dtype=dtype(other)), column.trouble, constant=column.constant)


def _concatenated(columns: Sequence[Column]) -> Column:
    if any(column.kind not in TEXTUAL for column in columns):
        raise NotVectorisable
    from awase_formula.columnwise.text import text

    return text(pl.concat_str([column.value for column in columns], ignore_nulls=True), columns)


def compared(scope: Scope, sign: str, left: Column, right: Column) -> pl.Expr:
    """A comparison: text knows no null; a number or date that is null makes it null."""
    if left.kind is Kind.NULL and right.kind is Kind.NULL:
        return pl.lit(None, dtype=pl.Boolean)
    if left.kind in TEXTUAL and right.kind in TEXTUAL:
        return _compared_text(sign, left, right)
    if left.kind is not right.kind:
        raise NotVectorisable
    if left.kind is Kind.NUMBER:
        if left.ratio is not None or right.ratio is not None:
            return ratios.compared(scope, sign, left, right)
        return numbers.compared(scope, sign, left, right)
    return numbers.ordered(sign, left.value, right.value)


def _compared_text(sign: str, left: Column, right: Column) -> pl.Expr:
    one, other = left.value, right.value
    if sign not in ("=", "<>"):
        return numbers.ordered(sign, one, other).fill_null(value=False)
    if Kind.ID in (left.kind, right.kind):
        one, other = id15(one), id15(other)
    for value, constant in ((one, right.constant), (other, left.constant)):
        if constant == (None,):
            return value.is_null() if sign == "=" else value.is_not_null()
    if left.constant is not None or right.constant is not None:
        same = (one == other).fill_null(value=False)
        return same if sign == "=" else ~same
    return one.eq_missing(other) if sign == "=" else one.ne_missing(other)


def id15(value: pl.Expr) -> pl.Expr:
    """An id by the 15 characters that say which it is."""
    return pl.when(value.str.len_chars() == 18).then(value.str.slice(0, 15)).otherwise(value)


# --- choosers --------------------------------------------------------------------------------------------------


def _if(_scope: Scope, columns: Sequence[Column], kind: Kind | None) -> Column:
    conditions, results = columns[:-1:2], (*columns[1:-1:2], columns[-1])
    picked = chosen([truth(condition) for condition in conditions], results, conditions, kind)
    if all(condition.trouble is None for condition in conditions):
        return picked
    if len(conditions) > 1:
        nested = columns[-1]
        for condition, result in zip(reversed(conditions), reversed(columns[1:-1:2]), strict=True):
            nested = _if(_scope, (condition, result, nested), kind)
        return nested
    trouble = conditions[0].trouble
    if trouble is not None and picked.trouble is not None:
        trouble = pl.coalesce(trouble, picked.trouble)
    return Column(
        picked.kind, picked.value, trouble, picked.number, size=_checked(picked.size + conditions[0].size)
    )


def _case(scope: Scope, columns: Sequence[Column], kind: Kind | None) -> Column:
    subject, wanted, results = columns[0], columns[1:-1:2], (*columns[2:-1:2], columns[-1])
    conditions = [_same(scope, subject, one) for one in wanted]
    plain = [
        Column(result.kind, result.value, None, result.number, result.constant, result.size)
        for result in results
    ]
    size = joined_size(columns) + subject.size * len(wanted)
    picked = chosen(conditions, plain, (), kind)
    return Column(picked.kind, picked.value, first_trouble(columns), picked.number, size=_checked(size))


def _same(scope: Scope, left: Column, right: Column) -> pl.Expr:
    left, right = _typed(left, right.kind), _typed(right, left.kind)
    return compared(scope, "=", left, right).fill_null(value=False)


def _in(scope: Scope, columns: Sequence[Column], _kind: Kind | None) -> Column:
    any_ = pl.any_horizontal([_same(scope, columns[0], one) for one in columns[1:]])
    size = _checked(joined_size(columns) + columns[0].size * len(columns))
    given = columns[0].value.is_not_null()
    return Column(Kind.BOOLEAN, given & any_, first_trouble(columns), size=size)


def _blankvalue(_scope: Scope, columns: Sequence[Column], kind: Kind | None) -> Column:
    first, second = columns
    filled = (
        first
        if first.trouble is None
        else Column(first.kind, first.value, None, first.number, first.constant, first.size)
    )
    picked = chosen([filled.value.is_not_null()], (filled, second), (filled,), kind)
    if first.trouble is None:
        return picked
    trouble = first.trouble if picked.trouble is None else pl.coalesce(first.trouble, picked.trouble)
    return Column(picked.kind, picked.value, trouble, picked.number, size=_checked(picked.size + first.size))


def _nullvalue(_scope: Scope, columns: Sequence[Column], kind: Kind | None) -> Column:
    if any(column.kind in TEXTUAL - {Kind.MULTIPICKLIST, Kind.PICKLIST} for column in columns):
        return Column(
            columns[0].kind,
            columns[0].value,
            first_trouble(columns),
            columns[0].number,
            size=joined_size(columns),
        )
    plain = [Column(one.kind, one.value, None, one.number, one.constant, one.size) for one in columns]
    picked = chosen([plain[0].value.is_not_null()], plain, (plain[0],), kind)
    return Column(picked.kind, picked.value, first_trouble(columns), picked.number, size=picked.size)


def _iferror(_scope: Scope, columns: Sequence[Column], kind: Kind | None) -> Column:
    first, second = columns
    if first.trouble is None:
        return first
    fine = (first.trouble < FAILED).fill_null(value=True)
    return chosen([fine], (first, second), (first,), kind)


def _isblank(_scope: Scope, columns: Sequence[Column], _kind: Kind | None) -> Column:
    return Column(Kind.BOOLEAN, columns[0].value.is_null(), columns[0].trouble, size=columns[0].size + 1)


def _isnull(scope: Scope, columns: Sequence[Column], kind: Kind | None) -> Column:
    if columns[0].kind in TEXTUAL - {Kind.MULTIPICKLIST, Kind.PICKLIST}:
        return Column(Kind.BOOLEAN, pl.lit(value=False), columns[0].trouble, size=columns[0].size)
    return _isblank(scope, columns, kind)


CHOICES: Mapping[str, Callable[[Scope, Sequence[Column], Kind | None], Column]] = {
    "AND": lambda _scope, columns, _kind: decided(columns, decisive=False),
    "OR": lambda _scope, columns, _kind: decided(columns, decisive=True),
    "IF": _if,
    "IFS": _if,
    "CASE": _case,
    "IN": _in,
    "BLANKVALUE": _blankvalue,
    "NULLVALUE": _nullvalue,
    "IFERROR": _iferror,
    "ISBLANK": _isblank,
    "ISNULL": _isnull,
}
