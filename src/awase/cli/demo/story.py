"""The demo's phases: what happens before each, its sync, and what is noted about it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from awase.assembly import environment
from awase.configuration import Workspace
from awase.core.mapping import Sync, parents_first
from awase.core.plan import Plan
from awase.core.records import Item, ItemKind, RunCounts
from awase.engine.running import Report, sync_now
from awase.errors import Bug
from awase.store.postgres import PostgresStore
from awase_practice.agreement.arithmetic import Least, least_calls
from awase_practice.agreement.holdings import SALES, Holdings, take
from awase_practice.agreement.verdict import Difference, differences, out_addresses
from awase_practice.seeds.loading import NOTE, Stage, let_pass, play
from awase_practice.seeds.story import PHASES, Phase

DAY, HOUR = 86_400.0, 3_600.0
_PASSES: Final[Mapping[Phase, float]] = {"first": HOUR, "day": DAY, "last edit": HOUR, "nothing": HOUR}
"""Seconds that pass in both orgs before a phase."""

_KINDS: Final[Mapping[ItemKind, str]] = {
    ItemKind.HELD: "held",
    ItemKind.REJECTED: "rejected",
    ItemKind.CONFLICT: "conflicts",
    ItemKind.SETTLED: "conflicts",
    ItemKind.AMBIGUOUS: "waiting",
    ItemKind.WAITING: "waiting",
    ItemKind.DEFERRED: "waiting",
    ItemKind.UNKNOWN: "waiting",
    ItemKind.SKIPPED: "skipped",
}
_SYSTEMS: Final = {"ma": "hubspot", "crm": "salesforce"}
_WRITING: Final = ("write", "consent", "audit")

Approve = Callable[[Phase, Plan], bool]
Found = dict[str, set[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Rested:
    """How the orgs were when all syncs had ended, and each org's time when they began to read."""

    settled: Holdings
    last_read: Mapping[str, datetime]


@dataclass(slots=True)
class Played:
    """One phase as it went."""

    name: Phase
    reports: Mapping[str, Report]
    """By sync, in the order in which they ran."""
    seconds: float
    """Of the syncs alone, without what was set up for it."""
    items: list[Item]
    """Open after it."""
    before: Holdings
    after: Holdings
    rested: Rested | None
    """What the syncs before these left; None for the first."""

    @property
    def sides(self) -> dict[str, RunCounts]:
        """What became of the records read, by ``vendor:object``."""
        return {
            f"{_SYSTEMS[side]}:{object}": counts
            for report in self.reports.values()
            for name, counts in report.run.sides.items()
            for side, _, object in [name.partition(":")]
        }

    @property
    def calls(self) -> Counter[str]:
        """Calls by lane, of all syncs."""
        calls: Counter[str] = Counter()
        for report in self.reports.values():
            calls.update(report.calls)
        return calls

    @property
    def priced(self) -> int:
        """The write calls that were announced."""
        return sum(report.plan.header.write_calls for report in self.reports.values())

    @property
    def conflicts(self) -> int:
        """Values that both sides had changed."""
        return sum(report.run.conflicts for report in self.reports.values())

    @property
    def found(self) -> Found:
        """Open items by the judge's kinds, as (side to be written to, record)."""
        found: Found = {kind: set() for kind in _KINDS.values()}
        for item in self.items:
            found[_KINDS[item.kind]].add((item.side, item.record))
        return found

    @property
    def write_calls(self) -> int:
        """Calls that wrote, and the reads after them that the price contains."""
        return sum(self.calls[lane] for lane in _WRITING)


@dataclass(slots=True)
class Performance:
    """The demo while it runs."""

    workspace: Workspace
    store: PostgresStore
    stage: Stage
    approve: Approve
    progress: Callable[[str], None]
    played: list[Played] = field(default_factory=list)
    rested: Rested | None = None

    async def perform(self, phase: Phase) -> Played:
        """Let time pass, let people edit, then sync. Raises what a sync raises."""
        await let_pass(self.stage, _PASSES[phase])
        if phase != "first":
            await play(self.stage, phase)
        rested, before = self.rested, await self.holdings()
        began = time.monotonic()
        reports = await self._sync_all(phase)
        seconds = time.monotonic() - began
        items = [stored.item for sync in self.syncs for stored in await self.store.open_items(sync.name)]
        played = Played(phase, reports, seconds, items, before, await self.holdings(), rested)
        _check_counts(played)
        self.rested = Rested(played.after, before.now)
        self.played.append(played)
        return played

    async def between(self) -> Mapping[str, Report]:
        """All syncs once more, as no phase: what is between two of them."""
        before = await self.holdings()
        reports = await self._sync_all("last edit")
        self.rested = Rested(await self.holdings(), before.now)
        return reports

    async def judge(self) -> list[Difference]:
        """All that speaks against agreement, by the second opinion. Reads what was planted: not before the end."""
        note = (await self.stage.hubspot.ask("note", name=NOTE))["note"]
        out = {address for each in self.played for address in out_addresses(each.before)}
        found: dict[str, Found] = {each.name: each.found for each in self.played}
        return differences(self.played[-1].after, note, found, out)

    async def least(self) -> list[Least]:
        """The fewest calls of each phase."""
        note = (await self.stage.hubspot.ask("note", name=NOTE))["note"]
        least = []
        before: Mapping[str, list[list[str]]] = {"rejected": [], "waiting": []}
        for each in self.played:
            now = note[each.name]
            refused = [name for name in now["rejected"] if name not in before["rejected"]]
            named = [name for name in refused if name in now["named"]]
            freed = [name for side, name in before["waiting"] if [side, name] not in now["waiting"]]
            least.append(
                least_calls(
                    each.before,
                    each.after,
                    settled=each.rested.settled if each.rested else None,
                    last_read=each.rested.last_read if each.rested else None,
                    refused=refused,
                    named=named,
                    freed=freed,
                )
            )
            before = now
        return least

    @property
    def syncs(self) -> list[Sync]:
        """Companies before their people, people before their deals."""
        return parents_first(self.workspace.syncs)

    async def _sync_all(self, phase: Phase) -> Mapping[str, Report]:
        return {sync.name: await self._sync(phase, sync) for sync in self.syncs}

    async def _sync(self, phase: Phase, sync: Sync) -> Report:
        async with environment(self.workspace, sync, self.store) as env:
            report = await sync_now(env, sync, lambda plan: self.approve(phase, plan), self.progress)
        if report.stopped is not None:
            raise report.stopped
        return report

    async def holdings(self) -> Holdings:
        """What both orgs hold now."""
        return await take(self.stage.hubspot, self.stage.salesforce, SALES)


def fates(counts: RunCounts) -> dict[str, int]:
    """What became of the records of one object, by name, ``read`` first; ``read`` is the sum of the others."""
    facts: dict[str, int] = msgspec.structs.asdict(counts)
    del facts["reasons"]
    return facts


def _check_counts(played: Played) -> None:
    for name, counts in played.sides.items():
        facts = fates(counts)
        read = facts.pop("read")
        if read != sum(facts.values()):
            raise Bug(
                "{name}: {read} records were read, but {sum} accounted for",
                name=name,
                read=read,
                sum=sum(facts.values()),
            )


def document(
    seed: int,
    people: int,
    played: list[Played],
    least: list[Least],
    against: list[Difference],
    acts: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The demo as one JSON document. ``acts``: what happened between its phases."""
    explained = acts.get("reconcile", {}).get("explained", True)
    return {
        "seed": seed,
        "people": people,
        "phases": [_phase(each, fewest) for each, fewest in zip(played, least, strict=True)],
        "acts": acts,
        "agree": not against and explained and [each.name for each in played] == list(PHASES),
        "differences": against,
    }


def _phase(played: Played, least: Least) -> dict[str, Any]:
    calls = played.calls
    return {
        "name": played.name,
        "sides": {name: fates(counts) for name, counts in played.sides.items()},
        "conflicts": played.conflicts,
        "calls": {
            "read": calls.get("read", 0),
            "write": played.write_calls,
            "priced_write": played.priced,
            "minimum": least.calls,
            "other": calls.get("other", 0) + calls.get("retries", 0),
        },
        "seconds": round(played.seconds, 3),
    }
