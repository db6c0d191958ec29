"""The SARIF that code hosts read. Here its own parts are checked; the standard's schema is held against it in the clients tier."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from awase.cli.main import build

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "doctor"


def run(language: str = "en") -> dict[str, Any]:
    said = CliRunner().invoke(build(), ["doctor", "--sfdx", str(EXAMPLE), "--sarif", "--lang", language])
    document = json.loads(said.stdout)
    assert (said.exit_code, document["version"]) == (1, "2.1.0")
    (found,) = document["runs"]
    return found  # type: ignore[no-any-return]


def test_every_result_names_a_rule_a_level_a_message_and_a_line() -> None:
    found = run()
    rules = found["tool"]["driver"]["rules"]
    assert found["tool"]["driver"]["name"] == "awase doctor"
    assert all(rule["shortDescription"]["text"] for rule in rules)
    assert found["results"]
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        for place in (*result["locations"], *result.get("relatedLocations", ())):
            physical = place["physicalLocation"]
            assert physical["region"]["startLine"] >= 1
            assert not set(physical["artifactLocation"]["uri"]) & set(' "<>\\^`{|}')
        assert len(result["locations"]) == 1


def test_certainty_becomes_the_level() -> None:
    pairs = {(each["properties"]["certainty"], each["level"]) for each in run()["results"]}
    assert pairs == {("certain", "error"), ("likely", "warning"), ("advice", "note")}


def test_each_finding_has_a_fingerprint_of_its_own_that_stays() -> None:
    first, second, translated = (
        [each["partialFingerprints"]["awaseFinding/v2"] for each in run(language)["results"]]
        for language in ("en", "en", "ja")
    )
    assert first == second == translated
    assert len(set(first)) == len(first)


def test_a_file_outside_the_present_folder_is_named_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    uris = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run()["results"]}
    assert all(uri.startswith("file:///") for uri in uris)
