"""Salesforce's describe as objects and fields of ours, and which fields have a history worth reading."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Never, TypeAlias

import msgspec

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.consent import CONSENT_FIELDS, OPT_OUT_FIELD
from awase.connectors.salesforce.faults import errors_in, failed_read, main_error
from awase.connectors.salesforce.history import history_object
from awase.connectors.salesforce.places import allowed_with, with_places
from awase.connectors.salesforce.rest import data_path, get
from awase.connectors.salesforce.roles import JUNCTIONS, relation_field
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask
from awase.core.schema import Field, ObjectSchema, Option, RecordType, Schema
from awase.core.values import Kind
from awase.errors import SchemaMismatch
from awase.ports.flows import Answer, Flow, Request, Response

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        ("string", "textarea", "phone", "url", "email", "encryptedstring", "picklist", "combobox"), Kind.TEXT
    ),
    **dict.fromkeys(("id", "reference", "time"), Kind.TEXT),
    "boolean": Kind.BOOLEAN,
    "int": Kind.INTEGER,
    "long": Kind.INTEGER,
    **dict.fromkeys(("double", "currency", "percent"), Kind.DECIMAL),
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "multipicklist": Kind.TEXTS,
}
"""The vendor's field types (confirmed). Those not named (address, location, base64 …) are no single values and are
left out of the schema: their parts are fields of their own."""

_MOVED_BY_SAVES = frozenset({"Name", "LastModifiedDate", "LastModifiedById", "SystemModstamp"})
"""Read-only fields that a save may change: a person's name is put together from its parts (confirmed)."""
_ID = r"^([0-9A-Za-z]{15}|[0-9A-Za-z]{18})$"
_PICKLISTS = frozenset({"picklist", "multipicklist", "combobox"})
_STAGE = "StageName"
_HISTORY_TEXT_LIMIT = 255
"""History keeps that a longer text or a multi-select was edited, but not its values (from memory)."""


class _Option(msgspec.Struct, frozen=True, rename="camel"):
    value: str | None = None
    label: str | None = None
    active: bool = True
    default_value: bool = False
    valid_for: str | None = None


class _Filter(msgspec.Struct, frozen=True, rename="camel"):
    """The filter of a reference; where it is not optional, the vendor refuses what does not meet it (confirmed)."""

    optional_filter: bool = False


class _Field(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    label: str
    type: str
    nillable: bool
    createable: bool
    updateable: bool
    defaulted_on_create: bool
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    calculated: bool = False
    auto_number: bool = False
    unique: bool = False
    case_sensitive: bool = False
    external_id: bool = False
    restricted_picklist: bool = False
    picklist_values: list[_Option] | None = None
    reference_to: list[str] | None = None
    controller_name: str | None = None
    relationship_name: str | None = None
    filterable: bool = True
    default_value: bool | str | None = None
    filtered_lookup_info: _Filter | None = None


class _RecordType(msgspec.Struct, frozen=True, rename="camel"):
    record_type_id: str
    name: str
    developer_name: str = ""
    """Absent before version 43 (from memory)."""
    available: bool = True
    default_record_type_mapping: bool = False
    master: bool = False


class _Describe(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    label: str
    createable: bool
    updateable: bool
    fields: list[_Field]
    queryable: bool = True
    deletable: bool = True
    key_prefix: str | None = None
    """With what ids of its records begin (confirmed)."""
    record_type_infos: list[_RecordType] | None = None


# For whoever knows an object from elsewhere than describe.
Described: TypeAlias = _Describe
DescribedField: TypeAlias = _Field
DescribedOption: TypeAlias = _Option


def describe(api_version: str, key_field: str, objects: Sequence[str]) -> Flow[Never, Schema]:
    """The objects as the integration user sees them, with notes for people.

    Raises SchemaMismatch naming an object that does not exist, is not visible, or is written in another case.
    """
    requests = [describe_request(api_version, name) for name in objects]
    histories = [describe_request(api_version, history_object(name)) for name in objects]
    person_accounts = (
        [describe_request(api_version, "Account")] if {"Account", "Contact"} & set(objects) else []
    )
    joined = [one.object for name in objects for one in JUNCTIONS.get(name, {}).values()]
    junctions = [describe_request(api_version, name) for name in joined]
    answers = yield from ask([*requests, *histories, *junctions, *person_accounts])
    count = len(objects)
    rows = dict(zip(joined, answers[2 * count :], strict=False))
    answers = [*answers[: 2 * count], *answers[2 * count + len(joined) :]]
    found: dict[str, ObjectSchema] = {}
    notes: list[str] = []
    for name, answer, history in zip(objects, answers[:count], answers[count : 2 * count], strict=True):
        audited = _tracked(history)
        described = object_schema(described_in(name, answer), key_field, audited or frozenset())
        found[name] = _with_relations(described, rows)
        notes += _notes(found[name], key_field, audited)
    notes += [note for answer in answers[2 * count :] for note in _person_account_note(answer)]
    return Schema(objects=found, notes=tuple(notes))


def describe_readable(api_version: str, objects: Sequence[str]) -> Flow[Never, Mapping[str, ObjectSchema]]:
    """Those of ``objects`` that the user may read, by their names in lower case: in whatever case they are asked for."""
    answers = (yield from ask([describe_request(api_version, name) for name in objects])) if objects else []
    found = {}
    for name, answer in zip(objects, answers, strict=True):
        described = expected(answer, _Describe)
        if described is not None and described.queryable:
            found[name.casefold()] = object_schema(described, "", frozenset())
    return found


def object_schema(described: _Describe, key_field: str, audited: frozenset[str]) -> ObjectSchema:
    """One described object as ours. The key field counts only if it is unique, an external id, and ours to write."""
    controlling = {item.name: _controlling_values(item) for item in described.fields}
    fields = with_places(
        {
            item.name: field_of(item, audited, controlling.get(item.controller_name or "", ()))
            for item in described.fields
            if item.type in KINDS
        }
    )
    if described.name == "Opportunity" and _STAGE in fields:
        fields[_STAGE] = dataclasses.replace(fields[_STAGE], steps_of_a_sale="stage")
    key = next((item for item in described.fields if item.name == key_field), None)
    usable = key is not None and key.external_id and key.unique and key.createable
    return ObjectSchema(
        name=described.name,
        label=described.label,
        fields=fields,
        key_field=key_field if usable else None,
        createable=described.createable,
        updateable=described.updateable,
        deletable=described.deletable,
        record_types=_record_types(described),
    )


def _record_types(described: _Describe) -> tuple[RecordType, ...] | None:
    """Those that an administrator made; the master, which every object has, is none of a record's own (confirmed)."""
    if described.record_type_infos is None:
        return None
    return tuple(
        RecordType(
            id=one.record_type_id,
            name=one.developer_name,
            label=one.name,
            available=one.available,
            default=one.default_record_type_mapping,
        )
        for one in described.record_type_infos
        if not one.master
    )


def _with_relations(object: ObjectSchema, rows: Mapping[str, Answer]) -> ObjectSchema:
    """``object`` with its relations as fields, where the user may read the rows behind them."""
    fields = dict(object.fields)
    for name, joined in JUNCTIONS.get(object.name, {}).items():
        described = expected(rows[joined.object], _Describe)
        if described is not None and described.queryable:
            fields[name] = relation_field(name, joined, writable=described.createable and described.deletable)
    return dataclasses.replace(object, fields=fields)


def describe_request(api_version: str, name: str) -> Request:
    return get(data_path(api_version, f"sobjects/{soql.name(name)}/describe"))


def described_in(name: str, answer: Answer) -> _Describe:
    doing = f"describing {name}"
    if isinstance(answer, Response) and answer.status in (403, 404):
        raise SchemaMismatch(
            "Salesforce has no object {name} that the integration user may read ({words})",
            where=name,
            remedy="Check the object's API name and the integration user's access to it.",
            name=name,
            words=main_error(errors_in(answer.body)).message,
        )
    content = expected(answer, _Describe)
    if content is None:
        raise failed_read(answer, doing)
    if content.name != name or not content.queryable:
        raise SchemaMismatch(
            "{name} cannot be read under that name; Salesforce calls it {theirs}",
            where=name,
            remedy="Write the object's API name exactly, and let the integration user read it.",
            name=name,
            theirs=content.name,
        )
    return content


def _controlling_values(item: _Field) -> Sequence[str]:
    """What ``validFor`` counts: every listed value as it stands; a checkbox counts false first (from memory)."""
    if item.type == "boolean":
        return ("false", "true")
    return [option.value or "" for option in item.picklist_values or ()]


def field_of(item: _Field, audited: frozenset[str], controlling: Sequence[str]) -> Field:
    kind = KINDS[item.type]
    options = None
    if item.type in _PICKLISTS:
        options = tuple(
            Option(
                value=option.value,
                label=option.label or option.value,
                active=option.active,
                default=option.default_value,
                valid_for=allowed_with(option.valid_for, controlling) if item.controller_name else None,
            )
            for option in item.picklist_values or ()
            if option.value
        )
    long_text = item.type == "textarea" and item.length > _HISTORY_TEXT_LIMIT
    return Field(
        name=item.name,
        label=item.label,
        kind=kind,
        vendor_type=item.type,
        # A field the user may not create is never asked for; one with a default is filled by the vendor
        # (from memory, in agreement with the vendor's page on field properties).
        required=item.createable and not item.nillable and not item.defaulted_on_create,
        createable=item.createable,
        updateable=item.updateable,
        max_length=item.length if kind in (Kind.TEXT, Kind.TEXTS) and item.length > 0 else None,
        precision=_precision(item, kind),
        scale=item.scale if kind is Kind.DECIMAL else None,
        options=options,
        restricted=item.restricted_picklist,
        controllers=(item.controller_name,) if item.controller_name else (),
        email=item.type == "email",
        percent=item.type == "percent",
        by_default=item.defaulted_on_create,
        default=_default(item),
        sorts=item.name == "RecordTypeId",
        filtered=item.filtered_lookup_info is not None and not item.filtered_lookup_info.optional_filter,
        derived=item.calculated or (item.name in _MOVED_BY_SAVES and not item.updateable),
        computed=item.calculated or item.auto_number or not (item.createable or item.updateable),
        unique=item.unique,
        minds_case=item.case_sensitive or not item.unique,
        references=tuple(item.reference_to or ()),
        id_pattern=_ID if item.type == "reference" else "",
        id_trouble="salesforce_id_missing" if item.type == "reference" else "",
        audited=item.name in audited and kind is not Kind.TEXTS and not long_text,
    )


def _default(item: _Field) -> str | bool | None:
    """What a create is given that leaves the field out, where describe tells it: formulas of defaults it does not work out."""
    if item.type == "boolean":
        return item.default_value is True
    if item.type not in _PICKLISTS or not item.defaulted_on_create:
        return None
    return next((option.value for option in item.picklist_values or () if option.default_value), None)


def _precision(item: _Field, kind: Kind) -> int | None:
    if kind is Kind.DECIMAL:
        return item.precision or None
    return item.digits or None if kind is Kind.INTEGER else None


def _tracked(answer: Answer) -> frozenset[str] | None:
    """The fields a history object lists in its own picklist ``Field``; None when the org has no such object."""
    content = expected(answer, _Describe)
    if content is None or not content.queryable:
        return None
    listed = next((item for item in content.fields if item.name == "Field"), None)
    return frozenset(
        option.value for option in (listed.picklist_values if listed else None) or () if option.value
    )


def _notes(found: ObjectSchema, key_field: str, audited: frozenset[str] | None) -> list[str]:
    notes = []
    if audited is None:
        notes.append(
            f"{found.name}: no field history can be read, so edits made while we write are found one read later"
        )
    if found.key_field is None:
        notes.append(
            f"{found.name}: no field {key_field} (text, External ID, Unique, writable by the integration user), so a "
            f"create that gets no answer has to wait for a person"
        )
    if found.name in CONSENT_FIELDS and OPT_OUT_FIELD not in found.fields:
        notes.append(
            f"{found.name}: {OPT_OUT_FIELD} is hidden from the integration user, so opt-outs can be neither seen nor "
            f"written"
        )
    return notes


def _person_account_note(answer: Answer) -> list[str]:
    content = expected(answer, _Describe)
    names = {item.name for item in content.fields} if content else set()
    if not names & {"IsPersonAccount", "PersonContactId"}:
        return []
    return ["Account: person accounts are on; a person account's contact cannot be written to as a Contact"]
