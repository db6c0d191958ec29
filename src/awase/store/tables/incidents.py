"""Incidents: faults of a connection or a whole sync, each kept once."""

from __future__ import annotations

from datetime import datetime

import msgspec

from awase.ports.store import Incident, Note
from awase.store.codec import original, storable
from awase.store.statements import statements
from awase.store.tables.part import Part

_note = msgspec.json.Decoder(Note)


class Incidents(Part):
    """See ``ports.store.Store``."""

    async def raise_incident(self, subject: str, note: Note, affected: int, now: datetime) -> None:
        facts = {
            "subject": subject,
            "code": note.code,
            "note": storable(msgspec.json.encode(note).decode()),
            "affected": affected,
            "now": now,
        }
        await self._db.run(statements("incidents")["raise_incident"], facts)

    async def end_incidents(self, subject: str, now: datetime) -> None:
        await self._db.run(statements("incidents")["end_incidents"], {"subject": subject, "now": now})

    async def incidents(self, *, open_only: bool = True, limit: int = 50) -> list[Incident]:
        facts = {"open_only": open_only, "limit": limit}
        rows = await self._db.rows(statements("incidents")["incidents"], facts)
        return [
            Incident(
                id=number,
                subject=subject,
                code=code,
                note=_note.decode(original(note)),
                affected=affected,
                opened=opened,
                last_seen=last_seen,
                closed_at=closed_at,
            )
            for number, subject, code, note, affected, opened, last_seen, closed_at in rows
        ]
