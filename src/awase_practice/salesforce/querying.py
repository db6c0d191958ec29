"""Answering queries: resolving names, choosing rows, ordering them, and handing them out by the page.

A result is the list of its rows at the time of the query; their values are read when their page is fetched
[from memory: the vendor fixes the set of ids, not a full copy].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..kernel.http import HttpResponse, json_response
from ..kernel.rows import Row
from .conditions import Conditions, folds_case
from .data import OrgData
from .errors import ApiError
from .ids import make_id, normal_id
from .names import Names
from .records import RecordShape
from .soql import Among, Compare, Joined, Literal, Order, Path, Query, excerpt, parse

PAGE = 2000
_LONG_TEXT_PAGE = 200
_CURSOR_LIFE = timedelta(days=2)


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
        self._names = Names(data, text)
        self._kind = self._names.object(query.object)
        self.shape = RecordShape(data, self._kind, version)
        self.long_texts = 0
        for path in query.fields:
            self._show(path)
        self._test = Conditions(self._names, self._kind).compile(query.where) if query.where else None
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

    def _show(self, path: Path) -> None:
        shape, kind = self.shape, self._kind
        for part in path.parts[:-1]:
            through, kind = self._names.parent(kind, part, path)
            shape = shape.parent(through, kind)
        field = self._names.field(kind, path.parts[-1], path)
        self.long_texts += field.is_long_text
        if field.name in shape.fields:
            raise ApiError(400, "MALFORMED_QUERY", f"duplicate field selected: {field.name}")
        shape.add(field)

    def _sort_key(self, order: Order) -> Callable[[Row], Any]:
        field, read = self._names.reader(self._kind, order.path)
        if field.is_long_text or field.type == "multipicklist":
            text = (
                f"{excerpt(self._text, order.path.at)}field '{field.name}' can not be sorted in a query call"
            )
            raise ApiError(400, "INVALID_FIELD", text)
        folds = folds_case(field)
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
