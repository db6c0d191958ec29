"""Items: what stands against agreement, open or closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from awase.ports.store import Item, ItemKind, Settlement, StoredItem
from awase.store.codec import original, storable
from awase.store.connections import Connection
from awase.store.memory_state import item_identity
from awase.store.statements import statements
from awase.store.tables.part import Part

_detail = msgspec.json.Decoder(dict[str, str])


class Items(Part):
    """See ``ports.store.Store``."""

    async def open_items(self, sync: str, links: Sequence[int] | None = None) -> list[StoredItem]:
        rows = await self._db.rows(
            statements("items")["open_items"], {"sync": sync, "links": None if links is None else list(links)}
        )
        return [stored_item(row) for row in rows]

    async def items_to_retry(self, sync: str, context: str) -> list[StoredItem]:
        rows = await self._db.rows(statements("items")["items_to_retry"], {"sync": sync, "context": context})
        return [stored_item(row) for row in rows]

    async def mark_for_retry(
        self, sync: str, *, links: Sequence[int] | None = None, error_type: str | None = None
    ) -> int:
        facts = {"sync": sync, "links": None if links is None else list(links), "error_type": error_type}
        return len(await self._db.rows(statements("items")["mark_for_retry"], facts))


async def settle_items(connection: Connection, sync: str, settlement: Settlement, now: datetime) -> None:
    """Close what was cleared and not found again, then open or refresh what was found."""
    distinct = {item_identity(item): item for item in settlement.found}
    columns = _columns(list(distinct.values())) | {"sync": sync, "now": now, "run": settlement.run}
    if settlement.cleared:
        await connection.execute(
            statements("items")["close_items"], columns | {"cleared": list(settlement.cleared)}
        )
    if distinct:
        await connection.execute(statements("items")["store_items"], columns)


def _columns(items: Sequence[Item]) -> dict[str, Any]:
    return {
        "links": [item.link for item in items],
        "sides": [item.side for item in items],
        "kinds": [str(item.kind) for item in items],
        "codes": [storable(item.code) for item in items],
        "fields": [storable(item.field) for item in items],
        "occasions": [item.occasion for item in items],
        "error_types": [item.error_type for item in items],
        "sources": [item.source for item in items],
        "records": [storable(item.record) for item in items],
        "labels": [storable(item.label) for item in items],
        "values": [None if item.value is None else storable(item.value) for item in items],
        "other_values": [None if item.other_value is None else storable(item.other_value) for item in items],
        "messages": [storable(item.message) for item in items],
        "details": [_detail_text(item.detail) for item in items],
        "contexts": [item.context for item in items],
        "retries": [item.retry for item in items],
    }


def _detail_text(detail: dict[str, str]) -> str:
    return msgspec.json.encode({name: storable(text) for name, text in detail.items()}).decode()


def stored_item(row: tuple[Any, ...]) -> StoredItem:
    """A row of the columns ``open_items`` selects; a last one more is the time it was closed."""
    (
        link,
        side,
        kind,
        code,
        field,
        occasion,
        error_type,
        source,
        record,
        label,
        value,
        other_value,
        message,
    ) = row[:13]
    detail, context, retry, first_seen, last_seen, attempts, run = row[13:20]
    item = Item(
        link=link,
        side=side,
        kind=ItemKind(kind),
        code=original(code),
        field=original(field),
        occasion=occasion,
        error_type=error_type,
        source=source,
        record=original(record),
        label=original(label),
        value=None if value is None else original(value),
        other_value=None if other_value is None else original(other_value),
        message=original(message),
        detail={name: original(text) for name, text in _detail.decode(detail).items()},
        context=context,
        retry=retry,
    )
    return StoredItem(
        item=item,
        first_seen=first_seen,
        last_seen=last_seen,
        attempts=attempts,
        run=run,
        closed_at=row[20] if len(row) > 20 else None,
    )
