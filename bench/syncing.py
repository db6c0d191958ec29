"""A first sync of so many people on the practice orgs, and a second one with one in a hundred changed."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.support.installation import HOUR, Installation, installation, people_of

from awase_practice.agreement.arithmetic import Least, least_calls
from awase_practice.agreement.holdings import Holdings
from awase_practice.seeds import ordinary
from awase_practice.seeds.casting import Role

from .floor import Exchange, move
from .meters import Spent, database_meter, spend

SIZES: Final = (10_000, 50_000)
CHANGED: Final = 100
"""One person in so many has changed before the second sync."""

_ROLES: Final[tuple[Role, ...]] = (
    *(ordinary.hubspot_only,) * 5,
    *(ordinary.lead_only,) * 3,
    ordinary.contact_only,
    ordinary.equal_lead,
    ordinary.gaps_on_both_sides,
    ordinary.out_in_hubspot,
)
_SEED: Final = 23


@dataclass
class _Play:
    """One pair of orgs, and the two syncs on it."""

    here: Installation
    people: int
    settled: Holdings | None = None
    last_read: Mapping[str, Any] | None = None

    def first(self) -> tuple[dict[str, Any], list[Exchange]]:
        self.here.fill(people_of(_ROLES, self.people, _SEED))
        self.here.let_pass(HOUR)
        return self._measured()

    def second(self) -> tuple[dict[str, Any], list[Exchange]]:
        """After the echo of the first has been read, so that only the edits are new."""
        self.here.let_pass(HOUR)
        before = self.here.holdings()
        quiet = self.here.sync()
        assert quiet.status == 0, quiet
        self.settled, self.last_read = before, before.now
        self.here.let_pass(HOUR)
        self._edit()
        self.here.let_pass(HOUR)
        return self._measured()

    def _edit(self) -> None:
        """Half of those who changed did so in each org."""
        contacts = self.here.hubspot.rows("contact")[: self.people : CHANGED]
        for number, row in enumerate(contacts):
            pointer = row.get("salesforceleadid")
            if number % 2 and pointer:
                self.here.salesforce.edit("Lead", pointer, {"Title": f"部長 {number}"})
            else:
                self.here.hubspot.edit("contact", row["id"], {"jobtitle": f"課長 {number}"})

    def _measured(self) -> tuple[dict[str, Any], list[Exchange]]:
        before = self.here.holdings()
        for tap in self.here.taps.values():
            tap.moved.clear()
        with database_meter(self.here.dsn) as database:
            spent = spend(
                [sys.executable, "-m", "awase.cli.main", "sync", "--yes", "--json"],
                folder=self.here.folder,
                environment=self.here.environment,
            )
        assert spent.status == 0, spent.out
        moved = [Exchange(*sizes) for tap in self.here.taps.values() for sizes in tap.moved]
        after = self.here.holdings()
        least = least_calls(before, after, settled=self.settled, last_read=self.last_read, refused=())
        self.settled, self.last_read = after, before.now
        figures = _figures(spent, least) | {
            "peak_memory_of_postgresql_mib": _mib(database.peak),
            "cpu_seconds_of_postgresql": round(database.cpu, 2),
        }
        return figures, moved


def measure(people: int) -> dict[str, Any]:
    """Both syncs of so many people, each beside the time that its bodies take with no work."""
    with installation() as here:
        # Straight to the orgs: what listens in between would be measured too.
        text = here.file.read_text(encoding="utf-8")
        for vendor, tap in here.taps.items():
            text = text.replace(tap.url, here.orgs[vendor].process.url)
        here.write_configuration(text)
        here.connect_both()
        play = _Play(here, people)
        first, second = play.first()[0], play.second()[0]
    with installation() as here:
        play = _Play(here, people)
        first |= _beside(first, play.first()[1])
        second |= _beside(second, play.second()[1])
    return {"people": people, "first_sync": first, "second_sync": second}


def _beside(figures: Mapping[str, Any], moved: list[Exchange]) -> dict[str, Any]:
    floor = min(move(moved) for _ in range(3))
    return {
        "bodies": len(moved),
        "bodies_mib": _mib(sum(one.asked + one.answered for one in moved)),
        "seconds_with_no_work": round(floor, 3),
        "times_no_work": round(figures["seconds"] / floor, 1),
    }


def _figures(spent: Spent, least: Least) -> dict[str, Any]:
    (run,) = json.loads(spent.out)["runs"]
    lanes: dict[str, int] = run["calls"]
    counted = {lane: count for lane, count in lanes.items() if lane not in ("other",)}
    records = sum(side["read"] for side in run["sides"].values())
    return {
        "seconds": round(spent.seconds, 2),
        "cpu_seconds": round(spent.cpu, 2),
        "records_read": records,
        "records_a_second": round(records / spent.seconds),
        "calls": sum(counted.values()),
        "fewest_calls": least.calls,
        "other_calls": lanes.get("other", 0),
        "peak_memory_mib": _mib(spent.peak),
    }


def _mib(size: int) -> float:
    return round(size / 1024 / 1024, 1)
