"""Calls are counted before they are made, and stop before the allotment or the vendor's own count is spent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from awase.errors import BudgetSpent
from awase.ports.flows import Errand, Lane
from awase.transport.metering import Budget
from awase.transport.session import SessionTransport
from tests.unit.transport.stub_vendor import Bench, asking, writing
from tests.unit.transport.test_session import simulate, statuses


async def used(bench: Bench) -> int:
    return (await bench.store.call_use("crm", bench.clock.now())).total


async def spend(transport: SessionTransport, errand: Errand = Errand.UPDATES) -> None:
    for _ in range(200):
        await transport.run(asking("a"), None, errand)


def test_each_call_is_counted_before_it_is_sent_and_the_unused_rest_is_given_back() -> None:
    async def body(bench: Bench) -> None:
        transport = bench.transport()
        for number in range(1, 31):
            await transport.run(asking("a"))
            assert await used(bench) >= number
        await transport.close()
        use = await bench.store.call_use("crm", bench.clock.now())
        assert use.by_lane == {"other": 1, "read": 30}

    simulate(body)


def test_a_crash_can_only_over_count() -> None:
    async def body(bench: Bench) -> None:
        await bench.transport().run(asking("a"))
        assert await used(bench) >= len(bench.vendor.seen)

    simulate(body)


@pytest.mark.parametrize("seed", range(5))
def test_two_processes_together_never_exceed_the_allotment_and_use_nearly_all_of_it(seed: int) -> None:
    async def body(bench: Bench) -> int:
        budget = Budget(100, 10)
        one, two = bench.transport(budget=budget), bench.transport(budget=budget)

        async def until_spent(transport: SessionTransport) -> None:
            with pytest.raises(BudgetSpent):
                await spend(transport)

        async with bench.tasks.nursery() as nursery:
            nursery.start(until_spent(one))
            nursery.start(until_spent(two))
        return len(bench.vendor.seen)

    made = simulate(body, seed)
    assert 60 <= made <= 90


def test_a_single_process_uses_the_allotment_to_the_last_call_before_what_is_kept_for_others() -> None:
    async def body(bench: Bench) -> None:
        transport = bench.transport(budget=Budget(50, 10))
        await transport.run(writing("w"))
        with pytest.raises(BudgetSpent):
            await spend(transport)
        assert len(bench.vendor.seen) == 39

    simulate(body)


def test_less_urgent_work_stops_earlier_and_what_a_person_asked_for_goes_to_the_reserve() -> None:
    async def body(bench: Bench) -> list[int]:
        transport = bench.transport(budget=Budget(100, 10))
        stopped_at = []
        for errand in reversed(Errand):
            with pytest.raises(BudgetSpent):
                await spend(transport, errand)
            stopped_at.append(len(bench.vendor.seen))
        return stopped_at

    assert simulate(body) == [70, 80, 85, 88, 90]


def test_a_run_that_a_person_asked_for_is_all_fixes() -> None:
    async def body(bench: Bench) -> None:
        transport = bench.transport(budget=Budget(100, 10), asked_for=True)
        with pytest.raises(BudgetSpent):
            await spend(transport, Errand.REPAIR)
        assert len(bench.vendor.seen) == 90

    simulate(body)


def test_opt_outs_go_on_when_the_budget_of_everything_else_is_spent() -> None:
    async def body(bench: Bench) -> None:
        transport = bench.transport(budget=Budget(5, 5))
        with pytest.raises(BudgetSpent):
            await transport.run(asking("a"))
        assert statuses(await transport.run(writing("out", lane=Lane.CONSENT))) == [200]

    simulate(body)


def test_a_spent_budget_names_the_numbers_and_when_calls_come_free() -> None:
    async def body(bench: Bench) -> None:
        before = bench.clock.now() - timedelta(hours=20)
        await bench.store.reserve_calls("crm", "read", 95, before)
        with pytest.raises(BudgetSpent) as caught:
            await bench.transport(budget=Budget(100, 10)).run(asking("a"))
        text = str(caught.value)
        assert "the allotment is 100, of which 10 are kept for opt-outs and 2 for more urgent work" in text
        assert "free again from 2026-04-01 04:15 UTC" in text
        assert bench.vendor.calls() == []

    simulate(body)


def test_calls_older_than_a_day_no_longer_count() -> None:
    async def body(bench: Bench) -> None:
        await bench.store.reserve_calls("crm", "read", 95, bench.clock.now() - timedelta(hours=25))
        assert statuses(await bench.transport(budget=Budget(100, 10)).run(asking("a"))) == [200]

    simulate(body)


def test_the_vendors_own_count_wins_when_it_says_less_is_left() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.remaining = 25
        transport = bench.transport(budget=Budget(900, 10))
        with pytest.raises(BudgetSpent, match="reports 10 of 1000 calls left"):
            await spend(transport)
        assert bench.vendor.remaining == 10

    simulate(body)


def test_another_process_starts_from_the_reading_that_was_stored() -> None:
    async def body(bench: Bench) -> None:
        await bench.store.save_limit_reading("crm", 1000, 3, bench.clock.now())
        with pytest.raises(BudgetSpent, match="reports 3 of 1000"):
            await bench.transport(budget=Budget(None, 10)).run(asking("a"))

    simulate(body)


def test_an_old_reading_stops_nobody_for_ever() -> None:
    async def body(bench: Bench) -> None:
        await bench.store.save_limit_reading("crm", 1000, 0, bench.clock.now() - timedelta(hours=1))
        bench.vendor.remaining = 900
        assert statuses(await bench.transport(budget=Budget(None, 10)).run(asking("a"))) == [200]

    simulate(body)


def test_without_an_allotment_half_of_the_vendors_maximum_is_used_once_it_is_known() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.remaining, bench.vendor.maximum = 90, 100
        transport = bench.transport(budget=Budget(None, 0))
        with pytest.raises(BudgetSpent, match="the allotment is 50"):
            await spend(transport)
        assert len(bench.vendor.seen) == 49

    simulate(body)


def test_the_last_reading_is_stored_at_the_end() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.remaining = 500
        transport = bench.transport()
        for _ in range(7):
            await transport.run(asking("a"))
        await transport.close()
        use = await bench.store.call_use("crm", bench.clock.now())
        assert (use.vendor_maximum, use.vendor_remaining) == (1000, 493)

    simulate(body)
