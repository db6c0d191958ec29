"""Ids and unique values: no id where one is wanted, and the same unique value twice in one plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from awase.core.checks.check import Certainty, Check, Finding, Outgoing
from awase.core.checks.target import Target
from awase.core.schema import Field
from awase.core.values import Kind

TWICE = "duplicate_value"
"""The error type of a unique value that another record has."""


def only_after_a_saved_one(found: Sequence[Finding], outgoing: pl.DataFrame, target: Target) -> list[Finding]:
    """Without duplicates of records that are refused themselves: those leave their unique values to the next one."""
    twice = {one.field for one in found if one.error_type == TWICE}
    if not twice:
        return list(found)
    refused = {one.link for one in found if one.certainty is Certainty.CERTAIN and one.error_type != TWICE}
    stay: set[tuple[int, str]] = set()
    for name in twice:
        field, out = target.object.fields[name], target.columns[name]
        told_apart = out.value if field.minds_case else out.value.str.to_lowercase()
        again = pl.Series([one.value for one in found if one.error_type == TWICE and one.field == name])
        again = (again if field.minds_case else again.str.to_lowercase()).unique().implode()
        concerned = out.creating & out.sent & told_apart.is_in(again)
        rows = outgoing.filter(concerned).select("_link", told_apart.alias("value"))
        saved: set[str] = set()
        for link, value in rows.drop_nulls().iter_rows():
            if value in saved:
                stay.add((link, name))
            elif link not in refused:
                saved.add(value)
    return [one for one in found if one.error_type != TWICE or (one.link, one.field) in stay]


def _repeated(values: pl.Series) -> pl.Series:
    """Whether each value has stood there before. To sort digests takes half as long as a table of all values; only what
    has the digest of another is looked at itself."""
    digests = values.hash()
    sorted_ones = digests.filter(values.is_not_null()).sort()
    doubled = sorted_ones.filter(sorted_ones == sorted_ones.shift(1))
    if not doubled.len():
        return pl.repeat(value=False, n=values.len(), eager=True)
    rows = digests.is_in(doubled.unique().implode()).arg_true()
    again = rows.filter(~values.gather(rows).is_first_distinct())
    return pl.repeat(value=False, n=values.len(), eager=True).scatter(again, values=True)


def checks(field: Field, out: Outgoing) -> Iterator[Check]:
    if field.kind != Kind.TEXT:
        return
    if field.id_pattern:
        no_id = ~out.value.str.contains(pl.lit(field.id_pattern))
        yield Check(field.id_trouble, out.sent & no_id.fill_null(value=False))
    if field.filtered:
        # Whether the record named meets the filter is not known; most do.
        moved = out.sent & out.value.is_not_null() & out.value.ne_missing(out.stored)
        yield Check("lookup_filter", moved, Certainty.LIKELY)
    if field.unique:
        # The first is saved, so each after it is refused. Only what no vendor tells apart counts as the same.
        told_apart = out.value if field.minds_case else out.value.str.to_lowercase()
        repeated = told_apart.map_batches(_repeated, return_dtype=pl.Boolean())
        again = out.creating & out.sent & out.value.is_not_null() & repeated
        yield Check(TWICE, again, of_creates=True)
