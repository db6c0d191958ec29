"""Describe answers: an object and its fields in the vendor's keys."""

from __future__ import annotations

import functools
from typing import Any

import orjson

from .fields import NUMBER_TYPES, TEXT_TYPES, Field, ObjectType

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
def describe_body(kind: ObjectType, version: str) -> bytes:
    """The whole answer to ``/sobjects/X/describe``."""
    document = {**object_summary(kind, version), "fields": [_field(each) for each in kind.fields]}
    document |= {"childRelationships": [], "recordTypeInfos": [_MASTER], "namedLayoutInfos": []}
    return orjson.dumps(document)


_MASTER = {
    "active": True,
    "available": True,
    "defaultRecordTypeMapping": True,
    "developerName": "Master",
    "master": True,
    "name": "マスタ",
    "recordTypeId": "012000000000000AAA",
    "urls": {},
}


def object_summary(kind: ObjectType, version: str) -> dict[str, Any]:
    """An object as the list of objects shows it."""
    base = f"/services/data/{version}/sobjects/{kind.name}"
    return {
        "name": kind.name,
        "label": kind.label,
        "labelPlural": kind.label_plural,
        "keyPrefix": kind.key_prefix,
        "custom": kind.name.endswith("__c"),
        "customSetting": False,
        "createable": kind.createable,
        "updateable": kind.updateable,
        "deletable": kind.deletable,
        "undeletable": kind.deletable,
        "mergeable": kind.name in {"Lead", "Contact", "Account"},
        "queryable": True,
        "searchable": kind.createable,
        "retrieveable": True,
        "replicateable": kind.createable,
        "triggerable": kind.createable,
        "layoutable": kind.createable,
        "deprecatedAndHidden": False,
        "hasSubtypes": False,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def _field(field: Field) -> dict[str, Any]:
    return _shape_of(field) | _rights_of(field) | _references_of(field)


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
        "restrictedPicklist": field.restricted,
        "dependentPicklist": False,
        "controllerName": None,
        "picklistValues": [_picklist_value(value, field) for value in field.values],
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "namePointing": len(field.reference_to) > 1,
        "compoundFieldName": field.compound,
        "cascadeDelete": False,
        "restrictedDelete": False,
        "writeRequiresMasterRead": False,
    }


def _picklist_value(value: str, field: Field) -> dict[str, Any]:
    return {
        "active": True,
        "defaultValue": value == field.default,
        "label": value,
        "validFor": None,
        "value": value,
    }
