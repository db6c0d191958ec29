"""Incidents: what stops a connection or a whole sync is told once, not once a record.

Raised where a run ends with it (``around``, and where a run had to leave writes for later), ended by the next run that
comes through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from awase.core.mapping import Sync
from awase.errors import (
    AwaseError,
    BudgetSpent,
    HostUnreachable,
    MissingPermission,
    MixedConnections,
    OrgChanged,
    SchemaMismatch,
    SignInRefused,
    VendorBusy,
)
from awase.ports.runtime import Clock
from awase.ports.store import Note, Store

_OF_CONNECTION = (SignInRefused, HostUnreachable, OrgChanged, MixedConnections, BudgetSpent)
_OF_SYNC = (MissingPermission, SchemaMismatch)


@asynccontextmanager
async def around(store: Store, clock: Clock, sync: Sync) -> AsyncIterator[None]:
    """Everything that a run of ``sync`` does, signing in included: what ends it as an incident is kept as one."""
    try:
        yield
    except AwaseError as error:
        await note(store, clock, sync, error)
        raise


async def note(store: Store, clock: Clock, sync: Sync, error: AwaseError) -> None:
    """Keep ``error`` as an incident, if it is one. It affects the linked records of the sync; of several syncs over one
    connection, those of the largest."""
    subject = subject_of(error, sync)
    if subject is None:
        return
    linked = (await store.link_count(sync.name)).get("linked", 0)
    known = [i.affected for i in await store.incidents() if (i.subject, i.code) == (subject, error.code)]
    await store.raise_incident(subject, Note.of(error), max(linked, *known, 0), clock.now())


async def end(store: Store, clock: Clock, sync: Sync) -> None:
    """A run of ``sync`` came through: whatever stood against it or its connections is over."""
    for subject in subjects(sync):
        await store.end_incidents(subject, clock.now())


def subjects(sync: Sync) -> tuple[str, ...]:
    """What an incident that stops ``sync`` can be of."""
    return (
        f"sync:{sync.name}",
        of_connection(sync.ma_connection),
        of_connection(sync.crm_connection),
    )


def of_connection(name: str) -> str:
    return f"connection:{name}"


def subject_of(error: AwaseError, sync: Sync) -> str | None:
    """``connection:NAME`` or ``sync:NAME``; None for what is no incident."""
    day_is_spent = isinstance(error, VendorBusy) and "until" in error.places
    if isinstance(error, _OF_CONNECTION) or day_is_spent:
        name = error.places.get("connection")
        if name in (sync.ma_connection, sync.crm_connection):
            return of_connection(str(name))
        return f"sync:{sync.name}"
    return f"sync:{sync.name}" if isinstance(error, _OF_SYNC) else None
