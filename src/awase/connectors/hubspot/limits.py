"""HubSpot's quotas: what one connection may do, what an answer says is left, and refusals that ask us to wait."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import msgspec

from awase.connectors.sdk.bodies import json_answer
from awase.connectors.sdk.stamps import retry_after
from awase.core.capabilities import Burst, CallSizes
from awase.ports.connector import LimitReading, Throttled
from awase.ports.flows import Response

SEARCH = "search"
"""The burst that searches count against: 5 a second for the whole account (confirmed)."""

SIZES = CallSizes(
    snapshot=100,
    changes=200,
    by_id=100,
    by_key=100,
    create=100,
    update=100,
    opt_out=100,
    relate=2_000,
    unrelate=100,
    take_off=100,
    delete=100,
    audit=50,
)
"""Confirmed, but ``opt_out`` and ``take_off`` (from memory)."""

INDEX_LAG = timedelta(seconds=20)
"""Searches run on an index that trails behind writes by moments (confirmed); how many seconds is from memory."""

LOCK_SECONDS = 2.0
"""How long records stay locked after fast bulk writes, answered as 423 (confirmed)."""

UNKNOWN_MIDNIGHT = 3600.0
"""The day's quota comes back at midnight in the portal's zone; with no zone known, look again in an hour."""


def bursts(calls_per_ten_seconds: int) -> dict[str, Burst]:
    """Confirmed: 100 in 10 s on Free and Starter, 190 on Professional and Enterprise, 110 for a public OAuth app."""
    return {"default": Burst(calls_per_ten_seconds, 10.0), SEARCH: Burst(5, 1.0)}


class _Refusal(msgspec.Struct):
    message: str = ""
    policy: str = msgspec.field(name="policyName", default="")


def limit_reading(response: Response) -> LimitReading | None:
    """The day's count from the headers; absent for OAuth apps and on search answers (confirmed)."""
    maximum = _count(response.headers.get("x-hubspot-ratelimit-daily"))
    remaining = _count(response.headers.get("x-hubspot-ratelimit-daily-remaining"))
    if maximum is None or remaining is None:
        return None
    return LimitReading("day", maximum, remaining)


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d+", text.strip()) else None


def throttled(response: Response, now: datetime, zone: timedelta | None) -> Throttled | None:
    """Whether the vendor surely did not act and wants us to come again; ``zone`` is the portal's offset from UTC.

    502, 503, 504 and 52x are none of these: a write may have been applied before the gateway gave up.
    """
    asked = retry_after(response)
    match response.status:
        case 429:
            return _too_many(response, asked, until_midnight(now, zone))
        case 423:
            return Throttled(max(LOCK_SECONDS, asked or 0.0), "the records are locked by fast bulk writes")
        case 477:
            return Throttled(asked or UNKNOWN_MIDNIGHT, "the account is being moved to another data centre")
        case _:
            return None


def _too_many(response: Response, asked: float | None, midnight: float) -> Throttled:
    said = json_answer(response, _Refusal) or _Refusal()
    words = f"{said.policy} {said.message}".lower()
    reason = said.message or "too many calls"
    if "daily" in words:
        return Throttled(asked or midnight, reason, exhausted=True)
    if "ten_secondly" not in words and "secondly" in words:
        return Throttled(max(1.0, asked or 0.0), reason)
    interval = _count(response.headers.get("x-hubspot-ratelimit-interval-milliseconds"))
    return Throttled(asked or (interval / 1000 if interval else 10.0), reason)


def until_midnight(now: datetime, zone: timedelta | None) -> float:
    """Seconds until the portal's next midnight, when the day's quota comes back (confirmed)."""
    if zone is None:
        return UNKNOWN_MIDNIGHT
    local = now + zone
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - local).total_seconds()
