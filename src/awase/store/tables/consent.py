"""The opt-out ledger: appended to under a lock, chained by hashes, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from awase.ports.store import LedgerEntry
from awase.store.codec import original, storable
from awase.store.connections import Connection
from awase.store.ledger import BEGINNING, ChainedEntry, chain, check_identified, follows, identity
from awase.store.statements import statements
from awase.store.tables.part import Part

_STRETCH = 10_000
"""Lines read at once when the chain is verified."""


class Consent(Part):
    """See ``ports.store.Store``."""

    async def record_opt_outs(self, sync: str, entries: Sequence[LedgerEntry], now: datetime) -> None:
        check_identified(entries)
        async with self._db.one() as connection:
            if not await _unknown(connection, sync, entries):
                return  # the usual case: seen before, and no lock needed
        async with self._db.transaction() as connection:
            await connection.execute(statements("consent")["lock_ledger"])
            fresh = await _unknown(connection, sync, entries)
            if fresh:
                await _append(connection, sync, fresh, now)

    async def opted_out(
        self, sync: str, links: Sequence[int], address_keys: Sequence[int]
    ) -> tuple[set[int], set[int]]:
        facts = {"sync": sync, "links": list(links), "addresses": list(address_keys)}
        links_out = await self._db.rows(statements("consent")["links_out"], facts) if links else []
        addresses_out = (
            await self._db.rows(statements("consent")["addresses_out"], facts) if address_keys else []
        )
        return {link for (link,) in links_out}, {key for (key,) in addresses_out}

    async def verify_ledger(self) -> int | None:
        """The number of the first line that is not what was appended, or None when the chain holds."""
        previous, seq = BEGINNING, 0
        while True:
            rows = await self._db.rows(
                statements("consent")["ledger_lines"], {"after": seq, "limit": _STRETCH}
            )
            if not rows:
                return None
            for line in map(chained_entry, rows):
                if not follows(previous, seq + 1, line):
                    return seq + 1
                previous, seq = line.hash, line.seq


async def _unknown(connection: Connection, sync: str, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Those that the ledger does not hold yet, each once."""
    facts = {
        "sync": sync,
        "links": [entry.link for entry in entries if entry.link is not None],
        "addresses": [entry.address_key for entry in entries if entry.address_key is not None],
    }
    cursor = await connection.execute(statements("consent")["known_opt_outs"], facts)
    known = {identity(sync, _entry(row)) for row in await cursor.fetchall()}
    fresh: list[LedgerEntry] = []
    for entry in entries:
        if identity(sync, entry) not in known:
            known.add(identity(sync, entry))
            fresh.append(entry)
    return fresh


async def _append(connection: Connection, sync: str, entries: Sequence[LedgerEntry], now: datetime) -> None:
    cursor = await connection.execute(statements("consent")["last_ledger_line"])
    seq, previous = await cursor.fetchone() or (0, BEGINNING)
    lines: list[ChainedEntry] = []
    for entry in entries:
        seq += 1
        lines.append(chain(previous, seq, sync, now, entry))
        previous = lines[-1].hash
    await connection.execute(
        statements("consent")["append_ledger"],
        {
            "sync": sync,
            "seqs": [line.seq for line in lines],
            "links": [line.entry.link for line in lines],
            "addresses": [line.entry.address_key for line in lines],
            "states": [line.entry.state for line in lines],
            "scopes": [line.entry.scope for line in lines],
            "sources": [storable(line.entry.source) for line in lines],
            "times": [line.at for line in lines],
            "hashes": [line.hash for line in lines],
        },
    )


def _entry(row: tuple[Any, ...]) -> LedgerEntry:
    link, address_key, state, scope, source = row
    return LedgerEntry(link=link, address_key=address_key, state=state, scope=scope, source=original(source))


def chained_entry(row: tuple[Any, ...]) -> ChainedEntry:
    """A row of the columns seq, sync, link, address_key, state, scope, source, at, hash."""
    seq, sync, *entry, at, digest = row
    return ChainedEntry(seq=seq, sync=sync, at=at, entry=_entry(tuple(entry)), hash=digest)
