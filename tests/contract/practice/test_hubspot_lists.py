"""Lists of the practice portal, over HTTP and in both families of paths; and what a snapshot keeps of it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awase_practice.hubspot.org import HubSpotPortal
from awase_practice.kernel.clock import RealClock
from awase_practice.kernel.control import Control
from awase_practice.kernel.faults import FaultPlan
from awase_practice.kernel.snapshot import read_snapshot, write_snapshot
from tests.contract.practice.hubspot_client import FAMILIES, Portal, portal, spec


def _list(it: Portal, name: str, processing: str = "MANUAL", status: int = 200) -> Any:
    body = {"name": name, "objectTypeId": "0-1", "processingType": processing}
    return it.ask("POST", it.path("lists", "/"), body, status)


def _members(it: Portal, list_id: str) -> list[str]:
    page = it.ask("GET", it.path("lists", f"/{list_id}/memberships"))
    return [each["recordId"] for each in page["results"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_person_is_put_on_a_list_and_taken_off_it_and_kept(family: str) -> None:
    with portal(family) as it:
        list_id = _list(it, "展示会")["list"]["listId"]
        a, b, c = (it.create("contacts", lastname=name) for name in "abc")
        memberships = it.path("lists", f"/{list_id}/memberships")
        added = it.ask("PUT", f"{memberships}/add", [a, b, c, "404"])
        assert added == {"recordsIdsAdded": [a, b, c], "recordIdsRemoved": [], "recordIdsMissing": ["404"]}
        assert it.ask("PUT", f"{memberships}/add", [a])["recordsIdsAdded"] == []
        first = it.ask("GET", f"{memberships}?limit=2")
        second = it.ask("GET", f"{memberships}?limit=2&after={first['paging']['next']['after']}")
        assert [each["recordId"] for each in first["results"] + second["results"]] == [a, b, c]

        removed = it.ask("PUT", f"{memberships}/remove", [b])
        assert removed["recordIdsRemoved"] == [b]
        assert (_members(it, list_id), it.get("contacts", b)["archived"]) == ([a, c], False)
        swapped = it.ask(
            "PUT", f"{memberships}/add-and-remove", {"recordIdsToAdd": [b], "recordIdsToRemove": [a]}
        )
        assert (swapped["recordsIdsAdded"], swapped["recordIdsRemoved"]) == ([b], [a])
        assert it.ask("GET", it.path("lists", f"/{list_id}"))["list"]["size"] == 2
        of_b = it.ask("GET", it.path("lists", f"/records/0-1/{b}/memberships"))["results"]
        assert [each["listId"] for each in of_b] == [list_id]

        merge = {"primaryObjectId": a, "objectIdToMerge": b}
        it.ask("POST", it.path("objects", "/contacts/merge"), merge)
        it.ask("DELETE", it.path("objects", f"/contacts/{c}"), status=204)
        assert _members(it, list_id) == [a]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_list_is_found_by_its_name_which_it_has_for_itself(family: str) -> None:
    with portal(family) as it:
        first = _list(it, "展示会 2026")["list"]["listId"]
        second = _list(it, "展示会 2027")["list"]["listId"]
        refused = _list(it, "展示会 2026", status=400)
        assert refused["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"
        _list(it, "自動", "DYNAMIC", status=400)
        found = it.ask("POST", it.path("lists", "/search"), {"query": "展示会", "count": 1})
        assert ([each["listId"] for each in found["lists"]], found["hasMore"], found["total"]) == (
            [first],
            True,
            2,
        )
        found = it.ask("POST", it.path("lists", "/search"), {"query": "展示会", "offset": found["offset"]})
        assert ([each["listId"] for each in found["lists"]], found["hasMore"]) == ([second], False)
        name = "%E5%B1%95%E7%A4%BA%E4%BC%9A%202027"
        by_name = it.ask("GET", it.path("lists", f"/object-type-id/0-1/name/{name}"))
        assert by_name["list"]["listId"] == second
        it.ask("DELETE", it.path("lists", f"/{second}"), status=204)
        it.ask("GET", it.path("lists", f"/object-type-id/0-1/name/{name}"), status=404)
        it.ask("PUT", it.path("lists", f"/{second}/restore"), status=204)
        assert it.ask("GET", it.path("lists", f"/{second}"))["list"]["name"] == "展示会 2027"


def test_a_snapshot_keeps_owners_pipelines_associations_merges_and_lists(tmp_path: Path) -> None:
    with portal("2026-09") as it:
        it.control("schema", {"put_owner": {"id": "5", "email": "new@practice.example.jp"}})
        stage = {"id": "asked", "probability": 0.1}
        it.control("schema", {"set_pipelines": [{"id": "partners", "stages": [stage]}]})
        it.control("settings", {"association_limits": {"contact->company": 2}})
        company = it.create("companies", name="甲", hubspot_owner_id="5")
        contact = it.create("contacts", [{"to": {"id": company}, "types": spec(1)}], lastname="佐藤")
        loser = it.create("contacts", lastname="鈴木")
        it.control("merge", {"object": "contact", "winner": contact, "losers": [loser]})
        list_id = _list(it, "展示会")["list"]["listId"]
        it.ask("PUT", it.path("lists", f"/{list_id}/memberships/add"), [contact])
        it.ask("POST", it.path("properties", "/deals/groups"), {"name": "ours", "label": "独自"}, 201)
        new = {"name": "rank", "label": "r", "type": "string", "fieldType": "text", "groupName": "ours"}
        it.ask("POST", it.path("properties", "/deals"), {**new, "hasUniqueValue": True}, 201)
        it.create("deals", dealname="新工場", dealstage="asked", rank="1")
        write_snapshot(tmp_path / "portal", it.server.org, it.server.control, 0.0)

    faults = FaultPlan(1)
    org = HubSpotPortal(name="練習", clock=RealClock(), faults=faults)
    read_snapshot(tmp_path / "portal", org, Control(org, faults))
    with portal("2026-09", org) as it:
        assert it.types("contacts", loser, "companies") == {company: [1, 279]}
        assert _members(it, list_id) == [contact]
        assert it.properties("companies", company, "hubspot_owner_id") == {"hubspot_owner_id": "5"}
        taken = {"dealname": "新", "dealstage": "asked", "rank": "1"}
        refused = it.ask("POST", it.path("objects", "/deals"), {"properties": taken}, 400)
        assert refused["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
        it.create("deals", dealname="新", dealstage="asked", rank="2")
