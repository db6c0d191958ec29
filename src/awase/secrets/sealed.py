"""``ports.secrets.Secrets`` over the store: AES-256-GCM, a fresh data key a row, wrapped by a master key.

The associated data of both layers name the format and the connection, so that a row moved to another connection does
not open. What is inside is JSON; nothing is ever evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_bytes
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from awase.errors import NotConnected
from awase.ports.connector import Credentials
from awase.ports.store import ConnectionRecord
from awase.secrets.keyring import KEY_BYTES, Keyring, MasterKey

_FORMAT = 1
_NONCE_BYTES = 12


class SecretStore(Protocol):
    """The part of ``ports.store.Store`` that keeps sealed credentials."""

    async def connections(self) -> list[ConnectionRecord]: ...

    async def secret(self, connection: str) -> bytes | None: ...

    async def save_secret(self, connection: str, sealed: bytes) -> None: ...

    async def previous_secret(self, connection: str) -> bytes | None: ...


class _Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    format: int
    key: str
    """Name of the master key."""
    wrapped: bytes
    """Nonce and data key under the master key."""
    body: bytes
    """Nonce and payload under the data key."""


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    values: dict[str, str]

    def __repr__(self) -> str:
        return "_Payload(…)"


class SealedSecrets:
    """See the module's text."""

    def __init__(self, store: SecretStore, keyring: Keyring) -> None:
        self._store = store
        self._keyring = keyring

    async def credentials(self, connection: str) -> Credentials | None:
        """What this connection signs in with. Raises NotConnected when it is there and cannot be opened."""
        return self._opened(connection, await self._store.secret(connection))

    async def save(self, connection: str, credentials: Credentials) -> None:
        """Seal and store; the credentials before go to the second slot."""
        await self._store.save_secret(connection, seal(self._keyring.newest, connection, credentials))

    async def renew(self, connection: str, values: Mapping[str, str]) -> None:
        """Lay rotated values over the stored ones. With nothing new it changes nothing, the second slot included."""
        current = await self.credentials(connection)
        if current is None:
            raise NotConnected(
                "{connection} has never been connected.",
                remedy="Run `awase connect {connection}`.",
                connection=connection,
            )
        merged = {**current.values, **values}
        if merged != dict(current.values):
            await self.save(connection, Credentials(current.kind, merged))

    async def before_renewal(self, connection: str) -> Credentials | None:
        """The credentials before the last change."""
        return self._opened(connection, await self._store.previous_secret(connection))

    async def rotate(self, connections: Sequence[str] | None = None) -> int:
        """Seal everything again with the newest key; returns how many connections needed it.

        May be interrupted and repeated at any point: the first slot opens at each. Both slots end up with the present
        credentials, so that afterwards no row needs an older key. Stop running syncs first: a renewal that happens
        between the reading and the writing of the same row would be overwritten.
        """
        names = (
            [record.name for record in await self._store.connections()]
            if connections is None
            else connections
        )
        changed = 0
        for name in names:
            slots = (await self._store.secret(name), await self._store.previous_secret(name))
            current = self._opened(name, slots[0])
            if current is None or all(self._is_newest(name, slot) for slot in slots):
                continue
            if not self._is_newest(name, slots[0]):
                await self.save(name, current)
            # The first save moved the row under the old key into the second slot; the next one moves it out.
            if slots[1] is not None or not self._is_newest(name, slots[0]):
                await self.save(name, current)
            changed += 1
        return changed

    def _is_newest(self, connection: str, sealed: bytes | None) -> bool:
        return sealed is None or _read(connection, sealed).key == self._keyring.newest.name

    def _opened(self, connection: str, sealed: bytes | None) -> Credentials | None:
        return None if sealed is None else unseal(self._keyring, connection, sealed)


def seal(key: MasterKey, connection: str, credentials: Credentials) -> bytes:
    """Credentials as bytes that only a holder of ``key`` can open, and only as those of ``connection``."""
    data_key = token_bytes(KEY_BYTES)
    payload = msgspec.json.encode(_Payload(credentials.kind, dict(credentials.values)))
    return msgspec.msgpack.encode(
        _Sealed(
            format=_FORMAT,
            key=key.name,
            wrapped=_encrypt(key.secret, data_key, _bound_to("key", connection)),
            body=_encrypt(data_key, payload, _bound_to("credentials", connection)),
        )
    )


def unseal(keyring: Keyring, connection: str, sealed: bytes) -> Credentials:
    """The reverse of ``seal``. Raises NotConnected, saying whether the key is missing or the row was changed."""
    row = _read(connection, sealed)
    key = keyring.named(row.key)
    if key is None:
        raise NotConnected(
            "The credentials of {connection} were sealed with master key {key}, which is not here.",
            remedy="Bring that key back (AWASE_MASTER_KEY, AWASE_MASTER_KEY_COMMAND or the key file), or connect again.",
            connection=connection,
            key=row.key,
        )
    try:
        data_key = _decrypt(key.secret, row.wrapped, _bound_to("key", connection))
        payload = msgspec.json.decode(
            _decrypt(data_key, row.body, _bound_to("credentials", connection)), type=_Payload
        )
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        raise _changed(connection) from None
    return Credentials(payload.kind, payload.values)


def _read(connection: str, sealed: bytes) -> _Sealed:
    try:
        row = msgspec.msgpack.decode(sealed, type=_Sealed)
    except (msgspec.MsgspecError, ValueError):
        raise _changed(connection) from None
    if row.format != _FORMAT:
        raise NotConnected(
            "The credentials of {connection} were sealed by another version of Awase (format {format}).",
            remedy="Use that version, or connect again.",
            connection=connection,
            format=row.format,
        )
    return row


def _changed(connection: str) -> NotConnected:
    return NotConnected(
        "The stored credentials of {connection} were changed outside Awase, or belong to another connection; they are "
        "not used.",
        remedy="Find out who can write to the database; then connect again.",
        connection=connection,
    )


def _bound_to(layer: str, connection: str) -> bytes:
    return f"awase:{_FORMAT}:{layer}:{connection}".encode()


def _encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
