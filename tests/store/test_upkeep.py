"""Backup and restore."""

from __future__ import annotations

import asyncio
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awase.core.operations import Operation, OperationKind, Outcome, State, VendorError
from awase.core.schema import Schema
from awase.errors import AlreadyRunning, BadInput, DamagedFile, LostFence, StoreUnusable
from awase.ports.store import (
    BaseRow,
    Cursor,
    Item,
    ItemKind,
    JournalBatch,
    LedgerEntry,
    Link,
    MatchEntry,
    Settlement,
)
from awase.store.postgres import PostgresStore
from awase.store.upkeep import OBSERVE_ONLY, backup, restore
from tests.support.database import ask, do, fresh_database

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


async def _fill(dsn: str) -> None:
    """Something in every table."""
    async with PostgresStore.open(dsn) as store:
        async with store.claim("people") as claim:
            run = await store.start_run(claim, "sync", NOW)
            one = Operation(
                link=1, side="crm", kind=OperationKind.CREATE, object="Lead", key="k", values={"n": "a\tb\\"}
            )
            base = BaseRow(link=1, ma=b"\x00\xff", ma_hash=1)
            journalled = JournalBatch(
                run=run,
                epoch=claim.epoch,
                side="crm",
                object="Lead",
                kind="create",
                sent_at=NOW,
                operations=(one,),
                after=(base,),
            )
            number = await store.journal(claim, journalled)
            refusal = VendorError(code="E", message="改行\n\t")
            await store.answered(claim, number, [Outcome(link=1, state=State.REJECTED, error=refusal)], NOW)
            found = (
                Item(link=1, side="crm", kind=ItemKind.REJECTED, code="E", label="山田\n太郎"),
                Item(link=2, side="crm", kind=ItemKind.REJECTED, code="E"),
            )
            link = Link(id=1, key="k", state="linked", ma_object="contact", ma_id="m1")
            match = MatchEntry(link=1, side="ma", object="contact", key=7)
            cursor = Cursor(side="ma", object="contact", value="v")
            await store.settle(
                claim,
                Settlement(
                    run=run, links=(link,), bases=(base,), matches=(match,), found=found, cursors=(cursor,)
                ),
                NOW,
            )
            await store.settle(claim, Settlement(run=run, cleared=(2,)), NOW)
            await store.keep_schemas(claim, {"ma": Schema({})}, NOW)
        out = LedgerEntry(link=1, address_key=None, state="out", scope="organisation", source="x")
        await store.record_opt_outs("people", [out], NOW)
        await store.save_secret("sales", b"sealed")
        await store.save_setting("language", "ja")
        await store.reserve_calls("sales", "read", 3, NOW)
        await store.save_limit_reading("sales", 9, 8, NOW)


def _contents(dsn: str) -> dict[str, list[str]]:
    """Every row of every table but those a restore changes on purpose."""
    tables = ask(
        dsn,
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'awase' and c.relkind in ('r', 'p') and not c.relispartition",
    )
    names = sorted(f'"{name}"' for (name,) in tables if name not in ("migration", "sync", "setting"))
    return {name: [str(row) for row in ask(dsn, f"table {name}")] for name in names}


@pytest.fixture
def filled(dsn: str) -> str:
    asyncio.run(_fill(dsn))
    return dsn


@pytest.fixture
def file(filled: str, tmp_path: Path) -> Path:
    asyncio.run(backup(filled, tmp_path / "backups" / "one.awase"))
    return tmp_path / "backups" / "one.awase"


def test_a_restored_store_is_the_same_store_but_only_observes(filled: str, file: Path) -> None:
    target = fresh_database()
    rows = asyncio.run(restore(target, file))
    assert rows["link"] == rows["journal_exception"] == rows["item_history"] == 1
    assert _contents(target) == _contents(filled)

    async def look() -> None:
        async with PostgresStore.open(target) as store:
            assert "one.awase" in (await store.setting(OBSERVE_ONLY) or "")
            assert await store.setting("language") == "ja"
            assert await store.verify_ledger() is None
            async with store.claim("people") as claim:
                assert await store.start_run(claim, "sync", NOW) == 2

    asyncio.run(look())


def test_a_backup_is_readable_by_its_owner_alone_and_leaves_nothing_beside_it(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == [file.name]


@pytest.mark.parametrize("damage", ["cut", "flipped", "longer", "other", "empty"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(filled: str, file: Path, damage: str) -> None:
    before = _contents(filled)
    data = bytearray(file.read_bytes())
    match damage:
        case "cut":
            data = data[:-40]
        case "flipped":
            data[len(data) // 2] ^= 1
        case "longer":
            data += b"x"
        case "other":
            data = bytearray(b"PK" + data)
        case _:
            data = bytearray()
    file.write_bytes(data)
    with pytest.raises(DamagedFile):
        asyncio.run(restore(filled, file, replace=True))
    assert _contents(filled) == before


def test_a_missing_file_is_bad_input(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        asyncio.run(restore(dsn, tmp_path / "none.awase"))


def test_a_store_that_holds_data_is_replaced_only_when_said_so(filled: str, file: Path) -> None:
    before = _contents(filled)
    do(filled, "insert into secret (connection, sealed) values ('later', 'x')")
    with pytest.raises(BadInput, match="holds data"):
        asyncio.run(restore(filled, file))
    asyncio.run(restore(filled, file, replace=True))
    assert _contents(filled) == before


def test_nothing_is_replaced_while_a_run_goes_on(filled: str, file: Path) -> None:
    async def story() -> None:
        async with PostgresStore.open(filled) as store, store.claim("people"):
            await restore(filled, file, replace=True)

    with pytest.raises(AlreadyRunning):
        asyncio.run(story())


def test_a_claim_from_before_a_restore_can_write_nothing_into_what_was_restored(
    filled: str, file: Path
) -> None:
    async def story() -> None:
        async with PostgresStore.open(filled) as store:
            async with store.claim("people") as people, store.claim("deals") as deals:
                pass
            await restore(filled, file, replace=True)
            for old in (people, deals):
                with pytest.raises(LostFence):
                    await store.settle(old, Settlement(run=1), NOW)

    asyncio.run(story())


def test_a_backup_of_a_newer_release_is_refused(filled: str, tmp_path: Path) -> None:
    do(filled, "insert into migration (number, name, checksum) values (9999, 'tomorrow', 'x')")
    asyncio.run(backup(filled, tmp_path / "new.awase"))
    with pytest.raises(StoreUnusable, match="9999_tomorrow"):
        asyncio.run(restore(fresh_database(), tmp_path / "new.awase"))


def test_an_unused_database_has_nothing_to_back_up(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        asyncio.run(backup(dsn, tmp_path / "one.awase"))
    assert list(tmp_path.iterdir()) == []
