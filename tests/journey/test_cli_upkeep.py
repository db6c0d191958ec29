"""Backup, restore, and what happens when two people run the same sync."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Iterator

import pytest

from awase.configuration import load as load_configuration
from awase.store.embedded import embedded_server
from awase.store.postgres import PostgresStore
from tests.support.installation import Installation
from tests.support.small_workspace import WORKSPACE, contact, load, pass_an_hour, small_workspace


@pytest.fixture
def here() -> Iterator[Installation]:
    with small_workspace() as made:
        yield made


def test_a_restored_store_observes_until_writing_is_resumed(here: Installation) -> None:
    load(here, contact(1))
    here.connect_by_command()
    assert here.run("sync", "--yes").status == 0
    assert here.run("db", "backup", "b.awase").status == 0
    assert here.run("db", "backup", "b.awase").status == 2
    pass_an_hour(here)
    load(here, contact(2))
    pass_an_hour(here)

    assert here.run("db", "restore", "b.awase").status == 2
    assert here.run("db", "restore", "b.awase", "--replace").status == 0
    assert "b.awase" in here.run("db", "status", "--json").document["observe_only"]
    assert here.run("plan").status == 0
    refused = here.run("sync", "--yes")
    assert refused.status == 4
    assert "awase db resume" in refused.err
    assert len(here.salesforce.rows("Lead")) == 1

    assert here.run("db", "resume", "--json").document["resumed"]
    assert here.run("sync", "--yes").status == 0
    assert len(here.salesforce.rows("Lead")) == 2


def test_a_second_run_of_the_same_sync_is_refused(here: Installation) -> None:
    load(here, contact(1))
    here.connect_by_command()

    async def while_claimed() -> int:
        async with embedded_server(here.home / WORKSPACE) as dsn, PostgresStore.open(dsn) as store:
            async with store.claim("people"):
                said = await asyncio.to_thread(here.run, "sync", "--yes")
            return said.status

    assert asyncio.run(while_claimed()) == 5
    assert here.run("sync", "--yes").status == 0


def test_a_database_belongs_to_one_workspace(here: Installation) -> None:
    here.connect_by_command()

    async def address() -> str:
        async with embedded_server(here.home / WORKSPACE) as dsn:
            return dsn

    dsn = asyncio.run(address())
    here.replace('name = "acme"', 'name = "other"')
    refused = here.run("status", AWASE_DATABASE_URL=dsn)
    assert refused.status == 2
    assert "acme" in refused.err
    assert dsn not in refused.err


def test_a_new_workspace_is_a_valid_one_in_both_languages(here: Installation) -> None:
    for language in ("ja", "en"):
        folder = here.folder / language
        said = here.run("--lang", language, "init", str(folder), "--json")
        assert said.status == 0
        file = folder / "awase.toml"
        assert said.document == {"file": str(file)}
        assert load_configuration(file).language == language
        assert tomllib.loads(file.read_text(encoding="utf-8"))["syncs"][0]["name"] == "people"
