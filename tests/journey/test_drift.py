"""``awase drift``: what changed in either system since the last run is told with whom it stops, before anybody is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.installation import Installation
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace

TITLES = ("部長", "課長", "係長")
LISTED = {"name": "Title", "type": "picklist", "restricted": True, "values": list(TITLES)}
WITHOUT_ONE = {**LISTED, "values": ["部長", "課長"]}


@pytest.fixture
def here() -> Iterator[Installation]:
    """Nine people, three of each title, synced and at rest; titles are a restricted list."""
    with small_workspace() as made:
        made.salesforce.schema("Lead", change_field=LISTED)
        load(made, *(contact(n, jobtitle=TITLES[n % 3]) for n in range(9)))
        made.connect_by_command()
        assert made.sync().status == 0
        pass_an_hour(made)
        assert made.sync().status == 0
        yield made


def drift(here: Installation) -> dict[str, Any]:
    ended = here.run("drift", "--json")
    (found,) = ended.document["drifts"]
    assert ended.status == (1 if found["people"] or found["stops_all"] else 0)
    return dict(found)


def told(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The changes that stop somebody, or may."""
    return [(c["object"], c["name"], c["what"], c["option"], c["people"]) for c in found["changes"]]


def test_nothing_has_drifted_where_nothing_changed(here: Installation) -> None:
    found = drift(here)
    assert (found["compared"], found["people"], found["changes"], found["other_changes"]) == (True, 0, [], 0)
    assert "have changed" not in here.run("check").out


def test_before_the_first_run_there_is_nothing_to_compare_with() -> None:
    with small_workspace() as fresh:
        fresh.connect_by_command()
        assert drift(fresh)["compared"] is False


def test_an_option_switched_off_stops_those_who_have_it_and_the_run_holds_exactly_these(
    here: Installation,
) -> None:
    before = here.writes()
    here.salesforce.schema("Lead", change_field=WITHOUT_ONE)
    load(here, contact(20, jobtitle="係長"), contact(21, jobtitle="係長"), contact(22, jobtitle="部長"))
    found = drift(here)
    assert told(found) == [("Lead", "Title", "option", "係長", 5)]
    assert (found["people"], found["next_run"], found["stops_all"]) == (5, 2, False)
    assert found["changes"][0]["system"] == "salesforce"
    shown = here.run("drift", "--lang", "ja").out
    assert "「people」の5人が止まります。うち次の実行で止まるのは2人" in shown
    assert "選択肢「係長」が削除されたか、無効になりました" in shown
    assert "awase drift people" in here.run("check").out
    assert here.writes() == before
    assert here.items() == []
    assert here.sync().status == 1
    assert {item["label"] for item in here.items()} == {"person20@example.jp", "person21@example.jp"}
    # The run has taken over what it used, so that the same is not told for ever.
    assert drift(here)["changes"] == []


def test_a_field_that_became_required_stops_those_without_it_in_the_next_run(here: Installation) -> None:
    here.salesforce.schema("Lead", change_field={**LISTED, "required": True})
    load(here, contact(30, jobtitle=""), contact(31, jobtitle="部長"), contact(32, jobtitle="", company=""))
    found = drift(here)
    assert told(found) == [("Lead", "Title", "required", "", 1)], "one was held before, for its company"
    assert (found["people"], found["next_run"]) == (1, 1)
    here.sync()
    assert {(i["label"], i["error_type"]) for i in here.items() if i["field"] == "Title"} == {
        ("person30@example.jp", "required_value_missing"),
        ("person32@example.jp", "required_value_missing"),
    }


def test_a_validation_rule_switched_on_stops_whom_its_formula_meets(here: Installation) -> None:
    formula = 'AND(ISPICKVAL(Title, "課長"), CONTAINS(LastName, "改"))'
    add = {"name": "No_Chiefs", "formula": formula, "message": "課長は登録できません", "field": "Title"}
    here.salesforce.schema("Lead", add_rule=add)
    rows = {row["email"]: row["id"] for row in here.hubspot.rows("contact")}
    for number in (1, 4, 5):
        here.hubspot.edit("contact", rows[f"person{number}@example.jp"], {"lastname": f"改{number}"})
    found = drift(here)
    assert told(found) == [("Lead", "No_Chiefs", "rule", "", 2)]
    assert (found["people"], found["next_run"]) == (2, 2)
    here.sync()
    assert {item["label"] for item in here.items()} == {"person1@example.jp", "person4@example.jp"}


def test_somebody_whom_two_changes_stop_counts_for_both_and_once_in_all(here: Installation) -> None:
    here.salesforce.schema("Lead", change_field=WITHOUT_ONE)
    here.salesforce.schema("Lead", change_field={"name": "Company", "type": "string", "length": 5})
    found = drift(here)
    assert told(found) == [
        ("Lead", "Company", "length", "", 9),
        ("Lead", "Title", "option", "係長", 3),
    ]
    assert (found["people"], found["next_run"]) == (9, 0)


@pytest.mark.parametrize(
    ("remove", "named"),
    [
        (lambda here: here.hubspot.schema("contact", remove_field="jobtitle"), ("contact", "jobtitle")),
        (lambda here: here.salesforce.schema("Lead", remove_field={"name": "Title"}), ("Lead", "Title")),
    ],
)
def test_a_mapped_field_that_is_removed_stops_the_whole_sync_and_says_so(
    here: Installation, remove: Callable[[Installation], object], named: tuple[str, str]
) -> None:
    remove(here)
    found = drift(here)
    assert (found["stops_all"], found["people"], found["next_run"]) == (True, 9, 9)
    (change,) = [change for change in found["changes"] if change["stops_all"]]
    assert (change["object"], change["name"], change["what"], change["people"]) == (*named, "field", 9)
    assert found["error"]["code"] == "AW-204"
    assert "全体が止まります" in here.run("drift", "--lang", "ja").out
    assert here.sync().status == 2


def test_a_change_that_concerns_nobody_is_only_counted(here: Installation) -> None:
    here.salesforce.schema("Lead", add_field={"name": "Own__c", "type": "string", "length": 40})
    found = drift(here)
    assert (found["people"], found["changes"], found["other_changes"]) == (0, [], 1)
