"""The chain of the opt-out ledger: each entry carries the hash of the one before, so that a change shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from awase.errors import Bug
from awase.ports.store import LedgerEntry

BEGINNING = bytes(32)
"""What stands in for the hash before the first entry."""


class ChainedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger as it is kept. ``seq`` counts from 1 without gaps, over all syncs."""

    seq: int
    sync: str
    at: datetime
    entry: LedgerEntry
    hash: bytes


def chain(previous: bytes, seq: int, sync: str, at: datetime, entry: LedgerEntry) -> ChainedEntry:
    """The next line after the one whose hash is ``previous``."""
    at = at.astimezone(UTC)
    facts = (
        seq,
        sync,
        at.isoformat(timespec="microseconds"),
        entry.link,
        entry.address_key,
        entry.state,
        entry.scope,
        entry.source,
    )
    digest = hashlib.blake2b(previous + msgspec.msgpack.encode(facts), digest_size=32).digest()
    return ChainedEntry(seq=seq, sync=sync, at=at, entry=entry, hash=digest)


def follows(previous: bytes, expected_seq: int, line: ChainedEntry) -> bool:
    """Whether ``line`` is exactly what was appended after the line whose hash is ``previous``."""
    return chain(previous, expected_seq, line.sync, line.at, line.entry) == line


def identity(sync: str, entry: LedgerEntry) -> tuple[str, int | None, int | None, str, str]:
    """What makes two entries the same wish. The source is evidence: our own echo is not a second opt-out."""
    return (sync, entry.link, entry.address_key, entry.state, entry.scope)


def check_identified(entries: Iterable[LedgerEntry]) -> None:
    """Raise Bug for an entry that names neither a link nor an address: it could protect nobody."""
    for entry in entries:
        if entry.link is None and entry.address_key is None:
            raise Bug("an opt-out seen at {source} names neither a link nor an address", source=entry.source)
