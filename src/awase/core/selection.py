"""A part of a plan: one person, the first few, one field; for careful first steps and for filling in a new field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from awase.core.drafting_memory import patch
from awase.core.frames import unpacked_sides
from awase.core.importing import Import, brought
from awase.core.mapping import BoundSync
from awase.core.operations import SIDES, OperationKind, Side
from awase.core.plan import Draft, PlannedWrite
from awase.core.records import Link
from awase.core.values import match_key


@dataclass(frozen=True, slots=True)
class Selection:
    """What of all there is to do is done now."""

    only: tuple[str, ...] = ()
    """People by address, record id or key."""
    limit: int | None = None
    """At most so many people are written to."""
    fields: tuple[str, ...] = ()
    """Only these fields' values, by their mapped names; nobody is created."""
    everything: bool = False
    """Both sides are read from the beginning."""
    whole: bool = False
    """Everything is read, and every record is judged as if it were written whole; for foresight, never for a run."""
    sends_held: bool = False
    """What is held is planned all the same: for a proof on copies."""
    opt_outs: bool = False
    """Nothing but opt-outs."""
    links: frozenset[int] = frozenset()
    """Whom the store knows by what ``only`` says."""
    winners: Mapping[tuple[int, str], Side] = field(default_factory=dict)
    """By link and mapped field: whose value holds where a conflict waits for a person."""
    bring: Import | None = None
    """A one-off import: only these records of the CRM, and only towards the MA."""
    brought: frozenset[int] = frozenset()
    """Links of the records that were found so."""

    @property
    def is_part(self) -> bool:
        some = self.only or self.limit is not None or self.fields or self.opt_outs
        return bool(some) or self.bring is not None


def selected(draft: Draft, selection: Selection, sync: BoundSync) -> Draft:
    """The part of ``draft`` that was asked for; who is whom is kept for those chosen only."""
    if not selection.is_part:
        return draft
    if selection.opt_outs:
        return _opt_outs(draft)
    if selection.bring is not None:
        return brought(draft, selection.brought, selection.limit)
    chosen = _chosen(draft, selection)
    writes = [write for write in draft.writes if write.operation.link in chosen]
    if selection.fields:
        cut = (_of_fields(write, selection.fields, sync) for write in writes)
        writes = [part for part in cut if part is not None]
    whole = not selection.fields
    return Draft(
        arrivals=[arrival for arrival in draft.arrivals if arrival.link in chosen],
        evaluated=[link for link in draft.evaluated if link in chosen and whole],
        links=[link for link in draft.links if link.id in chosen],
        matches=[entry for entry in draft.matches if entry.link in chosen],
        rebased=[row for row in draft.rebased if row.link in chosen],
        agreed=[row for row in draft.agreed if row.link in chosen],
        writes=writes,
        items=[item for item in draft.items if item.link in chosen and whole],
        ledger=[line for line in draft.ledger if line.link is None or line.link in chosen],
        outside=draft.outside,
        labels=draft.labels,
    )


def _opt_outs(draft: Draft) -> Draft:
    """Only what opt-outs ask for; who is whom is kept, since they may rest on it."""
    return Draft(
        links=draft.links,
        matches=draft.matches,
        writes=[write for write in draft.writes if write.operation.kind == OperationKind.OPT_OUT],
        ledger=draft.ledger,
    )


def _chosen(draft: Draft, selection: Selection) -> set[int]:
    people: Iterable[int] = dict.fromkeys(
        [write.operation.link for write in draft.writes]
        + draft.evaluated
        + [arrival.link for arrival in draft.arrivals]
    )
    if selection.only:
        wanted = {match_key(text) for text in selection.only} | set(selection.only)
        links = {link.id: link for link in draft.links}
        known = selection.links
        people = [n for n in people if n in known or _names(n, links.get(n), draft) & wanted]
    if selection.limit is None:
        return set(people)
    written = dict.fromkeys(write.operation.link for write in draft.writes)
    first = [link for link in people if link in written][: selection.limit]
    return set(first)


def _names(number: int, link: Link | None, draft: Draft) -> set[str | None]:
    names: set[str | None] = {match_key(draft.labels.get(number))}
    if link is not None:
        names |= {link.ma_id, link.crm_id, link.key}
    names |= {write.operation.id for write in draft.writes if write.operation.link == number}
    if link is not None:
        names |= {":".join(record) for side in SIDES if (record := link.record(side)) is not None}
    return names - {None}


def _of_fields(write: PlannedWrite, names: tuple[str, ...], sync: BoundSync) -> PlannedWrite | None:
    """An update cut down to the fields of these mapped names; opt-outs go as they are."""
    operation = write.operation
    if operation.kind == OperationKind.OPT_OUT:
        return write
    if operation.kind not in (OperationKind.UPDATE, OperationKind.RELATE, OperationKind.UNRELATE):
        return None
    bound = (b.on(operation.side, operation.object) for b in sync.fields if b.name in names)
    fields = {field.name for field in bound if field is not None}
    values = {name: value for name, value in operation.values.items() if name in fields}
    if not values:
        return None
    before = {name: value for name, value in operation.before.items() if name in fields}
    cut = msgspec.structs.replace(operation, values=values, before=before)
    sides = {
        side: {n: v for n, v in kept.items() if n in names}
        for side, kept in unpacked_sides(write.patch).items()
    }
    return msgspec.structs.replace(write, operation=cut, patch=patch(operation.link, sides))
