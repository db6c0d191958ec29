"""What a sync's past says about its next run; how a run that nobody watched leaves its reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from awase.core.schedule import Schedule, windows_of
from awase.engine.switches import WRITING_STOPPED, Switch, lift, paused, refusal, throw
from awase.errors import AlreadyRunning, BudgetSpent, NotConnected
from awase.ports.store import Note, RunRecord
from awase.runtime.queue import tables
from awase.runtime.standing import Seen, Standing, left_out, remember, standing
from awase.runtime.unattended import put_on_record
from awase.store.memory import MemoryStore

T = TypeVar("T")
NOON = datetime(2026, 7, 3, 12, tzinfo=UTC)
QUARTERLY = Schedule("UTC", every=timedelta(minutes=15))
REFUSED = NotConnected("{connection} has never been connected.", connection="crm")


class Stopped:
    """A clock that stands."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return 0.0


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def played(work: Callable[[MemoryStore], Awaitable[T]]) -> T:
    async def play() -> T:
        return await work(MemoryStore())

    return asyncio.run(play())


async def ran(store: MemoryStore, started: datetime, state: str = "done") -> None:
    async with store.claim("people") as claim:
        number = await store.start_run(claim, "sync", started)
        record = RunRecord(id=number, sync="people", kind="sync", started=started, ended=started, state=state)  # type: ignore[arg-type]
        await store.finish_run(claim, record)


async def stands(store: MemoryStore, at: datetime, windows: list[str] | None = None) -> Standing:
    return await standing(store, "people", QUARTERLY, windows_of(windows or [], "UTC"), at)


def test_the_next_run_is_counted_from_the_beginning_of_the_last() -> None:
    async def work(store: MemoryStore) -> Standing:
        await ran(store, NOON)
        return await stands(store, minutes(1))

    found = played(work)
    assert found.next_due == minutes(15)
    assert not found.runs_at(minutes(14))
    assert found.runs_at(minutes(15))


def test_a_run_that_was_left_out_is_not_tried_again_before_the_next_time() -> None:
    async def work(store: MemoryStore) -> Standing:
        await ran(store, NOON)
        await left_out(store, "people", AlreadyRunning("sync {sync} is running", sync="people"), minutes(16))
        return await stands(store, minutes(17))

    found = played(work)
    assert found.next_due == minutes(31)
    assert found.seen is not None
    assert found.seen.why is not None
    assert found.seen.why.code == "AW-501"


def test_failures_in_a_row_slow_a_schedule_down_and_one_good_run_mends_it() -> None:
    async def work(store: MemoryStore) -> tuple[Standing, Standing]:
        for count, state in enumerate(["done", "failed", "stopped", "interrupted", "failed", "failed"]):
            await ran(store, minutes(count), state)
        failing = await stands(store, minutes(5))
        await ran(store, minutes(6))
        return failing, await stands(store, minutes(6))

    failing, mended = played(work)
    assert (failing.failures, failing.next_due) == (5, minutes(5 + 16))
    assert (mended.failures, mended.next_due) == (0, minutes(6 + 15))


def test_a_paused_sync_is_never_due_and_goes_on_when_resumed() -> None:
    async def work(store: MemoryStore) -> tuple[bool, bool]:
        await remember(store, "people", Seen(since=NOON))
        await throw(store, paused("people"), Switch(since=NOON, by="sato", reason="stock-taking"))
        held = (await stands(store, minutes(60))).runs_at(minutes(60))
        await lift(store, paused("people"))
        return held, (await stands(store, minutes(60))).runs_at(minutes(60))

    assert played(work) == (False, True)


def test_a_closed_window_moves_the_next_run_to_its_opening() -> None:
    async def work(store: MemoryStore) -> Standing:
        await ran(store, NOON)
        return await stands(store, minutes(1), ["22:00-06:00"])

    assert played(work).next_due == NOON.replace(hour=22)


def test_each_switch_says_since_when_by_whom_and_why() -> None:
    async def work(store: MemoryStore) -> list[str]:
        switch = Switch(since=NOON, by="sato", reason="the CRM is being moved")
        said = [str(await refusal(store, "people"))]
        await throw(store, paused("people"), switch)
        said.append(str(await refusal(store, "people")))
        said.append(str(await refusal(store, "deals")))
        await throw(store, WRITING_STOPPED, switch)
        said.append(str(await refusal(store, "deals")))
        return said

    facts = "since 2026-07-03 12:00 UTC by sato: the CRM is being moved"
    assert played(work) == [
        "None",
        f"sync people: it is paused {facts}",
        "None",
        f"all writing is stopped {facts}",
    ]


@pytest.mark.parametrize(
    ("error", "state"), [(REFUSED, "failed"), (BudgetSpent("spent until {until}", until="18:00"), "stopped")]
)
def test_a_run_that_failed_before_it_began_leaves_its_reason(error: NotConnected, state: str) -> None:
    async def work(store: MemoryStore) -> list[RunRecord]:
        await put_on_record(store, Stopped(), "people", 0, Note.of(error), error)
        return await store.runs("people")

    (run,) = played(work)
    assert (run.state, run.note) == (state, Note.of(error))


def test_a_run_that_wrote_its_own_end_is_not_recorded_twice() -> None:
    async def work(store: MemoryStore) -> list[RunRecord]:
        await ran(store, NOON, "failed")
        await put_on_record(store, Stopped(), "people", 0, Note.of(REFUSED), REFUSED)
        return await store.runs("people")

    (run,) = played(work)
    assert run.note is None


def test_a_run_that_a_bug_left_open_is_closed_with_its_reason() -> None:
    async def work(store: MemoryStore) -> list[RunRecord]:
        async with store.claim("people") as claim:
            await store.start_run(claim, "sync", NOON)
        await put_on_record(store, Stopped(), "people", 0, Note.of(REFUSED), REFUSED)
        return await store.runs("people")

    (run,) = played(work)
    assert (run.state, run.note) == ("failed", Note.of(REFUSED))


def test_a_sync_that_runs_elsewhere_is_left_to_tell_its_own_story() -> None:
    async def work(store: MemoryStore) -> list[RunRecord]:
        async with store.claim("people"):
            await put_on_record(store, Stopped(), "people", 0, Note.of(REFUSED), REFUSED)
        return await store.runs("people")

    assert played(work) == []


def test_the_queues_tables_come_with_the_steps_that_led_to_them() -> None:
    found = tables()
    names = [name for name, _ in found.steps]
    assert names == sorted(names)
    assert names[0] == "00.00.00_01_initial.sql"
    assert b"CREATE TABLE procrastinate_jobs" in found.whole
