"""Claims and runs: one run of a sync at a time, and a number for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from awase.core.values import hash64
from awase.errors import AlreadyRunning, Bug
from awase.ports.store import Claim, Note, RunCounts, RunRecord
from awase.store.connections import connect, translated
from awase.store.statements import statements
from awase.store.tables.part import Part

_sides = msgspec.json.Decoder(dict[str, RunCounts])
_calls = msgspec.json.Decoder(dict[str, int])
_note = msgspec.json.Decoder(Note)


def claim_lock(sync: str) -> int:
    """The number of the advisory lock that stands for a sync."""
    return hash64(f"awase:sync:{sync}".encode())


class Runs(Part):
    """See ``ports.store.Store``."""

    def claim(self, sync: str) -> AbstractAsyncContextManager[Claim]:
        return self._claim(sync)

    @asynccontextmanager
    async def _claim(self, sync: str) -> AsyncIterator[Claim]:
        """The lock lives on its own connection, so that it ends with the process however that dies."""
        connection = await connect(self._db.dsn)
        try:
            async with translated():
                sql = statements("runs")
                cursor = await connection.execute(sql["take_claim_lock"], {"lock": claim_lock(sync)})
                if await cursor.fetchone() != (True,):
                    raise AlreadyRunning("sync {sync} is running in another process", sync=sync)
                cursor = await connection.execute(sql["raise_epoch"], {"sync": sync})
                row = await cursor.fetchone()
            assert row is not None  # noqa: S101 - an upsert with RETURNING has a row
            yield Claim(sync=sync, epoch=row[0])
        finally:
            await connection.close()

    async def start_run(self, claim: Claim, kind: str, now: datetime) -> int:
        facts = {"sync": claim.sync, "kind": kind, "now": now}
        async with self._db.fenced(claim) as connection:
            await connection.execute(statements("runs")["interrupt_runs"], facts)
            cursor = await connection.execute(statements("runs")["start_run"], facts)
            row = await cursor.fetchone()
        if row is None:
            raise Bug("a run of sync {sync} got no number", sync=claim.sync)
        return int(row[0])

    async def finish_run(self, claim: Claim, record: RunRecord) -> None:
        facts = msgspec.structs.asdict(record) | {
            "sync": claim.sync,
            "sides": msgspec.json.encode(record.sides).decode(),
            "calls": msgspec.json.encode(record.calls).decode(),
            "note": None if record.note is None else msgspec.json.encode(record.note).decode(),
        }
        async with self._db.fenced(claim) as connection:
            cursor = await connection.execute(statements("runs")["finish_run"], facts)
            if await cursor.fetchone() is None or record.sync != claim.sync:
                raise Bug("run {run} is not one of sync {sync}", run=record.id, sync=claim.sync)

    async def runs(self, sync: str | None = None, limit: int = 20) -> list[RunRecord]:
        rows = await self._db.rows(statements("runs")["newest_runs"], {"sync": sync, "limit": limit})
        return [_record(row) for row in rows]


def _record(row: tuple[Any, ...]) -> RunRecord:
    number, sync, kind, started, ended, state, sides, conflicts, calls, note = row
    return RunRecord(
        id=number,
        sync=sync,
        kind=kind,
        started=started,
        ended=ended,
        state=state,
        sides=_sides.decode(sides),
        conflicts=conflicts,
        calls=_calls.decode(calls),
        note=None if note is None else _note.decode(note),
    )
