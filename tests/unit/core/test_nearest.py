"""What a target would take instead of a value that it refuses."""

from __future__ import annotations

import pytest

from awase.core.checks.nearest import nearest
from awase.core.schema import Option
from awase.core.values import Kind
from tests.unit.core.scene import a_field

OPTIONS = (
    Option("製造業", "製造業"),
    Option("IT", "情報通信業"),
    Option("Retail", "小売業"),
    Option("旧", "旧", active=False),
)
INDUSTRY = a_field("Industry", options=OPTIONS, restricted=True)


@pytest.mark.parametrize(
    ("value", "near"),
    [
        ("製造", "製造業"),
        ("情報通信業", "IT"),
        ("ＩＴ", "IT"),
        ("retail", "Retail"),
        ("Retial", "Retail"),
        ("旧", None),
        ("農業協同組合", None),
        ("", None),
    ],
)
def test_an_option_is_offered_by_its_name_its_beginning_or_its_likeness(value: str, near: str | None) -> None:
    assert nearest(INDUSTRY, value, "picklist_option_missing") == near


def test_a_text_that_is_too_long_is_offered_cut() -> None:
    field = a_field("Title", max_length=3)
    assert nearest(field, "長い役職", "string_too_long") == "長い役"
    assert nearest(field, "長い役職", "invalid_email") is None


def test_of_a_beginning_that_several_options_share_none_is_taken_blindly() -> None:
    field = a_field("Line", options=(Option("製造業A", "A"), Option("製造業B", "B")))
    assert nearest(field, "製造", "restricted_picklist_value") is None
    assert nearest(a_field("Lines", Kind.TEXTS, options=OPTIONS), "製造", "restricted_picklist_value") is None
