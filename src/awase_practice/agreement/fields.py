"""Which HubSpot property stands against which Salesforce field, and when two values count as the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

Same = Callable[[Any, Any], bool]

HALF_A_CENT: Final = Decimal("0.005")
"""The CRM keeps two decimals of a budget."""


def same_text(here: Any, there: Any) -> bool:
    """Equal but for blanks around; blank is the same as nothing."""
    return _text(here) == _text(there)


def same_address(here: Any, there: Any) -> bool:
    """Equal but for blanks around and for case."""
    return _text(here).lower() == _text(there).lower()


def same_number(here: Any, there: Any) -> bool:
    """Equal as numbers, as far as the CRM's decimals go."""
    one, two = _text(here), _text(there)
    if not one or not two:
        return one == two
    return abs(Decimal(one) - Decimal(two)) <= HALF_A_CENT


def same_choices(here: Any, there: Any) -> bool:
    """The same set of values, in whatever order."""
    return set(_text(here).split(";")) == set(_text(there).split(";"))


def same_id(here: Any, there: Any) -> bool:
    """The same Salesforce id, written with 15 or 18 characters."""
    return _text(here)[:15] == _text(there)[:15]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


@dataclass(frozen=True, slots=True)
class Pairing:
    """One property and its counterpart by Salesforce object; an object that is not named has none."""

    hubspot: str
    salesforce: Mapping[str, str]
    same: Same = same_text


def _both(name: str) -> dict[str, str]:
    return {"Lead": name, "Contact": name}


FIELDS: Final = (
    Pairing("email", _both("Email"), same_address),
    Pairing("lastname", _both("LastName")),
    Pairing("firstname", _both("FirstName")),
    Pairing("company", {"Lead": "Company"}),
    Pairing("jobtitle", _both("Title")),
    Pairing("phone", _both("Phone")),
    Pairing("state", {"Lead": "State", "Contact": "MailingState"}),
    Pairing("city", {"Lead": "City", "Contact": "MailingCity"}),
    Pairing("industry", {"Lead": "Industry", "Contact": "Industry__c"}),
    Pairing("numberofemployees", {"Lead": "NumberOfEmployees"}, same_number),
    Pairing("budget", _both("Budget__c"), same_number),
    Pairing("last_visit", _both("Last_Visit__c")),
    Pairing("interests", _both("Interests__c"), same_choices),
    Pairing("lead_source", _both("LeadSource")),
    Pairing("employee_code", _both("Employee_Code__c")),
    Pairing("memo", _both("Memo__c")),
    Pairing("salesforceaccountid", {"Contact": "AccountId"}, same_id),
)
"""All that the demo's sync keeps equal, but the opt-out."""


def is_out(object: str, row: Mapping[str, Any]) -> bool:
    """Whether a record says that the person wants no mail."""
    if object == "contact":
        return bool(row.get("hs_email_optout") == "true")
    return bool(row.get("HasOptedOutOfEmail"))


def address_of(object: str, row: Mapping[str, Any]) -> str:
    """A record's e-mail address in lower case; empty without one."""
    return _text(row.get("email" if object == "contact" else "Email")).lower()
