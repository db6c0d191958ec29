"""The command that says of each formula whether it parses and compiles, and what it needs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from awase_formula.cli import main

RULE = """<?xml version="1.0" encoding="UTF-8"?>
<ValidationRule xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>{name}</fullName>
    <active>true</active>
    <errorConditionFormula>{formula}</errorConditionFormula>
    <errorMessage>No.</errorMessage>
</ValidationRule>
"""
REAL = [
    "AND(NOT($Permission.Bypass), NOT ISPICKVAL(StageName, &quot;Won&quot;), ISCHANGED(Amount), PRIORVALUE(Amount) &gt; 0)",
    "$Profile.Name &lt;&gt; 'Admin' &amp;&amp; (ISPICKVAL(Status, 'a') || TEXT(Status) = 'b') /* why */",
    "IF($Setup.S__c.Off__c, false, AND(ISNEW(), OR(ISBLANK(AccountId), LEN(TRIM(Description)) &lt; 10)))",
    "NOT($CustomMetadata.T__mdt.R.F__c) &amp;&amp; Owner:User.Profile.Name = 'x' &amp;&amp; RecordType.DeveloperName != 'y'",
]


def lint(capsys: pytest.CaptureFixture[str], path: Path) -> tuple[int, list[dict[str, Any]]]:
    status = main(["lint", str(path), "--json"])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_text_file_is_one_formula(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rule.txt"
    path.write_text("AND(\n  a = 1,\n  PRIORVALUE(b) = 2\n)\n")
    status, (found,) = lint(capsys, path)
    assert status == 0
    assert (found["parsed"], found["compiled"], found["needs"], found["error"]) == (
        True,
        True,
        ["prior row"],
        None,
    )


def test_a_text_file_whose_lines_are_formulas_is_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rules.txt"
    path.write_text("a = 1\n\nb = (\nISNEW()\n")
    status, found = lint(capsys, path)
    assert status == 1
    assert [(one["line"], one["parsed"]) for one in found] == [(1, True), (3, False), (4, True)]


def test_json_lines_keep_their_order_and_their_objects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rules.jsonl"
    rows = [
        '{"formula": "a = 1", "object": "Lead"}',
        "{broken",
        '{"formula": "FOO(a)"}',
        '{"other": 1}',
        '{"formula": "a ="}',
    ]
    path.write_text("\n".join(rows))
    status, found = lint(capsys, path)
    assert status == 1
    assert [(one["parsed"], one["compiled"]) for one in found] == [
        (True, True),
        (False, False),
        (True, False),
        (False, False),
        (False, False),
    ]
    assert found[0]["object"] == "Lead"
    assert "rules.jsonl:2: is no JSON" in found[1]["error"]
    assert found[2]["error"] == "FX-200 there is no function FOO (line 1, column 1)"
    assert "expected a field" in found[4]["error"]
    assert "line 1, column 4" in found[4]["error"]


def project(tmp_path: Path) -> Path:
    folder = tmp_path / "force-app" / "main" / "default" / "objects" / "Opportunity"
    (folder / "validationRules").mkdir(parents=True)
    (folder / "fields").mkdir()
    for number, formula in enumerate(REAL):
        (folder / "validationRules" / f"R{number}.validationRule-meta.xml").write_text(
            RULE.format(name=f"R{number}", formula=formula)
        )
    (folder / "fields" / "Kind__c.field-meta.xml").write_text(
        '<CustomField xmlns="http://soap.sforce.com/2006/04/metadata"><fullName>Kind__c</fullName><type>Picklist</type></CustomField>'
    )
    return tmp_path


def test_a_dx_project_is_read_rule_by_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = lint(capsys, project(tmp_path))
    assert status == 0
    assert [(one["object"], one["name"], one["parsed"], one["compiled"]) for one in found] == [
        ("Opportunity", f"R{number}", True, True) for number in range(len(REAL))
    ]
    assert found[0]["needs"] == ["global $Permission.Bypass", "prior row", "running user"]


def test_an_mdapi_object_holds_many_rules_and_a_bad_one_stops_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = "".join(
        f"<validationRules>\n<fullName>{name}</fullName>{formula}</validationRules>\n"
        for name, formula in [
            ("One", '<errorConditionFormula><![CDATA[a < 1 && b = "x"]]></errorConditionFormula>'),
            ("Two", "<errorConditionFormula>a = (</errorConditionFormula><strange>1</strange>"),
            ("Three", "<active>true</active>"),
            ("Four", "<errorConditionFormula>ISNEW()</errorConditionFormula>"),
        ]
    )
    path = tmp_path / "Lead.object"
    path.write_text(
        f'<?xml version="1.0"?>\n<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">\n{rules}</CustomObject>'
    )
    status, found = lint(capsys, tmp_path)
    assert status == 1
    assert [(one["object"], one["name"], one["compiled"]) for one in found] == [
        ("Lead", "One", True),
        ("Lead", "Two", False),
        (None, None, False),
        ("Lead", "Four", True),
    ]
    assert f"{path}:7: the rule Three has no errorConditionFormula" in found[2]["error"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<ValidationRule><active>", "is no well-formed XML"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><ValidationRule>&b;</ValidationRule>", "declares a document type"),
        ("<Layout/>", "is a Layout"),
        ("", "is no well-formed XML"),
        ("<a>" * 500, "nests too deeply"),
        (
            RULE.format(name="A", formula="a <b>= 1</b>"),
            "the formula of A holds an element b; write &lt; for <",
        ),
    ],
)
def test_bad_xml_is_reported_by_file_and_line_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    folder = project(tmp_path)
    bad = folder / "force-app" / "A.validationRule-meta.xml"
    bad.write_text(content)
    status, found = lint(capsys, folder)
    assert status == 1
    assert f"{bad}:{5 if 'holds' in message else 1}: {message}" in found[0]["error"]
    assert [one["compiled"] for one in found] == [False] + [True] * len(REAL)


@pytest.mark.parametrize("name", ["nothing.txt", "nothing.object", "nothing.validationRule-meta.xml"])
def test_a_path_that_is_not_there_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["lint", str(tmp_path / name)]) == 2
    assert f"{name}: there is no such file" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text('{"formula": "ISNEW()"}\n' * 3000)
    command = [sys.executable, "-c", "from awase_formula.cli import run; run()", "lint", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as lint:
        assert lint.stdout is not None
        assert lint.stderr is not None
        lint.stdout.readline()
        lint.stdout.close()
        assert lint.stderr.read() == b""


def test_without_json_a_line_says_it_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.txt").write_text("ISNEW()")
    assert main(["lint", str(tmp_path / "r.txt")]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/r.txt:1: ok, needs operation\n"


def told(capsys: pytest.CaptureFixture[str], path: Path) -> list[str]:
    main(["lint", str(path)])
    return capsys.readouterr().out.replace(f"{path.parent}/", "").splitlines()


def test_a_text_files_line_and_column_stand_before_the_error_and_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, many = tmp_path / "one.txt", tmp_path / "many.txt"
    one.write_text("AND(a = 1,\n  b = 1 + TRUE)")
    many.write_text("a = 1\n\nAND(b = 1 c)\nISNEW()\n")
    assert told(capsys, one) == ["one.txt:2:9: FX-200 + does not join number and checkbox"]
    assert told(capsys, many) == [
        "many.txt:1: ok",
        "many.txt:3:11: FX-100 'c' stands where it cannot; expected an operator, a comma or the ) that closes AND,"
        " opened at column 1",
        "many.txt:4: ok, needs operation",
    ]


def test_a_metadata_files_line_is_the_one_where_the_error_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "Lead" / "validationRules" / "R.validationRule-meta.xml"
    path.parent.mkdir(parents=True)
    path.write_text(RULE.format(name="R", formula="AND(\n  a &gt; 1,\n  b = (2,\n  c)\n"))
    (line,) = told(capsys, path)
    assert line.startswith(
        "R.validationRule-meta.xml:7: Lead.R: FX-100 ',' stands where it cannot; expected "
    )
    assert line.endswith("closes the group, opened at column 7 (line 3, column 9 of the formula)")
    assert path.read_text().splitlines()[6] == "  b = (2,"


def test_a_rule_of_a_metadata_file_must_give_true_or_false(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "R.validationRule-meta.xml"
    path.write_text(RULE.format(name="R", formula="LEN(Name)"))
    assert "a validation rule must give TRUE or FALSE, not number" in told(capsys, path)[0]
    (tmp_path / "r.txt").write_text("LEN(Name)")
    assert told(capsys, tmp_path / "r.txt") == ["r.txt:1: ok"]


def test_what_cannot_be_read_names_its_place_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"other": 1}\n{"formula": "a\\n= )", "name": "R"}\n')
    first, second = told(capsys, path)
    assert first == (
        'r.jsonl:1: FX-500 has no "formula"; a line is a JSON object with formula and, if you like, object and name'
    )
    assert second.startswith("r.jsonl:2: R: FX-100 ")
    assert second.endswith(" (line 2, column 3 of the formula)")


def test_format_writes_a_formula_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.txt").write_text("and(isnew(),a==1)")
    assert main(["format", str(tmp_path / "r.txt")]) == 0
    assert capsys.readouterr().out == "AND(ISNEW(), a = 1)\n"


def test_what_format_cannot_read_is_told_with_its_file_and_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r.txt").write_text("AND(a,\n  => 1)")
    assert main(["format", str(tmp_path / "r.txt")]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path}/r.txt:2:3: FX-100 '=' stands where it cannot")
    monkeypatch.setattr("sys.stdin", io.StringIO("a =\n> 1 b"))
    assert main(["format", "-"]) == 2
    assert capsys.readouterr().err.startswith("standard input:2:1: FX-100 '>' stands where it cannot")


def test_metadata_in_another_encoding_is_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = RULE.format(name="A", formula='a = "日"')
    (tmp_path / "A.validationRule-meta.xml").write_bytes(rule.encode("cp932"))
    (tmp_path / "B.validationRule-meta.xml").write_bytes(rule.replace("UTF-8", "Shift_JIS").encode("cp932"))
    (tmp_path / "C.validationRule-meta.xml").write_bytes(rule.replace("UTF-8", "UTF-16").encode("utf-16"))
    _, found = lint(capsys, tmp_path)
    assert [(one["parsed"], (one["error"] or "").endswith("; save it as UTF-8")) for one in found] == [
        (False, True),
        (False, True),
        (True, False),
    ]


def test_a_link_to_nothing_is_told_and_no_folder_is_taken_for_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(tmp_path)
    link = folder / "Z.validationRule-meta.xml"
    link.symlink_to("nowhere")
    (folder / "Y.validationRule-meta.xml").mkdir()
    status, found = lint(capsys, folder)
    assert (status, len(found)) == (1, len(REAL) + 1)
    told = [one["error"] for one in found if one["error"]]
    assert told == [f"FX-500 {link}:1: cannot be read (No such file or directory)"]


def test_where_there_is_no_formula_the_command_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", str(tmp_path), "--json"]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (
        "",
        f"awase-formula: {tmp_path}: holds no formula; check the name\n",
    )


@pytest.mark.parametrize("content", ['[{"formula": "a = 1"}]', '{\n "formula": "a = 1"\n}'])
def test_a_json_document_is_no_json_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    path = tmp_path / "rules.json"
    path.write_text(content)
    assert main(["lint", str(path)]) == 2
    assert "is one JSON document; write one object with formula on each line" in capsys.readouterr().err
