"""``awase check --prove``: what was foreseen is what a copy of the org refuses when everything is sent.

The org has 28 validation rules, three before-save automations, a trigger, a duplicate rule, dependent picklists and
states with countries; the people have all the faults that a trade fair brings. AWASE_PROOF_PEOPLE sets how many.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.installation import Installation
from tests.support.many_rules import RULES, Values, load_people, org_of_many_rules

PEOPLE = int(os.environ.get("AWASE_PROOF_PEOPLE", "2000"))


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[Installation, dict[str, tuple[Values, Values | None]]]]:
    with org_of_many_rules() as made:
        yield made, load_people(made, PEOPLE)


@pytest.fixture(scope="module")
def here(filled: tuple[Installation, Any]) -> Installation:
    return filled[0]


@pytest.fixture(scope="module")
def proof(here: Installation) -> Mapping[str, Any]:
    sent = here.writes()
    (found,) = here.run("check", "--prove", "--json").document["checks"]
    assert here.writes() == sent, "the orgs themselves were written to"
    return found["proof"]


def test_what_is_certain_is_refused_and_what_is_refused_was_foreseen(proof: Mapping[str, Any]) -> None:
    print({name: value for name, value in proof.items() if name != "rules"})
    assert proof["sent"] >= PEOPLE
    assert proof["refused"] > PEOPLE / 4
    assert proof["refused_by_automations"] > 0
    assert proof["precision"] >= 0.995
    assert proof["recall"] >= 0.98
    assert proof["certain_share"] >= 0.80


def test_every_rule_has_a_line_and_formulas_are_told_apart(proof: Mapping[str, Any]) -> None:
    by_formula = {row["rule"]: row for row in proof["rules"] if row["judged_by"] == "formula"}
    assert set(by_formula) == {rule.name for rule in RULES}
    assert sum(row["refused_by_it"] > 0 for row in by_formula.values()) >= 25
    assert all(row["certain"] for row in by_formula.values())
    other = {row["error_type"]: row for row in proof["rules"] if row["judged_by"] == "metadata"}
    assert {
        "required_value_missing",
        "string_too_long",
        "picklist_option_missing",
        "state_country",
        "country_required",
        "invalid_email",
        "number_out_of_range",
        "duplicate_rule",
    } <= set(other)
    # Whether a duplicate rule blocks is not shown to anybody but administrators.
    duplicates = [row for row in proof["rules"] if row["error_type"] == "duplicate_rule"]
    assert not any(row["certain"] for row in duplicates)
    assert sum(row["refused_by_it"] for row in duplicates) > 0
    assert sum(row["saved"] for row in proof["rules"] if row["certain"]) == 0
    for row in proof["rules"]:
        parts = ("refused_by_it", "refused_otherwise", "saved")
        assert row["foreseen"] == sum(row[part] for part in parts)


def test_formulas_are_foreseen_for_just_those_for_whom_they_hold_by_hand(
    filled: tuple[Installation, dict[str, tuple[Values, Values | None]]],
) -> None:
    here, leads = filled
    here.run("check", "--csv", "check.csv")
    with (here.folder / "check.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Record"].startswith("contact:")]
    names = {rule.name for rule in RULES}
    foreseen = Counter(
        (row["Record"].removeprefix("contact:"), row["Rule"]) for row in rows if row["Rule"] in names
    )
    by_hand = Counter(
        (id, rule.name) for id, (now, before) in leads.items() for rule in RULES if rule.holds(now, before)
    )
    assert len({name for _, name in by_hand}) >= 25
    assert (foreseen - by_hand, by_hand - foreseen) == (Counter(), Counter())
