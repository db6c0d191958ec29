"""A formula written out is the same formula."""

from __future__ import annotations

import pytest

from awase_formula import format, parse
from awase_formula.tree import Formula
from tests.unit.formula.generated import Maker


@pytest.mark.parametrize("width", [20, 100])
def test_a_formatted_formula_parses_to_the_same_tree(width: int) -> None:
    for seed in range(400):
        root = Maker(seed).rule(5)
        written = format(Formula("", root), width)
        assert parse(written).root == root, written


def test_formatting_twice_changes_nothing() -> None:
    for seed in range(100):
        once = format(Formula("", Maker(seed).rule(4)))
        assert format(parse(once)) == once


def test_comments_stay_where_they_were() -> None:
    text = "/* why */ AND( a /* one */ = 1 , /* two */ b /* three */ ) /* end */"
    written = format(parse(text))
    assert written == "/* why */ AND(a /* one */ = 1, /* two */ b/* three */ ) /* end */"
    assert [c.text for c in parse(written).comments] == [c.text for c in parse(text).comments]


def test_a_long_call_is_broken_one_argument_a_line() -> None:
    assert format(parse("and(isnew(),ispickval(Status,'Open'))"), width=30) == (
        'AND(\n  ISNEW(),\n  ISPICKVAL(Status, "Open")\n)'
    )


def test_parentheses_are_written_where_they_change_the_meaning_only() -> None:
    assert format(parse("((a)) + (b * c)")) == "a + b * c"
    assert format(parse("(a + b) * c - (d - e)")) == "(a + b) * c - (d - e)"


def test_not_is_written_with_parentheses_and_keeps_its_meaning() -> None:
    assert format(parse("NOT($Permission.X)")) == "NOT($Permission.X)"
    assert format(parse("not isnew() && !!a")) == "NOT(ISNEW()) && NOT(NOT(a))"
    assert format(parse("NOT(a = b)")) == "NOT(a = b)"
    assert format(parse("NOT a = b")) == "NOT(a) = b"
    assert format(parse("NOT /* why */ a")) == "NOT(/* why */ a)"


def test_a_tree_as_deep_as_may_be_is_written_out() -> None:
    text = "NOT " * 248 + "a"
    assert parse(format(parse(text))).root == parse(text).root
