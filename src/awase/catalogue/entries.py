"""The entries of the catalogue: what each error type means, in which direction it arises, who can end it and how.

The data is ``types.toml``. Japanese names of the types that HubSpot's error page names are that page's own; meanings,
fixes and prices are ours.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

import msgspec

Language: TypeAlias = Literal["ja", "en"]
Who: TypeAlias = Literal["marketing", "crm_admin", "integration", "wait"]
Direction: TypeAlias = Literal["to_crm", "to_ma"]
UNKNOWN = "other"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    ja: str
    en: str

    def in_(self, language: str) -> str:
        return self.ja if language == "ja" else self.en


class Fix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to end it, and who can go it."""

    who: Who
    ja: str
    en: str
    price: Words | None = None
    """What choosing this way costs, where there is another."""

    def in_(self, language: str) -> str:
        return self.ja if language == "ja" else self.en


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of trouble."""

    code: str
    category: str
    name: Words
    meaning: Words
    fixes: list[Fix]
    directions: list[Direction]
    """The ways a record can be going when it meets this; never empty."""
    named: int = 0
    """Its number among the 31 types that HubSpot's page on Salesforce sync errors names; 0: not one of them."""
    passes_by_itself: bool = False
    """Later runs try again by themselves, and nobody has to act."""
    cannot_be_met: Words | None = None
    """Why no sync of today's objects meets it, though it is one of the named types."""
    dispute: Words | None = None
    """Where those who give advice disagree about the fix: both opinions, and which one is ours."""


class _Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    categories: dict[str, Words]
    owners: dict[Who, Words]
    directions: dict[Direction, Words]
    page: dict[str, Words]
    types: list[Entry]


def read_data(name: str) -> dict[str, Any]:
    """The content of one of the catalogue's TOML files."""
    return tomllib.loads((files("awase.catalogue") / name).read_text(encoding="utf-8"))


@cache
def _read() -> _Catalogue:
    return msgspec.convert(read_data("types.toml"), _Catalogue)


@cache
def entries() -> Mapping[str, Entry]:
    """Every entry by code, in the order in which they are shown."""
    return {entry.code: entry for entry in _read().types}


def entry(code: str) -> Entry:
    """The entry of an error type; the one for everything unknown when there is none."""
    known = entries()
    return known.get(code) or known[UNKNOWN]


def categories() -> Mapping[str, Words]:
    """Every category by its name, in the order in which they are shown."""
    return _read().categories


def category_name(category: str, language: str) -> str:
    """A category's name for people."""
    return _read().categories[category].in_(language)


def owner_name(who: Who, language: str) -> str:
    """Whose move it is, for people."""
    return _read().owners[who].in_(language)


def direction_name(direction: Direction, language: str) -> str:
    """The way a record was going, for people."""
    return _read().directions[direction].in_(language)


def page_words(name: str, language: str) -> str:
    """A heading or sentence of the reference page."""
    return _read().page[name].in_(language)
