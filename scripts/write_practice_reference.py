"""Writes the page in docs/reference on what practice orgs serve.

Usage: write_practice_reference.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from awase_practice.reference import page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
NAME = "practice-orgs.md"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    (folder / NAME).write_text(page(), encoding="utf-8")
