"""Options of a field: its own, or those of a value set of the org; and with which values of the controlling field they go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from awase.connectors.salesforce.sfdx.elements import is_true
from awase.core.schema import Option
from awase_formula.metadata import Element


@dataclass(frozen=True, slots=True)
class Picklist:
    """What a field's metadata say about its options."""

    options: tuple[Option, ...]
    restricted: bool
    controller: str = ""
    missing_set: str = ""
    """A value set that the field names and the project does not hold: then the options are not known."""


def options_of(values: Iterable[Element]) -> tuple[Option, ...]:
    """Options in their order; one that does not say otherwise is active."""
    found = []
    for each in values:
        name = each.value("fullName")
        if name:
            active = is_true(each, "isActive", default=True)
            found.append(
                Option(name, each.value("label") or name, active=active, default=is_true(each, "default"))
            )
    return tuple(found)


def picklist_of(field: Element, sets: Mapping[str, tuple[Option, ...]]) -> Picklist | None:
    """The picklist of a ``CustomField``; None where it says nothing about options."""
    said = field.first("valueSet")
    if said is None:
        old = field.first("picklist")  # before API version 38 (from memory)
        if old is None:
            return None
        return Picklist(options_of(old.all("picklistValues")), is_true(field, "restrictedAdminField"))
    shared = said.value("valueSetName")
    definition = said.first("valueSetDefinition")
    own = options_of(definition.all("value")) if definition is not None else ()
    options = sets.get(shared, ()) if shared else own
    controller = said.value("controllingField")
    if controller:
        options = _dependent(options, said)
    # A field on a value set of the org takes its values only (from memory).
    restricted = is_true(said, "restricted", default=bool(shared))
    return Picklist(options, restricted, controller, shared if shared and shared not in sets else "")


def _dependent(options: tuple[Option, ...], said: Element) -> tuple[Option, ...]:
    allowed: dict[str, list[str]] = {}
    for setting in said.all("valueSettings"):
        by = [each.text.strip() for each in setting.all("controllingFieldValue")]
        allowed.setdefault(setting.value("valueName"), []).extend(by)
    return tuple(replace(option, valid_for=tuple(allowed.get(option.value, ()))) for option in options)
