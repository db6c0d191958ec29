"""The arithmetic of Salesforce's limits: what one call carries, what is left of the day, when to come again."""

from __future__ import annotations

import re
from datetime import timedelta

from awase.connectors.salesforce.consent import CONSENT_FIELDS
from awase.connectors.salesforce.faults import errors_in
from awase.connectors.salesforce.rest import PAGE_ROWS
from awase.connectors.sdk.stamps import retry_after
from awase.core.capabilities import CallSizes, Capabilities
from awase.ports.connector import LimitReading, Throttled
from awase.ports.flows import Response

MAX_BATCH = 200
"""Records of one sObject Collections call (confirmed)."""

URI_ROOM = 14_000
"""Bytes we let a path with its query take. URI and headers together may have 16,384 (confirmed); the rest is left to
the headers, the session's token among them."""

IDS_A_CALL = 400
KEYS_A_CALL = 200
"""Records asked for by id or key in one query, when the query's fields leave room for them in the URI."""

_CONCURRENCY_WAIT = 5.0
_EXHAUSTED_WAIT = 3_600.0
_DEFAULT_WAIT = 5.0
_USAGE = re.compile(r"(?:^|[;\s])api-usage=(\d+)/(\d+)")


def capabilities(key_field: str, batch_size: int) -> Capabilities:
    """What this connector can do, with ``batch_size`` records a write call."""
    return Capabilities(
        vendor="salesforce",
        key_name=key_field,
        sizes=CallSizes(
            snapshot=PAGE_ROWS,
            changes=PAGE_ROWS,
            by_id=IDS_A_CALL,
            by_key=KEYS_A_CALL,
            create=batch_size,
            update=batch_size,
            opt_out=batch_size,
            relate=MAX_BATCH,
            unrelate=MAX_BATCH,
            delete=MAX_BATCH,
            audit=0,
        ),
        # A row becomes visible at commit, with the earlier stamp of its write: the lag is the longest transaction.
        # Triggered batches commit within two minutes as a rule (from memory).
        lag=timedelta(minutes=2),
        # 25 calls that run 20 seconds or more may be in flight, 5 in a Developer org (confirmed); ours are short.
        concurrency=10,
        bursts={},
        history=True,
        reread_changes=False,
        consent_by_address=False,
        consent_fields=dict(CONSENT_FIELDS),
        calls_to_unrelate=2,
        default_owner=True,
    )


def limit_reading(response: Response) -> LimitReading | None:
    """The day's calls by ``Sforce-Limit-Info`` (``api-usage=18/5000``, confirmed), which every REST answer carries."""
    found = _USAGE.search(response.headers.get("sforce-limit-info", ""))
    if found is None:
        return None
    used, maximum = int(found.group(1)), int(found.group(2))
    # The limit is soft: for a while an org may use more than it has (from memory).
    return LimitReading(window="day", maximum=maximum, remaining=max(0, maximum - used))


def throttled(response: Response) -> Throttled | None:
    """Whether the vendor surely did not act on the call, and when to come again.

    The quota's refusal is a 403 without Retry-After (confirmed). A 503 on a write counts only in the vendor's own
    words: a gateway's 503 may hide a write that was done.
    """
    codes = (
        {error.code: error.message for error in errors_in(response.body)} if response.status >= 400 else {}
    )
    if response.status == 403 and "REQUEST_LIMIT_EXCEEDED" in codes:
        message = codes["REQUEST_LIMIT_EXCEEDED"]
        if "concurrent" in message.lower():
            return Throttled(wait=retry_after(response) or _CONCURRENCY_WAIT, reason=message)
        return Throttled(wait=retry_after(response) or _EXHAUSTED_WAIT, reason=message, exhausted=True)
    wait = retry_after(response)
    if response.status == 429:
        reason = next(iter(codes.values()), "too many requests")
        return Throttled(wait=_DEFAULT_WAIT if wait is None else wait, reason=reason)
    if (
        response.status == 503
        and wait is not None
        and (response.request.idempotent or "SERVER_UNAVAILABLE" in codes)
    ):
        return Throttled(wait=wait, reason=codes.get("SERVER_UNAVAILABLE", "service unavailable"))
    return None
