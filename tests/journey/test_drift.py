"""``awase drift``: what changed in either system since the last run is told with whom it stops, before anybody is."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.installation import Installation
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace

TITLES = ("部長", "課長", "係長")
LISTED = {"name": "Title", "type": "picklist", "restricted": True, "values": list(TITLES)}
WITHOUT_ONE = {**LISTED, "values": ["部長", "課長"]}
COMPANY = {"name": "Company", "type": "string", "length": 255}
RULE = {
    "name": "No_Chiefs",
    "formula": 'AND(ISPICKVAL(Title, "課長"), CONTAINS(LastName, "改"))',
    "message": "課長は登録できません",
    "field": "Title",
}


@pytest.fixture(scope="module")
def rested() -> Iterator[Installation]:
    """Nine people or more, synced and at rest; titles are a restricted list. Each test puts its settings back."""
    with small_workspace() as made:
        made.salesforce.schema("Lead", change_field=LISTED)
        load(made, *(contact(n, jobtitle=TITLES[n % 3]) for n in range(9)))
        made.connect_by_command()
        assert drift(made)["compared"] is False, "no run has kept anything yet"
        assert made.sync().status == 0
        yield made


@pytest.fixture
def here(rested: Installation) -> Iterator[Installation]:
    """The same; at rest again afterwards, under the settings of the beginning."""
    known = {row["id"] for row in rested.hubspot.rows("contact")}
    pass_an_hour(rested)
    yield rested
    rested.salesforce.schema("Lead", change_field={**LISTED, "required": False})
    rested.salesforce.schema("Lead", change_field=COMPANY)
    rested.salesforce.schema("Lead", remove_rule={"name": RULE["name"]})
    for row in rested.hubspot.rows("contact"):
        if row["id"] not in known:
            rested.hubspot.edit("contact", row["id"], {"jobtitle": "部長", "company": "例"})
    pass_an_hour(rested)
    assert rested.sync().status == 0


def drift(here: Installation) -> dict[str, Any]:
    ended = here.run("drift", "--json")
    (found,) = ended.document["drifts"]
    assert ended.status == (1 if found["people"] or found["stops_all"] else 0)
    return dict(found)


def told(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(c["object"], c["name"], c["what"], c["option"], c["people"]) for c in found["changes"]]


def held(here: Installation) -> set[str]:
    """Who is held, by address without its domain."""
    return {item["label"].partition("@")[0] for item in here.items()}


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
    assert found["changes"][0]["whose_move"][0] in ("marketing", "crm_admin", "integration")
    assert "crm_admin" in found["changes"][0]["whose_move"]
    file = here.folder / "stopped.csv"
    shown = here.run("drift", "--lang", "ja", "--csv", str(file)).out
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["値"] for row in rows} == {"係長"}
    assert len({row["レコード"] for row in rows}) == len(rows) == 5
    assert {"person20", "person21"} <= {row["人"].partition("@")[0] for row in rows}
    assert {row["変わったこと"] for row in rows} == {"選択肢「係長」が削除されたか、無効になりました"}
    assert file.stat().st_mode & 0o777 == 0o600
    assert "「people」の5人が止まります。うち次の実行で止まるのは2人" in shown
    assert "選択肢「係長」が削除されたか、無効になりました" in shown
    assert "awase drift people" in here.run("check").out
    assert (here.writes(), here.items()) == (before, [])
    assert here.sync().status == 1
    assert held(here) == {"person20", "person21"}
    # The run has taken over what it used, so that the same is not told for ever.
    assert drift(here)["changes"] == []


def test_a_field_that_became_required_stops_those_without_it_unless_they_were_held_before(
    here: Installation,
) -> None:
    here.salesforce.schema("Lead", change_field={**LISTED, "required": True})
    load(here, contact(30, jobtitle=""), contact(31, jobtitle="部長"), contact(32, jobtitle="", company=""))
    found = drift(here)
    assert told(found) == [("Lead", "Title", "required", "", 1)]
    assert (found["people"], found["next_run"]) == (1, 1)
    assert here.sync().status == 1
    assert held(here) == {"person30", "person32"}


def test_a_validation_rule_switched_on_stops_whom_its_formula_meets(here: Installation) -> None:
    here.salesforce.schema("Lead", add_rule=RULE)
    ids = {row["email"]: row["id"] for row in here.hubspot.rows("contact")}
    for number in (1, 4, 5):
        here.hubspot.edit("contact", ids[f"person{number}@example.jp"], {"lastname": f"改{number}"})
    found = drift(here)
    assert told(found) == [("Lead", "No_Chiefs", "rule", "", 2)]
    assert (found["people"], found["next_run"]) == (2, 2)
    assert here.sync().status == 1
    assert held(here) == {"person1", "person4"}


def test_somebody_whom_two_changes_stop_counts_for_both_and_once_in_all_and_others_are_only_counted(
    here: Installation,
) -> None:
    leads = here.salesforce.rows("Lead")
    sixes = sum(len(row["Company"]) > 5 for row in leads)
    chiefs = sum(row["Title"] == "係長" for row in leads)
    assert sixes >= 9 > chiefs
    here.salesforce.schema("Lead", change_field=WITHOUT_ONE)
    here.salesforce.schema("Lead", change_field={**COMPANY, "length": 5})
    here.salesforce.schema("Lead", add_field={"name": "Own__c", "type": "string", "length": 40})
    found = drift(here)
    assert told(found) == [
        ("Lead", "Company", "length", "", sixes),
        ("Lead", "Title", "option", "係長", chiefs),
    ]
    assert (found["people"], found["next_run"], found["other_changes"]) == (sixes, 0, 1)


def test_a_mapped_field_that_is_removed_stops_the_whole_sync_and_says_so(rested: Installation) -> None:
    linked = len(rested.salesforce.rows("Lead"))
    removals = {
        ("Lead", "Title"): lambda: rested.salesforce.schema("Lead", remove_field={"name": "Title"}),
        ("contact", "jobtitle"): lambda: rested.hubspot.schema("contact", remove_field="jobtitle"),
    }
    for remove in removals.values():
        remove()
        found = drift(rested)
        assert (found["stops_all"], found["people"], found["next_run"]) == (True, linked, linked)
        assert found["error"]["code"] == "AW-204"
    assert {tuple(c["whose_move"]) for c in found["changes"] if c["stops_all"]} == {
        ("crm_admin",),
        ("marketing",),
    }
    fatal = {(c["object"], c["name"], c["what"]): c["people"] for c in found["changes"] if c["stops_all"]}
    assert fatal == {(*name, "field"): linked for name in removals}
    assert "全体が止まります" in rested.run("drift", "--lang", "ja").out
    assert rested.sync().status == 2
