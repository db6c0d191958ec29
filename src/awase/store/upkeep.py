"""Backup and restore of the whole store.

A backup holds everything as of one moment, credentials only as they were sealed. A restored store observes and does
not write until a person lifts that: the vendors have moved on since the backup, and so may another install.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from psycopg import sql

from awase.errors import AlreadyRunning, BadInput, DamagedFile
from awase.store.backup_file import BackupWriter, End, Header, Piece, frames, read_verified
from awase.store.connections import Connection, connect, translated, where
from awase.store.migrate import (
    applied_migrations,
    apply_migrations,
    check_lineage,
    check_server,
    holds_data,
    lock_schema,
)
from awase.store.statements import statements
from awase.store.tables.runs import claim_lock

OBSERVE_ONLY = "observe_only"
"""The setting that keeps all writing off; its value is the reason, shown to people."""

_Tables = list[tuple[str, list[str]]]


async def backup(dsn: str, file: Path) -> dict[str, int]:
    """Write all tables to ``file``; returns their rows. Nobody has to stop working meanwhile."""
    connection = await connect(dsn)
    try:
        async with translated(), connection.transaction():
            await connection.execute(statements("upkeep")["begin_snapshot"])
            applied = await applied_migrations(connection)
            if not applied:
                raise BadInput("there is nothing to back up: this database was never used", where=where(dsn))
            tables = await _tables(connection)
            with BackupWriter(file) as writer:
                writer.frame(Header(datetime.now(UTC), applied, tables))
                rows = {name: await _copy_out(connection, writer, name, columns) for name, columns in tables}
                writer.frame(End(rows))
            return rows
    finally:
        await connection.close()


async def restore(dsn: str, file: Path, *, replace: bool = False) -> dict[str, int]:
    """Put the backup in the place of an empty store, or with ``replace`` of whatever is there; returns its rows.

    All or nothing. Raises DamagedFile, StoreUnusable (the backup is of a newer release), BadInput (the store holds
    data and ``replace`` is off) or AlreadyRunning.
    """
    header = await asyncio.to_thread(read_verified, file)
    check_lineage(header.migrations, str(file))
    connection = await connect(dsn)
    try:
        async with translated():
            await check_server(connection, where(dsn))
            async with connection.transaction():
                return await _replace(connection, dsn, file, header, replace)
    finally:
        await connection.close()


async def _replace(
    connection: Connection, dsn: str, file: Path, header: Header, replace: bool
) -> dict[str, int]:
    queries = statements("upkeep")
    await connection.execute(queries["impatient"])
    await lock_schema(connection)
    epochs: dict[str, int] = {}
    if await applied_migrations(connection):
        if await holds_data(connection) and not replace:
            raise BadInput(
                "the store holds data already",
                where=where(dsn),
                remedy="Restore into an empty database, or say that it may be replaced.",
            )
        epochs = dict(await (await connection.execute(queries["current_epochs"])).fetchall())
        await _nobody_runs(connection, epochs)
    await connection.execute(queries["drop_everything"])
    await apply_migrations(connection, where(dsn), up_to=max(number for number, _, _ in header.migrations))
    rows = await _copy_all_in(connection, file, header)
    await apply_migrations(connection, where(dsn))
    held = {"names": list(epochs), "epochs": list(epochs.values())}
    await connection.execute(queries["outdate_epochs"], held)
    await connection.execute(queries["keep_epochs"], held)
    await connection.execute(queries["continue_numbers"])
    reason = f"restored from {file.name}, a backup of {header.created:%Y-%m-%d %H:%M} UTC"
    await connection.execute(queries["observe_only"], {"reason": reason})
    return rows


async def _nobody_runs(connection: Connection, syncs: dict[str, int]) -> None:
    """Take the claims of all syncs until the transaction ends."""
    for sync in syncs:
        cursor = await connection.execute(
            statements("upkeep")["take_claim_lock_for_now"], {"lock": claim_lock(sync)}
        )
        if await cursor.fetchone() != (True,):
            raise AlreadyRunning("sync {sync} is running; restore when it has ended", sync=sync)


async def _tables(connection: Connection) -> _Tables:
    rows = await (await connection.execute(statements("upkeep")["tables"])).fetchall()
    return [(name, columns) for name, columns in rows]


def _copy_statement(name: str, table: str, columns: list[str]) -> sql.Composed:
    return sql.SQL(statements("upkeep")[name].decode()).format(
        table=sql.Identifier(table), columns=sql.SQL(", ").join(map(sql.Identifier, columns))
    )


async def _copy_out(connection: Connection, writer: BackupWriter, table: str, columns: list[str]) -> int:
    cursor = connection.cursor()
    async with cursor.copy(_copy_statement("copy_out", table, columns)) as copy:
        async for block in copy:
            writer.gather(table, bytes(block))
    writer.end_of(table)
    return cursor.rowcount


async def _copy_all_in(connection: Connection, file: Path, header: Header) -> dict[str, int]:
    """Rows of all tables; references are taken away meanwhile and checked when they come back."""
    if sorted(header.tables) != sorted(await _tables(connection)):
        raise DamagedFile("the backup does not have the tables its release had", where=str(file))
    references = await (await connection.execute(statements("upkeep")["foreign_keys"])).fetchall()
    for table, constraint, _ in references:
        await connection.execute(_reference("without_foreign_keys", table, constraint, ""))
    rows = await _copy_pieces_in(connection, file, dict(header.tables))
    for table, constraint, definition in references:
        await connection.execute(_reference("with_foreign_keys", table, constraint, definition))
    return rows


def _reference(name: str, table: str, constraint: str, definition: str) -> sql.Composed:
    return sql.SQL(statements("upkeep")[name].decode()).format(
        table=sql.Identifier(table), constraint=sql.Identifier(constraint), definition=sql.SQL(definition)
    )


async def _copy_pieces_in(
    connection: Connection, file: Path, columns: dict[str, list[str]]
) -> dict[str, int]:
    rows = dict.fromkeys(columns, 0)
    for frame in frames(file):
        if isinstance(frame, Piece):
            cursor = connection.cursor()
            async with cursor.copy(_copy_statement("copy_in", frame.table, columns[frame.table])) as copy:
                await copy.write(frame.rows)
            rows[frame.table] += cursor.rowcount
        elif isinstance(frame, End):
            if frame.rows != rows:
                raise DamagedFile("the backup does not have as many rows as it says", where=str(file))
            return rows
    raise DamagedFile("the backup has no end", where=str(file))
