"""The examples for CI: they can be read, the pages show the same, and what they run exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from typer.testing import CliRunner

from awase.cli.main import build

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples" / "ci"
FILES = ("awase-doctor.yml", "pre-commit-config.yaml")


def content(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


def commands() -> list[str]:
    (job,) = content("awase-doctor.yml")["jobs"].values()
    (hook,) = content("pre-commit-config.yaml")["repos"][0]["hooks"]
    return [*(step["run"] for step in job["steps"] if "awase doctor" in step.get("run", "")), hook["entry"]]


def test_the_workflow_uploads_what_the_doctor_prints_even_when_it_finds_something() -> None:
    (job,) = content("awase-doctor.yml")["jobs"].values()
    upload = job["steps"][-1]
    assert upload["uses"].startswith("github/codeql-action/upload-sarif@")
    assert upload["if"] == "always()"
    assert f"> {upload['with']['sarif_file']}" in commands()[0]
    assert content("awase-doctor.yml")["permissions"]["security-events"] == "write"


def test_the_hook_runs_when_what_it_reads_changes() -> None:
    (hook,) = content("pre-commit-config.yaml")["repos"][0]["hooks"]
    changed = re.compile(hook["files"])
    lead = "force-app/main/default/objects/Lead/fields/A__c.field-meta.xml"
    assert all(changed.search(file) for file in ("awase.toml", "ma.json", "users.json", lead))
    assert not changed.search("README.md")
    assert hook["pass_filenames"] is False
    # "on" is what YAML 1.1 reads as true.
    paths = content("awase-doctor.yml")[True]["pull_request"]["paths"]
    assert set(paths) == {"awase.toml", "ma.json", "users.json", "force-app/**"}


def test_nothing_is_installed_by_a_bare_name_for_that_may_be_anybodys() -> None:
    (job,) = content("awase-doctor.yml")["jobs"].values()
    (hook,) = content("pre-commit-config.yaml")["repos"][0]["hooks"]
    (wanted,) = hook["additional_dependencies"]
    (install,) = [step["run"] for step in job["steps"] if "pip install" in step.get("run", "")]
    assert shlex.split(install) == ["pip", "install", wanted]
    assert wanted.startswith("awase @ git+https://")
    assert wanted.endswith("@COMMIT")
    for page in (ROOT / "docs").rglob("*.md"):
        assert "pip install awase" not in page.read_text(encoding="utf-8"), page


@pytest.mark.parametrize("command", commands())
def test_what_they_run_is_a_command_of_ours(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples" / "doctor")
    words = shlex.split(command.partition(">")[0])
    said = CliRunner().invoke(build(), words[1:])
    assert (words[0], said.exit_code) == ("awase", 1), said.output


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("page", ["doctor.md", "doctor.ja.md"])
def test_the_pages_show_the_same(page: str, name: str) -> None:
    shown = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8").replace("--lang ja", "--lang en")
    assert (EXAMPLES / name).read_text(encoding="utf-8") in shown
