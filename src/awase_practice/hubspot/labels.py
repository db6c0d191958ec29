"""Names that a portal gives to its own kinds of association, such as "billing contact"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .association_types import CATEGORY, KINDS, Kind, kind_by_id
from .wire import bad_request

OWN: Final = "USER_DEFINED"
MOST: Final = 50
"""Labels between two objects (from memory)."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label. It has an id and a text for each direction; without a text of its own the way back has the same."""

    origin: str
    target: str
    name: str
    there: int
    back: int
    text: str
    text_back: str

    def seen(self, kind: Kind) -> tuple[int, str]:
        """Id and text from where a kind begins."""
        return (self.there, self.text) if kind.origin == self.origin else (self.back, self.text_back)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the association types of a request mean. labels: the ids of labels as seen from their own beginning."""

    kind: Kind
    plain: bool
    primary: bool
    labels: tuple[int, ...]


class Labels:
    """The labels of one portal."""

    def __init__(self) -> None:
        self.made = 0
        self._all: dict[int, Label] = {}
        self._by_id: dict[int, Label] = {}

    def __iter__(self) -> Iterator[Label]:
        return iter(self._all.values())

    def put(self, label: Label) -> None:
        """Add or replace one."""
        self._all[label.there] = self._by_id[label.there] = self._by_id[label.back] = label

    def remove(self, label: Label) -> None:
        """Forget one; associations lose it with that."""
        del self._all[label.there]
        for each in {label.there, label.back}:
            del self._by_id[each]

    def of(self, type_id: int) -> Label | None:
        """The label that has this id in either direction."""
        return self._by_id.get(type_id)

    def between(self, kind: Kind) -> list[Label]:
        """The labels of a kind, in either direction."""
        ends = {(kind.origin, kind.target), (kind.target, kind.origin)}
        return [each for each in self if (each.origin, each.target) in ends]

    def create(self, kind: Kind, name: str, text: str, text_back: str | None) -> Label:
        """A new label. Raises Refusal: there is one of that name, or there are too many."""
        there = self.between(kind)
        if any(each.name == name or each.text == text for each in there):
            raise bad_request(f"An association label with the name {name} or the label {text} already exists")
        if len(there) >= MOST:
            raise bad_request(f"At most {MOST} labels are allowed between {kind.origin} and {kind.target}")
        self.made += 2
        first = 99 + self.made
        label = Label(kind.origin, kind.target, name, first, first + 1, text, text_back or text)
        self.put(label)
        return label

    def types(self, kind: Kind, primary: bool, given: Iterable[int] = ()) -> list[dict[str, Any]]:
        """An association's types as the API writes them. given: the ids of its labels."""
        shown = [{"category": CATEGORY, "typeId": i, "label": text} for i, text in kind.types(primary)]
        own = [self._all[each].seen(kind) for each in given if each in self._all]
        return [*({"category": OWN, "typeId": each, "label": text} for each, text in own), *shown]

    def asked(self, specs: Any, kind: Kind | None = None) -> Asked:
        """What a list of ``{associationCategory, associationTypeId}`` means.

        kind: the only one allowed, if the path says so. Raises Refusal.
        """
        if not isinstance(specs, list) or not specs or not all(isinstance(each, dict) for each in specs):
            raise bad_request(
                "Invalid input JSON on line 1, column 1: a list of association types was expected"
            )
        kinds: set[Kind] = set()
        labels: list[int] = []
        plain = primary = False
        for each in specs:
            found = self._meant(each)
            if isinstance(found, Label):
                number = int(each["associationTypeId"])
                ends = (found.origin, found.target) if number == found.there else (found.target, found.origin)
                kinds.add(KINDS[ends])
                labels.append(found.there)
                continue
            kinds.add(found[0])
            plain, primary = plain or not found[1], primary or found[1]
        if len(kinds) != 1 or (kind is not None and kinds != {kind}):
            expected = f"from {kind.origin} to {kind.target}" if kind else "of one kind"
            listed = [each.get("associationTypeId") for each in specs]
            raise bad_request(f"The association types {listed} are not all {expected}")
        return Asked(kinds.pop(), plain, primary, tuple(dict.fromkeys(labels)))

    def _meant(self, spec: Mapping[str, Any]) -> Label | tuple[Kind, bool]:
        """Raises Refusal."""
        said = spec.get("associationTypeId")
        number = int(str(said)) if str(said).isdecimal() else 0
        if spec.get("associationCategory", CATEGORY) == OWN:
            label = self.of(number)
            if label is not None:
                return label
        elif spec.get("associationCategory", CATEGORY) == CATEGORY:
            found = kind_by_id(number)
            if found is not None:
                return found
        raise bad_request(f"One or more association types in the request are invalid: {said}")
