"""Transforms of Japanese places: prefectures in their four forms, and postal codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import jaconv
import polars as pl

from awase.core.transforms.steps import StepProblem, by_value
from awase.core.transforms.widths import ascii_width

# In the order of JIS X 0401, whose numbers ISO 3166-2:JP uses too: short name, reading, English.
_TABLE = """
北海道 ほっかい Hokkaido|青森 あおもり Aomori|岩手 いわて Iwate|宮城 みやぎ Miyagi|秋田 あきた Akita|山形 やまがた Yamagata
福島 ふくしま Fukushima|茨城 いばらき Ibaraki|栃木 とちぎ Tochigi|群馬 ぐんま Gunma|埼玉 さいたま Saitama|千葉 ちば Chiba
東京 とうきょう Tokyo|神奈川 かながわ Kanagawa|新潟 にいがた Niigata|富山 とやま Toyama|石川 いしかわ Ishikawa|福井 ふくい Fukui
山梨 やまなし Yamanashi|長野 ながの Nagano|岐阜 ぎふ Gifu|静岡 しずおか Shizuoka|愛知 あいち Aichi|三重 みえ Mie
滋賀 しが Shiga|京都 きょうと Kyoto|大阪 おおさか Osaka|兵庫 ひょうご Hyogo|奈良 なら Nara|和歌山 わかやま Wakayama
鳥取 とっとり Tottori|島根 しまね Shimane|岡山 おかやま Okayama|広島 ひろしま Hiroshima|山口 やまぐち Yamaguchi|徳島 とくしま Tokushima
香川 かがわ Kagawa|愛媛 えひめ Ehime|高知 こうち Kochi|福岡 ふくおか Fukuoka|佐賀 さが Saga|長崎 ながさき Nagasaki
熊本 くまもと Kumamoto|大分 おおいた Oita|宮崎 みやざき Miyazaki|鹿児島 かごしま Kagoshima|沖縄 おきなわ Okinawa
"""
_SUFFIXES: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "東京": ("都", ("と",), "to"),
    "北海道": ("", ("どう",), ""),
    "京都": ("府", ("ふ",), "fu"),
    "大阪": ("府", ("ふ",), "fu"),
}
_OTHER_SUFFIX = ("県", ("けん",), "ken")
_OTHER_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "北海道": ("北海",),
    "東京": ("toukyou", "tokyometropolis"),
    "京都": ("kyouto",),
    "大阪": ("oosaka", "ohsaka"),
    "兵庫": ("hyougo",),
    "高知": ("kouchi",),
    "大分": ("ooita", "ohita"),
    "群馬": ("gumma",),
}


@dataclass(frozen=True, slots=True)
class _Prefecture:
    name: str
    name_short: str
    code: str
    english: str


FORMS = ("name", "name_short", "code", "english")
_LONGEST = 60


@cache
def _by_spelling() -> Mapping[str, _Prefecture]:
    """Every spelling, folded → the prefecture."""
    found: dict[str, _Prefecture] = {}
    for number, (short, reading, english) in enumerate(_rows(), start=1):
        suffix, kana, latin = _SUFFIXES.get(short, _OTHER_SUFFIX)
        one = _Prefecture(short + suffix, short, f"{number:02}", english)
        spellings = [
            one.name,
            short,
            reading,
            *(reading + k for k in kana),
            str(number),
            one.code,
            f"JP{one.code}",
        ]
        for word in (english, *_OTHER_SPELLINGS.get(short, ())):
            spellings += [word, word + latin, f"{word}prefecture", f"{word}pref"]
        found |= dict.fromkeys(map(_folded, spellings), one)
    return found


def _rows() -> Iterator[list[str]]:
    for line in _TABLE.strip().splitlines():
        for part in line.split("|"):
            yield part.split()


def _folded(text: str) -> str:
    """Without width, case, long marks of Latin vowels, blanks, hyphens and points; katakana as hiragana."""
    plain = jaconv.kata2hira(unicodedata.normalize("NFKC", text)).casefold()
    letters = (
        sign for sign in unicodedata.normalize("NFD", plain) if sign not in _IGNORED and not sign.isspace()
    )
    return unicodedata.normalize("NFC", "".join(letters))


_IGNORED = frozenset("-‐‑–.,\u0302\u0304")


def prefecture(value: pl.Expr, form: str) -> pl.Expr:
    return by_value(value, lambda text: prefecture_in(text, form))


def prefecture_in(text: str, form: str) -> str | None:
    """The prefecture that ``text`` names, in the form asked for; None where it names none."""
    found = _by_spelling().get(_folded(text)) if len(text) <= _LONGEST else None
    return None if found is None else str(getattr(found, form))


def check_form(argument: str) -> None:
    if argument not in FORMS:
        raise StepProblem(
            "“{value}” is not allowed", remedy="Allowed: {allowed}.", value=argument, allowed=", ".join(FORMS)
        )


_POSTAL_CODE = re.compile(r"〒?\s*([0-9]{3})\s*[-\u2010-\u2015\u2212ー]?\s*([0-9]{4})")


def postal_code(value: pl.Expr, _argument: None) -> pl.Expr:
    return by_value(value, postal_code_in)


def postal_code_in(text: str) -> str | None:
    """``123-4567``, or None where ``text`` is not a postal code of seven digits."""
    found = _POSTAL_CODE.fullmatch(ascii_width(text).strip()) if len(text) <= _LONGEST else None
    return f"{found[1]}-{found[2]}" if found else None
