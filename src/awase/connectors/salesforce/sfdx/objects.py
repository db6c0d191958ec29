"""One object of a project as ours: standard fields from the table, the project's own over them, then the user's rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from awase.connectors.salesforce.places import with_places
from awase.connectors.salesforce.roles import JUNCTIONS, relation_field
from awase.connectors.salesforce.schema import Described, DescribedField, DescribedOption, object_schema
from awase.connectors.salesforce.setup import needs_no_rights, right_for
from awase.connectors.salesforce.sfdx.elements import is_true
from awase.connectors.salesforce.sfdx.fields import NoSuchNumber, NoSuchType, described
from awase.connectors.salesforce.sfdx.found import Place, Trouble
from awase.connectors.salesforce.sfdx.picklists import Picklist, picklist_of
from awase.connectors.salesforce.sfdx.places import KnownPlaces, code_field
from awase.connectors.salesforce.sfdx.rights import Rights
from awase.connectors.salesforce.sfdx.standard import NAMES, standard_fields
from awase.core.doctor.headings import Withheld
from awase.core.schema import Field, ObjectSchema, Option, Rule
from awase_formula.metadata import Element

_OWN_OBJECT = ("__c", "__mdt", "__e")


@dataclass(slots=True)
class ObjectParts:
    """What the files of one object hold."""

    name: str
    root: Element | None = None
    """Its ``CustomObject``."""
    fields: dict[str, tuple[Element, Place]] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)

    @property
    def is_partial(self) -> bool:
        """Whether it may have standard fields that neither the table nor the project tells."""
        known = self.name in NAMES or (self.name.endswith(_OWN_OBJECT) and self.root is not None)
        return not known


@dataclass(frozen=True, slots=True)
class Made:
    schema: ObjectSchema
    withheld: Withheld
    troubles: tuple[Trouble, ...]
    unread: frozenset[str] = frozenset()
    """Fields that are there, and of which nothing could be read."""


def as_object(
    parts: ObjectParts,
    sets: Mapping[str, tuple[Option, ...]],
    rights: Rights | None,
    key_field: str,
    places: KnownPlaces | None = None,
) -> Made:
    """The object for somebody with ``rights``; None: nothing is hidden and nothing forbidden."""
    rows, lists, troubles = _rows(parts, sets, places)
    hidden = _hidden(parts.name, rows, rights)
    seen = [
        _seen(parts.name, row, lists.get(name), rights) for name, row in rows.items() if name not in hidden
    ]
    schema = object_schema(_described(parts, seen, rights), key_field, frozenset())
    fields = {
        # What only rights keep from being written is empty in a new record, not worked out by the vendor.
        name: replace(
            _with_options(one, lists.get(name)), computed=one.computed and not rows[name]["createable"]
        )
        for name, one in schema.fields.items()
    }
    if places is not None:
        fields = with_places(fields)
    # Relations are kept in rows of their own; a project does not say who may write those.
    for name, joined in JUNCTIONS.get(parts.name, {}).items():
        fields[name] = relation_field(name, joined, writable=True)
    withheld = Withheld(
        hidden={name: rows[name]["label"] for name in hidden},
        read_only=frozenset(row.name for row in seen if rows[row.name]["createable"] and not row.createable),
    )
    unread = frozenset(parts.fields) - rows.keys()
    return Made(replace(schema, fields=fields, rules=tuple(parts.rules)), withheld, tuple(troubles), unread)


def _rows(
    parts: ObjectParts, sets: Mapping[str, tuple[Option, ...]], places: KnownPlaces | None
) -> tuple[dict[str, dict[str, Any]], dict[str, Picklist], list[Trouble]]:
    """Every field as describe would have it, the picklists among them, and what could not be read."""
    rows: dict[str, dict[str, Any]] = {name: dict(row) for name, row in standard_fields(parts.name).items()}
    rows |= _name_field(parts)
    lists = {
        name: Picklist(sets[row["set"]], restricted=False)
        for name, row in rows.items()
        if row.get("set") in sets
    }
    for name, options in places.options(parts.name) if places is not None else ():
        rows[name] = code_field(name)
        lists[name] = Picklist(options, restricted=True)
    troubles: list[Trouble] = []
    for name, (element, place) in parts.fields.items():
        if name not in rows and not name.endswith("__c"):
            continue  # a standard field that the table does not have: its type is not said here
        try:
            rows[name] = _laid_over(rows[name], element) if name in rows else described(element, name)
        except (NoSuchType, NoSuchNumber) as problem:
            troubles.append(_unreadable(name, place, problem))
            continue
        if (found := picklist_of(element, sets)) is not None:
            lists[name] = found
            if found.missing_set:
                troubles.append(_without_set(name, place, found.missing_set))
    return rows, lists, troubles


def _unreadable(name: str, place: Place, problem: NoSuchType | NoSuchNumber) -> Trouble:
    if isinstance(problem, NoSuchType) and not str(problem):
        return Trouble(place, words="the field {name} says no type", places={"name": name})
    if isinstance(problem, NoSuchType):
        return Trouble(
            place,
            words="the field {name} has the type “{type}”, which is not known",
            places={"name": name, "type": str(problem)},
        )
    return Trouble(
        place,
        words="the field {name} says “{number}” where a whole number has to stand",
        places={"name": name, "number": str(problem)},
    )


def _without_set(name: str, place: Place, missing: str) -> Trouble:
    return Trouble(
        place,
        kind="value_set_missing",
        words="the field {name} takes its options from the value set {set}, which the project does not hold",
        places={"name": name, "set": missing},
    )


def _described(parts: ObjectParts, fields: list[DescribedField], rights: Rights | None) -> Described:
    name = parts.name
    return Described(
        name=name,
        label=(parts.root.value("label") if parts.root is not None else "") or name,
        createable=rights is None or name in rights.creates,
        updateable=rights is None or name in rights.updates,
        deletable=rights is None or name in rights.deletes,
        fields=fields,
    )


def _name_field(parts: ObjectParts) -> dict[str, dict[str, Any]]:
    """The name of a custom object's records: a text that a create must have, or a number that the vendor gives."""
    if parts.name in NAMES or parts.root is None or (said := parts.root.first("nameField")) is None:
        return {}
    numbered = said.value("type") == "AutoNumber"
    row = {
        "name": "Name",
        "label": said.value("label") or "Name",
        "type": "string",
        "nillable": True,  # without one the vendor takes the id (from memory)
        "createable": not numbered,
        "updateable": not numbered,
        "defaulted_on_create": True,
        "length": 80,
        "auto_number": numbered,
    }
    return {"Name": row}


def _laid_over(row: Mapping[str, Any], element: Element) -> dict[str, Any]:
    """A standard field of which the project says more: that it is required (options stand apart)."""
    required = is_true(element, "required")
    return {**row, **({"nillable": False, "defaulted_on_create": False} if required else {})}


def _hidden(object: str, rows: Mapping[str, Mapping[str, Any]], rights: Rights | None) -> frozenset[str]:
    if rights is None:
        return frozenset()
    return frozenset(
        name
        for name, row in rows.items()
        if _is_granted(object, row) and f"{object}.{right_for(object, name)}" not in rights.readable
    )


def _is_granted(object: str, row: Mapping[str, Any]) -> bool:
    """Whether rights are given to the field at all: what every record must have comes with the object (confirmed)."""
    must = row["createable"] and not row["nillable"] and row["type"] != "boolean"
    return not must and not needs_no_rights(object, row["name"])


def _seen(
    object: str, row: Mapping[str, Any], picklist: Picklist | None, rights: Rights | None
) -> DescribedField:
    granted = {name: value for name, value in row.items() if name != "set"}
    if rights is not None and _is_granted(object, row):
        may = f"{object}.{right_for(object, row['name'])}" in rights.editable
        granted |= {"createable": row["createable"] and may, "updateable": row["updateable"] and may}
    if picklist is not None:
        granted |= {
            "picklist_values": [
                DescribedOption(value=o.value, label=o.label, active=o.active, default_value=o.default)
                for o in picklist.options
            ],
            "restricted_picklist": picklist.restricted and not picklist.missing_set,
            "controller_name": picklist.controller or None,
            "defaulted_on_create": row["defaulted_on_create"] or any(o.default for o in picklist.options),
        }
    return DescribedField(**granted)


def _with_options(described: Field, picklist: Picklist | None) -> Field:
    """The dependencies, which a project writes out where describe has bits."""
    if picklist is None or all(option.valid_for is None for option in picklist.options):
        return described
    return replace(described, options=picklist.options)
