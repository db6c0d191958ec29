"""Writes the pages and the schema in docs/reference that are made from code: of the settings, of the practice orgs.

Usage: write_reference.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from awase.configuration.reference import page
from awase.configuration.schema import json_schema
from awase.locale import text
from awase_practice.served_page import page as served_page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
LINKS = {"en": "[日本語](configuration.ja.md)", "ja": "[English](configuration.md)"}
NAMES = {"en": "configuration.md", "ja": "configuration.ja.md"}


def written(language: str) -> str:
    """The page on the settings in ``language``."""
    return page(lambda sentence, /, **places: text(sentence, language, **places), LINKS[language])


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for language, name in NAMES.items():
        (folder / name).write_text(written(language), encoding="utf-8")
    (folder / "awase.schema.json").write_bytes(json_schema())
    (folder / "practice-orgs.md").write_text(served_page(), encoding="utf-8")
