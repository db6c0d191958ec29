"""The page on practice orgs is the one that the code makes, and the code serves what it lists."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scripts.write_reference import FOLDER

from awase_practice.hubspot.endpoints import APIS, OPEN
from awase_practice.hubspot.refusals import REFUSALS
from awase_practice.served_page import page


def test_the_page_is_current(tmp_path: Path) -> None:
    written = (FOLDER / "practice-orgs.md").read_text(encoding="utf-8")
    assert written == page(), "run: make reference"
    script = FOLDER.parents[1] / "scripts" / "write_reference.py"
    subprocess.run([sys.executable, script, tmp_path], check=True)
    assert (tmp_path / "practice-orgs.md").read_text(encoding="utf-8") == written


def test_the_page_has_every_call_and_every_refusal_with_its_mark() -> None:
    lines = page().splitlines()
    for endpoint in (*(each for api in APIS for each in api.endpoints), *OPEN):
        (line,) = {
            line
            for line in lines
            if line.startswith(f"| `{endpoint.method} {endpoint.path}` | {endpoint.about}")
        }
        assert line.endswith(f"| {endpoint.mark} |")
    for kind in REFUSALS:
        assert any(f"| {kind.status} | `{kind.name}` |" in line and kind.mark in line for line in lines), kind
