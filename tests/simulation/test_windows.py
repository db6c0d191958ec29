"""Outside its write windows a sync sends opt-outs and nothing else, and forgets nothing."""

from __future__ import annotations

import dataclasses

from awase.core.schedule import windows_of
from awase.engine.environment import Environment
from awase.engine.running import Report, sync_now
from awase.errors import AwaseError, WritingIsOff
from tests.simulation.test_undo import HOUR, Office
from tests.simulation.world import SYNC


def run_in(office: Office, *windows: str) -> Report | AwaseError | None:
    async def work(env: Environment) -> Report:
        return await sync_now(
            dataclasses.replace(env, windows=windows_of(windows, "UTC")), SYNC, lambda _: True
        )

    office.processes += 1
    ended = office.world.run(office.processes, work)
    office.world.pass_time(HOUR)
    return ended


def a_window(office: Office, *, is_open: bool) -> str:
    hour = office.world.clock.now().hour
    begins = hour if is_open else (hour + 6) % 24
    return f"{begins:02}:00-{(begins + 3) % 24:02}:00"


def test_outside_its_windows_only_opt_outs_go_and_the_rest_follows_when_they_open() -> None:
    office = Office(people=3)
    office.world.org.edit("Lead", office.leads[0], {"HasOptedOutOfEmail": True}, "user:sales")
    office.world.org.edit("Lead", office.leads[1], {"Title": "部長"}, "user:sales")
    office.world.pass_time(HOUR)
    ended = run_in(office, a_window(office, is_open=False))
    assert isinstance(ended, Report)
    assert isinstance(ended.stopped, WritingIsOff)
    assert ended.run.state == "stopped"
    rows = {row["id"]: row for row in office.world.portal.rows("contact")}
    assert rows[office.contacts[0]]["hs_email_optout"] == "true"
    assert rows[office.contacts[1]]["jobtitle"] == "課長"
    ended = run_in(office, a_window(office, is_open=True))
    assert isinstance(ended, Report)
    assert ended.stopped is None
    rows = {row["id"]: row for row in office.world.portal.rows("contact")}
    assert rows[office.contacts[1]]["jobtitle"] == "部長"
