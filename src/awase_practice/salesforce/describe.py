"""Describe answers: an object and its fields in the vendor's keys."""

from __future__ import annotations

import base64
import functools
from collections.abc import Collection, Sequence
from typing import Any

import orjson

from .data import ChildRelationship
from .fields import NUMBER_TYPES, TEXT_TYPES, Field, ObjectType, RecordType

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "anyType": "xsd:anyType",
} | dict.fromkeys(NUMBER_TYPES, "xsd:double")
_GROUPABLE = frozenset(("picklist", "reference", "boolean", "int"))


@functools.lru_cache(maxsize=64)
def describe_body(kind: ObjectType, children: tuple[ChildRelationship, ...], version: str) -> bytes:
    """The whole answer to ``/sobjects/X/describe``. children: what hangs on it."""
    document = {**object_summary(kind, version), "fields": [_field(each, kind) for each in kind.fields]}
    document |= {
        "childRelationships": [_child(*each) for each in children],
        "recordTypeInfos": _record_types(kind),
        "namedLayoutInfos": [],
    }
    return orjson.dumps(document)


def _child(child: str, field: str, relationship: str, cascades: bool) -> dict[str, Any]:
    return {
        "childSObject": child,
        "field": field,
        "relationshipName": relationship,
        "cascadeDelete": cascades,
        "restrictedDelete": False,
        "deprecatedAndHidden": False,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
    }


def _record_types(kind: ObjectType) -> list[dict[str, Any]]:
    """The record types and the master, which is the default where there is no other."""
    others = [
        {
            "active": each.active,
            "available": each.active and each.available,
            "defaultRecordTypeMapping": each.default,
            "developerName": each.developer_name,
            "master": False,
            "name": each.name,
            "recordTypeId": each.id,
            "urls": {},
        }
        for each in kind.record_types
    ]
    return [*others, {**_MASTER, "defaultRecordTypeMapping": kind.default_record_type is None}]


_MASTER = {
    "active": True,
    "available": True,
    "developerName": "Master",
    "master": True,
    "name": "マスタ",
    "recordTypeId": "012000000000000AAA",
    "urls": {},
}


def picklist_values(kind: ObjectType, record_type: RecordType | None, version: str) -> dict[str, Any]:
    """The values of each picklist that a record type allows; None is the master, which allows all."""
    record_type_id = record_type.id if record_type else _MASTER["recordTypeId"]
    base = f"/services/data/{version}/ui-api/object-info/{kind.name}/picklist-values/{record_type_id}"
    allowed = record_type.values if record_type else {}
    shown: dict[str, Any] = {}
    for field in kind.fields:
        if field.type not in {"picklist", "multipicklist"}:
            continue
        values = [each for each in field.values if field.name not in allowed or each in allowed[field.name]]
        shown[field.name] = {
            "controllerValues": {},
            "defaultValue": None,
            "url": f"{base}/{field.name}",
            "values": [{"attributes": None, "label": each, "validFor": [], "value": each} for each in values],
        }
    return {"picklistFieldValues": shown}


def object_summary(kind: ObjectType, version: str) -> dict[str, Any]:
    """An object as the list of objects shows it."""
    base = f"/services/data/{version}/sobjects/{kind.name}"
    return {
        "name": kind.name,
        "label": kind.label,
        "labelPlural": kind.label_plural,
        "keyPrefix": kind.key_prefix,
        "custom": kind.name.endswith(("__c", "__mdt")),
        "customSetting": bool(kind.setting),
        "createable": kind.createable,
        "updateable": kind.updateable,
        "deletable": kind.deletable,
        "undeletable": kind.deletable,
        "mergeable": kind.name in {"Lead", "Contact", "Account"},
        "queryable": kind.readable,
        "searchable": kind.createable,
        "retrieveable": True,
        "replicateable": kind.createable,
        "triggerable": kind.createable,
        "layoutable": kind.createable,
        "deprecatedAndHidden": False,
        "hasSubtypes": False,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def _field(field: Field, kind: ObjectType) -> dict[str, Any]:
    return _shape_of(field) | _rights_of(field) | _references_of(field) | _choices_of(field, kind)


def _shape_of(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "length": field.length,
        "byteLength": field.length * 3,
        "digits": field.digits,
        "precision": field.precision,
        "scale": field.scale,
        "extraTypeInfo": "plaintextarea" if field.type == "textarea" else None,
        "encrypted": False,
        "mask": None,
        "htmlFormatted": False,
        "inlineHelpText": None,
    }


def _rights_of(field: Field) -> dict[str, Any]:
    groupable = field.filterable and (field.type in TEXT_TYPES or field.type in _GROUPABLE)
    return {
        "nillable": field.nillable,
        "createable": field.createable,
        "updateable": field.updateable,
        "defaultedOnCreate": field.defaulted,
        "defaultValue": field.default if field.type == "boolean" else None,
        "defaultValueFormula": None,
        "calculated": False,
        "calculatedFormula": None,
        "autoNumber": False,
        "unique": field.unique,
        "caseSensitive": field.case_sensitive,
        "externalId": field.external_id,
        "idLookup": field.id_lookup,
        "permissionable": not field.required and field.createable,
        "custom": field.custom,
        "nameField": field.name_field,
        "filterable": field.filterable,
        "sortable": field.filterable and field.type != "multipicklist",
        "groupable": groupable,
        "deprecatedAndHidden": False,
    }


def _references_of(field: Field) -> dict[str, Any]:
    return {
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "filteredLookupInfo": {"controllingFields": [], "dependent": False, "optionalFilter": False}
        if field.lookup_filter is not None
        else None,
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "namePointing": len(field.reference_to) > 1,
        "compoundFieldName": field.compound,
        "cascadeDelete": field.cascade,
        "restrictedDelete": False,
        "writeRequiresMasterRead": False,
    }


def _choices_of(field: Field, kind: ObjectType) -> dict[str, Any]:
    controller = kind.find(field.controller) if field.controller else None
    controlling = _controlling_values(controller) if controller else ()
    return {
        "restrictedPicklist": field.restricted,
        "dependentPicklist": controller is not None,
        "controllerName": controller.name if controller else None,
        "picklistValues": [
            {
                "active": True,
                "defaultValue": value == field.default,
                "label": field.labels.get(value, value),
                "validFor": _bits(field.valid_for.get(value, ()), controlling) if controller else None,
                "value": value,
            }
            for value in field.values
        ],
    }


def _controlling_values(controller: Field) -> tuple[str, ...]:
    return ("false", "true") if controller.type == "boolean" else controller.values


def _bits(allowing: Collection[str], controlling: Sequence[str]) -> str:
    """One bit for each value of the controller, the first in the highest place, as base64 [confirmed]."""
    bits = bytearray(-(-len(controlling) // 8) or 1)
    for place, value in enumerate(controlling):
        if value in allowing:
            bits[place // 8] |= 128 >> place % 8
    return base64.b64encode(bytes(bits)).decode()
