"""`awase doctor --data`: which rows of a file would be refused, and why, and the rows in two files."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from awase.cli.main import build
from tests.support import sfdx
from tests.unit.doctor.test_doctor_example import light


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    sfdx.picklist(folder, "Segment__c", ["製造業", "小売業"], label="区分")
    sfdx.field(folder, "Rank__c", "Text", "<length>3</length>", label="Rank")
    sfdx.field(folder, "Code__c", "Text", "<length>9</length><unique>true</unique>")
    sfdx.field(folder, "Budget__c", "Number", "<precision>6</precision><scale>2</scale>")
    sfdx.field(folder, "Seen__c", "Date")
    sfdx.field(folder, "Met__c", "DateTime")
    sfdx.field(folder, "Vip__c", "Checkbox", "<defaultValue>false</defaultValue>")
    sfdx.field(
        folder,
        "Tags__c",
        "MultiselectPicklist",
        "<valueSet><restricted>true</restricted><valueSetDefinition><value><fullName>A</fullName></value>"
        "<value><fullName>B</fullName></value></valueSetDefinition></valueSet>",
    )
    sfdx.rule(folder, "Rich_needs_phone", "AND(Budget__c > 1000, ISBLANK(Phone))", "電話がありません")
    sfdx.rule(folder, "Budget_is_known", "ISBLANK(Budget__c)", "予算がありません")
    sfdx.translation(folder, {"Rank__c": "ランク"})
    return folder


COMPLETE = {"LastName": "山田", "Company": "山田商店", "Budget__c": "1"}


def people(project: Path, *rows: dict[str, str], encoding: str = "utf-8", end: str = "\r\n") -> Path:
    """A file with everything that a row must have, over which each row says its own."""
    names = list(dict.fromkeys([*COMPLETE, *(name for row in rows for name in row)]))
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, names, lineterminator=end, restval="")
    table.writeheader()
    table.writerows({**COMPLETE, **row} for row in rows)
    file = project.parent / "people.csv"
    file.write_bytes(text.getvalue().encode(encoding))
    return file


def ask(project: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    said = CliRunner().invoke(
        build(),
        [
            *("doctor", "--sfdx", str(project), "-C", str(project), "--json", "--lang", "en"),
            *("--data", str(project.parent / "people.csv"), "--object", "Lead", *arguments),
        ],
    )
    return said.exit_code, json.loads(said.stdout)


def causes(document: dict[str, Any]) -> dict[tuple[str, str], list[int]]:
    return {(one["error_type"], one["rule"] or one["field"]): one["lines"] for one in document["causes"]}


def part(project: Path, name: str, encoding: str = "utf-8") -> list[dict[str, str]]:
    text = (project.parent / f"people.{name}.csv").read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_layer_is_told_at_once_with_the_line_of_each_row(project: Path) -> None:
    people(
        project,
        {},
        {
            "Company": "",
            "Email": "yamada@@example.jp",
            "Segment__c": "製造",
            "Rank__c": "最優先の",
            "Tags__c": "A;C",
            "Budget__c": "2000",
        },
        {"Code__c": "x1", "Street": "本町1\n山田ビル"},
        {"Code__c": "x1"},
        {"Budget__c": "123456", "Phone": "03-1234-5678"},
    )
    status, document = ask(project)
    assert status == 1
    assert causes(document) == {
        ("required_value_missing", "Company"): [3],
        ("invalid_email", "Email"): [3],
        ("restricted_picklist_value", "Segment__c"): [3],
        ("restricted_picklist_value", "Tags__c"): [3],
        ("string_too_long", "Rank__c"): [3],
        ("validation_rule", "Rich_needs_phone"): [3],
        # The record before it has a line break in a cell.
        ("duplicate_value", "Code__c"): [6],
        ("number_out_of_range", "Budget__c"): [7],
    }
    assert (document["rows"], document["refused"], document["likely_refused"]) == (5, 3, 0)


def test_good_rows_come_back_as_they_were_and_bad_ones_with_reasons(project: Path) -> None:
    file = people(
        project, {"Segment__c": "小売業", "Street": "a, b\nc"}, {"Segment__c": "製造", "Company": ""}
    )
    ask(project)
    assert part(project, "good") == [
        {**COMPLETE, "Segment__c": "小売業", "Street": "a, b\nc"},
    ]
    (bad,) = part(project, "bad")
    assert bad["Line in people.csv"] == "4"
    assert bad["Why it would be refused"] == (
        "Company: Required value is missing / Segment__c “製造”: Restricted picklist value (nearest: 製造業)"
    )
    for name in ("good", "bad"):
        written = project.parent / f"people.{name}.csv"
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        assert written.read_bytes().startswith(file.read_bytes().split(b"\r\n")[0])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_and_line_ends_stay(project: Path, encoding: str, end: str) -> None:
    file = people(project, {"LastName": "髙橋①"}, {"Segment__c": "製造"}, encoding=encoding, end=end)
    _, document = ask(project)
    assert document["encoding"] == encoding
    written = (project.parent / "people.good.csv").read_bytes()
    lines = file.read_bytes().split(end.encode())
    assert written == end.encode().join([*lines[:2], b""])
    assert len(part(project, "bad", encoding)) == 1


def test_quotes_around_every_cell_stay(project: Path) -> None:
    file = project.parent / "people.csv"
    file.write_text('"LastName","Company","Budget__c"\n"山田","山田商店","1"\n', encoding="utf-8")
    ask(project)
    assert (project.parent / "people.good.csv").read_bytes() == file.read_bytes()


def test_headings_are_names_or_labels_in_either_language(project: Path) -> None:
    (project.parent / "people.csv").write_text(
        "姓,会社名,budget__C,区分,ランク,メール\n山田,,1,製造,最優先の,x\n", encoding="utf-8"
    )
    _, document = ask(project)
    assert {field for _, field in causes(document)} == {"Company", "Segment__c", "Rank__c", "Email"}
    assert {one["column"] for one in document["causes"]} == {"会社名", "区分", "ランク", "メール"}


def test_a_column_that_means_nothing_is_told_and_the_rest_goes_on(project: Path) -> None:
    people(project, {"Segmnt__c": "x", "Company ": "y", "CreatedDate": "2026-01-01", "Rank__c": "最優先の"})
    status, document = ask(project)
    assert status == 1
    assert causes(document) == {("string_too_long", "Rank__c"): [2]}
    assert [(one["heading"], one["why"]) for one in document["columns_not_looked_at"]] == [
        ("Segmnt__c", "unknown"),
        ("Company ", "repeated"),
        ("CreatedDate", "read_only"),
    ]
    assert document["columns_not_looked_at"][0]["near"][0] == "Segment__c"


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("Budget__c", ["1000", "-1.5", "1e2", " 7 "], ["1,000", "¥5", "多い", "１０"]),
        ("NumberOfEmployees", ["12", "12.0"], ["12.5", "12人"]),
        ("Vip__c", ["true", "FALSE", "1", "0", "yes"], ["はい", "2"]),
        (
            "Seen__c",
            ["2026-01-05", "2026/1/5", "2026-01-05 10:00:00"],
            ["2026年1月5日", "2026-02-30", "昨日"],
        ),
        ("Met__c", ["2026-01-05T10:00:00.000Z", "2026/01/05 9:30", "2026-01-05T10:00:00+0900"], ["9:30"]),
    ],
)
def test_a_cell_that_the_field_cannot_hold_is_a_finding_of_its_own(
    project: Path, field: str, good: list[str], bad: list[str]
) -> None:
    people(project, *({"Phone": "1", field: text} for text in [*good, *bad]))
    _, document = ask(project)
    first = 2 + len(good)
    # No rule that finds the field empty adds to it.
    assert causes(document) == {("wrong_type", field): list(range(first, first + len(bad)))}
    assert [one["value"] for one in document["causes"][0]["values"]] == bad


def test_rows_with_an_id_are_updates_and_nothing_is_said_of_them(project: Path) -> None:
    people(project, {"Id": "00Q5g00000AbCdEEAV", "Company": ""}, {"Id": ""})
    status, document = ask(project)
    assert (status, document["rows"], document["not_judged"], document["refused"]) == (0, 2, 1, 0)
    assert [row["Id"] for row in part(project, "good")] == [""]
    assert part(project, "bad") == []
    assert "updates are not judged" in document["notes"][0]


def test_nothing_is_overwritten_unasked(project: Path) -> None:
    people(project, {})
    there = project.parent / "people.bad.csv"
    there.write_text("mine", encoding="utf-8")
    status, document = ask(project)
    assert (status, document["error"]["where"]) == (2, str(there))
    assert (there.read_text(encoding="utf-8"), (project.parent / "people.good.csv").exists()) == (
        "mine",
        False,
    )
    assert ask(project, "--overwrite")[0] == 0
    assert (
        ask(project, "--good", str(project.parent / "a.csv"), "--bad", str(project.parent / "b.csv"))[0] == 0
    )
    assert ask(project, "--overwrite", "--good", str(project.parent / "people.csv"))[0] == 2


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b'LastName,Company\na,b\n"c,d\ne,f\n', 3, "never closed"),
        (b'LastName,Company\na,"b"c\n', 2, "behind a closing quotation mark"),
        (b"LastName,Company\na,b\na,b,c\n", 3, "has 3 cells, and the header 2"),
        (b"LastName,Company\na,b\n" + b"x" * 140_000 + b",b\n", 3, "a cell of more than 131072 characters"),
        (b"LastName,Company\na,b\n\x81\x00\xff,b\n", 3, "neither UTF-8 nor CP932"),
    ],
)
def test_a_broken_file_is_told_by_its_line(project: Path, content: bytes, line: int, words: str) -> None:
    file = project.parent / "people.csv"
    file.write_bytes(content)
    status, document = ask(project)
    assert status == 2
    assert document["error"]["where"] == f"{file}:{line}"
    assert words in document["error"]["text"]
    assert not (project.parent / "people.good.csv").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no header line"),
        ("あ,い\n1,2\n".encode(), "no column of the file is a field of Lead"),
        ("LastName\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_of_another_sort_says_so(project: Path, content: bytes, words: str) -> None:
    (project.parent / "people.csv").write_bytes(content)
    status, document = ask(project)
    assert (status, words in document["error"]["text"]) == (2, True)


def test_an_object_that_nobody_knows_is_told_with_a_near_one(project: Path) -> None:
    people(project, {})
    status, document = ask(project, "--object", "Leads")
    assert (status, "Lead" in document["error"]["remedy"]) == (2, True)


@pytest.mark.parametrize(("language", "words"), [("en", "which CRM judges the rows"), ("ja", "どのCRM")])
def test_without_a_project_and_a_workspace_it_says_what_to_add(
    tmp_path: Path, language: str, words: str
) -> None:
    asked = ["doctor", "--data", "people.csv", "--object", "Lead", "-C", str(tmp_path), "--json"]
    said = CliRunner().invoke(build(), [*asked, "--lang", language])
    error = json.loads(said.stdout)["error"]
    assert (said.exit_code, words in error["text"]) == (2, True)
    assert "--sfdx DIR" in error["remedy"]
    assert "awase.toml" in error["remedy"]


def test_a_rule_that_cannot_be_judged_is_told(project: Path) -> None:
    sfdx.rule(project, "Fancy", "FANCY(Company)", "?")
    sfdx.rule(project, "Status_is_said", 'AND(ISPICKVAL(Status, "Open"), ISBLANK(Phone))', "?")
    people(project, {})
    _, document = ask(project)
    assert any("Fancy" in note for note in document["notes"])
    assert any("Status_is_said" in note and "Status" in note for note in document["notes"])


def test_rules_read_the_projects_own_custom_metadata_and_no_settings(project: Path) -> None:
    maximum = "$CustomMetadata.Limits__mdt.Lead.Maximum__c"
    sfdx.metadata_type(project, "Limits__mdt")
    more = "<precision>6</precision><scale>0</scale>"
    sfdx.field(project, "Maximum__c", "Number", more, object="Limits__mdt")
    sfdx.metadata_record(project, "Limits__mdt", "Lead", {"Maximum__c": "100.0"})
    sfdx.rule(project, "Limit", f"Budget__c > {maximum}", "?")
    sfdx.setting(project, "Bypass__c")
    sfdx.field(project, "Skip__c", "Checkbox", object="Bypass__c")
    sfdx.rule(project, "Bypassed", "NOT($Setup.Bypass__c.Skip__c) && Budget__c > 5", "?")
    people(project, {"Budget__c": "100"}, {"Budget__c": "101"})
    _, document = ask(project)
    assert causes(document) == {("validation_rule", "Limit"): [3]}
    noted = [note for note in document["notes"] if "Limit" in note or "Bypassed" in note]
    assert len(noted) == 1
    assert "looks at: $Setup.Bypass__c.Skip__c" in noted[0]


def test_a_refused_row_leaves_its_unique_value_to_the_next(project: Path) -> None:
    people(project, {"Code__c": "x", "Company": ""}, {"Code__c": "x"}, {"Code__c": "x"}, {"Code__c": "y"})
    assert causes(ask(project)[1]) == {
        ("required_value_missing", "Company"): [2],
        ("duplicate_value", "Code__c"): [4],
    }


@pytest.mark.parametrize(
    ("language", "words"), [("en", "“005xx”: Invalid Salesforce ID"), ("ja", "“005xx”: 無効なSalesforce ID")]
)
def test_an_id_that_is_none_is_an_invalid_one_and_not_a_missing_one(
    project: Path, language: str, words: str
) -> None:
    people(project, {"OwnerId": "005xx"}, {"OwnerId": "005000000000001AAA"}, {"OwnerId": ""})
    _, document = ask(project, "--lang", language)
    assert causes(document) == {("invalid_id", "OwnerId"): [2]}
    (bad,) = part(project, "bad")
    assert words in list(bad.values())[-1]


def test_it_speaks_japanese(project: Path) -> None:
    people(project, {"Segment__c": "製造", "Seen__c": "昨日"}, encoding="cp932")
    said = CliRunner().invoke(
        build(),
        [
            *("doctor", "--sfdx", str(project), "--lang", "ja", "-C", str(project)),
            *("--data", str(project.parent / "people.csv"), "--object", "Lead"),
        ],
    )
    assert "1 行のうち、1 行が保存を拒否されます" in said.stdout
    (bad,) = part(project, "bad", "cp932")
    assert bad["保存を拒否される理由"] == (
        "Seen__c “昨日”: タイプが一致しません(受け付けるのは日付) / "
        "Segment__c “製造”: 禁止された選択リスト値(近い値: 製造業)"
    )


def test_an_install_without_extras_suffices(project: Path) -> None:
    file = people(project, {"Company": ""})
    asked = light("doctor", "--sfdx", str(project), "--data", str(file), "--object", "Lead", "--json")
    assert (asked.returncode, json.loads(asked.stdout)["refused"]) == (1, 1), asked.stderr


def test_an_empty_checkbox_is_what_the_org_fills_in(project: Path) -> None:
    sfdx.field(project, "Active__c", "Checkbox", "<defaultValue>true</defaultValue>")
    sfdx.rule(project, "Inactive", "NOT(Active__c)", "?")
    sfdx.rule(project, "Common", "AND(NOT(Vip__c), Budget__c = 5)", "?")
    people(project, {"Vip__c": ""}, {"Budget__c": "5"}, {"Budget__c": "5", "Vip__c": "1"})
    assert causes(ask(project)[1]) == {("validation_rule", "Common"): [3]}


def test_what_a_change_would_refuse_is_counted_and_nothing_is_written(project: Path) -> None:
    sfdx.rule(project, "Asleep", "ISBLANK(Phone)", "電話がありません", active=False)
    people(
        project,
        {"Segment__c": "製造業", "Phone": "1"},
        {"Segment__c": "小売業", "Phone": "2"},
        {"Segment__c": "", "Phone": ""},
        {"Segment__c": "その他", "Phone": "", "Company": ""},
    )
    status, document = ask(project, "--what-if", "Lead.Segment__c without 小売業")
    assert (document["refused_now"], document["refused"], document["newly_refused"]) == (1, 2, 1)
    assert (status, causes(document)) == (1, {("restricted_picklist_value", "Segment__c"): [3]})
    _, document = ask(project, "--what-if", "Lead.Segment__c required", "--what-if", "Lead rule Asleep on")
    assert (document["refused_now"], document["refused"], document["newly_refused"]) == (1, 2, 1)
    assert causes(document) == {
        ("required_value_missing", "Segment__c"): [4],
        ("validation_rule", "Asleep"): [4],
    }
    assert not (project.parent / "people.good.csv").exists()


@pytest.mark.parametrize("text", ["Contact.Email required", "Lead.Nothing required", "nonsense"])
def test_a_change_of_something_else_is_bad_input(project: Path, text: str) -> None:
    people(project, {})
    assert ask(project, "--what-if", text)[0] == 2


def test_a_comma_inside_a_quoted_heading_separates_nothing(project: Path) -> None:
    file = project.parent / "people.csv"
    file.write_text('"a, b, ""c";LastName;Company\n1;x;y\n', encoding="utf-8")
    _, document = ask(project)
    assert [one["heading"] for one in document["columns_not_looked_at"]] == ['a, b, "c']
