"""Companies and their parts: in HubSpot, in the CRM, or in both, where their domains tell who is who."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .owners import owner_of
from .people import COMPANY_CYCLE, NAMELESS, Company, company
from .story import Edit, Part, Planted, Record, Vendor, filled

_MARKETER, _SELLER = "user:sato", "user:sales"
_RENAMED, _CORRECTED, _CONFLICT = 1, 10, 20
"""Places in the cycle; the last two are of companies that both systems have."""


def company_number(record: Record) -> int:
    """The number of the company that a company's record is of."""
    return int(record.name.removeprefix("c").partition("/")[0])


def company_part(number: int, named: Collection[Vendor] = ()) -> Part:
    """What a company brings into the story. ``named``: systems in which somebody belongs to it, so that it must be there."""
    place = number % COMPANY_CYCLE
    if place == NAMELESS:
        return _nameless(company(number))
    vendors = _home(number) | set(named)
    if place in (_CORRECTED, _CONFLICT):
        vendors = {"hubspot", "salesforce"}
    of = company(number)
    records = []
    if "hubspot" in vendors:
        records.append(company_in_hubspot(of))
    if "salesforce" in vendors:
        records.append(as_account(of))
    return Part(tuple(records), _planted(of, place), _edits(of, place))


def company_in_hubspot(of: Company, **other: Any) -> Record:
    """The company as HubSpot has it; ``other`` replaces or, with None, leaves out values."""
    values = {"name": of.name, "domain": of.domain, "industry": of.industry, "phone": _phone(of)}
    return Record(
        f"c{of.number}/company", "hubspot", "company", filled(values, other), owner=owner_of(of.number)
    )


def as_account(of: Company) -> Record:
    """The company as an account of the CRM."""
    values = {"Name": of.name, "Website": of.domain, "Industry": of.industry, "Phone": _phone(of)}
    return Record(f"c{of.number}/Account", "salesforce", "Account", values, owner=owner_of(of.number))


def _home(number: int) -> set[Vendor]:
    """Most are known to marketing alone, every fifth to both, every tenth to sales alone."""
    if number % 5 == 0:
        return {"hubspot", "salesforce"}
    return {"salesforce"} if number % 10 == 3 else {"hubspot"}


def _phone(of: Company) -> str:
    return f"03-0{of.number % 1_000:03d}-{of.number // 1_000:04d}"


def _nameless(of: Company) -> Part:
    """A domain and nothing more, so that its account cannot be made, and its people wait for it; named a day later."""
    here = company_in_hubspot(of, name=None)
    why = "company_without_name"
    naming = Edit("day", "hubspot", "company", of.domain, {"name": of.name}, _MARKETER)
    return Part((here,), (Planted("held", "crm", here.name, why, until="day"),), (naming,), fault=why)


def _planted(of: Company, place: int) -> tuple[Planted, ...]:
    if place != _CONFLICT:
        return ()
    return (Planted("conflicts", "ma", f"c{of.number}/company", "company_telephone", since="day"),)


def _edits(of: Company, place: int) -> tuple[Edit, ...]:
    def here(**values: Any) -> Edit:
        return Edit("day", "hubspot", "company", of.domain, values, _MARKETER)

    def there(**values: Any) -> Edit:
        return Edit("day", "salesforce", "Account", of.domain, values, _SELLER)

    stem = of.name.replace("株式会社", "")
    if place == _RENAMED:
        return (here(name=f"{stem}ホールディングス株式会社"),)
    if place == _CORRECTED:
        return (there(Phone="03-0999-0001"),)
    if place == _CONFLICT:
        return (here(phone="03-0999-0002"), there(Phone="03-0999-0003"))
    return ()
