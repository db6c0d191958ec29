"""Numbers and dates: outside what the field can hold, or of a kind it cannot hold without changing the value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl

from awase.core.checks.check import Check, Outgoing
from awase.core.schema import Field
from awase.core.values import DTYPES, WHOLE_DIGITS, Kind

FIRST_YEAR, LAST_YEAR = 1700, 4000
"""Dates outside these years are refused by the strictest CRM we know; others take fewer still."""

INTEGER_DIGITS = 18
"""Every whole number of so many digits fits into 64 bits; no vendor we know keeps longer ones as integers."""


def checks(field: Field, out: Outgoing) -> Iterator[Check]:
    whole = bool(out.origins) and all(origin.kind is Kind.INTEGER for origin in out.origins)
    if field.kind == Kind.INTEGER or (field.kind == Kind.DECIMAL and field.precision):
        digits = field.precision - (field.scale or 0) if field.precision else INTEGER_DIGITS
        yield Check(
            "number_out_of_range",
            out.sent & _too_large(field, out, digits, whole=whole).fill_null(value=False),
            detail={"digits": str(digits)},
        )
    if field.kind == Kind.INTEGER and not whole:
        source = out.source.cast(DTYPES[Kind.DECIMAL])
        fraction = source != source.round(0)
        yield Check(
            "wrong_type",
            out.sent & fraction.fill_null(value=False),
            detail={"expected": "whole number"},
            blames_source=True,
        )
    if field.kind in (Kind.DATE, Kind.DATETIME):
        # Compared as a whole: to take the year out of each date costs more than everything else here.
        first, beyond = (datetime(year, 1, 1, tzinfo=UTC) for year in (FIRST_YEAR, LAST_YEAR + 1))
        dtype = DTYPES[field.kind]
        outside = (out.value < pl.lit(first).cast(dtype)) | (out.value >= pl.lit(beyond).cast(dtype))
        yield Check(
            "date_out_of_range",
            out.sent & outside.fill_null(value=False),
            detail={"years": f"{FIRST_YEAR}-{LAST_YEAR}"},
        )


def _too_large(field: Field, out: Outgoing, digits: int, *, whole: bool) -> pl.Expr:
    if digits >= WHOLE_DIGITS:
        return pl.lit(value=False)
    if field.kind is Kind.INTEGER and whole and digits <= INTEGER_DIGITS:
        limit = pl.lit(10**digits)
        return (out.source >= limit) | (out.source <= -limit)
    # Compared as decimals: floating point would round the largest number that fits up to the first that does not.
    size = out.source.cast(DTYPES[Kind.DECIMAL]) if field.kind is Kind.INTEGER else out.value
    too_large: pl.Expr = size.abs() >= pl.lit(Decimal(10) ** digits)
    return too_large
