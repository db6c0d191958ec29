"""Planted credentials are searched for in everything that the database and its backup leave on the disk."""

from __future__ import annotations

import asyncio
import base64
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from awase.ports.connector import Credentials
from awase.secrets.keyring import open_keyring
from awase.secrets.sealed import SealedSecrets
from awase.store.embedded import embedded_server
from awase.store.postgres import PostgresStore
from awase.store.upkeep import backup

FIRST, SECOND = "canary-7a61-first-token", "canary-7a61-second-token"
CONTROL = "kept-in-plain-text-7a61"


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path: the private socket's name has to fit."""
    folder = Path(tempfile.mkdtemp(prefix="aw-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_no_planted_token_is_found_in_the_data_directory_the_log_or_a_backup(home: Path) -> None:
    keys = open_keyring(home / "keys", {})

    async def main() -> None:
        async with embedded_server(home / "db") as dsn:
            async with PostgresStore.open(dsn) as store:
                await store.save_setting("control", CONTROL)
                secrets = SealedSecrets(store, keys)
                await secrets.save("crm", Credentials("refresh_token", {"refresh_token": FIRST}))
                await secrets.renew("crm", {"refresh_token": SECOND})
                current, before = await secrets.credentials("crm"), await secrets.before_renewal("crm")
                assert current is not None
                assert before is not None
                assert (current.values["refresh_token"], before.values["refresh_token"]) == (SECOND, FIRST)
            await backup(dsn, home / "awase.backup")
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
                await connection.execute("checkpoint")

    asyncio.run(main())
    written = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    assert (home / "awase.backup") in written
    assert len(written) > 100
    needles = [b"canary-7a61", base64.b64encode(b"canary-7a61-"), b"canary-7a61".hex().encode()]
    contents = {path: path.read_bytes() for path in written}
    assert any(CONTROL.encode() in content for content in contents.values()), (
        "the search itself finds nothing"
    )
    for path, content in contents.items():
        for needle in needles:
            assert needle not in content, path
