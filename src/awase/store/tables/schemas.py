"""Schemas: how each side's objects, fields and rules were when runs last used them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
import zstandard

from awase.core.operations import Side
from awase.core.schema import ObjectSchema, Schema
from awase.ports.store import MOST_SCHEMAS, Claim, KeptSchema
from awase.store.statements import statements
from awase.store.tables.part import Part

_objects = msgspec.json.Decoder(dict[str, ObjectSchema])
_LARGEST_BODY = 64 * 1024 * 1024
"""Bytes a decompressed body may have; a larger one is damage, not data."""


class Schemas(Part):
    """See ``ports.store.Store``."""

    async def keep_schemas(self, claim: Claim, schemas: Mapping[Side, Schema], now: datetime) -> None:
        sql = statements("schemas")
        async with self._db.fenced(claim) as connection:
            for side, schema in sorted(schemas.items()):
                facts = {"sync": claim.sync, "side": side, "now": now, "most": MOST_SCHEMAS}
                facts |= {"digest": schema.digest(), "body": _packed(schema)}
                await connection.execute(sql["keep_schema"], facts)
                await connection.execute(sql["forget_schemas"], facts)

    async def schemas(self, sync: str, side: Side) -> list[KeptSchema]:
        rows = await self._db.rows(statements("schemas")["schemas"], {"sync": sync, "side": side})
        return [
            KeptSchema(schema=schema, first_used=first, last_used=last)
            for body, first, last in rows
            if (schema := _unpacked(body)) is not None
        ]


def _packed(schema: Schema) -> bytes:
    return zstandard.compress(msgspec.json.encode(schema.objects, order="sorted"))


def _unpacked(body: bytes) -> Schema | None:
    """None for one that another release kept in a form that is not ours: nothing can be compared with it."""
    plain = zstandard.decompress(body, max_output_size=_LARGEST_BODY)
    try:
        return Schema(_objects.decode(plain))
    except msgspec.ValidationError:
        return None
