"""Rules with a bypass in a custom setting, and with limits in custom metadata, in an org that a project sets up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import sfdx
from tests.support.installation import Installation
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace

CHIEFS, LONG = "No_Chiefs", "Short_Titles"
FORMULAS = {
    CHIEFS: 'AND(NOT($Setup.Bypass__c.Skip_Rules__c), Title = "部長")',
    LONG: "LEN(Title) > $CustomMetadata.Limits__mdt.Lead.Letters__c",
}
TITLES = {1: "部長", 2: "第三営業部課長", 3: "課長"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    sfdx.setting(tmp_path, "Bypass__c")
    sfdx.field(tmp_path, "Skip_Rules__c", "Checkbox", object="Bypass__c")
    sfdx.metadata_type(tmp_path, "Limits__mdt")
    whole = "<precision>18</precision><scale>0</scale>"
    sfdx.field(tmp_path, "Letters__c", "Number", whole, object="Limits__mdt")
    sfdx.metadata_record(tmp_path, "Limits__mdt", "Lead", {"Letters__c": "5.0"})
    for name, formula in FORMULAS.items():
        sfdx.rule(tmp_path, name, formula, f"{name} の規則です。")
    with small_workspace(project=tmp_path) as made:
        load(made, *(contact(n, jobtitle=title) for n, title in TITLES.items()))
        made.connect_by_command()
        yield made


def held(here: Installation) -> set[tuple[str, str]]:
    """Who is kept back, and by which rule; everything was foreseen."""
    assert {item["source"] for item in here.items()} <= {"foreseen"}
    return {(item["label"], item["detail"]["rule"]) for item in here.items()}


def email(number: int) -> str:
    return contact(number)["email"]


def test_a_bypass_and_a_limit_decide_as_they_are_set_for_the_integration_user(here: Installation) -> None:
    (found,) = here.run("check", "--json").document["checks"]
    assert (found["not_foreseen"], found["refused"]) == ([], 2)
    assert here.sync().status == 1
    assert held(here) == {(email(1), CHIEFS), (email(2), LONG)}
    assert [row["Email"] for row in here.salesforce.rows("Lead")] == [email(3)]
    # Another profile's bypass is none of ours; the integration user's own is.
    switch = {"SetupOwnerId": "user:sales", "Skip_Rules__c": True}
    (row,) = here.salesforce.load("Bypass__c", [switch])
    pass_an_hour(here)
    here.sync()
    assert held(here) == {(email(1), CHIEFS), (email(2), LONG)}
    here.salesforce.process.control("delete", {"object": "Bypass__c", "id": row})
    here.salesforce.load("Bypass__c", [{**switch, "SetupOwnerId": "profile"}])
    pass_an_hour(here)
    here.sync()
    assert held(here) == {(email(2), LONG)}
    # A higher limit in custom metadata, and the last one goes.
    record = {"name": "Lead", "values": {"Letters__c": 7}}
    here.salesforce.schema("Limits__mdt", set_record=record)
    pass_an_hour(here)
    assert here.sync().status == 0
    assert here.items() == []
    assert {row["Email"] for row in here.salesforce.rows("Lead")} == {email(n) for n in TITLES}


def test_what_is_foreseen_with_settings_is_what_a_copy_of_the_org_refuses(here: Installation) -> None:
    (found,) = here.run("check", "--prove", "--json").document["checks"]
    assert (found["proof"]["precision"], found["proof"]["recall"]) == (1, 1)
    assert {score["rule"]: (score["right"], score["wrong"]) for score in found["scores"]} == {
        CHIEFS: (1, 0),
        LONG: (1, 0),
    }


def test_a_setting_that_may_not_be_read_leaves_its_rule_open_and_is_named(here: Installation) -> None:
    rights = {"Bypass__c": {"read": False}}
    here.salesforce.process.control("settings", {"object_permissions": rights})
    (found,) = here.run("check", "--json").document["checks"]
    assert [(one["rule"], one["reason"], one["lacking"]) for one in found["not_foreseen"]] == [
        (CHIEFS, None, ["global $Setup.Bypass__c.Skip_Rules__c"])
    ]
    assert here.sync().status == 1
    assert {(item["label"], item["source"]) for item in here.items()} == {
        (email(1), "answered"),
        (email(2), "foreseen"),
    }
