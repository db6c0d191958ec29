"""What the benchmark of preflight measures is right: both forms of the formulas, on records that break something."""

from __future__ import annotations

import pytest
from bench import leads
from bench.preflight import RowForm, measure, table

from awase.core.checks import findings, preflight, rules

RECORDS = 3_000


@pytest.mark.parametrize("creating", [True, False], ids=["creates", "updates"])
def test_columns_and_rows_find_the_same_records(creating: bool) -> None:
    frame, target = leads.outgoing(RECORDS, creating=creating), leads.target()
    by_columns = {one.rule.name: one.rows.arg_true().to_list() for one in rules.broken(frame, target)}
    assert by_columns == RowForm(frame, target).broken()
    assert len(by_columns) > 15


def test_forty_rules_are_judged_and_none_is_left_out() -> None:
    target = leads.target()
    assert len(target.object.fields) == 30
    assert len(list(rules.judged(target.object))) == len(leads.FORMULAS) == 20
    of_fields = {(field.name, check.error_type) for field, check in preflight._checks(target)}
    lists = {name for name, (_, facts) in leads.FIELDS.items() if facts.get("restricted")}
    # A list names several reasons, a number two, and a state two: each is one rule all the same.
    several = {(name, "list" if name in lists else error) for name, error in of_fields}
    several -= {("NumberOfEmployees", "wrong_type"), ("State", "country_required")}
    assert len(several) == leads.FIELD_RULES == 20


@pytest.mark.parametrize("creating", [True, False], ids=["creates", "updates"])
def test_a_few_of_a_hundred_records_break_something_of_every_family(creating: bool) -> None:
    found = findings(leads.outgoing(RECORDS, creating=creating), leads.target())
    assert 0.02 < len({one.link for one in found}) / RECORDS < 0.1
    assert len({one.error_type for one in found}) >= (9 if creating else 7)


def test_the_same_numbers_make_the_same_records() -> None:
    once, again = (leads.outgoing(500, creating=False) for _ in range(2))
    assert once.equals(again)
    values = leads.outgoing(RECORDS, creating=True).select("set:Company", "set:Phone", "set:Wishes__c")
    empty = [column.null_count() / RECORDS for column in values]
    assert empty[0] < 0.01
    assert all(0.1 < share < 0.4 for share in empty[1:])


def test_all_figures_are_there_however_few_the_records() -> None:
    figures = measure(200, repeats=1)
    assert (figures["records"], figures["columns"], figures["rules"], figures["formulas"]) == (
        200,
        30,
        40,
        20,
    )
    for kind in ("creates", "updates"):
        assert all(value >= 0 for value in figures[kind].values())
        assert figures[kind]["records_broken"] > 0
    assert "40 rules, 20 of them formulas" in table(figures)
