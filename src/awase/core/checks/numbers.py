"""Numbers and dates: outside what the field can hold, or of a kind it cannot hold without changing the value."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from awase.core.checks.check import Check, Outgoing
from awase.core.schema import Field
from awase.core.values import Kind

FIRST_YEAR, LAST_YEAR = 1700, 4000
"""Dates outside these years are refused by the strictest CRM we know; others take fewer still."""


def checks(field: Field, out: Outgoing) -> Iterator[Check]:
    if field.kind in (Kind.INTEGER, Kind.DECIMAL) and field.precision:
        whole_digits = field.precision - (field.scale or 0)
        too_large = out.value.cast(pl.Float64).abs() >= 10.0**whole_digits
        yield Check(
            "number_out_of_range",
            out.sent & too_large.fill_null(value=False),
            detail={"digits": str(whole_digits)},
        )
    if field.kind == Kind.INTEGER:
        fraction = out.source.cast(pl.Float64) % 1 != 0
        yield Check(
            "wrong_type", out.sent & fraction.fill_null(value=False), detail={"expected": "whole number"}
        )
    if field.kind in (Kind.DATE, Kind.DATETIME):
        year = out.value.dt.year()
        outside = (year < FIRST_YEAR) | (year > LAST_YEAR)
        yield Check(
            "date_out_of_range",
            out.sent & outside.fill_null(value=False),
            detail={"years": f"{FIRST_YEAR}-{LAST_YEAR}"},
        )
