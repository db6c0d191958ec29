"""Parts of people nothing is wrong with: known to one system or to both, opted out or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .people import Person
from .story import Part, Planted, Record, as_contact, as_lead, in_hubspot


def hubspot_only(person: Person) -> Part:
    """Known to marketing alone; becomes a lead."""
    return Part((in_hubspot(person),))


def customer_in_hubspot(person: Person) -> Part:
    """A customer whose account is known; becomes a contact."""
    return Part((replace(in_hubspot(person, lifecyclestage="customer"), account=person.company.number),))


def untidy_in_hubspot(person: Person) -> Part:
    """Typed with blanks around and a budget to the tenth of a yen: differences that are none."""
    here = in_hubspot(
        person,
        jobtitle=f" {person.title}\u3000",
        budget=f"{person.budget}.125",
        phone=None,
        lead_source="展示会",
    )
    return Part((here,))


def lead_only(person: Person) -> Part:
    """A lead that marketing does not know; becomes a HubSpot contact."""
    return Part((as_lead(person),))


def contact_only(person: Person) -> Part:
    """A Salesforce contact that marketing does not know."""
    return Part((as_contact(person),))


def equal_lead(person: Person) -> Part:
    """Known to both, and both say the same."""
    return Part((in_hubspot(person), as_lead(person)))


def equal_contact(person: Person) -> Part:
    """Known to both as a customer."""
    return Part((_customer(person), as_contact(person)))


def gaps_on_both_sides(person: Person) -> Part:
    """Known to both, and each knows what the other lacks."""
    met = "展示会"
    return Part(
        (
            in_hubspot(person, jobtitle=None, city=None, lead_source=met),
            as_lead(person, Phone=None, Budget__c=None, Interests__c=None, LeadSource=met),
        )
    )


def pointed_at(person: Person) -> Part:
    """HubSpot has no address for this one, but the id of the Salesforce contact."""
    here, there = _customer(person, email=None), as_contact(person)
    return Part((replace(here, points_to=there.name), there))


def different_from_the_start(person: Person) -> Part:
    """Both sides have a title, and not the same: a conflict before anything was ever agreed."""
    here = in_hubspot(person, jobtitle="営業本部 本部長")
    found = Planted("conflicts", "ma", here.name, "different_from_the_start")
    return Part((here, as_lead(person, Title="営業本部 副本部長")), (found,))


def two_leads_with_one_address(person: Person) -> Part:
    """Nobody but a person can say which of the two leads is meant."""
    here, one = in_hubspot(person, employee_code=None), as_lead(person, Employee_Code__c=None)
    other = as_lead(person, "-again", Employee_Code__c=None, Phone=None, LeadSource="Web")
    why = "two_leads_with_one_address"
    found = (
        Planted("waiting", "crm", here.name, why),
        Planted("waiting", "ma", one.name, why),
        Planted("waiting", "ma", other.name, why),
    )
    return Part((here, one, other), found)


def contact_and_old_lead(person: Person) -> Part:
    """A contact, and a lead of the same address that nobody converted: the contact is the one that counts."""
    old = as_lead(person, Employee_Code__c=None, Phone=None, LeadSource="Web")
    return Part(
        (_customer(person), as_contact(person), old),
        (Planted("skipped", "ma", old.name, "contact_and_old_lead"),),
    )


def out_in_hubspot(person: Person) -> Part:
    """Opted out, known to marketing alone: the lead must be born opted out."""
    return Part((in_hubspot(person, hs_email_optout="true"),))


def out_as_lead(person: Person) -> Part:
    """Opted out at the CRM, unknown to marketing."""
    return Part((as_lead(person, HasOptedOutOfEmail=True),))


def out_as_contact(person: Person) -> Part:
    """Opted out as a Salesforce contact, unknown to marketing."""
    return Part((as_contact(person, HasOptedOutOfEmail=True),))


def pair_out_in_hubspot(person: Person) -> Part:
    """Known to both; only HubSpot knows of the opt-out."""
    return Part((in_hubspot(person, hs_email_optout="true"), as_lead(person)))


def pair_out_in_salesforce(person: Person) -> Part:
    """Known to both; only Salesforce knows of the opt-out."""
    return Part((_customer(person), as_contact(person, HasOptedOutOfEmail=True)))


def _customer(person: Person, **other: Any) -> Record:
    record = in_hubspot(person, lifecyclestage="customer", **other)
    return replace(record, account=person.company.number)
