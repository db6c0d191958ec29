"""Labels that a portal makes for its own associations, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.practice.hubspot_client import FAMILIES, Portal, pair, portal, spec


def _own(*type_ids: int) -> list[dict[str, Any]]:
    return [{"associationCategory": "USER_DEFINED", "associationTypeId": each} for each in type_ids]


def _labels(it: Portal, contact: str) -> list[str | None]:
    (found,) = it.ask("GET", it.of_record("contacts", contact, "/companies"))["results"]
    return [each["label"] for each in found["associationTypes"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_label_has_an_id_for_each_direction_and_can_be_given_and_taken_away(family: str) -> None:
    with portal(family) as it:
        company, contact = it.create("companies", name="甲"), it.create("contacts", lastname="佐藤")
        path = it.associations("/contacts/companies")
        new = {"name": "billing", "label": "請求先", "inverseLabel": "請求元"}
        there, back = (each["typeId"] for each in it.ask("POST", f"{path}/labels", new)["results"])
        it.ask("POST", f"{path}/labels", new, 400)
        body = {"inputs": [{**pair(contact, company), "types": [*_own(there), *spec(1)]}]}
        (made,) = it.ask("POST", f"{path}/batch/create", body, 201)["results"]
        assert made["labels"] == ["請求先", "Primary"]
        seen = it.ask("GET", it.of_record("companies", company, "/contacts"))["results"][0]
        assert {"category": "USER_DEFINED", "typeId": back, "label": "請求元"} in seen["associationTypes"]

        it.ask("PUT", f"{path}/labels", {"associationTypeId": there, "label": "支払担当"}, 204)
        assert _labels(it, contact) == ["支払担当", "Primary", None]
        taken = {"inputs": [{**pair(contact, company), "types": _own(there)}]}
        it.ask("POST", f"{path}/batch/labels/archive", taken, 204)
        assert _labels(it, contact) == ["Primary", None]

        it.ask("PUT", it.of_record("contacts", contact, f"/companies/{company}"), _own(there), 201)
        it.ask("DELETE", f"{path}/labels/{there}", status=204)
        assert _labels(it, contact) == ["Primary", None]
        it.ask("PUT", it.of_record("contacts", contact, f"/companies/{company}"), _own(there), 400)
        it.ask("DELETE", f"{path}/labels/{there}", status=404)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_label_comes_with_a_new_record_and_follows_a_merge(family: str) -> None:
    with portal(family) as it:
        company, other = it.create("companies", name="甲"), it.create("companies", name="乙")
        new = {"name": "billing", "label": "請求先"}
        path = it.associations("/contacts/companies/labels")
        there = it.ask("POST", path, new)["results"][0]["typeId"]
        contact = it.create("contacts", [{"to": {"id": company}, "types": _own(there)}], lastname="佐藤")
        body = {"primaryObjectId": other, "objectIdToMerge": company}
        it.ask("POST", it.path("objects", "/companies/merge"), body)
        assert it.types("contacts", contact, "companies") == {other: [there, 279]}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_administrator_caps_a_type_or_a_label(family: str) -> None:
    with portal(family) as it:
        path = it.associations("/contacts/companies")
        there = it.ask("POST", f"{path}/labels", {"name": "billing", "label": "請求先"})["results"][0][
            "typeId"
        ]
        caps = it.associations("/definitions/configurations")
        asked = [{"category": "USER_DEFINED", "typeId": there, "maxToObjectIds": 1}]
        asked.append({"category": "HUBSPOT_DEFINED", "typeId": 279, "maxToObjectIds": 2})
        made = it.ask("POST", f"{caps}/contacts/companies/batch/create", {"inputs": asked}, 201)
        assert [each["userEnforcedMaxToObjectIds"] for each in made["results"]] == [1, 2]
        wrong = {"inputs": [{"category": "HUBSPOT_DEFINED", "typeId": 3, "maxToObjectIds": 1}]}
        assert it.ask("POST", f"{caps}/contacts/companies/batch/create", wrong, 207)["numErrors"] == 1

        contact = it.create("contacts", lastname="佐藤")
        one, two, three = (it.create("companies", name=name) for name in "甲乙丙")

        def put(company: str, types: list[dict[str, Any]], status: int = 201) -> Any:
            return it.ask("PUT", it.of_record("contacts", contact, f"/companies/{company}"), types, status)

        put(one, _own(there))
        put(one, _own(there))
        refused = put(two, _own(there), 400)
        assert refused["errors"][0]["code"] == "ASSOCIATION_LIMIT_EXCEEDED"
        put(two, spec(279))
        put(three, spec(279), 400)
        it.ask(
            "POST", f"{caps}/contacts/companies/batch/update", {"inputs": [{**asked[1], "maxToObjectIds": 3}]}
        )
        put(three, spec(279))
        it.ask("POST", f"{caps}/contacts/companies/batch/purge", {"inputs": asked[:1]}, 204)
        put(two, _own(there))
        assert [each["typeId"] for each in it.ask("GET", f"{caps}/all")["results"]] == [279]
        assert it.ask("GET", f"{caps}/contacts/deals")["results"] == []
