"""One session for all callers, rotated values stored before use, and a ladder with an end. In virtual time."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from awase.errors import HostUnreachable, NotConnected, SignInRefused
from awase.transport.wire import WireRequest, WireResponse
from tests.unit.transport.stub_vendor import LOST, NEVER_SENT, Bench, asking, of, reply, writing
from tests.unit.transport.test_session import simulate, statuses


def test_nothing_signs_in_before_the_first_request() -> None:
    async def body(bench: Bench) -> None:
        await bench.transport().close()
        assert bench.vendor.signed_in == 0

    simulate(body)


@pytest.mark.parametrize("seed", range(10))
def test_a_lapsed_token_is_renewed_once_for_all_callers(seed: int) -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.rotates = True
        transport = bench.transport()
        await transport.run(asking("first"))
        bench.vendor.tokens.clear()
        assert statuses(await transport.run(asking(*"abcdefghij"))) == [200] * 10
        assert bench.vendor.signed_in == 2

    simulate(body, seed)


def test_a_write_that_met_a_lapsed_token_is_sent_once_more_because_it_was_not_acted_on() -> None:
    async def body(bench: Bench) -> None:
        transport = bench.transport()
        await transport.run(asking("first"))
        bench.vendor.tokens.clear()
        assert statuses(await transport.run(writing("w"))) == [200]
        assert bench.vendor.calls() == ["first", "w", "w"]

    simulate(body)


def test_rotated_values_are_stored_before_the_session_is_used() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.rotates = True
        stored_when_used: list[list[str]] = []
        serve = bench.vendor.serve

        def watched(request: WireRequest) -> WireResponse:
            stored_when_used.append(list(bench.secrets.renewals))
            return serve(request)

        bench.vendor.serve = watched  # type: ignore[method-assign]
        await bench.transport().run(asking("a"))
        assert stored_when_used == [["refresh-1"]]

    simulate(body)


def test_a_token_refused_even_when_fresh_ends_in_a_refusal_and_no_loop() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.script = [reply(401)] * 10
        transport = bench.transport()
        with pytest.raises(SignInRefused, match="not even a fresh one"):
            await transport.run(asking("a"))
        assert bench.vendor.calls() == ["a", "a"]
        with pytest.raises(SignInRefused):
            await transport.run(asking("b"))
        assert bench.vendor.signed_in == 2

    simulate(body)


def test_a_refused_sign_in_is_told_in_the_vendors_words_and_not_repeated() -> None:
    async def body(bench: Bench) -> None:
        bench.secrets.slots = [of("wrong"), of("older")]
        transport = bench.transport()
        for _ in range(3):
            with pytest.raises(SignInRefused, match="these values were used before"):
                await transport.run(asking("a"))
        assert len(bench.vendor.seen) == 1

    simulate(body)


def test_values_that_another_process_stored_meanwhile_are_tried_once() -> None:
    async def body(bench: Bench) -> None:
        bench.secrets.slots = [of("stale"), None]
        sign_in = bench.vendor.sign_in

        def other_process_stores(request: WireRequest) -> WireResponse:
            bench.secrets.slots = [of("refresh-0"), of("stale")]
            return sign_in(request)

        bench.vendor.sign_in_script = [other_process_stores]
        assert statuses(await bench.transport().run(asking("a"))) == [200]

    simulate(body)


def test_a_lost_answer_to_a_renewal_leads_to_one_more_try_with_the_same_values() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.sign_in_script = [LOST]
        assert statuses(await bench.transport().run(asking("a"))) == [200]
        assert len(bench.vendor.seen) == 3

    simulate(body)


def test_when_those_are_dead_the_values_before_the_last_renewal_are_tried() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.refresh = "older"
        bench.secrets.slots = [of("refresh-0"), of("older")]
        bench.vendor.sign_in_script = [LOST]
        assert statuses(await bench.transport().run(asking("a"))) == [200]

    simulate(body)


def test_when_both_are_dead_a_person_is_asked_to_sign_in_again_and_nothing_loops() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.refresh = "rotated and never heard"
        bench.secrets.slots = [of("refresh-0"), of("older")]
        bench.vendor.sign_in_script = [LOST]
        transport = bench.transport()
        with pytest.raises(SignInRefused, match="renewal was lost") as caught:
            await transport.run(asking("a"))
        assert "Sign in again" in caught.value.remedy
        with pytest.raises(SignInRefused):
            await transport.run(asking("b"))
        assert len(bench.vendor.seen) == 3

    simulate(body)


def test_a_host_that_cannot_be_reached_is_named_after_a_bounded_number_of_tries() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.sign_in_script = [NEVER_SENT] * 20
        with pytest.raises(HostUnreachable, match=r"127\.0\.0\.1 refused the connection"):
            await bench.transport().run(asking("a"))
        assert len(bench.vendor.seen) == 3

    simulate(body)


@pytest.mark.parametrize("silence", [LOST, reply(503)])
def test_a_vendor_that_never_answers_a_sign_in_is_unreachable_rather_than_refusing(silence: object) -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.sign_in_script = [silence] * 20  # type: ignore[list-item]
        with pytest.raises(HostUnreachable):
            await bench.transport().run(asking("a"))
        assert len(bench.vendor.seen) <= 3

    simulate(body)


def test_a_sign_in_waits_when_the_vendor_asks_for_it() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.sign_in_script = [reply(429, retry_after="9")]
        assert statuses(await bench.transport().run(asking("a"))) == [200]
        assert bench.vendor.starts[1] - bench.vendor.starts[0] >= 9

    simulate(body)


def test_a_connection_without_credentials_says_how_to_connect() -> None:
    async def body(bench: Bench) -> None:
        bench.secrets.slots = [None, None]
        with pytest.raises(NotConnected, match="never been connected"):
            await bench.transport().run(asking("a"))

    simulate(body)


def test_a_caller_that_is_stopped_while_rotated_values_are_stored_does_not_lose_them() -> None:
    async def body(bench: Bench) -> None:
        bench.vendor.rotates = True
        renew = bench.secrets.renew
        started: list[str] = []

        async def slowly(connection: str, values: Mapping[str, str]) -> None:
            started.append(values["refresh"])
            if len(started) == 1:
                await bench.tasks.sleep(1000)
            await renew(connection, values)

        bench.secrets.renew = slowly  # type: ignore[method-assign]
        assert await bench.tasks.first_of(5, bench.transport().run(asking("a"))) is None
        assert bench.secrets.slots[0] == of("refresh-1")

    simulate(body)
