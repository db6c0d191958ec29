"""Two practice orgs whose administrators have set, or forgotten, all that can stand against a record's way across."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.support.installation import Installation, heading, installation

_CONFIGURATION = (
    heading("trouble")
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
    {{ ma = "company", crm = {{ Lead = "Company" }} }},
    {{ ma = "jobtitle", crm = "Title" }},
    {{ ma = "phone", crm = "Phone" }},
    {{ ma = "state", crm = {{ Lead = "State" }} }},
    {{ ma = "country", crm = {{ Lead = "Country" }} }},
    {{ ma = "industry", crm = {{ Lead = "Industry" }} }},
    {{ ma = "origin", crm = "LeadSource" }},
    {{ ma = "rank", crm = {{ Lead = "Rank__c" }} }},
    {{ ma = "interests", crm = "Interests__c" }},
    {{ ma = "memo", crm = "Memo__c" }},
    {{ ma = "numberofemployees", crm = {{ Lead = "NumberOfEmployees" }} }},
    {{ ma = "employee_code", crm = "Employee_Code__c" }},
    {{ ma = "partner_id", crm = {{ Lead = "Partner__c" }} }},
    {{ ma = "grade", crm = {{ Lead = "Grade__c" }} }},
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
]

[[syncs]]
name = "deals"
ma = {{ connection = "hubspot", object = "deal" }}
crm = {{ connection = "salesforce", objects = ["Opportunity"] }}
match_on = ""
create_as = [{{ object = "Opportunity" }}]
fields = [
    {{ ma = "dealname", crm = "Name" }},
    {{ ma = "closedate", crm = "CloseDate" }},
    {{ ma = "pipeline", crm = "RecordTypeId", values = {{ default = "RECORD_TYPE" }} }},
    {{ ma = "dealstage", crm = "StageName", values = {{ appointmentscheduled = "新規案件", closedwon = "受注" }} }},
    {{ ma = "associations.contact", crm = "OpportunityContactRoles", through = "people" }},
]
"""
)

STAFF = "71200001"
"""A HubSpot owner whom Salesforce does not know as an active user."""

MANY = [f"選択肢{n}" for n in range(101)]
"""One choice more than a multi-select field of Salesforce holds."""

_UNIQUE_KEY = {"name": "awase_key", "label": "Awase", "hasUniqueValue": True}
_CONTACT_PROPERTIES: tuple[dict[str, Any], ...] = (
    {"name": "country"},
    {"name": "rank"},
    {"name": "partner_id"},
    {"name": "grade"},
    {
        "name": "origin",
        "type": "enumeration",
        "fieldType": "select",
        "options": [{"value": "fair", "label": "展示会"}, {"value": "Web", "label": "Web"}],
    },
)
_LEAD_FIELDS: tuple[dict[str, Any], ...] = (
    {
        "name": "Rank__c",
        "type": "picklist",
        "length": 255,
        "values": ["A", "B"],
        "restricted": True,
    },
    {"name": "Grade__c", "type": "string", "length": 40},
    {
        "name": "Partner__c",
        "type": "reference",
        "length": 18,
        "reference_to": ["Account"],
        "relationship": "Partner__r",
    },
)
_RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "No_Division_Chiefs",
        "field": "Title",
        "message": "本部長は登録できません",
        "when": {"equals": ["Title", "本部長"]},
    },
    {
        "name": "LeadTrigger",
        "as": "trigger",
        "message": "System.NullPointerException: Attempt to de-reference a null object",
        "when": {"equals": ["Title", "監査役"]},
    },
    {
        "name": "ReferralTrigger",
        "as": "trigger",
        "message": "System.DmlException: Insert failed. First exception on row 0",
        "nested": {
            "code": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [ContactId]",
            "fields": ["ContactId"],
        },
        "when": {"equals": ["Title", "紹介者"]},
    },
    {
        "name": "担当者の割当",
        "as": "flow",
        "message": "An unhandled fault has occurred in this flow.",
        "when": {"equals": ["Title", "相談役"]},
    },
    {
        "name": "Platform",
        "as": "TRANSLATION_UNAVAILABLE",
        "message": "no translation of this value is available",
        "when": {"equals": ["Title", "通訳"]},
    },
    {
        "duplicate": "block",
        "name": "Same_Telephone",
        "field": "Phone",
        "alert": "Use one of these records?",
    },
)


def _administer_hubspot(place: Installation) -> None:
    hubspot = place.hubspot
    for object in ("company", "deal"):
        hubspot.schema(object, add_field=_UNIQUE_KEY)
    for each in _CONTACT_PROPERTIES:
        hubspot.schema("contact", add_field=each)
    options = [{"value": value, "label": value} for value in MANY]
    hubspot.schema("contact", change_field={"name": "interests", "options": options})
    # Whoever owns the leads of a fresh Salesforce is known to HubSpot; whoever left Salesforce is still known there.
    sales = next(row["Email"] for row in place.salesforce.rows("User") if row["Alias"] == "sales")
    staff = [{"id": STAFF, "email": "retired@example.jp"}, {"id": "71200002", "email": sales}]
    hubspot.process.control("schema", {"set_owners": staff})
    user(place, "retired@example.jp", IsActive=False)
    hubspot.process.control("settings", {"association_limits": {"deal->contact": 1}})


def _administer_salesforce(place: Installation) -> None:
    salesforce = place.salesforce
    for field in _LEAD_FIELDS:
        salesforce.schema("Lead", add_field=field)
    for object in ("Lead", "Contact"):
        salesforce.schema(object, change_field={"name": "Interests__c", "restricted": False})
    for rule in _RULES:
        salesforce.schema("Lead", add_rule=rule)
    salesforce.schema("Opportunity", add_record_type={"name": "新規開拓", "developer_name": "New_Business"})
    salesforce.process.control("settings", {"state_country": True})


def user(place: Installation, address: str, **values: Any) -> str:
    """A user of Salesforce; the id."""
    given = {"Email": address, "Username": address, "LastName": "利用者", "IsActive": True}
    (id,) = place.salesforce.load("User", [{**given, **values}])
    return id


def contact(place: Installation, name: str, **values: str) -> str:
    """A contact of HubSpot of whom nothing is wrong but ``values``; the id."""
    given = {"email": f"{name}@example.jp", "lastname": name, "company": "株式会社例"}
    (id,) = place.hubspot.load("contacts", [{k: v for k, v in {**given, **values}.items() if v}])
    return id


def lead(place: Installation, name: str, **values: Any) -> str:
    """A lead of Salesforce of whom nothing is wrong but ``values``; the id."""
    given = {"Email": f"{name}@example.jp", "LastName": name, "Company": "株式会社例"}
    (id,) = place.salesforce.load("Lead", [{**given, **values}])
    return id


def opportunity(place: Installation, name: str, **values: Any) -> str:
    """An opportunity in its first stage; the id."""
    given = {
        "Name": name,
        "StageName": "新規案件",
        "CloseDate": "2026-12-31",
        "RecordTypeId": record_type(place),
    }
    (id,) = place.salesforce.load("Opportunity", [{**given, **values}])
    return id


def record_type(place: Installation) -> str:
    """The only record type of opportunities."""
    return next(str(row["id"]) for row in place.salesforce.rows("RecordType") if row["Name"] == "新規開拓")


def settings(place: Installation, **values: Mapping[str, Any]) -> None:
    """Change what Salesforce's administrator sets for the whole org."""
    place.salesforce.process.control("settings", values)


@contextmanager
def trouble_workspace() -> Iterator[Installation]:
    """Both orgs with their administrators' settings, still without people, and a workspace connected to them."""
    with installation(orgs="trouble", template=_CONFIGURATION) as made:
        _administer_hubspot(made)
        _administer_salesforce(made)
        made.replace("RECORD_TYPE", record_type(made))
        yield made
