"""What the pages point to is there: files they link, verbs and make targets they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from awase.cli.main import build

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:)(?P<target>[^)#]+)[^)]*\)")
SHELL_BLOCK = re.compile(r"^```(?:sh|console)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VERB = re.compile(r"^\$? ?awase (?:--\S+ (?:ja|en) )?(?P<verb>[a-z]+)", re.MULTILINE)
TARGET = re.compile(r"^(?P<target>[a-z]+):", re.MULTILINE)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@each_page
def test_every_linked_file_is_there(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@each_page
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    shell = "\n".join(SHELL_BLOCK.findall(page.read_text(encoding="utf-8")))
    verbs = set(getattr(get_command(build()), "commands"))  # noqa: B009  (click is not typed for us)
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    assert set(VERB.findall(shell)) <= verbs
    assert set(re.findall(r"^make ([a-z]+)", shell, flags=re.MULTILINE)) <= targets


@pytest.mark.parametrize(
    "english",
    [
        "README.md",
        "docs/tutorial/first-sync.md",
        "docs/how-to/connect-salesforce.md",
        "docs/how-to/doctor.md",
        "docs/how-to/check.md",
        "docs/how-to/drift.md",
        "docs/how-to/import.md",
        "docs/how-to/properties.md",
        "docs/how-to/schedules.md",
        "docs/how-to/transforms.md",
        "docs/reference/configuration.md",
    ],
)
def test_a_page_and_its_translation_have_the_same_sections_and_point_to_each_other(english: str) -> None:
    page = ROOT / english
    other = page.with_suffix(".ja.md")
    texts = page.read_text(encoding="utf-8"), other.read_text(encoding="utf-8")
    levels = [re.findall(r"^(#+) ", text, flags=re.MULTILINE) for text in texts]
    assert levels[0] == levels[1]
    assert f"({other.name})" in texts[0]
    assert f"({page.name})" in texts[1]
