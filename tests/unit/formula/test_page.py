"""The reference page names every function and every word that a formula may need."""

from __future__ import annotations

from pathlib import Path

import pytest

from awase_formula.checking import check
from awase_formula.parser import parse
from awase_formula.signatures import SIGNATURES

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "formula.md").read_text("utf-8")


def test_every_function_is_listed() -> None:
    listed = set(
        PAGE.split("## Functions", 1)[1].split("## The golden cases", 1)[0].replace("|", " ").split()
    )
    listed |= {word.strip(";,()") for word in listed}
    assert set(SIGNATURES) - listed == set()


@pytest.mark.parametrize(
    "text",
    ["ISNEW()", "PRIORVALUE(a) = 1", "A.b = 1", "RecordType.Name = 'x'", "$User.Id = 'x'", "TODAY() > a"],
)
def test_the_words_of_needs_are_explained(text: str) -> None:
    for need in check(parse(text)).needs:
        assert f"`{need.split(' ')[0]}" in PAGE
