"""Objects and fields as the org knows them. Stock ones are made once and shared by every org of a process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

SYSTEM_FIELDS = frozenset(
    (
        "Id",
        "IsDeleted",
        "CreatedDate",
        "CreatedById",
        "LastModifiedDate",
        "LastModifiedById",
        "SystemModstamp",
    )
)
"""Fields kept by the org itself, beside a row's values."""

TEXT_TYPES = frozenset(("string", "textarea", "phone", "url", "email"))
NUMBER_TYPES = frozenset(("double", "currency", "percent"))
_LONG_TEXT = 255


@dataclass(frozen=True, eq=False)
class Field:
    """One field. length in characters; digits for whole numbers; precision = all digits, scale = decimals.

    derived: worked out by the org and written by nobody. tracked fields appear in field history when changed.
    relationship: a reference's name seen from the child, children: seen from the parent. cascade: the row goes into
    the recycle bin together with the row that this field names. labels: what people see instead of a value. controller:
    the field whose value decides which values may be chosen; valid_for: value → the controller's values that allow it.
    overflow: how a text that is too long is refused. lookup_filter: a declared condition that the named row must meet,
    with the filter's own message.
    """

    name: str
    label: str
    type: str
    length: int = 0
    digits: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    defaulted: bool = False
    default: Any = None
    createable: bool = True
    updateable: bool = True
    unique: bool = False
    case_sensitive: bool = False
    external_id: bool = False
    id_lookup: bool = False
    restricted: bool = False
    values: tuple[str, ...] = ()
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    cascade: bool = False
    name_field: bool = False
    compound: str | None = None
    derived: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    controller: str | None = None
    valid_for: Mapping[str, frozenset[str]] = field(default_factory=dict)
    overflow: str = "STRING_TOO_LONG"
    lookup_filter: Any = None
    filter_message: str | None = None

    @property
    def custom(self) -> bool:
        """Made by the org's administrator."""
        return self.name.endswith("__c")

    @property
    def nillable(self) -> bool:
        """May be empty. Booleans and system fields never are."""
        return not self.required and self.type != "boolean" and self.name not in SYSTEM_FIELDS

    @property
    def filterable(self) -> bool:
        """May stand in a WHERE clause: long texts and history values may not."""
        return self.type != "anyType" and not self.is_long_text

    @property
    def is_long_text(self) -> bool:
        """A text area of more than 255 characters."""
        return self.type == "textarea" and self.length > _LONG_TEXT

    @cached_property
    def allowed(self) -> frozenset[str]:
        """The values of a picklist as a set."""
        return frozenset(self.values)


@dataclass(frozen=True, slots=True)
class RecordType:
    """One record type. available: to the API's user; default: that user's own; person: of person accounts.

    values: picklist field → the values this record type allows; a picklist that is not named allows all of its own.
    """

    id: str
    name: str
    developer_name: str
    active: bool = True
    available: bool = True
    default: bool = False
    person: bool = False
    values: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class ObjectType:
    """One object with its fields in order of describe. readable, createable …: to the API's user.

    tooling: seen by the Tooling API only. setting: of a custom setting, its type (Hierarchy or List).
    """

    name: str
    label: str
    label_plural: str
    key_prefix: str
    fields: tuple[Field, ...]
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    readable: bool = True
    record_types: tuple[RecordType, ...] = ()
    tracked: frozenset[str] = field(default_factory=frozenset)
    tooling: bool = False
    setting: str = ""

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by lower-case name: the vendor does not mind the case of names."""
        return {each.name.lower(): each for each in self.fields}

    @cached_property
    def by_relationship(self) -> Mapping[str, Field]:
        """Reference fields by lower-case relationship name (``owner`` for OwnerId)."""
        return {each.relationship.lower(): each for each in self.fields if each.relationship}

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """What a new row holds before anything is laid over it; every stored field is there."""
        return {
            each.name: each.default
            for each in self.fields
            if each.name not in SYSTEM_FIELDS and not each.derived
        }

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """Fields that must hold a value when a row is saved."""
        return tuple(each for each in self.fields if each.required and not each.derived)

    @cached_property
    def indexed(self) -> tuple[Field, ...]:
        """Fields by whose value rows are found at once."""
        return tuple(each for each in self.fields if each.unique or each.external_id or each.id_lookup)

    @cached_property
    def unique(self) -> tuple[Field, ...]:
        """Fields whose values no two rows may share."""
        return tuple(each for each in self.fields if each.unique)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """Fields that name rows of other objects."""
        return tuple(each for each in self.fields if each.type == "reference")

    @property
    def default_record_type(self) -> RecordType | None:
        """What a new row gets if none is asked for; None is the master."""
        return next((each for each in self.record_types if each.default and each.active), None)

    def find(self, name: str) -> Field | None:
        """A field by name, whatever its case."""
        return self._exactly.get(name) or self.by_name.get(name.lower())

    @cached_property
    def _exactly(self) -> Mapping[str, Field]:
        """Fields by their names as they are written nearly always."""
        return {each.name: each for each in self.fields}

    def with_fields(self, fields: Iterable[Field]) -> ObjectType:
        """The same object with other fields."""
        return replace(self, fields=tuple(fields))

    def without(self, names: Iterable[str]) -> ObjectType:
        """The object as someone sees it who may not see these fields."""
        hidden = {name.lower() for name in names}
        return self.with_fields(each for each in self.fields if each.name.lower() not in hidden)
