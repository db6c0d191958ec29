"""What the data set is made of: records in either system, what a sync must find about them, and later edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .owners import owner_of
from .people import Person

Vendor = Literal["hubspot", "salesforce"]
Phase = Literal["first", "day", "last edit", "nothing"]
PHASES: Final[tuple[Phase, ...]] = ("first", "day", "last edit", "nothing")

FindingKind = Literal["held", "rejected", "conflicts", "waiting", "skipped"]
FINDING_KINDS: Final[tuple[FindingKind, ...]] = ("held", "rejected", "conflicts", "waiting", "skipped")
Toward = Literal["ma", "crm"]
"""The side that would have been written to; HubSpot is the marketing system, Salesforce the CRM."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of one system, by the name under which the story speaks of it.

    account: the number of the company that it belongs to; its id is filled in when it is known. points_to: the name of
    the Salesforce record whose id it carries. phase: when it comes to be. owner: a place among ``OWNERS``. contacts: the
    names of the people of a deal, in the same system.
    """

    name: str
    vendor: Vendor
    object: str
    values: Mapping[str, Any]
    account: int | None = None
    points_to: str | None = None
    phase: Phase = "first"
    owner: int | None = None
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planted:
    """What must be found about a record from one phase on, until another phase (None: to the end).

    field: the property by its HubSpot name that stays different meanwhile, where the person exists on both sides.
    named: the refusal names a record that stands in the way.
    """

    kind: FindingKind
    toward: Toward
    record: str
    why: str
    since: Phase = "first"
    until: Phase | None = None
    field: str | None = None
    named: bool = False

    def holds(self, phase: Phase) -> bool:
        """Whether it is to be found after this phase."""
        at = PHASES.index(phase)
        return PHASES.index(self.since) <= at and (self.until is None or at < PHASES.index(self.until))


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody changes in one system: the record of this object that has this address (company: domain; deal: name)."""

    phase: Phase
    vendor: Vendor
    object: str
    address: str
    values: Mapping[str, Any]
    author: str


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody does to who is who: the record of this object that has this address.

    other: of a merge, the address of the record that is merged into it. domain: of a conversion, that of the account
    the lead goes to; empty for a new one.
    """

    phase: Phase
    kind: Literal["merge", "convert", "delete", "restore"]
    vendor: Vendor
    object: str
    address: str
    author: str
    other: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of one person, company or deal in the story. fault: the kind of trouble it is in, if any."""

    records: tuple[Record, ...]
    planted: tuple[Planted, ...] = ()
    edits: tuple[Edit, ...] = ()
    fault: str | None = None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """The whole data set."""

    seed: int
    people: int
    parts: tuple[Part, ...] = field(repr=False)
    """Of people."""
    companies: tuple[Part, ...] = field(default=(), repr=False)
    """Empty: the CRM has accounts for its contacts, and HubSpot only their ids."""
    deals: tuple[Part, ...] = field(default=(), repr=False)

    @property
    def all_parts(self) -> Iterator[Part]:
        """Of companies, people and deals."""
        yield from self.companies
        yield from self.parts
        yield from self.deals

    @property
    def records(self) -> list[Record]:
        """All records, neighbours of people included."""
        return [record for part in self.all_parts for record in part.records]

    @property
    def planted(self) -> list[Planted]:
        """All that must be found."""
        return [planted for part in self.all_parts for planted in part.planted]

    @property
    def edits(self) -> list[Edit]:
        """All that is done later."""
        return [edit for part in self.all_parts for edit in part.edits]

    @property
    def events(self) -> list[Event]:
        """All that is done later to who is who."""
        return [event for part in self.all_parts for event in part.events]


def in_hubspot(person: Person, mark: str = "", phase: Phase = "first", **other: Any) -> Record:
    """The person as a HubSpot contact; ``other`` replaces or, with None, leaves out values."""
    values: dict[str, Any] = {
        "email": person.email,
        "lastname": person.family,
        "firstname": person.given,
        "company": person.company.name,
        "jobtitle": person.title,
        "phone": person.phone,
        "state": person.prefecture,
        "city": person.city,
        "industry": person.company.industry,
        "numberofemployees": str(person.employees),
        "budget": str(person.budget),
        "last_visit": person.last_visit.isoformat(),
        "interests": ";".join(person.interests),
        "lead_source": person.lead_source,
        "employee_code": person.employee_code,
        "memo": person.memo,
        "lifecyclestage": "lead",
    }
    return Record(
        f"{person.number}{mark}/contact",
        "hubspot",
        "contact",
        filled(values, other),
        phase=phase,
        owner=owner_of(person.number),
    )


def as_lead(person: Person, mark: str = "", phase: Phase = "first", **other: Any) -> Record:
    """The person as a Salesforce lead."""
    values = {
        **_of_person(person),
        "Company": person.company.name,
        "State": person.prefecture,
        "City": person.city,
        "Industry": person.company.industry,
        "NumberOfEmployees": person.employees,
        "Status": "新規",
    }
    return Record(
        f"{person.number}{mark}/Lead",
        "salesforce",
        "Lead",
        filled(values, other),
        phase=phase,
        owner=owner_of(person.number),
    )


def as_contact(person: Person, mark: str = "", **other: Any) -> Record:
    """The person as a Salesforce contact of the company's account."""
    values = {
        **_of_person(person),
        "MailingState": person.prefecture,
        "MailingCity": person.city,
        "Industry__c": person.company.industry,
    }
    return Record(
        f"{person.number}{mark}/Contact",
        "salesforce",
        "Contact",
        filled(values, other),
        account=person.company.number,
        owner=owner_of(person.number),
    )


def _of_person(person: Person) -> dict[str, Any]:
    return {
        "LastName": person.family,
        "FirstName": person.given,
        "Email": person.email,
        "Phone": person.phone,
        "Title": person.title,
        "LeadSource": person.lead_source,
        "Budget__c": float(person.budget),
        "Last_Visit__c": person.last_visit.isoformat(),
        "Interests__c": ";".join(person.interests),
        "Employee_Code__c": person.employee_code,
        "Memo__c": person.memo,
    }


def filled(values: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """``values``, of which ``other`` replaces some and, with None, leaves some out."""
    return {name: value for name, value in {**values, **other}.items() if value is not None}
