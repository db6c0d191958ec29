"""Transforms that give a text another shape, split it or put it together."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any

import polars as pl

from awase.core.transforms.steps import Made, Replacement, StepProblem, by_value
from awase.core.values import Kind

_ATTACHED = re.compile(r"[\u200d\ufe00-\ufe0f\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""Joiners, variation selectors, half-width voicing marks, skin tones, tags: they belong to the sign before them."""

_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f]|['’](?=[^\W_]))*")
_NAME_PREFIX = re.compile(r"\w['’]")


def trimmed(value: pl.Expr, _argument: None) -> pl.Expr:
    return value.str.strip_chars()


def collapsed(value: pl.Expr, _argument: None) -> pl.Expr:
    return value.str.replace_all(r"\s+", " ")


def upper(value: pl.Expr, _argument: None) -> pl.Expr:
    return value.str.to_uppercase()


def lower(value: pl.Expr, _argument: None) -> pl.Expr:
    return value.str.to_lowercase()


def titled(value: pl.Expr, _argument: None) -> pl.Expr:
    return by_value(value, titled_text)


def titled_text(text: str) -> str:
    """Words begin with a capital and go on in small letters: ``O'Brien``, ``Don't``, ``3rd``."""
    return _WORD.sub(_titled_word, text)


def _titled_word(found: re.Match[str]) -> str:
    word = found.group()
    if _NAME_PREFIX.match(word):
        return f"{word[0].title()}{word[1]}{word[2].title()}{word[3:].lower()}"
    return word[0].title() + word[1:].lower()


def replaced(value: pl.Expr, argument: Replacement) -> pl.Expr:
    return value.str.replace_all(argument.old, argument.new, literal=True)


def check_replacement(argument: Replacement) -> None:
    if not argument.old:
        raise StepProblem(
            "“from” is empty: there is nothing to replace", remedy="Say what is to be replaced."
        )


def normal_form(value: pl.Expr, _argument: None) -> pl.Expr:
    return value.str.normalize("NFKC")


def truncate(state: Made, length: int, _kind: Kind, _zone: str) -> Made:
    """At most ``length`` characters; what was shortened is marked."""
    shortened = (state.value.str.len_chars() > length).fill_null(value=False)
    value = by_value(state.value, lambda text: truncated_text(text, length))
    return replace(state, value=value, made=state.made | shortened)


def truncated_text(text: str, length: int) -> str:
    """The longest beginning of at most ``length`` code points that ends between two signs as people see them."""
    if len(text) <= length:
        return text
    end = length
    while end and (_is_attached(text[end]) or text[end - 1] == "\u200d" or _splits_flag(text, end)):
        end -= 1
    return text[:end]


def _is_attached(sign: str) -> bool:
    return unicodedata.category(sign).startswith("M") or _ATTACHED.match(sign) is not None


def _splits_flag(text: str, end: int) -> bool:
    """Flags are pairs of regional letters: whether an odd number of these stands before ``end``."""
    before = len(text[:end]) - len(text[:end].rstrip(_REGIONAL_LETTERS))
    return text[end] in _REGIONAL_LETTERS and before % 2 == 1


_REGIONAL_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def check_length(argument: int) -> None:
    if argument < 1:
        raise StepProblem("{value} is out of bounds ({low} to {high})", value=argument, low=1, high="…")


def split(value: pl.Expr, separator: str) -> pl.Expr:
    """Parts in the order in which they stand, without outer blanks, each once."""
    part = pl.element().str.strip_chars()
    return value.str.split(separator).list.eval(part.filter(part != "").unique(maintain_order=True))


def joined(value: pl.Expr, separator: str) -> pl.Expr:
    return value.list.join(separator)


def first(value: pl.Expr, _argument: None) -> pl.Expr:
    return value.list.first()


def check_separator(argument: str) -> None:
    if not argument:
        raise StepProblem("the separator is empty", remedy="Name the sign that stands between the parts.")


def written(state: Made, _argument: None, kind: Kind, _zone: str) -> Made:
    """Any kind as the text that ``values.as_text`` gives."""
    value = state.value
    match kind:
        case Kind.TEXTS:
            text = value.list.join(";")
        case Kind.DECIMAL:
            text = value.cast(pl.String).str.replace(r"\.?0+$", "")
        case Kind.DATETIME:
            moment = value.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
            text = moment.str.strip_suffix(".000000") + "+00:00"
        case _:
            text = value.cast(pl.String)
    return replace(state, value=text)


def true_or_false(value: pl.Expr, argument: Any) -> pl.Expr:
    table = {_word(w): True for w in argument.true} | {_word(w): False for w in argument.false}
    return by_value(value, lambda text: table.get(_word(text)), pl.Boolean())


def _word(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def check_true_false(argument: Any) -> None:
    both = {_word(w) for w in argument.true} & {_word(w) for w in argument.false}
    if both:
        raise StepProblem(
            "“{value}” stands for true and for false", remedy="Keep one of the two.", value=min(both)
        )
    if not argument.true and not argument.false:
        raise StepProblem("no word stands for true or false", remedy="Name at least one.")
