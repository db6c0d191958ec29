"""Reading the catalogue, and recognising a vendor's refusal by it.

The data is ``types.toml``. Names follow what Japanese users of the two products know from their error pages; meanings
and fixes are ours.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec

from awase.core.operations import VendorError

Language: TypeAlias = Literal["ja", "en"]
Who: TypeAlias = Literal["marketing", "crm_admin", "integration", "wait"]
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

    def in_(self, language: str) -> str:
        return self.ja if language == "ja" else self.en


class VendorMatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vendor's refusal belongs here if its code is one of ``codes`` and the patterns, where given, are found."""

    codes: list[str]
    message: str = ""
    """Regular expression, searched without regard to case."""
    field: str = ""
    """Regular expression, searched in the names of the fields."""

    def fits(self, error: VendorError) -> bool:
        if error.code not in self.codes:
            return False
        if self.message and not re.search(self.message, f"{error.message}\n{error.raw}", re.IGNORECASE):
            return False
        return not self.field or any(re.search(self.field, name, re.IGNORECASE) for name in error.fields)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of trouble."""

    code: str
    category: str
    name: Words
    meaning: Words
    fixes: list[Fix]
    vendor: list[VendorMatch] = []


class _Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    categories: dict[str, Words]
    owners: dict[Who, Words]
    types: list[Entry]


@cache
def _read() -> _Catalogue:
    content = tomllib.loads((files("awase.catalogue") / "types.toml").read_text(encoding="utf-8"))
    return msgspec.convert(content, _Catalogue)


@cache
def entries() -> Mapping[str, Entry]:
    """Every entry by code, in the order in which they are shown."""
    return {entry.code: entry for entry in _read().types}


def entry(code: str) -> Entry:
    """The entry of an error type; the one for everything unknown when there is none."""
    known = entries()
    return known.get(code) or known[UNKNOWN]


def categories() -> Mapping[str, Words]:
    """Every category by its name."""
    return _read().categories


def category_name(category: str, language: str) -> str:
    """A category's name for people."""
    return _read().categories[category].in_(language)


def owner_name(who: Who, language: str) -> str:
    """Whose move it is, for people."""
    return _read().owners[who].in_(language)


def diagnose(error: VendorError) -> str:
    """The code of the entry that a vendor's refusal belongs to: the first match that looks closer than the code wins,
    then the first by code alone, else ``other``."""
    fitting = [(e.code, match) for e in _read().types for match in e.vendor if match.fits(error)]
    closer = [code for code, match in fitting if match.message or match.field]
    return next(iter(closer or [code for code, _ in fitting]), UNKNOWN)
