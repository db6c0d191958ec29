"""The fewest calls that one sync can make do with, worked out from what the orgs held before and after it.

Page and batch sizes are the vendors' [confirmed unless said otherwise]. Signing in, metadata and limits do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from .holdings import Holdings, Row

LIST_PAGE, SEARCH_PAGE, BATCH, HISTORY_BATCH = 100, 200, 100, 50
"""HubSpot: rows of a list page and of a search page, records of a batch call, records of a read with histories."""

ASSOCIATED, RELATE_BATCH = 1_000, 2_000
"""HubSpot: records whose associations of one sort a call reads, and associations that a call adds."""

SOQL_PAGE, COLLECTION, KEYS_A_QUERY = 2_000, 200, 200
"""Salesforce: rows of a query's page, records of a collection call, keys that fit into a query's address."""

OVERLAP: Final = {"hubspot": timedelta(minutes=5), "salesforce": timedelta(minutes=6)}
"""How far behind its last reading a sync begins to read: three times the vendor's lag, at least five minutes."""

_HUBSPOT: Final = ("company", "contact", "deal")
_SALESFORCE: Final = ("Account", "Contact", "Lead", "Opportunity")
_RELATIONS: Final = {
    "contact": ("associatedcompanyid",),
    "deal": ("hs_primary_associated_company", "_contacts"),
    "Opportunity": ("_contacts",),
}
"""What is read and written by calls of its own."""
_NO_FIELDS: Final = frozenset(name for names in _RELATIONS.values() for name in names)

_SHOWS_OPT_OUT: Final = frozenset({"hs_email_optout", "HasOptedOutOfEmail"})
_OF_THE_ORG: Final = frozenset({"lastmodifieddate", "hs_lastmodifieddate", "_modified", "_author", "_owner"})


@dataclass(frozen=True, slots=True)
class Least:
    """The fewest calls, reading and writing apart; checking after updates counts as writing."""

    read: int
    write: int

    @property
    def calls(self) -> int:
        """All together."""
        return self.read + self.write


def least_calls(
    before: Holdings,
    after: Holdings,
    *,
    settled: Holdings | None,
    last_read: Mapping[str, datetime] | None,
    refused: Iterable[Sequence[str]],
    named: Iterable[Sequence[str]] = (),
    freed: Iterable[str] = (),
) -> Least:
    """The fewest calls of the sync that ran between ``before`` and ``after``.

    settled: what the orgs held when the sync before this one had ended; last_read: each org's time when that one
    began to read; both None for the first. refused: ``(toward, "object:id")`` of the creates that were sent and
    refused; toward Salesforce all of them are leads. named: those of them whose refusal names a record in the way: it
    may be their own, of a call that was delivered twice, so each must be looked for by its key. freed: ``object:id`` of HubSpot's records that waited for
    another one which is there now: nobody touched them, so they are read by their ids.
    """
    if settled is None or last_read is None:
        reads = _snapshot(before)
    else:
        reads = _changes(before, settled, last_read)
    waited = Counter(name.partition(":")[0] for name in freed)
    for object, count in waited.items():
        reads += _times(BATCH, count) + _related(before, object, count)
    sides = [side for side, _ in named]
    reads += _times(BATCH, sides.count("ma")) + _times(KEYS_A_QUERY, sides.count("crm"))
    toward = [side for side, _ in refused]
    writes = 0
    for object in _held(before, _HUBSPOT):
        extra = toward.count("ma") if object == "contact" else 0
        writes += _hubspot_writes(object, before.rows[object], after.rows[object], extra)
    for object in _held(before, _SALESFORCE):
        extra = toward.count("crm") if object == "Lead" else 0
        writes += _salesforce_writes(object, before.rows[object], after.rows[object], extra)
    return Least(reads, writes)


def _held(holdings: Holdings, objects: Iterable[str]) -> list[str]:
    """Those of ``objects`` that are synced."""
    return [object for object in objects if object in holdings.rows]


def _times(size: int, count: int) -> int:
    return -(-count // size)


def _related(before: Holdings, object: str, count: int) -> int:
    """Calls that read what so many records of HubSpot are associated with, where companies are synced at all."""
    sorts = len(_RELATIONS.get(object, ())) if "company" in before.rows else 0
    return sorts * _times(ASSOCIATED, count)


def _snapshot(held: Holdings) -> int:
    calls = 0
    for object in _held(held, _HUBSPOT):
        count = len(held.rows[object])
        calls += max(1, _times(LIST_PAGE, count)) + _related(held, object, count)
    return calls + sum(
        max(1, _times(SOQL_PAGE, len(held.rows[object]))) for object in _held(held, _SALESFORCE)
    )


def _changes(before: Holdings, settled: Holdings, last_read: Mapping[str, datetime]) -> int:
    """Changed rows by pages; what people changed in HubSpot once more by id, since its search runs behind; and the
    archive, which cannot be asked for by time."""
    calls = 0
    for object in _held(before, _HUBSPOT):
        rows = before.rows[object]
        recent = _since(rows.values(), last_read["hubspot"] - OVERLAP["hubspot"])
        by_people = sum(_differs(settled.rows[object].get(id), row) for id, row in rows.items())
        calls += max(1, _times(SEARCH_PAGE, recent)) + _related(before, object, recent)
        calls += _times(BATCH, by_people) + _related(before, object, by_people)
        calls += max(1, _times(LIST_PAGE, before.archived.get(object, 0)))
    for object in _held(before, _SALESFORCE):
        recent = _since(before.rows[object].values(), last_read["salesforce"] - OVERLAP["salesforce"])
        # The people of opportunities are rows with stamps of their own.
        calls += max(1, _times(SOQL_PAGE, recent)) + len(_RELATIONS.get(object, ()))
    return calls


def _since(rows: Iterable[Row], moment: datetime) -> int:
    return sum(datetime.fromisoformat(str(row["_modified"])) >= moment for row in rows)


def _hubspot_writes(object: str, before: Mapping[str, Row], after: Mapping[str, Row], refused: int) -> int:
    """Associations go with a create, and by calls of their own to a record that is there."""
    created = [row for id, row in after.items() if id not in before]
    changes = [_changed(before[id], row) for id, row in after.items() if id in before]
    updated = [names for names in changes if names - _SHOWS_OPT_OUT - _NO_FIELDS]
    related = sum(_times(RELATE_BATCH, sum(name in names for names in changes)) for name in _of(object))
    out = [
        row
        for id, row in after.items()
        if row.get("hs_email_optout") == "true" and before.get(id, {}).get("hs_email_optout") != "true"
    ]
    return (
        _times(BATCH, len(out))
        + _times(BATCH, len(created) + refused)
        + _times(BATCH, len(updated))
        + _times(HISTORY_BATCH, len(updated))
        + related
    )


def _salesforce_writes(object: str, before: Mapping[str, Row], after: Mapping[str, Row], refused: int) -> int:
    """Roles are rows of their own, with a create too."""
    created = [id for id in after if id not in before]
    changes = [_changed(before[id], row) for id, row in after.items() if id in before]
    updated = [names for names in changes if names - _SHOWS_OPT_OUT - _NO_FIELDS]
    out = [names for names in changes if names & _SHOWS_OPT_OUT]
    roles = sum(
        len({*row.get(name, ())} - {*before.get(id, {}).get(name, ())})
        for id, row in after.items()
        for name in _of(object)
    )
    return (
        _times(COLLECTION, len(out))
        + _times(COLLECTION, len(created) + refused)
        + _times(COLLECTION, len(updated))
        + bool(updated)  # one query of the field history for all updates of an object
        + _times(COLLECTION, roles)
    )


def _of(object: str) -> tuple[str, ...]:
    return _RELATIONS.get(object, ())


def _differs(old: Row | None, new: Row) -> bool:
    return old is None or bool(_changed(old, new))


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    return {name for name in {*old, *new} - _OF_THE_ORG if old.get(name) != new.get(name)}
