"""``awase doctor`` at the connected systems: what `plan` would stop at, and all the rest, is told at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.practice.test_hubspot_forms import CONTACT_US
from tests.support.installation import Installation
from tests.support.small_workspace import small_workspace

QUESTIONS = CONTACT_US["fieldGroups"][0]["fields"]


@pytest.fixture
def here() -> Iterator[Installation]:
    with small_workspace() as made:
        yield made


def findings(here: Installation, *options: str) -> dict[str, dict[str, Any]]:
    """By kind."""
    told = here.run("doctor", "--json", "--lang", "en", *options).document["findings"]
    return {one["kind"]: one for one in told}


def test_both_systems_are_asked_and_every_fault_is_found_at_once(here: Installation) -> None:
    here.hubspot.process.send(
        "POST",
        "/marketing/v3/forms",
        {**CONTACT_US, "fieldGroups": [{"fields": [one for one in QUESTIONS if one["name"] == "email"]}]},
        {"Authorization": f"Bearer {here.credentials('hubspot')['token']}"},
    )
    must = {"name": "Route__c", "type": "string", "length": 20, "required": True}
    here.salesforce.schema("Lead", add_field=must)
    here.salesforce.process.control("settings", {"hidden_fields": {"Lead": ["HasOptedOutOfEmail"]}})
    with_faults = (
        here.file.read_text(encoding="utf-8").replace('crm = "Title"', 'crm = "Titel"')
        + '\n[[syncs]]\nname = "things"\nmatch_on = "name"\nma = { connection = "hubspot", object = "thing" }\n'
        + 'crm = { connection = "salesforce", objects = ["Thing__c"] }\n'
        + '[[syncs.fields]]\nma = "name"\ncrm = "Name"\n'
    )
    here.file.write_text(with_faults, encoding="utf-8")
    here.connect_by_command()
    assert here.run("plan", "people").status == 2
    before = here.writes()
    found = findings(here)
    assert {
        "field_missing",
        "required_not_mapped",
        "form_lacks_required",
        "opt_out_missing",
        "object_unknown",
    } <= set(found)
    assert (found["field_missing"]["field"], found["field_missing"]["level"]) == ("Titel", "certain")
    line = with_faults.splitlines()[found["field_missing"]["place"]["line"] - 1]
    assert "Titel" in line
    assert found["required_not_mapped"]["field"] == "Route__c"
    assert found["form_lacks_required"]["form"] == "お問い合わせ"
    assert (found["opt_out_missing"]["object"], "opt_out_not_writable" in found) == ("Lead", False)
    objects = {
        one["object"]
        for one in here.run("doctor", "things", "--json").document["findings"]
        if one["kind"] == "object_unknown"
    }
    assert objects == {"thing", "Thing__c"}
    assert here.writes() == before
    here.file.write_text(with_faults.replace("Titel", "Title"), encoding="utf-8")
    assert "field_missing" not in findings(here, "people")


def test_rows_of_a_file_are_judged_by_the_connected_org(here: Installation) -> None:
    listed = {"name": "Title", "type": "picklist", "restricted": True, "values": ["部長", "課長"]}
    here.salesforce.schema("Lead", change_field=listed)
    for change in (
        {"add_object": {"setting": "Hierarchy"}},
        {"add_field": {"name": "Skip__c", "type": "boolean"}},
    ):
        here.salesforce.schema("Bypass__c", **change)
    formula = 'NOT($Setup.Bypass__c.Skip__c) && Company = "山田商店"'
    rule = {"name": "No_Yamada", "message": "登録済みの会社です。", "formula": formula}
    here.salesforce.schema("Lead", add_rule=rule)
    here.connect_by_command()
    (here.folder / "people.csv").write_text(
        "LastName,会社名,Title\n山田,山田商店,課長\n佐藤,,係長\n", encoding="utf-8"
    )
    told = here.run("doctor", "--data", "people.csv", "--object", "Lead", "--json")
    assert told.document["refused"] == 2
    here.salesforce.load("Bypass__c", [{"SetupOwnerId": "user:integration", "Skip__c": True}])
    told = here.run("doctor", "--data", "people.csv", "--object", "Lead", "--overwrite", "--json")
    assert (told.status, told.document["refused"]) == (1, 1)
    assert {(one["error_type"], one["field"]) for one in told.document["causes"]} == {
        ("required_value_missing", "Company"),
        ("restricted_picklist_value", "Title"),
    }
    assert here.run("doctor", "--data", "people.csv", "--object", "Leed").status == 2
