"""``awase connect NAME --setup DIR``: files for the administrator, from the configuration alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from awase.cli.main import build
from tests.unit.test_configuration import GOOD


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose database could not even be made."""
    (tmp_path / "awase.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "file").touch()
    monkeypatch.setenv("AWASE_HOME", str(tmp_path / "file" / "home"))
    return tmp_path


def set_up(folder: Path, connection: str, into: str, *more: str) -> Result:
    words = ["connect", connection, "--setup", str(folder / into), "--lang", "en", "-C", str(folder), *more]
    return CliRunner().invoke(build(), words)


def test_the_files_are_written_without_a_connection_and_without_a_database(folder: Path) -> None:
    said = set_up(folder, "salesforce", "sub/org", "--json")
    assert said.exit_code == 0
    there = sorted(str(path.relative_to(folder / "sub/org")) for path in (folder / "sub/org").rglob("*.*"))
    assert json.loads(said.stdout)["files"] == there
    assert {"README.md", "README.ja.md", "sfdx-project.json", "leaving/destructiveChanges.xml"} <= set(there)
    assert "https://acme.my.salesforce.com" in (folder / "sub/org/sfdx-project.json").read_text()


def test_a_folder_that_holds_anything_is_left_as_it_is(folder: Path) -> None:
    (folder / "org").mkdir()
    assert set_up(folder, "salesforce", "org").exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in (folder / "org").rglob("*")}
    said = set_up(folder, "salesforce", "org")
    assert said.exit_code == 2
    assert "not empty" in said.output
    assert {path: path.stat().st_mtime_ns for path in (folder / "org").rglob("*")} == before


@pytest.mark.parametrize(
    ("connection", "into", "more", "words"),
    [
        ("hubspot", "org", (), "nothing to prepare"),
        ("salesforce", "file", (), "cannot be written"),
        ("salesforce", "org", ("--mode", "live"), "no other option"),
        ("elsewhere", "org", (), "no connection"),
    ],
)
def test_what_cannot_be_set_up_is_said_and_nothing_is_written(
    folder: Path, connection: str, into: str, more: tuple[str, ...], words: str
) -> None:
    said = set_up(folder, connection, into, *more)
    assert said.exit_code == 2
    assert words in said.output
    assert not (folder / "org").exists()
