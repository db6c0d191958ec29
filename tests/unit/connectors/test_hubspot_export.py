"""A portal's properties, forms and owners from a file of its own answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from awase.connectors.hubspot.export import Export, read_export
from awase.core.doctor import FormField
from awase.errors import BadInput


def read(**content: Any) -> Export:
    return read_export(json.dumps(content).encode(), where="ma.json")


def definition(name: str, field_type: str = "text", **more: Any) -> dict[str, Any]:
    return {"name": name, "label": name, "type": "string", "fieldType": field_type, **more}


def asked(name: str, **more: Any) -> dict[str, Any]:
    return {"objectTypeId": "0-1", "name": name, "label": name, "required": False, "hidden": False, **more}


def form(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "1", "name": "form", "fieldGroups": [{"fields": list(fields)}], **more}


def test_an_answer_and_its_list_alone_are_read_alike() -> None:
    one = definition("a", "textarea")
    assert read(properties={"contacts": {"results": [one]}}) == read(properties={"contact": [one]})
    assert read(properties={"contact": [one]}).several_lines == {("contact", "a")}


def test_what_is_archived_is_not_there() -> None:
    export = read(
        properties={"contact": [definition("a", archived=True), definition("b")]},
        forms=[form(asked("b"), archived=True)],
    )
    assert "a" not in export.schema.objects["contact"].fields
    assert export.forms == ()


def test_a_question_that_another_answer_brings_up_is_never_sure_to_be_asked() -> None:
    below = asked("city", required=True, options=[{"label": "東京", "value": "Tokyo"}])
    export = read(forms=[form(asked("country", required=True, dependentFields=[{"dependentField": below}]))])
    assert export.forms[0].fields == (
        FormField("country", "contact", required=True),
        FormField("city", "contact", required=False, options=("Tokyo",)),
    )


def test_a_hidden_question_with_a_value_is_filled() -> None:
    export = read(forms=[form(asked("source", hidden=True, defaultValue="Web"))])
    assert export.forms[0].fields[0].filled


def test_owners_are_people_and_those_who_left_are_not_active() -> None:
    people = [
        {"id": "1", "email": "a@x.jp", "type": "PERSON", "archived": False},
        {"id": "2", "email": "b@x.jp", "type": "PERSON", "archived": True},
        {"id": "3", "email": "q@x.jp", "type": "QUEUE", "archived": False},
    ]
    owners = read(owners=people).owners or ()
    assert [(one.email, one.active, one.may_own) for one in owners] == [
        ("a@x.jp", True, True),
        ("b@x.jp", False, True),
        ("q@x.jp", True, False),
    ]
    assert read().owners is None


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"no json", "ma.json"),
        (b"[]", "ma.json"),
        (b'{"properties": {"contact": {"status": "error"}}}', "ma.json: properties.contact"),
        (b'{"owners": [{"email": 3}]}', "ma.json: owners"),
        (b"\xff", "ma.json"),
    ],
)
def test_what_is_no_answer_is_told_with_its_part(content: bytes, part: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_export(content, where="ma.json")
    assert caught.value.where == part
