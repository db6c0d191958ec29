"""Links, the base, match keys and cursors: reading them, and the part of a settlement that concerns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awase.core.operations import Side
from awase.ports.store import BaseRow, Cursor, Link, MatchEntry
from awase.store.connections import Connection
from awase.store.statements import statements
from awase.store.tables.part import Part


def link_of(row: tuple[Any, ...]) -> Link:
    """A row of the columns id, key, state, ma_object, ma_id, crm_object, crm_id, gone."""
    number, key, state, ma_object, ma_id, crm_object, crm_id, gone = row
    return Link(
        id=number,
        key=key,
        state=state,
        ma_object=ma_object,
        ma_id=ma_id,
        crm_object=crm_object,
        crm_id=crm_id,
        gone=gone,
    )


def base_of(row: tuple[Any, ...]) -> BaseRow:
    """A row of the columns link, ma, ma_hash, crm, crm_hash."""
    link, ma, ma_hash, crm, crm_hash = row
    return BaseRow(link=link, ma=ma, ma_hash=ma_hash, crm=crm, crm_hash=crm_hash)


class Links(Part):
    """See ``ports.store.Store``."""

    async def links_of(self, sync: str, side: Side, object: str, ids: Sequence[str]) -> list[Link]:
        statement = statements("links")["links_of_ma" if side == "ma" else "links_of_crm"]
        rows = await self._db.rows(statement, {"sync": sync, "object": object, "ids": list(ids)})
        return [link_of(row) for row in rows]

    async def links_by_id(self, sync: str, ids: Sequence[int]) -> list[Link]:
        rows = await self._db.rows(statements("links")["links_by_id"], {"sync": sync, "ids": list(ids)})
        return [link_of(row) for row in rows]

    async def links_after(self, sync: str, after: int, limit: int) -> list[Link]:
        facts = {"sync": sync, "after": after, "limit": limit}
        return [link_of(row) for row in await self._db.rows(statements("links")["links_after"], facts)]

    async def links_by_match(self, sync: str, side: Side, keys: Sequence[int]) -> list[tuple[int, str, Link]]:
        rows = await self._db.rows(
            statements("links")["links_by_match"], {"sync": sync, "side": side, "keys": list(keys)}
        )
        return [(row[0], row[1], link_of(row[2:])) for row in rows]

    async def bases(self, sync: str, links: Sequence[int]) -> list[BaseRow]:
        rows = await self._db.rows(statements("links")["bases"], {"sync": sync, "links": list(links)})
        return [base_of(row) for row in rows]

    async def link_count(self, sync: str) -> dict[str, int]:
        rows = await self._db.rows(statements("links")["link_count"], {"sync": sync})
        return dict(rows)

    async def cursors(self, sync: str) -> list[Cursor]:
        rows = await self._db.rows(statements("links")["cursors"], {"sync": sync})
        return [Cursor(side=side, object=object, value=value) for side, object, value in rows]


async def store_links(connection: Connection, sync: str, links: Sequence[Link]) -> None:
    """Insert, or replace by id; of two with one id the later holds."""
    distinct = list({link.id: link for link in links}.values())
    await connection.execute(
        statements("links")["store_links"],
        {
            "sync": sync,
            "ids": [link.id for link in distinct],
            "keys": [link.key for link in distinct],
            "states": [link.state for link in distinct],
            "ma_objects": [link.ma_object for link in distinct],
            "ma_ids": [link.ma_id for link in distinct],
            "crm_objects": [link.crm_object for link in distinct],
            "crm_ids": [link.crm_id for link in distinct],
            "gone": [link.gone for link in distinct],
        },
    )


async def store_bases(connection: Connection, sync: str, rows: Sequence[BaseRow]) -> None:
    """A side that is None leaves the stored side as it is. Rows of one link follow each other."""
    waiting = list(rows)
    while waiting:
        first: dict[int, BaseRow] = {}
        later: list[BaseRow] = []
        for row in waiting:
            later.append(row) if row.link in first else first.setdefault(row.link, row)
        await _store_distinct_bases(connection, sync, list(first.values()))
        waiting = later


async def _store_distinct_bases(connection: Connection, sync: str, rows: Sequence[BaseRow]) -> None:
    await connection.execute(
        statements("links")["store_bases"],
        {
            "sync": sync,
            "links": [row.link for row in rows],
            "mas": [row.ma for row in rows],
            "ma_hashes": [row.ma_hash for row in rows],
            "crms": [row.crm for row in rows],
            "crm_hashes": [row.crm_hash for row in rows],
        },
    )


async def store_matches(connection: Connection, sync: str, entries: Sequence[MatchEntry]) -> None:
    """Replace all entries of each (link, side) named."""
    facts = {
        "sync": sync,
        "links": [entry.link for entry in entries],
        "sides": [entry.side for entry in entries],
        "objects": [entry.object for entry in entries],
        "keys": [entry.key for entry in entries],
    }
    await connection.execute(statements("links")["drop_matches"], facts)
    await connection.execute(statements("links")["store_matches"], facts)


async def store_cursors(connection: Connection, sync: str, cursors: Sequence[Cursor]) -> None:
    """Insert or move; of two for one object the later holds."""
    distinct = list({(one.side, one.object): one for one in cursors}.values())
    await connection.execute(
        statements("links")["store_cursors"],
        {
            "sync": sync,
            "sides": [one.side for one in distinct],
            "objects": [one.object for one in distinct],
            "values": [one.value for one in distinct],
        },
    )
