"""Reconciliation in whole worlds: every difference has the one reason that is true, and an overlooked one has none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from awase.core.filters import Condition
from awase.core.frames import merged_base
from awase.core.operations import Side
from awase.core.reconcile import CONSENT, Difference, Reason, Reconciliation
from awase.core.records import BaseRow
from awase.core.values import pack
from awase.engine.environment import Environment
from awase.engine.reconciling import reconcile
from tests.simulation.scenario import play
from tests.simulation.test_undo import HOUR, Office
from tests.simulation.world import SYNC, World


def reconciled(world: World, process: int = 900) -> Reconciliation:
    async def work(env: Environment) -> Reconciliation:
        return await reconcile(env, SYNC)

    done = world.run(process, work)
    assert isinstance(done, Reconciliation), done
    return done


def found(office: Office) -> list[tuple[str, Reason]]:
    """Field (or record alone) and reason of each difference."""
    office.world.pass_time(HOUR)
    return [(each.field, each.reason) for each in reconciled(office.world).differences]


def state_of(office: Office) -> Any:
    return office.world.store._sync(SYNC.name)


def test_two_sides_in_agreement_are_counted_and_agree() -> None:
    office = Office(3)
    result = reconciled(office.world)
    assert (result.agree, result.explained, result.differences) == (True, True, [])
    assert result.records == {"ma:contact": 3, "crm:Contact": 0, "crm:Lead": 3}
    assert result.pairs == 3
    assert set(result.equal.values()) == {3}


def test_reconciling_writes_nothing_to_the_sides_or_the_books() -> None:
    office = Office(2)
    office.edit("ma", 0, "jobtitle", "部長")
    before = msgspec.msgpack.encode(state_of(office).cursors and list(state_of(office).bases.values()))
    cursors, written = dict(state_of(office).cursors), office.written()
    reconciled(office.world)
    assert (office.written(), state_of(office).cursors) == (written, cursors)
    assert msgspec.msgpack.encode(list(state_of(office).bases.values())) == before
    assert len(office.world.store.all_items()) == 0


def test_what_the_next_run_brings_over_was_changed_since_the_last() -> None:
    office = Office(2)
    office.edit("ma", 0, "jobtitle", "部長")
    office.world.portal.load(
        "contact", [{"email": "n@example.jp", "lastname": "新", "company": "新社"}], "user:x"
    )
    office.world.portal.edit("contact", office.contacts[1], {"hs_email_optout": "true"}, "user:taro")
    assert found(office) == [("jobtitle", Reason.CHANGED), (CONSENT, Reason.CHANGED), ("", Reason.CHANGED)]
    assert not reconciled(office.world).agree
    office.sync()
    assert found(office) == []


def test_what_is_held_rejected_in_conflict_or_undone_is_told_so() -> None:
    office = Office(4)
    office.edit("ma", 0, "jobtitle", "長" * 500)
    office.edit("ma", 1, "phone", "bad-1")
    office.edit("ma", 2, "budget", "5")
    office.edit("crm", 2, "budget", 6.0)
    office.edit("ma", 3, "city", "川崎")
    office.sync()
    assert sorted(found(office)) == [
        ("budget", Reason.CONFLICT),
        ("jobtitle", Reason.HELD),
        ("phone", Reason.REJECTED),
    ]
    held = next(each for each in reconciled(office.world).differences if each.reason == Reason.HELD)
    assert (held.detail, held.label, held.side) == ("string_too_long", "p0@example.jp", "crm")
    assert held.ma == "長" * 500


def test_a_conflict_that_an_undo_left_waits_for_a_person() -> None:
    office = Office(2)
    office.edit("ma", 0, "jobtitle", "誤り")
    office.undone(office.sync().run.id)
    assert found(office) == [("jobtitle", Reason.CONFLICT)]
    office.sync()
    assert found(office) == [("jobtitle", Reason.CONFLICT)]


def test_records_alone_have_their_reasons_too() -> None:
    office = Office(2)
    office.world.portal.load(
        "contact", [{"email": "x@example.jp", "lastname": "無", "company": ""}], "user:x"
    )
    office.world.portal.load(
        "contact", [{"email": "t@example.jp", "lastname": name, "company": "社"} for name in "甲乙"], "user:x"
    )
    office.world.org.load("Lead", [{"Email": "p0@example.jp", "LastName": "再", "Company": "社"}], "user:x")
    office.world.pass_time(HOUR)
    office.sync()
    office.world.org.delete("Lead", office.leads[1], "user:hanako")
    result = reconciled(office.world)
    reasons = sorted((each.side, each.reason) for each in result.alone)
    assert reasons == [
        ("crm", Reason.TWIN),
        ("ma", Reason.AMBIGUOUS),
        ("ma", Reason.AMBIGUOUS),
        ("ma", Reason.DELETED),
        ("ma", Reason.HELD),
    ]
    assert result.explained


def overlooked(office: Office, side: Side, number: int, name: str, value: Any) -> None:
    """A user's edit of which the books say that it was seen and agreed."""
    office.edit(side, number, name, value)
    record = (
        ("ma", "contact", office.contacts[number]) if side == "ma" else ("crm", "Lead", office.leads[number])
    )
    state = state_of(office)
    link = state.by_record[record]
    patch = BaseRow(link=link, **{side: pack({name: value})})
    state.bases[link] = merged_base(state.bases[link], [patch])


def test_a_difference_that_the_engine_overlooks_is_a_mistake_of_ours() -> None:
    office = Office(3)
    overlooked(office, "ma", 1, "jobtitle", "見落とし")
    (only,) = reconciled(office.world).differences
    assert (only.reason, only.field, only.ma, only.crm) == (Reason.UNKNOWN, "jobtitle", "見落とし", "課長")
    # An error against another field excuses nothing.
    office.edit("ma", 1, "phone", "bad-9")
    office.sync()
    assert sorted(found(office)) == [("jobtitle", Reason.UNKNOWN), ("phone", Reason.REJECTED)]


def test_a_pair_that_the_books_have_lost_is_a_mistake_of_ours() -> None:
    office = Office(2)
    office.sync()  # so that the next one does not read again what the first one wrote
    state = state_of(office)
    link = state.by_record.pop(("ma", "contact", office.contacts[0]))
    del state.by_record["crm", "Lead", office.leads[0]]
    state.links[link] = msgspec.structs.replace(
        state.links[link], ma_object=None, ma_id=None, crm_object=None, crm_id=None, state="failed"
    )
    office.world.pass_time(HOUR)
    result = reconciled(office.world)
    assert [(each.side, each.reason) for each in result.differences] == [
        ("ma", Reason.UNKNOWN),
        ("crm", Reason.UNKNOWN),
    ]
    assert not result.explained


def test_an_edit_made_while_we_look_is_no_mistake_of_ours() -> None:
    office = Office(1)
    overlooked(office, "ma", 0, "jobtitle", "見落とし")
    sleeping = office.world.clock

    async def work(env: Environment) -> Reconciliation:
        sleep = env.tasks.sleep

        async def edited_meanwhile(seconds: float) -> None:
            if seconds >= 20:
                office.world.portal.edit("contact", office.contacts[0], {"jobtitle": "部長"}, "user:taro")
            await sleep(seconds)

        env.tasks.sleep = edited_meanwhile  # type: ignore[method-assign]
        return await reconcile(env, SYNC)

    done = office.world.run(901, work)
    assert isinstance(done, Reconciliation)
    assert [each.reason for each in done.differences] == [Reason.CHANGED]
    assert sleeping.time > 0


def test_after_any_story_no_difference_is_without_a_reason() -> None:
    unexplained: list[tuple[int, Difference]] = []
    for seed in range(40):
        result = reconciled(play(seed).world)
        unexplained += [(seed, each) for each in result.differences if each.reason == Reason.UNKNOWN]
    assert unexplained == []


def test_who_is_kept_out_by_a_person_or_the_filter_differs_on_purpose() -> None:
    office = Office(3)
    office.edit("ma", 0, "jobtitle", "部長")
    office.edit("ma", 1, "jobtitle", "部長")
    office.edit("ma", 1, "city", "川崎")
    office.world.portal.load(
        "contact", [{"email": "o@example.jp", "lastname": "外", "company": "社", "city": "川崎"}], "user:x"
    )
    office.world.pass_time(HOUR)
    link = state_of(office).by_record["ma", "contact", office.contacts[0]]
    sync = replace(SYNC, filter_ma=(Condition("city", is_in=("横浜",)),))

    async def work(env: Environment) -> Reconciliation:
        await env.store.exclude(SYNC.name, link, "本人の希望", env.clock.now())
        return await reconcile(env, sync)

    done = office.world.run(902, work)
    assert isinstance(done, Reconciliation), done
    assert [(each.field, each.reason) for each in done.differences] == [
        ("jobtitle", Reason.EXCLUDED),
        ("jobtitle", Reason.FILTERED),
        ("city", Reason.FILTERED),
        ("", Reason.FILTERED),
    ]
    assert done.agree
