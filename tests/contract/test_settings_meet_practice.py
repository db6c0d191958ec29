"""What decides about refusals beside fields and rules is read from a practice org as it stands there."""

from __future__ import annotations

import polars as pl
import pytest

from awase.core.checks import Target, findings
from awase.core.checks.check import Outgoing
from awase.core.operations import State
from awase.core.schema import MatchingField, MatchingRule, with_choices

from .test_salesforce_meets_practice import Scene, create

RANKS = ("A", "B", "C")


@pytest.fixture(scope="module")
def scene() -> Scene:
    made = Scene()
    rank = {"name": "Rank__c", "type": "picklist", "length": 255, "values": [*RANKS], "restricted": True}
    made.org.change_schema({"object": "Lead", "add_field": rank})
    for name, values, more in (
        ("Customer", ["A", "B"], {"default": True}),
        ("Partner", ["B"], {}),
        ("Retired", ["C"], {"active": False}),
    ):
        declared = {"name": name, "values": {"Rank__c": values}, **more}
        made.org.change_schema({"object": "Lead", "add_record_type": declared})
    described = made.run(made.connector.describe(["Lead"]))
    choices = made.run(made.connector.read_choices(list(described.objects.values())))
    made.lead = with_choices(described, choices).objects["Lead"]
    return made


def test_record_types_are_known_with_the_options_that_each_allows(scene: Scene) -> None:
    types = {sort.name: sort for sort in scene.lead.record_types or ()}
    assert {name: (sort.available, sort.default) for name, sort in types.items()} == {
        "Customer": (True, True),
        "Partner": (True, False),
        "Retired": (False, False),
    }
    allowed = {name: scene.lead.choices.get(sort.id, {}).get("Rank__c") for name, sort in types.items()}
    assert allowed == {"Customer": ("A", "B"), "Partner": ("B",), "Retired": None}


def test_an_option_that_is_foreseen_to_be_refused_for_a_record_type_is_refused(scene: Scene) -> None:
    types = {None: None, **{sort.name: sort.id for sort in scene.lead.record_types or ()}}
    wrong = []
    for number, (sort, rank) in enumerate((sort, rank) for sort in types for rank in RANKS):
        sent = {"LastName": "山田", "Company": "合わせ", "Rank__c": rank}
        if types[sort] is not None:
            sent["RecordTypeId"] = types[sort]
        columns = {
            name: Outgoing(
                value=pl.lit(sent.get(name), dtype=pl.String),
                source=pl.lit(sent.get(name), dtype=pl.String),
                sent=pl.lit(name in sent),
                stored=pl.lit(None, dtype=pl.String),
                creating=pl.col("_create"),
                side="crm",
            )
            for name in ("LastName", "Company", "Rank__c", "RecordTypeId")
        }
        frame = pl.DataFrame({"_link": [1], "_create": [True]})
        foreseen = bool(findings(frame, Target(scene.lead, columns, "Asia/Tokyo")))
        (outcome,) = scene.write(create(number + 1, **sent))
        if foreseen != (outcome.state is State.REJECTED):
            wrong.append((sort, rank, foreseen, outcome))
    assert wrong == []


def test_matching_rules_are_read_where_a_duplicate_rule_may_ask_them() -> None:
    made = Scene()
    assert made.run(made.connector.read_matching_rules(["Lead", "Contact"])) == {}
    rule = {"duplicate": "block", "name": "Same_Mobile", "field": "MobilePhone"}
    made.org.change_schema({"object": "Lead", "add_rule": rule})
    assert made.run(made.connector.read_matching_rules(["Lead", "Contact"])) == {
        "Lead": (MatchingRule("Same_Mobile_Match", "Lead", (MatchingField("MobilePhone"),)),)
    }


def test_the_running_user_is_known_as_formulas_name_it() -> None:
    made = Scene()
    names = [
        "$User.UserType",
        "$user.IsActive",
        "$Profile.Name",
        "$Permission.Bypass",
        "$UserRole.Name",
        "$Setup.X__c.Y__c",
    ]
    connector = made.connector.acting_as(made.org.data.integration_user)
    user = made.run(connector.read_globals(names))
    assert dict(user.values) == {
        "$User.UserType": "Standard",
        "$user.IsActive": True,
        "$Profile.Name": "Integration User",
        # Of permissions it is known that there are none; roles are not there, so nothing is said of them.
        "$Permission.Bypass": False,
    }
    made.org.change_settings({"custom_permissions": ["Bypass"]})
    assert made.run(connector.read_globals(names)).values["$Permission.Bypass"] is True


def test_what_the_org_has_set_is_known_as_far_as_the_user_may_read_it() -> None:
    made = Scene()
    for object, declared, field in (
        ("Bypass__c", {"setting": "Hierarchy"}, {"name": "Skip__c", "type": "boolean"}),
        ("Guard__c", {"setting": "Hierarchy"}, {"name": "Until__c", "type": "date"}),
        ("Limits__mdt", {}, {"name": "Maximum__c", "type": "percent", "precision": 5, "scale": 1}),
    ):
        made.org.change_schema({"object": object, "add_object": declared})
        made.org.change_schema({"object": object, "add_field": field})
    record = {"name": "ns__Lead", "values": {"Maximum__c": 12.5}}
    made.org.change_schema({"object": "Limits__mdt", "set_record": record})
    for owner, skip in (("organization", False), ("profile", True)):
        made.org.load("Bypass__c", [{"SetupOwnerId": owner, "Skip__c": skip}], "user:admin")
    skip, until = "$Setup.Bypass__c.Skip__c", "$Setup.Guard__c.Until__c"
    maximum, country = "$CustomMetadata.Limits__mdt.ns__Lead.Maximum__c", "$Organization.Country"
    known = {skip: True, until: None, maximum: 12.5, country: "JP"}
    read = made.run(made.connector.read_globals(known))
    assert read.values == known
    assert {name: field.vendor_type for name, field in read.fields.items()} == {
        skip: "boolean",
        until: "date",
        maximum: "percent",
    }
    for kept, gone in (
        ({"object_permissions": {"Bypass__c": {"read": False}}}, skip),
        ({"hidden_fields": {"Guard__c": ["Until__c"]}, "object_permissions": {}}, until),
        ({"hidden_fields": {}, "object_permissions": {"Limits__mdt": {"read": False}}}, maximum),
    ):
        made.org.change_settings(kept)
        assert made.run(made.connector.read_globals(known)).values == {
            name: value for name, value in known.items() if name != gone
        }
