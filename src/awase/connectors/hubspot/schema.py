"""HubSpot's property definitions as our schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Never, TypeAlias

import msgspec

from awase.connectors.hubspot.auth import VENDOR
from awase.connectors.hubspot.faults import vendor_words
from awase.connectors.hubspot.paths import Paths, canonical_object
from awase.connectors.hubspot.relations import relation_fields
from awase.connectors.sdk.bodies import JSON_HEADERS, json_answer
from awase.connectors.sdk.calls import ask, read_failure
from awase.core.schema import Field, ObjectSchema, Option, Schema
from awase.core.values import Kind
from awase.errors import SchemaMismatch
from awase.ports.flows import Answer, Flow, Lane, Request, Response

OUT_FIELD = "hs_email_optout"
"""A contact's read-only mirror of its address's opt-out from all e-mail (from memory)."""

MERGED = "hs_merged_object_ids"
"""The ids of records that were merged into this one, joined by semicolons (confirmed)."""

CONSENT_FIELDS: Mapping[str, tuple[str, ...]] = {"contact": (OUT_FIELD, f"{OUT_FIELD}_*")}
"""Never mapped. ``*`` stands for the id of one subscription type."""

LONGEST_TEXT = 65_536
"""Characters in a text property (from memory)."""

_STEPS_OF_A_SALE: Mapping[tuple[str, str], Literal["stage", "pipeline"]] = {
    ("deal", "dealstage"): "stage",
    ("deal", "pipeline"): "pipeline",
}

_KINDS: Mapping[str, Kind] = {
    "number": Kind.DECIMAL,
    "bool": Kind.BOOLEAN,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
}
"""A number property says nothing about decimal places, so it is never a whole number to us."""


class _Option(msgspec.Struct):
    value: str
    label: str = ""


class _Modification(msgspec.Struct, rename="camel"):
    read_only_value: bool = False


class _Definition(msgspec.Struct, rename="camel"):
    name: str
    label: str = ""
    type: str = "string"
    field_type: str = "text"
    options: list[_Option] = []
    has_unique_value: bool = False
    calculated: bool = False
    external_options: bool = False
    archived: bool = False
    referenced_object_type: str | None = None
    modification_metadata: _Modification | None = None


Definition: TypeAlias = _Definition
"""For whoever has definitions from elsewhere than the API."""


class _Definitions(msgspec.Struct):
    results: list[_Definition]


def describe(paths: Paths, objects: Sequence[str], key_property: str) -> Flow[Never, Schema]:
    """The objects by the names asked for; raises SchemaMismatch naming one that does not exist."""
    requests = [
        Request("GET", paths.properties(name), headers=JSON_HEADERS, lane=Lane.OTHER) for name in objects
    ]
    answers = yield from ask(requests)
    found: dict[str, ObjectSchema] = {}
    notes: list[str] = []
    for name, answer in zip(objects, answers, strict=True):
        definitions = _definitions(name, answer)
        found[name] = object_of(canonical_object(name), definitions, key_property)
        if found[name].key_field is None:
            notes.append(_missing_key(found[name].name, key_property, definitions))
    return Schema(objects=found, notes=tuple(notes))


def _definitions(name: str, answer: Answer) -> list[_Definition]:
    if not isinstance(answer, Response):
        raise read_failure(answer, vendor=VENDOR, doing=f"reading the properties of {name}", words="")
    if answer.status == 404:
        raise SchemaMismatch(
            "HubSpot has no object {object}, or this connection may not see it",
            remedy="Compare the name with the portal's objects, and the app's scopes with the sync's needs.",
            object=name,
        )
    read = json_answer(answer, _Definitions) if answer.status == 200 else None
    if read is None:
        doing = f"reading the properties of {name}"
        raise read_failure(answer, vendor=VENDOR, doing=doing, words=vendor_words(answer))
    return [definition for definition in read.results if not definition.archived]


def object_of(name: str, definitions: Sequence[_Definition], key_property: str) -> ObjectSchema:
    """An object by our name of it, with all its properties."""
    unique = {definition.name for definition in definitions if definition.has_unique_value}
    return ObjectSchema(
        name=name,
        label=name.capitalize(),
        fields={definition.name: _field(name, definition) for definition in definitions}
        | relation_fields(name),
        key_field=key_property if key_property in unique else None,
    )


def _missing_key(object: str, key_property: str, definitions: Sequence[_Definition]) -> str:
    if any(definition.name == key_property for definition in definitions):
        return f"{object}: the property {key_property} is not unique, so creates are not idempotent"
    return f"{object}: there is no unique property {key_property}, so creates are not idempotent"


def _field(object: str, definition: _Definition) -> Field:
    email = object == "contact" and definition.name == "email"
    picklist = definition.type == "enumeration" and not definition.external_options
    modification = definition.modification_metadata
    writable = not definition.calculated and not (modification is not None and modification.read_only_value)
    referenced = definition.referenced_object_type
    kind = _kind(definition)
    return Field(
        name=definition.name,
        label=definition.label or definition.name,
        kind=kind,
        vendor_type=f"{definition.type}/{definition.field_type}",
        createable=writable,
        updateable=writable,
        max_length=LONGEST_TEXT if definition.type == "string" else None,
        options=_options(definition) if picklist and kind is not Kind.BOOLEAN else None,
        restricted=picklist and kind is not Kind.BOOLEAN,
        steps_of_a_sale=_STEPS_OF_A_SALE.get((object, definition.name), ""),
        email=email,
        unique=email or definition.has_unique_value,
        references=(referenced,) if referenced else (),
        audited=True,
    )


def _kind(definition: _Definition) -> Kind:
    if definition.type != "enumeration":
        return _KINDS.get(definition.type, Kind.TEXT)
    if definition.field_type == "checkbox":
        return Kind.TEXTS
    values = {option.value for option in definition.options}
    if definition.field_type == "booleancheckbox" and values <= {"true", "false"}:
        return Kind.BOOLEAN
    return Kind.TEXT


def _options(definition: _Definition) -> tuple[Option, ...]:
    """Hidden options are left out of forms only; the API takes them (from memory)."""
    return tuple(Option(value=option.value, label=option.label) for option in definition.options)
