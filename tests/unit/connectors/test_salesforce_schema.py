"""Describe: what the integration user sees, as objects and fields of ours."""

from __future__ import annotations

from typing import Any

import pytest

from awase.core.schema import Option, Schema
from awase.core.values import Kind
from awase.errors import HostUnreachable, SchemaMismatch
from awase.ports.flows import Answer, Request

from .salesforce_scene import CONNECTOR, ROLES, answer, error, lost, play

KEY = {"length": 255, "unique": True, "externalId": True}


def item(name: str, type: str = "string", **more: Any) -> dict[str, Any]:
    standard = {"nillable": True, "createable": True, "updateable": True, "defaultedOnCreate": False}
    return {"name": name, "label": f"{name}の表示名", "type": type, "length": 0, **standard, **more}


def described(name: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "createable": True,
        "updateable": True,
        "fields": list(fields),
        **more,
    }


LEAD_FIELDS = (
    item("LastName", length=80, nillable=False),
    item("Status", "picklist", nillable=False, defaultedOnCreate=True, picklistValues=[]),
    item("Email", "email", length=80),
    item("HasOptedOutOfEmail", "boolean", nillable=False, defaultedOnCreate=True),
    item(
        "Industry",
        "picklist",
        length=255,
        restrictedPicklist=True,
        picklistValues=[
            {"active": True, "label": "製造", "value": "製造業", "validFor": None},
            {"active": False, "label": "教育", "value": "教育"},
        ],
    ),
    item("Interests__c", "multipicklist", length=4099, picklistValues=[]),
    item("Budget__c", "double", precision=12, scale=2),
    item("AnnualRevenue", "currency", precision=18, scale=0),
    item("NumberOfEmployees", "int", digits=8),
    item("Last_Visit__c", "date"),
    item("CreatedDate", "datetime", createable=False, updateable=False, nillable=False),
    item("OwnerId", "reference", length=18, referenceTo=["Group", "User"]),
    item("Memo__c", "textarea", length=32000),
    item("Address", "address"),
    item("Awase_Key__c", **KEY),
)
TRACKED = item(
    "Field",
    "picklist",
    picklistValues=[{"value": name} for name in ("Email", "Industry", "Interests__c", "Memo__c")],
)


def describe(content: dict[str, Any], objects: list[str]) -> Schema:
    def reply(request: Request) -> Answer:
        name = request.url.split("/")[-2]
        return (
            answer(request, content[name]) if name in content else answer(request, [error("NOT_FOUND")], 404)
        )

    schema, _, _ = play(CONNECTOR.describe(objects), reply)
    assert isinstance(schema, Schema)
    return schema


@pytest.fixture
def org() -> dict[str, Any]:
    return {"Lead": described("Lead", *LEAD_FIELDS), "LeadHistory": described("LeadHistory", TRACKED)}


def test_required_means_that_nobody_else_fills_it(org: dict[str, Any]) -> None:
    fields = describe(org, ["Lead"]).objects["Lead"].fields
    assert [name for name, each in fields.items() if each.required] == ["LastName"]


def test_fields_get_their_canonical_kind_and_constraints(org: dict[str, Any]) -> None:
    fields = describe(org, ["Lead"]).objects["Lead"].fields
    assert {
        name: fields[name].kind
        for name in ("Interests__c", "Budget__c", "AnnualRevenue", "NumberOfEmployees")
    } == {
        "Interests__c": Kind.TEXTS,
        "Budget__c": Kind.DECIMAL,
        "AnnualRevenue": Kind.DECIMAL,
        "NumberOfEmployees": Kind.INTEGER,
    }
    assert (fields["Budget__c"].precision, fields["Budget__c"].scale) == (12, 2)
    assert fields["NumberOfEmployees"].precision == 8
    assert fields["LastName"].max_length == 80
    assert fields["Last_Visit__c"].max_length is None
    assert fields["Email"].email
    assert fields["Industry"].options == (Option("製造業", "製造"), Option("教育", "教育", active=False))
    assert fields["Industry"].restricted
    assert fields["OwnerId"].kind is Kind.TEXT
    assert fields["OwnerId"].references == ("Group", "User")
    assert "Address" not in fields


def test_only_fields_whose_history_keeps_values_are_audited(org: dict[str, Any]) -> None:
    fields = describe(org, ["Lead"]).objects["Lead"].fields
    assert sorted(name for name, each in fields.items() if each.audited) == ["Email", "Industry"]


def test_without_history_nothing_is_audited_and_a_note_says_so(org: dict[str, Any]) -> None:
    del org["LeadHistory"]
    schema = describe(org, ["Lead"])
    assert not any(each.audited for each in schema.objects["Lead"].fields.values())
    assert any("history" in note for note in schema.notes)


@pytest.mark.parametrize("change", [{"unique": False}, {"externalId": False}, {"createable": False}])
def test_a_key_field_that_cannot_guard_creates_is_not_used(
    org: dict[str, Any], change: dict[str, Any]
) -> None:
    assert describe(org, ["Lead"]).objects["Lead"].key_field == "Awase_Key__c"
    org["Lead"]["fields"][-1] = item("Awase_Key__c", **{**KEY, **change})
    schema = describe(org, ["Lead"])
    assert schema.objects["Lead"].key_field is None
    assert any("Awase_Key__c" in note for note in schema.notes)


def test_a_hidden_opt_out_and_person_accounts_are_noted(org: dict[str, Any]) -> None:
    org["Contact"] = described("Contact", item("LastName", nillable=False), item("Awase_Key__c", **KEY))
    org["Account"] = described("Account", item("Name"), item("IsPersonAccount", "boolean"))
    notes = describe(org, ["Lead", "Contact"]).notes
    assert any("HasOptedOutOfEmail" in note and "Contact" in note for note in notes)
    assert any("person accounts" in note for note in notes)
    assert not any("person accounts" in note for note in describe(org, ["Lead"]).notes)


def with_deals(org: dict[str, Any], **roles: Any) -> dict[str, Any]:
    org["Opportunity"] = described("Opportunity", item("Name", nillable=False), item("Awase_Key__c", **KEY))
    org["OpportunityFieldHistory"] = described("OpportunityFieldHistory", TRACKED)
    org["OpportunityContactRole"] = described("OpportunityContactRole", item("ContactId"), **roles)
    return org


@pytest.mark.parametrize(
    ("rights", "writable"),
    [({}, True), ({"createable": False}, False), ({"deletable": False}, False)],
)
def test_contact_roles_are_a_field_of_their_opportunity_as_far_as_the_user_may(
    org: dict[str, Any], rights: dict[str, bool], writable: bool
) -> None:
    role = describe(with_deals(org, **rights), ["Lead", "Opportunity"]).objects["Opportunity"].fields[ROLES]
    assert (role.relation, role.kind, role.references) == (True, Kind.TEXTS, ("Contact",))
    assert (role.createable, role.updateable) == (writable, writable)
    assert not role.rides_in_create, "a row needs the opportunity's id"
    assert not role.audited


def test_roles_that_the_user_may_not_read_are_no_field(org: dict[str, Any]) -> None:
    hidden = describe(with_deals(org, queryable=False), ["Opportunity"]).objects["Opportunity"]
    assert ROLES not in hidden.fields
    del org["OpportunityContactRole"]
    assert ROLES not in describe(org, ["Opportunity"]).objects["Opportunity"].fields


def test_each_answer_is_taken_for_what_it_describes_whatever_is_asked_together(org: dict[str, Any]) -> None:
    with_deals(org)
    org["Account"] = described("Account", item("Name"), item("IsPersonAccount", "boolean"))
    schema = describe(org, ["Opportunity", "Account", "Lead"])
    assert list(schema.objects) == ["Opportunity", "Account", "Lead"]
    assert ROLES in schema.objects["Opportunity"].fields
    assert "IsPersonAccount" in schema.objects["Account"].fields
    audited = {
        name: [f.name for f in one.fields.values() if f.audited] for name, one in schema.objects.items()
    }
    assert audited == {"Opportunity": [], "Account": [], "Lead": ["Email", "Industry"]}
    assert sum("person accounts" in note for note in schema.notes) == 1
    assert [note.split(":")[0] for note in schema.notes if "history" in note] == ["Account"]


@pytest.mark.parametrize("deletable", [True, False])
def test_whether_records_may_be_deleted_is_told(org: dict[str, Any], deletable: bool) -> None:
    org["Lead"]["deletable"] = deletable
    assert describe(org, ["Lead"]).objects["Lead"].deletable is deletable


@pytest.mark.parametrize("name", ["Leed", "lead", "Lead; DROP", "Hidden"])
def test_an_object_that_is_not_there_is_named(org: dict[str, Any], name: str) -> None:
    org["lead"] = org["Lead"]
    org["Hidden"] = described("Hidden", queryable=False)
    with pytest.raises(SchemaMismatch) as caught:
        describe(org, [name])
    assert name in str(caught.value)


def test_no_answer_is_not_taken_for_no_such_object() -> None:
    with pytest.raises(HostUnreachable):
        play(CONNECTOR.describe(["Lead"]), lost)
