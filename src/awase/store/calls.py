"""Counting calls in buckets of a quarter of an hour: small, durable, and never below what was really made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

BUCKET = timedelta(minutes=15)
DAY = timedelta(hours=24)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def bucket_of(moment: datetime) -> datetime:
    """The beginning of the quarter of an hour that holds ``moment``."""
    return moment - (moment - _EPOCH) % BUCKET


def oldest_bucket(now: datetime, window: timedelta) -> datetime:
    """The first bucket that may hold a call younger than ``window``; a bucket counts whole, so we over-count."""
    return bucket_of(now - window)
