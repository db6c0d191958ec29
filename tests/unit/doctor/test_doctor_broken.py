"""`awase doctor` over files that are broken: each is told by file and line, and everything else is looked at."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from awase.cli.main import build
from tests.unit.doctor.test_doctor_example import EXAMPLE, ask, found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "doctor"))


def rights_file(project: Path) -> Path:
    (file,) = project.rglob("Awase_Integration.permissionset-meta.xml")
    return file


def document(project: Path, *arguments: str) -> dict[str, Any]:
    return json.loads(ask("--json", "--lang", "en", *arguments, project=project)[1])  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("ma.json", '{"properties": {},\n"forms": oops}\n', 2),
        ("ma.json", '{"properties": {},\n"forms": [\n', 2),
        ("users.json", "oops", 1),
        ("users.json", "", 1),
    ],
)
def test_a_file_beside_the_project_that_is_no_json_stops_nothing_else(
    copy: Path, name: str, content: str, line: int
) -> None:
    (copy / name).write_text(content, encoding="utf-8")
    said = document(copy)
    (broken,) = [one for one in said["findings"] if (one["place"] or {}).get("file", "").endswith(name)]
    assert (broken["kind"], broken["level"], broken["place"]["line"]) == ("metadata_broken", "certain", line)
    assert broken["whose_move"] == "integration"
    assert "field_missing" in {one["kind"] for one in said["findings"]}
    notes = [note for note in said["notes"] if "not looked at" in note]
    assert len(notes) == 1
    assert f"{name} is broken" in notes[0]


def test_a_file_that_was_named_and_is_no_json_ends_the_command_with_its_line(copy: Path) -> None:
    file = copy / "other.json"
    file.write_text('{"properties": {},\n"forms": oops}\n', encoding="utf-8")
    for option in ("--ma", "--users"):
        status, said = ask("--json", option, str(file), project=copy)
        assert (status, json.loads(said)["error"]["where"]) == (2, f"{file}:2")


def test_a_broken_permission_set_is_told_without_asking_for_another(copy: Path) -> None:
    file = rights_file(copy)
    file.write_text(file.read_text(encoding="utf-8").replace("</PermissionSet>", "</Set>"), encoding="utf-8")
    said = document(copy)
    assert any(str(file) == one["place"]["file"] for one in said["findings"] if one["place"])
    assert [note for note in said["notes"] if "Rights" in note] == [
        f"Rights were not looked at, for {file} is broken."
    ]
    japanese = ask("--lang", "ja", project=copy)[1]
    assert "権限は調べていません" in japanese
    assert "--permission-set" not in japanese
    status, asked = ask("--json", "--lang", "en", "--permission-set", "Awase_Integration", project=copy)
    error = json.loads(asked)["error"]
    assert (status, "cannot be read" in error["text"]) == (2, True)
    assert error["where"].startswith(f"{file}:")


def test_what_is_wrong_with_xml_is_a_sentence_in_either_language() -> None:
    (english,) = [one["text"] for one in found() if one["kind"] == "metadata_broken"]
    assert (
        english
        == "the file cannot be read: an element is closed by the end tag of another, or by a misspelt one."
    )
    japanese = CliRunner().invoke(build(), ["doctor", "--sfdx", str(EXAMPLE), "--lang", "ja"]).stdout
    assert "ファイルを読めません: 要素の終了タグが、開始タグと一致しません。" in japanese
    assert "well-formed" not in japanese
