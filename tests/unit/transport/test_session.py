"""What becomes of a flow's requests: order, retries, waits, gates. In virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Any, cast

import pytest

from awase.core.capabilities import Burst
from awase.errors import Bug, ConsentBreach, NotConnected, VendorBusy, WritingIsOff
from awase.ports.flows import Answer, Flow, Lane, Page, Request, Response, Unanswered
from awase.transport.hosts import within
from tests.simulation.scheduler import VirtualTasks
from tests.unit.transport.stub_vendor import LOST, NEVER_SENT, Bench, asking, capabilities, reply, writing

Body = Callable[[Bench], Awaitable[Any]]


def simulate(body: Body, seed: int = 1) -> Any:
    with VirtualTasks(seed) as tasks:

        async def main() -> Any:
            return await body(Bench(tasks, tasks.clock))

        return tasks.run(main())


def statuses(answers: Sequence[Answer]) -> list[int | str]:
    return [answer.status if isinstance(answer, Response) else answer.reason for answer in answers]


def bodies(answers: Sequence[Answer]) -> list[bytes]:
    return [answer.body for answer in answers if isinstance(answer, Response)]


@pytest.mark.parametrize("seed", range(5))
def test_answers_come_in_the_order_of_the_requests(seed: int) -> None:
    async def body(bench: Bench) -> list[bytes]:
        return bodies(await bench.transport().run(asking(*"abcdefghij")))

    assert simulate(body, seed) == [letter.encode() for letter in "abcdefghij"]


def test_no_more_calls_are_in_flight_than_the_vendor_allows() -> None:
    async def body(bench: Bench) -> int:
        bench.connector.capabilities = capabilities(concurrency=3)
        transport = bench.transport()
        async with bench.tasks.nursery() as nursery:
            for _ in range(4):
                nursery.start(_ignore(transport.run(asking(*"abcde"))))
        return cast(int, bench.wire.most)

    assert simulate(body) == 3


async def _ignore(work: Awaitable[object]) -> None:
    await work


def test_output_is_handed_on_and_the_flow_waits_until_it_is_taken() -> None:
    def pages() -> Flow[Page, str]:
        for number in range(3):
            answers = yield [Request("GET", f"/{number}")]
            assert answers is not None
            sent = yield Page("contact", b"", number)
            assert sent is None
        return "the end"

    async def body(bench: Bench) -> None:
        taken: list[int] = []

        async def emit(page: Page) -> None:
            await bench.tasks.sleep(5)
            taken.append(page.rows)
            assert bench.vendor.calls() == [str(number) for number in range(page.rows + 1)]

        assert await bench.transport().run(pages(), emit) == "the end"
        assert taken == [0, 1, 2]

    simulate(body)


def test_output_that_nobody_takes_is_an_error_and_not_dropped() -> None:
    def page() -> Flow[Page, None]:
        yield Page("contact", b"", 1)

    with pytest.raises(Bug):
        simulate(lambda bench: bench.transport().run(page()))


def test_a_flow_is_closed_when_a_request_fails_or_the_caller_gives_up() -> None:
    closed: list[str] = []

    def flow(name: str) -> Flow[Any, None]:
        try:
            yield [Request("GET", "/a")]
        finally:
            closed.append(name)

    async def body(bench: Bench) -> None:
        bench.vendor.script = [reply(429, x_exhausted="yes")]
        transport = bench.transport()
        with pytest.raises(VendorBusy):
            await transport.run(flow("failed"))
        bench.wire.seconds = 1000
        await bench.tasks.first_of(1, transport.run(flow("given up")))

    simulate(body)
    assert closed == ["failed", "given up"]


def test_a_throttled_call_waits_at_least_as_long_as_the_vendor_says() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.script = [reply(429, retry_after="17"), reply(429, retry_after="3")]
        assert statuses(await bench.transport().run(asking("a"))) == [200]
        first, second, third = bench.vendor.starts[1:]
        assert second - first >= 17
        assert third - second >= 3

    simulate(body)


def test_a_throttled_write_is_sent_again_because_the_vendor_did_not_act_on_it() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.script = [reply(429)]
        transport = bench.transport()
        assert statuses(await transport.run(writing("a"))) == [200]
        assert transport.counts() == {"other": 1, "write": 1, "retries": 1}

    simulate(body)


def test_all_callers_under_the_same_burst_limit_wait_and_others_go_on() -> None:
    async def body(bench: Bench) -> None:
        bench.connector.capabilities = capabilities(search=Burst(100, 1))
        transport = bench.transport()
        await transport.run(asking("signed-in"))
        bench.vendor.script = [reply(429, retry_after="60")]
        began = bench.clock.monotonic()
        async with bench.tasks.nursery() as nursery:
            nursery.start(_ignore(transport.run(asking("a", burst="search"))))
            await bench.tasks.sleep(1)
            nursery.start(_ignore(transport.run(asking("b", burst="search"))))
            await transport.run(asking("c"))
            assert bench.clock.monotonic() - began < 2
        assert bench.clock.monotonic() - began >= 60
        assert bench.vendor.calls()[1:3] == ["a", "c"]

    simulate(body)


def test_a_vendor_that_keeps_refusing_is_given_up_after_six_attempts() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.script = [reply(429) for _ in range(20)]
        with pytest.raises(VendorBusy, match="refused the same call 6 times"):
            await bench.transport().run(asking("a"))
        assert bench.vendor.calls() == ["a"] * 6

    simulate(body)


def test_a_run_waits_no_longer_than_its_patience_in_all() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.script = [reply(429, retry_after="100") for _ in range(20)]
        transport = bench.transport(patience_seconds=250)
        with pytest.raises(VendorBusy, match="waited 200 s"):
            await transport.run(asking("a"))
        assert bench.clock.monotonic() < 250

    simulate(body)


def test_a_day_that_is_used_up_is_told_at_once_with_the_time() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.script = [reply(429, retry_after="7200", x_exhausted="yes")]
        with pytest.raises(VendorBusy, match="come again after 2026-04-01 02:00 UTC"):
            await bench.transport().run(asking("a"))
        assert bench.clock.monotonic() < 1

    simulate(body)


@pytest.mark.parametrize("trouble", [LOST, NEVER_SENT, reply(502, b"<html>")])
def test_a_read_that_got_no_answer_is_tried_again_with_growing_pauses(trouble: Any) -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.script = [trouble, trouble, trouble]
        transport = bench.transport()
        assert statuses(await transport.run(asking("a"))) == [200]
        starts = bench.vendor.starts[1:]
        pauses = [later - earlier for earlier, later in pairwise(starts)]
        assert pauses == sorted(pauses)
        assert transport.counts() == {"other": 1, "read": 1, "retries": 3}

    simulate(body)


def test_a_read_that_never_gets_an_answer_is_handed_to_the_flow_after_four_retries() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.script = [LOST] * 20
        assert statuses(await bench.transport().run(asking("a"))) == [LOST.reason]
        assert bench.vendor.calls() == ["a"] * 5

    simulate(body)


@pytest.mark.parametrize("trouble", [LOST, NEVER_SENT, reply(503)])
def test_a_write_without_an_answer_is_handed_to_the_flow_and_never_resent(trouble: Any) -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.script = [trouble]
        answer = (await bench.transport().run(writing("a")))[0]
        if isinstance(answer, Unanswered):
            assert answer.maybe_sent == trouble.maybe_sent
        else:
            assert answer.status == 503
        assert bench.vendor.calls() == ["a"]

    simulate(body)


@pytest.mark.parametrize("seed", range(5))
def test_no_window_holds_more_calls_than_the_burst_limit(seed: int) -> None:
    async def body(bench: Bench) -> list[float]:
        bench.connector.capabilities = capabilities(concurrency=50, default=Burst(5, 10))
        await bench.transport().run(asking(*map(str, range(40))))
        return bench.vendor.starts

    starts = simulate(body, seed)
    assert all(later - earlier >= 10 for earlier, later in zip(starts, starts[5:], strict=False))
    assert starts[-1] - starts[0] < 90


def test_an_undeclared_burst_limit_is_our_mistake() -> None:
    with pytest.raises(Bug, match="searhc"):
        simulate(lambda bench: bench.transport().run(asking("a", burst="searhc")))


@pytest.mark.parametrize(
    "flow",
    [
        lambda: writing("a"),
        lambda: writing("a", lane=Lane.CONSENT),
        lambda: asking("a", method="PATCH", lane=Lane.READ),
    ],
)
def test_a_read_only_connection_sends_no_write_of_any_kind(flow: Callable[[], Flow[Any, Any]]) -> None:
    async def body(bench: Bench) -> None:
        transport = bench.transport(writing=False)
        with pytest.raises(WritingIsOff):
            await transport.run(flow())
        assert bench.vendor.seen == []
        assert statuses(await transport.run(asking("a"))) == [200]

    simulate(body)


@pytest.mark.parametrize("lane", list(Lane))
def test_a_request_that_could_undo_an_opt_out_never_reaches_the_wire(lane: Lane) -> None:
    async def body(bench: Bench) -> None:
        with pytest.raises(ConsentBreach):
            await bench.transport().run(writing("a", b'{"opt_in": true}', lane=lane))
        assert bench.vendor.calls() == []

    simulate(body)


def test_the_consent_gate_is_asked_again_for_each_send_of_the_same_request() -> None:
    async def body(bench: Bench) -> None:
        asked: list[str] = []
        bench.connector.consent_breach = lambda request: asked.append(request.url)  # type: ignore[method-assign]
        bench.vendor.script = [reply(429), LOST]
        await bench.transport().run(asking("a"))
        assert asked == ["http://127.0.0.1:9/token", "/a", "/a", "/a"]

    simulate(body)


@pytest.mark.parametrize(
    "base_url",
    [
        "https://stub.example.evil.test",
        "http://stub.example",
        "https://user:word@stub.example",
        "https://10.0.0.7",
        "https://[::1]:99",
        "ftp://stub.example",
        "https://stub.example:99999",
    ],
)
def test_a_sign_in_answer_that_leads_to_a_foreign_host_gets_no_token(base_url: str) -> None:
    async def body(bench: Bench) -> None:
        sign_in = bench.connector.sign_in

        def elsewhere(credentials: Any) -> Any:
            session = yield from sign_in(credentials)
            return type(session)(session.access_token, base_url, session.renewed)

        bench.connector.base_url = "https://login.stub.example"
        bench.connector.sign_in = elsewhere  # type: ignore[method-assign]
        with pytest.raises(NotConnected, match="not one that this connection may use"):
            await bench.transport(allowed_host=within("stub.example")).run(asking("a"))
        assert bench.vendor.calls() == []

    simulate(body)


def test_a_signed_request_cannot_name_its_own_host() -> None:
    def flow() -> Flow[Any, Any]:
        yield [Request("GET", "http://127.0.0.1:1/steal")]

    async def body(bench: Bench) -> None:
        with pytest.raises(Bug):
            await bench.transport().run(flow())
        assert bench.vendor.calls() == []

    simulate(body)
