"""A switch thrown while a run is under way: what is in flight comes to its end, nothing more is sent, nothing is lost."""

from __future__ import annotations

import msgspec

from awase.core.operations import OperationKind
from awase.engine.running import Report
from awase.engine.switches import WRITING_STOPPED, Switch
from awase.errors import WritingIsOff
from tests.simulation.world import World

PEOPLE = [
    {
        "email": f"p{number}@example.jp",
        "lastname": f"山田{number}",
        "company": "株式会社甲",
        "jobtitle": "課長",
    }
    for number in range(4)
]


def run(world: World, process: int) -> Report:
    report = world.run_sync(process)
    assert isinstance(report, Report)
    world.pass_time(1_000)
    return report


def titles(world: World) -> set[object]:
    return {row.get("Title") for row in world.org.rows("Lead")}


def test_writing_that_is_stopped_during_a_run_stops_at_the_next_call() -> None:
    world = World(seed=1)
    first, second, *_ = world.portal.load("contact", PEOPLE, "user:seed")
    run(world, 1)
    world.portal.edit("contact", first, {"hs_email_optout": "true"}, "user:taro")
    world.portal.edit("contact", second, {"jobtitle": "部長"}, "user:taro")
    before = len(world.store.all_batches())
    switch = Switch(since=world.clock.now(), by="sato", reason="the CRM is being moved")

    def throw_when_something_was_sent() -> None:
        if len(world.store.all_batches()) > before:
            world.store.keep_setting(WRITING_STOPPED, msgspec.json.encode(switch).decode())

    world.networks["crm"].between = throw_when_something_was_sent
    stopped = run(world, 2)
    assert isinstance(stopped.stopped, WritingIsOff)
    assert stopped.run.state == "stopped"
    assert {batch.kind for batch in world.store.all_batches()[before:]} == {OperationKind.OPT_OUT.value}
    assert "部長" not in titles(world)

    world.networks["crm"].between = lambda: None
    world.store.keep_setting(WRITING_STOPPED, "")
    assert run(world, 3).stopped is None
    assert "部長" in titles(world)
