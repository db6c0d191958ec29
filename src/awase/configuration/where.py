"""Tests as a person types them on a command line: in words, or as ``awase.toml`` has them.

Account.Name = 株式会社 山田商店          everything behind the sign is one value, blanks and commas included
Industry in 製造業, "卸売, 小売"          several values, divided by commas
CreatedDate at_least 2026-01-01T00:00:00+09:00
Email filled
{ any = [{ field = "City", is = ["港区"] }, { field = "Owner.Email", contains = ["sato"] }] }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path as FilePath

from msgspec import inspect

from awase.configuration.check import Checker, convert
from awase.configuration.conditions import filter_of
from awase.configuration.document import FilterPart
from awase.core.filters import Condition
from awase.errors import BadInput

_WHERE = "--where"
_SAID = re.compile(
    r"\s*(?P<field>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)"
    r"(?:\s*(?P<sign>!=|>=|<=|=)|\s+(?P<word>is_not|is|not\s+in|in|contains|starts_with|at_least|at_most|filled|blank)(?=\s|$))"
    r"\s*(?P<rest>.*?)\s*",
    re.DOTALL,
)
_MEANS = {"=": "is", "!=": "is_not", ">=": "at_least", "<=": "at_most"}
_LISTS = {"in": "is", "not in": "is_not"}
_PIECE = re.compile(r"""\s*(?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^,"']*?)\s*(?:,|\Z)""", re.DOTALL)
_PART = inspect.type_info(FilterPart)


def typed_tests(texts: Iterable[str]) -> tuple[Condition, ...]:
    """``texts`` as tests, all of which must hold. Raises BadInput saying which text is wrong and how."""
    return tuple(_test(text) for text in texts)


def _test(text: str) -> Condition:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput("the test is no text", where=_WHERE) from None
    if text.lstrip().startswith("{"):
        return _as_configured(text)
    said = _SAID.fullmatch(text)
    if said is None:
        raise _not_understood(text)
    word = said["sign"] or " ".join(said["word"].split())
    return _condition(said["field"], word, said["rest"], text)


def _condition(field: str, word: str, rest: str, text: str) -> Condition:
    if word in ("filled", "blank"):
        if rest:
            raise _not_understood(text)
        return Condition(field=field, filled=word == "filled", blank=word == "blank")
    values = _several(rest, text) if word in _LISTS else (_unquoted(rest, text),)
    if not all(value.strip() for value in values):
        raise BadInput(
            "the test has no value: {text}",
            where=_WHERE,
            remedy="Write a value behind the sign; what is empty is found with: {field} blank",
            text=text,
            field=field,
        )
    match _LISTS.get(word) or _MEANS.get(word, word):
        case "is":
            return Condition(field=field, is_in=values)
        case "is_not":
            return Condition(field=field, is_not=values)
        case "contains":
            return Condition(field=field, contains=values)
        case "starts_with":
            return Condition(field=field, starts_with=values)
        case "at_least":
            return Condition(field=field, at_least=values[0])
        case _:
            return Condition(field=field, at_most=values[0])


def _several(rest: str, text: str) -> tuple[str, ...]:
    inside = rest[1:-1] if rest[:1] + rest[-1:] in ("()", "[]") else rest
    values: list[str] = []
    place = 0
    while place < len(inside):
        piece = _PIECE.match(inside, place)
        if piece is None:
            raise _not_understood(text)
        values.append(_unquoted(piece["value"], text))
        place = piece.end()
    return tuple(values) or ("",)


def _unquoted(value: str, text: str) -> str:
    """A value without the quotes that stand around the whole of it; any other quotes are part of it."""
    if (
        len(value) < 2
        or value[0] not in "\"'"
        or value[-1] != value[0]
        or value[0] in value[1:-1].replace('\\"', "")
    ):
        return value
    try:
        return str(tomllib.loads(f"value = {value}")["value"])
    except tomllib.TOMLDecodeError:
        raise _not_understood(text) from None


def _as_configured(text: str) -> Condition:
    try:
        content = tomllib.loads(f"test = {text.strip()}")
    except tomllib.TOMLDecodeError:
        raise _not_understood(text) from None
    if set(content) != {"test"}:
        raise _not_understood(text)
    checker = Checker(FilePath(_WHERE), {(): 1})
    checker.check(content["test"], _PART)
    return filter_of([convert(content["test"], FilterPart)], (), checker)[0]


def _not_understood(text: str) -> BadInput:
    return BadInput(
        "this test cannot be read: {text}",
        where=_WHERE,
        remedy="Write FIELD, one of {signs}, and the value; for instance {example}, or a test as awase.toml has it.",
        text=text,
        signs="= != >= <= in, not in, contains, starts_with, at_least, at_most, filled, blank",
        example="Account.Name = 株式会社 山田商店",
    )
