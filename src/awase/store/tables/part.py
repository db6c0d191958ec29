"""What each topic of the PostgreSQL store is built on."""

from __future__ import annotations

from awase.store.connections import Connections


class Part:
    """One topic's methods over the shared connections."""

    def __init__(self, connections: Connections) -> None:
        self._db = connections
