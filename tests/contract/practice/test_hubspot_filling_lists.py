"""Lists of the practice portal that fill themselves, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.practice.hubspot_client import FAMILIES, Portal, portal


def _branch(*filters: dict[str, Any]) -> dict[str, Any]:
    inner = {"filterBranchType": "AND", "filterBranches": [], "filters": list(filters)}
    return {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}


def _on(name: str, kind: str, operator: str, said: Any = None, *, none_too: bool = False) -> dict[str, Any]:
    operation = {"operationType": kind, "operator": operator, "includeObjectsWithNoValueSet": none_too}
    if said is not None:
        operation["values" if isinstance(said, list) else "value"] = said
    return {"filterType": "PROPERTY", "property": name, "operation": operation}


def _make(it: Portal, branch: Any, name: str = "自動", processing: str = "DYNAMIC") -> str:
    new = {"name": name, "objectTypeId": "0-1", "processingType": processing, "filterBranch": branch}
    return str(it.ask("POST", it.path("lists"), new)["list"]["listId"])


def _members(it: Portal, list_id: str) -> list[str]:
    page = it.ask("GET", it.path("lists", f"/{list_id}/memberships"))
    assert page["total"] == len(page["results"])
    return [each["recordId"] for each in page["results"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_list_that_fills_itself_follows_its_records_and_a_snapshot_does_not(family: str) -> None:
    with portal(family) as it:
        a, b = (it.create("contacts", lastname=name, industry="製造業") for name in "甲乙")
        c = it.create("contacts", lastname="丙")
        branch = _branch(_on("industry", "ENUMERATION", "IS_ANY_OF", ["製造業"]))
        filled, still = _make(it, branch), _make(it, branch, "写し", "SNAPSHOT")
        assert _members(it, filled) == _members(it, still) == [a, b]
        it.ask("PATCH", it.path("objects", f"/contacts/{c}"), {"properties": {"industry": "製造業"}})
        it.ask("PATCH", it.path("objects", f"/contacts/{a}"), {"properties": {"industry": "教育"}})
        assert (_members(it, filled), _members(it, still)) == ([b, c], [a, b])
        on = it.ask("GET", it.path("lists", f"/records/contacts/{b}/memberships"))["results"]
        assert {each["listId"] for each in on} == {filled, still}
        shown = it.ask("GET", it.path("lists", f"/{filled}?includeFilters=true"))["list"]
        assert (shown["filterBranch"], shown["size"]) == (branch, 2)
        changed = {"filterBranch": _branch(_on("lastname", "STRING", "IS_EQUAL_TO", "甲"))}
        it.ask("PUT", it.path("lists", f"/{filled}/update-list-filters"), changed)
        assert _members(it, filled) == [a]
        it.ask("PUT", it.path("lists", f"/{still}/update-list-filters"), changed, 400)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (_on("budget", "NUMBER", "IS_GREATER_THAN", 100), "b"),
        (_on("budget", "NUMBER", "IS_LESS_THAN_OR_EQUAL_TO", 100, none_too=True), "ac"),
        (_on("budget", "ALL_PROPERTY", "IS_UNKNOWN"), "c"),
        (_on("email", "STRING", "CONTAINS", "EXAMPLE"), "ab"),
        (_on("email", "MULTISTRING", "STARTS_WITH", ["b", "x"]), "b"),
        (_on("email", "STRING", "DOES_NOT_CONTAIN", "a@"), "b"),
        (_on("interests", "ENUMERATION", "IS_NONE_OF", ["会計"]), "b"),
        (_on("interests", "ENUMERATION", "IS_ANY_OF", ["会計", "クラウド"]), "ab"),
    ],
)
def test_conditions_pick_who_fits(condition: dict[str, Any], expected: str) -> None:
    with portal("v3") as it:
        ids = {
            "a": it.create("contacts", email="a@example.jp", budget="100", interests="会計;人事"),
            "b": it.create("contacts", email="b@example.jp", budget="200", interests="クラウド"),
            "c": it.create("contacts", lastname="丙"),
        }
        first = _make(it, _branch(condition))
        assert _members(it, first) == [ids[each] for each in expected]
        outside = {"filterType": "IN_LIST", "listId": first, "operator": "NOT_IN_LIST"}
        assert _members(it, _make(it, _branch(outside), "残り")) == [
            ids[each] for each in "abc" if each not in expected
        ]


def test_lists_that_ask_for_each_other_come_to_an_end() -> None:
    with portal("v3") as it:
        person = it.create("contacts", email="a@example.jp")
        first = _make(it, _branch(_on("email", "ALL_PROPERTY", "IS_KNOWN")))
        inside = {"filterType": "IN_LIST", "listId": first, "operator": "IN_LIST"}
        second = _make(it, _branch(inside), "二")
        assert _members(it, second) == [person]
        back = {"filterBranch": _branch({**inside, "listId": second})}
        it.ask("PUT", f"/crm/v3/lists/{first}/update-list-filters", back)
        assert (_members(it, first), _members(it, second)) == ([], [])


@pytest.mark.parametrize(
    "branch",
    [
        None,
        {"filterBranchType": "AND"},
        _branch({"filterType": "PAGE_VIEW"}),
        _branch(_on("email", "STRING", "SOUNDS_LIKE", "a")),
        _branch(_on("budget", "NUMBER", "IS_EQUAL_TO", "many")),
    ],
)
def test_conditions_that_cannot_be_are_refused(branch: Any) -> None:
    with portal("v3") as it:
        new = {"name": "自動", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch}
        assert it.ask("POST", "/crm/v3/lists", new, 400)["subCategory"] == "ILS.INVALID_FILTER"
        assert it.ask("POST", "/crm/v3/lists/search", {})["total"] == 0
