"""What is remembered about people between runs, as values: identities, bases, items, counts."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

from awase.core.operations import Side

LinkState: TypeAlias = Literal["linked", "unlinked", "failed", "ambiguous", "deleted", "merged"]
"""``deleted``: the record of the side named in ``gone`` was deleted. ``merged``: it was merged into, or converted to, one
that belongs to another link. ``failed``: gave its records up to another link."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One identity across the two systems. A side that is not there yet is None."""

    id: int
    """Our own stable hash of ``key``."""
    key: str
    """``awase_key``: names the record it came from; written to a record we create for it."""
    state: LinkState
    ma_object: str | None = None
    ma_id: str | None = None
    crm_object: str | None = None
    crm_id: str | None = None
    gone: Literal["", "ma", "crm"] = ""
    """The side whose record is no longer there; its id is kept as evidence."""

    def record(self, side: Side) -> tuple[str, str] | None:
        """Object and id of the record on ``side``; None where there is none."""
        object, id = (self.ma_object, self.ma_id) if side == "ma" else (self.crm_object, self.crm_id)
        return None if object is None or id is None else (object, id)

    @property
    def is_linked(self) -> bool:
        """Both sides' records are known and there."""
        return self.ma_id is not None and self.crm_id is not None and not self.gone


class BaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one link's sides last agreed on, packed (core.values.pack); None where nothing was agreed yet."""

    link: int
    ma: bytes | None = None
    ma_hash: int | None = None
    crm: bytes | None = None
    crm_hash: int | None = None


class MatchEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A hashed match key (e-mail) under which one side of a link can be found again."""

    link: int
    side: Side
    object: str
    key: int


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Up to where one object of one side was read; opaque, in the vendor's own time."""

    side: Side
    object: str
    value: str


class ItemKind(StrEnum):
    HELD = "held"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    CONFLICT = "conflict"
    """Both sides changed and a person decides."""
    SETTLED = "settled"
    """A conflict that a rule decided: kept with both values; clearing a link never closes it."""
    AMBIGUOUS = "ambiguous"
    SKIPPED = "skipped"
    """Stays out, and rightly so: no error."""
    SUSPENDED = "suspended"
    """Goes with the next run that is not stopped: no error of the record, but part of an incident."""


ERROR_KINDS = (
    ItemKind.HELD,
    ItemKind.REJECTED,
    ItemKind.DEFERRED,
    ItemKind.UNKNOWN,
    ItemKind.WAITING,
    ItemKind.AMBIGUOUS,
)
"""What every place counts as an error: neither conflicts, nor what is left out, nor what an incident holds up."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stands against agreement, on one link, with its diagnosis. Shown as an error or a conflict.

    Its identity is (sync, link, side, kind, code, field, occasion); storing it again raises ``attempts`` and
    ``last_seen``.
    """

    link: int
    side: Side
    """The side that would have been written to."""
    kind: ItemKind
    code: str
    """The vendor's code (REQUIRED_FIELD_MISSING …) or ours (AWAITING_KEY …)."""
    field: str = ""
    """One field, or several joined by a comma."""
    occasion: str = ""
    """Tells apart what may happen again to the same field: for a settled conflict a digest of both values."""
    error_type: str = ""
    """Our own name for the kind of trouble (``catalogue/``)."""
    source: Literal["foreseen", "answered"] = "answered"
    record: str = ""
    """``object:id`` of the record whose values were to be sent."""
    label: str = ""
    """How a person would recognise the record; personal data."""
    value: str | None = None
    """The offending value, or for a conflict the value of the MA."""
    other_value: str | None = None
    """For a conflict: the value of the CRM."""
    message: str = ""
    """The vendor's own words, or the rule in ours."""
    detail: dict[str, str] = {}
    """More facts, by name (rule, maximum length, nearest option, existing record, winner …)."""
    context: str = ""
    """Digest of schema and mapping when it was found: another digest means it is worth checking again."""
    retry: bool = False
    """The next run reads the record again and tries."""


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the opt-out ledger; the store adds number, time and the hash of the line before."""

    link: int | None
    address_key: int | None
    """Hash of the folded address; the address itself is not kept here."""
    state: Literal["out"]
    scope: str
    source: str


class RunCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the records read from one object: ``read`` is the sum of the eight after it."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    held: int = 0
    rejected: int = 0
    waiting: int = 0
    skipped: int = 0
    deleted: int = 0
    """Whose partner was deleted, or taken off its list, because they are gone."""
    reasons: dict[str, int] = {}
    """Of those skipped: why, each once."""


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan makes of the records that an import found: ``total`` is the sum of the others."""

    total: int = 0
    new: int = 0
    """Created in the MA."""
    matched: int = 0
    """Found to be there already, and linked now."""
    linked: int = 0
    """Linked before; updated where they differ."""
    ignored: dict[str, int] = {}
    """Why the rest stays out or has to wait."""
