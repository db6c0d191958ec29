"""A library's tables beside ours: made whole, followed step by step, refused when newer, left out of backups."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from awase.errors import StoreUnusable
from awase.runtime.queue import SCHEMA, open_queue, tables
from awase.store.connections import connect
from awase.store.migrate import Guest, follow
from awase.store.postgres import PostgresStore
from awase.store.upkeep import backup
from tests.support.database import ask, fresh_database

OLDER = Guest(
    schema="guest",
    whole=b"create table thing (a int);",
    steps=(("01_begin.sql", b"create table thing (a int);"),),
)
NEWER = msgspec.structs.replace(
    OLDER,
    whole=b"create table thing (a int, b int);",
    steps=(*OLDER.steps, ("02_more.sql", b"alter table thing add b int;")),
)


async def brought(dsn: str, guest: Guest) -> list[str]:
    connection = await connect(dsn)
    try:
        return await follow(connection, guest, "here")
    finally:
        await connection.close()


def columns(dsn: str) -> list[object]:
    question = "select column_name from information_schema.columns where table_name = 'thing' order by 1"
    return [name for (name,) in ask(dsn, question)]


def test_an_empty_schema_gets_the_newest_state_and_a_second_look_does_nothing() -> None:
    dsn = fresh_database()
    assert asyncio.run(brought(dsn, NEWER)) == ["01_begin.sql", "02_more.sql"]
    assert asyncio.run(brought(dsn, NEWER)) == []
    assert columns(dsn) == ["a", "b"]


def test_an_older_schema_gets_the_steps_it_lacks() -> None:
    dsn = fresh_database()
    asyncio.run(brought(dsn, OLDER))
    assert asyncio.run(brought(dsn, NEWER)) == ["02_more.sql"]
    assert columns(dsn) == ["a", "b"]


def test_a_newer_schema_is_refused_and_left_alone() -> None:
    dsn = fresh_database()
    asyncio.run(brought(dsn, NEWER))
    with pytest.raises(StoreUnusable, match=r"02_more\.sql"):
        asyncio.run(brought(dsn, OLDER))
    assert columns(dsn) == ["a", "b"]


def test_two_processes_that_come_at_once_make_it_once() -> None:
    async def both(dsn: str) -> list[list[str]]:
        return await asyncio.gather(brought(dsn, tables()), brought(dsn, tables()))

    first, second = asyncio.run(both(fresh_database()))
    assert sorted(map(len, (first, second))) == [0, len(tables().steps)]


def test_the_queues_own_steps_lead_to_the_state_it_is_made_with() -> None:
    """An install that grew by upgrades works like a new one."""
    dsn = fresh_database()
    grown = msgspec.structs.replace(tables(), whole=b"select 1;")

    async def work() -> bool:
        connection = await connect(dsn)
        try:
            await connection.execute(f"create schema {SCHEMA}".encode())
            await connection.execute(
                f"create table {SCHEMA}.awase_step (name text, applied_at timestamptz)".encode()
            )
            first = grown.steps[0]
            await connection.execute(f"set search_path to {SCHEMA}".encode())
            await connection.execute(first[1])
            await connection.execute(b"insert into awase_step (name) values (%s)", [first[0]])
            await follow(connection, grown, "here")
        finally:
            await connection.close()
        async with open_queue(dsn) as queue:
            added = await queue.add("people", once=True)
            return added and await queue.busy() == {"people"}

    assert asyncio.run(work())


def test_a_run_of_each_kind_waits_once() -> None:
    async def work(dsn: str) -> list[bool]:
        async with open_queue(dsn) as queue:
            return [await queue.add("people", once=once) for once in (True, True, False, False)]

    assert asyncio.run(work(fresh_database())) == [True, False, True, False]


def test_the_queue_is_in_no_backup(tmp_path: Path) -> None:
    dsn = fresh_database()

    async def work() -> dict[str, int]:
        async with PostgresStore.open(dsn) as store:
            await store.save_setting("workspace", "acme")
        async with open_queue(dsn) as queue:
            await queue.add("people", once=True)
        return await backup(dsn, tmp_path / "kept.awase")

    assert not [name for name in asyncio.run(work()) if "procrastinate" in name]
