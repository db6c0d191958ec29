"""What a query tells of its columns instead of its rows."""

from __future__ import annotations

from typing import Any

from .fields import NUMBER_TYPES, TEXT_TYPES, Field

AGGREGATE = Field("expr0", "expr0", "double")


def column_of(parts: tuple[str, ...], field: Field, *, aggregate: bool = False) -> dict[str, Any]:
    """One column of a result. parts: the path it was asked by."""
    name = field.name if len(parts) == 1 and not aggregate else ".".join(parts)
    column: dict[str, Any] = {
        "aggregate": aggregate,
        "booleanType": field.type == "boolean",
        "columnName": parts[-1] if aggregate else field.name,
        "custom": field.custom,
        "displayName": name,
        "foreignKeyName": field.relationship,
        "insertable": field.createable and not aggregate,
        "joinColumns": [],
        "numberType": field.type in NUMBER_TYPES or field.type == "int",
        "textType": field.type in TEXT_TYPES,
        "typeName": field.type,
        "updatable": field.updateable and not aggregate,
    }
    if len(parts) > 1:
        inner = column_of(parts[1:], field)
        return {**column, "columnName": parts[0], "displayName": parts[0], "joinColumns": [inner]}
    return column
