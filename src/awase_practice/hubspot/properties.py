"""Property definitions, as the portal keeps and shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from .wire import Refusal, bad_request, stamp

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_BORN: Final = datetime(2024, 1, 1, tzinfo=UTC)

FIELD_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"text", "textarea", "file", "html", "phonenumber"}),
    "phone_number": frozenset({"phonenumber", "text"}),
    "number": frozenset({"number"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
    "enumeration": frozenset({"select", "radio", "checkbox", "booleancheckbox"}),
    "bool": frozenset({"booleancheckbox"}),
}
"""Which field types may carry which type (confirmed)."""


@dataclass(frozen=True)
class Property:
    """One property of an object.

    options: value to label, in display order; option_details: what was said of them besides, as it is shown.
    unique: values may occur once only.
    """

    name: str
    type: str = "string"
    field_type: str = "text"
    label: str = ""
    group: str = "contactinformation"
    description: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    option_details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unique: bool = False
    hidden: bool = False
    form_field: bool = True
    stock: bool = True
    read_only: bool = False
    external_options: bool = False
    display_order: int = -1
    archived: bool = False
    created_at: datetime = _BORN
    updated_at: datetime = _BORN

    @cached_property
    def allowed(self) -> frozenset[str]:
        """The option values."""
        return frozenset(self.options)

    @property
    def many(self) -> bool:
        """Several options at once, joined by semicolons."""
        return self.field_type == "checkbox"

    def to_json(self) -> dict[str, Any]:
        """The definition as the properties endpoints show it."""
        options = [
            {
                "label": label,
                "value": value,
                "displayOrder": order,
                "hidden": False,
                "description": "",
                **self.option_details.get(value, {}),
            }
            for order, (value, label) in enumerate(self.options.items())
        ]
        return {
            "updatedAt": stamp(self.updated_at),
            "createdAt": stamp(self.created_at),
            "name": self.name,
            "label": self.label or self.name,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": options,
            "displayOrder": self.display_order,
            "calculated": False,
            "externalOptions": self.external_options,
            "archived": self.archived,
            **({"archivedAt": stamp(self.updated_at)} if self.archived else {}),
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.stock,
            "formField": self.form_field,
            "dataSensitivity": "non_sensitive",
            "modificationMetadata": {
                "archivable": not self.stock,
                "readOnlyDefinition": self.stock,
                "readOnlyOptions": self.stock and self.read_only,
                "readOnlyValue": self.read_only,
            },
        }


class PropertySet:
    """The properties of one object: a stock shared by all portals, and what this portal changed."""

    def __init__(self, stock: Mapping[str, Property]) -> None:
        self._stock = stock
        self._all = stock
        self._own = False

    def __iter__(self) -> Iterator[Property]:
        return (each for each in self._all.values() if not each.archived)

    def get(self, name: str) -> Property | None:
        """The property, unless it does not exist or is archived."""
        found = self._all.get(name)
        return None if found is None or found.archived else found

    def archived(self) -> Iterator[Property]:
        """The archived ones."""
        return (each for each in self._all.values() if each.archived)

    def find(self, name: str, archived: bool) -> Property | None:
        """The property if it exists and is, or is not, archived."""
        found = self._all.get(name)
        return found if found is not None and found.archived == archived else None

    def differing(self) -> Iterator[Property]:
        """Those that are not, or not so, in the stock; archived ones too."""
        return (each for each in self._all.values() if each is not self._stock.get(each.name))

    def put(self, definition: Property) -> None:
        """Add or replace one. The shared stock is copied at the first change."""
        if not self._own:
            self._all, self._own = dict(self._all), True
        assert isinstance(self._all, dict)  # noqa: S101 - it was just made one
        self._all[definition.name] = definition

    def archive(self, name: str, at: datetime) -> bool:
        """Archive one; False if there is none."""
        found = self.get(name)
        if found is None:
            return False
        self.put(replace(found, archived=True, updated_at=at))
        return True

    def unique_names(self) -> list[str]:
        """The names of the properties whose values may occur only once."""
        return [each.name for each in self if each.unique]


def from_json(body: Mapping[str, Any], at: datetime) -> Property:
    """A new custom property from a request. Raises Refusal."""
    missing = [key for key in ("name", "label", "type", "fieldType", "groupName") if not body.get(key)]
    if missing:
        raise bad_request(
            "Invalid input JSON on line 1, column 1: Some required fields were not set: ["
            + ", ".join(missing)
            + "]"
        )
    _check_pair(str(body["type"]), str(body["fieldType"]))
    if _NAME.fullmatch(str(body["name"])) is None:
        raise bad_request(
            f"Property name {body['name']} is invalid: it begins with a letter and has only lower-case letters, "
            "digits and underscores",
            sub_category="PropertyValidationError.INVALID_NAME",
        )
    options, details = _options(body.get("options") or ())
    return Property(
        name=str(body["name"]),
        label=str(body["label"]),
        type=str(body["type"]),
        field_type=str(body["fieldType"]),
        group=str(body["groupName"]),
        description=str(body.get("description") or ""),
        options=options,
        option_details=details,
        display_order=_whole(body.get("displayOrder"), -1),
        unique=bool(body.get("hasUniqueValue")),
        hidden=bool(body.get("hidden")),
        form_field=bool(body.get("formField")),
        stock=False,
        created_at=at,
        updated_at=at,
    )


def changed(old: Property, body: Mapping[str, Any], at: datetime) -> Property:
    """A definition after a PATCH; name and uniqueness stay, and options are replaced as a whole. Raises Refusal."""
    kind = str(body.get("type", old.type))
    field_type = str(body.get("fieldType", old.field_type))
    _check_pair(kind, field_type)
    options, details = (
        _options(body["options"] or ()) if "options" in body else (old.options, old.option_details)
    )
    return replace(
        old,
        label=str(body.get("label", old.label)),
        type=kind,
        field_type=field_type,
        group=str(body.get("groupName", old.group)),
        description=str(body.get("description", old.description)),
        options=options,
        option_details=details,
        display_order=_whole(body.get("displayOrder"), old.display_order),
        hidden=bool(body.get("hidden", old.hidden)),
        form_field=bool(body.get("formField", old.form_field)),
        updated_at=at,
    )


def _options(items: Any) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Options as value to label in display order, and what was said of them besides."""
    options: dict[str, str] = {}
    details: dict[str, dict[str, Any]] = {}
    for item in items:
        value = str(item.get("value", "")) if isinstance(item, Mapping) else ""
        if not value:
            raise bad_request("Option value can not be empty")
        if value in options:
            raise bad_request(f"Property option values must be unique. The duplicate value was: {value}")
        options[value] = str(item.get("label") or value)
        said = {name: item[name] for name in ("displayOrder", "hidden", "description") if item.get(name)}
        if said:
            details[value] = said
    places = {
        value: _whole(details.get(value, {}).get("displayOrder"), at) for at, value in enumerate(options)
    }
    in_turn = sorted(options, key=lambda value: places[value]) if details else list(options)
    return {value: options[value] for value in in_turn}, details


def _whole(raw: Any, default: int) -> int:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else default


def _check_pair(kind: str, field_type: str) -> None:
    if kind not in FIELD_TYPES:
        raise bad_request(f"Invalid property type: {kind}")
    if field_type not in FIELD_TYPES[kind]:
        raise Refusal(400, "VALIDATION_ERROR", f"fieldType {field_type} is not allowed for the type {kind}")
