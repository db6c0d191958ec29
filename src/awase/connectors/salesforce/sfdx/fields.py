"""One field of a project as describe would have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awase.connectors.salesforce.sfdx.elements import is_true
from awase_formula.metadata import Element

_TYPES: Mapping[str, tuple[str, int]] = {
    "AutoNumber": ("string", 30),
    "Checkbox": ("boolean", 0),
    "Currency": ("currency", 0),
    "Date": ("date", 0),
    "DateTime": ("datetime", 0),
    "Email": ("email", 80),
    "EncryptedText": ("encryptedstring", 175),
    "Html": ("textarea", 32_768),
    "Location": ("location", 0),
    "LongTextArea": ("textarea", 32_768),
    "MultiselectPicklist": ("multipicklist", 4_099),
    "Number": ("double", 0),
    "Percent": ("percent", 0),
    "Phone": ("phone", 40),
    "Picklist": ("picklist", 255),
    "Summary": ("double", 0),
    "Text": ("string", 255),
    "TextArea": ("textarea", 255),
    "Time": ("time", 0),
    "Url": ("url", 255),
    **dict.fromkeys(
        ("ExternalLookup", "Hierarchy", "IndirectLookup", "Lookup", "MasterDetail", "MetadataRelationship"),
        ("reference", 18),
    ),
}
"""Type in metadata → type in describe, and the length of those that name none (names confirmed, lengths from memory)."""

_FORMULA_TEXT = 1_300
"""Characters that a text formula gives (from memory)."""


class NoSuchType(Exception):
    """A field whose type is none we know; the text is the type."""


class NoSuchNumber(Exception):
    """A length, precision or scale that is none; the text is what stands there."""


def _number(element: Element, name: str, otherwise: int = 0) -> int:
    said = element.value(name)
    if said and not (said.isascii() and said.isdigit()):
        raise NoSuchNumber(said)
    return int(said or otherwise)


def described(element: Element, name: str) -> dict[str, Any]:
    """A custom field. Raises NoSuchType or NoSuchNumber."""
    kind = element.value("type")
    if kind not in _TYPES:
        raise NoSuchType(kind)
    type, length = _TYPES[kind]
    computed = bool(element.value("formula")) or kind in ("AutoNumber", "Summary")
    if element.value("formula") and type == "string":
        length = _FORMULA_TEXT
    master = kind == "MasterDetail"
    return {
        "name": name,
        "label": element.value("label") or name,
        "type": type,
        "nillable": not (is_true(element, "required") or master or kind == "Checkbox"),
        "createable": not computed,
        "updateable": not computed and (not master or is_true(element, "reparentableMasterDetail")),
        "defaulted_on_create": not computed and (kind == "Checkbox" or bool(element.value("defaultValue"))),
        "default_value": is_true(element, "defaultValue") if kind == "Checkbox" else None,
        "length": _number(element, "length", length),
        "precision": _number(element, "precision"),
        "scale": _number(element, "scale"),
        "calculated": computed and kind != "AutoNumber",
        "auto_number": kind == "AutoNumber",
        "unique": is_true(element, "unique"),
        "external_id": is_true(element, "externalId"),
        "reference_to": [each.text.strip() for each in element.all("referenceTo")] or None,
        "relationship_name": f"{name.removesuffix('__c')}__r" if type == "reference" else None,
    }
