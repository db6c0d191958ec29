"""A run that nobody watches: what it may do without being asked, and how its failure is put on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from awase.core.mapping import Sync
from awase.core.plan import Plan
from awase.engine.running import Approve
from awase.errors import AlreadyRunning, AwaseError, StoppedByGuard, WritingIsOff
from awase.ports.runtime import Clock
from awase.ports.store import ConnectionRecord, Note, RunRecord, Store


def read_only(plan: Plan, sync: Sync, records: Mapping[str, ConnectionRecord]) -> WritingIsOff | None:
    """Why ``plan`` cannot be carried out over these connections, if one of those it writes to is read-only."""
    for side in {write.operation.side for write in plan.writes()}:
        record = records[sync.connection(side)]
        if record.mode == "read-only":
            return WritingIsOff(
                "{connection} is read-only; nothing was written",
                where=f"sync {sync.name}",
                remedy="When you have looked at the plan: awase connect {connection} --mode {mode}",
                connection=record.name,
                mode="practice" if record.org_kind == "practice" else "live",
            )
    return None


def nobody_to_ask(sync: Sync, records: Mapping[str, ConnectionRecord]) -> Approve:
    """Yes to a plan that no guard stops. Raises WritingIsOff, so that the run says which connection is read-only."""

    def approve(plan: Plan) -> bool:
        refused = read_only(plan, sync, records)
        if refused is not None:
            raise refused
        return not plan.header.guards

    return approve


async def put_on_record(
    store: Store, clock: Clock, sync: str, before: int, note: Note, error: AwaseError
) -> None:
    """See to it that the failure of a run stands in the store, also when the run had not begun there.

    ``before`` is the number of the sync's newest run before this one was tried, 0 without any.
    """
    state: Literal["stopped", "failed"] = "stopped" if isinstance(error, StoppedByGuard) else "failed"
    try:
        async with store.claim(sync) as claim:
            newest = next(iter(await store.runs(sync, 1)), None)
            if newest is not None and newest.id > before:
                if newest.state != "running":
                    return  # it has written its own end
                failed = newest
            else:
                now = clock.now()
                number = await store.start_run(claim, "sync", now)
                failed = RunRecord(id=number, sync=sync, kind="sync", started=now)
            ended = msgspec.structs.replace(failed, ended=clock.now(), state=state, note=note)
            await store.finish_run(claim, ended)
    except AlreadyRunning:
        return  # another process has gone on; what it does is the news now
