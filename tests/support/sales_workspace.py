"""A workspace of companies, people and deals with owners and their relations, on two practice orgs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.installation import Installation, heading, installation

CONFIGURATION = (
    heading("sales")
    + """\
[[syncs]]
name = "people"
ma = {{ connection = "hubspot", object = "contact" }}
crm = {{ connection = "salesforce", objects = ["Contact", "Lead"] }}
create_as = [
    {{ object = "Contact", needs = ["associations.company"] }},
    {{ object = "Lead" }},
]
fields = [
    {{ ma = "email", crm = "Email" }},
    {{ ma = "lastname", crm = "LastName" }},
    {{ ma = "firstname", crm = "FirstName" }},
    {{ ma = "company", crm = {{ Lead = "Company" }}, direction = "ma" }},
    {{ ma = "associations.company", crm = {{ Contact = "AccountId" }}, through = "companies" }},
    {{ ma = "hubspot_owner_id", crm = "OwnerId", through = "owners" }},
]

[[syncs]]
name = "companies"
ma = {{ connection = "hubspot", object = "company" }}
crm = {{ connection = "salesforce", objects = ["Account"] }}
match_on = "domain"
match_as = "domain"
create_as = [{{ object = "Account" }}]
fields = [
    {{ ma = "name", crm = "Name" }},
    {{ ma = "domain", crm = "Website" }},
    {{ ma = "hubspot_owner_id", crm = "OwnerId", through = "owners" }},
]

[[syncs]]
name = "deals"
ma = {{ connection = "hubspot", object = "deal" }}
crm = {{ connection = "salesforce", objects = ["Opportunity"] }}
match_on = ""
create_as = [{{ object = "Opportunity" }}]
fields = [
    {{ ma = "dealname", crm = "Name" }},
    {{ ma = "amount", crm = "Amount" }},
    {{ ma = "closedate", crm = "CloseDate" }},
    {{ ma = "dealstage", crm = "StageName", values = {{ appointmentscheduled = "新規案件", closedwon = "受注" }} }},
    {{ ma = "associations.company", crm = "AccountId", through = "companies" }},
    {{ ma = "associations.contact", crm = "OpportunityContactRoles", through = "people" }},
]
"""
)

OWNERS = [
    {"id": "1", "email": "sato@example.jp", "firstName": "次郎", "lastName": "佐藤"},
    {"id": "2", "email": "suzuki@example.jp", "firstName": "三郎", "lastName": "鈴木"},
]


def prepare(place: Installation) -> dict[str, str]:
    """The key fields, owners and users; CRM user ids by address."""
    for object, group in (("company", "companyinformation"), ("deal", "dealinformation")):
        key: dict[str, Any] = {
            "name": "awase_key",
            "label": "Awase",
            "type": "string",
            "fieldType": "text",
            "groupName": group,
            "hasUniqueValue": True,
        }
        place.hubspot.schema(object, add_field=key)
    place.hubspot.process.control("schema", {"set_owners": OWNERS})
    users = [
        {"Email": owner["email"], "Username": owner["email"], "LastName": owner["lastName"], "IsActive": True}
        for owner in OWNERS
    ]
    ids = place.salesforce.load("User", users)
    return dict(zip((owner["email"] for owner in OWNERS), ids, strict=True))


@contextmanager
def sales_workspace(orgs: str = "sales") -> Iterator[Installation]:
    """Two practice orgs prepared for companies, people and deals, and a workspace connected to them."""
    with installation(orgs=orgs, template=CONFIGURATION) as made:
        prepare(made)
        yield made
