"""A parsed query as a small tree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A field, possibly through parents: ``("Owner", "Name")``. alias: its name in the result of a grouping."""

    parts: tuple[str, ...]
    at: int
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a field: ``COUNT(Id)``, ``CALENDAR_YEAR(CreatedDate)``, ``FIELDS(ALL)``; name in lower case."""

    name: str
    path: Path | None
    at: int
    alias: str = ""


Item = Path | Call


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in the query. kind: string, number, date, datetime, boolean, null or span (``LAST_N_DAYS:3``).

    pattern: of a string behind LIKE, its signs one by one; an escaped ``%`` or ``_`` keeps its backslash.
    """

    kind: str
    value: str | float | bool | None
    pattern: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compare:
    """``path sign literal``; sign is one of = != < <= > >= like."""

    path: Item
    sign: str
    literal: Literal


@dataclass(frozen=True, slots=True)
class Among:
    """``path IN (...)`` and its kin; sign is one of in, not in, includes, excludes."""

    path: Item
    sign: str
    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """A semi-join: ``path IN (SELECT one field …)``; sign is in or not in."""

    path: Path
    sign: str
    query: Query


@dataclass(frozen=True, slots=True)
class Joined:
    """Several terms joined by one word: and, or."""

    word: str
    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A negated term."""

    term: Expression


Expression = Compare | Among | Within | Joined | Not


@dataclass(frozen=True, slots=True)
class Order:
    """One part of ORDER BY."""

    path: Item
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; items and children are empty for COUNT(). The object of a child is its relationship's name.

    names: what the object may be called in paths (its own name and an alias), in lower case.
    """

    items: tuple[Item, ...]
    object: Path
    where: Expression | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int
    children: tuple[Query, ...] = ()
    groups: tuple[Item, ...] = ()
    having: Expression | None = None
    names: frozenset[str] = frozenset()

    @property
    def aggregates(self) -> bool:
        """Whether the result is of groups of rows instead of rows."""
        return bool(self.groups) or any(
            isinstance(each, Call) and each.name in AGGREGATES for each in self.items
        )


AGGREGATES = frozenset(("count", "count_distinct", "sum", "avg", "min", "max"))
