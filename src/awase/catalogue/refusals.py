"""Recognising a vendor's refusal: its error type, and what its words tell about rule, value and record.

The rules are ``refusals.toml``. They know codes and texts of several vendors; a code means the same wherever it is met.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import msgspec

from awase.catalogue.entries import UNKNOWN, entry, read_data
from awase.core.operations import Diagnosis as Diagnosis
from awase.core.operations import VendorError

_LOOKED_AT = 4_000
"""Characters of an answer that are searched: what a refusal is stands at its beginning."""


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as it stands in the file."""

    type: str
    codes: list[str] = []
    fields: str = ""
    messages: list[str] = []
    raw: str = ""
    wraps: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    nested_code: str
    rules: list[_Written]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule with its patterns compiled; where there are none, that part of the refusal is not looked at."""

    type: str
    codes: frozenset[str]
    fields: re.Pattern[str] | None
    messages: tuple[re.Pattern[str], ...]
    raw: tuple[re.Pattern[str], ...]
    wraps: bool

    def told(self, error: VendorError) -> Mapping[str, str] | None:
        """What the words tell when the rule fits (by name of the group); None when it does not fit."""
        if self.codes and error.code not in self.codes:
            return None
        if self.fields and not (error.fields and all(self.fields.search(name) for name in error.fields)):
            return None
        searched = [(self.messages, error.message[:_LOOKED_AT]), (self.raw, error.raw[:_LOOKED_AT])]
        facts: dict[str, str] = {}
        for patterns, words in searched:
            if not patterns:
                continue
            found = next((found for pattern in patterns if (found := pattern.search(words))), None)
            if found is None:
                return None
            facts |= {name: text for name, text in found.groupdict().items() if text}
        return facts


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@cache
def _file() -> _File:
    return msgspec.convert(read_data("refusals.toml"), _File)


@cache
def _rules() -> Sequence[_Rule]:
    return [
        _Rule(
            type=rule.type,
            codes=frozenset(rule.codes),
            fields=_compiled(rule.fields) if rule.fields else None,
            messages=tuple(_compiled(pattern) for pattern in rule.messages),
            raw=(_compiled(rule.raw),) if rule.raw else (),
            wraps=rule.wraps,
        )
        for rule in _file().rules
    ]


@cache
def _known_codes() -> frozenset[str]:
    return frozenset[str]().union(*(rule.codes for rule in _rules()))


@cache
def _wrapping_codes() -> frozenset[str]:
    """Codes that say no more than that something failed inside a trigger or flow."""
    return frozenset[str]().union(*(rule.codes for rule in _rules() if rule.wraps))


def diagnosis(error: VendorError) -> Diagnosis:
    """What a vendor's refusal is. A code that no rule knows is of the type ``other``."""
    for rule in _rules():
        told = rule.told(error)
        if told is not None:
            break
    else:
        return Diagnosis(UNKNOWN, existing_id=error.existing_id)
    inner = _inner_code(error) if rule.wraps else None
    passing = rule.type if inner is None else diagnose(VendorError(code=inner, message=""))
    return Diagnosis(
        error_type=rule.type,
        rule=told.get("rule"),
        value=told.get("value"),
        field=told.get("field"),
        existing_id=error.existing_id or told.get("existing"),
        inner_code=inner,
        transient=entry(passing).passes_by_itself,
    )


def diagnose(error: VendorError) -> str:
    """The error type alone."""
    return diagnosis(error).error_type


def _inner_code(error: VendorError) -> str | None:
    """The code of what failed inside: the innermost that the words name, else the one the connector has found."""
    inside = _known_codes() - _wrapping_codes()
    named = [code for code in re.findall(_file().nested_code, error.message[:_LOOKED_AT]) if code in inside]
    return named[-1] if named else error.code if error.code in inside else None
