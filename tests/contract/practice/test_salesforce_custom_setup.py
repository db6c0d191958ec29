"""Custom settings and custom metadata of a practice Salesforce org: from a project, by queries, and in rules."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import sfdx

from .practice_process import PracticeProcess, practice, query_target
from .salesforce_calls import described, found, row_path, unbound

LEAD = {"LastName": "森", "Company": "森社"}
RULES = {
    "Title_Needed": "NOT($Setup.Bypass__c.Skip__c) && ISBLANK(Title)",
    "Staff_Limit": "NumberOfEmployees > $CustomMetadata.Limits__mdt.Lead.Maximum__c",
    "Share_Limit": "Budget__c > $customMetadata.Limits__mdt.ns__Lead.Share__c",
    "Local_Only": 'ISPICKVAL(LeadSource, "Web") && Country <> $Organization.Country',
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    number = "<precision>18</precision><scale>0</scale>"
    sfdx.setting(folder, "Bypass__c")
    sfdx.field(folder, "Skip__c", "Checkbox", "<defaultValue>false</defaultValue>", object="Bypass__c")
    sfdx.field(folder, "Limit__c", "Number", number, object="Bypass__c")
    sfdx.setting(folder, "Old__c", "List")
    sfdx.field(folder, "On__c", "Checkbox", object="Old__c")
    sfdx.metadata_type(folder, "Limits__mdt")
    sfdx.field(folder, "Maximum__c", "Number", number, object="Limits__mdt")
    sfdx.field(
        folder, "Share__c", "Percent", "<precision>5</precision><scale>1</scale>", object="Limits__mdt"
    )
    sfdx.metadata_record(folder, "Limits__mdt", "Lead", {"Maximum__c": "100.0", "Share__c": None})
    sfdx.metadata_record(folder, "Limits__mdt", "ns__Lead", {"Share__c": "50"})
    sfdx.metadata_record(folder, "Limits__mdt", "Torn", {"Maximum__c": "many"})
    for name, formula in RULES.items():
        sfdx.rule(folder, name, formula, name)
    sfdx.rule(folder, "Reads_A_List", "$Setup.Old__c.On__c", "x")
    sfdx.rule(folder, "Reads_Nobody", "$CustomMetadata.Limits__mdt.Nobody.Maximum__c > 1", "x")
    return folder


@pytest.fixture(scope="module")
def running(project: Path) -> Iterator[PracticeProcess]:
    with practice("salesforce", "custom", "--project", str(project)) as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    unbound(running)
    for row in running.control("rows", object="Bypass__c"):
        running.control("delete", {"object": "Bypass__c", "id": row["id"]})
    return running


def refusing(org: PracticeProcess, **values: object) -> list[str]:
    """The rules that refuse a lead, by their messages."""
    reply = org.send("POST", row_path("Lead"), {**LEAD, "Title": "部長", **values})
    return [] if reply.status == 201 else sorted(each["message"] for each in reply.document)


def setting(org: PracticeProcess, owner: str, **values: object) -> None:
    org.control("load", {"objects": {"Bypass__c": [{"SetupOwnerId": owner, **values}]}})


def test_what_cannot_be_taken_over_is_told(org: PracticeProcess) -> None:
    told = "\n".join(org.ready["left_out"])
    assert "Limits__mdt: many is no value for Maximum__c" in told
    assert "the formula reads $Setup.Old__c.On__c, which the org does not have" in told
    assert "reads $CustomMetadata.Limits__mdt.Nobody.Maximum__c, of which the org has no record" in told
    assert len(org.ready["left_out"]) == 3


def test_settings_and_types_are_described_and_queried(org: PracticeProcess) -> None:
    bypass = org.send("GET", f"{row_path('Bypass__c')}/describe").document
    assert (bypass["customSetting"], bypass["createable"]) == (True, False)
    assert described(org, "Bypass__c")["fields"]["SetupOwnerId"]["referenceTo"] == [
        "Organization",
        "Profile",
        "User",
    ]
    assert described(org, "Limits__mdt")["fields"]["Share__c"]["type"] == "percent"
    names = "DeveloperName, NamespacePrefix, QualifiedApiName, Maximum__c, Share__c"
    rows = found(
        org, f"SELECT {names} FROM Limits__mdt WHERE DeveloperName IN ('Lead') ORDER BY QualifiedApiName"
    )
    assert [tuple(row[name] for name in names.split(", ")) for row in rows] == [
        ("Lead", None, "Lead", 100.0, None),
        ("Lead", "ns", "ns__Lead", None, 50.0),
    ]
    (whole,) = found(org, "SELECT Id, Country, IsSandbox FROM Organization")
    setting(org, "organization", Limit__c=7)
    (row,) = found(org, f"SELECT Skip__c, Limit__c FROM Bypass__c WHERE SetupOwnerId IN ('{whole['Id']}')")
    assert (whole["Country"], row["Skip__c"], row["Limit__c"]) == ("JP", False, 7.0)


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ({}, True),
        ({"organization": True}, False),
        ({"organization": True, "profile": False}, True),
        ({"profile": True}, False),
        ({"profile": True, "user:integration": False}, True),
        ({"organization": False, "profile": False, "user:integration": True}, False),
        ({"user:sales": True}, True),
    ],
)
def test_the_nearest_setting_decides_whether_a_rule_is_passed(
    org: PracticeProcess, rows: dict[str, bool], refused: bool
) -> None:
    for owner, skip in rows.items():
        setting(org, owner, Skip__c=skip)
    assert refusing(org, Title=None) == (["Title_Needed"] if refused else [])


def test_an_empty_setting_lets_the_next_one_through(org: PracticeProcess) -> None:
    declared = {"name": "Few", "message": "Few", "formula": "NumberOfEmployees > $Setup.Bypass__c.Limit__c"}
    org.control("schema", {"object": "Lead", "add_rule": declared})
    setting(org, "user:integration", Skip__c=True)
    assert refusing(org, NumberOfEmployees=9) == []
    setting(org, "organization", Limit__c=5)
    assert refusing(org, NumberOfEmployees=9) == ["Few"]
    org.control("schema", {"object": "Lead", "remove_rule": {"name": "Few"}})


def test_rules_read_metadata_and_the_organization(org: PracticeProcess) -> None:
    assert refusing(org, NumberOfEmployees=100) == []
    assert refusing(org, NumberOfEmployees=101) == ["Staff_Limit"]
    # A percentage of 50 reads as 0.5.
    assert refusing(org, Budget__c=0.5) == []
    assert refusing(org, Budget__c=0.6) == ["Share_Limit"]
    assert refusing(org, LeadSource="Web", Country="JP") == []
    assert refusing(org, LeadSource="Web", Country="US") == ["Local_Only"]
    record = {"name": "Lead", "values": {"Maximum__c": "200"}}
    org.control("schema", {"object": "Limits__mdt", "set_record": record})
    assert refusing(org, NumberOfEmployees=101) == []
    again = {"name": "Lead", "values": {"Maximum__c": "100"}}
    org.control("schema", {"object": "Limits__mdt", "set_record": again})


def test_whoever_may_not_read_a_setting_gets_nothing_of_it(org: PracticeProcess) -> None:
    org.control("settings", {"object_permissions": {"Bypass__c": {"read": False}}})
    assert org.send("GET", query_target("SELECT SetupOwnerId FROM Bypass__c")).code == "INVALID_TYPE"
    assert org.send("GET", f"{row_path('Bypass__c')}/describe").status == 404
    # The rule knows it all the same.
    setting(org, "profile", Skip__c=True)
    assert refusing(org, Title=None) == []


def test_only_settings_and_types_are_made_and_only_once(org: PracticeProcess) -> None:
    for object, declared in (
        ("Ship__c", {}),
        ("Ship__c", {"setting": "Tree"}),
        ("Ship", {"setting": "List"}),
        ("Ship__mdt", {"setting": "List"}),
        ("Bypass__c", {"setting": "Hierarchy"}),
    ):
        assert org.control_reply("schema", {"object": object, "add_object": declared}).status == 400
    record = {"name": "X", "values": {}}
    assert org.control_reply("schema", {"object": "Lead", "set_record": record}).status == 400


def test_a_snapshot_goes_on_with_them(project: Path, tmp_path: Path) -> None:
    options = ("--snapshot", str(tmp_path / "custom.snapshot"))
    with practice("salesforce", "kept", "--project", str(project), *options) as org:
        setting(org, "profile", Skip__c=True)
        kept = {name: org.control("rows", object=name) for name in ("Bypass__c", "Limits__mdt")}
    with practice("salesforce", "kept", *options) as org:
        assert {name: org.control("rows", object=name) for name in kept} == kept
        assert refusing(unbound(org), Title=None, NumberOfEmployees=101) == ["Staff_Limit"]
