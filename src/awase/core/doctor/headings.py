"""The first line of a spreadsheet: which field each column means, by API name or label, and which columns mean none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from awase.core.schema import Field, ObjectSchema
from awase.core.values import match_key

_NEAR = 3
"""Names that are shown as near."""


class Oddity(StrEnum):
    """Why a column is left out of what is judged."""

    UNKNOWN = "unknown"
    REPEATED = "repeated"
    """An earlier column means the same field."""
    AMBIGUOUS = "ambiguous"
    """Several fields are labelled so."""
    READ_ONLY = "read_only"
    """A create that names it is refused."""
    RECORD_ID = "record_id"
    """It says which record is meant: such a row is an update."""


@dataclass(frozen=True, slots=True)
class OddHeading:
    place: int
    """Of the column, from 0."""
    heading: str
    oddity: Oddity
    field: str = ""
    near: tuple[str, ...] = ()
    """Names like it, or the names that it may mean."""


@dataclass(frozen=True, slots=True)
class Headings:
    fields: Mapping[str, int]
    """Field → place of its column, from 0."""
    odd: tuple[OddHeading, ...] = ()

    @property
    def record_id(self) -> int | None:
        """The place of the column that holds the record's own id."""
        return next((one.place for one in self.odd if one.oddity is Oddity.RECORD_ID), None)


def fields_of(
    headings: Sequence[str], object: ObjectSchema, labels: Mapping[str, Sequence[str]], record_id: str
) -> Headings:
    """``labels``: what people call a field beside its own label; ``record_id``: the field that holds a record's id."""
    meaning = _meanings(object, labels)
    found: dict[str, int] = {}
    odd: list[OddHeading] = []
    for place, heading in enumerate(headings):
        names = _meant(heading, object, meaning)
        if len(names) != 1:
            oddity, near = (
                (Oddity.AMBIGUOUS, names) if names else (Oddity.UNKNOWN, _near(heading, object, labels))
            )
            odd.append(OddHeading(place, heading, oddity, near=near))
            continue
        (name,) = names
        if name in found or any(one.field == name for one in odd):
            odd.append(OddHeading(place, heading, Oddity.REPEATED, name))
        elif name == record_id:
            odd.append(OddHeading(place, heading, Oddity.RECORD_ID, name))
        elif not _may_be_given(object.fields[name]):
            odd.append(OddHeading(place, heading, Oddity.READ_ONLY, name))
        else:
            found[name] = place
    return Headings(found, tuple(odd))


def _may_be_given(field: Field) -> bool:
    return field.createable and not field.relation


def _meanings(object: ObjectSchema, labels: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Folded label → fields."""
    found: dict[str, dict[str, None]] = {}
    for field in object.fields.values():
        for label in (field.label, *labels.get(field.name, ())):
            if key := match_key(label):
                found.setdefault(key, {})[field.name] = None
    return {key: tuple(names) for key, names in found.items()}


def _meant(heading: str, object: ObjectSchema, meaning: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Its API name first, then that in another case, then a label."""
    name = heading.strip()
    if name in object.fields:
        return (name,)
    key = match_key(name) or ""
    folded = tuple(field for field in object.fields if field.casefold() == key)
    return folded or meaning.get(key, ())


def _near(heading: str, object: ObjectSchema, labels: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    key = match_key(heading) or ""
    shown: dict[str, str] = {}
    for field in object.fields.values():
        if _may_be_given(field):
            for said in _all_names(field, labels):
                shown.setdefault(match_key(said) or "", said)
    return tuple(shown[one] for one in difflib.get_close_matches(key, list(shown), n=_NEAR, cutoff=0.75))


def _all_names(field: Field, labels: Mapping[str, Sequence[str]]) -> Iterable[str]:
    return field.name, field.label, *labels.get(field.name, ())
