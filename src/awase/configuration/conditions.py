"""Conditions of filters and rules as values, or the first mistake in them with its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from awase.configuration.check import Checker
from awase.configuration.document import ConditionPart, FilterPart, TestsPart
from awase.configuration.lines import Path
from awase.core.filters import Condition


def condition_of(part: ConditionPart, here: Path, checker: Checker) -> Condition:
    """One condition on one field."""
    return _said(_condition(part, part.field), here, checker)


def filter_of(parts: Sequence[FilterPart], here: Path, checker: Checker) -> tuple[Condition, ...]:
    """The tests of one side, all of which must hold."""
    return tuple(_test(part, (*here, place), checker) for place, part in enumerate(parts))


def _test(part: FilterPart, here: Path, checker: Checker) -> Condition:
    alternatives = tuple(
        condition_of(one, (*here, "any", place), checker) for place, one in enumerate(part.any)
    )
    test = replace(_condition(part, part.field or ""), any_of=alternatives)
    if not part.field and replace(test, any_of=()).says_something:
        raise checker.mistake(
            here, "this test names no field", "Write {example}.", example='{ field = "…", is = ["…"] }'
        )
    return _said(test, here, checker)


def _condition(part: TestsPart, field: str) -> Condition:
    return Condition(
        field=field,
        is_in=tuple(part.is_in or ()),
        filled=part.filled,
        blank=part.blank,
        is_not=tuple(part.is_not or ()),
        contains=tuple(part.contains or ()),
        starts_with=tuple(part.starts_with or ()),
        at_least=part.at_least,
        at_most=part.at_most,
    )


def _said(test: Condition, here: Path, checker: Checker) -> Condition:
    if not test.says_something:
        raise checker.mistake(
            here,
            "this condition says neither “is” nor “filled”",
            'Write is = ["value", …] or filled = true.',
        )
    return test
