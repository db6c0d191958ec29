"""Parts of people something is wrong with, one function a kind of trouble.

*Held*: the target's rules are known, so it can be foreseen and nothing is sent. *Rejected*: only the answer tells.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from .owners import LEFT
from .people import COMPANY_CYCLE, NAMELESS, PEOPLE_CYCLE, Person
from .story import Edit, Part, Planted, as_lead, in_hubspot

OFF_LIST_INDUSTRY: Final = "製造"
"""What a form of the trade fair offers instead of 製造業; HubSpot has both, Salesforce's restricted list has not."""

OFF_LIST_SOURCE: Final = "ウェビナー"
OFF_LIST_INTEREST: Final = "DX推進"
"""Options that marketing added to HubSpot and nobody to Salesforce."""

INDUSTRY_UNKNOWN_TO_HUBSPOT: Final = "農林水産業"
"""An option that Salesforce has and HubSpot has not."""

_FULL_WIDTH: Final = str.maketrans("0123456789-", "０１２３４５６７８９－")


def _held_in_hubspot(person: Person, why: str, **other: Any) -> Part:
    here = in_hubspot(person, **other)
    return Part((here,), (Planted("held", "crm", here.name, why),), fault=why)


def industry_off_list(person: Person) -> Part:
    """The trade fair's form wrote an industry that the CRM's list does not have."""
    return _held_in_hubspot(
        person, "industry_off_list", industry=OFF_LIST_INDUSTRY, lead_source="展示会", last_visit="2026-04-08"
    )


def company_missing(person: Person) -> Part:
    """No company, which every lead must have."""
    return _held_in_hubspot(person, "company_missing", company=None)


def last_name_missing(person: Person) -> Part:
    """No last name: the whole name stands in the first."""
    return _held_in_hubspot(
        person, "last_name_missing", lastname=None, firstname=f"{person.family}{person.given}"
    )


def source_off_list(person: Person) -> Part:
    """A lead source that the CRM does not know."""
    return _held_in_hubspot(person, "source_off_list", lead_source=OFF_LIST_SOURCE)


def interest_off_list(person: Person) -> Part:
    """Among several choices one that the CRM does not know."""
    return _held_in_hubspot(
        person, "interest_off_list", interests=";".join((*person.interests, OFF_LIST_INTEREST))
    )


def title_too_long(person: Person) -> Part:
    """A title of more than 128 characters: somebody pasted the whole card."""
    card = f"{person.company.name} {person.title} {person.prefecture}{person.city} " * 8
    return _held_in_hubspot(person, "title_too_long", jobtitle=card[:150].strip())


def address_malformed(person: Person) -> Part:
    """A hyphen before the dot of the domain: HubSpot takes it, the CRM does not."""
    name, _, domain = person.email.partition("@")
    return _held_in_hubspot(person, "address_malformed", email=f"{name}@{domain.replace('.', '-.', 1)}")


def budget_too_large(person: Person) -> Part:
    """A budget in yen that was meant in thousands: more digits than the field has."""
    return _held_in_hubspot(person, "budget_too_large", budget=str(person.budget * 1000))


def visit_in_far_future(person: Person) -> Part:
    """A year typed wrong, beyond what the CRM stores."""
    return _held_in_hubspot(
        person, "visit_in_far_future", last_visit=person.last_visit.replace(year=4026).isoformat()
    )


def phone_in_full_width(person: Person) -> Part:
    """The CRM's own validation rule refuses telephone numbers in full-width signs."""
    return _held_in_hubspot(person, "phone_in_full_width", phone=person.phone.translate(_FULL_WIDTH))


def phone_of_another(person: Person, neighbour: Person) -> Part:
    """A duplicate rule of the CRM: a lead with this number is there already, and is somebody else."""
    here, there = in_hubspot(person), as_lead(neighbour, "-neighbour", Phone=person.phone)
    why = "phone_of_another"
    return Part((here, there), (Planted("rejected", "crm", here.name, why, named=True),), fault=why)


def code_of_another(person: Person, neighbour: Person) -> Part:
    """Two people with one employee code, one on each side: neither can be created on the other."""
    code = f"D{person.number:07d}"
    here = in_hubspot(person, employee_code=code)
    there = as_lead(neighbour, "-neighbour", Employee_Code__c=code)
    why = "code_of_another"
    found = (
        Planted("rejected", "crm", here.name, why, named=True),
        Planted("rejected", "ma", there.name, why, named=True),
    )
    return Part((here, there), found, fault=why)


def trigger_fails(person: Person) -> Part:
    """A trigger of the CRM breaks on introduced leads that have no telephone number."""
    here = in_hubspot(person, phone=None, lead_source="紹介")
    why = "trigger_fails"
    return Part((here,), (Planted("rejected", "crm", here.name, why),), fault=why)


def industry_unknown_to_hubspot(person: Person) -> Part:
    """An industry that HubSpot does not offer."""
    there = as_lead(person, Industry=INDUSTRY_UNKNOWN_TO_HUBSPOT)
    why = "industry_unknown_to_hubspot"
    return Part((there,), (Planted("held", "ma", there.name, why),), fault=why)


def address_refused_by_hubspot(person: Person) -> Part:
    """A domain that ends in a single letter: the CRM takes it, HubSpot does not."""
    there = as_lead(
        person, Email=person.email.removesuffix(".example").removesuffix(".example.jp") + ".example.j"
    )
    why = "address_refused_by_hubspot"
    return Part((there,), (Planted("held", "ma", there.name, why),), fault=why)


def address_is_anothers_second(person: Person, neighbour: Person) -> Part:
    """The address is already another HubSpot contact's additional one."""
    there = as_lead(person)
    here = in_hubspot(neighbour, "-neighbour", hs_additional_emails=person.email)
    why = "address_is_anothers_second"
    return Part((there, here), (Planted("rejected", "ma", there.name, why, named=True),), fault=why)


def owner_left(person: Person) -> Part:
    """Belongs to somebody who has left: the CRM's user is not active."""
    part = _held_in_hubspot(person, "owner_left")
    return replace(part, records=(replace(part.records[0], owner=LEFT),))


def company_waited_for(person: Person) -> Part:
    """A customer of the company without a name: the account is not there until somebody names it, a day later."""
    company = person.number // PEOPLE_CYCLE * COMPANY_CYCLE + NAMELESS
    here = replace(in_hubspot(person, lifecyclestage="customer"), account=company)
    why = "company_waited_for"
    return Part((here,), (Planted("waiting", "crm", here.name, why, until="day"),), fault=why)


def company_missing_until_repaired(person: Person) -> Part:
    """No company; a day later somebody fills it in."""
    part = company_missing(person)
    (found,) = part.planted
    repair = Edit("day", "hubspot", "contact", person.email, {"company": person.company.name}, "user:sato")
    return replace(part, planted=(replace(found, until="day"),), edits=(repair,))


def phone_in_full_width_until_repaired(person: Person) -> Part:
    """A telephone number the CRM refuses; a day later somebody types it again."""
    part = phone_in_full_width(person)
    (found,) = part.planted
    repair = Edit("day", "hubspot", "contact", person.email, {"phone": person.phone}, "user:suzuki")
    return replace(part, planted=(replace(found, until="day"),), edits=(repair,))
