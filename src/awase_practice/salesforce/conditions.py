"""WHERE clauses as tests of a row, with the vendor's rules about quotes, types, case and nulls."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from ..kernel.rows import Row
from .date_literals import span_of, stored_day
from .errors import ApiError
from .fields import NUMBER_TYPES, Field, ObjectType
from .ids import normal_id
from .names import Names
from .records import Reader
from .soql_tokens import excerpt
from .soql_tree import Among, Compare, Expression, Item, Joined, Literal, Not, Path, Query, Within
from .values import read_datetime, stamp

Test = Callable[[Row], bool]


class Conditions:
    """Compiles the conditions of one query over one object. All methods raise ApiError."""

    def __init__(
        self,
        names: Names,
        kind: ObjectType,
        inside: Callable[[Query], set[Any]],
        today: date,
        read: Callable[[Item], tuple[Field, Reader]] | None = None,
    ) -> None:
        """inside: the values that a semi-join's query finds. read: how an item is read, if not from a row."""
        self._read = read or (lambda item: names.item(kind, item))
        self._inside = inside
        self._today = today
        self._text = names.text

    def compile(self, expression: Expression) -> Test:
        """One expression as a test."""
        match expression:
            case Joined(word, terms):
                tests = [self.compile(term) for term in terms]
                if word == "and":
                    return lambda row: all(test(row) for test in tests)
                return lambda row: any(test(row) for test in tests)
            case Not(term):
                test = self.compile(term)
                return lambda row: not test(row)
            case Compare(path, sign, literal):
                return self._comparison(path, sign, literal)
            case Among(path, sign, literals):
                return self._among(path, sign, literals)
            case Within(path, sign, query):
                return self._within(path, sign, query)

    def _filtered(self, path: Item, sign: str) -> tuple[Field, Reader]:
        field, read = self._read(path)
        if not field.filterable:
            text = f"{excerpt(self._text, path.at)}field '{field.name}' can not be filtered in a query call"
            raise ApiError(400, "INVALID_FIELD", text)
        if (sign in {"includes", "excludes"}) != (field.type == "multipicklist") and sign not in {"=", "!="}:
            text = f"{excerpt(self._text, path.at)}invalid operator on {field.type} field"
            raise ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", text)
        return field, read

    def _comparison(self, path: Item, sign: str, literal: Literal) -> Test:
        field, read = self._filtered(path, sign)
        if literal.kind == "span" and field.type in {"date", "datetime"}:
            return self._in_span(field, read, sign, str(literal.value))
        wanted = self._wanted(field, literal, path)
        folds = folds_case(field)
        if sign == "like":
            pattern = _like(literal.pattern or tuple(str(literal.value)))
            return lambda row: (value := read(row)) is not None and pattern.fullmatch(str(value)) is not None
        if sign == "=":
            if folds:
                return lambda row: (value.casefold() if (value := read(row)) is not None else None) == wanted
            return lambda row: bool(read(row) == wanted)
        if sign == "!=":
            if folds:
                return lambda row: (value.casefold() if (value := read(row)) is not None else None) != wanted
            return lambda row: bool(read(row) != wanted)
        return _ordered(read, sign, wanted, folds)

    def _in_span(self, field: Field, read: Reader, sign: str, word: str) -> Test:
        """Compare with a span of days: before it, in it, after it."""
        days = span_of(word, self._today)
        assert days is not None  # noqa: S101  (the parser knows its words)
        first, end = (stored_day(day, field.type) for day in days)
        match sign:
            case "=":
                return lambda row: (value := read(row)) is not None and first <= value < end
            case "!=":
                return lambda row: (value := read(row)) is None or not first <= value < end
            case "<" | ">=":
                before = sign == "<"
                return lambda row: (value := read(row)) is not None and (value < first) == before
            case _:
                before = sign == "<="
                return lambda row: (value := read(row)) is not None and (value < end) == before

    def _among(self, path: Item, sign: str, literals: tuple[Literal, ...]) -> Test:
        field, read = self._filtered(path, sign)
        if sign in {"includes", "excludes"}:
            choices = [frozenset(str(each.value).split(";")) for each in literals]
            wants = sign == "includes"
            return lambda row: any(each <= set((read(row) or "").split(";")) for each in choices) == wants
        wanted = {self._wanted(field, each, path) for each in literals}
        inside = sign == "in"
        if folds_case(field):
            return lambda row: ((value.casefold() if (value := read(row)) else value) in wanted) == inside
        return lambda row: (read(row) in wanted) == inside

    def _within(self, path: Path, sign: str, query: Query) -> Test:
        field, read = self._filtered(path, sign)
        if field.type not in {"id", "reference"}:
            text = f"{excerpt(self._text, path.at)}The left operand field in the where expression for a semi-join must be an id"
            raise ApiError(400, "MALFORMED_QUERY", text)
        found, inside = self._inside(query), sign == "in"
        return lambda row: (read(row) in found) == inside

    def _wanted(self, field: Field, literal: Literal, path: Item) -> Any:
        """A literal in the form stored values have. Raises ApiError if it does not fit the field."""
        if literal.kind == "null":
            return None
        expected = _literal_kind(field)
        if literal.kind != expected:
            quotes = "should be" if expected == "string" else "should not be"
            text = (
                f"{excerpt(self._text, path.at)}value of filter criterion for field '{field.name}' must be of type "
                f"{field.type} and {quotes} enclosed in quotes"
            )
            raise ApiError(400, "INVALID_FIELD", text)
        if expected == "datetime":
            moment = read_datetime(str(literal.value))
            if moment is None:
                raise ApiError(400, "MALFORMED_QUERY", f"{excerpt(self._text, path.at)}invalid date")
            return stamp(moment)
        if field.type in {"id", "reference"}:
            whole = normal_id(str(literal.value))
            if whole is None and literal.value:
                text = f"{excerpt(self._text, path.at)}invalid ID field: {literal.value}"
                raise ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", text)
            return whole
        if expected == "string":
            # An empty text equals null, as it is stored.
            return str(literal.value).casefold() or None if folds_case(field) else literal.value or None
        return literal.value


def folds_case(field: Field) -> bool:
    """Whether comparisons of this field mind no case."""
    return (
        _literal_kind(field) == "string"
        and field.type not in {"id", "reference"}
        and not field.case_sensitive
    )


def _literal_kind(field: Field) -> str:
    if field.type in {"date", "datetime", "boolean"}:
        return field.type
    return "number" if field.type in NUMBER_TYPES or field.type == "int" else "string"


def _ordered(read: Reader, sign: str, wanted: Any, folds: bool) -> Test:
    def value_of(row: Row) -> Any:
        value = read(row)
        return value.casefold() if folds and value is not None else value

    if wanted is None:
        return lambda _row: False
    if sign == "<":
        return lambda row: (value := value_of(row)) is not None and value < wanted
    if sign == "<=":
        return lambda row: (value := value_of(row)) is not None and value <= wanted
    if sign == ">":
        return lambda row: (value := value_of(row)) is not None and value > wanted
    return lambda row: (value := value_of(row)) is not None and value >= wanted


def _like(pattern: tuple[str, ...]) -> re.Pattern[str]:
    signs = {"%": ".*", "_": ".", r"\%": "%", r"\_": "_"}
    parts = [signs.get(sign) or re.escape(sign) for sign in pattern]
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
