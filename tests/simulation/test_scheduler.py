"""The virtual scheduler itself: seeds, time, crashes and deadlocks."""

from __future__ import annotations

import pytest

from tests.simulation.scheduler import Deadlock, Endless, Killed, VirtualTasks


async def _race(tasks: VirtualTasks, order: list[int]) -> None:
    async def step(number: int) -> None:
        for _ in range(3):
            await tasks.sleep(0)
            order.append(number)

    async with tasks.nursery() as nursery:
        for number in range(6):
            nursery.start(step(number))


def _order(seed: int) -> tuple[list[int], int]:
    order: list[int] = []
    with VirtualTasks(seed) as tasks:
        tasks.run(_race(tasks, order))
        return order, tasks.trace


def test_the_same_seed_gives_the_same_interleaving_and_another_seed_another() -> None:
    assert _order(7) == _order(7)
    assert len({tuple(_order(seed)[0]) for seed in range(20)}) == 20


def test_time_stands_still_while_anything_is_ready_and_then_jumps_to_the_next_sleeper() -> None:
    with VirtualTasks(1) as tasks:
        began = tasks.clock.now()
        tasks.run(tasks.sleep(86_400))
        assert (tasks.clock.now() - began).total_seconds() == 86_400
        assert tasks.steps < 5


def test_a_jump_of_the_wall_clock_leaves_the_monotonic_one_alone() -> None:
    with VirtualTasks(1) as tasks:
        began, tick = tasks.clock.now(), tasks.clock.monotonic()
        tasks.clock.jump(-3600)
        assert (tasks.clock.now() - began).total_seconds() == -3600
        assert tasks.clock.monotonic() == tick


def test_a_crash_runs_no_cleanup_and_a_new_process_can_start_in_the_same_time() -> None:
    cleaned: list[str] = []

    async def work(tasks: VirtualTasks) -> None:
        try:
            async with tasks.limiter(1), tasks.nursery() as nursery:
                nursery.start(tasks.sleep(5))
                await tasks.sleep(10)
        finally:
            cleaned.append("cleaned")

    with VirtualTasks(1) as tasks:
        with pytest.raises(Killed):
            tasks.run(work(tasks), kill_at=2)
        assert cleaned == []
        tasks.run(tasks.sleep(1))
        assert tasks.clock.monotonic() == 1
        assert cleaned == []


def test_every_step_of_a_run_can_be_its_last() -> None:
    with VirtualTasks(3) as tasks:
        tasks.run(_race(tasks, []))
        steps = tasks.steps
    for kill_at in range(steps):
        with VirtualTasks(3) as tasks, pytest.raises(Killed):
            tasks.run(_race(tasks, []), kill_at=kill_at)


def test_a_process_can_die_at_a_named_place() -> None:
    reached: list[str] = []

    async def work(tasks: VirtualTasks) -> None:
        reached.append("before")
        await tasks.die()
        reached.append("after")

    with VirtualTasks(1) as tasks, pytest.raises(Killed):
        tasks.run(work(tasks))
    assert reached == ["before"]


def test_a_deadlock_names_who_waits_for_what() -> None:
    async def stuck(tasks: VirtualTasks) -> None:
        gate = tasks.limiter(1)
        async with gate, gate:
            raise AssertionError("entered twice")

    with VirtualTasks(1) as tasks, pytest.raises(Deadlock, match=r"stuck #1 \(a limiter\)"):
        tasks.run(stuck(tasks))


def test_work_that_never_ends_is_stopped() -> None:
    async def spins(tasks: VirtualTasks) -> None:
        while True:
            await tasks.sleep(1)

    with VirtualTasks(1) as tasks, pytest.raises(Endless):
        tasks.run(spins(tasks), at_most=100)


def test_what_does_not_belong_to_virtual_time_is_refused() -> None:
    class Foreign:
        def __await__(self):  # type: ignore[no-untyped-def]
            yield "a future of some event loop"

    async def work() -> None:
        await Foreign()

    with VirtualTasks(1) as tasks, pytest.raises(TypeError, match="does not belong to virtual time"):
        tasks.run(work())
