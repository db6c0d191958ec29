"""What people chose about single records: whom a sync leaves alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from awase.store.codec import original, storable
from awase.store.statements import statements
from awase.store.tables.part import Part


class Choices(Part):
    """See ``ports.store.Store``."""

    async def exclude(self, sync: str, link: int, reason: str, now: datetime) -> None:
        facts = {"sync": sync, "link": link, "reason": storable(reason), "now": now}
        await self._db.run(statements("choices")["exclude"], facts)

    async def include(self, sync: str, link: int) -> bool:
        return bool(await self._db.rows(statements("choices")["include"], {"sync": sync, "link": link}))

    async def exclusions(self, sync: str) -> Mapping[int, str]:
        rows = await self._db.rows(statements("choices")["exclusions"], {"sync": sync})
        return {link: original(reason) for link, reason in rows}
