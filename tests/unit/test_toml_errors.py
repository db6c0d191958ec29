"""A file that is not TOML is told with its line, in words of our own in both languages."""

from __future__ import annotations

import pytest

from awase.configuration.workspace import parse
from awase.errors import BadConfiguration
from awase.locale import spoken

BROKEN = {
    "name": ("a = is missing", "= がありません"),
    "a.= 3": ("a name is missing", "名前がない"),
    "a = 1 2": ("behind the value", "値の後"),
    "a = nothing": ("is no value", "値ではありません"),
    "a = 2026-02-30": ("no such date", "日付や時刻はありません"),
    'a = "open': ("not closed by its quote", "引用符で閉じられて"),
    'a = "open\n"': ("not closed by its quote", "引用符で閉じられて"),
    'a = "\x01"': ("control character", "制御文字"),
    "a = 1 # \x01": ("control character", "制御文字"),
    "a = [1, 2": ("list is not closed", "リストが ]"),
    "a = { b = 1": ("table within one line", "一行に書いたテーブル"),
    "[a": ("name of a table", "テーブルの名前"),
    "[[a]": ("name of a table", "テーブルの名前"),
    "[a]\n[a]": ("twice", "二回"),
    "a = 1\na = 2": ("twice", "二回"),
    "a = { b = 1, b = 2 }": ("twice", "二回"),
    "a = 1\n[a.b]\nc = 1": ("twice", "二回"),
    "a = { b = 1 }\n[a.c]": ("twice", "二回"),
    'a = "C:\\path"': ("single quotes", "一重引用符"),
    'a = "\\uZZZZ"': ("single quotes", "一重引用符"),
    'a = "\\uD800"': ("single quotes", "一重引用符"),
    "?": ("a line must be", "行は「名前 = 値」"),
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_toml_is_told_in_both_languages(text: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        parse(text)
    english, japanese = BROKEN[text]
    assert english in spoken(caught.value, "en").text
    assert japanese in spoken(caught.value, "ja").text
    assert caught.value.where.startswith("awase.toml:")
