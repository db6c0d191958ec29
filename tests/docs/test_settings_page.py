"""The pages on ``awase.toml`` are the model's, leave nothing out, and what they show can be written like that."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from scripts.write_reference import NAMES, written
from typer.testing import CliRunner

from awase.cli.main import build
from awase.configuration import parse
from awase.configuration.options import Option, Table, complete_document, tables, with_example
from awase.configuration.reference import dotted
from awase.configuration.toml_text import toml_text
from awase.errors import BadConfiguration
from tests.unit.test_configuration import GOOD

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
SCHEMA = json.loads((REFERENCE / "awase.schema.json").read_bytes())
EVERY = [(table, option) for table in tables() for option in table.options]

each_option = pytest.mark.parametrize(
    ("table", "option"),
    EVERY,
    ids=[" ".join([dotted(option.path), *(table.tag or ())]) for table, option in EVERY],
)


def mistake_in(content: dict[str, Any]) -> str:
    """What is wrong with a document; nothing where it is good, for our own reader and by the published schema."""
    try:
        parse(toml_text(content))
    except BadConfiguration as problem:
        return str(problem)
    return "; ".join(error.message for error in Draft202012Validator(SCHEMA).iter_errors(content))


@pytest.mark.parametrize("language", NAMES)
def test_the_page_is_as_the_model_makes_it(language: str) -> None:
    page = (REFERENCE / NAMES[language]).read_text(encoding="utf-8")
    assert page == written(language), "make reference"


@each_option
def test_every_option_is_described_and_has_an_example(table: Table, option: Option) -> None:
    assert option.description
    assert option.examples
    for language in NAMES:
        assert f"`{dotted(option.path)}`" in written(language)


@each_option
def test_every_example_can_be_written_like_that(table: Table, option: Option) -> None:
    for example in option.examples:
        beside = mistake_in(with_example(table, option, example))
        alone = mistake_in(with_example(table, option, example, alone=True))
        assert "" in (beside, alone)


def test_the_complete_example_is_good_and_is_on_the_page() -> None:
    assert mistake_in(complete_document()) == ""
    for language in NAMES:
        shown = written(language).split("```toml\n")[1].split("```")[0]
        assert tomllib.loads(shown) == complete_document()


def test_the_schema_is_one_and_takes_what_awase_itself_writes(tmp_path: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert CliRunner().invoke(build(), ["init", str(tmp_path), "--name", "acme"]).exit_code == 0
    for text in (GOOD, (tmp_path / "awase.toml").read_text(encoding="utf-8")):
        assert mistake_in(tomllib.loads(text)) == ""


def test_the_schema_refuses_what_awase_refuses() -> None:
    content = complete_document()
    content["syncs"][0]["fields"][0]["direction"] = "sideways"
    assert list(Draft202012Validator(SCHEMA).iter_errors(content)) != []


def test_one_command_writes_the_pages_and_the_schema(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "write_reference.py", tmp_path], check=True)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*NAMES.values(), "awase.schema.json", "practice-orgs.md"}
    assert {(tmp_path / name).read_bytes() == (REFERENCE / name).read_bytes() for name in names} == {True}
