"""What the in-memory store keeps of one sync, with the constraints PostgreSQL would enforce."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from awase.core.operations import Side
from awase.errors import Bug
from awase.ports.store import BaseRow, Cursor, Item, ItemKind, LedgerEntry, Link, MatchEntry, StoredItem

Record = tuple[Side, str, str]
"""Side, object, id."""

ItemIdentity = tuple[int, str, str, str, str, str]


def item_identity(item: Item) -> ItemIdentity:
    """What makes an item found again the same item (within its sync)."""
    return (item.link, item.side, item.kind, item.code, item.field, item.occasion)


def records_of(link: Link) -> list[Record]:
    """The records a link holds."""
    records: list[Record] = []
    if link.ma_object is not None and link.ma_id is not None:
        records.append(("ma", link.ma_object, link.ma_id))
    if link.crm_object is not None and link.crm_id is not None:
        records.append(("crm", link.crm_object, link.crm_id))
    return records


@dataclass(slots=True)
class SyncState:
    """Links, bases, matches, cursors and items of one sync, with the epoch of its last claim."""

    epoch: int = 0
    held: bool = False
    links: dict[int, Link] = field(default_factory=dict)
    by_key: dict[str, int] = field(default_factory=dict)
    by_record: dict[Record, int] = field(default_factory=dict)
    bases: dict[int, BaseRow] = field(default_factory=dict)
    matches: dict[tuple[int, Side], frozenset[MatchEntry]] = field(default_factory=dict)
    by_match: dict[tuple[Side, int], set[MatchEntry]] = field(default_factory=dict)
    cursors: dict[tuple[Side, str], Cursor] = field(default_factory=dict)
    items: dict[int, dict[ItemIdentity, StoredItem]] = field(default_factory=dict)
    closed: list[StoredItem] = field(default_factory=list)
    exclusions: dict[int, str] = field(default_factory=dict)
    out_links: set[int] = field(default_factory=set)
    out_addresses: set[int] = field(default_factory=set)

    def check_links(self, links: Iterable[Link]) -> None:
        """Raise Bug if, after storing ``links``, two of them would share a key or a record."""
        incoming = {link.id: link for link in links}
        keys: dict[str, int] = {}
        records: dict[Record, int] = {}
        for link in incoming.values():
            self._check_one("key", link.key, keys.setdefault(link.key, link.id), link.id)
            held = self.by_key.get(link.key, link.id)
            if held not in incoming:
                self._check_one("key", link.key, held, link.id)
            for record in records_of(link):
                self._check_one("record", record, records.setdefault(record, link.id), link.id)
                holder = self.by_record.get(record, link.id)
                if holder not in incoming:
                    self._check_one("record", record, holder, link.id)

    @staticmethod
    def _check_one(what: str, name: object, holder: int, link: int) -> None:
        if holder != link:
            raise Bug(
                "two links hold the same {what}: {name}, links {holder} and {link}",
                what=what,
                name=name,
                holder=holder,
                link=link,
            )

    def store_links(self, links: Iterable[Link]) -> None:
        """Insert or replace by id; ``check_links`` went before."""
        incoming = {link.id: link for link in links}
        for number in incoming:
            old = self.links.pop(number, None)
            if old is not None:
                del self.by_key[old.key]
                for record in records_of(old):
                    del self.by_record[record]
        for number, link in incoming.items():
            self.links[number] = link
            self.by_key[link.key] = number
            for record in records_of(link):
                self.by_record[record] = number

    def store_bases(self, rows: Iterable[BaseRow]) -> None:
        """A side that is None leaves the stored side as it is."""
        for row in rows:
            old = self.bases.get(row.link)
            if old is not None:
                ma = row if row.ma is not None else old
                crm = row if row.crm is not None else old
                row = BaseRow(link=row.link, ma=ma.ma, ma_hash=ma.ma_hash, crm=crm.crm, crm_hash=crm.crm_hash)
            self.bases[row.link] = row

    def store_matches(self, entries: Iterable[MatchEntry]) -> None:
        """Replace all entries of each (link, side) named."""
        groups: dict[tuple[int, Side], set[MatchEntry]] = {}
        for entry in entries:
            groups.setdefault((entry.link, entry.side), set()).add(entry)
        for owner, group in groups.items():
            for old in self.matches.get(owner, ()):
                self.by_match[(old.side, old.key)].discard(old)
            self.matches[owner] = frozenset(group)
            for entry in group:
                self.by_match.setdefault((entry.side, entry.key), set()).add(entry)

    def links_by_match(self, side: Side, keys: Sequence[int]) -> list[tuple[int, str, Link]]:
        """See ``Store.links_by_match``; ordered by key, object and link."""
        found = [
            (key, entry.object, self.links[entry.link])
            for key in set(keys)
            for entry in self.by_match.get((side, key), ())
            if entry.link in self.links
        ]
        return sorted(found, key=lambda row: (row[0], row[1], row[2].id))

    def store_items(self, found: Iterable[Item], cleared: Iterable[int], run: int, now: datetime) -> None:
        """Open or raise the items found, and close the others of the links cleared."""
        found = list(found)
        kept = {item_identity(item) for item in found}
        for link in set(cleared):
            of_link = self.items.get(link, {})
            for identity in sorted(identity for identity in of_link if identity not in kept):
                if of_link[identity].item.kind is ItemKind.SETTLED:
                    continue
                self.closed.append(msgspec.structs.replace(of_link.pop(identity), closed_at=now))
        for item in {item_identity(item): item for item in found}.values():
            of_link = self.items.setdefault(item.link, {})
            old = of_link.get(item_identity(item))
            of_link[item_identity(item)] = StoredItem(
                item=item,
                first_seen=old.first_seen if old else now,
                last_seen=now,
                attempts=old.attempts + 1 if old else 1,
                run=run,
            )

    def open_items(self, links: Sequence[int] | None) -> list[StoredItem]:
        """Ordered by identity."""
        wanted = self.items.keys() if links is None else set(links)
        rows = [row for link in wanted for row in self.items.get(link, {}).items()]
        return [stored for _, stored in sorted(rows, key=lambda row: row[0])]

    def mark_for_retry(self, links: Sequence[int] | None, error_type: str | None) -> int:
        """See ``Store.mark_for_retry``."""
        marked = 0
        wanted = self.items.keys() if links is None else set(links)
        for link in wanted:
            for identity, stored in self.items.get(link, {}).items():
                item = stored.item
                if item.kind in (ItemKind.SETTLED, ItemKind.SKIPPED) or error_type not in (
                    None,
                    item.error_type,
                ):
                    continue
                again = msgspec.structs.replace(item, retry=True, context="")
                self.items[link][identity] = msgspec.structs.replace(stored, item=again)
                marked += 1
        return marked

    def note_opt_out(self, entry: LedgerEntry) -> None:
        """Index one ledger entry; nothing ever takes it out again."""
        if entry.link is not None:
            self.out_links.add(entry.link)
        if entry.address_key is not None:
            self.out_addresses.add(entry.address_key)
