"""Objects, fields and constraints of one system, as data.

Built by a connector from the vendor's metadata; read by the mapping, the checks and the console. Nothing here knows
a vendor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import msgspec

from awase.core.values import Kind


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a picklist."""

    value: str
    """What is stored and compared (API name, internal value)."""
    label: str
    active: bool = True
    default: bool = False
    """Filled in by the vendor where a create names none."""
    valid_for: tuple[str, ...] | None = None
    """Values of the controlling fields with which it may be chosen; None: with any."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one object, as the integration user sees it."""

    name: str
    label: str
    kind: Kind
    vendor_type: str
    """The vendor's own word (``picklist``, ``enumeration`` …), shown to people, never interpreted by the core."""
    required: bool = False
    """A create without it is refused."""
    createable: bool = True
    updateable: bool = True
    max_length: int | None = None
    """In characters, as the vendor counts them."""
    precision: int | None = None
    scale: int | None = None
    options: tuple[Option, ...] | None = None
    """None: not a picklist."""
    restricted: bool = False
    """Only the active options are accepted."""
    controllers: tuple[str, ...] = ()
    """The fields that decide which options may be chosen; they say the same, and the first that has a value counts."""
    twin: str = ""
    """The field that says the same in another form (a state's code and its name): the vendor moves both together."""
    place: bool = False
    """A country or a state where the vendor knows them all: others are refused, and states of another country."""
    steps_of_a_sale: Literal["", "stage", "pipeline"] = ""
    """This list holds the stages of sales, or the ways that sales take; what goes wrong with those has names of its own."""
    email: bool = False
    percent: bool = False
    """Holds 25 for what a formula reads as 0.25."""
    by_default: bool = False
    """A create that leaves it out does not leave it empty: the vendor fills it in."""
    default: str | bool | None = None
    """With what, where that is known."""
    sorts: bool = False
    """Names the record type."""
    filtered: bool = False
    """A reference of which the vendor takes only records that meet a filter, which it does not show."""
    computed: bool = False
    """Kept or worked out by the vendor itself."""
    derived: bool = False
    """Worked out from others: a save may change it although nobody writes it."""
    unique: bool = False
    minds_case: bool = True
    """Of a unique field: values that differ only in case are two."""
    references: tuple[str, ...] = ()
    id_pattern: str = ""
    """A regular expression that every id of this reference fits; empty where the vendor names none."""
    id_trouble: str = ""
    """The error type of a value that is no such id."""
    relation: bool = False
    """Kept apart from the record by the vendor (an association, a role): written by calls of its own."""
    rides_in_create: bool = False
    """A relation that a create may carry in the same call."""
    audited: bool = False
    """The vendor keeps a history of this field that we can read."""


@dataclass(frozen=True, slots=True)
class RecordType:
    """A sort of records of one object, which decides what may be chosen in its picklists."""

    id: str
    name: str
    """The vendor's API name."""
    label: str
    available: bool = True
    """Whether the integration user may give it to a record."""
    default: bool = False
    """What a create becomes that names none."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule by which the vendor refuses records: it does so where the formula holds."""

    id: str
    """The vendor's."""
    object: str
    name: str
    formula: str
    """In the vendor's formula language; empty where the vendor does not show it."""
    message: str
    """The administrator's own words for whoever breaks it."""
    field: str = ""
    """Beside which field the message stands; empty for the whole record."""
    changed: str = ""
    """The vendor's stamp of the rule's last change."""


Choices: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By record type's id, the options of each picklist that a record of that type may have."""


@dataclass(frozen=True, slots=True)
class Globals:
    """What formulas read that is the same for every record of a write: who writes, and what the org has set."""

    values: Mapping[str, str | bool | int | float | None]
    """By the name that a formula uses (``$Profile.Name``); None: it is empty. What is not there is not known."""
    fields: Mapping[str, Field] = field(default_factory=dict)
    """By the same names, the fields that hold the values, where the vendor tells their types."""


@dataclass(frozen=True, slots=True)
class ParentField:
    """A field of the record that a reference names, or of one further on, as formulas read it (``Account.Type``)."""

    reference: str
    """The record's own field in which the way begins."""
    object: str
    """The object that the reference names."""
    path: str
    """From there to the field: by names of relationships and dots."""
    field: Field
    """As far as a formula minds what sort of value it holds."""
    through: tuple[str, ...] = ()
    """The references on that way, each by its own path from there (``ParentId`` on the way of ``Parent.Industry``)."""
    prefix: str = ""
    """With what ids of that object begin; empty where the vendor has no such thing."""
    of_several: bool = False
    """The reference may name records of other objects too, of which a formula reads nothing here (an owner that is a
    queue)."""


@dataclass(frozen=True, slots=True)
class MatchingField:
    """One field by which a vendor finds records that are too much alike."""

    name: str
    exact: bool = True
    """Otherwise the vendor compares in a way of its own."""
    blanks_match: bool = False


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """How a vendor finds records of ``object`` that are too much alike: all the fields have to match."""

    name: str
    object: str
    fields: tuple[MatchingField, ...]


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """One object (Lead, Contact, contact …) with its fields by name."""

    name: str
    label: str
    fields: Mapping[str, Field]
    key_field: str | None = None
    """The unique field that carries ``awase_key``; None when the org has none, so that creates are not idempotent."""
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    rules: tuple[Rule, ...] = ()
    """What the vendor refuses by formula, as far as it may be read."""
    globals: Globals = Globals({})
    """What the rules read beside the record, as far as it was read."""
    parents: Mapping[str, ParentField] = field(default_factory=dict)
    """What rules read of other records, by the path as a rule spells it; a path that is not here is not known."""
    matching_rules: tuple[MatchingRule, ...] = ()
    """By which new records may be refused as duplicates, as far as they were read."""
    record_types: tuple[RecordType, ...] | None = None
    """None: not known, or the vendor has none."""
    choices: Choices = field(default_factory=dict)
    """Empty: not known."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What one connection offers, object by name."""

    objects: Mapping[str, ObjectSchema]
    notes: tuple[str, ...] = field(default=())
    """Things a person should know (person accounts are on, no history on a field …)."""

    def digest(self) -> str:
        """Changes whenever anything that could change a plan changes."""
        return hashlib.blake2b(msgspec.json.encode(self.objects, order="sorted"), digest_size=16).hexdigest()


def with_globals(schema: Schema, globals: Globals) -> Schema:
    """``schema`` whose rules know what is the same for every record."""
    objects = {name: replace(object, globals=globals) for name, object in schema.objects.items()}
    return replace(schema, objects=objects)


def with_parents(schema: Schema, parents: Mapping[str, Mapping[str, ParentField]]) -> Schema:
    """``schema`` whose objects know more of what their rules read of other records; ``parents`` by object."""
    objects = {
        name: replace(object, parents={**object.parents, **parents.get(name, {})})
        for name, object in schema.objects.items()
    }
    return replace(schema, objects=objects)


def with_choices(schema: Schema, choices: Mapping[str, Choices]) -> Schema:
    """``schema`` whose objects know what their record types allow; ``choices`` by object."""
    objects = {
        name: replace(object, choices=choices.get(name, {})) for name, object in schema.objects.items()
    }
    return replace(schema, objects=objects)


def with_matching_rules(schema: Schema, rules: Mapping[str, tuple[MatchingRule, ...]]) -> Schema:
    """``schema`` whose objects know the matching rules that are named for them."""
    objects = {
        name: replace(object, matching_rules=rules.get(name, ())) for name, object in schema.objects.items()
    }
    return replace(schema, objects=objects)


def with_rules(schema: Schema, rules: Iterable[Rule]) -> Schema:
    """``schema`` whose objects know the rules that are theirs."""
    of_object: dict[str, list[Rule]] = {}
    for rule in rules:
        of_object.setdefault(rule.object, []).append(rule)
    objects = {
        name: replace(object, rules=tuple(of_object.get(name, ()))) for name, object in schema.objects.items()
    }
    return replace(schema, objects=objects)
