"""A plan is a value: what a run would do, with its price, and nothing sent.

A header (counts, price in calls, guards, digest) and one chunk a bucket of links. Whoever applies it does exactly
what it says; whoever reads it needs nothing else.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from datetime import datetime

import msgspec

from awase.core.capabilities import Capabilities
from awase.core.operations import Operation, OperationKind, Side
from awase.core.packing import PricedCalls, pack_calls, price
from awase.core.predictions import Foreseen
from awase.core.records import BaseRow, Brought, Cursor, Item, ItemKind, LedgerEntry, Link, MatchEntry
from awase.core.values import Value, pack

BUCKETS = 16


class PlannedWrite(msgspec.Struct, frozen=True, kw_only=True):
    operation: Operation
    patch: BaseRow
    """What to lay over the link's base when it is applied (packed values, no hashes)."""
    record: str
    """``object:id`` of the record whose values are sent; empty where several gave reason (an opt-out)."""
    label: str
    """How a person recognises the record; personal data."""
    made: tuple[str, ...] = ()
    """Mapped fields whose values a default or a truncation made; they never go back to their source."""
    foreseen: tuple[Foreseen, ...] = ()
    """Rules that it would break and that do not hold it back: likely ones, and one that is tried by sending it."""


class Arrival(msgspec.Struct, frozen=True):
    """One record that was read: counted once in the run's numbers."""

    side: Side
    object: str
    link: int
    skipped: str = ""
    """Why it stays out, rightly so: ``filtered``, ``excluded``, ``deleted``, ``linked_elsewhere`` …"""


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a plan says about one bucket of links."""

    bucket: int
    arrivals: tuple[Arrival, ...] = ()
    evaluated: tuple[int, ...] = ()
    """Links looked at closely: their open items are replaced by ``items``."""
    links: tuple[Link, ...] = ()
    matches: tuple[MatchEntry, ...] = ()
    rebased: tuple[BaseRow, ...] = ()
    """Whole bases of links that hold another record than before, without what no longer holds."""
    agreed: tuple[BaseRow, ...] = ()
    """Patches that hold without a write: both sides already say the same."""
    writes: tuple[PlannedWrite, ...] = ()
    items: tuple[Item, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()


class Tripped(msgspec.Struct, frozen=True):
    """A guard that wants an approval."""

    rule: str
    """``first_sync``, ``rewritten``, ``cleared``, ``deleted``, ``released``."""
    side: Side
    records: int
    limit: int


class Header(msgspec.Struct, frozen=True, kw_only=True):
    sync: str
    context: str
    made_at: datetime
    connections: dict[str, str]
    """Side → org or portal id."""
    cursors: tuple[Cursor, ...]
    """Up to where the reading went that this plan rests on."""
    moves_cursors: bool = True
    """Reading goes on from there once this plan is settled; False for a part of what was read."""
    read: dict[str, int]
    """Records read by ``side:object``."""
    writes: dict[str, int]
    """Operations by ``side:object:kind``."""
    items: dict[str, int]
    """Items by kind."""
    conflicts: int
    made: int = 0
    """Values that a default or a truncation made."""
    brought: Brought | None = None
    """Of a one-off import: what becomes of the records that it found."""
    read_calls: int
    price: tuple[PricedCalls, ...]
    guards: tuple[Tripped, ...]
    linked_before: int
    digest: str = ""

    @property
    def write_calls(self) -> int:
        return sum(line.calls for line in self.price)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    header: Header
    chunks: tuple[Chunk, ...]

    def writes(self) -> list[PlannedWrite]:
        return [write for chunk in self.chunks for write in chunk.writes]


class Draft(msgspec.Struct, kw_only=True):
    """What planning gathers before it is cut into buckets."""

    arrivals: list[Arrival] = []
    evaluated: list[int] = []
    links: list[Link] = []
    matches: list[MatchEntry] = []
    rebased: list[BaseRow] = []
    agreed: list[BaseRow] = []
    writes: list[PlannedWrite] = []
    items: list[Item] = []
    likely: list[Item] = []
    """What the target will likely refuse; it is sent all the same."""
    ledger: list[LedgerEntry] = []
    outside: dict[int, str] = {}
    """Why links stay out of the sync, rightly so."""
    labels: dict[int, str] = {}
    """How people recognise the records of links; personal data."""


def chunked(draft: Draft) -> tuple[Chunk, ...]:
    """One chunk a bucket, buckets without content left out; order within a bucket is the draft's."""
    buckets: dict[int, Draft] = {}

    def of(link: int | None) -> Draft:
        return buckets.setdefault((link or 0) % BUCKETS, Draft())

    for arrival in draft.arrivals:
        of(arrival.link).arrivals.append(arrival)
    for evaluated in draft.evaluated:
        of(evaluated).evaluated.append(evaluated)
    for link in draft.links:
        of(link.id).links.append(link)
    for entry in draft.matches:
        of(entry.link).matches.append(entry)
    for row in draft.rebased:
        of(row.link).rebased.append(row)
    for row in draft.agreed:
        of(row.link).agreed.append(row)
    for write in draft.writes:
        of(write.operation.link).writes.append(write)
    for item in draft.items:
        of(item.link).items.append(item)
    for line in draft.ledger:
        of(line.link).ledger.append(line)
    return tuple(
        Chunk(
            bucket=number,
            arrivals=tuple(d.arrivals),
            evaluated=tuple(d.evaluated),
            links=tuple(d.links),
            matches=tuple(d.matches),
            rebased=tuple(d.rebased),
            agreed=tuple(d.agreed),
            writes=tuple(d.writes),
            items=tuple(d.items),
            ledger=tuple(d.ledger),
        )
        for number, d in sorted(buckets.items())
    )


def assemble(
    draft: Draft,
    *,
    sync: str,
    context: str,
    made_at: datetime,
    connections: Mapping[str, str],
    cursors: Iterable[Cursor],
    moves_cursors: bool = True,
    read_calls: int,
    linked_before: int,
    guard_share: float,
    guard_records: int,
    capabilities: Mapping[Side, Capabilities],
    brought: Brought | None = None,
    released: Iterable[Tripped] = (),
) -> Plan:
    """The plan of ``draft``: chunks, price, guards and digest. ``released``: see ``released_at_once``."""
    chunks = chunked(draft)
    writes = [write for chunk in chunks for write in chunk.writes]
    header = Header(
        sync=sync,
        context=context,
        made_at=made_at,
        connections=dict(connections),
        cursors=tuple(cursors),
        moves_cursors=moves_cursors,
        read=dict(Counter(f"{a.side}:{a.object}" for a in draft.arrivals)),
        writes=dict(Counter(f"{w.operation.side}:{w.operation.object}:{w.operation.kind}" for w in writes)),
        items=dict(Counter(item.kind.value for item in draft.items)),
        conflicts=sum(item.kind in (ItemKind.CONFLICT, ItemKind.SETTLED) for item in draft.items),
        made=sum(len(write.made) for write in writes),
        brought=brought,
        read_calls=read_calls,
        price=price(pack_calls(writes, capabilities), capabilities),
        guards=(*guards(writes, linked_before, guard_share, guard_records), *released),
        linked_before=linked_before,
    )
    return Plan(header=msgspec.structs.replace(header, digest=digest(header, chunks)), chunks=chunks)


_JUDGED = frozenset({OperationKind.CREATE, OperationKind.UPDATE})
_TAKING_AWAY = frozenset({OperationKind.DELETE, OperationKind.TAKE_OFF})


def guards(
    writes: Iterable[PlannedWrite], linked_before: int, share: float, records: int
) -> tuple[Tripped, ...]:
    """The mass-change guards that want a person: the first sync of a pair, and records deleted, rewritten or
    cleared over the limit (``share`` of the linked people or ``records``, whichever is smaller, at least 20)."""
    writes = list(writes)
    if linked_before == 0:
        total = Counter(write.operation.side for write in writes)
        return tuple(Tripped("first_sync", side, n, 0) for side, n in sorted(total.items()))
    limit = max(20, min(records, int(share * linked_before)))
    tripped = []
    for side in ("crm", "ma"):
        updates = [
            w.operation
            for w in writes
            if w.operation.side == side and w.operation.kind == OperationKind.UPDATE
        ]
        rewritten = sum(
            any(op.before.get(f) is not None and v is not None for f, v in op.values.items())
            for op in updates
        )
        cleared = sum(any(v is None for v in op.values.values()) for op in updates)
        deleted = sum(w.operation.side == side and w.operation.kind in _TAKING_AWAY for w in writes)
        counted = {"rewritten": rewritten, "cleared": cleared, "deleted": deleted}
        for rule, count in counted.items():
            if count > limit:
                tripped.append(Tripped(rule, side, count, limit))
    return tuple(tripped)


def released_at_once(
    writes: Iterable[PlannedWrite], stopped: Set[tuple[int, Side]], limit: int
) -> list[Tripped]:
    """The guard over records that were held or refused (``stopped``, by link and side) and would now go all at once."""
    freed = {(w.operation.link, w.operation.side) for w in writes if w.operation.kind in _JUDGED} & stopped
    count = Counter(side for _, side in freed)
    return [Tripped("released", side, n, limit) for side, n in sorted(count.items()) if n > limit]


def fingerprint(values: Mapping[str, Value]) -> str:
    """What would be sent, as a short text: the same refused write is not sent twice. A clear is not the text None."""
    return hashlib.blake2b(pack(values), digest_size=8).hexdigest()


def digest(header: Header, chunks: Iterable[Chunk]) -> str:
    """Names exactly this plan: an approval is given to a digest."""
    hasher = hashlib.blake2b(digest_size=16)
    hasher.update(f"{header.sync}|{header.context}|{sorted(header.connections.items())}".encode())
    for chunk in chunks:
        for write in chunk.writes:
            op = write.operation
            target = (op.link, op.side, op.kind.value, op.object, op.id, op.key, op.list, op.opt_out)
            hasher.update(repr(target).encode())
            hasher.update(fingerprint(op.values).encode())
            hasher.update(fingerprint(op.before).encode())
        for row in chunk.agreed:
            hasher.update(repr((row.link, row.ma, row.crm)).encode())
    return hasher.hexdigest()
