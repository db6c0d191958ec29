"""Where a sync stands: its last run, when it is due next, and what keeps it from running.

Everything is computed from the store; nothing is counted in a process, so that any worker comes to the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

import msgspec

from awase.core.schedule import Schedule, WriteWindows, due_at
from awase.engine.switches import WRITING_STOPPED, Switch, paused, thrown
from awase.errors import AlreadyRunning
from awase.ports.store import Note, RunRecord, Store

_LOOK_BACK = 12
"""More failures in a row make no difference to the wait."""
_NO_GOOD_END = ("failed", "stopped", "interrupted")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What workers remember of a sync's schedule, among the store's settings."""

    since: datetime
    """When a worker first met the schedule."""
    skipped_at: datetime | None = None
    """When a due run was last left out."""
    why: Note | None = None
    """Why it was."""


@dataclass(frozen=True, slots=True)
class Standing:
    sync: str
    last: RunRecord | None
    next_due: datetime | None
    """In the past: as soon as a worker is free. None: it has no schedule, or its write windows do not open."""
    failures: int
    """Runs in a row, up to the newest, that came to no good end."""
    paused: Switch | None
    seen: Seen | None

    def runs_at(self, moment: datetime) -> bool:
        """Whether a run should begin at that moment."""
        return self.paused is None and self.next_due is not None and self.next_due <= moment


def seen_setting(sync: str) -> str:
    return f"schedule:{sync}"


async def seen(store: Store, sync: str) -> Seen | None:
    kept = await store.setting(seen_setting(sync))
    return msgspec.json.decode(kept, type=Seen) if kept else None


async def remember(store: Store, sync: str, facts: Seen) -> None:
    await store.save_setting(seen_setting(sync), msgspec.json.encode(facts).decode())


async def left_out(store: Store, sync: str, why: AlreadyRunning, now: datetime) -> None:
    """A due run was left out, for the sync was running already; the next one is due at the next time."""
    before = await seen(store, sync) or Seen(since=now)
    await remember(store, sync, msgspec.structs.replace(before, skipped_at=now, why=Note.of(why)))


async def writing_stopped(store: Store) -> Switch | None:
    return await thrown(store, WRITING_STOPPED)


async def standing(
    store: Store,
    sync: str,
    schedule: Schedule | None,
    windows: WriteWindows | None,
    now: datetime,
) -> Standing:
    """Where ``sync`` stands. With ``windows`` nothing is due while they are closed; without, that is no matter."""
    runs = await store.runs(sync, _LOOK_BACK)
    remembered = await seen(store, sync)
    failures = failures_in_a_row(runs)
    due = None
    if schedule is not None:
        moments = [runs[0].started] if runs else []
        moments += [remembered.skipped_at] if remembered and remembered.skipped_at else []
        due = due_at(
            schedule,
            since=remembered.since if remembered else now,
            last=max(moments, default=None),
            failures=failures,
            ended=next((run.ended for run in runs if run.ended is not None), None),
        )
    if due is not None and windows is not None:
        due = due if windows.open_at(max(due, now)) else windows.next_opening(max(due, now))
    return Standing(
        sync=sync,
        last=runs[0] if runs else None,
        next_due=due,
        failures=failures,
        paused=await thrown(store, paused(sync)),
        seen=remembered,
    )


def failures_in_a_row(runs: Sequence[RunRecord]) -> int:
    """Of runs, newest first; one that is running is not judged yet."""
    judged = (run for run in runs if run.state != "running")
    return sum(1 for _ in takewhile(lambda run: run.state in _NO_GOOD_END, judged))
