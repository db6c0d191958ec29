"""Every example on the page about transforms is carried out, and every transform has one."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from awase.configuration import parse
from awase.core.transforms import NAMES, Steps, result_kind, transformed
from awase.core.values import DTYPES, Kind, canonical

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
ROW = re.compile(
    r"^\| `(?P<step>.+?)` \| `(?P<before>.+?)` \| (?:`(?P<after>.+?)`|(?P<sign>[—✗])) \|$", re.MULTILINE
)
BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORKSPACE = """\
[workspace]
name = "acme"
[connections.ma]
vendor = "hubspot"
[connections.crm]
vendor = "salesforce"
[[syncs]]
name = "people"
match_on = "company"
ma = { connection = "ma", object = "contact" }
crm = { connection = "crm", objects = ["Lead"] }
"""
FIELD = '[[syncs.fields]]\nma = "company"\ncrm = "Company"\n'


@dataclass(frozen=True)
class Example:
    """One row: all parts as TOML; ``after`` may be the sign for empty or unreadable."""

    step: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.step} {self.before}"


def examples(page: str) -> list[Example]:
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return [Example(row["step"], row["before"], row["after"] or row["sign"]) for row in ROW.finditer(text)]


def steps_in(field: str) -> Steps:
    return parse(WORKSPACE + field).syncs[0].fields[0].to_crm


def toml(written: str) -> Any:
    return tomllib.loads(f"it = {written}", parse_float=Decimal)["it"]


def kind_of(value: Any) -> Kind:
    kinds = {bool: Kind.BOOLEAN, int: Kind.INTEGER, Decimal: Kind.DECIMAL, list: Kind.TEXTS, str: Kind.TEXT}
    kinds |= {datetime: Kind.DATETIME, date: Kind.DATE}
    return kinds[type(value)]


@pytest.mark.parametrize("example", examples("transforms.md"), ids=str)
def test_an_example_gives_what_the_page_says(example: Example) -> None:
    steps = steps_in(f"{FIELD}to_crm = [{example.step}]\n")
    before = toml(example.before)
    kind = kind_of(before)
    made = transformed(pl.col("it"), steps, kind, "Asia/Tokyo")
    frame = pl.DataFrame({"it": [before]}, schema={"it": DTYPES[kind]})
    ((value, failed),) = frame.select(value=made.value, failed=made.failed).rows()
    if example.after in "—✗":
        assert (value, failed) == (None, example.after == "✗")
        return
    found = tuple(value) if isinstance(value, list) else value
    assert (found, failed) == (canonical(toml(example.after), result_kind(steps, kind)), False)


def test_every_transform_has_an_example() -> None:
    rows = examples("transforms.md")
    assert {steps_in(f"{FIELD}to_crm = [{row.step}]\n")[0].name for row in rows} == set(NAMES)


def test_the_translated_page_has_the_same_examples() -> None:
    assert examples("transforms.ja.md") == examples("transforms.md")


@pytest.mark.parametrize("page", ["transforms.md", "transforms.ja.md"])
def test_the_mappings_that_the_page_shows_are_accepted(page: str) -> None:
    blocks = BLOCK.findall((HOW_TO / page).read_text(encoding="utf-8"))
    assert len(blocks) == 2
    for block in blocks:
        assert steps_in(block if block.startswith("[[") else FIELD + block)
