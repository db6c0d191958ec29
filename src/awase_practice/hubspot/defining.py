"""How an object and its properties are described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .properties import Property


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object the API knows. modified: the property that shows the last change. names: all that a path may say.

    group: of its own properties. one_of: at least one of these must a new record have; needed: all of these.
    scope, schema_scope: the names of the rights where they are not made from the object's own name; ``{}`` is the verb.
    """

    key: str
    plural: str
    type_id: str
    label: str
    modified: str
    names: frozenset[str]
    first_id: int
    searched: tuple[str, ...]
    shown: tuple[str, ...]
    group: str
    group_label: str
    one_of: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    scope: str = ""
    schema_scope: str = ""

    def right(self, verb: str) -> str:
        """The scope that lets a token ``read`` or ``write`` the records."""
        return (self.scope or f"crm.objects.{self.plural}.{{}}").format(verb)

    def schema_right(self, verb: str) -> str:
        """The same for the definitions; whoever may read the records may read these too."""
        if verb == "read":
            return self.right("read")
        return (self.schema_scope or f"crm.schemas.{self.plural}.{{}}").format(verb)


def same_labels(values: Iterable[str]) -> dict[str, str]:
    """Options that are called what they are."""
    return {value: value for value in values}


def choice(
    name: str, label: str, values: Mapping[str, str], field_type: str = "select", stock: bool = False
) -> Property:
    """A property with options; stock: whether HubSpot brings it."""
    return Property(name, "enumeration", field_type, label, options=values, stock=stock)


def text(name: str, label: str, field_type: str = "text") -> Property:
    """A property of text that HubSpot brings."""
    return Property(name, "string", field_type, label)


def custom(
    name: str, label: str, type: str = "string", field_type: str = "text", unique: bool = False
) -> Property:
    """A property of the portal\'s own."""
    return Property(name, type, field_type, label, unique=unique, stock=False)


def shown(name: str, label: str, type: str = "string", field_type: str = "text") -> Property:
    """A property that only the portal sets."""
    return Property(name, type, field_type, label, form_field=False, read_only=True)


def owner() -> Property:
    """Who owns a record."""
    return Property(
        "hubspot_owner_id", "enumeration", "select", "担当者", form_field=False, external_options=True
    )


def system(modified: str) -> list[Property]:
    """What every object has. modified: the property that shows the last change."""
    return [
        shown("hs_object_id", "レコードID", "number", "number"),
        shown("createdate", "作成日", "datetime", "date"),
        shown(modified, "最終更新日", "datetime", "date"),
        shown("hs_object_source", "レコードソース"),
        shown("hs_object_source_id", "レコードソースID"),
        shown("hs_merged_object_ids", "統合されたレコードID", "enumeration", "checkbox"),
    ]


def grouped(kind: ObjectType, properties: Iterable[Property]) -> dict[str, Property]:
    """Properties by name, in the group of their object."""
    return {each.name: replace(each, group=kind.group) for each in properties}
