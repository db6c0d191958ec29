"""What every org refuses is told without a schema, and what any org may hold is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awase_formula import Field, Formula, Kind, Schema, format, parse
from awase_formula.certainty import impossible, not_a_condition
from awase_formula.kinds import NO_SCHEMA
from awase_formula.linting import finding
from tests.unit.formula.generated import Maker

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "formula"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('REGEX(Phone, "[0-9")', "the pattern of this REGEX is none; correct it (line 1, column 14)"),
        ("1 + TRUE", "+ does not join number and checkbox (line 1, column 3)"),
        ('IF(Amount > 100, "a", 1)', "IF chooses between text and number (line 1, column 23)"),
        ("LEN(3) > a", "LEN takes id or text, not number (line 1, column 5)"),
        ("a && (b & c)", "&& takes checkbox, not text (line 1, column 7)"),
        ("TODAY() > NOW()", "> does not join date and date and time (line 1, column 9)"),
        ("TODAY() - CreatedDate > 3", "- does not join date and date and time (line 1, column 9)"),
        ("YEAR(Account.LastModifiedDate) = 1", "YEAR takes date, not date and time (line 1, column 6)"),
        ('CASE(WEEKDAY(a), "1", b, c) = d', "CASE compares number with text (line 1, column 18)"),
        ('CASE(a, 1, "x", "2", "y", "z") = b', "CASE compares number with text (line 1, column 17)"),
        ("GEOLOCATION(1, 2) = a", "= does not join location and unknown (line 1, column 19)"),
        (
            "ISPICKVAL(a, b)",
            "ISPICKVAL compares with a text in quotes, not with a field or a function (line 1, column 14)",
        ),
        ('a = b = "x"', "= does not join checkbox and text (line 1, column 7)"),
    ],
)
def test_what_no_schema_makes_right_is_an_error(text: str, problem: str) -> None:
    found = finding(text)
    assert (found.parsed, found.compiled, found.error) == (True, False, f"FX-200 {problem}")


@pytest.mark.parametrize(
    "text",
    [
        'Amount > "abc"',
        "a + 1 = TODAY() && TODAY() - b > 3 && NOW() - (c + 2) < d",
        'IF(a, b, NULL) = "x" && BLANKVALUE(c, "y") = d && ISPICKVAL(e, NULL)',
        'CASE(a, "x", 1, NULL, 2, 0) = MAX(b, 1)',
        'REGEX(Phone, "\\\\d{3}(?=-)(a)\\\\1") && REGEX(a, b)',
        'CASE(a, "x", 1, NULL, 2, 3) = CASE(WEEKDAY(b), 1, 2, c, 4, 5) && CreatedDate > NOW() - 1',
        "PRIORVALUE(a) = 1 && PRIORVALUE(b) = TODAY() && NULL + 1 = c",
    ],
)
def test_what_some_schema_makes_right_compiles(text: str) -> None:
    assert (finding(text).error, finding(text).compiled) == ("", True)


def test_no_formula_that_the_published_engine_or_an_administrator_wrote_is_impossible() -> None:
    texts = [
        document["formula"]
        for name in ("cases", "labelled", "labelled_apart")
        for line in (GOLDEN / f"{name}.jsonl").read_text("utf-8").splitlines()
        if "formula" in (document := json.loads(line))
    ]
    assert len(texts) > 250
    assert [text for text in texts if impossible(parse(text))] == []


def test_no_formula_made_of_fitting_types_is_impossible_but_for_its_patterns() -> None:
    for seed in range(1500):
        formula = Formula("", Maker(seed).rule(5))
        found = [problem for problem in impossible(formula) if problem.code != "pattern"]
        assert (found, not_a_condition(formula, NO_SCHEMA)) == ([], None), format(formula)


SCHEMA = Schema({"Amount": Field(Kind.NUMBER), "Active__c": Field(Kind.BOOLEAN)})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Amount", "not number (line 1, column 1)"),
        ("a - b", "not a sum or a difference (line 1, column 1)"),
        ('IF(a, b, IF(c, "x", d))', "not text (line 1, column 16)"),
        ("CASESAFEID(a)", "not id (line 1, column 1)"),
    ],
)
def test_a_rule_whose_result_is_never_true_or_false_is_told(text: str, what: str) -> None:
    assert finding(text, schema=SCHEMA).compiled
    found = finding(text, schema=SCHEMA, is_rule=True)
    assert (found.compiled, found.error) == (
        False,
        f"FX-200 a validation rule must give TRUE or FALSE, {what}",
    )


@pytest.mark.parametrize(
    "text", ["Active__c", "Unknown__c", "IF(a, b, FALSE)", "NULL", "IF(a, Active__c, NULL)"]
)
def test_a_rule_that_may_give_true_is_none_of_them(text: str) -> None:
    assert not_a_condition(parse(text), SCHEMA) is None
