"""``kill -9`` at random moments of a first apply: real processes, real HTTP, a real database; judged by the orgs alone.

A world is played until its first apply is done, with the same command after each death. Writes go over a slow line,
one at a time, so that there is something to kill into; where a process is to die is drawn from the world's seed.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Literal

import pytest

from awase_practice.agreement.holdings import Holdings
from awase_practice.agreement.verdict import Difference, out_addresses
from awase_practice.seeds import ordinary
from tests.support.database import ask
from tests.support.installation import HOUR, VENDORS, Ended, Installation, addresses, installation, people_of
from tests.support.tap import Caught

pytestmark = pytest.mark.timeout(900)

MOMENTS = 30
PEOPLE = 1_500
ROLES = (
    *(ordinary.hubspot_only, ordinary.hubspot_only, ordinary.hubspot_only, ordinary.lead_only) * 4,
    *(ordinary.contact_only, ordinary.customer_in_hubspot) * 3,
    ordinary.equal_lead,
    ordinary.gaps_on_both_sides,
    ordinary.gaps_on_both_sides,
    ordinary.out_in_hubspot,
    ordinary.out_as_lead,
    ordinary.out_as_contact,
    ordinary.pair_out_in_hubspot,
    ordinary.pair_out_in_salesforce,
)
SECONDS_A_WRITE = 0.15
STEPS_TO_THE_END = 8
"""Runs that may follow the last death until nothing is left to do."""

Where = Literal[
    "sent, and arrives when the next process has read",
    "sent, and arrives at once",
    "sent, and never arrives",
    "applied, and not answered",
    "any",
]
WHERE: tuple[Where, ...] = (
    *("sent, and arrives when the next process has read",) * 3,
    "sent, and arrives at once",
    "sent, and never arrives",
    *("applied, and not answered",) * 2,
    "any",
)


@dataclass(frozen=True)
class Moment:
    """Where a process died. ``unanswered`` is how many calls of the journal had no outcome then."""

    where: Where
    detail: str
    unanswered: int


@dataclass
class World:
    seed: int
    before: Holdings
    moments: list[Moment] = field(default_factory=list)
    last: Ended | None = None
    after: Holdings | None = None
    differences: list[Difference] = field(default_factory=list)
    echo: Ended | None = None
    """The run an hour later."""


class Reaper:
    """Starts the command and ends it by SIGKILL where the seed says."""

    def __init__(self, here: Installation, seed: int) -> None:
        self._here = here
        self._rng = Random(seed)

    def one_life(self) -> Moment | Ended:
        """A process that dies, or comes to its end first."""
        where = self._rng.choice(WHERE)
        if where == "any":
            return self._after_a_while(self._rng.uniform(0.2, 4.0))
        vendor, passing = self._rng.choice(VENDORS), self._rng.choice((0, 0, 1))
        tap = self._here.taps[vendor]
        caught = tap.catch("answered" if where == "applied, and not answered" else "asked", passing)
        process = self._here.start("sync", "--yes", "--json")
        while process.poll() is None and not caught.here.wait(0.02):
            continue
        if not caught.here.is_set():
            tap.let_go(caught)
            return Ended(process.returncode, *process.communicate())
        process.kill()
        process.communicate()
        self._settle(where, vendor, caught)
        return Moment(where, f"write {passing} to {vendor}", self._unanswered())

    def _settle(self, where: Where, vendor: str, caught: Caught) -> None:
        tap = self._here.taps[vendor]
        if where == "sent, and arrives when the next process has read":
            tap.let_go_late(caught)
        else:
            tap.let_go(caught, deliver=where == "sent, and arrives at once")

    def _after_a_while(self, seconds: float) -> Moment | Ended:
        process = self._here.start("sync", "--yes", "--json")
        until = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        if process.poll() is not None:
            return Ended(process.returncode, *process.communicate())
        process.kill()
        process.communicate()
        return Moment("any", f"after {seconds:.2f} s", self._unanswered())

    def _unanswered(self) -> int:
        question = """
            select count(*) from journal_open o join journal_batch b on b.id = o.batch
             where not b.watch and not exists (select from journal_outcome a where a.batch = o.batch)"""
        ((count,),) = ask(self._here.dsn, question)
        return int(str(count))


def play(seed: int, moments: int) -> World:
    """One world: its first apply is killed up to so many times and then comes to its end."""
    with installation() as here:
        here.fill(people_of(ROLES, PEOPLE, seed))
        world = World(seed, here.holdings())
        for tap in here.taps.values():
            tap.seconds_a_write = SECONDS_A_WRITE
        reaper = Reaper(here, seed)
        while len(world.moments) < moments:
            lived = reaper.one_life()
            if isinstance(lived, Ended) and lived.status == 0:
                break
            if isinstance(lived, Moment):
                world.moments.append(lived)
            assert not isinstance(lived, Ended) or lived.status in (1, 5), lived
        for _ in range(STEPS_TO_THE_END):
            world.last = here.sync()
            if world.last.status == 0:
                break
        world.after = here.holdings()
        world.differences = here.disagreements(out_addresses(world.before))
        here.let_pass(HOUR)
        world.echo = here.sync()
        return world


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """As many worlds as it takes for so many deaths."""
    played: list[World] = []
    while sum(len(world.moments) for world in played) < MOMENTS:
        left = MOMENTS - sum(len(world.moments) for world in played)
        played.append(play(seed=1 + len(played), moments=left))
        assert len(played) < 12, played
    return played


def test_processes_died_at_thirty_moments_many_of_them_between_a_call_and_its_recorded_outcome(
    worlds: list[World],
) -> None:
    moments = [moment for world in worlds for moment in world.moments]
    between = [moment for moment in moments if moment.unanswered]
    assert len(moments) >= MOMENTS
    assert len(between) >= MOMENTS // 3, moments
    assert {moment.where for moment in moments} == set(WHERE)


def test_the_same_command_comes_to_its_end_after_every_death(worlds: list[World]) -> None:
    for world in worlds:
        assert world.last is not None
        assert world.last.status == 0, (world.seed, world.moments, world.last)


def test_nobody_is_lost_and_nobody_is_there_twice(worlds: list[World]) -> None:
    for world in worlds:
        assert world.after is not None
        everybody = set(addresses(world.before, "contact", "Contact", "Lead"))
        once = Counter(dict.fromkeys(everybody, 1))
        assert addresses(world.after, "contact") == once, (world.seed, world.moments)
        assert addresses(world.after, "Contact", "Lead") == once, (world.seed, world.moments)
        for object, rows in world.before.rows.items():
            assert rows.keys() <= world.after.rows[object].keys()


def test_both_sides_agree_and_no_opt_out_was_undone(worlds: list[World]) -> None:
    for world in worlds:
        assert world.differences == [], (world.seed, world.moments)


def test_an_hour_later_there_is_nothing_left_to_write(worlds: list[World]) -> None:
    for world in worlds:
        assert world.echo is not None
        assert world.echo.status == 0
        (run,) = world.echo.document["runs"]
        assert run["plan"]["calls"]["write"] == 0, (world.seed, world.moments)
