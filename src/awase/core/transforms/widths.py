"""Transforms of Japanese writing: half and full width, hiragana and katakana, the forms of companies."""

from __future__ import annotations

from collections.abc import Mapping

import jaconv
import polars as pl

from awase.core.transforms.steps import StepProblem, by_value

WIDTHS = ("all", "kana", "ascii", "digits")
"""What ``half_width`` and ``full_width`` may convert; ``ascii`` has the digits too."""

_TO_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def ascii_width(text: str) -> str:
    """Full-width Latin letters, digits, signs and blanks as ASCII; all else as it is (``²`` stays no digit)."""
    return text.translate(_TO_ASCII)


def half_width(value: pl.Expr, which: str) -> pl.Expr:
    return by_value(value, lambda text: half_width_text(text, which))


def full_width(value: pl.Expr, which: str) -> pl.Expr:
    return by_value(value, lambda text: full_width_text(text, which))


def half_width_text(text: str, which: str) -> str:
    kana, signs, digits = _wanted(which)
    return jaconv.z2h(text, kana=kana, ascii=signs, digit=digits)


def full_width_text(text: str, which: str) -> str:
    kana, signs, digits = _wanted(which)
    return jaconv.h2z(text, kana=kana, ascii=signs, digit=digits)


def _wanted(which: str) -> tuple[bool, bool, bool]:
    """Kana, Latin signs, digits."""
    return which in ("all", "kana"), which in ("all", "ascii"), which in ("all", "ascii", "digits")


def check_width(argument: str) -> None:
    if argument not in WIDTHS:
        raise StepProblem(
            "“{value}” is not allowed",
            remedy="Allowed: {allowed}.",
            value=argument,
            allowed=", ".join(WIDTHS),
        )


def hiragana(value: pl.Expr, _argument: None) -> pl.Expr:
    return by_value(value, lambda text: jaconv.kata2hira(jaconv.h2z(text)))


def katakana(value: pl.Expr, _argument: None) -> pl.Expr:
    return by_value(value, lambda text: jaconv.hira2kata(jaconv.h2z(text)))


_FORMS: Mapping[str, str] = {
    "株式会社": r"㈱|㍿|[(（]\s*株\s*[)）]|株式會社",
    "有限会社": r"㈲|[(（]\s*有\s*[)）]|有限會社",
    "合同会社": r"[(（]\s*同\s*[)）]|合同會社",
    "合資会社": r"㈾|[(（]\s*資\s*[)）]|合資會社",
    "合名会社": r"㈴|[(（]\s*名\s*[)）]|合名會社",
}
"""One spelling of each form of company → how else it is written."""

_AFTER_FORM = rf"^\s*({'|'.join(_FORMS)})\s+"
_BEFORE_FORM = rf"\s+({'|'.join(_FORMS)})\s*$"


def company_form(value: pl.Expr, _argument: None) -> pl.Expr:
    """``㈱山田``, ``(株) 山田`` → ``株式会社山田``; no blank between form and name."""
    for form, spellings in _FORMS.items():
        value = value.str.replace_all(spellings, form)
    return value.str.replace(_AFTER_FORM, "${1}").str.replace(_BEFORE_FORM, "${1}")
