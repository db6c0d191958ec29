"""What formulas read of the user who writes and of the org's settings, read call by call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from awase.core.schema import Globals
from awase.core.values import Kind
from awase.ports.flows import Answer, Request

from .salesforce_scene import CONNECTOR, answer, error, lost, play, soql_of
from .test_salesforce_schema import described, item

USER, PROFILE, ORG = "005000000000001AAA", "00e000000000001AAA", "00D000000000001AAA"
OWNERS = {"User": [{"ProfileId": PROFILE}], "Organization": [{"Id": ORG}]}
OWNER = item("SetupOwnerId", "reference", length=18, referenceTo=["Organization", "Profile", "User"])
BYPASS = described(
    "Bypass__c",
    OWNER,
    item("Skip__c", "boolean", nillable=False),
    item("Limit__c", "double", precision=18, scale=0),
    item("From__c", "date"),
)
RECORD_NAMES = (item("DeveloperName"), item("NamespacePrefix"))
LIMITS = described("Limits__mdt", *RECORD_NAMES, item("Maximum__c", "double", precision=18, scale=0))


class Org:
    """Objects by describe, rows by object; what it lacks it refuses. ``asked``: each call, by object."""

    def __init__(self, objects: Mapping[str, Any], rows: Mapping[str, Any]) -> None:
        self.objects = {name.casefold(): content for name, content in objects.items()}
        self.rows = rows
        self.asked: list[str] = []
        self.queries: list[str] = []

    def reply(self, request: Request) -> Answer:
        if request.url.endswith("/describe"):
            name = request.url.split("/")[-2]
            self.asked.append(f"describe {name}")
            if name.casefold() in self.objects:
                return answer(request, self.objects[name.casefold()])
            return answer(request, [error("NOT_FOUND")], 404)
        text = soql_of(request)
        object = text.partition(" FROM ")[2].split(" ")[0]
        self.asked.append(f"query {object}")
        self.queries.append(text)
        found = self.rows.get(object, error("INVALID_TYPE"))
        if isinstance(found, dict):
            return answer(request, [found], 400)
        return answer(request, {"totalSize": len(found), "done": True, "records": found})

    def read(self, *names: str) -> Globals:
        found, _, _ = play(CONNECTOR.acting_as(USER).read_globals(names), self.reply)
        assert isinstance(found, Globals)
        return found


def bypass_row(owner: str, **values: Any) -> dict[str, Any]:
    return {"SetupOwnerId": owner, "Skip__c": False, "Limit__c": None, "From__c": None, **values}


def with_settings(*rows: dict[str, Any]) -> Org:
    return Org({"Bypass__c": BYPASS}, {**OWNERS, "Bypass__c": list(rows)})


SKIP, LIMIT, FROM = "$Setup.Bypass__c.Skip__c", "$Setup.Bypass__c.Limit__c", "$Setup.Bypass__c.From__c"
OF_USER = bypass_row(USER, Skip__c=True)
OF_PROFILE = bypass_row(PROFILE, Limit__c=5.0)
OF_ORG = bypass_row(ORG, Limit__c=9.0, From__c="2026-04-01")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([OF_USER, OF_PROFILE, OF_ORG], {SKIP: True, LIMIT: 5.0, FROM: "2026-04-01"}),
        ([OF_ORG, OF_PROFILE], {SKIP: False, LIMIT: 5.0, FROM: "2026-04-01"}),
        ([bypass_row(PROFILE), bypass_row(ORG, Skip__c=True)], {SKIP: False, LIMIT: None, FROM: None}),
        ([OF_ORG], {SKIP: False, LIMIT: 9.0, FROM: "2026-04-01"}),
        ([], {SKIP: None, LIMIT: None, FROM: None}),
    ],
)
def test_the_users_setting_goes_before_the_profiles_and_that_before_the_orgs_field_by_field(
    rows: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    org = with_settings(*rows)
    found = org.read(SKIP, LIMIT, FROM)
    assert found.values == expected
    assert {name: field.kind for name, field in found.fields.items()} == {
        SKIP: Kind.BOOLEAN,
        LIMIT: Kind.DECIMAL,
        FROM: Kind.DATE,
    }
    # A describe and a query for the setting, and whose rows count; whatever the number of fields.
    assert sorted(org.asked) == [
        "describe Bypass__c",
        "query Bypass__c",
        "query Organization",
        "query User",
    ]
    assert all(id in org.queries[-1] for id in (USER, PROFILE, ORG))


def test_only_what_may_not_be_read_stays_unknown() -> None:
    hidden, gone = "$Setup.Hidden__c.On__c", "$Setup.Bypass__c.Gone__c"
    assert with_settings(OF_USER).read(SKIP, hidden, gone).values == {SKIP: True}
    # Seen, but not its rows.
    org = Org({"Bypass__c": BYPASS, "Limits__mdt": LIMITS}, {**OWNERS, "Limits__mdt": []})
    assert org.read(SKIP, "$CustomMetadata.Limits__mdt.Lead.Maximum__c").values == {}


def test_a_setting_stays_unknown_where_nobody_says_whose_rows_count() -> None:
    org = Org({"Bypass__c": BYPASS}, {"Bypass__c": [OF_ORG], "User": OWNERS["User"]})
    assert org.read(SKIP).values == {}
    assert "query Bypass__c" not in org.asked


def test_a_list_of_settings_stays_unknown() -> None:
    assert with_settings(OF_ORG, bypass_row(ORG, Skip__c=True)).read(SKIP, LIMIT).values == {}
    plain = described("Bypass__c", item("Skip__c", "boolean"))
    assert Org({"Bypass__c": plain}, {**OWNERS, "Bypass__c": [OF_ORG]}).read(SKIP).values == {}


def test_a_type_of_metadata_is_asked_once_for_all_its_records_also_those_of_a_package() -> None:
    packaged = described("ns__Limits__mdt", *RECORD_NAMES, item("ns__Rate__c", "percent", scale=2))
    lead = {"DeveloperName": "Lead", "NamespacePrefix": None, "Maximum__c": 100.0}
    theirs = {"DeveloperName": "Lead", "NamespacePrefix": "ns", "Maximum__c": 7.0}
    contact = {"DeveloperName": "Contact", "NamespacePrefix": None, "Maximum__c": None}
    rate = {"DeveloperName": "Lead", "NamespacePrefix": "ns", "ns__Rate__c": 12.5}
    org = Org(
        {"Limits__mdt": LIMITS, "ns__Limits__mdt": packaged},
        {"Limits__mdt": [theirs, lead, contact], "ns__Limits__mdt": [rate]},
    )
    names = {
        "$CustomMetadata.Limits__mdt.Lead.Maximum__c": 100.0,
        "$CustomMetadata.Limits__mdt.ns__Lead.Maximum__c": 7.0,
        "$CustomMetadata.Limits__mdt.Contact.Maximum__c": None,
        "$CustomMetadata.ns__Limits__mdt.ns__Lead.ns__Rate__c": 12.5,
    }
    # A record that is not seen is not known, for no formula can name one that is not there.
    found = org.read(*names, "$CustomMetadata.Limits__mdt.Nobody.Maximum__c")
    assert found.values == names
    assert [name for name, field in found.fields.items() if field.percent] == [[*names][-1]]
    assert sorted(org.asked) == [
        "describe Limits__mdt",
        "describe ns__Limits__mdt",
        "query Limits__mdt",
        "query ns__Limits__mdt",
    ]


def test_names_are_found_in_whatever_case_a_formula_writes_them() -> None:
    lead = {"DeveloperName": "Lead", "NamespacePrefix": None, "Maximum__c": 100.0}
    org = Org(
        {"Limits__mdt": LIMITS, "Bypass__c": BYPASS},
        {**OWNERS, "Limits__mdt": [lead], "Bypass__c": [OF_USER]},
    )
    written = ("$custommetadata.limits__MDT.lead.maximum__c", "$SETUP.bypass__c.SKIP__c", SKIP)
    found = org.read(*written)
    assert found.values == {written[0]: 100.0, written[1]: True, SKIP: True}
    assert org.asked.count("query Bypass__c") == 1


def test_the_organization_is_asked_for_what_rules_name_of_it() -> None:
    org = Org({}, {"Organization": [{"Country": "JP", "IsSandbox": True, "Division": None}]})
    names = ("$Organization.Country", "$Organization.isSandbox", "$Organization.Division")
    assert dict(org.read(*names).values) == dict(zip(names, ("JP", True, None), strict=True))
    assert org.asked == ["query Organization"]


def test_a_family_that_fails_costs_itself_only_and_one_that_nobody_knows_nothing() -> None:
    users = [{"Title": None, "Floor__c": 3, "ProfileId": PROFILE, "Profile": {"Name": "Integration"}}]
    org = Org({"Bypass__c": BYPASS}, {**OWNERS, "User": users, "Bypass__c": [OF_USER]})
    names = {"$User.Title": None, "$User.Floor__c": 3, "$Profile.Name": "Integration", SKIP: True}
    others = ("$Permission.Bypass", "$Label.Words", "$Setup.Bypass__c", "$User.Odd:Name")
    assert org.read(*names, *others).values == names
    assert not [each for each in org.asked if "Label" in each]


def test_nothing_is_asked_where_no_rule_reads_it() -> None:
    org = Org({}, {})
    assert (org.read().values, org.asked) == ({}, [])


def test_an_answer_that_is_lost_leaves_unknown_what_it_would_have_told() -> None:
    found, _, _ = play(CONNECTOR.acting_as(USER).read_globals([SKIP]), lost)
    assert found == Globals({})
