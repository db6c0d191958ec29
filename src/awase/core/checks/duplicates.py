"""Records that are too much alike for the vendor's duplicate rules.

Which matching rules a duplicate rule uses, and whether it blocks, the vendor does not show. So what is found here is
likely and never certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from awase.core.checks.check import Outgoing
from awase.core.checks.target import Target
from awase.core.mapping import BoundSync, column, seen_column
from awase.core.operations import Side
from awase.core.schema import MatchingField, MatchingRule
from awase.core.values import Kind

ERROR_TYPE = "duplicate_rule"
_BETWEEN = "\x1f"
"""Between the parts of a key; part of no value."""


def neighbours(frame: pl.DataFrame, sync: BoundSync, side: Side) -> dict[str, pl.DataFrame]:
    """The records of a side frame by object, with the fields that matching rules look at: ``_id`` and those, as text."""
    found = {}
    for object in sync.sync.objects(side):
        wanted = {
            field.name
            for one in sync.sync.objects(side)
            for rule in sync.object(side, one).matching_rules
            if rule.object == object
            for field in rule.fields
        }
        if not wanted:
            continue
        places = {field.name: column(side, b.name) for b in sync.fields if (field := b.on(side, object))}
        places |= {name: seen_column(object, name) for name in sync.watched_on(side, object)}
        found[object] = frame.filter(pl.col("_object") == object).select(
            "_id", *(pl.col(places[name]).cast(pl.String).alias(name) for name in wanted if name in places)
        )
    return found


def alike(
    outgoing: pl.DataFrame, target: Target, there: Mapping[str, pl.DataFrame]
) -> Iterator[tuple[int, MatchingRule, str]]:
    """Link, rule and value of each record that is like one that is there, or like one before it in ``outgoing``.

    ``there``: as ``neighbours`` gives them. ``outgoing``: as for ``preflight.findings``, with ``_target``.
    """
    for rule in target.object.matching_rules:
        others = there.get(rule.object)
        columns = [target.columns[field.name] for field in rule.fields if field.name in target.columns]
        if others is None or len(columns) < len(rule.fields) or not set(_names(rule)) <= set(others.columns):
            continue
        kinds = [target.object.fields[name].kind for name in _names(rule)]
        if Kind.TEXTS in kinds:
            continue
        ours = outgoing.select(
            "_link",
            pl.col("_target"),
            _key(zip(rule.fields, (out.after.cast(pl.String) for out in columns), strict=True)).alias("key"),
            _moves(columns).alias("moves"),
        ).filter(pl.col("moves") & pl.col("key").is_not_null())
        keys = others.select(
            pl.col("_id"), _key((field, pl.col(field.name)) for field in rule.fields).alias("key")
        ).filter(pl.col("key").is_not_null())
        met = ours.join(keys, on="key", how="left").filter(
            pl.col("_id").is_not_null() & (pl.col("_id") != pl.col("_target").fill_null(""))
        )
        again = (
            ours.filter(~pl.col("key").is_first_distinct())
            if rule.object == target.object.name
            else ours.clear()
        )
        both = pl.concat([met.select("_link", "key"), again.select("_link", "key")]).unique(
            "_link", maintain_order=True
        )
        for link, key in both.iter_rows():
            yield link, rule, key.replace(_BETWEEN, " / ")


def _names(rule: MatchingRule) -> list[str]:
    return [field.name for field in rule.fields]


def _moves(columns: list[Outgoing]) -> pl.Expr:
    """Duplicate rules are asked when a record is new, or one of the fields changes."""
    changed = [out.sent & out.value.ne_missing(out.stored) for out in columns]
    return columns[0].creating | pl.any_horizontal(*changed)


def _key(parts: Iterator[tuple[MatchingField, pl.Expr]] | zip[tuple[MatchingField, pl.Expr]]) -> pl.Expr:
    """What records have in common that match; null where a blank matches nothing."""
    folded = []
    for field, value in parts:
        one = (
            value.str.to_lowercase()
            if field.exact
            else value.str.to_lowercase().str.replace_all(r"[\s\-()]", "")
        )
        folded.append(one.fill_null("") if field.blanks_match else one)
    return pl.concat_str(folded, separator=_BETWEEN)
