"""Definitions on the practice portal: properties, groups, schemas, pipelines and stages, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.practice.hubspot_client import FAMILIES, portal

RANK: dict[str, Any] = {
    "name": "rank",
    "label": "ランク",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "ticketinformation",
    "description": "顧客の格",
    "displayOrder": 3,
    "options": [
        {"label": "乙", "value": "b", "displayOrder": 2, "hidden": True, "description": "次"},
        {"label": "甲", "value": "a", "displayOrder": 1},
    ],
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_definition_keeps_everything_that_was_said_of_it(family: str) -> None:
    with portal(family) as it:
        path = it.path("properties", "/tickets")
        it.ask("POST", path, RANK, 201)
        shown = it.ask("GET", f"{path}/rank")
        assert {name: shown[name] for name in RANK if name != "options"} == {
            name: value for name, value in RANK.items() if name != "options"
        }
        assert shown["options"] == [
            {"label": "甲", "value": "a", "displayOrder": 1, "hidden": False, "description": ""},
            {"label": "乙", "value": "b", "displayOrder": 2, "hidden": True, "description": "次"},
        ]
        ticket = it.create("tickets", subject="故障", hs_pipeline_stage="1", rank="b")
        it.ask("PATCH", f"{path}/rank", {"label": "格付け", "options": [{"label": "甲", "value": "a"}]})
        assert it.properties("tickets", ticket, "rank") == {"rank": "b"}, "a value outlives its option"
        it.ask("PATCH", f"{path}/rank", {"description": "格"})
        assert [each["value"] for each in it.ask("GET", f"{path}/rank")["options"]] == ["a"]


@pytest.mark.parametrize("family", FAMILIES)
def test_an_archived_definition_is_shown_as_such_and_comes_back_by_being_made_again(family: str) -> None:
    with portal(family) as it:
        path = it.path("properties", "/tickets")
        it.ask("POST", path, RANK, 201)
        it.ask("DELETE", f"{path}/rank", status=204)
        it.ask("GET", f"{path}/rank", status=404)
        gone = it.ask("GET", f"{path}/rank?archived=true")
        assert (gone["archived"], "archivedAt" in gone) == (True, True)
        read = {"inputs": [{"name": "rank"}, {"name": "subject"}], "archived": True}
        found = it.ask("POST", f"{path}/batch/read", read, 207)
        assert ([each["name"] for each in found["results"]], found["numErrors"]) == (["rank"], 1)
        it.ask("POST", path, RANK, 201)
        assert it.ask("GET", f"{path}/rank")["archived"] is False
        it.ask("DELETE", f"{path}/subject", status=400)


@pytest.mark.parametrize("family", FAMILIES)
def test_definitions_are_made_and_archived_by_the_batch(family: str) -> None:
    with portal(family) as it:
        path = it.path("properties", "/deals")
        new = {**RANK, "groupName": "dealinformation"}
        inputs = [new, {**new, "name": "dealname"}, {**new, "name": "Rank 2"}, {**new, "name": "grade"}]
        made = it.ask("POST", f"{path}/batch/create", {"inputs": inputs}, 207)
        assert [each["name"] for each in made["results"]] == ["rank", "grade"]
        assert [each["context"]["name"] for each in made["errors"]] == [["dealname"], ["Rank 2"]]
        it.ask("POST", f"{path}/batch/archive", {"inputs": [{"name": "rank"}, {"name": "grade"}]}, 204)
        it.ask("GET", f"{path}/grade", status=404)
        it.ask("POST", f"{path}/batch/update", {"inputs": [new]}, 404)
        it.ask("POST", f"{path}/batch/read", {"inputs": [{"name": "amount"}] * 101}, 400)


@pytest.mark.parametrize("base", ["/crm-object-schemas/v3/schemas", "/crm-object-schemas/2026-09/schemas"])
def test_schemas_tell_of_the_objects_that_are_there_and_custom_ones_are_not_to_be_had(base: str) -> None:
    with portal("v3") as it:
        assert it.ask("GET", base) == {"results": []}
        schema = it.ask("GET", f"{base}/tickets")
        assert (schema["objectTypeId"], schema["requiredProperties"]) == (
            "0-5",
            ["subject", "hs_pipeline_stage"],
        )
        assert {each["toObjectTypeId"] for each in schema["associations"]} >= {"0-1", "0-2", "0-3", "0-46"}
        refused = it.ask("POST", base, {"name": "car"}, 403)
        assert refused["context"]["requiredGranularScopes"] == ["crm.schemas.custom.write"]


STAGES = [
    {"label": "打診", "displayOrder": 1, "metadata": {"probability": "0.1"}},
    {"label": "契約", "displayOrder": 2, "metadata": {"probability": "1.0"}},
]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_pipeline_is_made_changed_archived_and_brought_back(family: str) -> None:
    with portal(family) as it:
        path = it.path("pipelines", "/deals")
        new = {"label": "代理店", "displayOrder": 5, "stages": list(reversed(STAGES))}
        made = it.ask("POST", path, new, 201)
        assert [each["label"] for each in made["stages"]] == ["打診", "契約"]
        assert [each["metadata"]["isClosed"] for each in made["stages"]] == ["false", "true"]
        one = f"{path}/{made['id']}"
        assert it.ask("PATCH", one, {"label": "パートナー"})["label"] == "パートナー"
        lost = it.ask(
            "POST",
            f"{one}/stages",
            {"label": "失注", "displayOrder": 3, "metadata": {"probability": 0}},
            201,
        )
        assert lost["metadata"] == {"isClosed": "true", "probability": "0.0"}
        it.ask("PATCH", f"{one}/stages/{lost['id']}", {"label": "見送り"})
        deal = it.create("deals", dealname="甲", pipeline=made["id"], dealstage=lost["id"])
        assert it.properties("deals", deal, "hs_is_closed") == {"hs_is_closed": "true"}
        options = it.ask("GET", it.path("properties", "/deals/dealstage"))["options"]
        assert "見送り" in [each["label"] for each in options]

        refused = it.ask("DELETE", f"{one}?validateReferencesBeforeDelete=true", status=400)
        assert refused["subCategory"] == "PipelineError.STAGE_ID_IN_USE"
        assert refused["context"] == {"stageId": [lost["id"]], "objectIds": [deal]}
        it.ask("DELETE", one, status=204)
        it.ask("GET", one, status=404)
        assert it.ask("PATCH", one, {"archived": False})["label"] == "パートナー"
        it.ask("DELETE", f"{one}/stages/{lost['id']}", status=204)
        assert [each["label"] for each in it.ask("GET", f"{one}/stages")["results"]] == ["打診", "契約"]
        replaced = it.ask("PUT", one, {"label": "新", "displayOrder": 0, "stages": STAGES[:1]})
        assert [each["label"] for each in replaced["stages"]] == ["打診"]
        told = it.ask("GET", f"{one}/audit")["results"]
        assert (told[0]["action"], told[-1]["action"]) == ("UPDATE", "CREATE")


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": "営業パイプライン", "displayOrder": 1, "stages": STAGES},
        {"label": "空", "displayOrder": 1, "stages": []},
        {"label": "順なし", "stages": STAGES},
        {"label": "確度なし", "displayOrder": 1, "stages": [{**STAGES[0], "metadata": {}}]},
        {"label": "確度", "displayOrder": 1, "stages": [{**STAGES[0], "metadata": {"probability": "2"}}]},
    ],
)
def test_a_pipeline_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with portal("2026-09") as it:
        path = it.path("pipelines", "/deals")
        assert it.ask("POST", path, wrong, 400)["category"] == "VALIDATION_ERROR"
        assert len(it.ask("GET", path)["results"]) == 1
