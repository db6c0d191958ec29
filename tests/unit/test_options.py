"""Options read off a model: what is missing is seen, examples that follow from the type, and the way into any table."""

from __future__ import annotations

import tomllib
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from awase.configuration.options import Option, Table, complete_document, tables, with_example
from awase.configuration.reference import dotted
from awase.configuration.toml_text import toml_text


class Trim(msgspec.Struct, tag_field="kind", tag="trim"):
    both: bool = True


class Cut(msgspec.Struct, tag_field="kind", tag="cut"):
    length: int
    mark: Annotated[str, Meta(description="Put behind.", examples=["…", "~"])] = ""


class Group(msgspec.Struct):
    name: Annotated[str, Meta(description="A name.", examples=["a"])]
    steps: list[Trim | Cut] = []
    inner: list[Group] = []


class Model(msgspec.Struct):
    groups: Annotated[list[Group], Meta(description="The groups.", examples=[[{"name": "only"}]])]
    level: Literal["low", "high"] = "high"
    share: float = 0.5
    note: str | None = None


def found(path: str, tag: str | None = None) -> tuple[Table, Option]:
    return next(
        (table, option)
        for table in tables(Model)
        for option in table.options
        if dotted(option.path) == path and (tag is None or (table.tag or ("", ""))[1] == tag)
    )


def test_a_missing_description_or_example_is_seen_at_its_option() -> None:
    _, length = found("groups[].steps[].length")
    assert (length.description, length.examples) == ("", ())
    _, mark = found("groups[].steps[].mark")
    assert (mark.description, mark.examples) == ("Put behind.", ("…", "~"))


def test_an_example_follows_from_the_type_where_none_is_written() -> None:
    assert complete_document(Model) == {"groups": [{"name": "only"}], "level": "low", "share": 0.5}
    assert found("groups[].steps[].both")[1].examples == (False,)


def test_a_table_that_holds_its_own_kind_is_listed_once() -> None:
    assert [dotted(table.path) for table in tables(Model)] == [
        "groups[]",
        "groups[].steps[]",
        "groups[].steps[]",
    ]


def test_an_example_is_put_into_the_right_kind_of_table_even_where_none_stands_yet() -> None:
    table, option = found("groups[].steps[].mark")
    content = with_example(table, option, "~", model=Model)
    assert content["groups"][0]["steps"][-1] == {"kind": "cut", "mark": "~"}
    assert content["groups"][0]["name"] == "only"


def test_an_example_can_stand_beside_what_is_required_only() -> None:
    table, option = found("groups[].steps[].kind", "trim")
    content = with_example(table, option, "trim", alone=True, model=Model)
    assert content["groups"][0]["steps"][0] == {"kind": "trim"}


values = st.recursive(
    st.text(st.characters(codec="utf-8"))
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=9), values, max_size=5))
def test_what_is_written_as_toml_reads_back_the_same(content: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(content)) == content


@pytest.mark.parametrize("length", [3, 60])
def test_short_tables_stand_on_one_line_and_long_ones_apart(length: int) -> None:
    text = toml_text({"top": {"part": {"words": "x" * length, "more": "y" * length}}})
    assert ("[top.part]" in text) == (length == 60)
