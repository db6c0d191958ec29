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
from .aggregates import Aggregation
from .columns import AGGREGATE, column_of
from .conditions import Conditions, folds_case
from .data import OrgData
from .date_literals import today_of
from .errors import ApiError
from .fields import SYSTEM_FIELDS, Field, ObjectType
from .ids import make_id, normal_id
from .names import Names
from .records import Reader, RecordShape
from .soql import parse
from .soql_tokens import excerpt, malformed
from .soql_tree import Among, Compare, Item, Joined, Literal, Order, Path, Query

PAGE = 2000
_LONG_TEXT_PAGE = 200
_ONE_ROW_EACH = frozenset(("Metadata", "FullName"))
_MOST_WITH_ALL_FIELDS = 200
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

    def tooling(self, text: str, version: str) -> HttpResponse:
        """A query to the Tooling API, whose objects are few: one page. Raises ApiError."""
        plan = Plan(self._data, text, parse(text), version, deleted=False, tooling=True)
        rows = plan.rows()
        if len(rows) > 1 and not _ONE_ROW_EACH.isdisjoint(plan.shape.fields):
            raise malformed(
                "When retrieving results with Metadata or FullName fields, the query qualifications must specify no "
                f"more than one row for retrieval. Result size: {len(rows)}"
            )
        found = plan.aggregation.records(rows) if plan.aggregation else [plan.shape.show(row) for row in rows]
        sizes = {"size": len(found), "totalSize": len(found), "done": True, "queryLocator": None}
        return json_response(200, {**sizes, "entityTypeName": plan.kind.name, "records": found})

    def answer(self, text: str, version: str, *, deleted: bool, page: int | None = None) -> HttpResponse:
        """The first page of a query. deleted: rows in the recycle bin are looked at too. Raises ApiError."""
        query = parse(text)
        plan = Plan(self._data, text, query, version, deleted=deleted)
        rows = plan.rows()
        if not query.items and not query.children:
            return json_response(200, {"totalSize": len(rows), "done": True, "records": []})
        if plan.aggregation is not None:
            records = plan.aggregation.records(rows)
            return json_response(200, {"totalSize": len(records), "done": True, "records": records})
        longest = _LONG_TEXT_PAGE if plan.long_texts > 1 else PAGE
        cursor = _Cursor(rows, plan.shape, min(page or longest, longest), self._data.clock.now())
        return self._page(cursor, 0, "", version)

    def columns(self, text: str, version: str) -> HttpResponse:
        """What a query would answer instead of its answer (``columns=true``) [confirmed by one client: names of keys]."""
        query = parse(text)
        plan = Plan(self._data, text, query, version, deleted=False)
        shown = [column_of(parts, field) for parts, field in plan.columns]
        if plan.aggregation is not None:
            shown = [column_of((name,), AGGREGATE, aggregate=True) for name, _ in plan.aggregation.columns]
        document = {
            "columnMetadata": shown,
            "entityName": plan.kind.name,
            "groupBy": bool(query.groups),
            "idSelected": any(parts == ("Id",) for parts, _ in plan.columns),
            "keyPrefix": plan.kind.key_prefix,
        }
        return json_response(200, document)

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


class Plan:
    """One query with all its names resolved. columns: each field of the result with the path it was asked by."""

    def __init__(
        self,
        data: OrgData,
        text: str,
        query: Query,
        version: str,
        *,
        deleted: bool,
        kind: ObjectType | None = None,
        tooling: bool = False,
    ) -> None:
        """kind: of a sub-select, whose FROM names a relationship."""
        self._data, self._text, self._query, self._version = data, text, query, version
        self._deleted = deleted
        self._names = Names(data, text, query.names, tooling=tooling)
        self.kind = self._kind = kind or self._names.object(query.object)
        data.policies.check_read(self._kind.name)
        self.shape = RecordShape(data, self._kind, version)
        self.long_texts = 0
        self.columns: list[tuple[tuple[str, ...], Field]] = []
        today = today_of(data.clock.now())
        self.aggregation: Aggregation | None = None
        conditions = Conditions(self._names, self._kind, self._values, today)
        self._test = conditions.compile(query.where) if query.where else None
        self._order: list[tuple[Callable[[Row], Any], bool]] = []
        if query.aggregates:
            self.aggregation = Aggregation(self._names, self._kind, query, today)
            return
        for item in query.items:
            self._show_item(item)
        for child in query.children:
            self._show_children(child)
        self._order = [(self._sort_key(order), order.descending) for order in query.order]

    def rows(self) -> list[Row]:
        """The rows of the result, in order."""
        return self.choose(self._candidates())

    def reader(self, parts: tuple[str, ...]) -> Reader:
        """How a column of the result is read from a row."""
        return self._names.reader(self._kind, Path(parts, 0))[1]

    def choose(self, candidates: Iterable[Row]) -> list[Row]:
        """Those of some rows that the query wants, in order."""
        test, deleted, data = self._test, self._deleted, self._data
        unseen = {row_id for row_id, access in data.permissions.rows.items() if access == "none"}
        chosen = [
            row
            for row in candidates
            if (row.deleted_at is None or (deleted and not data.is_purged(row)))
            and row.id not in unseen
            and (test is None or test(row))
        ]
        for key, descending in reversed(self._order):
            chosen.sort(key=key, reverse=descending)
        if self.aggregation is not None:
            return chosen
        start = self._query.offset
        return chosen[start:] if self._query.limit is None else chosen[start : start + self._query.limit]

    def _candidates(self) -> Iterable[Row]:
        """The rows worth testing: those that an index finds for a value that the query names, or all."""
        where = self._query.where
        terms = where.terms if isinstance(where, Joined) and where.word == "and" else (where,)
        table = self._data.tables[self._kind.name]
        for term in terms:
            named = self._named(term) if isinstance(term, Compare | Among) else None
            if named is not None:
                return [row for each in sorted(named) if (row := table.get(each))]
        return table.all()

    def _named(self, term: Compare | Among) -> set[str] | None:
        """The ids of all rows that a term can be true of, if that can be told without looking at every row."""
        parts = self._names.parts(self._kind, term.path) if isinstance(term.path, Path) else ()
        field = self._kind.find(parts[0]) if len(parts) == 1 else None
        literals = _literals(term)
        if field is None or literals is None or any(each.kind in {"null", "span"} for each in literals):
            return None
        values: set[Any] = {each.value for each in literals}
        if field.type in {"id", "reference"}:
            values = {normal_id(str(each)) for each in values} - {None}
        if field.name == "Id":
            return values
        if field.name in SYSTEM_FIELDS or not (field.type == "reference" or field in self._kind.indexed):
            return None
        index = self._data.index(self._kind.name, field, deleted=self._deleted)
        return {row_id for each in values for row_id in index.find(each)}

    def _values(self, query: Query) -> set[Any]:
        """What a semi-join's query finds in its one field."""
        inner = Plan(self._data, self._text, query, self._version, deleted=self._deleted)
        if len(query.items) != 1 or not isinstance(query.items[0], Path):
            text = f"{excerpt(self._text, query.object.at)}a semi-join sub-select can only query one field"
            raise ApiError(400, "MALFORMED_QUERY", text)
        _, read = inner._names.reader(inner._kind, query.items[0])
        return {read(row) for row in inner.rows()} - {None}

    def _show_children(self, query: Query) -> None:
        kind, through = self._names.child(self._kind, query.object)
        plan = Plan(self._data, self._text, query, self._version, deleted=self._deleted, kind=kind)
        data, deleted = self._data, self._deleted

        def rows_of(row: Row) -> list[Row]:
            return plan.choose(data.children(kind, through, row.id, deleted=deleted))

        self.shape.add_children(through.children or "", rows_of, plan.shape)

    def _show_item(self, item: Item) -> None:
        if item.alias:
            raise malformed(f"{excerpt(self._text, item.at)}only aggregate expressions use field aliasing")
        if isinstance(item, Path):
            self._show(item)
        elif item.name == "fields" and item.path is not None:
            self._show_all(item.path)
        else:
            raise malformed(f"{excerpt(self._text, item.at)}unexpected token: '{item.name}'")

    def _show_all(self, which: Path) -> None:
        """``FIELDS(ALL)`` and its kin; those that may be many want a small LIMIT."""
        word = which.parts[0].lower()
        if word not in {"all", "standard", "custom"}:
            raise malformed(f"{excerpt(self._text, which.at)}Unrecognized grouping: {which.parts[0]}")
        if word != "standard" and (self._query.limit is None or self._query.limit > _MOST_WITH_ALL_FIELDS):
            raise malformed(
                f"{excerpt(self._text, which.at)}The SOQL FIELDS function must have a LIMIT of at most 200"
            )
        for field in self._kind.fields:
            if (word == "all" or field.custom == (word == "custom")) and field.name not in self.shape.fields:
                self.shape.add(field)
                self.columns.append(((field.name,), field))

    def _show(self, path: Path) -> None:
        shape, kind = self.shape, self._kind
        parts = self._names.parts(kind, path)
        for part in parts[:-1]:
            through, kind = self._names.parent(kind, part, path)
            shape = shape.parent(through, kind)
        field = self._names.field(kind, parts[-1], path)
        self.long_texts += field.is_long_text
        if field.name in shape.fields:
            raise ApiError(400, "MALFORMED_QUERY", f"duplicate field selected: {field.name}")
        shape.add(field)
        self.columns.append((parts, field))

    def _sort_key(self, order: Order) -> Callable[[Row], Any]:
        field, read = self._names.item(self._kind, order.path)
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


def _literals(term: Compare | Among) -> tuple[Literal, ...] | None:
    if isinstance(term, Compare):
        return (term.literal,) if term.sign == "=" else None
    return term.literals if term.sign == "in" else None
