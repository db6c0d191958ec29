"""A parsed query as a small tree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A field, possibly through parents: ``("Owner", "Name")``."""

    parts: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in the query. kind: string, number, date, datetime, boolean or null.

    pattern: of a string behind LIKE, its signs one by one; an escaped ``%`` or ``_`` keeps its backslash.
    """

    kind: str
    value: str | float | bool | None
    pattern: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compare:
    """``path sign literal``; sign is one of = != < <= > >= like."""

    path: Path
    sign: str
    literal: Literal


@dataclass(frozen=True, slots=True)
class Among:
    """``path IN (...)`` and its kin; sign is one of in, not in, includes, excludes."""

    path: Path
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

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; fields and children are empty for COUNT(). The object of a child is its relationship's name."""

    fields: tuple[Path, ...]
    object: Path
    where: Expression | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int
    children: tuple[Query, ...] = ()
