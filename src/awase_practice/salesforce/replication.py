"""Which rows were changed or deleted in a window of time (getUpdated, getDeleted), as replicating clients ask.

Both ends are cut to the minute, and the window may reach back 30 days [from memory, as are the texts].
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from ..kernel.http import HttpRequest, HttpResponse, json_response
from .data import OrgData
from .errors import ApiError
from .fields import ObjectType
from .values import read_datetime, stamp

_REACH: Final = timedelta(days=30)
_SHORTEST: Final = timedelta(minutes=1)
_MOST_IDS: Final = 600_000


class Replication:
    """Answers for one org. Raises ApiError."""

    def __init__(self, data: OrgData) -> None:
        self._data = data

    def updated(self, request: HttpRequest, kind: ObjectType) -> HttpResponse:
        """``/sobjects/X/updated``: ids of rows that were made or changed and still live."""
        start, end = self._window(request, kind)
        table, permissions = self._data.tables[kind.name], self._data.permissions.rows
        ids = [
            row.id
            for row in table.live()
            if start <= row.modified_at < end and permissions.get(row.id) != "none"
        ]
        if len(ids) > _MOST_IDS:
            raise ApiError(400, "EXCEEDED_ID_LIMIT", f"more than {_MOST_IDS} ids in the window")
        return json_response(200, {"ids": ids, "latestDateCovered": stamp(end)})

    def deleted(self, request: HttpRequest, kind: ObjectType) -> HttpResponse:
        """``/sobjects/X/deleted``: rows that were deleted, even those that left the recycle bin since."""
        start, end = self._window(request, kind)
        gone: list[dict[str, Any]] = [
            {"id": row.id, "deletedDate": stamp(row.deleted_at)}
            for row in self._data.tables[kind.name].all()
            if row.deleted_at is not None and start <= row.deleted_at < end
        ]
        earliest = stamp(self._data.now() - _REACH)
        covered = {"earliestDateAvailable": earliest, "latestDateCovered": stamp(end)}
        return json_response(200, {"deletedRecords": gone, **covered})

    def _window(self, request: HttpRequest, kind: ObjectType) -> tuple[datetime, datetime]:
        if not kind.createable and not self._data.full[kind.name].createable:
            raise ApiError(400, "INVALID_TYPE", f"object {kind.name} is not replicable")
        start, end = (_moment(request, name) for name in ("start", "end"))
        if end - start < _SHORTEST:
            raise _wrong("endDate must be at least one minute after startDate")
        if self._data.now() - start > _REACH + _SHORTEST:
            raise _wrong("startDate cannot be more than 30 days ago")
        return start, min(end, self._data.now().replace(second=0) + _SHORTEST)


def _moment(request: HttpRequest, name: str) -> datetime:
    # A plus sign that a client forgot to encode arrives as a space.
    given = (request.first(name) or "").strip().replace(" ", "+")
    moment = read_datetime(given)
    if moment is None:
        raise _wrong(f"{name} is not a valid date and time: {given}")
    return moment.replace(second=0)


def _wrong(text: str) -> ApiError:
    return ApiError(400, "INVALID_REPLICATION_DATE", text)
