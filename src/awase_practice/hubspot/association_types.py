"""How two objects may be associated: types and their ids, seen from either side (ids confirmed in the clients' lists)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .wire import Refusal, bad_request

CATEGORY: Final = "HUBSPOT_DEFINED"


@dataclass(frozen=True, slots=True)
class Kind:
    """Associations from one object to another.

    plain: the id of the type without a label. primary: that of the primary company, where there is such a thing.
    chooses: the record of origin has at most one primary; otherwise the target has.
    """

    origin: str
    target: str
    plain: int
    primary: int | None = None
    chooses: bool = False

    @property
    def back(self) -> Kind:
        """The same association from the other side."""
        return KINDS[self.target, self.origin]

    def name(self, primary: bool) -> str:
        """What v3 calls the type."""
        bare = f"{self.origin}_to_{self.target}"
        return bare if primary or self.primary is None else f"{bare}_unlabeled"

    def types(self, primary: bool) -> list[tuple[int, str | None]]:
        """Type ids with their labels, of an association that is primary or not."""
        first: list[tuple[int, str | None]] = [(self.primary, "Primary")] if primary and self.primary else []
        return [*first, (self.plain, None)]


_ACTIVITIES: Final[Mapping[tuple[str, str], int]] = {
    ("contact", "call"): 193,
    ("contact", "email"): 197,
    ("contact", "meeting"): 199,
    ("contact", "note"): 201,
    ("contact", "task"): 203,
    ("company", "call"): 181,
    ("company", "email"): 185,
    ("company", "meeting"): 187,
    ("company", "note"): 189,
    ("company", "task"): 191,
    ("deal", "call"): 205,
    ("deal", "email"): 209,
    ("deal", "meeting"): 211,
    ("deal", "note"): 213,
    ("deal", "task"): 215,
    ("ticket", "call"): 219,
    ("ticket", "email"): 223,
    ("ticket", "meeting"): 225,
    ("ticket", "note"): 227,
    ("ticket", "task"): 229,
}
"""From a record to an activity; the way back has the next number (those of contacts confirmed, others from memory)."""

KINDS: Final[Mapping[tuple[str, str], Kind]] = {
    (each.origin, each.target): each
    for each in (
        Kind("contact", "company", 279, 1, chooses=True),
        Kind("company", "contact", 280, 2),
        Kind("deal", "company", 341, 5, chooses=True),
        Kind("company", "deal", 342, 6),
        Kind("deal", "contact", 3),
        Kind("contact", "deal", 4),
        Kind("ticket", "company", 339, 26, chooses=True),
        Kind("company", "ticket", 340, 25),
        Kind("ticket", "contact", 16),
        Kind("contact", "ticket", 15),
        Kind("deal", "ticket", 27),
        Kind("ticket", "deal", 28),
        *(
            Kind(*ends, number)
            for (record, activity), there in _ACTIVITIES.items()
            for ends, number in (((record, activity), there), ((activity, record), there + 1))
        ),
    )
}
_BY_ID: Final[Mapping[int, tuple[Kind, bool]]] = {
    **{each.plain: (each, False) for each in KINDS.values()},
    **{each.primary: (each, True) for each in KINDS.values() if each.primary},
}
_BY_NAME: Final[Mapping[str, tuple[Kind, bool]]] = {
    each.name(primary): (each, primary)
    for each in KINDS.values()
    for primary in ((False, True) if each.primary else (False,))
}


def kind_between(origin: str, target: str) -> Kind:
    """How these two may be associated. Raises Refusal if they may not."""
    found = KINDS.get((origin, target))
    if found is None:
        raise bad_request(f"No association type exists between {origin} and {target}")
    return found


def type_by_name(text: str) -> tuple[Kind, bool]:
    """A type as v3 writes it, by name or id, and whether it is the primary one. Raises Refusal."""
    found = _BY_ID.get(int(text)) if text.isdecimal() else _BY_NAME.get(text)
    if found is None:
        raise _no_type(text)
    return found


def kind_by_id(type_id: int) -> tuple[Kind, bool] | None:
    """The kind that a type id of HubSpot's own means, and whether it is the primary one."""
    return _BY_ID.get(type_id)


def _no_type(said: Any) -> Refusal:
    return bad_request(f"One or more association types in the request are invalid: {said}")
