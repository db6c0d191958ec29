"""Page layouts, and the fields that stand on each.

``GET sobjects/OBJECT/describe/layouts`` (confirmed); a layout's name is told by some answers only (from memory), else the
record types that use it name it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Never

import msgspec

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.rest import data_path, get
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask
from awase.ports.flows import Flow


class _Component(msgspec.Struct, frozen=True):
    type: str = ""
    value: str | None = None
    components: list[_Component] | None = None
    """The parts of a compound field."""


class _Item(msgspec.Struct, frozen=True, rename="camel"):
    layout_components: list[_Component] = []


class _Row(msgspec.Struct, frozen=True, rename="camel"):
    layout_items: list[_Item] = []


class _Section(msgspec.Struct, frozen=True, rename="camel"):
    layout_rows: list[_Row] = []


class _Layout(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str | None = None
    detail_layout_sections: list[_Section] = []
    edit_layout_sections: list[_Section] = []


class _Mapping(msgspec.Struct, frozen=True, rename="camel"):
    layout_id: str
    name: str = ""


class _Layouts(msgspec.Struct, frozen=True, rename="camel"):
    layouts: list[_Layout] = []
    record_type_mappings: list[_Mapping] = []


def read_layouts(
    api_version: str, objects: Sequence[str]
) -> Flow[Never, Mapping[str, Mapping[str, frozenset[str]]]]:
    """Object → layout → the fields on it; objects whose layouts cannot be seen are absent."""
    paths = [data_path(api_version, f"sobjects/{soql.name(name)}/describe/layouts") for name in objects]
    answers = yield from ask([get(path) for path in paths])
    told = {name: expected(answer, _Layouts) for name, answer in zip(objects, answers, strict=True)}
    return {
        name: {_name(one, found): frozenset(_fields(one)) for one in found.layouts}
        for name, found in told.items()
        if found is not None
    }


def _name(layout: _Layout, told: _Layouts) -> str:
    using = [one.name for one in told.record_type_mappings if one.layout_id == layout.id and one.name]
    return layout.name or ", ".join(using) or layout.id


def _fields(layout: _Layout) -> Iterator[str]:
    for section in (*layout.detail_layout_sections, *layout.edit_layout_sections):
        for row in section.layout_rows:
            for item in row.layout_items:
                yield from _named(item.layout_components)


def _named(components: Sequence[_Component]) -> Iterator[str]:
    for one in components:
        if one.type == "Field" and one.value:
            yield one.value
        yield from _named(one.components or ())
