"""Watching for drift between runs: a look at the settings of both systems, and an incident when they stop somebody.

A look costs the calls of a description. Everybody is read and judged only where something changed that no look has judged
before. The incident ends when what changed is put back, or when a run took it over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from awase.core.drift import Change
from awase.core.drift_effects import Drift
from awase.core.mapping import Sync
from awase.engine.drifting import changed_since, incident_subject, judged
from awase.engine.environment import Environment
from awase.engine.observing import describe_live
from awase.errors import SchemaMismatch
from awase.ports.store import Note, Store

CODE = "AW-210"
"""Of the incident; it is told like an error, but nothing ends with it."""
_WORDS = {
    "all": "settings have changed ({change}): the next run stops as a whole; `awase drift {sync}` says more",
    "one": "settings have changed ({change}): {people} people stop; `awase drift {sync}` says more",
    "several": "settings have changed ({change}, and {more} more): {people} people stop; `awase drift {sync}` says more",
}


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """The last look at a sync's settings, among the store's settings."""

    at: datetime
    of: str = ""
    """What was judged (a digest); empty where nothing touched the sync."""
    people: int = 0
    """Who is stopped by it, when it was judged."""
    note: Note | None = None


async def is_due(store: Store, sync: str, every: timedelta, now: datetime) -> bool:
    """Whether it is time to look again. Asked for the first time, the rhythm begins: the run that the sync is waiting for
    has to say first what it uses."""
    last = await _watched(store, sync)
    if last is None:
        await _remember(store, sync, Watched(at=now))
        return False
    return now - last.at >= every


async def watch(env: Environment, sync: Sync) -> Watched:
    """Look now, and raise or end the sync's incident of drift. Raises what describing and reading raise.

    Without a claim, so that no due run is left out for it; the numbers of a look during a run may be of before or after.
    """
    now, last = env.clock.now(), await _watched(env.store, sync.name)
    # Said before it is done: several workers need not look at once, nor one again and again where it fails.
    kept = msgspec.structs.replace(last, at=now) if last else Watched(at=now)
    await _remember(env.store, sync.name, kept)
    found = await _look(env, sync, kept)
    await _remember(env.store, sync.name, found)
    if found.note is not None:
        await env.store.raise_incident(incident_subject(sync), found.note, found.people, now)
    else:
        await env.store.end_incidents(incident_subject(sync), now)
    return found


async def _look(env: Environment, sync: Sync, last: Watched) -> Watched:
    try:
        live = await describe_live(env, sync)
        changes = await changed_since(env.store, sync, live) or []
    except SchemaMismatch as gone:
        digest = _digest(sync, [], str(gone))
    else:
        touching = [change for change in changes if change.touches]
        if not touching:
            return Watched(at=last.at)
        digest = _digest(sync, touching)
    if digest == last.of:
        return last
    drift = await judged(env, sync)
    people = drift.people
    note = _note(sync, drift) if people or drift.stops_all else None
    return Watched(at=last.at, of=digest, people=people, note=note)


def _note(sync: Sync, drift: Drift) -> Note:
    """The change that stops most people by its name, and how many people all of them stop."""
    stopping = [effect for effect in drift.effects if effect.people or effect.stops_all]
    places: dict[str, str | int | float] = {
        "change": _named(sync, stopping[0].change) if stopping else str(drift.because),
        "more": len(stopping) - 1,
        "people": drift.people,
        "sync": sync.name,
    }
    words = "all" if drift.stops_all else "several" if len(stopping) > 1 else "one"
    return Note(text=_WORDS[words], code=CODE, where=f"sync {sync.name}", places=places)


def _named(sync: Sync, change: Change) -> str:
    """Where it is, in the systems' own names, which are the same in every language."""
    place = f"{change.object}.{change.name}" if change.name else change.object
    return " ".join(filter(None, (f"{sync.connection(change.side)}:", place, change.option)))


def _digest(sync: Sync, changes: Sequence[Change], *more: str) -> str:
    told = repr((sync.digest(), sorted(map(repr, changes)), more))
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


async def _watched(store: Store, sync: str) -> Watched | None:
    kept = await store.setting(f"drift:{sync}")
    return msgspec.json.decode(kept, type=Watched) if kept else None


async def _remember(store: Store, sync: str, facts: Watched) -> None:
    await store.save_setting(f"drift:{sync}", msgspec.json.encode(facts).decode())
