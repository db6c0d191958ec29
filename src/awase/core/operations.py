"""Operations and outcomes: what a plan wants written, and what became of it.

    intent ──journalled, sent──▶ applied     the vendor confirmed it, or a read shows it
                                 rejected    the vendor refused this record; needs a change somewhere
                                 deferred    refused for now (lock, quota); the same write is tried in a later run
                                 unknown     sent, no usable answer; resolved by a consistent read, never by a resend

Only ``applied`` moves the base.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from awase.core.consent import OptOut
from awase.core.values import Value

Side = Literal["ma", "crm"]
SIDES: tuple[Side, Side] = ("ma", "crm")


def other(side: Side) -> Side:
    """The opposite side."""
    return "crm" if side == "ma" else "ma"


class OperationKind(StrEnum):
    OPT_OUT = "opt_out"
    CREATE = "create"
    UPDATE = "update"
    RELATE = "relate"
    """Adds relations: ``values`` holds the relation's whole content after it, ``before`` the one before."""
    UNRELATE = "unrelate"
    """Takes relations away; ``values`` and ``before`` likewise."""
    TAKE_OFF = "take_off"
    """Takes a record off the list named in ``list``; the record itself stays as it is."""
    DELETE = "delete"
    """To the vendor's recycle bin or archive, from where it can be restored."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One intended write to one record of one side."""

    link: int
    side: Side
    """The side written to."""
    kind: OperationKind
    object: str
    id: str | None = None
    """The target record; None for a create."""
    key: str | None = None
    """``awase_key`` of a create; makes it idempotent where the target has a key field."""
    values: dict[str, Value] = {}
    """Only the fields that differ; None clears."""
    before: dict[str, Value] = {}
    """The target's values of the same fields as last read; empty for a create."""
    opt_out: OptOut | None = None
    """Consent that rides in a create, or the whole content of an opt-out."""
    list: str = ""
    """The list of a ``TAKE_OFF``."""

    @property
    def about(self) -> str:
        """The relation or the list that it concerns, which all operations of one call share; else nothing."""
        if self.kind in (OperationKind.RELATE, OperationKind.UNRELATE):
            return next(iter(self.values), "")
        return self.list


class State(StrEnum):
    APPLIED = "applied"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"


class VendorError(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's refusal of one record, in its own words."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    existing_id: str | None = None
    """The record that stands in the way, where the vendor names it."""
    raw: str = ""
    whole_call: bool = False
    """The vendor refused all records of the call because of one of them: sent apart, the others may succeed."""


class Diagnosis(msgspec.Struct, frozen=True):
    """What a refusal is, and what its words tell."""

    error_type: str
    """Code of an entry of the catalogue."""
    rule: str | None = None
    """A validation rule's text, or the name of the duplicate rule, trigger, class or flow that refused."""
    value: str | None = None
    """The offending value as the vendor repeats it."""
    field: str | None = None
    """The field that the words name."""
    existing_id: str | None = None
    """The record that stands in the way."""
    inner_code: str | None = None
    """The vendor's code of what failed inside a trigger or flow."""
    transient: bool = False
    """The same write may succeed later although nobody changed anything."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one operation, in the order of the batch."""

    link: int
    state: State
    id: str | None = None
    stamp: datetime | None = None
    """The vendor's change stamp of the record after the write, where the answer tells."""
    created: bool = True
    """Of a create: False when the record was already there under its key (an earlier call had arrived after all)."""
    exact: bool = True
    """Of a create: False when the record was found under its key, but with other values than were to be sent."""
    error: VendorError | None = None
