"""Days and moments as values of each other, as expressions over columns."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

_MIDNIGHT_MISSING = (timedelta(0), timedelta(hours=1), timedelta(hours=2), timedelta(hours=24))
"""Later starts of a day, tried where clocks went forward at midnight, or a whole day was left out."""

_FIRST_MOMENT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Columns hold more years than values can: what lies outside is held by the checks, and must not stop a run."""


def day_begins(day: pl.Expr, time_zone: str) -> pl.Expr:
    """The moment a day begins in a zone; where its midnight comes twice, the first.

    Summer time began at midnight in Japan too (1948 to 1951, in people's dates of birth).
    """
    midnight = day.cast(pl.Datetime("us"))
    moment = pl.coalesce(
        (midnight + later).dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
        for later in _MIDNIGHT_MISSING
    )
    return moment.dt.convert_time_zone("UTC").clip(_FIRST_MOMENT, _LAST_MOMENT)


def day_of(moment: pl.Expr, time_zone: str) -> pl.Expr:
    """The day on which a moment falls in a zone."""
    return moment.dt.convert_time_zone(time_zone).dt.date().clip(date.min, date.max)
