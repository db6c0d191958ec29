"""Answering queries: resolving names, choosing rows, ordering them, and handing them out by the page.

A result is the list of its rows at the time of the query; their values are read when their page is fetched
[from memory: the vendor fixes the set of ids, not a full copy].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..kernel.http import HttpResponse, json_response
from ..kernel.rows import Row
from .data import OrgData
from .errors import ApiError
from .fields import NUMBER_TYPES, Field, ObjectType
from .ids import make_id, normal_id
from .records import Reader, RecordShape, reader_of
from .soql import Among, Compare, Expression, Joined, Literal, Not, Order, Path, Query, excerpt, parse
from .values import read_datetime, stamp

PAGE = 2000
_LONG_TEXT_PAGE = 200
_CURSOR_LIFE = timedelta(days=2)

Test = Callable[[Row], bool]


@dataclass(slots=True)
class _Cursor:
    rows: list[Row]
    shape: RecordShape
    page: int
    made_at: datetime


class Querying:
    """The queries of one org and their open cursors."""

    def __init__(self, data: OrgData) -> None:
        self._data = data
        self._cursors: dict[str, _Cursor] = {}
        self._made = 0

    def answer(self, text: str, version: str, *, deleted: bool, page: int | None = None) -> HttpResponse:
        """The first page of a query. deleted: rows in the recycle bin are looked at too. Raises ApiError."""
        query = parse(text)
        plan = _Plan(self._data, text, query, version)
        rows = plan.rows(deleted)
        if not query.fields:
            return json_response(200, {"totalSize": len(rows), "done": True, "records": []})
        longest = _LONG_TEXT_PAGE if plan.long_texts > 1 else PAGE
        cursor = _Cursor(rows, plan.shape, min(page or longest, longest), self._data.clock.now())
        return self._page(cursor, 0, "", version)

    def more(self, locator: str, version: str) -> HttpResponse:
        """A further page. Raises ApiError for a locator that is not or no longer known."""
        name, _, place = locator.partition("-")
        cursor = self._cursors.get(name)
        expired = cursor is not None and self._data.clock.now() - cursor.made_at > _CURSOR_LIFE
        if cursor is None or expired or not place.isdigit() or int(place) >= len(cursor.rows):
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, int(place), name, version)

    def _page(self, cursor: _Cursor, start: int, name: str, version: str) -> HttpResponse:
        end = start + cursor.page
        document: dict[str, Any] = {"totalSize": len(cursor.rows), "done": end >= len(cursor.rows)}
        if not document["done"]:
            name = name or self._keep(cursor)
            document["nextRecordsUrl"] = f"/services/data/{version}/query/{name}-{end}"
        document["records"] = [cursor.shape.show(row) for row in cursor.rows[start:end]]
        return json_response(200, document)

    def _keep(self, cursor: _Cursor) -> str:
        oldest = self._data.clock.now() - _CURSOR_LIFE
        for name in [name for name, kept in self._cursors.items() if kept.made_at < oldest]:
            del self._cursors[name]
        self._made += 1
        name = make_id("0r8", self._made)
        self._cursors[name] = cursor
        return name


class _Plan:
    """One query with all its names resolved."""

    def __init__(self, data: OrgData, text: str, query: Query, version: str) -> None:
        self._data, self._text, self._query = data, text, query
        self._kind = self._object(query.object)
        self.shape = RecordShape(data, self._kind, version)
        self.long_texts = 0
        for path in query.fields:
            self._show(path)
        self._test = self._compile(query.where) if query.where else None
        self._order = [(self._sort_key(order), order.descending) for order in query.order]

    def rows(self, deleted: bool) -> list[Row]:
        """The rows of the result, in order."""
        candidates = self._candidates()
        test = self._test
        chosen = [
            row for row in candidates if (deleted or row.deleted_at is None) and (test is None or test(row))
        ]
        for key, descending in reversed(self._order):
            chosen.sort(key=key, reverse=descending)
        start = self._query.offset
        return chosen[start:] if self._query.limit is None else chosen[start : start + self._query.limit]

    def _candidates(self) -> Iterable[Row]:
        """The rows worth testing: those with the ids that the query names, or all."""
        where = self._query.where
        terms = where.terms if isinstance(where, Joined) and where.word == "and" else (where,)
        table = self._data.tables[self._kind.name]
        for term in terms:
            if isinstance(term, Compare | Among) and [part.lower() for part in term.path.parts] == ["id"]:
                named = _named_ids(term)
                if named is not None:
                    return [row for each in named if (row := table.get(each))]
        return table.all()

    def _object(self, path: Path) -> ObjectType:
        kind = self._data.kind(path.parts[0])
        if kind is None:
            raise ApiError(
                400,
                "INVALID_TYPE",
                f"{excerpt(self._text, path.at)}sObject type '{path.parts[0]}' is not supported. If you are "
                "attempting to use a custom object, be sure to append the '__c' after the entity name. Please "
                "reference your WSDL or the describe call for the appropriate names.",
            )
        return kind

    def _show(self, path: Path) -> None:
        shape, kind = self.shape, self._kind
        for part in path.parts[:-1]:
            through, kind = self._parent(kind, part, path)
            shape = shape.parent(through, kind)
        field = self._field(kind, path.parts[-1], path)
        self.long_texts += field.is_long_text
        if field.name in shape.fields:
            raise ApiError(400, "MALFORMED_QUERY", f"duplicate field selected: {field.name}")
        shape.add(field)

    def _parent(self, kind: ObjectType, part: str, path: Path) -> tuple[Field, ObjectType]:
        through = kind.by_relationship.get(part.lower())
        target = self._data.kind(through.reference_to[0]) if through else None
        if through is None or target is None:
            text = (
                f"{excerpt(self._text, path.at)}Didn't understand relationship '{part}' in field path. If you are "
                "attempting to use a custom relationship, be sure to append the '__r' after the custom relationship "
                "name. Please reference your WSDL or the describe call for the appropriate names."
            )
            raise ApiError(400, "INVALID_FIELD", text)
        return through, target

    def _field(self, kind: ObjectType, name: str, path: Path) -> Field:
        field = kind.find(name)
        if field is None:
            text = (
                f"{excerpt(self._text, path.at)}No such column '{name}' on entity '{kind.name}'. If you are "
                "attempting to use a custom field, be sure to append the '__c' after the custom field name. Please "
                "reference your WSDL or the describe call for the appropriate names."
            )
            raise ApiError(400, "INVALID_FIELD", text)
        return field

    def _reader(self, path: Path) -> tuple[Field, Reader]:
        kind, steps = self._kind, []
        for part in path.parts[:-1]:
            through, kind = self._parent(kind, part, path)
            steps.append((reader_of(self._data, through), self._data.tables[kind.name]))
        field = self._field(kind, path.parts[-1], path)
        read = reader_of(self._data, field)
        if not steps:
            return field, read

        def through_parents(row: Row) -> Any:
            at: Row | None = row
            for read_id, table in steps:
                at = table.get(read_id(at) or "") if at else None
            return read(at) if at else None

        return field, through_parents

    def _filtered(self, path: Path, sign: str) -> tuple[Field, Reader]:
        field, read = self._reader(path)
        if not field.filterable:
            text = f"{excerpt(self._text, path.at)}field '{field.name}' can not be filtered in a query call"
            raise ApiError(400, "INVALID_FIELD", text)
        if (sign in {"includes", "excludes"}) != (field.type == "multipicklist") and sign not in {"=", "!="}:
            text = f"{excerpt(self._text, path.at)}invalid operator on {field.type} field"
            raise ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", text)
        return field, read

    def _compile(self, expression: Expression) -> Test:
        match expression:
            case Joined(word, terms):
                tests = [self._compile(term) for term in terms]
                if word == "and":
                    return lambda row: all(test(row) for test in tests)
                return lambda row: any(test(row) for test in tests)
            case Not(term):
                test = self._compile(term)
                return lambda row: not test(row)
            case Compare(path, sign, literal):
                return self._comparison(path, sign, literal)
            case Among(path, sign, literals):
                return self._among(path, sign, literals)

    def _comparison(self, path: Path, sign: str, literal: Literal) -> Test:
        field, read = self._filtered(path, sign)
        wanted = self._wanted(field, literal, path)
        folds = _folds(field)
        if sign == "like":
            pattern = _like(str(literal.value))
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

    def _among(self, path: Path, sign: str, literals: tuple[Literal, ...]) -> Test:
        field, read = self._filtered(path, sign)
        if sign in {"includes", "excludes"}:
            choices = [frozenset(str(each.value).split(";")) for each in literals]
            wants = sign == "includes"
            return lambda row: any(each <= set((read(row) or "").split(";")) for each in choices) == wants
        wanted = {self._wanted(field, each, path) for each in literals}
        inside = sign == "in"
        if _folds(field):
            return lambda row: ((value.casefold() if (value := read(row)) else value) in wanted) == inside
        return lambda row: (read(row) in wanted) == inside

    def _wanted(self, field: Field, literal: Literal, path: Path) -> Any:
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
            return str(literal.value).casefold() or None if _folds(field) else literal.value or None
        return literal.value

    def _sort_key(self, order: Order) -> Callable[[Row], Any]:
        field, read = self._reader(order.path)
        if field.is_long_text or field.type == "multipicklist":
            text = (
                f"{excerpt(self._text, order.path.at)}field '{field.name}' can not be sorted in a query call"
            )
            raise ApiError(400, "INVALID_FIELD", text)
        folds = _folds(field)
        # The reversing of a descending sort must not move the empty ones to the other end.
        empty_rank = 1 if order.nulls_last != order.descending else -1

        def key(row: Row) -> Any:
            value = read(row)
            if value is None:
                return (empty_rank, 0)
            return (0, value.casefold() if folds else value)

        return key


def _named_ids(term: Compare | Among) -> list[str] | None:
    if isinstance(term, Compare) and term.sign == "=":
        literals: tuple[Literal, ...] = (term.literal,)
    elif isinstance(term, Among) and term.sign == "in":
        literals = term.literals
    else:
        return None
    ids = {normal_id(str(each.value)) for each in literals}
    return sorted(each for each in ids if each)


def _folds(field: Field) -> bool:
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


def _like(pattern: str) -> re.Pattern[str]:
    parts = [".*" if sign == "%" else "." if sign == "_" else re.escape(sign) for sign in pattern]
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
