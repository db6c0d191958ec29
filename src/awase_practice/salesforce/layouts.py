"""Page layouts: one an object, which shows every field that people may edit [shape from memory, cut to what clients read].

What a layout requires binds people only, never the API.
"""

from __future__ import annotations

from typing import Any

from .fields import Field, ObjectType, RecordType
from .ids import make_id
from .references import MASTER_RECORD_TYPE

_LAYOUT_PREFIX = "00h"


def layout_id(kind: ObjectType) -> str:
    """The id of an object's one layout."""
    return make_id(_LAYOUT_PREFIX, int.from_bytes(kind.key_prefix.encode(), "big"))


def layouts(kind: ObjectType, version: str) -> dict[str, Any]:
    """``/sobjects/X/describe/layouts``."""
    mappings = [_mapping(kind, each, version) for each in kind.record_types]
    return {
        "layouts": [layout(kind)],
        "recordTypeMappings": [*mappings, _mapping(kind, None, version)],
        "recordTypeSelectorRequired": [bool(kind.record_types)],
    }


def layout(kind: ObjectType) -> dict[str, Any]:
    """One layout, as ``/sobjects/X/describe/layouts/RECORD-TYPE`` answers it."""
    edited = [field for field in kind.fields if field.createable or field.updateable]
    rows = [{"numItems": 1, "layoutItems": [_item(field)]} for field in edited]
    section = {
        "heading": kind.label,
        "columns": 1,
        "rows": len(rows),
        "useCollapsibleSection": False,
        "useHeading": True,
        "layoutRows": rows,
    }
    return {
        "id": layout_id(kind),
        "name": f"{kind.name} Layout",
        "detailLayoutSections": [section],
        "editLayoutSections": [section],
        "relatedLists": [],
        "buttonLayoutSection": None,
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": None,
        "relatedContent": None,
        "saveOptions": [],
    }


def compact_layouts(kind: ObjectType) -> dict[str, Any]:
    """``/sobjects/X/describe/compactLayouts``: the field that names a row."""
    named = next((field for field in kind.fields if field.name_field), kind.fields[0])
    compact = {"id": None, "name": "SYSTEM", "label": "System Default", "fieldItems": [_item(named)]}
    mapping = {"available": True, "compactLayoutId": None, "recordTypeId": MASTER_RECORD_TYPE}
    return {
        "compactLayouts": [compact],
        "defaultCompactLayoutId": None,
        "recordTypeCompactLayoutMappings": [mapping],
    }


def _item(field: Field) -> dict[str, Any]:
    component = {"type": "Field", "value": field.name, "displayLines": 1, "tabOrder": 1}
    return {
        "label": field.label,
        "required": field.required,
        "placeholder": False,
        "editableForNew": field.createable,
        "editableForUpdate": field.updateable,
        "layoutComponents": [component],
    }


def _mapping(kind: ObjectType, record_type: RecordType | None, version: str) -> dict[str, Any]:
    record_type_id = record_type.id if record_type else MASTER_RECORD_TYPE
    allowed = record_type.values if record_type else {}
    base = f"/services/data/{version}/sobjects/{kind.name}/describe/layouts"
    default = kind.default_record_type
    return {
        "active": record_type.active if record_type else True,
        "available": record_type is None or (record_type.active and record_type.available),
        "defaultRecordTypeMapping": record_type is default,
        "developerName": record_type.developer_name if record_type else "Master",
        "layoutId": layout_id(kind),
        "master": record_type is None,
        "name": record_type.name if record_type else "マスタ",
        "picklistsForRecordType": [
            {
                "picklistName": field.name,
                "picklistValues": [
                    {"active": True, "defaultValue": value == field.default, "label": value, "value": value}
                    for value in field.values
                    if field.name not in allowed or value in allowed[field.name]
                ],
            }
            for field in kind.fields
            if field.type in {"picklist", "multipicklist"}
        ],
        "recordTypeId": record_type_id,
        "urls": {"layout": f"{base}/{record_type_id}"},
    }
