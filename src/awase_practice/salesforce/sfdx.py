"""An org's set-up as its administrators keep it in a project folder (SFDX source format), as changes to a practice org.

Read are fields, their value sets (global ones too), record types, validation rules with their formulas, and duplicate
rules that match one field exactly, of the objects that the practice org has; and custom settings, custom metadata types
and their records. What cannot be taken over is told, with its reason. Element names are the vendor's metadata
[confirmed].
"""

# The files are the user's own, on this machine; nothing in them is fetched or expanded.
# ruff: noqa: S314

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

Change = dict[str, Any]
_LENGTHS: Final = {
    "Email": 80,
    "Phone": 40,
    "Url": 255,
    "TextArea": 255,
    "LongTextArea": 32_768,
    "Html": 32_768,
}
_TEXTS: Final = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Html": "textarea",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
}
_NUMBERS: Final = {"Number": "double", "Currency": "currency", "Percent": "percent"}
_MOMENTS: Final = {"Date": "date", "DateTime": "datetime"}
_LISTS: Final = {"Picklist": "picklist", "MultiselectPicklist": "multipicklist"}
_POINTERS: Final = frozenset(("Lookup", "MasterDetail"))
_EQUAL: Final = frozenset(("equals", "notEqual"))


class _NotTaken(Exception):
    """Something of the project that the practice org cannot have; the text is the reason."""


@dataclass(slots=True)
class Project:
    """changes: as the control API takes them, in the order in which they can be made. left_out: one line each."""

    changes: list[Change] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_project(folder: Path) -> Project:
    """Read every package below a folder. Raises ValueError if there is nothing of an org in it."""
    project = Project()
    found = sorted(folder.rglob("*-meta.xml"))
    if not found:
        raise ValueError(f"{folder} holds no metadata of an org")
    found = [path for path in found if _is_readable(project, path)]
    sets = {
        path.name.split(".")[0]: _root(path)
        for path in found
        if path.name.endswith("globalValueSet-meta.xml")
    }
    for path in found:
        if path.name.endswith(".object-meta.xml"):
            _take(project, path, lambda path=path: _object(path))
    fields = [path for path in found if path.name.endswith(".field-meta.xml")]
    # A field that controls another must be there first.
    for path in sorted(fields, key=lambda each: bool(_text(_root(each), "valueSet/controllingField"))):
        _take(project, path, lambda path=path: _field(path, sets))
    # Before the rules that read them.
    for path in found:
        if path.name.endswith(".md-meta.xml"):
            _take(project, path, lambda path=path: _record_of_metadata(path))
    for path in found:
        if path.name.endswith(".recordType-meta.xml"):
            _take(project, path, lambda path=path: _record_type(path))
        elif path.name.endswith(".validationRule-meta.xml"):
            _take(project, path, lambda path=path: _validation_rule(path))
    matching = _matching_rules(found)
    for path in found:
        if path.name.endswith(".duplicateRule-meta.xml"):
            _take(project, path, lambda path=path: _duplicate_rule(path, matching))
    return project


def _is_readable(project: Project, path: Path) -> bool:
    try:
        _root(path)
    except ElementTree.ParseError as problem:
        project.left_out.append(f"{path.name}: the file cannot be read: {problem}")
        return False
    return True


def _take(project: Project, path: Path, read: Any) -> None:
    try:
        change = read()
    except _NotTaken as reason:
        project.left_out.append(f"{path.name}: {reason}")
    else:
        if change is not None:
            project.changes.append(change)


def _object(path: Path) -> Change | None:
    """A custom setting or a custom metadata type; of other objects the fields and rules are taken."""
    root, name = _root(path), path.name.removesuffix(".object-meta.xml")
    setting = _text(root, "customSettingsType")
    if not setting and not name.endswith("__mdt"):
        return None
    declared = {"label": _text(root, "label") or name} | ({"setting": setting} if setting else {})
    return {"object": name, "add_object": declared}


def _record_of_metadata(path: Path) -> Change:
    """``customMetadata/Limits.Lead.md-meta.xml`` is the record Lead of Limits__mdt."""
    root = _root(path)
    type, _, name = path.name.removesuffix(".md-meta.xml").partition(".")
    values = {_text(each, "field"): _text(each, "value") for each in _all(root, "values")}
    return {
        "object": f"{type}__mdt",
        "set_record": {"name": name, "label": _text(root, "label"), "values": values},
    }


def _field(path: Path, sets: Mapping[str, ElementTree.Element]) -> Change:
    root, object = _root(path), path.parent.parent.name
    name, type = _text(root, "fullName"), _text(root, "type")
    if not type:
        raise _NotTaken("a standard field stays as it is")
    if _text(root, "formula"):
        raise _NotTaken("fields that are formulas are not computed here")
    declared: dict[str, Any] = {"name": name, "label": _text(root, "label") or name}
    declared |= _typed(root, type, sets)
    for flag, here in (("required", "required"), ("unique", "unique"), ("caseSensitive", "case_sensitive")):
        if _text(root, flag) == "true":
            declared[here] = True
    if _text(root, "externalId") == "true":
        declared |= {"external_id": True, "id_lookup": True}
    return {"object": object, "add_field": declared}


def _typed(root: ElementTree.Element, type: str, sets: Mapping[str, ElementTree.Element]) -> dict[str, Any]:
    if type in _TEXTS:
        return {"type": _TEXTS[type], "length": int(_text(root, "length") or _LENGTHS.get(type, 255))}
    if type in _NUMBERS:
        return {
            "type": _NUMBERS[type],
            "precision": int(_text(root, "precision") or 18),
            "scale": int(_text(root, "scale") or 0),
        }
    if type == "Checkbox":
        return {
            "type": "boolean",
            "default": _text(root, "defaultValue").lower() == "true",
            "defaulted": True,
        }
    if type in _MOMENTS:
        return {"type": _MOMENTS[type]}
    if type in _LISTS:
        return {"type": _LISTS[type], **_values(root, type, sets)}
    if type in _POINTERS:
        return _pointer(root, type)
    raise _NotTaken(f"fields of the type {type} are not there in a practice org")


def _values(root: ElementTree.Element, type: str, sets: Mapping[str, ElementTree.Element]) -> dict[str, Any]:
    named = _text(root, "valueSet/valueSetName")
    if named and named not in sets:
        raise _NotTaken(f"the global value set {named} is not in the project")
    entries = list(
        _all(sets[named], "customValue") if named else _all(root, "valueSet/valueSetDefinition/value")
    )
    active = [each for each in entries if _text(each, "isActive") != "false"]
    values = [_text(each, "fullName") for each in active]
    labels = {_text(each, "fullName"): _text(each, "label") for each in active if _text(each, "label")}
    declared: dict[str, Any] = {
        "values": values,
        "labels": {value: label for value, label in labels.items() if label != value},
        "restricted": _text(root, "valueSet/restricted") == "true",
        "length": 255 if type == "Picklist" else 4099,
    }
    default = next((_text(each, "fullName") for each in active if _text(each, "default") == "true"), None)
    if default is not None:
        declared |= {"default": default, "defaulted": True}
    controller = _text(root, "valueSet/controllingField")
    if controller:
        allowed = {
            _text(each, "valueName"): [by.text or "" for by in _all(each, "controllingFieldValue")]
            for each in _all(root, "valueSet/valueSettings")
        }
        declared |= {"controller": controller, "valid_for": allowed}
    return declared


def _pointer(root: ElementTree.Element, type: str) -> dict[str, Any]:
    name, to = _text(root, "relationshipName"), _text(root, "referenceTo")
    above = _text(root, "fullName").removesuffix("__c")
    declared: dict[str, Any] = {
        "type": "reference",
        "length": 18,
        "reference_to": [to],
        "relationship": f"{above}__r",
        "children": f"{name}__r" if name else None,
    }
    if type == "MasterDetail":
        declared |= {"required": True, "cascade": True}
    filtered = root.find(_path("lookupFilter"))
    if (
        filtered is not None
        and _text(filtered, "active") == "true"
        and _text(filtered, "isOptional") != "true"
    ):
        declared |= {
            "lookup_filter": _condition(filtered),
            "filter_message": _text(filtered, "errorMessage") or None,
        }
    return declared


def _condition(filtered: ElementTree.Element) -> dict[str, Any]:
    parts = []
    for each in _all(filtered, "filterItems"):
        operation, value = _text(each, "operation"), _text(each, "value")
        name = _text(each, "field").rpartition(".")[2]
        if operation not in _EQUAL or not value or _text(filtered, "booleanFilter"):
            raise _NotTaken("only lookup filters that compare fields with values are followed")
        same = {"equals": [name, {"true": True, "false": False}.get(value.lower(), value)]}
        parts.append(same if operation == "equals" else {"not": same})
    return {"all": parts}


def _record_type(path: Path) -> Change:
    root = _root(path)
    values = {
        _text(each, "picklist"): [unquote(_text(value, "fullName")) for value in _all(each, "values")]
        for each in _all(root, "picklistValues")
    }
    declared = {
        "name": _text(root, "label") or _text(root, "fullName"),
        "developer_name": _text(root, "fullName"),
        "active": _text(root, "active") == "true",
        "values": values,
    }
    return {"object": path.parent.parent.name, "add_record_type": declared}


def _validation_rule(path: Path) -> Change | None:
    root = _root(path)
    if _text(root, "active") != "true":
        return None
    declared = {
        "name": _text(root, "fullName"),
        "message": _text(root, "errorMessage"),
        "field": _text(root, "errorDisplayField") or None,
        "formula": _text(root, "errorConditionFormula"),
    }
    return {"object": path.parent.parent.name, "add_rule": declared}


def _matching_rules(found: list[Path]) -> dict[tuple[str, str], ElementTree.Element]:
    rules = {}
    for path in found:
        if path.name.endswith(".matchingRule-meta.xml"):
            for each in _all(_root(path), "matchingRules"):
                rules[path.name.split(".")[0], _text(each, "fullName")] = each
    return rules


def _duplicate_rule(path: Path, matching: Mapping[tuple[str, str], ElementTree.Element]) -> Change | None:
    root, (object, name) = _root(path), path.name.split(".")[:2]
    if _text(root, "isActive") != "true":
        return None
    pairs = list(_all(root, "duplicateRuleMatchRules"))
    if len(pairs) != 1 or root.find(_path("duplicateRuleFilter/duplicateRuleFilterItems")) is not None:
        raise _NotTaken("only duplicate rules with one matching rule and no filter are followed")
    against, rule = _text(pairs[0], "matchRuleSObjectType"), _text(pairs[0], "matchingRule")
    items = list(_all(matching[against, rule], "matchingRuleItems")) if (against, rule) in matching else []
    if len(items) != 1 or _text(items[0], "matchingMethod") != "Exact":
        raise _NotTaken(f"only matching rules of one exact field are followed, which {rule} is not")
    alerts = any((each.text or "").lower() == "alert" for each in _all(root, "operationsOnInsert"))
    action = "block" if _text(root, "actionOnInsert") == "Block" else "alert" if alerts else "allow"
    declared = {"name": name, "duplicate": action, "field": _text(items[0], "fieldName")}
    if _text(root, "alertText"):
        declared["alert"] = _text(root, "alertText")
    if against != object:
        declared["against"] = against
    return {"object": object, "add_rule": declared}


def _root(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def _path(names: str) -> str:
    return "/".join(f"{{*}}{name}" for name in names.split("/"))


def _text(element: ElementTree.Element, names: str) -> str:
    found = element.find(_path(names))
    return (found.text or "").strip() if found is not None else ""


def _all(element: ElementTree.Element, names: str) -> Iterator[ElementTree.Element]:
    return iter(element.findall(_path(names)))
