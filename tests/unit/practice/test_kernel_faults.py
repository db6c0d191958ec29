"""Faults are repeatable, bounded, and independent of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from awase_practice.kernel.clock import Clock, VirtualClock
from awase_practice.kernel.faults import FaultPlan
from awase_practice.kernel.front import PRACTICE_PAGE, Front
from awase_practice.kernel.http import ConnectionLost, HttpRequest, HttpResponse, Late, json_response
from awase_practice.kernel.rows import Table


class CountingOrg:
    """An org that only counts what reaches it."""

    vendor = "counting"
    org_id = "1"
    credentials: Mapping[str, Any] = {}

    def __init__(self) -> None:
        self.clock: Clock = VirtualClock(datetime(2026, 11, 23, tzinfo=UTC))
        self.tables: dict[str, Table] = {}
        self.reached = 0

    def handle_now(self, request: HttpRequest) -> HttpResponse:
        self.reached += 1
        return json_response(200, {"answer": self.reached})

    def is_sign_in(self, request: HttpRequest) -> bool:
        return request.path == "/token"

    def server_error(self, size: float) -> HttpResponse:
        return HttpResponse(500)

    def load(self, object: str, rows: Sequence[Mapping[str, Any]], author: str) -> list[str]:
        return []

    def edit(self, object: str, id: str, values: Mapping[str, Any], author: str, rules: bool = False) -> None:
        return None

    def delete(self, object: str, id: str, author: str) -> None:
        return None

    def rows(self, object: str, deleted: bool = False) -> list[dict[str, Any]]:
        return []

    def history(self, object: str, id: str) -> list[dict[str, Any]]:
        return []

    def change_schema(self, body: Mapping[str, Any]) -> Any:
        return {}

    def change_settings(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {}

    def state(self) -> dict[str, Any]:
        return {}


def front_with(site: str, size: float = 1.0) -> tuple[CountingOrg, Front]:
    org, faults = CountingOrg(), FaultPlan(7)
    faults.arm(site, 1.0, size)
    return org, Front(org, faults)


CALL = HttpRequest.of("GET", "/things")


def test_the_same_seed_gives_the_same_faults() -> None:
    def drawn(seed: int) -> list[bool]:
        plan = FaultPlan(seed)
        plan.arm("call.late", 0.3)
        return [plan.fire("call.late") is not None for _ in range(50)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_arming_one_site_does_not_move_the_faults_of_another() -> None:
    alone, together = FaultPlan(3), FaultPlan(3)
    alone.arm("call.late", 0.5)
    together.arm("call.late", 0.5)
    together.arm("call.html", 0.5)
    for _ in range(30):
        together.fire("call.html")
        assert alone.fire("call.late") == together.fire("call.late")


def test_a_fault_fires_no_more_often_than_it_may() -> None:
    plan = FaultPlan(1)
    plan.arm("batch.lock", 1.0, times=2)
    assert [plan.fire("batch.lock") for _ in range(4)] == [1.0, 1.0, None, None]
    assert plan.reached["batch.lock"] == 2


def test_an_unknown_site_cannot_be_armed() -> None:
    with pytest.raises(ValueError, match="no such fault site"):
        FaultPlan().arm("call.typo", 1.0)


@pytest.mark.parametrize(
    ("site", "answer", "reached"),
    [
        ("call.refused", ConnectionLost(applied=False, reached=False), 0),
        ("call.lost_before", ConnectionLost(applied=False), 0),
        ("call.answer_lost", ConnectionLost(applied=True), 1),
        ("call.late", Late(4.0), 0),
    ],
)
def test_a_lost_call_says_whether_it_was_applied(site: str, answer: object, reached: int) -> None:
    org, front = front_with(site, 4.0)
    assert front.handle(CALL) == answer
    assert org.reached == reached


@pytest.mark.parametrize(("site", "status"), [("call.html", 502), ("call.server_error", 500)])
def test_a_gateway_or_server_error_applies_nothing(site: str, status: int) -> None:
    org, front = front_with(site)
    answer = front.handle(CALL)
    assert isinstance(answer, HttpResponse)
    assert (answer.status, org.reached) == (status, 0)


def test_a_call_delivered_twice_is_acted_on_twice() -> None:
    org, front = front_with("call.twice")
    front.handle(CALL)
    assert org.reached == 2


def test_a_cut_answer_promises_more_than_it_holds() -> None:
    org, front = front_with("call.cut_body")
    answer = front.handle(CALL)
    assert isinstance(answer, HttpResponse)
    assert answer.is_cut
    assert org.reached == 1


def test_general_faults_leave_sign_in_and_the_practice_page_alone() -> None:
    org, front = front_with("call.lost_before")
    assert isinstance(front.handle(HttpRequest.of("POST", "/token")), HttpResponse)
    page = front.handle(HttpRequest.of("GET", PRACTICE_PAGE))
    assert isinstance(page, HttpResponse)
    assert page.json() == {"practice": True, "vendor": "counting", "org_id": "1"}
    assert org.reached == 1


def test_the_answer_to_a_sign_in_can_be_lost_after_it_was_applied() -> None:
    org, front = front_with("login.refresh_lost")
    assert front.handle(HttpRequest.of("POST", "/token")) == ConnectionLost(applied=True)
    assert org.reached == 1


def test_every_answer_carries_the_date_of_the_orgs_clock() -> None:
    org = CountingOrg()
    org.clock = VirtualClock(datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC))
    answer = Front(org, FaultPlan()).handle(CALL)
    assert isinstance(answer, HttpResponse)
    assert answer.headers["Date"] == "Mon, 03 Feb 2031 04:05:06 GMT"
