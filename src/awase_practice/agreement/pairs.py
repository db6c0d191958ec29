"""Who is who, from the records alone: the key one record carries of the other, an id kept on it, one address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .fields import address_of, host_of
from .holdings import Holdings, Row


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: HubSpot's object, the CRM's in the order in which they count, and what tells who is who."""

    hubspot: str
    crm: tuple[str, ...]
    pointers: Mapping[str, str] = field(default_factory=dict)
    """CRM object → the property that holds the id of the record there."""
    address: Callable[[str, Row], str] | None = None
    """Of an object and a row; None: nothing but keys and ids tells."""


PEOPLE: Final = Kind(
    "contact",
    ("Contact", "Lead"),
    {"Contact": "salesforcecontactid", "Lead": "salesforceleadid"},
    address_of,
)
COMPANIES: Final = Kind("company", ("Account",), address=host_of)
DEALS: Final = Kind("deal", ("Opportunity",))

Name = tuple[str, str]
"""Object and id."""


@dataclass(slots=True)
class Pairs:
    """Pairs of a HubSpot record's id and a Salesforce record, and those who stand alone."""

    together: dict[str, Name] = field(default_factory=dict)
    alone: list[Name] = field(default_factory=list)


def pair(holdings: Holdings, kind: Kind = PEOPLE) -> Pairs:
    """Pair everybody who can be paired beyond doubt."""
    pairs, taken = Pairs(), set[Name]()
    contacts = holdings.rows[kind.hubspot]

    def join(contact: str, record: Name) -> None:
        known = contact in contacts and record[1] in holdings.rows.get(record[0], {})
        if known and contact not in pairs.together and record not in taken:
            pairs.together[contact] = record
            taken.add(record)

    for contact, record in _named(holdings, kind):
        join(contact, record)
    for contact, record in _of_one_address(holdings, kind, set(pairs.together), taken):
        join(contact, record)
    pairs.alone = [(kind.hubspot, id) for id in contacts if id not in pairs.together]
    for object in kind.crm:
        pairs.alone += [(object, id) for id in holdings.rows[object] if (object, id) not in taken]
    return pairs


def _named(holdings: Holdings, kind: Kind) -> list[tuple[str, Name]]:
    """Pairs in which one record names the other."""
    found: list[tuple[str, Name]] = []
    portal, org = holdings.org_ids["hubspot"], holdings.org_ids["salesforce"]
    for object in kind.crm:
        for id, row in holdings.rows[object].items():
            of, _, contact = str(row.get("Awase_Key__c") or "").rpartition(":")
            if of == f"{portal}:{kind.hubspot}":
                found.append((contact, (object, id)))
    for contact, row in holdings.rows[kind.hubspot].items():
        of, _, rest = str(row.get("awase_key") or "").partition(":")
        if of == org:
            object, _, id = rest.partition(":")
            found.append((contact, (object, id)))
        pointers = [(object, str(row.get(name) or "")) for object, name in kind.pointers.items()]
        found += [(contact, pointer) for pointer in pointers if pointer[1]]
    return found


def _of_one_address(
    holdings: Holdings, kind: Kind, known: set[str], taken: set[Name]
) -> list[tuple[str, Name]]:
    """Pairs by address: one contact, and one record of the first CRM object that has the address at all.

    A record that is taken still keeps its address: whoever else has it stays alone.
    """
    if kind.address is None:
        return []
    here = _by_address(kind.address, kind.hubspot, holdings)
    there = {object: _by_address(kind.address, object, holdings) for object in kind.crm}
    found: list[tuple[str, Name]] = []
    for address, contacts in here.items():
        candidates = next(
            (
                [(object, id) for id in there[object][address]]
                for object in kind.crm
                if address in there[object]
            ),
            [],
        )
        if len(contacts) == len(candidates) == 1 and contacts[0] not in known and candidates[0] not in taken:
            found.append((contacts[0], candidates[0]))
    return found


def _by_address(
    address_in: Callable[[str, Row], str], object: str, holdings: Holdings
) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for id, row in holdings.rows[object].items():
        if address := address_in(object, row):
            groups.setdefault(address, []).append(id)
    return groups
