"""What only the PostgreSQL store can show: other processes, kill -9, settings, tampering, migrations."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import pytest

from awase.core.operations import Operation
from awase.errors import AlreadyRunning, StoreBusy, StoreUnusable
from awase.ports.store import LedgerEntry, Note, RunRecord, Settlement
from awase.store import codec, migrate, postgres
from awase.store.connections import connect
from awase.store.postgres import PostgresStore
from awase.store.statements import statements
from tests.support.database import ask, do

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
MIGRATIONS = ["0001_begin", "0002_run_notes", "0003_identities_and_incidents", "0004_schemas"]

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from awase.core.operations import Operation, OperationKind
from awase.ports.store import JournalBatch
from awase.store.postgres import PostgresStore

async def main(dsn):
    async with PostgresStore.open(dsn) as store, store.claim("people") as claim:
        now = datetime.now(UTC)
        run = await store.start_run(claim, "sync", now)
        async def write(lane):
            for number in range(1_000_000):
                one = Operation(link=number, side="crm", kind=OperationKind.UPDATE, object="Contact", id="c",
                                values={"a": "b" * 100})
                id = await store.journal(claim, JournalBatch(
                    run=run, epoch=claim.epoch, side="crm", object="Contact", kind="update", sent_at=now,
                    operations=(one,), after=()))
                print(id, flush=True)
        await asyncio.gather(*(write(lane) for lane in range(3)))

asyncio.run(main(sys.argv[1]))
"""


def writer(dsn: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, dsn], stdout=subprocess.PIPE, text=True)


def first_lines(process: subprocess.Popen[str], count: int) -> list[int]:
    assert process.stdout is not None
    return [int(process.stdout.readline()) for _ in range(count)]


def test_kill_9_of_a_writer_loses_nothing_it_was_told_is_durable_and_frees_its_claim(dsn: str) -> None:
    process = writer(dsn)
    acknowledged = first_lines(process, 50)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=30)
    whole_lines, _, _ = rest.rpartition("\n")
    acknowledged += [int(line) for line in whole_lines.split()]

    async def look() -> None:
        async with PostgresStore.open(dsn) as store:
            for attempt in range(50):  # the server notices the end of the connection in its own time
                try:
                    async with store.claim("people") as claim:
                        await store.start_run(claim, "sync", NOW)
                        kept = {one.batch.id for one in await store.open_batches("people")}
                        assert set(acknowledged) <= kept
                        assert len(kept - set(acknowledged)) <= 4
                        return
                except AlreadyRunning:
                    assert attempt < 49
                    await asyncio.sleep(0.1)

    asyncio.run(look())


def test_two_processes_never_run_the_same_sync(dsn: str) -> None:
    process = writer(dsn)
    try:
        first_lines(process, 1)

        async def second() -> None:
            async with PostgresStore.open(dsn) as store:
                with pytest.raises(AlreadyRunning):
                    async with store.claim("people"):
                        raise AssertionError("claimed twice")
                async with store.claim("deals"):
                    pass

        asyncio.run(second())
    finally:
        process.kill()
        process.communicate(timeout=30)


async def _out(dsn: str) -> None:
    async with PostgresStore.open(dsn) as store:
        for address in range(3):
            entry = LedgerEntry(
                link=address, address_key=address, state="out", scope="organisation", source="x"
            )
            await store.record_opt_outs("people", [entry], NOW)


async def _verified(dsn: str) -> int | None:
    async with PostgresStore.open(dsn) as store:
        return await store.verify_ledger()


@pytest.mark.parametrize(
    "command",
    ["update ledger set scope = 'none'", "delete from ledger where seq = 2", "truncate ledger"],
)
def test_the_database_itself_refuses_to_change_the_ledger(dsn: str, command: str) -> None:
    asyncio.run(_out(dsn))
    with pytest.raises(psycopg.errors.RaiseException):
        do(dsn, command)
    assert asyncio.run(_verified(dsn)) is None


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("update ledger set source = 'forged' where seq = 2", 2),
        ("delete from ledger where seq = 1", 1),
        ("delete from ledger where seq = 2", 2),
    ],
)
def test_a_ledger_changed_behind_our_back_is_found_out(dsn: str, command: str, line: int) -> None:
    asyncio.run(_out(dsn))
    do(dsn, "alter table ledger disable trigger ledger_only_grows")
    do(dsn, command)
    assert asyncio.run(_verified(dsn)) == line


def test_a_server_that_would_lose_acknowledged_data_is_refused(dsn: str) -> None:
    asyncio.run(postgres.migrate(dsn))
    (name,) = ask(dsn, "select current_database()")[0]
    do(dsn, f"alter database {name} set synchronous_commit = off")
    with pytest.raises(StoreUnusable, match="synchronous_commit"):
        asyncio.run(postgres.migrate(dsn))


def test_a_database_in_another_encoding_is_refused(dsn: str) -> None:
    do(dsn, "create database latin encoding 'LATIN1' locale 'C' template template0")
    with pytest.raises(StoreUnusable, match="UTF8"):
        asyncio.run(postgres.migrate(psycopg.conninfo.make_conninfo(dsn, dbname="latin")))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"dbname": "no_such"}, StoreUnusable),
        ({"password": "wrong"}, StoreUnusable),
        ({"host": "/tmp/no-server-here"}, StoreBusy),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    dsn: str, change: dict[str, str], kind: type[Exception]
) -> None:
    secret = str(psycopg.conninfo.conninfo_to_dict(dsn)["password"])
    with pytest.raises(kind) as told:
        asyncio.run(postgres.migrate(psycopg.conninfo.make_conninfo(dsn, **change)))
    assert secret not in str(told.value)


def test_a_user_without_rights_is_told_what_is_missing(dsn: str) -> None:
    name = f"guest_{psycopg.conninfo.conninfo_to_dict(dsn)['dbname']}"
    do(dsn, f"create role {name} login password 'x'")
    with pytest.raises(StoreUnusable, match="does not let us"):
        asyncio.run(postgres.migrate(psycopg.conninfo.make_conninfo(dsn, user=name, password="x")))


def test_an_address_that_is_none_is_told_as_such() -> None:
    with pytest.raises(StoreUnusable, match="cannot be read"):
        asyncio.run(postgres.migrate("this is no address"))


def test_migrating_twice_changes_nothing(dsn: str) -> None:
    assert asyncio.run(postgres.migrate(dsn)) == MIGRATIONS
    assert asyncio.run(postgres.migrate(dsn)) == []


def test_processes_that_start_together_migrate_once(dsn: str) -> None:
    async def together() -> list[list[str]]:
        return await asyncio.gather(*(postgres.migrate(dsn) for _ in range(4)))

    assert sorted(asyncio.run(together())) == [[], [], [], MIGRATIONS]


def test_what_runs_noted_as_text_is_still_told(dsn: str) -> None:
    async def story() -> list[RunRecord]:
        connection = await connect(dsn)
        async with connection:
            await migrate.apply_migrations(connection, "here", up_to=1)
            await connection.execute("insert into awase.sync values ('people', 1)")
            await connection.execute(
                "insert into awase.run (sync, kind, started, note) "
                "values ('people', 'sync', now(), ''), ('people', 'sync', now(), 'AW-401 {not} a place')"
            )
        await postgres.migrate(dsn)
        async with PostgresStore.open(dsn) as store:
            return await store.runs()

    assert [run.note for run in asyncio.run(story())] == [Note(text="AW-401 {not} a place"), None]


def test_a_migration_that_changed_since_it_was_applied_is_named(dsn: str) -> None:
    asyncio.run(postgres.migrate(dsn))
    do(dsn, "update migration set checksum = 'other'")
    with pytest.raises(StoreUnusable, match=r"0001_begin\.sql"):
        asyncio.run(postgres.migrate(dsn))


def test_the_data_of_a_newer_release_is_left_alone(dsn: str) -> None:
    asyncio.run(postgres.migrate(dsn))
    do(dsn, "insert into migration (number, name, checksum) values (9999, 'tomorrow', 'x')")
    with pytest.raises(StoreUnusable, match=r"9999_tomorrow\.sql"):
        asyncio.run(postgres.migrate(dsn))


@pytest.mark.parametrize("holds_data", [True, False])
def test_a_backup_is_taken_before_a_store_that_holds_data_is_migrated(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holds_data: bool
) -> None:
    asyncio.run(postgres.migrate(dsn, backups=tmp_path))
    if holds_data:
        asyncio.run(_out(dsn))
    step = migrate.Migration(9000, "more", "x", b"create table awase.more (a int)")
    known = [*migrate.known_migrations(), step]
    monkeypatch.setattr(migrate, "known_migrations", lambda: known)
    assert asyncio.run(postgres.migrate(dsn, backups=tmp_path)) == ["9000_more"]
    assert [file.name[:11] for file in tmp_path.iterdir()] == (["before-9000"] if holds_data else [])


def test_a_migration_that_fails_leaves_the_schema_as_it_was(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(postgres.migrate(dsn))
    step = migrate.Migration(9000, "broken", "x", b"create table awase.more (a int); select 1 / 0")
    before = migrate.known_migrations()
    monkeypatch.setattr(migrate, "known_migrations", lambda: [*before, step])
    with pytest.raises(psycopg.errors.DivisionByZero):
        asyncio.run(postgres.migrate(dsn))
    assert ask(dsn, "select to_regclass('awase.more'), (select count(*) from migration)") == [
        (None, len(before))
    ]


def test_quotes_and_sql_in_values_are_only_values(dsn: str) -> None:
    nasty = "'); drop table link; -- \\ %s %(sync)s {} \""

    async def story() -> None:
        async with PostgresStore.open(dsn) as store, store.claim(nasty) as claim:
            await store.save_setting(nasty, nasty)
            await store.settle(claim, Settlement(run=1), NOW)
            assert await store.setting(nasty) == nasty
            assert await store.links_of(nasty, "ma", nasty, [nasty]) == []
            assert await store.console.find_person(nasty, nasty) == []

    asyncio.run(story())


def test_an_interrupted_statement_leaves_no_connection_in_use(dsn: str) -> None:
    async def story() -> None:
        async with PostgresStore.open(dsn) as store:
            for _ in range(6):  # more than there are connections
                waiting = asyncio.create_task(store.settings())
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
            assert dict(await asyncio.wait_for(store.settings(), 10)) == {}

    asyncio.run(story())


def test_the_journal_keeps_every_field_of_an_operation() -> None:
    assert codec._KeptOperation.__struct_fields__ == Operation.__struct_fields__
    assert msgspec.structs.fields(codec._KeptBatch)[0].name == "operations"


def test_every_statement_has_a_name_and_is_read_whole() -> None:
    topics = ("server", "runs", "links", "journal", "items", "consent", "install", "console", "upkeep")
    for topic in topics:
        for name, code in statements(topic).items():
            assert code, name
            assert not code.startswith(b"--")
