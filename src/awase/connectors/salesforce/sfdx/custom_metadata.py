"""Records of custom metadata, which belong to a project: what formulas read of them.

That their files are called ``Type.Record`` and hold a value a field is confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from awase.connectors.salesforce.custom_values import METADATA
from awase.core.schema import Field, Globals, ObjectSchema
from awase_formula.metadata import Element


def values_of(
    names: Iterable[str], types: Mapping[str, ObjectSchema], records: Mapping[tuple[str, str], Element]
) -> Globals:
    """Those of ``names`` that the project tells: ``types`` by name, ``records`` by type and name.

    A field that a record leaves out is empty. What has no field or no record in the project stays unknown, as do custom
    settings, whose values are data.
    """
    folded = {(type.casefold(), name.casefold()): root for (type, name), root in records.items()}
    fields = {
        (type.casefold(), name.casefold()): field
        for type, object in types.items()
        for name, field in object.fields.items()
    }
    values: dict[str, str | bool | int | float | None] = {}
    typed: dict[str, Field] = {}
    for name in names:
        family, *parts = name.casefold().split(".")
        if family != METADATA or len(parts) != 3:
            continue
        type, record, last = parts
        if (root := folded.get((type, record))) is not None and (field := fields.get((type, last))):
            values[name], typed[name] = _value(root, field.name), field
    return Globals(values, typed)


def _value(root: Element, field: str) -> str | None:
    """As text, which formulas read by the field's type."""
    found = (each for each in root.all("values") if each.value("field") == field)
    return next((each.value("value") or None for each in found), None)
