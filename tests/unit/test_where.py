"""Tests as typed on a command line: every way to write one, and any value at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.configuration.where import typed_tests as read
from awase.core.filters import Condition
from awase.errors import BadInput


def one(text: str) -> Condition:
    (test,) = read([text])
    return test


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Account.Name = 株式会社 山田, 商店", Condition("Account.Name", is_in=("株式会社 山田, 商店",))),
        ("Account.Name is 株式会社 山田", Condition("Account.Name", is_in=("株式会社 山田",))),
        ("Name='a=b'", Condition("Name", is_in=("a=b",))),
        ('Name = "引用 \\"符\\""', Condition("Name", is_in=('引用 "符"',))),
        ("Name = is not this", Condition("Name", is_in=("is not this",))),
        ("Status != 対象外", Condition("Status", is_not=("対象外",))),
        (
            "Industry in 製造業, \"卸売, 小売\" ,'金融'",
            Condition("Industry", is_in=("製造業", "卸売, 小売", "金融")),
        ),
        ("Industry not  in (製造業, 金融)", Condition("Industry", is_not=("製造業", "金融"))),
        ("Name contains 山田 商店", Condition("Name", contains=("山田 商店",))),
        ("Name starts_with 東京都", Condition("Name", starts_with=("東京都",))),
        ("CreatedDate >= 2026-01-01", Condition("CreatedDate", at_least="2026-01-01")),
        ("Score__c at_most 20", Condition("Score__c", at_most="20")),
        ("Email filled", Condition("Email", filled=True)),
        ("Owner.Email blank", Condition("Owner.Email", blank=True)),
        (
            '{ any = [{ field = "City", is = ["港区"] }, { field = "Title", filled = true }] }',
            Condition(any_of=(Condition("City", is_in=("港区",)), Condition("Title", filled=True))),
        ),
    ],
)
def test_each_way_to_write_a_test_means_what_it_says(text: str, expected: Condition) -> None:
    assert one(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Name",
        "Name =",
        'Name = ""',
        "Name in a,,b",
        "= 3",
        "氏名 = 山田",
        "Name like a",
        "Name filled yes",
        "Owner..Email = a",
        "{ field = 'Name' ",
        "{ field = 'Name', iss = ['a'] }",
        "{ field = 'Name' }",
        "{ field = 'a', filled = true }\nother = 1",
        "Name = \udc80",
    ],
)
def test_what_is_no_test_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        one(text)


@given(st.text(min_size=1).map(str.strip).filter(lambda text: text and text[0] not in "\"'"))
def test_whatever_stands_behind_the_sign_is_one_value(value: str) -> None:
    assert one(f"Account.Name = {value}") == Condition("Account.Name", is_in=(value,))


@given(st.lists(st.text(alphabet="ab, '社", min_size=1).map(str.strip).filter(bool), min_size=1))
def test_quoted_values_of_a_list_may_hold_commas(values: list[str]) -> None:
    quoted = ", ".join(f'"{value}"' for value in values)
    assert one(f"Name in {quoted}").is_in == tuple(values)
