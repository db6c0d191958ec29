"""Credentials at rest: nobody reads them from the database, moves them, changes them, or is locked out by a rotation."""

from __future__ import annotations

import asyncio
import base64
import stat
from collections.abc import Coroutine
from pathlib import Path
from secrets import token_bytes
from typing import Any, TypeVar

import msgspec
import pytest

from awase.errors import BadInput, NotConnected, StoreUnusable
from awase.ports.connector import Credentials
from awase.ports.store import ConnectionRecord
from awase.secrets.keyring import (
    COMMAND_VARIABLE,
    KEY_FILE,
    KEY_VARIABLE,
    Keyring,
    MasterKey,
    add_key,
    open_keyring,
)
from awase.secrets.sealed import SealedSecrets, seal, unseal
from awase.store.memory import MemoryStore

T = TypeVar("T")
CANARY = "canary-5d1e-refresh-token"
MINE = Credentials("refresh_token", {"refresh_token": CANARY, "client_id": "合わせ"})


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def ring(*keys: MasterKey) -> Keyring:
    return Keyring(keys or (MasterKey(token_bytes(32)),))


def connected(*names: str) -> MemoryStore:
    store = MemoryStore()
    for name in names:
        record = ConnectionRecord(
            name=name, vendor="stub", mode="live", org_id="1", org_name="", org_kind="production", user=""
        )
        run(store.save_connection(record))
    return store


async def _raw(store: MemoryStore, name: str) -> bytes:
    sealed = await store.secret(name)
    assert sealed is not None
    return sealed


def test_what_was_saved_comes_back_and_what_was_never_saved_is_none() -> None:
    secrets = SealedSecrets(MemoryStore(), ring())
    run(secrets.save("crm", MINE))
    assert run(secrets.credentials("crm")) == MINE
    assert run(secrets.credentials("ma")) is None
    assert run(secrets.before_renewal("crm")) is None


def test_the_stored_bytes_hold_no_trace_of_the_credentials() -> None:
    store = MemoryStore()
    run(SealedSecrets(store, ring()).save("crm", MINE))
    sealed = run(_raw(store, "crm"))
    for planted in (CANARY.encode(), b"refresh_token", "合わせ".encode(), base64.b64encode(CANARY.encode())):
        assert planted not in sealed


def test_a_row_moved_to_another_connection_does_not_open() -> None:
    store, keys = MemoryStore(), ring()
    secrets = SealedSecrets(store, keys)
    run(secrets.save("crm", MINE))
    run(secrets.save("ma", Credentials("token", {"token": "other"})))
    crm, ma = run(_raw(store, "crm")), run(_raw(store, "ma"))
    run(store.save_secret("crm", ma))
    run(store.save_secret("ma", crm))
    for name in ("crm", "ma"):
        with pytest.raises(NotConnected, match="changed outside Awase, or belong to another connection"):
            run(secrets.credentials(name))


def test_every_changed_byte_is_noticed() -> None:
    keys = ring()
    sealed = seal(keys.newest, "crm", MINE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 0x01
        with pytest.raises(NotConnected):
            unseal(keys, "crm", bytes(changed))
    for length in range(0, len(sealed), 7):
        with pytest.raises(NotConnected):
            unseal(keys, "crm", sealed[:length])


def test_parts_of_two_rows_of_the_same_connection_cannot_be_combined() -> None:
    keys = ring()
    first, second = (msgspec.msgpack.decode(seal(keys.newest, "crm", MINE)) for _ in range(2))
    mixed = msgspec.msgpack.encode([*first[:3], second[3]])
    with pytest.raises(NotConnected):
        unseal(keys, "crm", mixed)


def test_a_lost_key_is_told_clearly_with_its_name_and_what_to_do() -> None:
    store, lost = MemoryStore(), ring()
    run(SealedSecrets(store, lost).save("crm", MINE))
    with pytest.raises(NotConnected, match=lost.newest.name) as caught:
        run(SealedSecrets(store, ring()).credentials("crm"))
    assert "connect again" in caught.value.remedy


def test_a_row_of_another_format_is_not_guessed_at() -> None:
    keys = ring()
    row = msgspec.msgpack.decode(seal(keys.newest, "crm", MINE))
    with pytest.raises(NotConnected, match="another version of Awase"):
        unseal(keys, "crm", msgspec.msgpack.encode([2, *row[1:]]))


def test_renewed_values_lie_over_the_old_and_the_old_stay_in_the_second_slot() -> None:
    secrets = SealedSecrets(MemoryStore(), ring())
    run(secrets.save("crm", MINE))
    run(secrets.renew("crm", {"refresh_token": "new"}))
    assert run(secrets.credentials("crm")) == Credentials(
        "refresh_token", {**MINE.values, "refresh_token": "new"}
    )
    assert run(secrets.before_renewal("crm")) == MINE
    run(secrets.renew("crm", {"refresh_token": "new"}))
    assert run(secrets.before_renewal("crm")) == MINE


def test_nothing_to_renew_is_a_connection_that_was_never_made() -> None:
    with pytest.raises(NotConnected):
        run(SealedSecrets(MemoryStore(), ring()).renew("crm", {"refresh_token": "new"}))


def test_after_a_rotation_no_row_needs_the_old_key() -> None:
    store, old, new = connected("crm", "ma", "unused"), MasterKey(token_bytes(32)), MasterKey(token_bytes(32))
    before = SealedSecrets(store, ring(old))
    run(before.save("crm", MINE))
    run(before.renew("crm", {"refresh_token": "second"}))
    run(before.save("ma", MINE))
    assert run(SealedSecrets(store, ring(new, old)).rotate()) == 2
    after = SealedSecrets(store, ring(new))
    assert run(after.credentials("crm")) == Credentials(
        "refresh_token", {**MINE.values, "refresh_token": "second"}
    )
    assert run(after.credentials("ma")) == MINE
    assert run(after.before_renewal("crm")) is not None
    assert run(SealedSecrets(store, ring(new, old)).rotate()) == 0


class Crash(Exception):
    pass


class CrashingStore(MemoryStore):
    """Dies before or after the n-th save from now."""

    def __init__(self) -> None:
        super().__init__()
        self.fatal: int | None = None

    async def save_secret(self, connection: str, sealed: bytes) -> None:
        await self._die_if(0)
        await super().save_secret(connection, sealed)
        await self._die_if(0)

    async def _die_if(self, left: int) -> None:
        if self.fatal is not None:
            self.fatal -= 1
            if self.fatal < left:
                raise Crash


@pytest.mark.parametrize("fatal", range(6))
def test_a_rotation_may_be_interrupted_at_any_point_and_repeated(fatal: int) -> None:
    store, old, new = CrashingStore(), MasterKey(token_bytes(32)), MasterKey(token_bytes(32))
    before, both = SealedSecrets(store, ring(old)), SealedSecrets(store, ring(new, old))
    names = ("crm", "ma")
    for name in names:
        run(before.save(name, Credentials("token", {"token": "first"})))
        run(before.renew(name, {"token": name}))
    store.fatal = fatal
    with pytest.raises(Crash):
        run(both.rotate(names))
    store.fatal = None
    for name in names:
        assert run(both.credentials(name)) == Credentials("token", {"token": name})
    run(both.rotate(names))
    after = SealedSecrets(store, ring(new))
    for name in names:
        assert run(after.credentials(name)) == Credentials("token", {"token": name})
        assert run(after.before_renewal(name)) is not None


def test_the_key_file_is_made_once_private_and_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    keys = open_keyring(home, {})
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
    assert open_keyring(home, {}) == keys
    assert sorted(path.name for path in home.iterdir()) == [KEY_FILE]


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    open_keyring(tmp_path, {})
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(StoreUnusable, match="others may read the key"):
        open_keyring(tmp_path, {})


def test_a_new_key_goes_first_and_the_old_ones_still_open(tmp_path: Path) -> None:
    old = open_keyring(tmp_path, {})
    sealed = seal(old.newest, "crm", MINE)
    new = add_key(tmp_path)
    assert new.keys[1:] == old.keys
    assert open_keyring(tmp_path, {}) == new
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert unseal(new, "crm", sealed) == MINE


def test_keys_may_come_from_the_environment_or_a_command(tmp_path: Path) -> None:
    written = base64.b64encode(b"k" * 32).decode()
    keys = Keyring((MasterKey(b"k" * 32),))
    assert open_keyring(tmp_path, {KEY_VARIABLE: written}) == keys
    assert open_keyring(tmp_path, {COMMAND_VARIABLE: f"printf '%s\\n' {written}"}) == keys
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"k" * 16).decode(), "!!!", " , "])
def test_something_that_is_no_key_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput) as caught:
        open_keyring(tmp_path, {KEY_VARIABLE: text})
    assert str(caught.value) == f"{KEY_VARIABLE}: expected one or more keys of 32 bytes in base64"


@pytest.mark.parametrize(
    "command", ["false", "no-such-command-at-all", "sh -c 'echo canary; exit 3'", "'unclosed"]
)
def test_a_command_that_fails_is_told_without_what_it_printed(tmp_path: Path, command: str) -> None:
    with pytest.raises(BadInput, match="the command did not give the keys") as caught:
        open_keyring(tmp_path, {COMMAND_VARIABLE: command})
    assert "canary" not in f"{caught.value} {caught.value.places}"


def test_nothing_that_holds_a_secret_prints_it() -> None:
    key = MasterKey(b"canary-canary-canary-canary-cana")
    keys = Keyring((key,))
    holders = (key, keys, MINE, SealedSecrets(MemoryStore(), keys))
    for holder in holders:
        assert "canary" not in f"{holder!r} {holder!s}"


def test_the_key_for_another_purpose_is_neither_the_master_key_nor_that_of_a_third() -> None:
    keys = ring()
    assert len({keys.newest.secret, keys.derived("redaction"), keys.derived("hashing")}) == 3
