"""Writes that were checked and not made yet, and what the checks look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..kernel.rows import Row
from .values import Complaint
from .wire import Refusal


@dataclass(frozen=True, slots=True)
class Draft:
    """A write that has passed every check. row: None for a new record. written: the names the caller gave.

    wishes: associations to make with a new record (opaque here).
    """

    row: Row | None
    values: Mapping[str, str | None]
    written: tuple[str, ...]
    wishes: tuple[Any, ...] = ()


@dataclass(slots=True)
class Claims:
    """What earlier inputs of the same all-or-nothing batch will take.

    taken: unique values by property. associated: associations more, by ``contact->company`` and the record's id.
    """

    taken: set[tuple[str, str]] = field(default_factory=set)
    associated: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Condition:
    """An administrator's rule: the field must be filled where another one has one of these values."""

    field: str
    when: str
    values: frozenset[str]


class InvalidValues(Refusal):
    """One or more values were refused; the message embeds the list as JSON (seen)."""

    def __init__(self, complaints: list[Complaint], portal_id: int) -> None:
        self.complaints = complaints
        listed = [
            {
                "isValid": False,
                "message": each.message,
                "error": each.code,
                "name": each.name,
                "localizedErrorMessage": each.message,
                "portalId": portal_id,
            }
            for each in complaints
        ]
        super().__init__(
            400,
            "VALIDATION_ERROR",
            "Property values were not valid: " + orjson.dumps(listed).decode(),
            errors=[
                {"message": each.message, "code": each.code, "context": {"propertyName": [each.name]}}
                for each in complaints
            ],
        )


def missing(code: str, message: str, faults: Mapping[str, str]) -> Refusal:
    """A refusal for what was not set. code: also the sub-category. faults: a sentence for each property."""
    return Refusal(
        400,
        "VALIDATION_ERROR",
        message,
        sub_category=code,
        context={"properties": list(faults)},
        errors=[
            {"message": text, "code": code, "context": {"propertyName": [name]}}
            for name, text in faults.items()
        ],
    )
