"""How the practice portal refuses values: alike alone, in a batch, and in both families of paths."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.practice.hubspot_client import FAMILIES, Portal, portal

REFUSED = {
    "email": ({"email": "sato@example"}, "INVALID_EMAIL"),
    "option": ({"industry": "農業"}, "INVALID_OPTION"),
    "number": ({"budget": "1,000"}, "INVALID_NUMBER"),
    "date": ({"last_visit": "2026/01/01"}, "INVALID_DATE"),
    "long": ({"memo": "あ" * 65_537}, "PROPERTY_VALUE_TOO_LONG"),
    "owner": ({"hubspot_owner_id": "71200104"}, "INVALID_OWNER_ID"),
    "property": ({"nowhere": "1"}, "PROPERTY_DOESNT_EXIST"),
    "unique": ({"employee_code": "E1"}, "CONFLICTING_UNIQUE_VALUE"),
}
"""Values of a contact and the code that says what is wrong with them."""


def _codes(item: dict[str, Any]) -> list[str]:
    return [each["code"] for each in item.get("errors", ())]


def _taken(it: Portal) -> str:
    return it.create("contacts", email="a@example.jp", employee_code="E1")


@pytest.mark.parametrize("family", FAMILIES)
def test_each_value_is_refused_with_its_code_alone_and_in_a_batch(family: str) -> None:
    with portal(family) as it:
        _taken(it)
        path, person = it.path("objects", "/contacts"), {"lastname": "鈴木"}
        other = it.create("contacts", **person)
        for values, code in REFUSED.values():
            for method, target in (("POST", path), ("PATCH", f"{path}/{other}")):
                refused = it.ask(method, target, {"properties": {**person, **values}}, 400)
                assert (refused["category"], _codes(refused)) == ("VALIDATION_ERROR", [code])
                if code != "CONFLICTING_UNIQUE_VALUE":
                    embedded = json.loads(refused["message"][refused["message"].index("[{") :])
                    assert [each["error"] for each in embedded] == [code]
        inputs = [
            {"objectWriteTraceId": name, "properties": {**person, **values}}
            for name, (values, _) in REFUSED.items()
        ]
        inputs.append({"objectWriteTraceId": "good", "properties": person})
        made = it.ask("POST", f"{path}/batch/create", {"inputs": inputs}, 207)
        assert [each["objectWriteTraceId"] for each in made["results"]] == ["good"]
        told = {each["context"]["objectWriteTraceId"][0]: _codes(each) for each in made["errors"]}
        assert told == {name: [code] for name, (_, code) in REFUSED.items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_address_in_use_is_a_conflict_that_names_its_holder_and_stops_a_batch_without_trace_ids(
    family: str,
) -> None:
    with portal(family) as it:
        holder, path = _taken(it), it.path("objects", "/contacts")
        new = {"properties": {"email": "A@example.jp"}}
        refused = it.ask("POST", path, new, 409)
        assert (refused["category"], refused["message"]) == (
            "CONFLICT",
            f"Contact already exists. Existing ID: {holder}",
        )
        good = {"properties": {"email": "b@example.jp"}}
        assert it.ask("POST", f"{path}/batch/create", {"inputs": [good, new]}, 409)["category"] == "CONFLICT"
        assert len(it.ask("GET", path)["results"]) == 1
        inputs = [{**good, "objectWriteTraceId": "1"}, {**new, "objectWriteTraceId": "2"}]
        (error,) = it.ask("POST", f"{path}/batch/create", {"inputs": inputs}, 207)["errors"]
        assert (error["category"], error["context"]) == (
            "CONFLICT",
            {"existingId": [holder], "objectWriteTraceId": ["2"]},
        )


def test_an_administrators_required_property_binds_companies_and_deals_on_the_newest_paths_only() -> None:
    with portal("2026-09") as it:
        for plural, values in (
            ("companies", {"name": "甲"}),
            ("deals", {"dealname": "新工場", "dealstage": "closedwon"}),
        ):
            rule = {"kind": "required_on_create", "field": "description"}
            it.control("schema", {"object": plural, "add_rule": rule})
            refused = it.ask("POST", it.path("objects", f"/{plural}"), {"properties": values}, 400)
            assert (_codes(refused), refused["context"]["properties"]) == (
                ["MISSING_REQUIRED_PROPERTY"],
                ["description"],
            )
            it.ask("POST", f"/crm/v3/objects/{plural}", {"properties": values}, 201)
