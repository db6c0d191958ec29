"""What only people ask: reads for the console and ``awase explain``, on PostgreSQL alone."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from awase.core.operations import Operation, Outcome, Side
from awase.core.records import ERROR_KINDS
from awase.ports.store import BaseRow, ItemKind, JournalBatch, Link, OpenBatch, StoredItem
from awase.store.ledger import ChainedEntry
from awase.store.statements import statements
from awase.store.tables.consent import chained_entry
from awase.store.tables.items import stored_item
from awase.store.tables.journal import open_batch
from awase.store.tables.links import base_of, link_of
from awase.store.tables.part import Part

_ERRORS: Final = [str(kind) for kind in ERROR_KINDS]


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


class ErrorPart(msgspec.Struct, frozen=True, kw_only=True):
    """Errors of one type on the way to one side, foreseen by us or answered by the vendor."""

    side: Side
    source: Literal["foreseen", "answered"]
    errors: int
    records: int


class ErrorGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Open errors of one type. A record with two errors of the type counts once in ``records``."""

    error_type: str
    errors: int
    records: int
    parts: tuple[ErrorPart, ...]


class ErrorSummary(msgspec.Struct, frozen=True, kw_only=True):
    """All open errors of a sync. A record with errors of two types counts once in ``records``."""

    errors: int
    records: int
    groups: tuple[ErrorGroup, ...]
    """Most errors first."""


class Console(Part):
    """Reads over open and closed items, links and the journal."""

    async def errors(
        self,
        sync: str | None = None,
        kind: ItemKind | None = None,
        code: str | None = None,
        limit: int = 1_000,
    ) -> list[StoredItem]:
        """Open errors, newest first; of another kind if one is asked for."""
        kinds = _ERRORS if kind is None else [str(kind)]
        facts = {"sync": sync, "kinds": kinds, "code": code, "limit": limit}
        return [stored_item(row) for row in await self._db.rows(statements("console")["errors"], facts)]

    async def error_counts(self, sync: str | None = None) -> dict[str, int]:
        """Open errors by code, most first."""
        facts = {"sync": sync, "kinds": _ERRORS}
        return dict(await self._db.rows(statements("console")["error_counts"], facts))

    async def error_summary(self, sync: str) -> ErrorSummary:
        """Open errors, counted by type; errors and affected records apart."""
        facts = {"sync": sync, "kinds": _ERRORS}
        return _summary(await self._db.rows(statements("console")["error_groups"], facts))

    async def kind_counts(self, sync: str) -> dict[str, int]:
        """Open items by kind, errors or not: conflicts and what is left out stand here too."""
        return dict(await self._db.rows(statements("console")["kind_counts"], {"sync": sync}))

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


def _summary(rows: list[tuple[Any, ...]]) -> ErrorSummary:
    """Rows of ``error_groups``: a column that a row is not grouped by is null."""
    parts: dict[str, list[ErrorPart]] = {}
    for error_type, side, source, errors, records in rows:
        if side is not None:
            part = ErrorPart(side=side, source=source, errors=errors, records=records)
            parts.setdefault(error_type, []).append(part)
    groups = tuple(
        ErrorGroup(error_type=error_type, errors=errors, records=records, parts=tuple(parts[error_type]))
        for error_type, side, _, errors, records in rows
        if error_type is not None and side is None
    )
    whole = next((row for row in rows if row[0] is None), (None, None, None, 0, 0))
    return ErrorSummary(errors=whole[3], records=whole[4], groups=groups)


def _lines(batch: OpenBatch, link: int) -> list[JournalLine]:
    """The operations of a batch that concern ``link``."""
    bare = msgspec.structs.replace(batch.batch, operations=(), after=())
    outcomes = batch.outcomes or (None,) * len(batch.batch.operations)
    return [
        JournalLine(batch=bare, operation=operation, outcome=outcome)
        for operation, outcome in zip(batch.batch.operations, outcomes, strict=True)
        if operation.link == link
    ]
