"""``awase check``: what would be refused is told before anything is sent, and it is what the org refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.installation import Installation
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace

TITLES = ("部長", "課長", "係長")


@pytest.fixture
def here() -> Iterator[Installation]:
    with small_workspace() as made:
        yield made


def causes(here: Installation, *options: str) -> Counter[tuple[str, str, bool]]:
    """Error type, field and certainty of each cause, with how many records it stops."""
    (found,) = here.run("check", "--json", *options).document["checks"]
    return Counter({(c["error_type"], c["field"], c["certain"]): c["records"] for c in found["causes"]})


def test_what_is_foreseen_before_the_first_sync_is_what_the_sync_holds(here: Installation) -> None:
    load(
        here,
        *(contact(n) for n in range(4)),
        *(contact(n, company="") for n in (4, 5)),
        contact(6, lastname="", jobtitle="長" * 200),
    )
    here.connect_by_command()
    before = here.writes()
    checked = here.run("check", "--json")
    assert checked.status == 1
    assert here.writes() == before
    (found,) = checked.document["checks"]
    assert (found["refused"], found["likely_refused"], found["read"]["hubspot:contact"]) == (3, 0, 7)
    assert causes(here) == {
        ("required_value_missing", "Company", True): 2,
        ("required_value_missing", "LastName", True): 1,
        ("string_too_long", "Title", True): 1,
    }
    here.sync()
    held: Counter[Any] = Counter((item["error_type"], item["field"], True) for item in here.items())
    assert held == causes(here)


def test_a_rule_that_changed_is_foreseen_for_people_who_agree_and_rest(here: Installation) -> None:
    load(here, *(contact(n, jobtitle=TITLES[n % 3]) for n in range(9)))
    here.connect_by_command()
    assert here.sync().status == 0
    pass_an_hour(here)
    here.sync()
    assert here.run("check").status == 0
    # The administrator makes the title a list that lacks one of the titles in use.
    listed = {"name": "Title", "type": "picklist", "restricted": True, "values": ["部長", "課長"]}
    here.salesforce.schema("Lead", change_field=listed)
    plan = here.run("plan", "--json").document["plans"][0]
    assert (plan["writes"], here.items()) == ({}, [])
    (found,) = here.run("check", "--json").document["checks"]
    (cause,) = found["causes"]
    assert (cause["field"], cause["records"], cause["values"]) == (
        "Title",
        3,
        [{"value": "係長", "records": 3}],
    )
    shown = here.run("check", "--lang", "ja").out
    assert "係長 (3)" in shown
    # It was right: whoever still has such a title is refused, and nobody else.
    pass_an_hour(here)
    for row in here.hubspot.rows("contact"):
        here.hubspot.edit("contact", row["id"], {"jobtitle": "主任" if row["jobtitle"] == "係長" else "部長"})
    was = {row["email"]: TITLES[int(row["lastname"][2:]) % 3] for row in here.hubspot.rows("contact")}
    assert here.sync().status == 1
    assert Counter(was[item["label"]] for item in here.items()) == {"係長": 3}


def test_the_spreadsheet_names_every_person_and_the_values_that_are_allowed(here: Installation) -> None:
    load(here, contact(1, company=""), contact(2))
    here.connect_by_command()
    assert here.run("check", "people", "--csv", "check.csv").status == 1
    text = (here.folder / "check.csv").read_text(encoding="utf-8-sig")
    assert "person1@example.jp" in text
    assert "person2@example.jp" not in text


def test_a_sync_that_is_not_there_is_named(here: Installation) -> None:
    ended = here.run("check", "nobody", "--json")
    assert ended.status == 2
    assert "nobody" in ended.document["error"]["text"]
