"""What is held is tried: one record of a rule a day is sent, and a rule that was wrong twice holds nobody any more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import msgspec

from awase.core.predictions import RuleScore
from awase.engine.environment import Environment
from awase.engine.running import Report, sync_now
from awase.engine.scores import SCORES
from tests.simulation.test_undo import HOUR, Office
from tests.simulation.world import SYNC

RULE = {
    "name": "Titles_In_Half_Width",
    "message": "役職は半角で入力してください。",
    "field": "Title",
    "formula": 'CONTAINS(Title, "ＣＥＯ")',
}
MEND = {"name": "Mend", "set": {"Title": "CEO"}, "when": {"equals": ["Title", "ＣＥＯ"]}}
DAY = 24 * HOUR


def office_with_rule(*more: object) -> Office:
    office = Office(4)
    for rule in (RULE, *more):
        office.world.org.change_schema({"object": "Lead", "add_rule": rule})
    for n in range(3):
        office.edit("ma", n, "jobtitle", "ＣＥＯ")
    return office


def waiting(office: Office) -> Counter[tuple[str, str]]:
    """Open items by kind and source."""
    stored = [s.item for s in office.world.store.all_items() if s.closed_at is None]
    return Counter((item.kind.value, item.source) for item in stored)


def score(office: Office) -> RuleScore:
    settings = office.world.store._settings
    (only,) = msgspec.json.decode(settings[SCORES + SYNC.name], type=list[RuleScore])
    return only


def test_a_held_record_is_sent_once_a_day_and_the_rule_proves_right() -> None:
    office = office_with_rule()
    office.sync()
    assert waiting(office) == {("held", "foreseen"): 3}
    before = office.written()
    office.world.pass_time(DAY - 3 * HOUR)
    office.sync()
    assert (office.written(), waiting(office)) == (before, {("held", "foreseen"): 3})
    office.world.pass_time(3 * HOUR)
    office.sync()
    assert office.written() == before + 1
    assert waiting(office) == {("held", "foreseen"): 2, ("rejected", "answered"): 1}
    assert (score(office).right, score(office).wrong, score(office).demoted) == (1, 0, False)
    # Not again on the same day; on the next, again one.
    office.sync()
    assert office.written() == before + 1
    office.world.pass_time(DAY)
    office.sync()
    assert office.written() == before + 2
    assert score(office).right == 2
    assert "ＣＥＯ" not in office.values("crm", "jobtitle")


def test_where_nobody_wants_it_no_held_record_is_sent() -> None:
    office = office_with_rule()
    unasked = replace(SYNC, try_held_seconds=0)

    async def work(env: Environment) -> Report:
        return await sync_now(env, unasked, lambda _: True)

    office.sync()
    before = office.written()
    for process in range(100, 103):
        office.world.pass_time(DAY)
        office.world.run(process, work)
    assert (office.written(), waiting(office)) == (before, {("held", "foreseen"): 3})


def test_a_rule_that_an_automation_defeats_is_demoted_after_two_mistakes_and_everybody_goes() -> None:
    office = office_with_rule(MEND)
    office.sync()
    titles = []
    for _ in range(3):
        office.world.pass_time(DAY)
        office.sync()
        titles.append(Counter(office.values("crm", "jobtitle"))["CEO"])
    assert titles == [1, 2, 3]
    assert (score(office).wrong, score(office).demoted) == (2, True)
    assert waiting(office) == {}


def test_a_rule_that_is_changed_is_believed_again() -> None:
    office = office_with_rule(MEND)
    for _ in range(4):
        office.sync()
        office.world.pass_time(DAY)
    assert score(office).demoted
    assert waiting(office) == {}
    office.world.org.change_schema({"object": "Lead", "remove_rule": {"name": RULE["name"]}})
    office.world.pass_time(HOUR)
    office.world.org.change_schema({"object": "Lead", "add_rule": {**RULE, "message": "半角で。"}})
    office.edit("ma", 3, "jobtitle", "ＣＥＯ！")
    office.sync()
    assert office.values("crm", "jobtitle")[3] == "課長"
    assert waiting(office) == {("held", "foreseen"): 1}
    assert not score(office).demoted
