"""The vendor's own time, from the headers of its answers. Our clock is never compared with it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from awase.errors import NotConnected
from awase.ports.flows import Response


def server_time(response: Response) -> datetime | None:
    """The ``Date`` header, UTC, to the second; None when there is none or it is no date."""
    return _http_date(response.headers.get("date"))


def cursor_from(response: Response, vendor: str) -> str:
    """The answer's ``Date`` as a cursor (ISO 8601, UTC).

    Raises NotConnected when there is none: without the vendor's time a later read could leave a gap.
    """
    moment = server_time(response)
    if moment is None:
        raise NotConnected(
            "an answer of {vendor} carries no Date header, so the next read would not know where to go on",
            remedy="Look for a proxy that removes the Date header between Awase and the vendor.",
            vendor=vendor,
        )
    return moment.isoformat()


def retry_after(response: Response) -> float | None:
    """Seconds the vendor asks us to wait (RFC 9110: seconds, or a date read against the answer's own ``Date``)."""
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    until, sent = _http_date(text), server_time(response)
    if until is None or sent is None:
        return None
    return max(0.0, (until - sent).total_seconds())


def _http_date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
