"""Types of the formula language, and what is known of an object's fields."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from awase_formula.sentences import Sentence
from awase_formula.tree import Formula

Blanks: TypeAlias = Literal["null", "zero"]
"""How an empty number field reads: as null (validation rules) or as 0 (a formula field that treats blanks as zero)."""


class Kind(enum.Enum):
    """A type. Currency and percent are numbers; every kind of text (e-mail, phone, URL, long text) is TEXT."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "checkbox"
    DATE = "date"
    DATETIME = "date and time"
    TIME = "time"
    PICKLIST = "picklist"
    MULTIPICKLIST = "multi-select picklist"
    ID = "id"
    LOCATION = "location"
    NULL = "null"

    @property
    def word(self) -> Sentence:
        """What it is called."""
        return Sentence(self.value)


TEXTS = frozenset({Kind.TEXT, Kind.ID})
"""Kinds that are text to an operator: null and the empty text are the same value there."""

TEXTUAL = TEXTS | {Kind.PICKLIST, Kind.MULTIPICKLIST}
"""Kinds whose values are held as text."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field, or one path to a parent's field.

    ``scale``: decimals that a number keeps when it is saved, rounded half up before a rule sees it; None: as it comes.
    ``percent``: the stored 25 reads as 0.25 in a formula.
    ``formula``: a formula field; its value is computed from the row with its own ``blanks``, never read.
    """

    kind: Kind
    scale: int | None = None
    percent: bool = False
    formula: Formula | None = None
    blanks: Blanks = "zero"


@dataclass(frozen=True, slots=True)
class Schema:
    """Fields that a formula may use, by API name (``Amount``) or path (``Account.Industry``), whatever their case.

    ``complete``: a name that is not here does not exist. Without it such a name's type is inferred from its use.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    complete: bool = False
    _folded: Mapping[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_folded", {name.casefold(): name for name in self.fields})

    def spelled(self, name: str) -> str:
        """The name as the schema spells it, or as given where it does not know it."""
        return self._folded.get(name.casefold(), name)

    def find(self, name: str) -> Field | None:
        """The field of this name or path, if it is known."""
        spelled = self._folded.get(name.casefold())
        return None if spelled is None else self.fields[spelled]


NO_SCHEMA = Schema()


def known(*kinds: Iterable[Kind] | Kind) -> frozenset[Kind]:
    """A set of kinds from kinds and sets of them."""
    gathered: set[Kind] = set()
    for kind in kinds:
        gathered.update((kind,) if isinstance(kind, Kind) else kind)
    return frozenset(gathered)
