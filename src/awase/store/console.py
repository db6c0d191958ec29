"""What only people ask: reads for the console and ``awase explain``, on PostgreSQL alone."""

from __future__ import annotations

import msgspec

from awase.core.operations import Operation, Outcome
from awase.ports.store import BaseRow, ItemKind, JournalBatch, Link, OpenBatch, StoredItem
from awase.store.ledger import ChainedEntry
from awase.store.statements import statements
from awase.store.tables.consent import chained_entry
from awase.store.tables.items import stored_item
from awase.store.tables.journal import open_batch
from awase.store.tables.links import base_of, link_of
from awase.store.tables.part import Part


class JournalLine(msgspec.Struct, frozen=True, kw_only=True):
    """One operation on a link, with the batch it went in and what became of it (None: nobody knows)."""

    batch: JournalBatch
    """Without its other operations."""
    operation: Operation
    outcome: Outcome | None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the store knows about one link."""

    sync: str
    link: Link
    base: BaseRow | None
    open_items: list[StoredItem]
    closed_items: list[StoredItem]
    """The newest hundred."""
    journal: list[JournalLine]
    """Newest first, of the newest hundred batches."""
    ledger: list[ChainedEntry]


class Console(Part):
    """Reads over open and closed items, links and the journal."""

    async def errors(
        self,
        sync: str | None = None,
        kind: ItemKind | None = None,
        code: str | None = None,
        limit: int = 1_000,
    ) -> list[StoredItem]:
        """Open items other than conflicts, newest first."""
        facts = {"sync": sync, "kind": None if kind is None else str(kind), "code": code, "limit": limit}
        return [stored_item(row) for row in await self._db.rows(statements("console")["errors"], facts)]

    async def error_counts(self, sync: str | None = None) -> dict[str, int]:
        """Open items other than conflicts by code, most first."""
        return dict(await self._db.rows(statements("console")["error_counts"], {"sync": sync}))

    async def conflicts(self, sync: str | None = None, limit: int = 1_000) -> list[StoredItem]:
        """Waiting and settled conflicts, newest first."""
        facts = {"sync": sync, "limit": limit}
        return [stored_item(row) for row in await self._db.rows(statements("console")["conflicts"], facts)]

    async def find_person(
        self, sync: str | None, text: str, match_key_hash: int | None = None
    ) -> list[Person]:
        """Links found by a record's id or a key (``text``), or by a hashed match key; at most fifty."""
        facts = {"sync": sync, "text": text, "match": match_key_hash}
        rows = await self._db.rows(statements("console")["find_links"], facts)
        return [await self._person(row[0], link_of(row[1:])) for row in rows]

    async def _person(self, sync: str, link: Link) -> Person:
        of_links = {"sync": sync, "links": [link.id]}
        of_link = {"sync": sync, "link": link.id}
        bases = await self._db.rows(statements("links")["bases"], of_links)
        items = await self._db.rows(statements("items")["open_items"], of_links)
        closed = await self._db.rows(statements("console")["closed_items"], of_link)
        batches = await self._db.rows(statements("console")["batches_touching"], of_link)
        ledger = await self._db.rows(statements("console")["ledger_of"], of_link)
        return Person(
            sync=sync,
            link=link,
            base=base_of(bases[0]) if bases else None,
            open_items=[stored_item(row) for row in items],
            closed_items=[stored_item(row) for row in closed],
            journal=[line for row in batches for line in _lines(open_batch(row), link.id)],
            ledger=[chained_entry(row) for row in ledger],
        )


def _lines(batch: OpenBatch, link: int) -> list[JournalLine]:
    """The operations of a batch that concern ``link``."""
    bare = msgspec.structs.replace(batch.batch, operations=(), after=())
    outcomes = batch.outcomes or (None,) * len(batch.batch.operations)
    return [
        JournalLine(batch=bare, operation=operation, outcome=outcome)
        for operation, outcome in zip(batch.batch.operations, outcomes, strict=True)
        if operation.link == link
    ]
