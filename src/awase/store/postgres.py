"""The store on PostgreSQL: embedded or a server of your own, one dialect."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from awase.store.connections import Connections, connect, translated, where
from awase.store.console import Console
from awase.store.migrate import apply_migrations, check_server, holds_data, pending_migrations
from awase.store.tables.choices import Choices
from awase.store.tables.consent import Consent
from awase.store.tables.incidents import Incidents
from awase.store.tables.install import Install
from awase.store.tables.items import Items
from awase.store.tables.journal import Journal
from awase.store.tables.links import Links
from awase.store.tables.runs import Runs
from awase.store.tables.schemas import Schemas
from awase.store.upkeep import backup

_log = logging.getLogger("awase.store")


class PostgresStore(Runs, Links, Journal, Items, Choices, Incidents, Schemas, Consent, Install):
    """The whole of ``ports.store.Store``; ``console`` answers what only people ask."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections)
        self.console = Console(connections)

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, *, backups: Path | None = None) -> AsyncIterator[PostgresStore]:
        """The store behind ``dsn``, checked and migrated.

        ``backups``: where to put a backup before a store that holds data is migrated (the embedded server's home);
        without it only a line is logged. Raises StoreUnusable with what to change, or StoreBusy.
        """
        await migrate(dsn, backups=backups)
        connections = Connections(dsn)
        try:
            yield cls(connections)
        finally:
            await connections.close()


async def migrate(dsn: str, *, backups: Path | None = None) -> list[str]:
    """Bring the database to this release's schema; returns the names of the migrations applied."""
    place = where(dsn)
    connection = await connect(dsn)
    try:
        async with translated():
            await check_server(connection, place)
            pending = await pending_migrations(connection, place)
            if not pending:
                return []
            if await holds_data(connection):
                await _backup_first(dsn, backups, pending[0].number)
            async with connection.transaction():
                return await apply_migrations(connection, place)
    finally:
        await connection.close()


async def _backup_first(dsn: str, backups: Path | None, number: int) -> None:
    if backups is None:
        _log.warning("migrating %s without a backup of ours: it is a server of your own", where(dsn))
        return
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    await backup(dsn, backups / f"before-{number:04}-{moment}.awase")
