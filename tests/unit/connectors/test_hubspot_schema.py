"""HubSpot's property definitions as our schema."""

from __future__ import annotations

from typing import Any

import pytest

from awase.core.schema import ObjectSchema
from awase.core.values import Kind
from awase.errors import MissingPermission, SchemaMismatch
from tests.unit.connectors.hubspot_flows import connector, drive, responding


def definition(name: str, type: str = "string", fieldType: str = "text", **more: Any) -> dict[str, Any]:  # noqa: N803
    return {"name": name, "label": name.upper(), "type": type, "fieldType": fieldType, "options": [], **more}


def option(value: str, hidden: bool = False) -> dict[str, Any]:
    return {"value": value, "label": f"label of {value}", "hidden": hidden, "displayOrder": 0}


def described(*definitions: dict[str, Any], name: str = "contact", version: str = "2026-09") -> ObjectSchema:
    flow = connector(version=version).describe([name])
    schema = drive(flow, [responding({"results": list(definitions)})]).end
    return schema.objects[name]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("version", "name", "path"),
    [
        ("2026-09", "contact", "/crm/properties/2026-09/contacts"),
        ("v3", "contacts", "/crm/v3/properties/contacts"),
        ("2026-09", "company", "/crm/properties/2026-09/companies"),
        ("2026-09", "2-77", "/crm/properties/2026-09/2-77"),
    ],
)
def test_objects_go_by_either_name_and_either_family_of_paths(version: str, name: str, path: str) -> None:
    driven = drive(connector(version=version).describe([name]), [responding({"results": []})])
    assert driven.requests[0].url == path
    assert name in driven.end.objects


def test_an_object_is_known_by_its_singular() -> None:
    assert described(name="contacts").name == "contact"


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (definition("a"), Kind.TEXT),
        (definition("a", "number", "number"), Kind.DECIMAL),
        (definition("a", "date", "date"), Kind.DATE),
        (definition("a", "datetime", "date"), Kind.DATETIME),
        (definition("a", "bool", "booleancheckbox"), Kind.BOOLEAN),
        (definition("a", "enumeration", "select", options=[option("x")]), Kind.TEXT),
        (definition("a", "enumeration", "checkbox", options=[option("x")]), Kind.TEXTS),
        (
            definition("a", "enumeration", "booleancheckbox", options=[option("true"), option("false")]),
            Kind.BOOLEAN,
        ),
        (definition("a", "phone_number", "phonenumber"), Kind.TEXT),
    ],
)
def test_each_type_has_its_canonical_kind(made: dict[str, Any], kind: Kind) -> None:
    assert described(made).fields["a"].kind is kind


def test_options_bind_unless_they_live_elsewhere() -> None:
    fields = described(
        definition(
            "industry", "enumeration", "select", options=[option("製造業"), option("教育", hidden=True)]
        ),
        definition(
            "hubspot_owner_id", "enumeration", "select", externalOptions=True, referencedObjectType="OWNER"
        ),
    ).fields
    industry = fields["industry"]
    assert industry.restricted
    assert [one.value for one in industry.options or ()] == ["製造業", "教育"]
    assert (fields["hubspot_owner_id"].options, fields["hubspot_owner_id"].restricted) == (None, False)
    assert fields["hubspot_owner_id"].references == ("OWNER",)


def test_read_only_and_calculated_properties_cannot_be_written() -> None:
    fields = described(
        definition("hs_object_id", "number", "number", modificationMetadata={"readOnlyValue": True}),
        definition("score", "number", "calculation_equation", calculated=True),
        definition("lastname", modificationMetadata={"readOnlyValue": False}),
    ).fields
    assert not fields["hs_object_id"].createable
    assert not fields["score"].updateable
    assert fields["lastname"].createable
    assert fields["lastname"].updateable


def test_the_email_of_a_contact_is_an_address_and_unique() -> None:
    email = described(definition("email")).fields["email"]
    assert email.email
    assert email.unique
    assert not described(definition("email"), name="company").fields["email"].email


def test_only_a_unique_property_carries_the_key_and_its_lack_is_told() -> None:
    assert described(definition("awase_key", hasUniqueValue=True)).key_field == "awase_key"
    assert described(definition("awase_key")).key_field is None
    for definitions, said in (([], "no unique property"), ([definition("awase_key")], "is not unique")):
        notes = drive(connector().describe(["contact"]), [responding({"results": definitions})]).end.notes
        assert said in notes[0]


def test_archived_properties_are_left_out() -> None:
    assert "old" not in described(definition("old", archived=True)).fields


@pytest.mark.parametrize(
    ("object", "expected"),
    [
        ("contact", {"associations.company": (Kind.TEXT, ("company",))}),
        (
            "deal",
            {
                "associations.company": (Kind.TEXT, ("company",)),
                "associations.contact": (Kind.TEXTS, ("contact",)),
            },
        ),
        ("company", {}),
    ],
)
def test_associations_are_fields_of_the_records_they_belong_to(
    object: str, expected: dict[str, tuple[Kind, tuple[str, ...]]]
) -> None:
    relations = {name: one for name, one in described(name=object).fields.items() if one.relation}
    assert {name: (one.kind, one.references) for name, one in relations.items()} == expected
    assert all(one.createable and one.updateable and one.rides_in_create for one in relations.values())
    assert not any(one.audited for one in relations.values()), "no history tells who associated records"


def test_an_object_that_does_not_exist_is_named() -> None:
    with pytest.raises(SchemaMismatch, match="2-9"):
        drive(connector().describe(["2-9"]), [responding({"status": "error"}, status=404)])


def test_a_missing_scope_is_a_missing_permission() -> None:
    refusal = {"category": "MISSING_SCOPES", "message": "crm.schemas.contacts.read is needed"}
    with pytest.raises(MissingPermission, match="schemas"):
        drive(connector().describe(["contact"]), [responding(refusal, status=403)])


def test_consent_is_declared_and_never_mapped() -> None:
    assert connector().capabilities.consent_fields == {"contact": ("hs_email_optout", "hs_email_optout_*")}
