"""The transforms of a field mapping as steps, or the first mistake in them with its line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import structs

from awase.configuration.check import Checker
from awase.configuration.document import BooleanPart, ReplacePart, StepPart
from awase.configuration.lines import Path
from awase.core.transforms import (
    NAMES,
    Argument,
    Replacement,
    Step,
    StepProblem,
    Steps,
    TrueFalse,
    possible_kinds,
)


def steps_of(parts: Sequence[str | StepPart], here: Path, checker: Checker) -> Steps:
    """The chain at ``here``. Raises BadConfiguration for what no field of any kind could go through."""
    steps = tuple(_step(part, (*here, place), checker) for place, part in enumerate(parts))
    try:
        possible_kinds(steps)
    except StepProblem as problem:
        raise checker.mistake(
            (*here, problem.place), problem.text, problem.remedy, **problem.places
        ) from None
    return steps


def _step(part: str | StepPart, here: Path, checker: Checker) -> Step:
    if isinstance(part, str):
        if part not in NAMES:
            raise checker.unknown_name(here, "there is no transform “{value}”", part, NAMES)
        return Step(part)
    given = {name: value for name, value in structs.asdict(part).items() if value is not None}
    if len(given) != 1:
        raise checker.mistake(
            here,
            "a transform is a table with exactly one key",
            "Write {example}.",
            example="{ truncate = 80 }",
        )
    ((name, value),) = given.items()
    if name == "strip_company":
        if value is not True:
            raise checker.mistake(
                (*here, name), "only true is possible here", "Leave the transform out instead."
            )
        return Step(name)
    return Step(name, _argument(value, (*here, name), checker))


def _argument(value: object, here: Path, checker: Checker) -> Argument:
    match value:
        case ReplacePart():
            return Replacement(value.old, value.new)
        case BooleanPart():
            return TrueFalse(tuple(value.for_true), tuple(value.for_false))
        case float():
            return Decimal(str(value))
        case str() | bool() | int() | date():
            return value
        case list() if all(isinstance(one, str) for one in value):
            return tuple(value)
        case _:
            raise checker.mistake(here, "this cannot be the value of a field")
