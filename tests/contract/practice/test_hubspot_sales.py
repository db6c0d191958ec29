"""Companies, deals, owners and pipelines of the practice portal, over HTTP and in both families of paths."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.practice.hubspot_client import FAMILIES, portal

COMPANY = {
    "name": "株式会社サンプル",
    "domain": "sample.example.jp",
    "website": "https://sample.example.jp",
    "phone": "03-1234-5678",
    "industry": "製造業",
    "address": "丸の内1-1",
    "city": "千代田区",
    "state": "東京都",
    "zip": "100-0005",
    "country": "日本",
    "numberofemployees": "120",
    "annualrevenue": "2500000000",
    "hubspot_owner_id": "71200101",
    "lifecyclestage": "customer",
    "description": "部品を作る",
}
DEAL = {
    "dealname": "新工場",
    "amount": "1200000.5",
    "dealstage": "contractsent",
    "pipeline": "default",
    "closedate": "2026-12-25T00:00:00.000Z",
    "hubspot_owner_id": "71200102",
    "dealtype": "newbusiness",
    "description": "第二期",
}


@pytest.mark.parametrize("family", FAMILIES)
def test_companies_and_deals_keep_what_a_mapping_would_write(family: str) -> None:
    with portal(family) as it:
        for plural, values in (("companies", COMPANY), ("deals", DEAL)):
            record_id = it.create(plural, **values, awase_key=f"{plural} 1")
            assert it.properties(plural, record_id, *values) == values
            shown = it.get(plural, record_id, "hs_merged_object_ids")["properties"]
            assert shown["hs_object_id"] == record_id
            assert shown["hs_merged_object_ids"] is None
            assert shown["hs_lastmodifieddate"] == shown["createdate"]
            found = it.ask(
                "GET", it.path("objects", f"/{plural}/{plural} 1?idProperty=awase_key".replace(" ", "%20"))
            )
            assert found["id"] == record_id
            search = {
                "filterGroups": [{"filters": [{"propertyName": "awase_key", "operator": "HAS_PROPERTY"}]}]
            }
            assert it.ask("POST", it.path("objects", f"/{plural}/search"), search)["total"] == 1


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("plural", "values", "missing"),
    [
        ("deals", {"dealstage": "closedwon"}, ["dealname"]),
        ("deals", {"dealname": "新工場"}, ["dealstage"]),
        ("companies", {"city": "大阪"}, []),
    ],
)
def test_a_record_without_what_it_needs_is_refused(
    family: str, plural: str, values: dict[str, str], missing: list[str]
) -> None:
    with portal(family) as it:
        refused = it.ask("POST", it.path("objects", f"/{plural}"), {"properties": values}, 400)
        assert refused["category"] == "VALIDATION_ERROR"
        if missing:
            assert refused["subCategory"] == "MISSING_REQUIRED_PROPERTY"
            assert refused["context"]["properties"] == missing
        assert it.ask("GET", it.path("objects", f"/{plural}"))["results"] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_owners_are_paged_found_by_address_and_archived_ones_listed_apart(family: str) -> None:
    with portal(family) as it:
        it.control("schema", {"put_owner": {"id": "71200200", "email": "new@practice.example.jp"}})
        it.control("schema", {"archive_owner": "71200102"})
        first = it.ask("GET", it.path("owners", "/?limit=2"))
        second = it.ask("GET", it.path("owners", f"?limit=2&after={first['paging']['next']['after']}"))
        ids = [each["id"] for each in first["results"] + second["results"]]
        assert ids == ["71200101", "71200103", "71200200"]
        assert "paging" not in second
        gone = it.ask("GET", it.path("owners", "?archived=true"))["results"]
        assert [(each["id"], each["userId"]) for each in gone] == [("71200102", None), ("71200104", None)]
        by_address = it.ask("GET", it.path("owners", "?email=new@practice.example.jp"))["results"]
        assert [each["id"] for each in by_address] == ["71200200"]
        it.create("companies", name="甲", hubspot_owner_id="71200200")
        for owner_id in ("71200102", "99"):
            body = {"properties": {"name": "乙", "hubspot_owner_id": owner_id}}
            refused = it.ask("POST", it.path("objects", "/companies"), body, 400)
            assert refused["errors"][0]["code"] == "INVALID_OWNER_ID"


PARTNERS: dict[str, Any] = {
    "id": "partners",
    "label": "代理店",
    "stages": [
        {"id": "asked", "label": "打診", "probability": 0.1},
        {"id": "signed", "label": "契約", "probability": 1},
    ],
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_deal_stands_in_a_stage_of_its_own_pipeline(family: str) -> None:
    with portal(family) as it:
        (sales,) = it.ask("GET", it.path("pipelines", "/deals"))["results"]
        kept = {
            "id": sales["id"],
            "stages": [
                {"id": each["id"], "probability": each["metadata"]["probability"]}
                for each in sales["stages"]
                if each["id"] != "closedlost"
            ],
        }
        deals = it.path("objects", "/deals")
        deal_id = it.create("deals", dealname="新工場", dealstage="closedlost")
        assert it.properties("deals", deal_id, "pipeline", "hs_is_closed", "hs_is_closed_won") == {
            "pipeline": "default",
            "hs_is_closed": "true",
            "hs_is_closed_won": "false",
        }
        it.control("schema", {"set_pipelines": [kept, PARTNERS]})
        stages = it.ask("GET", it.path("pipelines", "/deals/partners/stages"))["results"]
        assert [(each["id"], each["metadata"]["isClosed"]) for each in stages] == [
            ("asked", "false"),
            ("signed", "true"),
        ]
        options = it.ask("GET", it.path("properties", "/deals/dealstage"))["options"]
        assert "asked" in [each["value"] for each in options]
        assert "closedlost" not in [each["value"] for each in options]

        for values in (
            {"dealname": "乙", "dealstage": "closedlost"},
            {"dealname": "乙", "dealstage": "asked"},
            {"dealname": "乙", "dealstage": "asked", "pipeline": "default"},
            {"dealname": "乙", "dealstage": "asked", "pipeline": "nowhere"},
        ):
            refused = it.ask("POST", deals, {"properties": values}, 400)
            assert {each["code"] for each in refused["errors"]} == {"INVALID_OPTION"}
        moved = {"properties": {"pipeline": "partners"}}
        refused = it.ask("PATCH", f"{deals}/{deal_id}", moved, 400)
        assert refused["errors"][0]["context"] == {"propertyName": ["dealstage"]}
        moved["properties"]["dealstage"] = "signed"
        it.ask("PATCH", f"{deals}/{deal_id}", moved)
        assert it.properties("deals", deal_id, "hs_is_closed_won") == {"hs_is_closed_won": "true"}
        it.ask("PATCH", f"{deals}/{deal_id}", {"properties": {"dealstage": ""}}, 400)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_property_takes_so_many_options_and_stands_in_a_group_that_exists(family: str) -> None:
    with portal(family) as it:
        it.control("settings", {"most_options": 3})
        options = [{"label": str(each), "value": str(each)} for each in range(4)]
        new: dict[str, Any] = {
            "name": "rank",
            "label": "ランク",
            "type": "enumeration",
            "fieldType": "select",
            "groupName": "dealinformation",
        }
        path = it.path("properties", "/deals")
        refused = it.ask("POST", path, {**new, "options": options}, 400)
        assert refused["errors"][0]["code"] == "TOO_MANY_OPTIONS"
        it.ask("POST", path, {**new, "options": options[:3]}, 201)
        refused = it.ask("PATCH", f"{path}/rank", {"options": options}, 400)
        assert refused["subCategory"] == "PropertyValidationError.TOO_MANY_OPTIONS"
        kept = it.ask("PATCH", f"{path}/rank", {"options": options[1:]})["options"]
        assert [each["value"] for each in kept] == ["1", "2", "3"]

        it.ask("POST", path, {**new, "name": "grade", "groupName": "ours", "options": options[:1]}, 400)
        it.ask("POST", f"{path}/groups", {"name": "ours", "label": "独自"}, 201)
        it.ask("POST", path, {**new, "name": "grade", "groupName": "ours", "options": options[:1]}, 201)
        it.ask("DELETE", f"{path}/groups/ours", status=400)
        groups = [each["name"] for each in it.ask("GET", f"{path}/groups")["results"]]
        assert groups == ["dealinformation", "ours"]
        it.ask("DELETE", f"{path}/grade", status=204)
        it.ask("DELETE", f"{path}/groups/ours", status=204)
