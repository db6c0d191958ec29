"""The fewest calls that one sync can make do with, worked out from what the orgs held before and after it.

Page and batch sizes are the vendors' [confirmed unless said otherwise]. Signing in, metadata and limits do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from .holdings import Holdings, Row

LIST_PAGE, SEARCH_PAGE, BATCH, HISTORY_BATCH = 100, 200, 100, 50
"""HubSpot: rows of a list page and of a search page, records of a batch call, records of a read with histories."""

SOQL_PAGE, COLLECTION, KEYS_A_QUERY = 2_000, 200, 200
"""Salesforce: rows of a query's page, records of a collection call, keys that fit into a query's address."""

OVERLAP: Final = {"hubspot": timedelta(minutes=5), "salesforce": timedelta(minutes=6)}
"""How far behind its last reading a sync begins to read: three times the vendor's lag, at least five minutes."""

_SHOWS_OPT_OUT: Final = frozenset({"hs_email_optout", "HasOptedOutOfEmail"})
_OF_THE_ORG: Final = frozenset({"lastmodifieddate", "hs_lastmodifieddate", "_modified", "_author"})


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
) -> Least:
    """The fewest calls of the sync that ran between ``before`` and ``after``.

    settled: what the orgs held when the sync before this one had ended; last_read: each org's time when that one
    began to read; both None for the first. refused: ``(toward, "object:id")`` of the creates that were sent and
    refused; toward Salesforce all of them are leads. named: those of them whose refusal names a record in the way: it
    may be their own, of a call that was delivered twice, so each must be looked for by its key.
    """
    if settled is None or last_read is None:
        reads = _snapshot(before)
    else:
        reads = _changes(before, settled, last_read)
    sides = [side for side, _ in named]
    reads += _times(BATCH, sides.count("ma")) + _times(KEYS_A_QUERY, sides.count("crm"))
    toward = [side for side, _ in refused]
    writes = _hubspot_writes(before.rows["contact"], after.rows["contact"], toward.count("ma"))
    for object in ("Lead", "Contact"):
        extra = toward.count("crm") if object == "Lead" else 0
        writes += _salesforce_writes(before.rows[object], after.rows[object], extra)
    return Least(reads, writes)


def _times(size: int, count: int) -> int:
    return -(-count // size)


def _snapshot(held: Holdings) -> int:
    pages = max(1, _times(LIST_PAGE, len(held.rows["contact"])))
    return pages + sum(max(1, _times(SOQL_PAGE, len(held.rows[object]))) for object in ("Lead", "Contact"))


def _changes(before: Holdings, settled: Holdings, last_read: Mapping[str, datetime]) -> int:
    """Changed rows by pages; what people changed in HubSpot once more by id, since its search runs behind."""
    contacts = before.rows["contact"]
    recent = _since(contacts.values(), last_read["hubspot"] - OVERLAP["hubspot"])
    by_people = [id for id, row in contacts.items() if _differs(settled.rows["contact"].get(id), row)]
    calls = max(1, _times(SEARCH_PAGE, recent)) + _times(BATCH, len(by_people))
    for object in ("Lead", "Contact"):
        recent = _since(before.rows[object].values(), last_read["salesforce"] - OVERLAP["salesforce"])
        calls += max(1, _times(SOQL_PAGE, recent))
    return calls


def _since(rows: Iterable[Row], moment: datetime) -> int:
    return sum(datetime.fromisoformat(str(row["_modified"])) >= moment for row in rows)


def _hubspot_writes(before: Mapping[str, Row], after: Mapping[str, Row], refused: int) -> int:
    created = [row for id, row in after.items() if id not in before]
    updated = [
        row for id, row in after.items() if id in before and _changed(before[id], row) - _SHOWS_OPT_OUT
    ]
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
    )


def _salesforce_writes(before: Mapping[str, Row], after: Mapping[str, Row], refused: int) -> int:
    created = [id for id in after if id not in before]
    changes = [_changed(before[id], row) for id, row in after.items() if id in before]
    updated = [names for names in changes if names - _SHOWS_OPT_OUT]
    out = [names for names in changes if names & _SHOWS_OPT_OUT]
    return (
        _times(COLLECTION, len(out))
        + _times(COLLECTION, len(created) + refused)
        + _times(COLLECTION, len(updated))
        + bool(updated)  # one query of the field history for all updates of an object
    )


def _differs(old: Row | None, new: Row) -> bool:
    return old is None or bool(_changed(old, new))


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    return {name for name in {*old, *new} - _OF_THE_ORG if old.get(name) != new.get(name)}
