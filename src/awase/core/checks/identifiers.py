"""Ids and unique values: no id where one is wanted, and the same unique value twice in one plan."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from awase.core.checks.check import Certainty, Check, Outgoing
from awase.core.schema import Field
from awase.core.values import Kind


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
        again = out.creating & out.sent & out.value.is_not_null() & ~out.value.is_first_distinct()
        yield Check("duplicate_value", again)
