"""Which HubSpot property stands against which Salesforce field, and when two values count as the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from ..seeds.deals import STAGES

Same = Callable[[Any, Any], bool]

_JAPAN: Final = timezone(timedelta(hours=9))

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


def same_day(here: Any, there: Any) -> bool:
    """A moment and the day on which it lies in Japan."""
    return _day(here) == _day(there)


def same_stage(here: Any, there: Any) -> bool:
    """The stage of a sale by both its names."""
    return STAGES.get(_text(here), _text(here)) == _text(there)


def _day(value: Any) -> date | None:
    text = _text(value)
    if not text:
        return None
    if len(text) == len("2026-06-01"):
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(_JAPAN).date()


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


PERSON_FIELDS: Final = (
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
)
"""All that the demo's sync keeps equal of people, but the opt-out, owners and relations."""

ACCOUNT_ID: Final = Pairing("salesforceaccountid", {"Contact": "AccountId"}, same_id)
"""Where companies are not synced: a property of a contact that holds the id of the account."""

FIELDS: Final = (*PERSON_FIELDS, ACCOUNT_ID)
"""All that a sync of people alone keeps equal, but the opt-out."""

COMPANY_FIELDS: Final = (
    Pairing("name", {"Account": "Name"}),
    Pairing("domain", {"Account": "Website"}, same_address),
    Pairing("industry", {"Account": "Industry"}),
    Pairing("phone", {"Account": "Phone"}),
)

DEAL_FIELDS: Final = (
    Pairing("dealname", {"Opportunity": "Name"}),
    Pairing("amount", {"Opportunity": "Amount"}, same_number),
    Pairing("closedate", {"Opportunity": "CloseDate"}, same_day),
    Pairing("dealstage", {"Opportunity": "StageName"}, same_stage),
)

OWNER: Final = Pairing("_owner", dict.fromkeys(("Contact", "Lead", "Account", "Opportunity"), "_owner"))
"""The owners' addresses, see ``holdings``."""


def is_out(object: str, row: Mapping[str, Any]) -> bool:
    """Whether a record says that the person wants no mail."""
    if object == "contact":
        return bool(row.get("hs_email_optout") == "true")
    return bool(row.get("HasOptedOutOfEmail"))


def address_of(object: str, row: Mapping[str, Any]) -> str:
    """A record's e-mail address in lower case; empty without one."""
    return _text(row.get("email" if object == "contact" else "Email")).lower()


def host_of(object: str, row: Mapping[str, Any]) -> str:
    """A company's domain, without what an address of the web has around it."""
    text = _text(row.get("domain" if object == "company" else "Website")).lower()
    return text.rpartition("://")[2].partition("/")[0].removeprefix("www.")
