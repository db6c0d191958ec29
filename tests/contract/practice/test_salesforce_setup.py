"""What clients ask a practice Salesforce org about itself: layouts, rules, changes since, counts, search."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from .practice_process import PracticeProcess, Reply, practice
from .salesforce_calls import DATA, create, found, load, numbers, row_path, unbound


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "setup") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


def tooling(org: PracticeProcess, text: str) -> Reply:
    return org.send("GET", f"{DATA}/tooling/query/?q={quote(text)}")


def window(org: PracticeProcess, object: str, what: str, start: datetime, end: datetime) -> Reply:
    asked = urlencode({"start": start.isoformat(), "end": end.isoformat()})
    return org.send("GET", f"{row_path(object)}/{what}/?{asked}")


# --- Describe


def test_a_describe_that_is_known_is_not_sent_again(org: PracticeProcess) -> None:
    first = org.send("GET", f"{row_path('Lead')}/describe")
    known = {"If-Modified-Since": first.headers["last-modified"]}
    again = org.send("GET", f"{row_path('Lead')}/describe", headers=known)
    assert (again.status, again.body) == (304, b"")
    org.control("pass-time", {"seconds": 2})
    org.control("schema", {"object": "Lead", "add_field": {"name": "New__c", "type": "string", "length": 9}})
    assert org.send("GET", f"{row_path('Lead')}/describe", headers=known).status == 200


def test_a_head_call_has_no_body(org: PracticeProcess) -> None:
    reply = org.send("HEAD", f"{row_path('Lead')}/describe")
    assert (reply.status, reply.body) == (200, b"")


def test_layouts_show_what_people_may_edit_and_what_record_types_allow(org: PracticeProcess) -> None:
    declared = {"name": "法人", "developer_name": "Corporate", "values": {"Type": ["顧客"]}}
    org.control("schema", {"object": "Account", "add_record_type": declared})
    document = org.send("GET", f"{row_path('Account')}/describe/layouts/").document
    rows = document["layouts"][0]["editLayoutSections"][0]["layoutRows"]
    shown = [row["layoutItems"][0]["layoutComponents"][0]["value"] for row in rows]
    assert "Name" in shown
    assert "CreatedDate" not in shown
    mappings = {each["developerName"]: each for each in document["recordTypeMappings"]}
    assert mappings.keys() == {"Corporate", "Master"}
    picklists = {each["picklistName"]: each for each in mappings["Corporate"]["picklistsForRecordType"]}
    assert [each["value"] for each in picklists["Type"]["picklistValues"]] == ["顧客"]
    assert org.send("GET", mappings["Corporate"]["urls"]["layout"]).status == 200
    compact = org.send("GET", f"{row_path('Account')}/describe/compactLayouts").document
    assert compact["compactLayouts"][0]["fieldItems"][0]["layoutComponents"][0]["value"] == "Name"


# --- Rules


@pytest.fixture
def ruled(org: PracticeProcess) -> Iterator[PracticeProcess]:
    when = {"all": [{"field": "Email", "matches": "@example"}, {"not": {"equals": ["LeadSource", "Web"]}}]}
    rule = {"name": "No_Example", "message": "例示用は使えません", "field": "Email", "when": when}
    other = {"name": "Other", "message": "x", "when": {"blank": "Title"}}
    alike = {"name": "Contact_Duplicates", "duplicate": "alert", "field": "Email"}
    for each in (rule, other, alike):
        org.control("schema", {"object": "Contact", "add_rule": each})
    yield org
    for each in (rule, other, alike):
        org.control("schema", {"object": "Contact", "remove_rule": {"name": each["name"]}})


def test_validation_rules_are_read_by_tooling_and_their_formulas_one_by_one(ruled: PracticeProcess) -> None:
    fields = "Id, ValidationName, Active, ErrorDisplayField, ErrorMessage, EntityDefinition.QualifiedApiName"
    where = "WHERE EntityDefinition.QualifiedApiName = 'Contact' ORDER BY ValidationName"
    document = tooling(ruled, f"SELECT {fields} FROM ValidationRule {where}").document
    assert (document["size"], document["entityTypeName"]) == (2, "ValidationRule")
    record: dict[str, Any] = document["records"][0]
    assert record["Id"].startswith("03d")
    assert record["EntityDefinition"]["QualifiedApiName"] == "Contact"
    assert (record["ErrorDisplayField"], record["ErrorMessage"]) == ("Email", "例示用は使えません")
    assert "/tooling/sobjects/ValidationRule/" in record["attributes"]["url"]
    whole = ruled.send("GET", record["attributes"]["url"]).document
    assert whole["FullName"] == "Contact.No_Example"
    formula = whole["Metadata"]["errorConditionFormula"]
    assert (
        formula
        == 'AND(REGEX(Email, "[\\\\s\\\\S]*(@example)[\\\\s\\\\S]*"), NOT(ISPICKVAL(LeadSource, "Web")))'
    )
    one = tooling(ruled, f"SELECT Metadata FROM ValidationRule WHERE Id = '{record['Id']}'").document
    assert one["records"][0]["Metadata"]["errorConditionFormula"] == formula
    several = tooling(ruled, f"SELECT Metadata FROM ValidationRule {where}")
    assert (several.status, several.code) == (400, "MALFORMED_QUERY")
    assert several.document[0]["message"].endswith("Result size: 2")


def test_tooling_objects_are_no_data(ruled: PracticeProcess) -> None:
    assert ruled.send("GET", f"{DATA}/query?q=SELECT+Id+FROM+ValidationRule").code == "INVALID_TYPE"
    assert ruled.send("GET", f"{row_path('ValidationRule')}/describe").status == 404
    assert ruled.send("GET", f"{DATA}/tooling/sobjects/ValidationRule/describe").status == 200
    listed = {each["name"] for each in ruled.send("GET", f"{DATA}/sobjects").document["sobjects"]}
    assert "DuplicateRule" in listed
    assert "ValidationRule" not in listed


def test_duplicate_and_matching_rules_are_data(ruled: PracticeProcess) -> None:
    (rule,) = found(ruled, "SELECT DeveloperName, SobjectType, IsActive FROM DuplicateRule")
    assert (rule["DeveloperName"], rule["SobjectType"], rule["IsActive"]) == (
        "Contact_Duplicates",
        "Contact",
        True,
    )
    items = found(ruled, "SELECT Field, MatchingMethod, MatchingRule.MatchEngine FROM MatchingRuleItem")
    assert [(each["Field"], each["MatchingRule"]["MatchEngine"]) for each in items] == [
        ("Email", "ExactMatchEngine")
    ]
    for name in ("No_Example", "Other", "Contact_Duplicates"):
        ruled.control("schema", {"object": "Contact", "remove_rule": {"name": name}})
    assert (
        found(ruled, "SELECT Id FROM DuplicateRule") == found(ruled, "SELECT Id FROM MatchingRuleItem") == []
    )
    assert tooling(ruled, "SELECT Id FROM ValidationRule").document["size"] == 0


# --- Changes since, counts


def test_rows_that_changed_or_went_are_told_by_window(org: PracticeProcess) -> None:
    kept, gone = (create(org, "Account", Name=name) for name in ("残", "去"))
    assert org.send("DELETE", row_path("Account", gone)).status == 204
    now = datetime.fromisoformat(org.control("state")["now"])
    start, end = now - timedelta(minutes=5), now + timedelta(minutes=2)
    updated = window(org, "Account", "updated", start, end).document
    assert kept in updated["ids"]
    assert gone not in updated["ids"]
    assert updated["latestDateCovered"].endswith(":00.000+0000")
    deleted = window(org, "Account", "deleted", start, end).document
    assert gone in [each["id"] for each in deleted["deletedRecords"]]
    assert window(org, "Account", "updated", start - timedelta(days=2), start).document["ids"] == []


@pytest.mark.parametrize(
    ("back", "length"), [(timedelta(days=31), timedelta(days=1)), (timedelta(hours=1), timedelta(seconds=20))]
)
def test_a_window_that_is_too_old_or_too_short_is_refused(
    org: PracticeProcess, back: timedelta, length: timedelta
) -> None:
    start = datetime.now(UTC).replace(second=0) - back
    reply = window(org, "Account", "updated", start, start + length)
    assert (reply.status, reply.code) == (400, "INVALID_REPLICATION_DATE")


def test_rows_are_counted_by_object(org: PracticeProcess) -> None:
    load(org, "Lead", LastName="数", Company="数社")
    shown = org.send("GET", f"{DATA}/limits/recordCount?sObjects=Lead,User").document["sObjects"]
    counts = {each["name"]: each["count"] for each in shown}
    assert counts.keys() == {"Lead", "User"}
    assert counts["Lead"] == found(org, "SELECT COUNT(Id) n FROM Lead")[0]["n"]


# --- Search


def test_text_is_found_in_the_objects_and_fields_asked_for(org: PracticeProcess) -> None:
    name = f"searchable{next(numbers)}"
    load(org, "Contact", LastName=name, Email=f"{name}@example.jp")
    load(org, "Lead", LastName="x", Company=f"The {name} company")
    load(org, "Lead", LastName="y", Company=f"{name}s")

    def hits(text: str) -> list[tuple[str, str | None]]:
        document = org.send("GET", f"{DATA}/search/?q={quote(text)}").document
        return [(each["attributes"]["type"], each.get("LastName")) for each in document["searchRecords"]]

    returning = (
        "RETURNING Contact(Id, LastName), Lead(LastName WHERE Company != null ORDER BY LastName LIMIT 5)"
    )
    assert hits(f"FIND {{{name}}} IN ALL FIELDS {returning}") == [("Contact", name), ("Lead", "x")]
    assert hits(f"FIND {{{name}*}} {returning}") == [("Contact", name), ("Lead", "x"), ("Lead", "y")]
    assert hits(f"FIND {{{name}}} IN EMAIL FIELDS {returning}") == [("Contact", name)]
    posted = {"q": name, "sobjects": [{"name": "Lead", "fields": ["Id", "LastName"]}]}
    document = org.send("POST", f"{DATA}/parameterizedSearch", posted).document
    assert [each["LastName"] for each in document["searchRecords"]] == ["x"]


@pytest.mark.parametrize("text", ["FIND nothing", "FIND {a}", "FIND {ab} RETURNING Lead((", ""])
def test_a_wrong_search_is_refused(org: PracticeProcess, text: str) -> None:
    reply = org.send("GET", f"{DATA}/search?q={quote(text)}")
    assert (reply.status, reply.code) == (400, "MALFORMED_SEARCH")
