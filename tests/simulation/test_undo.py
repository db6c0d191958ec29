"""Undo in whole worlds: production engine, connectors and transport over practice orgs, in virtual time."""

from __future__ import annotations

from typing import Any

import pytest

from awase.core.operations import OperationKind, Side, State
from awase.core.records import ItemKind
from awase.core.undo import UNDONE, Left, Then
from awase.engine.environment import Environment
from awase.engine.running import Report
from awase.engine.undoing import KIND, Undone, find_run, preview, undo_run, undone_by
from awase.errors import AwaseError
from awase.ports.store import Item
from tests.simulation.world import FIELDS, SYNC, World

HOUR = 3_600.0


class Office:
    """A world with as many linked people as wanted, and what users and the command do in it."""

    def __init__(self, people: int = 4, seed: int = 1) -> None:
        self.world = World(seed)
        self.processes = 0
        rows = [
            {
                "email": f"p{n}@example.jp",
                "lastname": f"山田{n}",
                "company": f"株式会社{n}",
                "jobtitle": "課長",
                "phone": f"03-{n}",
                "city": "横浜",
                "industry": "製造",
                "budget": str(n + 1),
            }
            for n in range(people)
        ]
        self.contacts = self.world.portal.load("contact", rows, "user:seed")
        assert self.sync().run.state == "done"
        by_mail = {row["Email"]: row["id"] for row in self.world.org.rows("Lead")}
        self.leads = [by_mail[row["email"]] for row in rows]

    def sync(self) -> Report:
        self.processes += 1
        report = self.world.run_sync(self.processes)
        assert isinstance(report, Report), report
        self.world.pass_time(HOUR)
        return report

    def undo(
        self, run: int, *, carry: bool = False, kill_at: int | None = None
    ) -> Undone | AwaseError | None:
        async def work(env: Environment) -> Undone:
            record = await find_run(env.store, run)
            return await undo_run(env, SYNC, record, lambda _: True, carry=carry)

        self.processes += 1
        done = self.world.run(self.processes, work, kill_at)
        self.world.pass_time(HOUR)
        return done

    def undone(self, run: int, *, carry: bool = False) -> Undone:
        done = self.undo(run, carry=carry)
        assert isinstance(done, Undone), done
        return done

    def edit(self, side: Side, number: int, name: str, value: Any) -> None:
        if side == "ma":
            self.world.portal.edit("contact", self.contacts[number], {name: value}, "user:taro")
        else:
            self.world.org.edit("Lead", self.leads[number], {crm_name(name): value}, "user:hanako")
        self.world.pass_time(HOUR)

    def values(self, side: Side, name: str) -> list[Any]:
        if side == "ma":
            found = {row["id"]: row.get(name) for row in self.world.portal.rows("contact")}
            return [found[id] for id in self.contacts]
        found = {row["id"]: row.get(crm_name(name)) for row in self.world.org.rows("Lead")}
        return [found[id] for id in self.leads]

    def conflicts(self) -> list[Item]:
        """Open ones that an undo left."""
        stored = [s for s in self.world.store.all_items() if s.closed_at is None]
        return [s.item for s in stored if s.item.kind == ItemKind.CONFLICT and s.item.code == UNDONE]

    def written(self) -> int:
        """Operations that were sent so far."""
        return sum(len(batch.operations) for batch in self.world.store.all_batches())


def crm_name(name: str) -> str:
    return next(each.crm["Lead"] for each in FIELDS if each.ma == name)


def test_only_what_still_is_as_the_run_wrote_it_goes_back_and_what_was_touched_is_listed() -> None:
    office = Office(4)
    for number in range(4):
        office.edit("ma", number, "jobtitle", "誤り")
    bad = office.sync().run
    assert office.values("crm", "jobtitle") == ["誤り"] * 4
    office.edit("crm", 3, "jobtitle", "社長")

    done = office.undone(bad.id)

    assert office.values("crm", "jobtitle") == ["課長", "課長", "課長", "社長"]
    (kept,) = done.undoing.undo.kept
    values = (kept.written.before, kept.written.value, kept.now)
    assert (kept.why, values, kept.label) == (Left.TOUCHED, ("課長", "誤り", "社長"), "p3@example.jp")
    run = done.report.run
    assert (run.kind, run.sides["crm:Lead"].read, run.sides["crm:Lead"].updated) == (KIND, 4, 3)
    assert run.sides["crm:Lead"].skipped == 1
    assert done.undoing.plan.header.write_calls == 2  # one update, one look for edits in between


def test_the_next_sync_leaves_alone_what_went_back_and_lists_the_difference_until_it_ends() -> None:
    office = Office(3)
    for number in range(3):
        office.edit("ma", number, "jobtitle", "誤り")
    office.undone(office.sync().run.id)
    before = office.written()
    for _ in range(3):
        office.sync()
        assert office.written() == before
        assert office.values("crm", "jobtitle") == ["課長"] * 3
        assert office.values("ma", "jobtitle") == ["誤り"] * 3
        assert [(c.value, c.other_value) for c in office.conflicts()] == [("誤り", "課長")] * 3

    # An edit of another field makes the next run look at the pair again: the conflict stands.
    office.edit("ma", 0, "phone", "03-9999")
    office.sync()
    assert office.values("crm", "phone")[0] == "03-9999"
    assert len(office.conflicts()) == 3

    # Three ways to end one: bring them together by hand, or edit either side.
    office.edit("ma", 0, "jobtitle", "課長")
    office.edit("ma", 1, "jobtitle", "部長")
    office.edit("crm", 2, "jobtitle", "主任")
    office.sync()
    assert office.values("ma", "jobtitle") == office.values("crm", "jobtitle") == ["課長", "部長", "主任"]
    assert office.conflicts() == []


CASES = [
    ("jobtitle", "ma", "誤り"),
    ("jobtitle", "crm", "誤り"),
    ("jobtitle", "ma", None),
    ("phone", "ma", "03-誤"),
    ("phone", "crm", "03-誤"),
    ("city", "crm", "誤市"),
    ("city", "ma", "誤市"),
    ("industry", "ma", "小売業"),
    ("industry", "crm", "小売業"),
    ("budget", "ma", "77"),
    ("budget", "crm", 77.0),
    ("lastname", "ma", "誤"),
]


@pytest.mark.parametrize(("name", "edited", "value"), CASES)
@pytest.mark.parametrize("carry", [False, True])
def test_under_every_direction_nothing_that_went_back_is_overwritten(
    name: str, edited: Side, value: Any, carry: bool
) -> None:
    office = Office(2)
    office.edit(edited, 0, name, value)
    run = office.sync().run
    done = office.undone(run.id, carry=carry)
    (restored,) = [r for r in done.undoing.undo.restored if r.name == name]
    side = restored.written.side
    after_undo = office.values(side, name)

    office.sync()
    assert office.values(side, name) == after_undo
    listed = [item.field for item in office.conflicts()]
    if restored.then == Then.CARRIED:
        assert listed == []
        again = office.written()
        office.sync()
        assert office.written() == again
        assert office.values("ma", name)[0] != value or office.values("crm", name)[0] != value
    else:
        assert listed == [name]
        assert office.values("ma" if side == "crm" else "crm", name)[0] is not None or value is None
    assert (restored.then == Then.CARRIED) == (
        carry and name != "city"
    )  # there the CRM keeps what is its own


def test_an_undo_can_be_undone_and_then_both_sides_agree_again() -> None:
    office = Office(2)
    office.edit("ma", 0, "jobtitle", "正しい")
    run = office.sync().run
    first = office.undone(run.id).report.run
    assert undone_by([first]) == {run.id: first.id}

    second = office.undone(first.id)
    assert office.values("crm", "jobtitle")[0] == "正しい"
    assert [restored.then for restored in second.undoing.undo.restored] == [Then.AGREED]
    before = office.written()
    office.sync()
    assert office.written() == before
    assert office.conflicts() == []


def test_a_second_undo_of_the_same_run_finds_everything_back_already() -> None:
    office = Office(2)
    office.edit("ma", 0, "jobtitle", "誤り")
    run = office.sync().run
    office.undone(run.id)
    again = office.undone(run.id)
    assert again.undoing.undo.draft.writes == []
    assert len(again.undoing.undo.already) == 1
    assert again.report.run.sides["crm:Lead"].unchanged == 1


def test_creates_and_opt_outs_are_listed_and_never_undone() -> None:
    office = Office(2)
    office.world.portal.edit("contact", office.contacts[0], {"hs_email_optout": "true"}, "user:taro")
    office.world.portal.load(
        "contact", [{"email": "new@example.jp", "lastname": "新", "company": "新社"}], "user:x"
    )
    office.edit("ma", 0, "jobtitle", "誤り")
    run = office.sync().run
    leads = len(office.world.org.rows("Lead"))

    done = office.undone(run.id)
    kinds = sorted(op.kind for op in done.undoing.undo.never)
    assert kinds == [OperationKind.CREATE, OperationKind.OPT_OUT]
    assert all(op.id for op in done.undoing.undo.never)
    office.sync()
    assert len(office.world.org.rows("Lead")) == leads
    out = {row["id"]: row["HasOptedOutOfEmail"] for row in office.world.org.rows("Lead")}
    assert out[office.leads[0]] is True
    assert office.values("crm", "jobtitle")[0] == "課長"


def test_the_address_of_somebody_who_is_out_stays_what_it_is() -> None:
    office = Office(2)
    office.edit("crm", 0, "email", "moved@example.jp")
    office.edit("crm", 1, "email", "other@example.jp")
    run = office.sync().run
    assert office.values("ma", "email") == ["moved@example.jp", "other@example.jp"]
    office.world.portal.edit("contact", office.contacts[0], {"hs_email_optout": "true"}, "user:taro")
    office.world.pass_time(HOUR)
    office.sync()

    done = office.undone(run.id)
    assert [(kept.why, kept.written.id) for kept in done.undoing.undo.kept] == [
        (Left.OPTED_OUT, office.contacts[0])
    ]
    assert office.values("ma", "email") == ["moved@example.jp", "p1@example.jp"]


def test_a_value_that_the_target_would_refuse_now_is_not_sent_and_the_others_of_its_record_are() -> None:
    office = Office(1)
    office.edit("ma", 0, "jobtitle", "長")
    office.edit("ma", 0, "phone", "03-1")
    run = office.sync().run
    office.world.org.change_schema({"object": "Lead", "change_field": {"name": "Title", "length": 1}})
    done = office.undone(run.id)
    assert [(kept.why, kept.written.field, kept.detail) for kept in done.undoing.undo.kept] == [
        (Left.REFUSED, "Title", "string_too_long")
    ]
    assert (office.values("crm", "jobtitle"), office.values("crm", "phone")) == (["長"], ["03-0"])


def test_a_record_that_is_gone_or_linked_no_more_is_left() -> None:
    office = Office(2)
    office.edit("ma", 0, "jobtitle", "誤り")
    run = office.sync().run
    office.world.org.delete("Lead", office.leads[0], "user:hanako")
    done = office.undone(run.id)
    assert [kept.why for kept in done.undoing.undo.kept] == [Left.GONE]
    assert done.undoing.undo.draft.writes == []


def test_a_preview_writes_nothing_and_makes_no_run() -> None:
    office = Office(1)
    office.edit("ma", 0, "jobtitle", "誤り")
    run = office.sync().run
    before = office.written()

    async def look(env: Environment) -> int:
        shown = await preview(env, SYNC, await find_run(env.store, run.id))
        return len(shown.undo.restored)

    assert office.world.run(99, look) == 1
    assert (office.written(), office.values("crm", "jobtitle"), office.conflicts()) == (before, ["誤り"], [])


@pytest.mark.parametrize("seed", range(3))
def test_a_death_anywhere_in_an_undo_loses_nothing(seed: int) -> None:
    ended, kill_at = False, 5
    while not ended:
        office = Office(3, seed=seed)
        for number in range(3):
            office.edit("ma", number, "jobtitle", f"誤り{number}")
        run = office.sync().run
        ended = office.undo(run.id, kill_at=kill_at) is not None
        kill_at += 12
        settled = office.values("crm", "jobtitle")
        # Whether or not the undo is taken up again, a sync overwrites nothing that went back, and all is listed.
        office.sync()
        for number, (value, now) in enumerate(zip(settled, office.values("crm", "jobtitle"), strict=True)):
            assert now == value, (kill_at, number)
        listed = {item.label for item in office.conflicts()}
        assert listed == {f"p{n}@example.jp" for n, value in enumerate(settled) if value == "課長"}, kill_at
        office.undone(run.id)
        office.sync()
        assert office.values("crm", "jobtitle") == ["課長"] * 3
        assert len(office.conflicts()) == 3
    assert kill_at > 50  # it did die on the way, at several places


def test_a_value_that_was_refused_leaves_no_conflict_behind() -> None:
    office = Office(2)
    office.edit("ma", 0, "phone", "03-77")
    office.edit("ma", 1, "phone", "03-88")
    run = office.sync().run
    # From now on the old value of one of them is against a rule that nobody can foresee.
    office.world.org.change_schema(
        {
            "object": "Lead",
            "add_rule": {
                "name": "Old_is_out",
                "field": "Phone",
                "message": "だめ",
                "when": {"field": "Phone", "matches": "^03-0$"},
                "as": "trigger",
            },
        }
    )
    done = office.undone(run.id)
    assert sorted(outcome.state for outcome in done.outcomes.values()) == [State.APPLIED, State.REJECTED]
    assert [item.label for item in office.conflicts()] == ["p1@example.jp"]
    assert done.report.run.conflicts == 1
    sides = done.report.run.sides["crm:Lead"]
    assert (sides.read, sides.updated, sides.rejected) == (2, 1, 1)
