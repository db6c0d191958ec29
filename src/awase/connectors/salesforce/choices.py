"""Which options of a picklist a record type allows, by the User Interface API (confirmed): describe does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Never

import msgspec

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.rest import data_path, get
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask
from awase.core.schema import Choices, ObjectSchema
from awase.ports.flows import Flow


class _Value(msgspec.Struct, frozen=True):
    value: str


class _Field(msgspec.Struct, frozen=True):
    values: list[_Value]


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    picklist_field_values: dict[str, _Field]


def read_choices(api_version: str, objects: Sequence[ObjectSchema]) -> Flow[Never, Mapping[str, Choices]]:
    """By object; what may not be read is absent, and nothing is foreseen of it. A call a record type."""
    asked = [
        (object.name, sort.id) for object in objects for sort in object.record_types or () if sort.available
    ]
    paths = [f"ui-api/object-info/{soql.name(name)}/picklist-values/{id}" for name, id in asked]
    answers = (yield from ask([get(data_path(api_version, path)) for path in paths])) if asked else []
    found: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {}
    for (name, id), answer in zip(asked, answers, strict=True):
        content = expected(answer, _Answer)
        if content is not None:
            found.setdefault(name, {})[id] = {
                field: tuple(each.value for each in one.values)
                for field, one in content.picklist_field_values.items()
            }
    return found
