"""Choices and logic over columns. What the row form does by not computing, this does by not choosing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from awase_formula.columnwise import numbers
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
from awase_formula.columnwise.operators import as_number, compared, typed
from awase_formula.kinds import TEXTUAL, Kind

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
    size = _checked(picked.size + conditions[0].size)
    unknown = conditions[0].trouble
    trouble = unknown
    if trouble is not None and picked.trouble is not None:
        trouble = pl.coalesce(trouble, picked.trouble)
    if unknown is not None and picked.kind is kind is Kind.BOOLEAN:
        trouble = pl.when(~((unknown < FAILED) & _same_truth(results))).then(trouble)
        size = _checked(size * 2)
    return Column(picked.kind, picked.value, trouble, picked.number, size=size)


def _same_truth(results: Sequence[Column]) -> pl.Expr:
    """Where two results are the same, so that a condition that is not known leaves nothing open."""
    first, second = same_type(results, Kind.BOOLEAN)
    same = first.value.eq_missing(second.value)
    for trouble in (first.trouble, second.trouble):
        same = same if trouble is None else same & trouble.is_null()
    return same


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
    left, right = typed(left, right.kind), typed(right, left.kind)
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
