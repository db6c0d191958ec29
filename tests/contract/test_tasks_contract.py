"""What every ``ports.runtime.Tasks`` promises: the same statements hold on asyncio and on the virtual scheduler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from awase.ports.runtime import Tasks
from awase.runtime.tasks import AsyncioTasks
from tests.simulation.scheduler import VirtualTasks

Body = Callable[[Tasks], Coroutine[Any, Any, Any]]
Runner = Callable[[Body], Any]


def _on_asyncio(body: Body) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(20):
            return await body(AsyncioTasks())

    return asyncio.run(bounded())


def _on_virtual_time(seed: int) -> Runner:
    def run(body: Body) -> Any:
        with VirtualTasks(seed) as tasks:
            return tasks.run(body(tasks), at_most=10_000)

    return run


@pytest.fixture(params=["asyncio", "virtual-1", "virtual-2", "virtual-3"])
def run(request: pytest.FixtureRequest) -> Runner:
    name: str = request.param
    return _on_asyncio if name == "asyncio" else _on_virtual_time(int(name[-1]))


class Oops(Exception):
    pass


def test_a_nursery_ends_when_all_its_tasks_have_ended(run: Runner) -> None:
    async def body(tasks: Tasks) -> list[int]:
        seen: list[int] = []

        async def work(number: int) -> None:
            await tasks.sleep(0.001 * number)
            seen.append(number)

        async with tasks.nursery() as nursery:
            for number in range(5):
                nursery.start(work(number))
        return sorted(seen)

    assert run(body) == [0, 1, 2, 3, 4]


def test_the_first_failure_stops_the_others_and_is_raised_itself(run: Runner) -> None:
    stopped: list[str] = []

    async def body(tasks: Tasks) -> None:
        async def fails() -> None:
            await tasks.sleep(0.001)
            raise Oops("first")

        async def sleeps() -> None:
            try:
                await tasks.sleep(1000)
            finally:
                stopped.append("sleeper")

        async with tasks.nursery() as nursery:
            nursery.start(sleeps())
            nursery.start(fails())
            try:
                await tasks.sleep(1000)
            finally:
                stopped.append("body")

    with pytest.raises(Oops, match="first"):
        run(body)
    assert sorted(stopped) == ["body", "sleeper"]


def test_a_failure_in_the_body_of_a_nursery_stops_its_tasks(run: Runner) -> None:
    stopped: list[bool] = []

    async def body(tasks: Tasks) -> None:
        async def sleeps() -> None:
            try:
                await tasks.sleep(1000)
            finally:
                stopped.append(True)

        async with tasks.nursery() as nursery:
            nursery.start(sleeps())
            await tasks.sleep(0.001)
            raise Oops("body")

    with pytest.raises(Oops, match="body"):
        run(body)
    assert stopped == [True]


def test_a_failure_keeps_its_own_cause_and_names_no_group(run: Runner) -> None:
    async def body(tasks: Tasks) -> None:
        async def fails() -> None:
            raise Oops("outer") from ValueError("inner")

        async with tasks.nursery() as nursery:
            nursery.start(fails())

    with pytest.raises(Oops) as caught:
        run(body)
    assert isinstance(caught.value.__cause__, ValueError)
    assert not isinstance(caught.value.__context__, BaseExceptionGroup)


def test_a_task_stopped_before_it_began_is_no_complaint(run: Runner) -> None:
    async def body(tasks: Tasks) -> None:
        async def never() -> None:
            await tasks.sleep(1000)

        async with tasks.nursery() as nursery:
            nursery.start(never())
            raise Oops

    with pytest.raises(Oops):
        run(body)


def test_a_nursery_inside_a_time_limit_is_stopped_with_all_its_tasks(run: Runner) -> None:
    stopped: list[int] = []

    async def body(tasks: Tasks) -> object:
        async def sleeps(number: int) -> None:
            try:
                await tasks.sleep(1000)
            finally:
                stopped.append(number)

        async def group() -> str:
            async with tasks.nursery() as nursery:
                nursery.start(sleeps(1))
                nursery.start(sleeps(2))
            return "never"

        return await tasks.first_of(0.01, group())

    assert run(body) is None
    assert sorted(stopped) == [1, 2]


def test_a_channel_keeps_order_and_ends_after_the_last_item(run: Runner) -> None:
    async def body(tasks: Tasks) -> list[int]:
        channel = tasks.channel(2)
        taken: list[int] = []

        async def produce() -> None:
            for number in range(20):
                await channel.send(number)
            channel.close()

        async with tasks.nursery() as nursery:
            nursery.start(produce())
            while (item := await channel.receive()) is not None:
                taken.append(item)
        return taken

    assert run(body) == list(range(20))


def test_a_full_channel_makes_the_sender_wait(run: Runner) -> None:
    async def body(tasks: Tasks) -> int:
        channel = tasks.channel(3)
        sent = 0

        async def produce() -> None:
            nonlocal sent
            for number in range(10):
                await channel.send(number)
                sent += 1

        await tasks.first_of(0.02, produce())
        return sent

    assert run(body) == 3


def test_every_receiver_learns_that_a_channel_was_closed(run: Runner) -> None:
    async def body(tasks: Tasks) -> list[int]:
        channel = tasks.channel(1)
        taken: list[int] = []

        async def consume() -> None:
            while (item := await channel.receive()) is not None:
                taken.append(item)

        async with tasks.nursery() as nursery:
            for _ in range(3):
                nursery.start(consume())
            for number in range(9):
                await channel.send(number)
            channel.close()
        return sorted(taken)

    assert run(body) == list(range(9))


def test_sending_into_a_closed_channel_is_refused(run: Runner) -> None:
    async def body(tasks: Tasks) -> None:
        channel = tasks.channel(1)
        channel.close()
        await channel.send(1)

    with pytest.raises(RuntimeError, match="closed"):
        run(body)


def test_a_receiver_that_gave_up_takes_no_item_with_it(run: Runner) -> None:
    async def body(tasks: Tasks) -> object:
        channel = tasks.channel(1)
        assert await tasks.first_of(0.005, channel.receive()) is None
        await channel.send("kept")
        return await tasks.first_of(5, channel.receive())

    assert run(body) == "kept"


@pytest.mark.parametrize("permits", [1, 3])
def test_a_limiter_admits_no_more_than_its_permits_and_is_reusable(run: Runner, permits: int) -> None:
    async def body(tasks: Tasks) -> int:
        gate = tasks.limiter(permits)
        inside = most = 0

        async def work() -> None:
            nonlocal inside, most
            async with gate:
                inside += 1
                most = max(most, inside)
                await tasks.sleep(0.001)
                inside -= 1

        async with tasks.nursery() as nursery:
            for _ in range(8):
                nursery.start(work())
        return most

    assert run(body) == permits


def test_a_permit_comes_back_from_holders_that_fail_and_waiters_that_give_up(run: Runner) -> None:
    async def body(tasks: Tasks) -> str:
        gate = tasks.limiter(1)

        async def enter() -> str:
            async with gate:
                return "entered"

        async def hold_and_fail() -> None:
            async with gate:
                assert await tasks.first_of(0.005, enter()) is None
                raise Oops

        with pytest.raises(Oops):
            await hold_and_fail()
        return await enter()

    assert run(body) == "entered"


def test_a_result_in_time_is_returned_and_a_late_one_is_none(run: Runner) -> None:
    async def body(tasks: Tasks) -> tuple[object, object]:
        async def after(seconds: float) -> str:
            await tasks.sleep(seconds)
            return "here"

        return await tasks.first_of(5, after(0.001)), await tasks.first_of(0.005, after(1000))

    assert run(body) == ("here", None)


def test_the_outer_of_two_limits_ends_the_inner_one_too(run: Runner) -> None:
    async def body(tasks: Tasks) -> tuple[object, str]:
        reached = "nothing"

        async def outer() -> str:
            nonlocal reached
            await tasks.first_of(1000, tasks.sleep(2000))
            reached = "past the inner limit"
            return "end"

        return await tasks.first_of(0.01, outer()), reached

    assert run(body) == (None, "nothing")


def test_a_time_out_of_the_work_itself_is_raised(run: Runner) -> None:
    async def body(tasks: Tasks) -> None:
        async def own() -> None:
            raise TimeoutError("its own")

        await tasks.first_of(5, own())

    with pytest.raises(TimeoutError, match="its own"):
        run(body)


def test_work_away_from_the_loop_returns_or_raises_here(run: Runner) -> None:
    async def body(tasks: Tasks) -> int:
        def fails() -> int:
            raise Oops

        with pytest.raises(Oops):
            await tasks.cpu(fails)
        return await tasks.cpu(lambda: 6 * 7)

    assert run(body) == 42
