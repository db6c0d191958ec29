"""What a connector can do, declared as data and read by planning, packing and the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Burst:
    """At most ``calls`` calls may start within ``seconds``."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CallSizes:
    """How many records one call of each sort carries at most; the price is arithmetic on these."""

    snapshot: int
    changes: int
    by_id: int
    by_key: int
    create: int
    update: int
    opt_out: int
    relate: int = 1
    unrelate: int = 1
    take_off: int = 1
    delete: int = 1
    audit: int = 0
    """Records per history read; 0 when one read covers a whole run's updates of an object."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    vendor: str
    """The connector's name as written in a configuration."""
    key_name: str
    """What the key field is called there, for texts that ask an administrator to create it."""
    sizes: CallSizes
    lag: timedelta
    """How late a committed change may show up in an incremental read."""
    concurrency: int
    """Calls in flight at once."""
    bursts: dict[str, Burst]
    history: bool
    """Edits that fell between our read and our write can be found afterwards."""
    reread_changes: bool
    """Incremental reads may show stale values: rows that differ from the base are read again by id."""
    consent_by_address: bool
    """Opt-outs belong to the e-mail address, not the record, and are written before a create."""
    consent_fields: dict[str, tuple[str, ...]]
    """By object: fields that carry consent and can never be mapped."""
    relations_move_stamps: bool = True
    """A change of relations alone shows in an incremental read; else they are compared in a sweep of their own."""
    calls_to_unrelate: int = 1
    """Calls that taking relations away needs (a vendor may want the relation's own id looked up first)."""
    default_owner: bool = False
    """A record created without an owner gets one from the vendor."""
    id_significant: int | None = None
    """Record ids are compared by their first so many characters (a vendor may write the same id shorter or longer); None: whole."""

    def carries_consent(self, object: str) -> bool:
        """Whether records of this object say whether a person has opted out."""
        return object in self.consent_fields
