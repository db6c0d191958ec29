"""Standard fields of the objects that syncs are made of: a project does not list them.

From memory of the vendor's object reference (API version 65): names, types, lengths, what a create must have and what only the
vendor writes. Compound fields are left out, for their parts are fields of their own. One line a field: name, type, then length
or digits.scale, then flags. ``required``: a create without it is refused; ``read``: never written; ``default``: filled in by
the vendor; ``once``: on create only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

_SYSTEM = """
Id id 18 read default
IsDeleted boolean read
CreatedDate datetime read default
CreatedById reference 18 read default to=User
LastModifiedDate datetime read default
LastModifiedById reference 18 read default to=User
SystemModstamp datetime read default
OwnerId reference 18 default to=User,Group
RecordTypeId reference 18 default to=RecordType
"""
_ADDRESS = """
{0}Street textarea 255
{0}City string 40
{0}State string 80
{0}PostalCode string 20
{0}Country string 80
{0}Latitude double 18.15
{0}Longitude double 18.15
{0}GeocodeAccuracy picklist 40
"""
_PERSON = """
FirstName string 40
LastName string 80 required
Salutation picklist 40 set=Salutation
Name string 121 read
Title string 128
Email email 80
Phone phone 40
MobilePhone phone 40
Fax phone 40
LeadSource picklist 255 set=LeadSource
Description textarea 32000
HasOptedOutOfEmail boolean
HasOptedOutOfFax boolean
DoNotCall boolean
EmailBouncedReason string 255
EmailBouncedDate datetime
LastActivityDate date read
MasterRecordId reference 18 read to={0}
Jigsaw string 20
IndividualId reference 18 to=Individual
"""
_OBJECTS = {
    "Lead": _SYSTEM
    + _PERSON.format("Lead")
    + _ADDRESS.format("")
    + """
Company string 255 required
Status picklist 255 default set=LeadStatus
Industry picklist 255 set=Industry
Rating picklist 255
AnnualRevenue currency 18.0
NumberOfEmployees int 8
Website url 255
IsConverted boolean default once
ConvertedDate date read
ConvertedAccountId reference 18 read to=Account
ConvertedContactId reference 18 read to=Contact
ConvertedOpportunityId reference 18 read to=Opportunity
IsUnreadByOwner boolean
""",
    "Contact": _SYSTEM
    + _PERSON.format("Contact")
    + _ADDRESS.format("Mailing")
    + _ADDRESS.format("Other")
    + """
AccountId reference 18 to=Account
ReportsToId reference 18 to=Contact
Department string 80
Birthdate date
AssistantName string 40
AssistantPhone phone 40
HomePhone phone 40
OtherPhone phone 40
IsEmailBounced boolean read
""",
    "Account": _SYSTEM
    + _ADDRESS.format("Billing")
    + _ADDRESS.format("Shipping")
    + """
Name string 255 required
ParentId reference 18 to=Account
MasterRecordId reference 18 read to=Account
Type picklist 255 set=AccountType
Industry picklist 255 set=Industry
Rating picklist 255 set=AccountRating
Ownership picklist 255 set=AccountOwnership
AccountNumber string 40
AccountSource picklist 255 set=LeadSource
AnnualRevenue currency 18.0
NumberOfEmployees int 8
Phone phone 40
Fax phone 40
Website url 255
Site string 80
Sic string 20
SicDesc string 80
TickerSymbol string 20
Description textarea 32000
LastActivityDate date read
""",
    "Opportunity": _SYSTEM
    + """
Name string 120 required
AccountId reference 18 to=Account
StageName picklist 255 required set=OpportunityStage
CloseDate date required
Amount currency 18.2
Probability percent 3.0 default
ExpectedRevenue currency 18.2 read
TotalOpportunityQuantity double 18.2
Type picklist 255 set=OpportunityType
LeadSource picklist 255 set=LeadSource
NextStep string 255
Description textarea 32000
CampaignId reference 18 to=Campaign
Pricebook2Id reference 18 to=Pricebook2
ContactId reference 18 once to=Contact
IsPrivate boolean
IsClosed boolean read
IsWon boolean read
ForecastCategory picklist 40 read default
ForecastCategoryName picklist 255 default
FiscalQuarter int 9 read
FiscalYear int 9 read
HasOpportunityLineItem boolean read
LastActivityDate date read
""",
}
NAMES = frozenset(_OBJECTS)
"""Objects whose standard fields are known."""

_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def standard_fields(object: str) -> Mapping[str, Mapping[str, Any]]:
    """Name → the field as describe would have it (``set``: its standard value set); of other objects what all have."""
    lines = _OBJECTS.get(object, _SYSTEM).split("\n")
    return {words[0]: _described(words) for line in lines if (words := line.split())}


def _described(words: list[str]) -> dict[str, Any]:
    name, kind, *rest = words
    flags = {flag.partition("=")[0]: flag.partition("=")[2] for flag in rest}
    size = rest[0] if rest and rest[0][0].isdigit() else ""
    whole, _, scale = size.partition(".")
    filled_in = "default" in flags or kind == "boolean"
    return {
        "name": name,
        "label": _WORD_ENDS.sub(" ", name),
        "type": kind,
        "nillable": "required" not in flags and kind != "boolean",
        "createable": "read" not in flags,
        "updateable": "read" not in flags and "once" not in flags,
        "defaulted_on_create": filled_in,
        "length": int(whole) if size and not scale and kind != "int" else 0,
        "digits": int(whole) if kind == "int" else 0,
        "precision": int(whole) if scale else 0,
        "scale": int(scale) if scale else 0,
        "reference_to": flags["to"].split(",") if "to" in flags else None,
        "set": flags.get("set", ""),
    }
