"""The write side of the store: what runs need, and nothing that only a console asks.

PostgreSQL in production, an in-memory twin in the simulator; one contract suite runs on both. Every method is one
transaction. Methods that take a ``Claim`` check its epoch inside that transaction and raise ``LostFence`` when
another process has taken the sync over since.

All times are UTC and ours unless a name says ``stamp`` (a vendor's).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from awase.core.operations import Operation, Outcome, Side
from awase.core.records import BaseRow as BaseRow
from awase.core.records import Cursor as Cursor
from awase.core.records import Item as Item
from awase.core.records import ItemKind as ItemKind
from awase.core.records import LedgerEntry as LedgerEntry
from awase.core.records import Link as Link
from awase.core.records import LinkState as LinkState
from awase.core.records import MatchEntry as MatchEntry
from awase.core.records import RunCounts as RunCounts
from awase.core.schema import Schema
from awase.errors import AwaseError


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The right to run one sync: held by an advisory lock, proved by its epoch."""

    sync: str
    epoch: int


class JournalBatch(msgspec.Struct, frozen=True, kw_only=True):
    """One call's worth of intents, committed before the call. ``id`` is given by the store."""

    run: int
    epoch: int
    side: Side
    object: str
    kind: str
    sent_at: datetime
    operations: tuple[Operation, ...]
    after: tuple[BaseRow, ...]
    """For each operation (same order) what to lay over the link's base when it is applied: packed values of the
    fields concerned, both sides; the hashes are None."""
    since: str = ""
    """The target's cursor of the read these intents rest on: an audit looks at edits from there on."""
    watch: bool = False
    """Reported already as not applied; kept open because its call may still take effect."""
    id: int = 0


class OpenBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A journalled batch that is not folded yet. No outcomes: nobody knows what became of the call."""

    batch: JournalBatch
    outcomes: tuple[Outcome, ...] | None


class StoredItem(msgspec.Struct, frozen=True, kw_only=True):
    item: Item
    first_seen: datetime
    last_seen: datetime
    attempts: int
    run: int
    closed_at: datetime | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a run leaves to be said, above all why it ended early, so that it can be told in any language
    (``locale.told``)."""

    text: str
    """An English sentence with named places."""
    code: str = ""
    where: str = ""
    places: dict[str, str | int | float] = {}

    @classmethod
    def of(cls, error: AwaseError) -> Note:
        """``error`` as a note; what fills a place and is no number is kept as its text."""
        places = {
            name: value if isinstance(value, (int, float)) else str(value)
            for name, value in error.places.items()
        }
        return cls(text=error.text, code=error.code, where=error.where, places=places)


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """A fault of a connection (``connection:NAME``) or a whole sync (``sync:NAME``), not of records."""

    id: int
    subject: str
    code: str
    note: Note
    affected: int
    """Records that it keeps waiting, as far as known."""
    opened: datetime
    last_seen: datetime
    closed_at: datetime | None = None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    sync: str
    kind: str
    """``sync``, ``apply``, ``import`` or ``undo``."""
    started: datetime
    ended: datetime | None = None
    state: Literal["running", "done", "stopped", "failed", "interrupted"] = "running"
    sides: dict[str, RunCounts] = {}
    """By object: ``ma:contact``, ``crm:lead`` …"""
    conflicts: int = 0
    calls: dict[str, int] = {}
    note: Note | None = None
    """Why it ended early; of an undo that came to its end, which run it undid (place ``run``). Otherwise None."""


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that must become true together."""

    run: int
    links: tuple[Link, ...] = ()
    """Inserted, or replaced by id."""
    bases: tuple[BaseRow, ...] = ()
    """A side that is None leaves the stored side as it is."""
    matches: tuple[MatchEntry, ...] = ()
    """Replace all entries of the same (link, side)."""
    found: tuple[Item, ...] = ()
    cleared: tuple[int, ...] = ()
    """Links whose open items not in ``found`` are closed (history stays); settled conflicts are never closed so."""
    cursors: tuple[Cursor, ...] = ()
    folded: tuple[int, ...] = ()
    """Journal batches whose effects are contained in this settlement."""


class ConnectionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A connection as the store pins it."""

    name: str
    vendor: str
    mode: Literal["read-only", "practice", "live"]
    org_id: str
    org_name: str
    org_kind: str
    user: str


MOST_SCHEMAS = 5
"""How many past schemas of each side of a sync are kept."""


class KeptSchema(msgspec.Struct, frozen=True, kw_only=True):
    """How one side was when runs used it."""

    schema: Schema
    """Without notes for people."""
    first_used: datetime
    last_used: datetime


class CallUse(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of one connection within the last 24 hours, as we counted them."""

    by_lane: dict[str, int]
    total: int
    vendor_maximum: int | None = None
    vendor_remaining: int | None = None
    vendor_read_at: datetime | None = None


class Store(Protocol):
    """See the module's text."""

    # -- claims and runs -----------------------------------------------------------------------------------------
    def claim(self, sync: str) -> AbstractAsyncContextManager[Claim]:
        """The only run of this sync, from entering to leaving. Raises AlreadyRunning."""
        ...

    async def start_run(self, claim: Claim, kind: str, now: datetime) -> int:
        """A new run's number; runs of this sync left ``running`` by a dead process become ``interrupted``."""
        ...

    async def finish_run(self, claim: Claim, record: RunRecord) -> None: ...

    async def runs(self, sync: str | None = None, limit: int = 20) -> list[RunRecord]:
        """Newest first."""
        ...

    # -- links and base ------------------------------------------------------------------------------------------
    async def links_of(self, sync: str, side: Side, object: str, ids: Sequence[str]) -> list[Link]:
        """Links whose side holds one of these records."""
        ...

    async def links_by_id(self, sync: str, ids: Sequence[int]) -> list[Link]: ...

    async def links_after(self, sync: str, after: int, limit: int) -> list[Link]:
        """Linked ones with an id above ``after``, by id: all of a sync, page by page."""
        ...

    async def links_by_match(self, sync: str, side: Side, keys: Sequence[int]) -> list[tuple[int, str, Link]]:
        """(key, object, link) for each entry of that side under one of the hashed match keys."""
        ...

    async def bases(self, sync: str, links: Sequence[int]) -> list[BaseRow]: ...

    async def link_count(self, sync: str) -> dict[str, int]:
        """Links by state."""
        ...

    async def cursors(self, sync: str) -> list[Cursor]: ...

    # -- journal -------------------------------------------------------------------------------------------------
    async def journal(self, claim: Claim, batch: JournalBatch) -> int:
        """Commit one batch of intents; returns its id. Nothing may be sent before this returned."""
        ...

    async def answered(self, claim: Claim, batch: int, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Append a batch's outcomes. Called again for the same batch (a resolved unknown), the later one holds."""
        ...

    async def open_batches(self, sync: str) -> list[OpenBatch]:
        """Batches not folded yet, oldest first."""
        ...

    async def settle(self, claim: Claim, settlement: Settlement, now: datetime) -> None: ...

    async def run_batches(self, run: int) -> list[OpenBatch]:
        """All batches of a run, folded or not, oldest first (before-images for undo and audit)."""
        ...

    # -- items ---------------------------------------------------------------------------------------------------
    async def open_items(self, sync: str, links: Sequence[int] | None = None) -> list[StoredItem]:
        """Open items of these links, or all."""
        ...

    async def items_to_retry(self, sync: str, context: str) -> list[StoredItem]:
        """Open items that say ``retry``, or were found under another context."""
        ...

    async def mark_for_retry(
        self, sync: str, *, links: Sequence[int] | None = None, error_type: str | None = None
    ) -> int:
        """Have the next run look at these open items' records as if nothing were known; returns how many items."""
        ...

    # -- choices and incidents -----------------------------------------------------------------------------------
    async def exclude(self, sync: str, link: int, reason: str, now: datetime) -> None:
        """Keep a link out of the sync until ``include``."""
        ...

    async def include(self, sync: str, link: int) -> bool:
        """Whether it had been kept out."""
        ...

    async def exclusions(self, sync: str) -> Mapping[int, str]:
        """Reasons by link."""
        ...

    async def raise_incident(self, subject: str, note: Note, affected: int, now: datetime) -> None:
        """One open incident a subject and code, however often it is seen."""
        ...

    async def end_incidents(self, subject: str, now: datetime) -> None: ...

    async def incidents(self, *, open_only: bool = True, limit: int = 50) -> list[Incident]:
        """Newest first."""
        ...

    # -- schemas -------------------------------------------------------------------------------------------------
    async def keep_schemas(self, claim: Claim, schemas: Mapping[Side, Schema], now: datetime) -> None:
        """What a run used; the newest ``MOST_SCHEMAS`` that differ are kept."""
        ...

    async def schemas(self, sync: str, side: Side) -> list[KeptSchema]:
        """The one used last first."""
        ...

    # -- consent -------------------------------------------------------------------------------------------------
    async def record_opt_outs(self, sync: str, entries: Sequence[LedgerEntry], now: datetime) -> None:
        """Append those that the ledger does not hold yet; durable before any write that acts on them."""
        ...

    async def opted_out(
        self, sync: str, links: Sequence[int], address_keys: Sequence[int]
    ) -> tuple[set[int], set[int]]:
        """Which of these links, and which of these addresses, are out."""
        ...

    # -- connections, secrets, budget ----------------------------------------------------------------------------
    async def connections(self) -> list[ConnectionRecord]: ...

    async def save_connection(self, record: ConnectionRecord) -> None: ...

    async def secret(self, connection: str) -> bytes | None:
        """The connection's encrypted credentials."""
        ...

    async def save_secret(self, connection: str, sealed: bytes) -> None:
        """Replace them, durably; the one before is kept in a second slot until the next save."""
        ...

    async def previous_secret(self, connection: str) -> bytes | None: ...

    async def reserve_calls(self, connection: str, lane: str, calls: int, now: datetime) -> None:
        """Count calls before they are made, so that a crash can only over-count."""
        ...

    async def return_calls(self, connection: str, lane: str, calls: int, now: datetime) -> None:
        """Give back reserved calls that were not made."""
        ...

    async def save_limit_reading(
        self, connection: str, maximum: int, remaining: int, now: datetime
    ) -> None: ...

    async def call_use(self, connection: str, now: datetime, window: timedelta = ...) -> CallUse: ...

    # -- the whole install ---------------------------------------------------------------------------------------
    async def setting(self, name: str) -> str | None: ...

    async def save_setting(self, name: str, value: str) -> None: ...

    async def settings(self) -> Mapping[str, str]: ...
