"""A search index that runs behind the rows it indexes."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from .clock import Clock
from .rows import Row, Table, Version


class SearchIndex:
    """What a search over one table may see: each write becomes visible ``lag`` seconds after it was made."""

    def __init__(self, table: Table, clock: Clock, lag: float = 0.0) -> None:
        self.lag = lag
        self._clock = clock
        self._waiting: dict[str, deque[tuple[datetime, Version | None]]] = {}
        table.watchers.append(self._wrote)

    def is_current(self, row: Row) -> bool:
        """Whether the index shows the row as it is now, no write being still on its way."""
        return row.id not in self._waiting

    def view(self, row: Row) -> Version | None:
        """The version of a row that the index shows now; None while it does not show the row at all."""
        waiting = self._waiting.get(row.id)
        if waiting is None:
            return row.version()
        now = self._clock.now()
        while waiting and waiting[0][0] <= now:
            waiting.popleft()
        if waiting:
            return waiting[0][1]
        del self._waiting[row.id]
        return row.version()

    def _wrote(self, row: Row, before: Version | None) -> None:
        if self.lag <= 0:
            return
        visible_at = self._clock.now() + timedelta(seconds=self.lag)
        self._waiting.setdefault(row.id, deque()).append((visible_at, before))
