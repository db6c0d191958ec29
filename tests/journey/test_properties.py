"""A property made after a field of the CRM, through the command, on two practice orgs over real HTTP."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.installation import Installation, installation
from tests.support.small_workspace import CONFIGURATION, contact, load

RANK = {
    "name": "Rank__c",
    "label": "取引ランク",
    "type": "picklist",
    "length": 255,
    "restricted": True,
    "values": ["A 最重要", "B", "C"],
}


@pytest.fixture
def place() -> Iterator[Installation]:
    with installation(orgs="properties", template=CONFIGURATION) as made:
        made.salesforce.schema("Lead", add_field=RANK)
        yield made


def create(place: Installation, *arguments: str, status: int = 0) -> dict[str, Any]:
    ended = place.run("property", "create", "people", "--json", *arguments)
    assert ended.status == status, ended
    document: dict[str, Any] = ended.document
    return document


def values(document: dict[str, Any]) -> list[str]:
    return [option["value"] for option in document["options"]]


def test_a_property_with_its_options_is_shown_made_mapped_and_only_ever_added_to(place: Installation) -> None:
    shown = create(place, "--from", "Lead.Rank__c", "--preview")
    assert (shown["name"], shown["existing"], shown["done"]) == ("rank", False, False)
    assert (shown["definition"]["type"], shown["definition"]["fieldType"]) == ("enumeration", "select")
    assert (shown["definition"]["label"], values(shown)) == ("取引ランク", ["A 最重要", "B", "C"])
    asked = place.run("property", "create", "--from", "Lead.Rank__c")
    assert asked.status == 4, asked
    assert "取引ランク" in asked.out
    made = create(place, "--from", "Lead.Rank__c", "--yes")
    assert (made["existing"], made["done"]) == (False, True), "nothing was made so far"
    again = create(place, "--from", "Lead.Rank__c", "--yes")
    assert (again["existing"], again["done"], again["options"]) == (True, False, [])
    assert not again["source_changed"]

    assert tomllib.loads(again["toml"])["syncs"]["fields"] == [{"ma": "rank", "crm": {"Lead": "Rank__c"}}]
    with place.file.open("a", encoding="utf-8") as file:
        file.write(f"\n{again['toml']}\n")
    load(place, contact(1, rank="A 最重要"))
    assert place.sync().status == 0
    assert [row["Rank__c"] for row in place.salesforce.rows("Lead")] == ["A 最重要"]

    place.hubspot.schema(
        "contact",
        change_field={
            "name": "rank",
            "options": [{"label": "旧", "value": "old"}, {"label": "B", "value": "B"}],
        },
    )
    place.salesforce.schema("Lead", change_field={**RANK, "values": ["A 最重要", "B", "D"]})
    more = create(place, "--from", "Lead.Rank__c", "--yes")
    assert more["source_changed"]
    assert (more["existing"], values(more), more["added"]) == (True, ["A 最重要", "D"], 2)
    unchanged = {"object": "contact", "change_field": {"name": "rank"}}
    options = place.hubspot.process.control("schema", unchanged)["options"]
    assert [(option["value"], option["label"]) for option in options] == [
        ("old", "旧"),
        ("B", "B"),
        ("A 最重要", "A 最重要"),
        ("D", "D"),
    ], "what was there stays, and stays first"


def test_what_cannot_be_made_says_so(place: Installation) -> None:
    place.salesforce.schema("Lead", add_field={"name": "Count__c", "label": "数", "type": "int", "digits": 8})
    for arguments, words in {
        ("Lead.OwnerId",): ("Lead.OwnerId", "through"),
        ("Lead.Address",): ("Lead", "Address", "parts"),
        ("Account.Industry",): ("Account.Industry", "Lead.Industry"),
        ("Lead.HasOptedOutOfEmail",): ("HasOptedOutOfEmail", "opt-out"),
        ("Lead.Rank__c", "--name", "業種"): ("業種", "small letters"),
        ("Lead.Count__c", "--name", "jobtitle"): ("jobtitle", "--name"),
        ("Lead.Rank__c", "--group", "nowhere"): ("nowhere",),
    }.items():
        ended = place.run("property", "create", "people", "--yes", "--from", *arguments)
        assert ended.status == 2, ended
        assert all(word in ended.err for word in words), ended.err
    place.run("connect", "hubspot", "--mode", "read-only")
    refused = place.run("property", "create", "people", "--yes", "--from", "Lead.Rank__c")
    assert refused.status == 4, refused
    assert "read-only" in refused.err
