"""Page layouts, and the fields that stand on each."""

from __future__ import annotations

from typing import Any

from awase.ports.flows import Answer, Request
from tests.unit.connectors.salesforce_scene import CONNECTOR, answer, error, play


def section(*components: dict[str, Any]) -> dict[str, Any]:
    return {"layoutRows": [{"layoutItems": [{"layoutComponents": list(components)}]}]}


def told(*layouts: dict[str, Any], **mappings: str) -> dict[str, Any]:
    using = [{"name": name, "layoutId": layout} for name, layout in mappings.items()]
    return {"layouts": list(layouts), "recordTypeMappings": using}


def test_fields_of_both_sorts_of_sections_and_parts_of_compound_fields_are_on_a_layout() -> None:
    compound = {"type": "Field", "value": "Name", "components": [{"type": "Field", "value": "LastName"}]}
    detail, edit = section({"type": "Field", "value": "Company"}, compound), section({"type": "EmptySpace"})
    made = {"id": "00h1", "detailLayoutSections": [detail], "editLayoutSections": [edit]}

    def reply(request: Request) -> Answer:
        if "/sobjects/Lead/describe/layouts" in request.url:
            return answer(request, told(made, Master="00h1", Partner="00h1"))
        return answer(request, [error("NOT_FOUND")], status=404)

    found, _, _ = play(CONNECTOR.read_layouts(["Lead", "Contact"]), reply)
    assert found == {"Lead": {"Master, Partner": {"Company", "Name", "LastName"}}}


def test_a_layout_is_called_by_its_own_name_where_that_is_told() -> None:
    both = told({"id": "00h1", "name": "Lead Layout"}, {"id": "00h2"})
    found, _, _ = play(CONNECTOR.read_layouts(["Lead"]), lambda request: answer(request, both))
    assert set(found["Lead"]) == {"Lead Layout", "00h2"}
