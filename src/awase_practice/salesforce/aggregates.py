"""Groups of rows instead of rows: COUNT, SUM and their kin, GROUP BY, HAVING, and the order of groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ..kernel.rows import Row
from .conditions import Conditions
from .errors import ApiError
from .fields import NUMBER_TYPES, Field, ObjectType
from .names import Names
from .records import Reader
from .soql_tokens import excerpt, malformed
from .soql_tree import AGGREGATES, Call, Item, Path, Query

MOST_GROUPS: Final = 2000
_SUMMABLE: Final = NUMBER_TYPES | {"int"}
_UNCOUNTABLE: Final = frozenset(("multipicklist", "anyType"))
_COUNT: Final = Field("Count", "Count", "int", digits=18)
_DOUBLE: Final = Field("Sum", "Sum", "double", precision=18, scale=6)


@dataclass(frozen=True, slots=True)
class _Group:
    """key: the values that its rows share, in the order of GROUP BY."""

    key: tuple[Any, ...]
    rows: list[Row]


Getter = Callable[[Any], Any]
"""Reads a value from a group."""


class Aggregation:
    """One query over groups with its names resolved. Raises ApiError."""

    def __init__(self, names: Names, kind: ObjectType, query: Query, today: date) -> None:
        self._names, self._kind, self._query = names, kind, query
        self._keys: dict[str, tuple[int, Field]] = {}
        self._readers: list[Reader] = []
        for item in query.groups:
            field, read = names.item(kind, item)
            if isinstance(item, Path) and (field.is_long_text or field.type in _UNCOUNTABLE):
                text = (
                    f"{excerpt(names.text, item.at)}field '{field.name}' can not be grouped in a query call"
                )
                raise ApiError(400, "INVALID_FIELD", text)
            self._keys[self._sign(item)] = len(self._readers), field
            self._readers.append(read)
        self.columns = self._columns()
        conditions = Conditions(names, kind, lambda _query: set(), today, self._item)
        self._test = conditions.compile(query.having) if query.having else None
        self._order = [(self._item(order.path)[1], order) for order in query.order]

    def records(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """The result: one record a group."""
        groups = [group for group in self._grouped(rows) if self._test is None or self._test(group)]  # type: ignore[arg-type]
        for read, order in reversed(self._order):
            empty = 1 if order.nulls_last != order.descending else -1

            def key(group: _Group, read: Getter = read, empty: int = empty) -> Any:
                value = read(group)
                return (empty, 0) if value is None else (0, value)

            groups.sort(key=key, reverse=order.descending)
        start, limit = self._query.offset, self._query.limit
        groups = groups[start : None if limit is None else start + limit]
        if len(groups) > MOST_GROUPS:
            text = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
            raise ApiError(400, "EXCEEDED_ID_LIMIT", text)
        mark = {"type": "AggregateResult"}
        return [
            {"attributes": mark, **{name: read(group) for name, read in self.columns}} for group in groups
        ]

    def _grouped(self, rows: Iterable[Row]) -> Sequence[_Group]:
        if not self._readers:
            return [_Group((), list(rows))]
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(read(row) for read in self._readers), []).append(row)
        return [_Group(key, members) for key, members in groups.items()]

    def _columns(self) -> list[tuple[str, Getter]]:
        columns: list[tuple[str, Getter]] = []
        unnamed = 0
        for item in self._query.items:
            field, read = self._item(item)
            if item.alias:
                name = item.alias
            elif isinstance(item, Path):
                name = field.name
            else:
                name, unnamed = f"expr{unnamed}", unnamed + 1
            if any(name == taken for taken, _ in columns):
                raise malformed(f"{excerpt(self._names.text, item.at)}duplicate alias: {name}")
            columns.append((name, read))
        return columns

    def _item(self, item: Item) -> tuple[Field, Getter]:
        """An aggregate, something that is grouped by, or the alias of one of these."""
        if isinstance(item, Path) and len(item.parts) == 1:
            for column in self._query.items:
                if column.alias and column.alias.lower() == item.parts[0].lower() and column is not item:
                    return self._item(column)
        if isinstance(item, Call) and item.name in AGGREGATES:
            return self._aggregate(item)
        found = self._keys.get(self._sign(item))
        if found is None:
            shown = ".".join(item.parts) if isinstance(item, Path) else item.name
            raise malformed(
                f"{excerpt(self._names.text, item.at)}Field must be grouped or aggregated: {shown}"
            )
        place, field = found
        return field, lambda group: group.key[place]

    def _aggregate(self, call: Call) -> tuple[Field, Getter]:
        if call.path is None:
            raise malformed(f"{excerpt(self._names.text, call.at)}unexpected token: ')'")
        field, read = self._names.reader(self._kind, call.path)
        summable = field.type in _SUMMABLE
        fits = {
            "sum": summable,
            "avg": summable,
            "min": field.type not in {"boolean", "id", "reference"},
            "max": field.type not in {"boolean", "id", "reference"},
        }.get(call.name, field.type not in _UNCOUNTABLE)
        if not fits or field.is_long_text:
            text = (
                f"{excerpt(self._names.text, call.at)}field {field.name} does not support aggregate operator"
            )
            raise malformed(f"{text} {call.name.upper()}")
        work = _WORK[call.name]

        def value(group: _Group) -> Any:
            return work([each for row in group.rows if (each := read(row)) is not None])

        shown = {"count": _COUNT, "count_distinct": _COUNT, "sum": _DOUBLE, "avg": _DOUBLE}
        return shown.get(call.name, field), value

    def _sign(self, item: Item) -> str:
        """What makes two mentions of an item the same."""
        if isinstance(item, Path):
            return ".".join(self._names.parts(self._kind, item)).lower()
        return f"{item.name}({self._sign(item.path)})" if item.path else item.name


_WORK: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "count": len,
    "count_distinct": lambda values: len(set(values)),
    "sum": lambda values: sum(values) if values else None,
    "avg": lambda values: sum(values) / len(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
}
