"""The first line of a spreadsheet: which field each column means, by API name or label, and which columns mean none."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    HIDDEN = "hidden"
    """It is there, but the integration user may not see it."""
    NOT_WRITABLE = "not_writable"
    """The integration user may see it, but not fill it in."""
    RECORD_ID = "record_id"
    """It says which record is meant: such a row is an update."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """What rights keep from the integration user in one object."""

    hidden: Mapping[str, str] = field(default_factory=dict)
    """Field that may not be seen → its label."""
    read_only: frozenset[str] = frozenset()
    """Fields that a create could name, were it not for the rights."""


NOTHING = Withheld()


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

    @property
    def not_judged(self) -> tuple[OddHeading, ...]:
        """Columns of which nothing is said, so that a row with a value there may be refused all the same."""
        return tuple(one for one in self.odd if one.oddity is not Oddity.RECORD_ID)


def fields_of(
    headings: Sequence[str],
    object: ObjectSchema,
    labels: Mapping[str, Sequence[str]],
    record_id: str,
    withheld: Withheld = NOTHING,
) -> Headings:
    """``labels``: what people call a field beside its own label; ``record_id``: the field that holds a record's id."""
    known = _Names(object, labels, withheld)
    found: dict[str, int] = {}
    odd: list[OddHeading] = []
    for place, heading in enumerate(headings):
        names = known.meant(heading)
        if len(names) != 1:
            oddity, near = (Oddity.AMBIGUOUS, names) if names else (Oddity.UNKNOWN, known.near(heading))
            odd.append(OddHeading(place, heading, oddity, near=near))
            continue
        (name,) = names
        if name in found or any(one.field == name for one in odd):
            odd.append(OddHeading(place, heading, Oddity.REPEATED, name))
        elif (why := _left_out(name, object, record_id, withheld)) is not None:
            odd.append(OddHeading(place, heading, why, name))
        else:
            found[name] = place
    return Headings(found, tuple(odd))


def _left_out(name: str, object: ObjectSchema, record_id: str, withheld: Withheld) -> Oddity | None:
    if name == record_id:
        return Oddity.RECORD_ID
    if name in withheld.hidden:
        return Oddity.HIDDEN
    if name in withheld.read_only:
        return Oddity.NOT_WRITABLE
    return None if _may_be_given(object.fields[name]) else Oddity.READ_ONLY


def _may_be_given(field: Field) -> bool:
    return field.createable and not field.relation


class _Names:
    """What the fields of an object are called, those that the integration user may not see among them."""

    def __init__(self, object: ObjectSchema, labels: Mapping[str, Sequence[str]], withheld: Withheld) -> None:
        own = {name: one.label for name, one in object.fields.items()} | dict(withheld.hidden)
        self._called = {name: (label, *labels.get(name, ())) for name, label in own.items()}
        givable = {name for name, one in object.fields.items() if _may_be_given(one)}
        self._givable = givable | withheld.hidden.keys() | withheld.read_only
        self._meaning: dict[str, dict[str, None]] = {}
        """Folded label → fields."""
        for name, called in self._called.items():
            for label in called:
                if key := match_key(label):
                    self._meaning.setdefault(key, {})[name] = None

    def meant(self, heading: str) -> tuple[str, ...]:
        """Its API name first, then that in another case, then a label."""
        name = heading.strip()
        if name in self._called:
            return (name,)
        key = match_key(name) or ""
        folded = tuple(field for field in self._called if field.casefold() == key)
        return folded or tuple(self._meaning.get(key, ()))

    def near(self, heading: str) -> tuple[str, ...]:
        """Names and labels like ``heading``, of fields that a new record can have."""
        shown: dict[str, str] = {}
        for name, called in self._called.items():
            if name in self._givable:
                for said in (name, *called):
                    shown.setdefault(match_key(said) or "", said)
        alike = difflib.get_close_matches(match_key(heading) or "", list(shown), n=_NEAR, cutoff=0.75)
        return tuple(shown[one] for one in alike)
