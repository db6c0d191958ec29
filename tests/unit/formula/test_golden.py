"""Published cases of Salesforce's own engine, run by the command that runs any file of their form."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awase_formula import UnreadableFile
from awase_formula.cli import main
from awase_formula.golden import run_file

CASES = Path(__file__).resolve().parents[2] / "golden" / "formula" / "cases.jsonl"
KNOWN = {
    ("testArcTangent", "3.141592653589793"),
    ("testArcTangent", "-3.141592653589793"),
    ("testDistance", "37.7899"),
}
"""Rows that differ in the last digit of a double; docs/reference/formula.md gives the reasons."""


def test_all_but_the_known_rows_agree_in_both_null_modes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["golden", str(CASES), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["cases"], document["rows"]) == (222, 2984)
    assert document["agreed"] + len(document["misses"]) == document["rows"]
    assert {(miss["case"], miss["inputs"][0]) for miss in document["misses"]} <= KNOWN
    assert document["agreed"] / document["rows"] > 0.998


def case(**changes: object) -> str:
    whole = {
        "name": "one",
        "formula": "a__c + b__c",
        "returns": "Double",
        "fields": [{"name": "a__c", "type": "Double"}, {"name": "b__c", "type": "Double"}],
        "rows": [{"inputs": ["1", None], "blank_as_zero": "1.0", "null_as_null": None}],
    }
    return json.dumps({**whole, **changes}) + "\n"


def run(tmp_path: Path, text: str) -> tuple[int, int]:
    path = tmp_path / "cases.jsonl"
    path.write_text(text, "utf-8")
    outcome = run_file(path, datetime(2026, 1, 1, tzinfo=UTC))
    return outcome.agreed, outcome.rows


def test_numbers_are_compared_by_value_and_both_modes_must_agree(tmp_path: Path) -> None:
    right = {"inputs": ["1", None], "blank_as_zero": "1E+0", "null_as_null": None}
    wrong = {"inputs": ["1", None], "blank_as_zero": "1", "null_as_null": "1"}
    assert run(tmp_path, case(rows=[right, wrong])) == (1, 2)


def test_any_error_is_an_error_and_a_formula_that_does_not_parse_is_one_in_every_row(tmp_path: Path) -> None:
    rows = [{"inputs": ["1", "0"], "blank_as_zero": "Error: X", "null_as_null": "Error"}]
    assert run(tmp_path, case(formula="a__c / b__c", rows=rows)) == (1, 1)
    assert run(tmp_path, case(formula="a__c / (", rows=rows)) == (1, 1)


def test_a_field_with_a_formula_takes_its_own_inputs_depth_first(tmp_path: Path) -> None:
    fields = [
        {
            "name": "f__c",
            "type": "Double",
            "formula": "x__c - y__c",
            "fields": [{"name": "x__c", "type": "Double"}, {"name": "y__c", "type": "Double"}],
        },
        {"name": "z__c", "type": "Double"},
    ]
    rows = [{"inputs": ["5", "3", "10"], "blank_as_zero": "20", "null_as_null": "20"}]
    assert run(tmp_path, case(formula="z__c * f__c", fields=fields, rows=rows)) == (1, 1)


def test_a_swapped_twin_takes_its_inputs_in_the_order_it_reads_them(tmp_path: Path) -> None:
    rows = [{"inputs": ["5", "3"], "blank_as_zero": "2", "null_as_null": "2"}]
    plain, swapped = case(formula="a__c - b__c", rows=rows), case(formula="b__c - a__c", rows=rows)
    assert run(tmp_path, plain + swapped) == (2, 2)
    assert run(tmp_path, swapped) == (0, 1)


def test_a_line_that_is_no_case_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"cases.jsonl:2"):
        run(tmp_path, case() + "{}\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "{broken",
            "is no JSON (column 2: expecting property name enclosed in double quotes); write one JSON object",
        ),
        ("[1]", "is no JSON object; a case is one JSON object with name, formula, returns, fields and rows"),
        ('{"name": "a"}', 'has no "formula"; a case is one JSON object with'),
        (
            case(rows=[{"inputs": []}]).strip(),
            "its fields or rows are not of the golden form; each of fields has name",
        ),
        (case(fields=3).strip(), "its fields or rows are not of the golden form"),
    ],
)
def test_a_line_that_is_no_case_is_told_with_what_it_lacks_and_in_plain_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(case() + line + "\n", "utf-8")
    assert main(["golden", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"awase-formula: FX-500 {path}:2: {words}")
    assert "Error(" not in told


def test_a_file_that_cannot_be_read_is_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sjis").write_bytes(b"one\n\x8b\xe0\n")
    for name, words in (
        ("none", ": there is no such file; check the name"),
        ("", ": is a folder; give a file in it"),
        ("sjis", ":2: is no UTF-8 text; save it as UTF-8"),
    ):
        for command in ("golden", "format", *(["lint"] if name else [])):
            assert main([command, str(tmp_path / name)]) == 2
            assert capsys.readouterr().err == f"awase-formula: FX-500 {tmp_path / name}{words}\n"


def test_numbers_and_truths_may_be_those_of_json_and_types_in_any_case(tmp_path: Path) -> None:
    rows = [{"inputs": [1, "0.5"], "blank_as_zero": 1.5, "null_as_null": "1.5"}]
    assert run(tmp_path, case(formula="a__c + b__c", rows=rows)) == (1, 1)
    long = {
        "inputs": ["1.00000000000000000000000000001", "1"],
        "null_as_null": "2.00000000000000000000000000001",
    }
    line = case(formula="a__c + b__c", rows=[{**long, "blank_as_zero": "LONG"}])
    assert run(tmp_path, line.replace('"LONG"', "2.00000000000000000000000000001")) == (1, 1)
    truths = [
        {"inputs": [1, 1], "blank_as_zero": True, "null_as_null": "TRUE"},
        {"inputs": [1, 2], "blank_as_zero": False, "null_as_null": None},
    ]
    assert run(tmp_path, case(formula="a__c = b__c", returns="boolean", rows=truths)) == (2, 2)
