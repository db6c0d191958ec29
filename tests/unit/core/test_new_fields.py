"""A field made after another: what is copied, what cannot be, and which options are missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.new_fields import can_hold, field_after, missing_options, options_version
from awase.core.schema import Field, Option
from awase.core.values import Kind
from awase.errors import BadInput

TEXT = Field("Industry", "業種", Kind.TEXT, "picklist")
option_lists = st.lists(
    st.builds(Option, st.text(min_size=1, max_size=3), st.text(max_size=3), st.booleans()),
    unique_by=lambda option: option.value,
).map(tuple)


def test_only_active_options_are_copied_in_their_order() -> None:
    options = (Option("b", "乙"), Option("x", "旧", active=False), Option("a", "甲"))
    made = field_after(replace(TEXT, options=options), "Lead.Industry", name="industry")
    assert made.options == (options[0], options[2])
    assert (made.name, made.label, made.kind) == ("industry", "業種", Kind.TEXT)
    assert "Lead.Industry" in made.description


@pytest.mark.parametrize(("length", "many"), [(None, False), (255, False), (256, True)])
def test_a_long_text_gets_a_field_of_several_lines(length: int | None, many: bool) -> None:
    made = field_after(replace(TEXT, max_length=length), "Lead.Note", name="note", label="メモ", group="g")
    assert (made.many_lines, made.label, made.group, made.options) == (many, "メモ", "g", None)


@pytest.mark.parametrize(
    "source",
    [
        replace(TEXT, references=("Account",)),
        replace(TEXT, relation=True),
        replace(TEXT, options=(Option("x", "旧", active=False),)),
    ],
)
def test_what_cannot_be_copied_is_refused_by_name(source: Field) -> None:
    with pytest.raises(BadInput, match=r"Lead\.Industry"):
        field_after(source, "Lead.Industry", name="industry")


@given(option_lists, option_lists)
def test_missing_are_the_active_ones_that_are_not_there_and_nothing_else(
    theirs: tuple[Option, ...], ours: tuple[Option, ...]
) -> None:
    missing = missing_options(replace(TEXT, options=theirs), replace(TEXT, options=ours))
    assert all(option in theirs and option.active for option in missing)
    both = {option.value for option in (*ours, *missing)}
    assert {option.value for option in theirs if option.active} <= both
    assert not {option.value for option in missing} & {option.value for option in ours}


def test_a_version_changes_with_active_options_their_labels_and_their_order_only() -> None:
    active = (Option("a", "甲"), Option("b", "乙"))
    version = options_version(replace(TEXT, options=active))
    old = replace(TEXT, options=(*active, Option("x", "旧", active=False)))
    assert options_version(old) == version
    for options in ((Option("b", "乙"), Option("a", "甲")), (Option("a", "A"), Option("b", "乙")), ()):
        assert options_version(replace(TEXT, options=options)) != version


def test_a_field_that_takes_anything_lacks_no_option() -> None:
    assert missing_options(replace(TEXT, options=(Option("a", "a"),)), replace(TEXT, options=None)) == ()


def test_only_a_field_of_a_fitting_kind_can_hold_the_values() -> None:
    number = replace(TEXT, kind=Kind.DECIMAL)
    assert can_hold(number, replace(TEXT, kind=Kind.INTEGER))
    assert not can_hold(number, TEXT)
    assert not can_hold(replace(TEXT, relation=True), TEXT)
