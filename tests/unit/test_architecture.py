"""What the import arrows cannot say about the house: whose names may be spoken where, and how long a room may be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
VENDORS = sorted(path.parent.name for path in (SOURCE / "awase" / "connectors").glob("*/connector.py"))


def modules(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (SOURCE / room).rglob("*.py"))


def test_the_vendors_are_known_by_their_folders() -> None:
    assert {"hubspot", "salesforce"} <= set(VENDORS)
    assert "sdk" not in VENDORS


@pytest.mark.parametrize(
    "path", modules("awase/core", "awase/engine", "awase/runtime"), ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_no_vendor_is_named_in_core_engine_and_runtime(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert [vendor for vendor in VENDORS if vendor in text] == []


def test_no_module_grows_past_five_hundred_lines() -> None:
    long = {
        str(p.relative_to(SOURCE)): n
        for p in modules("awase", "awase_formula", "awase_practice")
        if (n := len(p.read_text().splitlines())) > 500
    }
    assert long == {}


def test_no_module_is_named_for_nothing_in_particular() -> None:
    nameless = re.compile(r"utils?|helpers?|managers?|common|misc")
    assert [
        str(p.relative_to(SOURCE))
        for p in modules("awase", "awase_formula", "awase_practice")
        if nameless.fullmatch(p.stem)
    ] == []
