"""Parts of the command line: cells of a spreadsheet, and how a bug of ours ends a call."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from awase.cli import status
from awase.cli.call import Call
from awase.cli.connect import credentials_from
from awase.cli.csv_files import as_cell, csv_bytes
from awase.cli.main import build
from awase.configuration import load
from awase.errors import BadInput
from tests.unit.test_configuration import GOOD

_FORMULA = re.compile(r"^[\s\u3000]*[=+\-@＝＋－＠]|^[\t\r]")
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00")) | st.text(
    st.sampled_from(list("=+-@＝＋－＠\t\r\n 　a,\"'"))
)


@given(texts)
def test_no_line_of_a_cell_can_be_taken_for_a_formula(text: str) -> None:
    lines = re.split(r"\r\n|\r|\n", as_cell(text))
    assert not [line for line in lines if _FORMULA.match(line)]
    assert not _FORMULA.match(as_cell(text))


@given(texts)
def test_guarding_a_cell_adds_quote_marks_and_changes_nothing_else(text: str) -> None:
    assert as_cell(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", ["山田", "a=b", "株式会社 -例-", "o'clock", "", "03-1234-5678"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert as_cell(text) == text


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=5))
def test_a_file_reads_back_cell_by_cell(rows: list[list[str]]) -> None:
    content = b"".join(csv_bytes(["一", "二"], rows)).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline=""))) == [
        ["一", "二"],
        *([as_cell(cell) for cell in row] for row in rows),
    ]


def test_a_bug_of_ours_is_told_by_reference_and_its_trace_is_kept_without_personal_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "awase.toml").write_text(GOOD, encoding="utf-8")
    monkeypatch.setenv("AWASE_HOME", str(tmp_path / "home"))

    def broken(workspace: object) -> None:
        raise RuntimeError("no room for yamada@example.jp with token=abc123")

    monkeypatch.setattr(status, "open_store", broken)
    said = CliRunner().invoke(build(), ["status", "--lang", "en", "-C", str(tmp_path)])
    assert said.exit_code == 70
    assert "yamada" not in said.output
    assert "Traceback" not in said.output
    (trace,) = (tmp_path / "home" / "logs").iterdir()
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    content = trace.read_text()
    reference = trace.stem.rpartition("-")[2]
    assert reference in said.output
    assert "RuntimeError" in content
    assert "yamada" not in content
    assert "abc123" not in content


@pytest.mark.parametrize(
    ("vendor", "values", "kind"),
    [
        ("hubspot", {"token": "t"}, "token"),
        ("hubspot", {"client_id": "i", "client_secret": "s", "refresh_token": "r"}, "oauth"),
        ("salesforce", {"client_id": "i", "username": "u", "private_key": "k"}, "jwt"),
        ("salesforce", {"client_id": "i", "client_secret": "s"}, "client_credentials"),
        ("salesforce", {"client_id": "i", "refresh_token": "r"}, "refresh_token"),
        (
            "salesforce",
            {"kind": "refresh_token", "client_id": "i", "client_secret": "s", "refresh_token": "r"},
            "refresh_token",
        ),
    ],
)
def test_credentials_tell_their_kind(vendor: str, values: dict[str, str], kind: str) -> None:
    assert credentials_from(values, vendor, "file").kind == kind


def test_incomplete_credentials_are_refused_without_being_quoted() -> None:
    with pytest.raises(BadInput) as caught:
        credentials_from({"client_id": "secret-of-ours"}, "salesforce", "file.json")
    assert "secret-of-ours" not in str(caught.value) + str(caught.value.places)


def test_the_command_loads_neither_web_server_nor_practice_orgs_before_they_are_wanted() -> None:
    question = (
        "import sys; from awase.cli.main import build; build();"
        "print([name for name in ('litestar', 'uvicorn', 'awase.server', 'awase_practice') if name in sys.modules])"
    )
    asked = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "[]"


def test_a_reader_who_has_had_enough_ends_the_command_quietly(tmp_path: Path) -> None:
    for more in ((), ("--json",)):
        reader, writer = os.pipe()
        os.close(reader)
        command = (sys.executable, "-m", "awase.cli.main", "init", str(tmp_path / f"new{len(more)}"), *more)
        ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
        os.close(writer)
        assert (ended.returncode in (0, 1), ended.stderr) == (True, "")


def test_help_keeps_its_words_in_square_brackets() -> None:
    said = CliRunner().invoke(build(), ["connect", "--help"]).output
    assert "[connections]" in said


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("acme", "acme"),
        ("Ac Me", "ac-me"),
        ("_My.Shop_2", "my-shop_2"),
        ("株式会社", "workspace"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_a_new_workspace_is_named_after_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    made = CliRunner().invoke(build(), ["init", str(tmp_path / folder), "--json"])
    assert made.exit_code == 0
    assert load(tmp_path / folder / "awase.toml").name == name


@pytest.mark.parametrize(("language", "words"), [("en", "small letters"), ("ja", "英小文字")])
@pytest.mark.parametrize("name", ["Ac Me", "", "acme\n", "a" * 33])
def test_a_name_that_does_not_fit_is_refused_before_anything_is_written(
    tmp_path: Path, language: str, words: str, name: str
) -> None:
    asked = ["--lang", language, "init", str(tmp_path / "new"), "--name", name]
    refused = CliRunner().invoke(build(), asked)
    assert (refused.exit_code, (tmp_path / "new").exists()) == (2, False)
    assert words in refused.output
    assert "^[a-z" not in refused.output


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_verb_that_needs_nothing_of_the_workspace_speaks_its_language(
    tmp_path: Path, language: str
) -> None:
    (tmp_path / "awase.toml").write_text(f'[workspace]\nlanguage = "{language}"\n', encoding="utf-8")
    call = Call(json=False, language=None, directory=tmp_path)
    assert call.language == language
    assert Call(json=False, language="en", directory=tmp_path).language == "en"


@pytest.mark.parametrize("content", ["", "[workspace", "workspace = 3", '[workspace]\nlanguage = "fr"\n'])
def test_where_the_workspace_asks_for_no_language_the_system_s_is_spoken(
    tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWASE_LANG", "ja")
    (tmp_path / "awase.toml").write_text(content, encoding="utf-8")
    assert Call(json=False, language=None, directory=tmp_path).language == "ja"
    assert Call(json=False, language=None, directory=tmp_path / "nowhere").language == "ja"
