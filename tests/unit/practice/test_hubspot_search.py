"""Search on the practice portal: operators, bounds, order, and an index that runs behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.practice.hubspot_caller import CONTACTS, Caller


def _filter(name: str, operator: str, **values: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, **values}


def _three() -> tuple[Caller, dict[str, str]]:
    caller = Caller()
    return caller, {
        "sato": caller.create(
            email="sato@example.jp", city="Osaka", budget="5", industry="製造業", last_visit="2026-01-05"
        ),
        "suzuki": caller.create(email="suzuki@example.com", city="Tokyo", budget="50", interests="会計;人事"),
        "tanaka": caller.create(lastname="田中", city="tokyo", last_visit="2026-02-01"),
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (_filter("city", "EQ", value="TOKYO"), {"suzuki", "tanaka"}),
        (_filter("city", "NEQ", value="tokyo"), {"sato"}),
        (_filter("city", "IN", values=["tokyo"]), {"suzuki", "tanaka"}),
        (_filter("city", "IN", values=["Tokyo"]), set()),
        (_filter("city", "NOT_IN", values=["tokyo"]), {"sato"}),
        (_filter("email", "HAS_PROPERTY"), {"sato", "suzuki"}),
        (_filter("email", "NOT_HAS_PROPERTY"), {"tanaka"}),
        (_filter("email", "CONTAINS_TOKEN", value="*@example.jp"), {"sato"}),
        (_filter("email", "CONTAINS_TOKEN", value="suzuki"), {"suzuki"}),
        (_filter("email", "NOT_CONTAINS_TOKEN", value="sato"), {"suzuki", "tanaka"}),
        (_filter("budget", "GT", value="5"), {"suzuki"}),
        (_filter("budget", "LTE", value=5), {"sato"}),
        (_filter("budget", "BETWEEN", value="1", highValue="100"), {"sato", "suzuki"}),
        (_filter("interests", "EQ", value="人事"), {"suzuki"}),
        (_filter("industry", "IN", values=["製造業"]), {"sato"}),
        (_filter("last_visit", "LT", value="1769904000000"), {"sato"}),
        (_filter("lastmodifieddate", "GTE", value="2026-11-02T00:30:00.500Z"), {"suzuki", "tanaka"}),
    ],
)
def test_each_operator_finds_what_it_says(wanted: dict[str, Any], found: set[str]) -> None:
    caller, ids = _three()
    assert set(caller.found(wanted)) == {ids[name] for name in found}


def test_groups_are_alternatives_and_filters_in_a_group_all_hold() -> None:
    caller, ids = _three()
    groups = [
        {"filters": [_filter("city", "EQ", value="tokyo"), _filter("budget", "HAS_PROPERTY")]},
        {"filters": [_filter("email", "EQ", value="sato@example.jp")]},
    ]
    body = caller.call("POST", f"{CONTACTS}/search", {"filterGroups": groups})[1]
    assert (body["total"], {each["id"] for each in body["results"]}) == (2, {ids["sato"], ids["suzuki"]})


def test_results_are_sorted_by_value_with_empty_ones_last() -> None:
    caller, ids = _three()
    _, body = caller.search(sorts=[{"propertyName": "budget", "direction": "ASCENDING"}])
    assert [each["id"] for each in body["results"]] == [ids["sato"], ids["suzuki"], ids["tanaka"]]
    _, body = caller.search(sorts=["-createdate"])
    assert [each["id"] for each in body["results"]] == [ids["tanaka"], ids["suzuki"], ids["sato"]]


@pytest.mark.parametrize(
    "body",
    [
        {"filterGroups": [{"filters": [_filter("city", "HAS_PROPERTY")]}] * 6},
        {"filterGroups": [{"filters": [_filter("city", "HAS_PROPERTY")] * 7}]},
        {"filterGroups": [{"filters": [_filter("city", "HAS_PROPERTY")] * 5}] * 4},
        {"filterGroups": [{"filters": [_filter("nope", "HAS_PROPERTY")]}]},
        {"filterGroups": [{"filters": [_filter("city", "LIKE", value="x")]}]},
        {"filterGroups": [{"filters": [_filter("budget", "GT", value="many")]}]},
        {"limit": 201},
        {"after": "10000"},
        {"query": "x" * 3000},
        {"sorts": ["nope"]},
    ],
)
def test_a_search_beyond_its_bounds_is_refused(body: dict[str, Any]) -> None:
    status, answer = Caller().call("POST", f"{CONTACTS}/search", body)
    assert (status, answer["category"]) == (400, "VALIDATION_ERROR")


def test_the_page_after_the_ten_thousandth_result_is_offered_and_then_refused() -> None:
    caller = Caller()
    caller.portal.load("contact", [{"lastname": str(i)} for i in range(10_050)], "user:seed")
    _, body = caller.search(limit=200, after="9800", properties=["lastname"])
    assert (body["total"], body["paging"]["next"]["after"]) == (10_050, "10000")
    assert caller.search(limit=200, after="10000")[0] == 400


def test_the_index_shows_a_write_only_after_its_lag() -> None:
    caller = Caller(index_lag=10)
    record_id = caller.create(lastname="佐藤", city="大阪")
    assert caller.found() == []
    caller.clock.advance(10)
    assert caller.found(_filter("city", "EQ", value="大阪")) == [record_id]
    caller.call("PATCH", f"{CONTACTS}/{record_id}", {"properties": {"city": "神戸"}})
    assert caller.found(_filter("city", "EQ", value="大阪")) == [record_id]
    assert caller.read(record_id, "city")["city"] == "神戸"
    caller.clock.advance(10)
    assert caller.found(_filter("city", "EQ", value="大阪")) == []


def test_a_stale_search_shows_what_was_before_the_last_write() -> None:
    caller = Caller()
    record_id = caller.create(lastname="佐藤", city="大阪")
    caller.call("PATCH", f"{CONTACTS}/{record_id}", {"properties": {"city": "神戸"}})
    caller.faults.arm("reads.stale", 1.0, size=60, times=1)
    assert caller.found(_filter("city", "EQ", value="大阪")) == [record_id]
    assert caller.found(_filter("city", "EQ", value="神戸")) == [record_id]
