"""What a project holds, as values, and where each of it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from awase.core.doctor.headings import Withheld
from awase.core.schema import Rule, Schema


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file as it was given, and its line from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be read; everything beside it was."""

    place: Place
    words: str
    """An English sentence with named places."""
    kind: str = "metadata_broken"
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """One page layout of an object, and the fields that stand on it."""

    name: str
    place: Place
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Project:
    """One org as its project describes it, seen with the rights that were asked for."""

    schema: Schema
    troubles: tuple[Trouble, ...]
    fields: Mapping[tuple[str, str], Place]
    """(object, field) → its own file; standard fields that the project does not mention have none."""
    rules: Mapping[tuple[str, str], Place]
    """(object, rule) → where its formula begins."""
    asleep: tuple[Rule, ...]
    """Rules that are switched off."""
    layouts: Mapping[str, tuple[Layout, ...]]
    partial: frozenset[str]
    """Objects whose standard fields nobody told us: only a custom field can be missing there."""
    hidden: frozenset[tuple[str, str]]
    """(object, field) that are there, but not for the integration user."""
    withheld: Mapping[str, Withheld]
    """Object → what those rights keep from the integration user."""
    rights: tuple[str, ...]
    """The permission sets and profiles by which rights were judged; none: nobody said."""
    labels: Mapping[str, Mapping[str, Sequence[str]]]
    """Object → field → what people call it beside its label, in any language."""
    unknown_rights: tuple[str, ...] = ()
    """Those asked for that the project does not hold."""
    broken_rights: Mapping[str, str] = field(default_factory=dict)
    """Permission set or profile that could not be read → its file."""
    unread: frozenset[tuple[str, str]] = frozenset()
    """(object, field) that the project holds and that could not be read; an empty field: nothing of the object could."""

    def sure_of_absence(self, object: str, field: str) -> Literal["sure", "probable"] | None:
        """How sure it is that an org of this project lacks the field (empty: the object); None: nobody can tell.

        Packages bring objects and fields that a project need not hold, and the table of standard fields is from memory.
        """
        if (object, field) in self.unread or (object, "") in self.unread:
            return None
        name = field or object
        own = name.endswith("__c") and "__" not in name.removesuffix("__c")
        if own:
            return "sure"
        if not field or ("__" not in field and object in self.partial):
            return None
        return "probable"
