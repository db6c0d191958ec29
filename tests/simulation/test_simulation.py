"""The whole engine in virtual time: promises hold, the checkers see, and a seed tells the same story twice."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from awase.errors import Bug as OurBug
from tests.simulation.bugs import BUGS, WITHIN, Bug
from tests.simulation.bugs_of_identity import IDENTITY_BUGS
from tests.simulation.oracle import verdicts
from tests.simulation.scenario import IDENTITY, Settings, play


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_every_promise_holds_in_the_first_worlds(start: int) -> None:
    broken = {seed: found for seed in range(start, start + 20) if (found := verdicts(play(seed)))}
    assert not broken


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_every_promise_holds_where_users_merge_convert_delete_and_restore(start: int) -> None:
    broken = {seed: found for seed in range(start, start + 20) if (found := verdicts(play(seed, IDENTITY)))}
    assert not broken


@pytest.mark.parametrize(
    ("seed", "settings"),
    [
        pytest.param(139, IDENTITY, id="a create without an answer, and its source is merged and deleted"),
        pytest.param(7125, IDENTITY, id="an opt-out by somebody who waits for a person"),
        pytest.param(374, Settings(), id="a create that comes so late that no index can show it"),
    ],
)
def test_worlds_that_were_broken_once_are_sound(seed: int, settings: Settings) -> None:
    assert verdicts(play(seed, settings)) == []


@pytest.mark.parametrize("bug", [*BUGS, *IDENTITY_BUGS], ids=lambda bug: bug.name)
def test_a_planted_bug_is_seen(bug: Bug) -> None:
    with bug.planted():
        assert any(_is_seen(bug, seed) for seed in range(WITHIN))


@pytest.mark.parametrize("bug", [*BUGS, *IDENTITY_BUGS], ids=lambda bug: bug.name)
def test_without_the_bug_the_same_worlds_are_sound(bug: Bug) -> None:
    assert not any(verdicts(play(seed, bug.settings)) for seed in range(5))


def _is_seen(bug: Bug, seed: int) -> bool:
    try:
        return any(verdict.startswith(bug.promise) for verdict in verdicts(play(seed, bug.settings)))
    except OurBug:
        # Caught even earlier, by an assertion of the engine about itself.
        return True


def test_a_seed_tells_the_same_story_in_another_process() -> None:
    def traces(hash_seed: str) -> str:
        command = [sys.executable, "-m", "tests.simulation", "--seeds", "12", "--jobs", "1", "--traces"]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=200
        ).stdout

    first = traces("1")
    assert len(first.splitlines()) == 12
    assert first == traces("2")


def test_where_nothing_goes_wrong_the_calls_made_are_the_price() -> None:
    calm = Settings(sites={}, kills=0.0, edits_between=0.0)
    for seed in range(10):
        story = play(seed, calm)
        assert story.reports
        for report in story.reports:
            made = sum(report.calls.get(lane, 0) for lane in ("write", "consent", "audit"))
            assert made == report.plan.header.write_calls
