"""Transforms in ``awase.toml``: the steps they become, and how each mistake is shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from awase.configuration import parse
from awase.core.transforms import Replacement, Step, Steps, TrueFalse
from awase.errors import BadConfiguration
from awase.locale import spoken

FIELD = """\
[workspace]
name = "acme"
[connections.ma]
vendor = "hubspot"
[connections.crm]
vendor = "salesforce"
[[syncs]]
name = "people"
ma = { connection = "ma", object = "contact" }
crm = { connection = "crm", objects = ["Lead"] }
[[syncs.fields]]
ma = "email"
crm = "Email"
to_crm = [
  "trim",
  STEP,
]
"""
LINE = 16


def steps(text: str) -> Steps:
    return parse(FIELD.replace("STEP", text), Path("awase.toml")).syncs[0].fields[0].to_crm[1:]


@pytest.mark.parametrize(
    ("written", "step"),
    [
        ('"collapse"', Step("collapse")),
        ("{ truncate = 80 }", Step("truncate", 80)),
        ('{ default = "未設定" }', Step("default", "未設定")),
        ('"number", { scale = 0.0001 }', Step("scale", Decimal("0.0001"))),
        ('"number", { scale = 10000 }', Step("scale", Decimal(10000))),
        ('"number", { default = 1.5 }', Step("default", Decimal("1.5"))),
        ('{ date = "japanese" }, { default = 2026-04-01 }', Step("default", date(2026, 4, 1))),
        ('{ split = ";" }, { default = ["a", "b"] }', Step("default", ("a", "b"))),
        ('{ replace = { from = "/", to = "" } }', Step("replace", Replacement("/", ""))),
        ('{ boolean = { true = ["はい"], false = ["いいえ"] } }', Step("boolean", TrueFalse(("はい",), ("いいえ",)))),
        ('{ half_width = "kana" }', Step("half_width", "kana")),
        ("{ strip_company = true }", Step("strip_company")),
        ('"strip_company"', Step("strip_company")),
    ],
)  # fmt: skip
def test_what_is_written_becomes_a_step(written: str, step: Step) -> None:
    assert steps(written)[-1] == step


def test_each_direction_has_steps_of_its_own() -> None:
    field = parse(FIELD.replace("STEP", '"lower"') + 'to_ma = ["upper"]\n').syncs[0].fields[0]
    assert (field.to_crm, field.to_ma) == ((Step("trim"), Step("lower")), (Step("upper"),))
    plain = parse(FIELD[: FIELD.index("to_crm")]).syncs[0].fields[0]
    assert (plain.to_crm, plain.to_ma) == ((), ())


@pytest.mark.parametrize(
    ("written", "path", "words", "offered"),
    [
        ('"colapse"', "", "there is no transform “colapse”", "Did you mean “collapse”?"),
        ('"truncate"', "", "“truncate” needs an argument", "Write { truncate = 80 }."),
        ("{ truncat = 80 }", ".truncat", "the key “truncat” is not known here", "Did you mean “truncate”?"),
        ('{ truncate = "80" }', ".truncate", "expected a whole number, found a text", ""),
        ("{ truncate = 0 }", "", "out of bounds", ""),
        ("{ truncate = 8, round = 1 }", "", "exactly one key", "Write { truncate = 80 }."),
        ("{ }", "", "exactly one key", ""),
        ("3", "", "expected a text, found a whole number", ""),
        ("{ round = 2 }", "", "it takes a number, and gets a text", "Allowed here: boolean, collapse, date,"),
        ("{ default = 5 }", "", "“5” does not fit here, where the field is a text", ""),
        ('{ default = "" }', "", "does not fit here", ""),
        ("{ default = 07:00:00 }", ".default", "cannot be the value of a field", ""),
        ("{ default = [1] }", ".default", "cannot be the value of a field", ""),
        ('{ date = "%Y" }', "", "year, month and day once each", "%Y/%m/%d"),
        ('{ half_width = "kanji" }', ".half_width", "“kanji” is not allowed", "all, ascii, digits, kana"),
        ('{ prefecture = "nam" }', ".prefecture", "“nam” is not allowed", "Did you mean “name”?"),
        ('{ phone = "Japan" }', "", "there is no country “Japan”", "JP"),
        ('{ replace = { from = "a" } }', ".replace", "“to” is missing", "Add it."),
        ('{ replace = { from = "", to = "a" } }', ".replace.from", "it is empty", ""),
        ('{ boolean = { yes = ["a"] } }', ".boolean.yes", "the key “yes” is not known here", "true, false"),
        ('{ boolean = { true = ["a"], false = ["a"] } }', "", "“a” stands for true and for false", ""),
        ("{ strip_company = false }", ".strip_company", "only true is possible here", ""),
        ("{ scale = inf }", "", "cannot be a factor", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_by_its_line_with_a_way_out(
    written: str, path: str, words: str, offered: str
) -> None:
    with pytest.raises(BadConfiguration) as caught:
        steps(written)
    told = spoken(caught.value, "en")
    assert told.where == f"awase.toml:{LINE}: syncs[0].fields[0].to_crm[1]{path}"
    assert (words in told.text, offered in told.remedy) == (True, True), told


def test_a_step_in_the_wrong_place_is_told_in_japanese() -> None:
    with pytest.raises(BadConfiguration) as caught:
        steps("{ round = 2 }")
    told = spoken(caught.value, "ja")
    assert told.text == "「round」はここに置けません。受け取れるのは数値ですが、ここに来るのは文字列です"
    assert told.remedy.startswith("ここに置けるもの: boolean, collapse, date,")
