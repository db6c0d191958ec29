"""Bringing a database to this release's schema: numbered SQL files, each applied once and remembered by checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

import msgspec
from psycopg import sql

from awase.core.values import hash64
from awase.errors import StoreUnusable
from awase.store.connections import Connection
from awase.store.statements import statements

_FILE = re.compile(r"(\d{4})_(\w+)\.sql")
_LOCK = hash64(b"awase:migrations")
_OLDEST_SERVER = 140_000
"""PostgreSQL 14, as ``server_version_num`` writes it."""


class Migration(msgspec.Struct, frozen=True):
    """One step of the schema."""

    number: int
    name: str
    checksum: str
    code: bytes


def known_migrations() -> list[Migration]:
    """The steps this release knows, in order."""
    found: list[Migration] = []
    for file in (files("awase.store") / "migrations").iterdir():
        named = _FILE.fullmatch(file.name)
        if named:
            code = file.read_bytes()
            checksum = hashlib.blake2b(code, digest_size=16).hexdigest()
            found.append(Migration(int(named[1]), named[2], checksum, code))
    return sorted(found, key=lambda one: one.number)


async def check_server(connection: Connection, place: str) -> None:
    """Raise StoreUnusable, saying what to change, when acknowledged data would not be safe on this server."""
    facts = await (await connection.execute(statements("server")["server_facts"])).fetchone()
    version, fsync, synchronous, full_pages, encoding, read_only, standby = facts or (0,) * 7
    troubles = (
        (version < _OLDEST_SERVER, "PostgreSQL is older than 14", "Use PostgreSQL 14 or newer."),
        (fsync != "on", "fsync is off: a power cut would lose data", "Set fsync = on."),
        (synchronous == "off", "synchronous_commit is off: a crash would lose data", "Set it to on."),
        (full_pages != "on", "full_page_writes is off: a power cut would damage data", "Set it to on."),
        (encoding != "UTF8", "the database's encoding is not UTF8", "Create it with encoding 'UTF8'."),
        (read_only == "on" or standby, "the database is read-only", "Use the primary server."),
    )
    for wrong, text, remedy in troubles:
        if wrong:
            raise StoreUnusable(text, where=place, remedy=remedy)


async def applied_migrations(connection: Connection) -> list[tuple[int, str, str]]:
    """(number, name, checksum) of the steps this database has seen, in order."""
    exists = await (await connection.execute(statements("server")["migration_table_exists"])).fetchone()
    if exists != (True,):
        return []
    cursor = await connection.execute(statements("server")["applied_migrations"])
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


def check_lineage(applied: Iterable[Sequence[Any]], where: str) -> None:
    """Raise StoreUnusable when ``applied`` is not the beginning of what this release knows."""
    known = {one.number: one for one in known_migrations()}
    for number, name, checksum in applied:
        file = f"{number:04}_{name}.sql"
        if number not in known:
            raise StoreUnusable(
                "the data was made by a newer Awase: migration {file} is unknown here",
                file=file,
                where=where,
                remedy="Install that release or a newer one.",
            )
        if known[number].checksum != checksum:
            raise StoreUnusable(
                "migration {file} is not the one that was applied",
                file=file,
                where=where,
                remedy="Reinstall Awase, or restore a backup.",
            )


async def pending_migrations(connection: Connection, where: str) -> list[Migration]:
    """Steps still to apply. Raises StoreUnusable for a newer or changed schema."""
    applied = await applied_migrations(connection)
    check_lineage(applied, where)
    done = {number for number, _, _ in applied}
    return [one for one in known_migrations() if one.number not in done]


async def holds_data(connection: Connection) -> bool:
    """Whether a migrated store has anything to lose."""
    if not await applied_migrations(connection):
        return False
    row = await (await connection.execute(statements("server")["store_holds_data"])).fetchone()
    return row == (True,)


async def lock_schema(connection: Connection) -> None:
    """Within a transaction: nobody else changes the schema until it ends."""
    await connection.execute(statements("server")["lock_migrations"], {"lock": _LOCK})


async def apply_migrations(connection: Connection, where: str, up_to: int | None = None) -> list[str]:
    """Apply what is pending, in the caller's transaction; returns the names applied. ``up_to``: a last number."""
    await lock_schema(connection)
    await connection.execute(statements("server")["create_schema"])
    await connection.execute(statements("server")["create_migration_table"])
    applied: list[str] = []
    for one in await pending_migrations(connection, where):
        if up_to is not None and one.number > up_to:
            break
        await connection.execute(one.code)
        await connection.execute(
            statements("server")["record_migration"],
            {"number": one.number, "name": one.name, "checksum": one.checksum},
        )
        applied.append(f"{one.number:04}_{one.name}")
    return applied


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """The tables of a library, which brings its own SQL, in a schema of their own."""

    schema: str
    whole: bytes
    """Makes the newest state in an empty schema."""
    steps: tuple[tuple[str, bytes], ...]
    """(name, code) of every change that led to it, in the order of their names."""


async def follow(connection: Connection, guest: Guest, place: str) -> list[str]:
    """Bring a guest's schema to what its release wants; returns the steps applied, nothing where all was there.

    ``connection`` is in autocommit; each step is a transaction. Raises StoreUnusable for the schema of a newer release.
    """
    applied: list[str] = []
    while True:
        async with connection.transaction():
            await lock_schema(connection)
            await connection.execute(_of_guest("create_guest_schema", guest))
            await connection.execute(_of_guest("create_guest_steps", guest))
            cursor = await connection.execute(_of_guest("guest_steps", guest))
            seen = {row[0] for row in await cursor.fetchall()}
            names = [name for name, _ in guest.steps]
            if newer := sorted(seen - set(names)):
                raise StoreUnusable(
                    "the queue was made by a newer Awase: step {name} is unknown here",
                    name=newer[0],
                    where=place,
                    remedy="Install that release or a newer one.",
                )
            if seen == set(names):
                return applied
            await connection.execute(_of_guest("enter_guest_schema", guest))
            done = await _one_step(connection, guest, seen)
            for name in done:
                await connection.execute(_of_guest("record_guest_step", guest), {"name": name})
            applied += done


async def _one_step(connection: Connection, guest: Guest, seen: set[str]) -> list[str]:
    """Everything at once where nothing is there, else the first step that is missing."""
    if not seen:
        await connection.execute(guest.whole)
        return [name for name, _ in guest.steps]
    name, code = next((name, code) for name, code in guest.steps if name not in seen)
    await connection.execute(code)
    return [name]


def _of_guest(statement: str, guest: Guest) -> sql.Composed:
    return sql.SQL(statements("server")[statement].decode()).format(schema=sql.Identifier(guest.schema))
