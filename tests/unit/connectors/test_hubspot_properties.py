"""Making properties: what is sent for each kind of field, and that no option is ever lost."""

from __future__ import annotations

from typing import Any

import pytest

from awase.core.new_fields import NewField
from awase.core.schema import Option
from awase.core.values import Kind
from awase.errors import BadInput, HostUnreachable, VendorBusy
from tests.unit.connectors.hubspot_flows import connector, drive, responding, silent

INDUSTRIES = (Option("製造業", "製造業"), Option("retail", "小売業"))


def new(kind: Kind = Kind.TEXT, **more: Any) -> NewField:
    return NewField(name="industry", label="業種", kind=kind, **more)


@pytest.mark.parametrize(
    ("field", "type", "field_type"),
    [
        (new(), "string", "text"),
        (new(many_lines=True), "string", "textarea"),
        (new(options=INDUSTRIES), "enumeration", "select"),
        (new(Kind.TEXTS, options=INDUSTRIES), "enumeration", "checkbox"),
        (new(Kind.BOOLEAN), "bool", "booleancheckbox"),
        (new(Kind.INTEGER), "number", "number"),
        (new(Kind.DECIMAL), "number", "number"),
        (new(Kind.DATE), "date", "date"),
        (new(Kind.DATETIME), "datetime", "date"),
    ],
)
def test_each_kind_has_its_type(field: NewField, type: str, field_type: str) -> None:
    made = connector().field_definition("contact", field)
    assert (made["type"], made["fieldType"]) == (type, field_type)
    assert (made["label"], made["groupName"]) == ("業種", "contactinformation")


def test_options_keep_their_values_labels_and_order() -> None:
    made: Any = connector().field_definition("company", new(options=INDUSTRIES, group="sales"))
    assert made["groupName"] == "sales"
    assert [(o["value"], o["label"], o["displayOrder"]) for o in made["options"]] == [
        ("製造業", "製造業", 0),
        ("retail", "小売業", 1),
    ]
    assert [o["value"] for o in connector().field_definition("deal", new(Kind.BOOLEAN))["options"]] == [  # type: ignore[attr-defined]
        "true",
        "false",
    ]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Industry", "industry"),
        ("Industry_Group__c", "industry_group"),
        ("X2nd__c", "x2nd"),
        ("_2__c", "crm_2"),
    ],
)
def test_a_name_is_made_of_the_other_systems(source: str, name: str) -> None:
    assert connector().field_name(source) == name


@pytest.mark.parametrize("name", ["Industry", "業種", "2nd", "a-b", "hs_mine", "a" * 101, ""])
def test_a_name_that_hubspot_does_not_allow_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="named"):
        connector().field_definition("contact", NewField(name=name, label="x", kind=Kind.TEXT))


def create(*replies: Any) -> Any:
    definition = connector().field_definition("contact", new(options=INDUSTRIES))
    return drive(connector().create_field("contact", definition), list(replies))


def test_a_property_is_made_with_one_call() -> None:
    driven = create(responding({}, status=201))
    assert [(r.method, r.url, r.idempotent) for r in driven.requests] == [
        ("POST", "/crm/properties/2026-09/contacts", False)
    ]
    assert len(driven.body()["options"]) == 2


def test_a_lost_answer_is_looked_for_and_never_sent_for_again() -> None:
    driven = create(silent(maybe_sent=True), responding({"name": "industry"}))
    assert [r.method for r in driven.requests] == ["POST", "GET"]
    with pytest.raises(HostUnreachable):
        create(silent(maybe_sent=True), responding({}, status=404))
    with pytest.raises(HostUnreachable):
        create(silent(maybe_sent=False))


def test_a_refusal_is_told_in_hubspots_words_with_the_right_it_needs() -> None:
    with pytest.raises(BadInput, match="so many") as caught:
        create(responding({"message": "so many options", "category": "VALIDATION_ERROR"}, status=400))
    assert "HubSpot names" in caught.value.remedy
    with pytest.raises(BadInput) as caught:
        create(responding({"message": "no", "category": "MISSING_SCOPES"}, status=403))
    assert caught.value.places["scope"] == "crm.schemas.contacts.write"
    with pytest.raises(VendorBusy):
        create(responding({}, status=503))


EXISTING = [
    {"label": "旧", "value": "old", "displayOrder": 4, "hidden": True, "description": "古い値"},
    {"label": "製造", "value": "製造業", "displayOrder": 2, "hidden": False, "description": ""},
]


def add(*replies: Any) -> Any:
    return drive(connector().add_options("contact", "industry", INDUSTRIES), list(replies))


def test_missing_options_go_behind_what_is_there_which_stays_as_it_is() -> None:
    driven = add(responding({"options": EXISTING}), responding({}))
    assert driven.end == 1
    assert [(r.method, r.url) for r in driven.requests][1] == (
        "PATCH",
        "/crm/properties/2026-09/contacts/industry",
    )
    sent = driven.body(1)["options"]
    assert sent[:2] == EXISTING
    assert sent[2] == {"label": "小売業", "value": "retail", "displayOrder": 5, "hidden": False}


def test_nothing_is_sent_where_nothing_is_missing_or_what_is_there_cannot_be_read() -> None:
    whole = [*EXISTING, {"label": "x", "value": "retail"}]
    assert add(responding({"options": whole})).end == 0
    with pytest.raises(VendorBusy):
        add(responding({}, status=500))


def test_a_lost_answer_to_added_options_is_looked_for() -> None:
    whole = [*EXISTING, {"label": "x", "value": "retail"}]
    lost = silent(maybe_sent=True)
    assert add(responding({"options": EXISTING}), lost, responding({"options": whole})).end == 1
    with pytest.raises(HostUnreachable):
        add(responding({"options": EXISTING}), lost, responding({"options": EXISTING}))
