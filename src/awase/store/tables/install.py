"""Connections, sealed secrets, counted calls and settings: what belongs to the whole install."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from awase.ports.store import CallUse, ConnectionRecord
from awase.store.calls import DAY, bucket_of, oldest_bucket
from awase.store.statements import statements
from awase.store.tables.part import Part


class Install(Part):
    """See ``ports.store.Store``."""

    async def connections(self) -> list[ConnectionRecord]:
        rows = await self._db.rows(statements("install")["connections"], {})
        return [
            ConnectionRecord(**dict(zip(ConnectionRecord.__struct_fields__, row, strict=True)))
            for row in rows
        ]

    async def save_connection(self, record: ConnectionRecord) -> None:
        await self._db.run(statements("install")["save_connection"], msgspec.structs.asdict(record))

    async def secret(self, connection: str) -> bytes | None:
        return (await self._secrets(connection))[0]

    async def save_secret(self, connection: str, sealed: bytes) -> None:
        await self._db.run(statements("install")["save_secret"], {"connection": connection, "sealed": sealed})

    async def previous_secret(self, connection: str) -> bytes | None:
        return (await self._secrets(connection))[1]

    async def _secrets(self, connection: str) -> tuple[bytes | None, bytes | None]:
        rows = await self._db.rows(statements("install")["secret"], {"connection": connection})
        return (rows[0][0], rows[0][1]) if rows else (None, None)

    async def reserve_calls(self, connection: str, lane: str, calls: int, now: datetime) -> None:
        facts = {"connection": connection, "lane": lane, "bucket": bucket_of(now), "calls": calls}
        await self._db.run(statements("install")["reserve_calls"], facts)

    async def return_calls(self, connection: str, lane: str, calls: int, now: datetime) -> None:
        facts = {
            "connection": connection,
            "lane": lane,
            "returned": calls,
            "now": now,
            "oldest": now - DAY,
        }
        await self._db.run(statements("install")["return_calls"], facts)

    async def save_limit_reading(self, connection: str, maximum: int, remaining: int, now: datetime) -> None:
        facts = {"connection": connection, "maximum": maximum, "remaining": remaining, "now": now}
        await self._db.run(statements("install")["save_limit_reading"], facts)

    async def call_use(self, connection: str, now: datetime, window: timedelta = DAY) -> CallUse:
        facts = {"connection": connection, "oldest": oldest_bucket(now, window)}
        by_lane: dict[str, int] = dict(await self._db.rows(statements("install")["call_use"], facts))
        readings = await self._db.rows(statements("install")["limit_reading"], facts)
        maximum, remaining, read_at = readings[0] if readings else (None, None, None)
        return CallUse(
            by_lane=by_lane,
            total=sum(by_lane.values()),
            vendor_maximum=maximum,
            vendor_remaining=remaining,
            vendor_read_at=read_at,
        )

    async def setting(self, name: str) -> str | None:
        rows = await self._db.rows(statements("install")["setting"], {"name": name})
        return str(rows[0][0]) if rows else None

    async def save_setting(self, name: str, value: str) -> None:
        await self._db.run(statements("install")["save_setting"], {"name": name, "value": value})

    async def settings(self) -> Mapping[str, str]:
        return dict(await self._db.rows(statements("install")["settings"], {}))
