"""Ids and unique values: no id where one is wanted, and the same unique value twice in one plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import polars as pl

from awase.core.checks.check import Certainty, Check, Finding, Outgoing
from awase.core.checks.target import Target
from awase.core.schema import Field
from awase.core.values import Kind

TWICE = "duplicate_value"
"""The error type of a unique value that another record has."""


def only_after_a_saved_one(
    found: Sequence[Finding], target: Target, refused: Collection[int] = frozenset()
) -> list[Finding]:
    """Of the records that share a unique value, those after the first one that is saved: a record that is refused for
    anything else leaves its value to the next one. Findings of one check stand in the order of the records."""
    sharing = [one for one in found if one.error_type == TWICE]
    links = {one.link for one in sharing}
    left = {one.link for one in found if one.link in links and _refuses_alone(one)}.union(refused)
    saved: set[tuple[str, str | None]] = set()
    after: set[tuple[str, int]] = set()
    for one in sharing:
        minds_case = target.object.fields[one.field].minds_case
        told_apart = one.field, one.value if minds_case or one.value is None else one.value.lower()
        if told_apart in saved:
            after.add((one.field, one.link))
        elif one.link not in left:
            saved.add(told_apart)
    return [one for one in found if one.error_type != TWICE or (one.field, one.link) in after]


def _refuses_alone(one: Finding) -> bool:
    return one.certainty is Certainty.CERTAIN and one.error_type != TWICE


def _shared(values: pl.Series) -> pl.Series:
    """Whether each value stands there more than once. To sort digests takes half as long as a table of all values; only
    what has the digest of another is looked at itself."""
    digests = values.hash()
    sorted_ones = digests.filter(values.is_not_null()).sort()
    doubled = sorted_ones.filter(sorted_ones == sorted_ones.shift(1))
    shared = pl.repeat(value=False, n=values.len(), eager=True)
    if not doubled.len():
        return shared
    rows = digests.is_in(doubled.unique().implode()).arg_true()
    return shared.scatter(rows.filter(values.gather(rows).is_duplicated()), values=True)


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
        # The first of them is saved, and is left out in the end. Only what no vendor tells apart counts as the same.
        told_apart = out.value if field.minds_case else out.value.str.to_lowercase()
        shared = told_apart.map_batches(_shared, return_dtype=pl.Boolean())
        yield Check(TWICE, out.creating & out.sent & out.value.is_not_null() & shared, of_creates=True)
