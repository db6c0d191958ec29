"""`awase doctor --data` with rights: a column that is there, but not for the integration user, is not one that is unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from awase.cli.main import build
from tests.support import sfdx
from tests.unit.doctor.test_doctor_data import ask, causes, people

MAY_WRITE = ["Phone", "Segment__c", "Email"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    sfdx.picklist(folder, "Segment__c", ["製造業", "小売業"], label="区分")
    sfdx.field(folder, "Rank__c", "Text", "<length>3</length>", label="ランク")
    sfdx.field(folder, "Code__c", "Text", "<length>3</length>", label="コード")
    sfdx.field(folder, "Budget__c", "Number", "<precision>6</precision><scale>2</scale>", label="予算")
    sfdx.field(folder, "BudgetNote__c", "Text", "<length>3</length>", label="予算")
    sfdx.permission_set(
        folder,
        "Awase_Integration",
        readable=["Code__c", "BudgetNote__c"],
        editable=[*MAY_WRITE, "BudgetNote__c"],
    )
    sfdx.permission_set(folder, "Wide", readable=[], editable=[*MAY_WRITE, "Rank__c", "Code__c", "Budget__c"])
    return folder


def odd(document: dict[str, Any]) -> dict[str, tuple[str, str, int]]:
    return {
        one["heading"]: (one["why"], one["field"], one["rows_with_value"])
        for one in document["columns_not_looked_at"]
    }


def spoken(project: Path, language: str, *arguments: str) -> str:
    said = CliRunner().invoke(
        build(),
        [
            *("doctor", "--sfdx", str(project), "-C", str(project), "--lang", language, "--overwrite"),
            *("--data", str(project.parent / "people.csv"), "--object", "Lead", *arguments),
        ],
    )
    return " ".join(said.output.split())


def test_a_hidden_column_a_read_only_one_and_an_unknown_one_are_told_apart(project: Path) -> None:
    people(project, {"Rank__c": "最優先の", "Code__c": "", "Ranc__c": "x"}, {"Code__c": "長いコード"}, {})
    status, document = ask(project)
    assert (status, document["refused"]) == (0, 0)
    assert odd(document) == {
        "Budget__c": ("hidden", "Budget__c", 3),
        "Rank__c": ("hidden", "Rank__c", 1),
        "Code__c": ("not_writable", "Code__c", 1),
        "Ranc__c": ("unknown", "", 1),
    }
    assert document["columns_not_looked_at"][-1]["near"][0] == "Rank__c"
    english, japanese = spoken(project, "en"), spoken(project, "ja")
    assert "“Rank__c” (Rank__c) is there, but the integration user may not see it" in english
    assert "“Code__c” (Code__c) is there, but the integration user may not write it" in english
    assert "“Ranc__c” is no field of Lead; it was not looked at. Did you mean Rank__c?" in english
    assert "「Rank__c」(Rank__c)は存在しますが、連携ユーザーに見えない" in japanese


def test_good_rows_with_a_value_that_nobody_judged_are_counted(project: Path) -> None:
    people(
        project,
        {"Budget__c": "", "Rank__c": "最優先の"},
        {"Budget__c": "", "Rank__c": " "},
        {"Budget__c": "", "Rank__c": "最優先の", "Company": ""},
    )
    assert ask(project)[1]["judged_in_part"] == 1
    assert "1 of the good rows have a value in a column that was not judged (Rank__c)" in spoken(
        project, "en"
    )
    assert "1 行には、判定していない列(Rank__c)に値があります" in spoken(project, "ja")
    people(project, {"Budget__c": ""})
    assert ask(project, "--overwrite")[1]["judged_in_part"] == 0
    assert "of the good rows" not in spoken(project, "en")


def test_which_rights_count_is_said_once_and_others_or_none_can_be_chosen(project: Path) -> None:
    people(project, {"Rank__c": "最優先の"})
    notes = ask(project)[1]["notes"]
    assert sum("Awase_Integration" in note and "--permission-set none" in note for note in notes) == 1
    for chosen in ("Wide", "none"):
        status, document = ask(project, "--overwrite", "--permission-set", chosen)
        assert (status, causes(document)) == (1, {("string_too_long", "Rank__c"): [2]})
        assert (odd(document), document["notes"]) == ({}, [])
    assert "--permission-set none" in spoken(project, "ja")


def test_a_label_of_two_fields_is_ambiguous_although_one_is_hidden(project: Path) -> None:
    (project.parent / "people.csv").write_text("姓,会社名,予算\n山田,山田商店,1\n", encoding="utf-8")
    _, document = ask(project)
    assert odd(document) == {"予算": ("ambiguous", "", 1)}
    assert sorted(document["columns_not_looked_at"][0]["near"]) == ["BudgetNote__c", "Budget__c"]


def test_a_file_of_hidden_columns_only_says_that_rights_are_the_reason(project: Path) -> None:
    (project.parent / "people.csv").write_text("ランク\nA\n", encoding="utf-8")
    status, document = ask(project)
    assert (status, "--permission-set" in document["error"]["remedy"]) == (2, True)
    assert "Rank__c" in document["error"]["remedy"]


def test_an_object_that_may_not_be_created_leaves_the_choice_of_other_rights(project: Path) -> None:
    people(project, {})
    sfdx.write(project, "permissionsets/Nothing.permissionset", "PermissionSet", "<label>Nothing</label>")
    status, document = ask(project, "--permission-set", "Nothing")
    assert (status, "--permission-set" in document["error"]["remedy"]) == (3, True)
