"""Parts of people to whom something happens after the first sync."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .faulty import OFF_LIST_INDUSTRY
from .ordinary import contact_only, equal_contact, equal_lead, hubspot_only, lead_only
from .people import Person
from .story import Edit, Event, Part, Phase, Planted, as_lead, in_hubspot

_MARKETER, _SELLER = "user:sato", "user:sales"


def _edit(person: Person, object: str, phase: Phase = "day", **values: Any) -> Edit:
    if object == "contact":
        return Edit(phase, "hubspot", object, person.email, values, _MARKETER)
    return Edit(phase, "salesforce", object, person.email, values, _SELLER)


def _with(part: Part, *edits: Edit, planted: tuple[Planted, ...] = ()) -> Part:
    return replace(part, planted=(*part.planted, *planted), edits=edits)


def promoted_in_hubspot(person: Person) -> Part:
    """Marketing learns of a new title of a lead that the first sync made."""
    return _with(hubspot_only(person), _edit(person, "contact", jobtitle="執行役員 営業統括"))


def moved_in_hubspot(person: Person) -> Part:
    """Marketing learns of a move of a customer."""
    return _with(equal_contact(person), _edit(person, "contact", state="沖縄県", city="那覇市"))


def called_by_sales(person: Person) -> Part:
    """Sales learns a budget and takes note of a call, on a lead that the first sync made."""
    return _with(
        hubspot_only(person),
        _edit(person, "Lead", Budget__c=float(person.budget + 500_000), Memo__c="電話済み。来月再度連絡。"),
    )


def corrected_by_sales(person: Person) -> Part:
    """Sales corrects title and interests of a Salesforce contact that marketing came to know by the first sync."""
    return _with(contact_only(person), _edit(person, "Contact", Title="顧問", Interests__c="会計;人事"))


def visited_lead(person: Person) -> Part:
    """A lead visits again, and HubSpot had it from Salesforce."""
    return _with(lead_only(person), _edit(person, "contact", last_visit="2026-04-20"))


def different_fields(person: Person) -> Part:
    """Each side changes something else: no conflict."""
    return _with(
        equal_lead(person),
        _edit(person, "contact", jobtitle="技術本部 本部長"),
        _edit(person, "Lead", NumberOfEmployees=person.employees + 7),
    )


def same_field(person: Person) -> Part:
    """Both sides change the same field differently: a conflict, which the CRM wins."""
    part = equal_lead(person)
    found = Planted("conflicts", "ma", part.records[0].name, "same_field", since="day")
    return _with(
        part,
        _edit(person, "contact", jobtitle="情報システム部 部長代理"),
        _edit(person, "Lead", Title="DX推進室 室長"),
        planted=(found,),
    )


def same_telephone(person: Person) -> Part:
    """Both sides change a customer's telephone number differently."""
    part = equal_contact(person)
    found = Planted("conflicts", "ma", part.records[0].name, "same_telephone", since="day")
    return _with(
        part,
        _edit(person, "contact", phone=f"{person.phone[:-4]}0001"),
        _edit(person, "Contact", Phone=f"{person.phone[:-4]}0002"),
        planted=(found,),
    )


def equal_edits(person: Person) -> Part:
    """Both sides learn the same: nothing is left to do."""
    return _with(
        equal_lead(person),
        _edit(person, "contact", jobtitle="取締役"),
        _edit(person, "Lead", Title="取締役"),
    )


def leaves_in_hubspot(person: Person) -> Part:
    """Opts out by a link in a mail, and is a lead the first sync made."""
    return _with(hubspot_only(person), _edit(person, "contact", hs_email_optout="true"))


def leaves_as_lead(person: Person) -> Part:
    """Tells sales on the telephone."""
    return _with(equal_lead(person), _edit(person, "Lead", HasOptedOutOfEmail=True))


def leaves_as_contact(person: Person) -> Part:
    """Tells sales, as a customer, while marketing corrects the title."""
    return _with(
        equal_contact(person),
        _edit(person, "Contact", HasOptedOutOfEmail=True),
        _edit(person, "contact", jobtitle="監査役"),
    )


def merged_in_hubspot(person: Person, neighbour: Person) -> Part:
    """Two contacts of marketing, both leads by the first sync, turn out to be one person; sales follows an hour later."""
    here, twice = in_hubspot(person), in_hubspot(neighbour, "-neighbour", employee_code=None)
    merge = Event("day", "merge", "hubspot", "contact", person.email, _MARKETER, other=neighbour.email)
    follow = Event("last edit", "merge", "salesforce", "Lead", person.email, _SELLER, other=neighbour.email)
    return Part((here, twice), events=(merge, follow))


def merged_in_salesforce(person: Person, neighbour: Person) -> Part:
    """Sales merges two leads, both known to marketing by the first sync; marketing follows an hour later."""
    there, twice = as_lead(person), as_lead(neighbour, "-neighbour", Employee_Code__c=None)
    merge = Event("day", "merge", "salesforce", "Lead", person.email, _SELLER, other=neighbour.email)
    follow = Event("last edit", "merge", "hubspot", "contact", person.email, _MARKETER, other=neighbour.email)
    return Part((there, twice), events=(merge, follow))


def converted_to_customer(person: Person) -> Part:
    """Sales converts a lead that the first sync made, to the account of the company."""
    convert = Event(
        "day", "convert", "salesforce", "Lead", person.email, _SELLER, domain=person.company.domain
    )
    return replace(hubspot_only(person), events=(convert,))


def converted_with_account(person: Person) -> Part:
    """Sales converts a lead that both knew; its account is made with it."""
    convert = Event("day", "convert", "salesforce", "Lead", person.email, _SELLER)
    return replace(equal_lead(person), events=(convert,))


def deleted_and_restored(person: Person) -> Part:
    """Marketing deletes a contact by mistake and takes it back an hour later; the lead stays meanwhile."""
    delete = Event("day", "delete", "hubspot", "contact", person.email, _MARKETER)
    restore = Event("last edit", "restore", "hubspot", "contact", person.email, _MARKETER)
    return replace(equal_lead(person), events=(delete, restore))


def spoiled_in_hubspot(person: Person) -> Part:
    """A form overwrites the industry of a known lead with one that the CRM does not take."""
    part = equal_lead(person)
    found = Planted("held", "crm", part.records[0].name, "spoiled_in_hubspot", since="day", field="industry")
    return _with(part, _edit(person, "contact", industry=OFF_LIST_INDUSTRY), planted=(found,))


def new_in_hubspot(person: Person) -> Part:
    """Signs up on the second day."""
    return Part((in_hubspot(person, phase="day"),))


def new_in_salesforce(person: Person) -> Part:
    """Sales types a card in on the second day."""
    return Part((as_lead(person, phase="day"),))


def edited_last(person: Person) -> Part:
    """Somebody edits just before the last sync that has anything to do."""
    return _with(equal_lead(person), _edit(person, "contact", phase="last edit", jobtitle="代表取締役社長"))
