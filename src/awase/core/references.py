"""References: ids of other records, translated through the links of the sync that joins those records.

A single reference (a text) that has no partner yet is *stuck*: it is neither written nor taken for empty. Of a set of
references (a list of texts) the part that has partners is compared and carried; the rest stays as it is on its side
and is stuck too, so that somebody who is not synced yet is not taken off the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from awase.core.mapping import BoundField
from awase.core.operations import Side, other
from awase.core.values import DTYPES, Kind


@dataclass(frozen=True, slots=True)
class Partners:
    """Whom the ids in one reference field stand for on the other side."""

    to_crm: Mapping[str, str] = field(default_factory=dict)
    to_ma: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[tuple[Side, str], str] = field(default_factory=dict)
    """Why an id of that side has no partner, where more is known than that it has none: an error type."""

    nobody: frozenset[str] = frozenset()
    """Ids that stand for nobody, like a blank: the integration user, whom a vendor makes the owner of what has none."""

    def table(self, to: Side) -> Mapping[str, str]:
        return self.to_crm if to == "crm" else self.to_ma


Tables = Mapping[str, Partners]
"""By mapped field's name; every field with ``through`` has an entry."""

NOBODY = Partners()


def translated(value: pl.Expr, bound: BoundField, to: Side, partners: Partners) -> pl.Expr:
    """A column of ids of the other side as ids of ``to``; what has no partner is left out."""
    table = partners.table(to)
    if bound.kind(to) == Kind.TEXTS:
        return _sorted_or_null(value.list.eval(_replaced(pl.element(), table)).list.drop_nulls())
    return _replaced(value, table)


def known(value: pl.Expr, bound: BoundField, side: Side, partners: Partners) -> pl.Expr:
    """Of a set of ids of ``side``, those that have partners; a single id as it is."""
    if bound.kind(side) != Kind.TEXTS:
        return value
    return _sorted_or_null(value.list.eval(pl.element().filter(_has_partner(pl.element(), side, partners))))


def unknown(value: pl.Expr, side: Side, partners: Partners) -> pl.Expr:
    """Of a set of ids of ``side``, those that have no partner."""
    return _sorted_or_null(value.list.eval(pl.element().filter(~_has_partner(pl.element(), side, partners))))


def stuck(value: pl.Expr, bound: BoundField, side: Side, partners: Partners) -> pl.Expr:
    """Boolean, never null: something in this column of ``side`` has no partner."""
    if bound.kind(side) == Kind.TEXTS:
        without = value.list.eval(~_has_partner(pl.element(), side, partners)).list.any()
        return without.fill_null(value=False)
    return value.is_not_null() & ~_has_partner(value, side, partners)


def together(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Two sets as one; empty is null."""
    empty = pl.lit([], dtype=DTYPES[Kind.TEXTS])
    return _sorted_or_null(pl.coalesce(one, empty).list.set_union(pl.coalesce(other, empty)))


def _replaced(ids: pl.Expr, table: Mapping[str, str]) -> pl.Expr:
    if not table:
        return pl.when(pl.lit(value=False)).then(ids)
    return ids.replace_strict(dict(table), default=None, return_dtype=pl.String())


def _has_partner(ids: pl.Expr, side: Side, partners: Partners) -> pl.Expr:
    told = [*partners.table(other(side)), *partners.nobody]
    return ids.is_in(told).fill_null(value=False)


def _sorted_or_null(ids: pl.Expr) -> pl.Expr:
    ordered = ids.list.unique().list.sort()
    return pl.when(ordered.list.len() > 0).then(ordered)
