"""Single records of the practice portal: values, uniqueness, paths, history, archive and merge."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.practice.hubspot_caller import CONTACTS, Caller, codes


def test_both_path_families_and_all_names_of_an_object_lead_to_the_same_records() -> None:
    caller = Caller()
    record_id = caller.create(email="a@example.jp")
    for base in (
        "/crm/v3/objects/contacts",
        "/crm/v3/objects/contact",
        "/crm/objects/2025-09/contacts",
        "/crm/objects/2026-03/0-1",
        "/crm/objects/2026-09/contacts",
        "//crm/v3//objects/contacts/",
    ):
        status, body = caller.call("GET", base)
        assert (status, [each["id"] for each in body["results"]]) == (200, [record_id])
    for nowhere in (
        "/crm/objects/2024-03/contacts",
        "/crm/2026-09/objects/contacts",
        "/crm/v4/objects/contacts",
    ):
        assert caller.call("GET", nowhere)[0] == 404


def test_values_are_kept_as_text_and_empty_ones_read_as_null() -> None:
    caller = Caller()
    record_id = caller.create(
        email=" Hanako@Example.JP ",
        budget=1200000.50,
        last_visit="1767225600000",
        interests=";会計;会計;人事",
    )
    assert caller.read(record_id, "email", "budget", "last_visit", "interests", "memo", "no_such_name") == {
        "email": "hanako@example.jp",
        "budget": "1200000.5",
        "last_visit": "2026-01-01",
        "interests": "会計;人事",
        "memo": None,
        "createdate": "2026-11-02T00:30:00.250Z",
        "lastmodifieddate": "2026-11-02T00:30:00.250Z",
        "hs_object_id": record_id,
    }
    caller.call("PATCH", f"{CONTACTS}/{record_id}", {"properties": {"budget": "", "interests": ";クラウド"}})
    assert caller.read(record_id, "budget", "interests")["budget"] is None
    assert caller.read(record_id, "interests")["interests"] == "会計;人事;クラウド"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nickname", "x", "PROPERTY_DOESNT_EXIST"),
        ("hs_object_id", "5", "READ_ONLY_VALUE"),
        ("hs_email_optout", "false", "READ_ONLY_VALUE"),
        ("email", "sato＠example.jp", "INVALID_EMAIL"),
        ("email", "sato@example", "INVALID_EMAIL"),
        ("industry", "農業", "INVALID_OPTION"),
        ("interests", "会計;釣り", "INVALID_OPTION"),
        ("budget", "1,000", "INVALID_NUMBER"),
        ("budget", "１０００", "INVALID_NUMBER"),
        ("last_visit", "2026/01/01", "INVALID_DATE"),
        ("last_visit", "1767225600001", "INVALID_DATE"),
        ("hubspot_owner_id", "sato", "INVALID_INTEGER"),
    ],
)
def test_a_value_the_property_cannot_hold_is_refused_with_its_code(name: str, value: str, code: str) -> None:
    caller = Caller()
    status, body = caller.call("POST", CONTACTS, {"properties": {"lastname": "佐藤", name: value}})
    assert (status, body["category"], codes(body)) == (400, "VALIDATION_ERROR", [code])
    assert body["errors"][0]["context"] == {"propertyName": [name]}
    assert not caller.portal.rows("contact")


def test_an_address_that_another_contact_has_is_a_conflict_on_create_and_on_update() -> None:
    caller = Caller()
    first = caller.create(email="a@example.jp", hs_additional_emails="old@example.jp")
    second = caller.create(email="b@example.jp")
    for address in ("A@EXAMPLE.JP", "old@example.jp"):
        status, body = caller.call("POST", CONTACTS, {"properties": {"email": address}})
        assert (status, body["category"]) == (409, "CONFLICT")
        assert body["message"] == f"Contact already exists. Existing ID: {first}"
        assert caller.call("PATCH", f"{CONTACTS}/{second}", {"properties": {"email": address}})[0] == 409
    assert caller.call("PATCH", f"{CONTACTS}/{first}", {"properties": {"email": "a@example.jp"}})[0] == 200
    caller.portal.change_settings({"email_conflict_on_update": 400})
    status, body = caller.call("PATCH", f"{CONTACTS}/{second}", {"properties": {"email": "a@example.jp"}})
    assert (status, body["message"].endswith(f"on {second}. {first} already has that value.")) == (400, True)


def test_a_unique_property_may_hold_a_value_once_until_its_holder_lets_go() -> None:
    caller = Caller()
    first = caller.create(lastname="佐藤", awase_key="k1")
    status, body = caller.call("POST", CONTACTS, {"properties": {"lastname": "鈴木", "awase_key": "k1"}})
    assert (status, body["errors"][0]["code"]) == (400, "CONFLICTING_UNIQUE_VALUE")
    caller.call("DELETE", f"{CONTACTS}/{first}")
    second = caller.create(lastname="鈴木", awase_key="k1")
    assert caller.call("GET", f"{CONTACTS}/k1?idProperty=awase_key")[1]["id"] == second


def test_a_stage_only_moves_forward_unless_it_was_cleared() -> None:
    caller = Caller()
    record_id = caller.create(lastname="佐藤", lifecyclestage="customer")
    path = f"{CONTACTS}/{record_id}"
    assert caller.call("PATCH", path, {"properties": {"lifecyclestage": "lead"}})[0] == 200
    assert caller.read(record_id, "lifecyclestage")["lifecyclestage"] == "customer"
    caller.call("PATCH", path, {"properties": {"lifecyclestage": ""}})
    caller.call("PATCH", path, {"properties": {"lifecyclestage": "lead"}})
    assert caller.read(record_id, "lifecyclestage")["lifecyclestage"] == "lead"


def test_a_history_names_apps_and_people_newest_first() -> None:
    caller = Caller()
    record_id = caller.create(lastname="佐藤", jobtitle="部長")
    caller.portal.edit("contact", record_id, {"jobtitle": "取締役"}, "user:suzuki")
    _, record = caller.call("GET", f"{CONTACTS}/{record_id}?propertiesWithHistory=jobtitle,lastname")
    newest, oldest = record["propertiesWithHistory"]["jobtitle"]
    assert (newest["value"], newest["sourceType"]) == ("取締役", "CRM_UI")
    assert newest["updatedByUserId"] > 0
    app_id = caller.portal.credentials["app_id"]
    assert (oldest["value"], oldest["sourceType"], oldest["sourceId"]) == ("部長", "INTEGRATION", app_id)
    assert len(record["propertiesWithHistory"]["lastname"]) == 1


def test_an_archived_record_is_listed_apart_and_a_merged_one_nowhere() -> None:
    caller = Caller()
    kept, gone, merged = (caller.create(email=f"{name}@example.jp") for name in ("kept", "gone", "merged"))
    assert caller.call("DELETE", f"{CONTACTS}/{gone}")[0] == 204
    merge = {"primaryObjectId": kept, "objectIdToMerge": merged}
    assert caller.call("POST", f"{CONTACTS}/merge", merge)[1]["id"] == kept

    assert [each["id"] for each in caller.call("GET", CONTACTS)[1]["results"]] == [kept]
    archived = caller.call("GET", f"{CONTACTS}?archived=true")[1]["results"]
    assert [(each["id"], each["archived"], "archivedAt" in each) for each in archived] == [(gone, True, True)]
    assert caller.call("GET", f"{CONTACTS}/{gone}")[0] == 404
    assert caller.call("GET", f"{CONTACTS}/{merged}")[1]["id"] == kept
    survivor = caller.read(kept, "hs_merged_object_ids", "hs_additional_emails")
    assert survivor["hs_merged_object_ids"] == merged
    assert survivor["hs_additional_emails"] == "merged@example.jp"
    assert caller.found() == [kept]


def test_lists_are_paged_by_id_and_take_both_ways_of_writing_a_list() -> None:
    caller = Caller()
    ids = [caller.create(email=f"p{i}@example.jp", city="大阪") for i in range(5)]
    _, first = caller.call("GET", f"{CONTACTS}?limit=3&properties=email&properties=city")
    assert first["results"][0]["properties"]["city"] == "大阪"
    link = first["paging"]["next"]["link"]
    assert link.startswith(f"http://practice.invalid{CONTACTS}?")
    _, second = caller.call("GET", link.removeprefix("http://practice.invalid"))
    assert [each["id"] for each in first["results"] + second["results"]] == ids
    assert "paging" not in second
    assert caller.call("GET", f"{CONTACTS}?limit=101")[0] == 400
    assert caller.call("GET", f"{CONTACTS}?limit=51&propertiesWithHistory=email")[0] == 400


def test_required_properties_bind_the_newest_paths_only() -> None:
    caller = Caller()
    caller.portal.change_schema(
        {"object": "contact", "add_rule": {"kind": "required_on_create", "field": "company"}}
    )
    status, body = caller.call("POST", CONTACTS, {"properties": {"lastname": "佐藤"}})
    assert (status, body["errors"][0]["code"]) == (400, "MISSING_REQUIRED_PROPERTY")
    assert caller.call("POST", "/crm/v3/objects/contacts", {"properties": {"lastname": "佐藤"}})[0] == 201


def test_properties_can_be_read_made_changed_and_archived() -> None:
    caller = Caller()
    base = "/crm/properties/2026-09/contacts"
    listed = {each["name"]: each for each in caller.call("GET", "/crm/v3/properties/contacts")[1]["results"]}
    assert listed["awase_key"]["hasUniqueValue"] is True
    assert listed["email"]["hasUniqueValue"] is False
    assert listed["hs_email_optout"]["modificationMetadata"]["readOnlyValue"] is True
    assert "製造業" in [each["value"] for each in listed["industry"]["options"]]

    new: dict[str, Any] = {
        "name": "rank",
        "label": "ランク",
        "type": "enumeration",
        "fieldType": "select",
        "options": [],
    }
    assert caller.call("POST", base, new)[0] == 400
    new |= {"groupName": "contactinformation", "options": [{"label": "A", "value": "a"}]}
    assert caller.call("POST", base, new)[0] == 201
    assert caller.call("POST", base, new)[1]["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    assert caller.call("PATCH", f"{base}/rank", {"options": [{"label": "B", "value": "b"}]})[0] == 200
    status, body = caller.call("POST", CONTACTS, {"properties": {"lastname": "佐藤", "rank": "a"}})
    assert (status, codes(body)) == (400, ["INVALID_OPTION"])
    assert caller.call("DELETE", f"{base}/rank")[0] == 204
    assert caller.call("GET", f"{base}/rank")[0] == 404
    assert caller.call("DELETE", f"{base}/email")[0] == 400


def test_without_the_key_property_the_portal_does_not_know_it() -> None:
    caller = Caller(awase_key=False)
    assert caller.call("GET", "/crm/v3/properties/contacts/awase_key")[0] == 404
    status, body = caller.call("POST", CONTACTS, {"properties": {"lastname": "佐藤", "awase_key": "k"}})
    assert (status, codes(body)) == (400, ["PROPERTY_DOESNT_EXIST"])


def test_rows_loaded_past_the_rules_are_told_as_they_are_stored() -> None:
    caller = Caller()
    (record_id,) = caller.portal.load(
        "contact", [{"email": "Bad Address", "budget": 5, "memo": None}], "user:seed"
    )
    (row,) = caller.portal.rows("contact")
    assert row == {
        "id": record_id,
        "email": "bad address",
        "budget": "5",
        "_modified": datetime(2026, 11, 2, 0, 30, tzinfo=UTC),
        "_author": "user:seed",
    }
    caller.portal.delete("contact", record_id, "user:suzuki")
    assert [each["id"] for each in caller.portal.rows("contact", deleted=True)] == [record_id]
    caller.portal.restore("contact", record_id, "user:suzuki")
    assert caller.portal.state()["rows"] == {"contact": 1, "company": 0, "deal": 0}
