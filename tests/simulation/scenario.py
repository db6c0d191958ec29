"""What happens in one simulated world: people, edits, opt-outs, faults, crashes; then quiet, so that all must settle."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any

from awase.core.mapping import OnDelete
from awase.core.operations import Side, State
from awase.core.records import RunCounts
from awase.engine.running import Report
from awase_practice.hubspot.org import HubSpotPortal
from awase_practice.kernel.faults import SITES
from awase_practice.salesforce.org import SalesforceOrg
from tests.simulation.identity import Fate, IdentityUsers
from tests.simulation.world import FIELDS, World, hash64

INDUSTRIES = ("製造業", "情報通信業", "卸売業", "小売業", "建設業", "製造")
TITLES = ("部長", "課長", "主任", "Sales Manager", "  係長 ", "ﾏﾈｰｼﾞｬｰ", "営業🙂担当")

QUIET_RUNS = 8
"""After faults stop and users rest, so many runs must be enough for everything to settle."""


def same(name: str, value: Any) -> str | None:
    """A value in the one form in which both orgs' values of a field can be compared."""
    if value is None or value == "":
        return None
    if name == "budget":
        return format(Decimal(str(value)).normalize(), "f")
    if name == "industry" and value == "製造":
        return "製造業"
    return str(value).strip()


@dataclass(frozen=True)
class Settings:
    """The fault rates of a batch of worlds. ``sites``: how likely each is armed, and its highest chance."""

    sites: Mapping[str, float] = field(
        default_factory=lambda: {
            site: 0.12 if site.startswith("call.") else 0.30 for site in sorted(SITES - {"limits.day"})
        }
    )
    armed: float = 0.5
    index_lag: tuple[float, float] = (0.01, 100.0)
    """Seconds, drawn log-uniform: it crosses the length of a run and of the gap between runs."""
    late: tuple[float, float] = (0.1, 300.0)
    gap: tuple[float, float] = (1.0, 4_000.0)
    edits_between: float = 0.3
    """Highest chance that a user edits just before one of our writes takes effect."""
    identity: float = 0.0
    """Chance that users merge, convert, delete, restore or re-create in a round; twice this where several do."""
    identity_amid: float = 0.0
    """Share of the edits just before a write that are such an event instead."""
    deletes: float = 0.0
    """Share of worlds whose sync carries deletions to the other side, for each side."""
    kills: float = 0.3
    """Chance that a process is killed somewhere in its run."""
    people: int = 6
    rounds: int = 4
    with_key: float = 0.85
    """Share of worlds whose orgs have the key field."""
    without_mail: float = 0.05
    """Share of people nobody knows an address of."""


IDENTITY = Settings(identity=0.5, identity_amid=0.25, deletes=0.4)
"""Worlds whose users also merge, convert, delete, restore and re-create, at any moment."""


@dataclass(frozen=True)
class UserEdit:
    time: float
    order: int
    side: Side
    object: str
    id: str
    name: str
    """The mapping's name; ``out`` for an opt-out."""
    value: str | None
    known: bool
    """Both sides had agreed on this field before: only then can a blank be told from a value never given."""
    reverts: bool
    """It gives the field back the value both sides had agreed on: no change any more."""


@dataclass
class Story:
    """A world with its history of what users did."""

    world: World
    settings: Settings
    edits: list[UserEdit] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    out: set[str] = field(default_factory=set)
    """Addresses whose owners opted out, wherever they said so."""
    reached: Counter[str] = field(default_factory=Counter)
    processes: int = 0
    created: int = 0
    quiet: bool = False
    reports: list[Report] = field(default_factory=list)
    miscounted: list[str] = field(default_factory=list)
    """Runs whose numbers do not add up."""

    @property
    def rng(self) -> Random:
        return self.world.rng

    def org(self, side: Side) -> HubSpotPortal | SalesforceOrg:
        return self.world.portal if side == "ma" else self.world.org

    # -- users -----------------------------------------------------------------------------------------------------
    def records(self, side: Side) -> list[tuple[str, str, dict[str, Any]]]:
        """Everybody there: object, id, row. Converted leads are nobody any more."""
        objects = ("contact",) if side == "ma" else ("Lead", "Contact")
        rows = [(name, row["id"], row) for name in objects for row in self.org(side).rows(name)]
        return [record for record in rows if not record[2].get("IsConverted")]

    def new_person(self, side: Side, address: str | None = None) -> None:
        self.created += 1
        number = self.created
        drawn = "" if self.rng.random() < self.settings.without_mail else f"p{number}@example.jp"
        person = {
            "email": drawn if address is None else address,
            "lastname": self.rng.choice(("山田", "佐藤", "高橋")) + str(number),
            "company": self.rng.choice(("株式会社甲", "乙商事", "")),
            "jobtitle": self.rng.choice(TITLES),
            "industry": self.rng.choice(INDUSTRIES),
            "phone": f"03-0000-{number:04}",
            "budget": str(self.rng.choice((1, 12.5, 1000))),
        }
        if side == "ma":
            self.world.portal.load("contact", [person], "user:seed")
            return
        object = self.rng.choice(("Lead", "Lead", "Contact"))
        values = {b.crm[object]: person[b.ma] for b in FIELDS if object in b.crm and b.ma in person}
        if values.get("Company") == "":
            values["Company"] = "丙工業"
        if values.get("Industry") == "製造" or values.get("Industry__c") == "製造":
            values["Industry" if object == "Lead" else "Industry__c"] = "製造業"
        self.world.org.load(object, [values], "user:seed")

    def both_sides(self) -> None:
        """A person who is known on both sides before the first sync, not quite the same."""
        self.new_person("ma")
        _, _, row = self.records("ma")[-1]
        if not row.get("email"):
            return
        values = {"Email": row["email"], "LastName": row["lastname"], "Company": "丁株式会社"}
        if self.rng.random() < 0.5:
            values["Title"] = self.rng.choice(TITLES).strip()
        self.world.org.load("Lead", [values], "user:seed")

    def edit(self, side: Side) -> None:
        """A user changes one field of one record, clears it, or opts the person out."""
        records = self.records(side)
        if not records:
            return
        object, id, row = self.rng.choice(records)
        if self.rng.random() < 0.12:
            self.opt_out(side, object, id, row)
            return
        name = self.rng.choice(
            [b.ma for b in FIELDS if b.ma != "email" and (side == "ma" or object in b.crm)]
        )
        number = len(self.edits)
        value: str | None = {
            "industry": self.rng.choice(INDUSTRIES if side == "ma" else INDUSTRIES[:-1]),
            "jobtitle": self.rng.choice(TITLES),
            "budget": str(self.rng.randint(1, 9_999)),
            # Salesforce refuses such a number; nobody can foresee it from its metadata.
            "phone": f"{'bad' if side == 'ma' and self.rng.random() < 0.2 else '03'}-{number}",
        }.get(name, f"{name}{number}")
        if name not in ("lastname", "company") and self.rng.random() < 0.15:
            value = None
        held = row.get(name if side == "ma" else next(b.crm[object] for b in FIELDS if b.ma == name))
        if same(name, held) != same(name, value):
            self._write(side, object, id, name, value)

    def _write(self, side: Side, object: str, id: str, name: str, value: str | None) -> None:
        agreed = self.world.store.agreed(side, object, id)
        known, reverts = name in agreed, name in agreed and same(name, agreed[name]) == same(name, value)
        self.edits.append(
            UserEdit(self.world.clock.time, len(self.edits), side, object, id, name, value, known, reverts)
        )
        self.world.note(f"user {side} {object} {id} {name}={value}")
        if side == "ma":
            self.world.portal.edit("contact", id, {name: value}, "user:taro", rules=False)
            return
        field_name = next(b.crm[object] for b in FIELDS if b.ma == name)
        typed = float(value) if name == "budget" and value is not None else value
        self.world.org.edit(object, id, {field_name: typed}, "user:hanako", rules=False)

    def opt_out(self, side: Side, object: str, id: str, row: Mapping[str, Any]) -> None:
        address = row.get("email") if side == "ma" else row.get("Email")
        if not address:
            return
        self.out.add(str(address))
        self.world.note(f"user {side} {object} {id} opts out")
        if side == "ma":
            self.world.portal.edit("contact", id, {"hs_email_optout": "true"}, "user:taro", rules=False)
        else:
            self.world.org.edit(object, id, {"HasOptedOutOfEmail": True}, "user:hanako", rules=False)

    # -- faults ----------------------------------------------------------------------------------------------------
    def arm(self) -> None:
        for side, plan in self.world.faults.items():
            for site, highest in self.settings.sites.items():
                if site == "call.twice" and not self.world.with_key:
                    # A create that the network delivers twice makes two records where nothing is unique; no client
                    # can prevent that, and none is blamed for it here.
                    continue
                if self.rng.random() < self.settings.armed:
                    size = log_uniform(self.rng, *self.settings.late)
                    plan.arm(site, self.rng.uniform(0.01, highest), size)
            chance = self.rng.uniform(0, self.settings.edits_between)
            self.world.networks[side].between = lambda side=side, chance=chance: self._maybe_edit(
                side, chance
            )

    def _maybe_edit(self, side: Side, chance: float) -> None:
        if self.rng.random() >= chance:
            return
        if self.rng.random() < self.settings.identity_amid:
            IdentityUsers(self).act(side, ".amid")
            return
        self.reached["people.edit_between"] += 1
        self.edit(side)

    def calm(self) -> None:
        for side, plan in self.world.faults.items():
            for site, count in plan.reached.items():
                self.reached[site] += count
            plan.disarm()
            self.world.networks[side].between = lambda: None

    # -- the course of events --------------------------------------------------------------------------------------
    def run(self) -> None:
        for _ in range(self.settings.people):
            self.rng.choice(
                (lambda: self.new_person("ma"), lambda: self.new_person("crm"), self.both_sides)
            )()
        self.arm()
        for _ in range(self.settings.rounds):
            self._round()
        self.calm()
        # Longer than any lag or straggler; and no edit waits for the index any more.
        self.world.pass_time(2_000)
        for _ in range(QUIET_RUNS):
            report = self._sync(kill_at=None)
            self.world.pass_time(400)
            if report is not None and not report.plan.writes() and report.stopped is None:
                self.quiet = True
                return

    def _round(self) -> None:
        for _ in range(self.rng.randint(0, 3)):
            self.edit(self.rng.choice(("ma", "crm")))
        if self.rng.random() < 0.2:
            self.new_person(self.rng.choice(("ma", "crm")))
        for chance in (self.settings.identity, self.settings.identity / 2):
            if self.rng.random() < chance:
                IdentityUsers(self).act(self.rng.choice(("ma", "crm")))
        kill_at = None
        if self.rng.random() < self.settings.kills:
            kill_at = int(log_uniform(self.rng, 10, 1_500))
            self.reached["process.kill"] += 1
        self._sync(kill_at)
        self.world.pass_time(log_uniform(self.rng, *self.settings.gap))

    def _sync(self, kill_at: int | None) -> Report | None:
        self.processes += 1
        report = self.world.run_sync(self.processes, kill_at=kill_at)
        if not isinstance(report, Report):
            return None
        self.reports.append(report)
        self.world.note(f"run {report.run.id} {report.run.state} {report.run.calls}")
        self.miscounted += [
            f"run {report.run.id} {name}" for name, n in report.run.sides.items() if not _adds_up(n)
        ]
        return report


def _adds_up(counts: RunCounts) -> bool:
    parts = (counts.created, counts.updated, counts.unchanged, counts.held)
    return counts.read == sum(parts) + counts.rejected + counts.waiting + counts.skipped + counts.deleted


def log_uniform(rng: Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def play(seed: int, settings: Settings | None = None) -> Story:
    """The story of one seed, played to its end."""
    settings = settings or Settings()
    rng = Random(f"{seed}/settings")
    world = World(
        hash64(seed),
        with_key=rng.random() < settings.with_key,
        index_lag=log_uniform(rng, *settings.index_lag),
        deleted_in_ma=OnDelete.DELETE if rng.random() < settings.deletes else OnDelete.KEEP,
        deleted_in_crm=OnDelete.DELETE if rng.random() < settings.deletes else OnDelete.KEEP,
        mints_ids=rng.random() < 0.2,
    )
    story = Story(world, replace(settings))
    story.run()
    for outcome in outcome_states(world):
        story.reached[f"outcome.{outcome.value}"] += 1
    return story


def outcome_states(world: World) -> set[State]:
    """Every state an operation of this world ever ended in."""
    return world.store.states_seen()
