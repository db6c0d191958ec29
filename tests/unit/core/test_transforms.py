"""Each transform by its examples, and which can stand where."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from awase.core.transforms import (
    NAMES,
    Replacement,
    Step,
    StepProblem,
    TrueFalse,
    possible_kinds,
    result_kind,
)
from awase.core.values import Kind, Value
from tests.unit.core.test_transform_laws import run

JAPANESE = Step("date", "japanese")
UNREADABLE = object()


def one(value: Any, *steps: Step, kind: Kind = Kind.TEXT) -> Value | object:
    ((found, _, failed),) = run([value], steps, kind)
    return UNREADABLE if failed else found


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        (Step("trim"), "\u3000 山田\u3000太郎 \n", "山田\u3000太郎"),
        (Step("collapse"), "山田 \u3000 太郎", "山田 太郎"),
        (Step("upper"), "jp-13 ａ", "JP-13 Ａ"),
        (Step("title"), "TARO o'brien don't 3RD 株式会社ABC", "Taro O'Brien Don't 3rd 株式会社abc"),
        (Step("half_width", "all"), "ＡＢＣ　１２３ガー", "ABC 123ｶﾞｰ"),
        (Step("half_width", "digits"), "Ａ１ガ", "Ａ1ガ"),
        (Step("half_width", "ascii"), "Ａ１ガ！", "A1ガ!"),
        (Step("half_width", "kana"), "Ａ１ガ", "Ａ１ｶﾞ"),
        (Step("full_width", "kana"), "ABC ﾔﾏﾀﾞ", "ABC ヤマダ"),
        (Step("nfkc"), "㈱ｶﾞ①", "(株)ガ1"),
        (Step("hiragana"), "ヤマダ ﾀﾞﾛｳ", "やまだ だろう"),
        (Step("katakana"), "やまだ ﾀﾞﾛｳ", "ヤマダ ダロウ"),
        (Step("strip_company"), "㈱山田", "株式会社山田"),
        (Step("strip_company"), "（株）\u3000山田", "株式会社山田"),
        (Step("strip_company"), "山田 (株)", "山田株式会社"),
        (Step("strip_company"), "山田(有)", "山田有限会社"),
        (Step("strip_company"), "㍿ 山田 太郎 商店", "株式会社山田 太郎 商店"),
        (Step("replace", Replacement(".", "$0")), "a.b.", "a$0b$0"),
        (Step("truncate", 3), "あいうえ", "あいう"),
        (Step("truncate", 3), "あいか\u3099", "あい"),
        (Step("truncate", 2), "ｱｶﾞ", "ｱ"),
        (Step("truncate", 4), "👨‍👩‍👧", None),
        (Step("truncate", 3), "🇯🇵🇫🇷", "🇯🇵"),
        (Step("truncate", 1), "👍🏽", None),
        (Step("truncate", 2), "🙂🙂🙂", "🙂🙂"),
    ],
)
def test_a_text_takes_another_shape(step: Step, before: str, after: str | None) -> None:
    assert one(before, step) == after


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("１，２３４．５", "1234.5"),
        ("¥1,000", "1000"),
        ("￥1,000-", None),
        ("1,000円", "1000"),
        ("1億2,000万円", "120000000"),
        ("1.5億", "150000000"),
        ("3千万", "30000000"),
        ("12.5%", "0.125"),
        ("(1,234)", "-1234"),
        ("△5", "-5"),
        ("▲ 5", "-5"),
        ("¥-5", "-5"),
        ("−5", "-5"),
        (".5", "0.5"),
        ("0.00000000005", "0.0000000001"),
        ("(-5)", None),
        ("1,23", None),
        ("1.2.3", None),
        ("1e5", None),
        ("10²", None),
        ("٣", None),
        ("万", None),
        ("2万1億", None),
        ("(5", None),
        ("9" * 28, "9" * 28),
        ("9" * 29, None),
        ("1" * 5000, None),
        ("1兆" * 3, None),
        ("なし", None),
    ],
)
def test_a_number_is_read_as_people_write_it_and_nothing_is_guessed(written: str, number: str | None) -> None:
    assert one(written, Step("number")) == (UNREADABLE if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("step", "written", "day"),
    [
        (JAPANESE, "令和7年4月1日", date(2025, 4, 1)),
        (JAPANESE, "R7.4.1", date(2025, 4, 1)),
        (JAPANESE, "ｒ０７/０４/０１", date(2025, 4, 1)),
        (JAPANESE, "㋿元年5月1日", date(2019, 5, 1)),
        (JAPANESE, "平成元年1月8日(日)", date(1989, 1, 8)),
        (JAPANESE, "H31-4-30", date(2019, 4, 30)),
        (JAPANESE, "平成32年3月31日", date(2020, 3, 31)),
        (JAPANESE, "昭和五十年十二月二十九日", date(1975, 12, 29)),
        (JAPANESE, "S64.1.7", date(1989, 1, 7)),
        (JAPANESE, "大正15年12月24日", date(1926, 12, 24)),
        (JAPANESE, "明治45年7月29日", date(1912, 7, 29)),
        (JAPANESE, "2025年4月1日 火曜日", date(2025, 4, 1)),
        (JAPANESE, "西暦2025/4/1", date(2025, 4, 1)),
        (JAPANESE, "令和0年1月1日", None),
        (JAPANESE, "令和7年2月29日", None),
        (JAPANESE, "7年4月1日", None),
        (JAPANESE, "十十年", None),
        (JAPANESE, "令和十十年1月1日", None),
        (Step("date", "%Y/%m/%d"), "２０２５／４／１", date(2025, 4, 1)),
        (Step("date", "%Y/%m/%d"), "2025/02/30", None),
        (Step("date", "%Y/%m/%d"), "2025-04-01", None),
        (Step("date", "%Y%m%d"), "20250401", date(2025, 4, 1)),
        (Step("date", "%Y年%m月%d日"), "2025年4月1日", date(2025, 4, 1)),
        (Step("date", "%d %b %y"), "1 APR 69", date(1969, 4, 1)),
        (Step("date", "%B %d, %Y"), "April 1, 2025", date(2025, 4, 1)),
        (Step("date", "%Y-%m-%d %H:%M:%S"), "2025-04-01 09:30:00", date(2025, 4, 1)),
        (Step("date", "%m.%d.%Y"), "04x01x2025", None),
        (Step("date", "%Y-%m-%d"), "0000-01-01", None),
    ],
)
def test_a_date_is_read_in_its_format(step: Step, written: str, day: date | None) -> None:
    assert one(written, step) == (UNREADABLE if day is None else day)


@pytest.mark.parametrize(
    ("region", "written", "national", "e164"),
    [
        ("JP", "0000000000", None, None),  # what stands behind the prefix begins with it again
        ("JP", "0312345678", "03-1234-5678", "+81312345678"),
        ("JP", "０９０ー１２３４ー５６７８", "090-1234-5678", "+819012345678"),
        ("JP", "TEL: (03) 1234-5678", "03-1234-5678", "+81312345678"),
        ("JP", "+81 3-1234-5678", "03-1234-5678", "+81312345678"),
        ("JP", "03-0000-0000", "03-0000-0000", "+81300000000"),
        ("JP", "03-1234-5678 内線12", "03-1234-5678 ext. 12", "+81312345678"),
        ("JP", "+1 650-253-0000", "+1 650-253-0000", "+16502530000"),
        ("US", "(650) 253-0000", "(650) 253-0000", "+16502530000"),
        ("JP", "03-1234-5678 / 090-1234-5678", None, None),
        ("JP", "1234", None, None),
        ("JP", "1234567890", None, None),
        ("JP", "担当: 山田", None, None),
        ("JP", "0" * 500, None, None),
        ("JP", "٠٣١٢٣٤٥٦٧٨", None, None),
    ],
)
def test_a_telephone_number_takes_one_form(
    region: str, written: str, national: str | None, e164: str | None
) -> None:
    found = [one(written, Step(name, region)) for name in ("phone", "phone_e164")]
    assert found == [UNREADABLE if form is None else form for form in (national, e164)]


@pytest.mark.parametrize(
    "written",
    ["東京", "東京都", "とうきょうと", "トウキョウ", "Tokyo", "TOKYO-TO", "Tōkyō", "Toukyou", "ＴＯＫＹＯ", "13", "JP-13", " 東京 都 "],
)  # fmt: skip
def test_a_prefecture_is_known_in_every_spelling(written: str) -> None:
    found = [one(written, Step("prefecture", form)) for form in ("name", "name_short", "code", "english")]
    assert found == ["東京都", "東京", "13", "Tokyo"]


def test_there_are_47_prefectures_and_each_form_leads_to_each_other() -> None:
    codes = [f"{number:02}" for number in range(1, 48)]
    for form in ("name", "name_short", "english"):
        there = [found for found, _, _ in run(codes, (Step("prefecture", form),), Kind.TEXT)]
        assert len(set(there)) == 47
        assert [found for found, _, _ in run(there, (Step("prefecture", "code"),), Kind.TEXT)] == codes
    names = run(["01", "13", "26", "27", "40", "47"], (Step("prefecture", "name"),), Kind.TEXT)
    assert [name for name, _, _ in names] == ["北海道", "東京都", "京都府", "大阪府", "福岡県", "沖縄県"]


@pytest.mark.parametrize("written", ["48", "0", "東", "東京都港区", "Tokio", "USA"])
def test_what_is_no_prefecture_is_not_guessed(written: str) -> None:
    assert one(written, Step("prefecture", "name")) is UNREADABLE


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("〒123-4567", "123-4567"),
        ("１２３４５６７", "123-4567"),
        ("〒 １２３－４５６７", "123-4567"),
        ("123ー4567", "123-4567"),
        ("123-456", None),
        ("12345678", None),
    ],
)
def test_a_postal_code_takes_one_form(written: str, code: str | None) -> None:
    assert one(written, Step("postal_code")) == (UNREADABLE if code is None else code)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("はい", True), (" YES ", True), ("ＮＯ", False), ("maybe", UNREADABLE), ("  ", None)],
)
def test_words_become_true_or_false(written: str, meant: object) -> None:
    assert one(written, Step("boolean", TrueFalse(("はい", "yes"), ("いいえ", "no")))) == meant


def test_parts_keep_their_order_until_the_chain_ends() -> None:
    assert one("b, a,b,, c", Step("split", ",")) == ("a", "b", "c")
    assert one("b, a,b,, c", Step("split", ","), Step("first")) == "b"
    assert one("b, a,b,, c", Step("split", ","), Step("join", "/")) == "b/a/c"
    assert one(" ,, ", Step("split", ",")) is None


def test_numbers_are_scaled_exactly_and_halves_go_away_from_zero() -> None:
    assert one(Decimal("0.1"), Step("scale", Decimal("10000")), kind=Kind.DECIMAL) == 1000
    assert one(Decimal("-2.5"), Step("round", 0), kind=Kind.DECIMAL) == -3
    assert one(2**62, Step("scale", Decimal("0.0001")), kind=Kind.INTEGER) == Decimal("461168601842738.7904")
    assert one(Decimal(10**27), Step("scale", Decimal("10000")), kind=Kind.DECIMAL) is UNREADABLE
    assert one(Decimal("9" * 28 + ".9"), Step("round", 0), kind=Kind.DECIMAL) is UNREADABLE


def test_moments_become_days_and_days_moments_in_the_zone_of_the_sync() -> None:
    evening = datetime(2026, 4, 1, 15, tzinfo=UTC)
    assert one(evening, Step("date"), kind=Kind.DATETIME) == date(2026, 4, 2)
    assert one(date(2026, 4, 2), Step("start_of_day"), kind=Kind.DATE) == evening


def test_a_made_value_is_marked_and_stays_so() -> None:
    steps = (Step("truncate", 3), Step("default", "なし"), Step("upper"))
    assert run(["abcd", "abc", None, "   "], steps, Kind.TEXT) == [
        ("ABC", True, False),
        ("ABC", False, False),
        ("なし", True, False),
        ("なし", True, False),
    ]


def test_what_was_cut_and_then_not_read_is_not_made() -> None:
    assert run(["なしです"], (Step("truncate", 2), Step("number")), Kind.TEXT) == [(None, False, True)]


def test_a_word_that_was_taken_away_is_empty_and_not_unreadable() -> None:
    steps = (
        Step("replace", Replacement("なし", "")),
        Step("date", "%Y/%m/%d"),
        Step("default", date(2000, 1, 1)),
    )
    assert run(["なし", "2025/4/1", "いつか"], steps, Kind.TEXT) == [
        (date(2000, 1, 1), True, False),
        (date(2025, 4, 1), False, False),
        (None, False, True),
    ]


def test_without_steps_a_column_is_as_it_was() -> None:
    assert run([" a ", None], (), Kind.TEXT) == [(" a ", False, False), (None, False, False)]


@pytest.mark.parametrize(
    ("steps", "source", "kind"),
    [
        ((), Kind.DATE, Kind.DATE),
        ((Step("trim"), Step("number"), Step("round", 0), Step("text")), Kind.TEXT, Kind.TEXT),
        ((Step("split", ","), Step("default", ("a",))), Kind.TEXT, Kind.TEXTS),
        ((Step("date"),), Kind.DATETIME, Kind.DATE),
        ((Step("date", "japanese"), Step("start_of_day")), Kind.TEXT, Kind.DATETIME),
        ((Step("scale", Decimal(2)),), Kind.INTEGER, Kind.DECIMAL),
        ((Step("default", 0),), Kind.INTEGER, Kind.INTEGER),
        ((Step("default", "2026-04-01"),), Kind.DATE, Kind.DATE),
    ],
)
def test_a_chain_gives_a_kind(steps: tuple[Step, ...], source: Kind, kind: Kind) -> None:
    assert result_kind(steps, source) == kind


@pytest.mark.parametrize(
    ("steps", "source", "place", "words"),
    [
        ((Step("trim"), Step("round", 1)), Kind.TEXT, 1, "“round” cannot stand here: it takes a number, and gets a text"),
        ((Step("trim"),), Kind.TEXTS, 0, "takes a text, and gets several texts"),
        ((Step("date"),), Kind.TEXT, 0, "takes a date with a time, and gets a text"),
        ((Step("tirm"),), Kind.TEXT, 0, "there is no transform “tirm”"),
        ((Step("trim", 3),), Kind.TEXT, 0, "takes no argument"),
        ((Step("truncate"),), Kind.TEXT, 0, "needs an argument"),
        ((Step("truncate", 0),), Kind.TEXT, 0, "out of bounds"),
        ((Step("round", 11),), Kind.DECIMAL, 0, "out of bounds"),
        ((Step("default", 5),), Kind.TEXT, 0, "“5” does not fit here, where the field is a text"),
        ((Step("default", "5"),), Kind.DECIMAL, 0, "does not fit"),
        ((Step("default", True),), Kind.INTEGER, 0, "does not fit"),
        ((Step("default", " "),), Kind.TEXT, 0, "does not fit"),
        ((Step("default", datetime(2026, 4, 1)),), Kind.DATETIME, 0, "does not fit"),  # noqa: DTZ001
        ((Step("scale", Decimal(0)),), Kind.DECIMAL, 0, "cannot be a factor"),
        ((Step("scale", Decimal("NaN")),), Kind.DECIMAL, 0, "cannot be a factor"),
        ((Step("scale", Decimal("1E-11")),), Kind.DECIMAL, 0, "cannot be a factor"),
        ((Step("date", "%Y/%m"),), Kind.TEXT, 0, "year, month and day"),
        ((Step("date", "%Y/%m/%d/%d"),), Kind.TEXT, 0, "once each"),
        ((Step("date", "%Y-%q-%d"),), Kind.TEXT, 0, "“%q” is not known"),
        ((Step("date", "%Y/%m/%d%"),), Kind.TEXT, 0, "“%” is not known"),
        ((Step("prefecture", "kanji"),), Kind.TEXT, 0, "not allowed"),
        ((Step("half_width", "hiragana"),), Kind.TEXT, 0, "not allowed"),
        ((Step("phone", "ZZ"),), Kind.TEXT, 0, "no country"),
        ((Step("split", ""),), Kind.TEXT, 0, "separator is empty"),
        ((Step("replace", Replacement("", "x")),), Kind.TEXT, 0, "nothing to replace"),
        ((Step("boolean", TrueFalse(("a",), ("Ａ",))),), Kind.TEXT, 0, "for true and for false"),
        ((Step("boolean", TrueFalse((), ())),), Kind.TEXT, 0, "no word"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_stand_is_named_with_the_reason(
    steps: tuple[Step, ...], source: Kind, place: int, words: str
) -> None:
    with pytest.raises(StepProblem) as caught:
        result_kind(steps, source)
    assert (words in str(caught.value), caught.value.place) == (True, place), str(caught.value)


def test_what_could_stand_there_is_offered() -> None:
    with pytest.raises(StepProblem) as caught:
        result_kind((Step("number"), Step("trim")), Kind.TEXT)
    assert caught.value.places["allowed"] == "default, round, scale, text"


def test_a_chain_is_judged_before_its_source_is_known() -> None:
    assert possible_kinds(()) == set(Kind)
    assert possible_kinds((Step("default", 5),)) == {Kind.INTEGER, Kind.DECIMAL}
    with pytest.raises(StepProblem):
        possible_kinds((Step("default", True), Step("trim")))


def test_steps_can_be_part_of_a_digest() -> None:
    steps = (
        Step("boolean", TrueFalse(("a",), ())),
        Step("scale", Decimal("0.1")),
        Step("default", date(2026, 1, 1)),
    )
    assert msgspec.json.encode(steps, order="sorted") == msgspec.json.encode(steps, order="sorted")
    assert hash(steps)


def test_names_are_offered_in_order() -> None:
    assert list(NAMES) == sorted(set(NAMES))
