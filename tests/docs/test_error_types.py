"""The reference page says what the catalogue says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from awase.catalogue import entries
from awase.catalogue.entries import Language
from awase.catalogue.page import PAGES, page

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("language", list(PAGES))
def test_the_page_of_error_types_is_made_of_the_catalogue(language: Language) -> None:
    written = (REFERENCE / PAGES[language]).read_text(encoding="utf-8")
    assert written == page(language), "run: python -m awase.catalogue.page docs/reference"


@pytest.mark.parametrize("language", list(PAGES))
def test_every_type_has_its_section(language: Language) -> None:
    shown = re.findall(r"^### (.+)$", page(language), flags=re.MULTILINE)
    assert sorted(shown) == sorted(entry.name.in_(language) for entry in entries().values())
