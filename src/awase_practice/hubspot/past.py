"""Who wrote what: the history of a property, and the source of a record."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from ..kernel.rows import Row
from .wire import stamp


def history(row: Row, name: str) -> list[dict[str, Any]]:
    """All values of one property, newest first; a property that was empty at the start has no first entry."""
    past = row.value_history(name)
    if past and past[0][2] is None:
        past = past[1:]
    return [
        {"value": "" if value is None else str(value), "timestamp": stamp(at), **source(author)}
        for at, author, value in reversed(past)
    ]


def source(author: str) -> dict[str, Any]:
    """What a history says about who wrote: an app by its id, a person by a user id."""
    if author.isdecimal():
        return {"sourceType": "INTEGRATION", "sourceId": author, "sourceLabel": "Practice app"}
    if author.startswith("user:"):
        user_id = 51_000_000 + crc32(author.encode()) % 1_000_000
        return {"sourceType": "CRM_UI", "sourceId": f"userId:{user_id}", "updatedByUserId": user_id}
    if author.startswith("form:"):
        return {"sourceType": "FORM", "sourceId": author.removeprefix("form:")}
    return {"sourceType": "CALCULATED", "sourceId": author}
