"""Drift: what differs between two schemas of one system, and which of it matters to a sync.

Changes are values. ``reverted`` takes some of them back, so that the same people can be judged with and without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from awase.core.filters import fields_of
from awase.core.frames import field_for
from awase.core.mapping import Direction, Sync
from awase.core.operations import SIDES, Side
from awase.core.schema import Field, ObjectSchema, Option, Rule, Schema

Fact = str | int | bool | None
"""What something was or is; None where it was, or is, not there."""


class What(StrEnum):
    """What changed. Of a field, unless it says otherwise."""

    OBJECT_CREATEABLE = "object_createable"
    OBJECT_UPDATEABLE = "object_updateable"
    OBJECT_DELETABLE = "object_deletable"
    FIELD = "field"
    """The field came or went; the facts are its type."""
    TYPE = "type"
    LENGTH = "length"
    DIGITS = "digits"
    """Precision and scale, as ``16,2``."""
    REQUIRED = "required"
    CREATEABLE = "createable"
    UPDATEABLE = "updateable"
    UNIQUE = "unique"
    RESTRICTED = "restricted"
    LIST = "list"
    """The field became a picklist, or is none any more; the facts are how many options it has."""
    OPTION = "option"
    """An option came or went; the facts are its label."""
    OPTION_ACTIVE = "option_active"
    OPTION_LABEL = "option_label"
    OPTION_GOES_WITH = "option_goes_with"
    """With which values of the controlling fields it may be chosen."""
    RULE = "rule"
    """A rule came or went, or was switched on or off; the facts are its formula."""
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between how a system was and how it is."""

    side: Side
    object: str
    what: What
    name: str = ""
    """The field, or the rule; empty for the object itself."""
    option: str = ""
    """The option's value."""
    before: Fact = None
    after: Fact = None
    touches: bool = False
    """It may matter to the sync that asks."""

    @property
    def is_of_rule(self) -> bool:
        return self.what in (What.RULE, What.FORMULA)

    def mirrored(self) -> Change:
        """The same change, seen the other way round."""
        return replace(self, before=self.after, after=self.before)


_ATTRIBUTES: Mapping[What, tuple[str, ...]] = {
    What.LENGTH: ("max_length",),
    What.DIGITS: ("precision", "scale"),
    What.REQUIRED: ("required",),
    What.CREATEABLE: ("createable",),
    What.UPDATEABLE: ("updateable",),
    What.UNIQUE: ("unique",),
    What.RESTRICTED: ("restricted",),
    What.TYPE: (
        "kind",
        "vendor_type",
        "email",
        "percent",
        "place",
        "twin",
        "computed",
        "references",
        "id_pattern",
        "id_trouble",
        "relation",
        "rides_in_create",
    ),
    What.LIST: ("options", "controllers"),
}
"""Which attributes of a field go back with a change."""
_RIGHTS: Mapping[What, str] = {
    What.OBJECT_CREATEABLE: "createable",
    What.OBJECT_UPDATEABLE: "updateable",
    What.OBJECT_DELETABLE: "deletable",
}
_OPTION: Mapping[What, str] = {
    What.OPTION_ACTIVE: "active",
    What.OPTION_LABEL: "label",
    What.OPTION_GOES_WITH: "valid_for",
}


# -- comparing --------------------------------------------------------------------------------------------------------
def changes(before: Schema, after: Schema, side: Side) -> list[Change]:
    """What is otherwise in ``after`` than it was in ``before``: by object, then by field, then rules.

    Only objects that both have: which ones a schema holds is the configuration's choice, no change of the system's.
    """
    both = sorted(before.objects.keys() & after.objects.keys())
    return [change for name in both for change in _of_object(side, before.objects[name], after.objects[name])]


def _of_object(side: Side, old: ObjectSchema, new: ObjectSchema) -> Iterator[Change]:
    for what, attribute in _RIGHTS.items():
        before, after = getattr(old, attribute), getattr(new, attribute)
        if before != after:
            yield Change(side, new.name, what, before=before, after=after)
    for name in _union(old.fields, new.fields):
        yield from _of_field(side, new.name, name, old.fields.get(name), new.fields.get(name))
    was, now = _by_name(old.rules), _by_name(new.rules)
    for name in _union(was, now):
        a, b = was.get(name), now.get(name)
        if a is None or b is None:
            formulas = [None if rule is None else rule.formula for rule in (a, b)]
            yield Change(side, new.name, What.RULE, name, before=formulas[0], after=formulas[1])
        elif a.formula != b.formula:
            yield Change(side, new.name, What.FORMULA, name, before=a.formula, after=b.formula)


def _of_field(side: Side, object: str, name: str, old: Field | None, new: Field | None) -> Iterator[Change]:
    if old is None or new is None:
        types = [None if field is None else field.vendor_type for field in (old, new)]
        yield Change(side, object, What.FIELD, name, before=types[0], after=types[1])
        needed = [field is not None and field.required for field in (old, new)]
        if any(needed):
            yield Change(side, object, What.REQUIRED, name, before=needed[0], after=needed[1])
        return
    for what, before, after in (
        (What.TYPE, old.vendor_type, new.vendor_type),
        (What.LENGTH, old.max_length, new.max_length),
        (What.DIGITS, _digits(old), _digits(new)),
        (What.REQUIRED, old.required, new.required),
        (What.CREATEABLE, old.createable, new.createable),
        (What.UPDATEABLE, old.updateable, new.updateable),
        (What.UNIQUE, old.unique, new.unique),
        (What.RESTRICTED, old.restricted, new.restricted),
    ):
        if before != after:
            yield Change(side, object, what, name, before=before, after=after)
    if old.options is None or new.options is None:
        if old.options is not new.options:
            counts = [None if field.options is None else len(field.options) for field in (old, new)]
            yield Change(side, object, What.LIST, name, before=counts[0], after=counts[1])
        return
    was, now = {o.value: o for o in old.options}, {o.value: o for o in new.options}
    for value in _union(was, now):
        yield from _of_option(Change(side, object, What.OPTION, name, value), was.get(value), now.get(value))


def _of_option(change: Change, old: Option | None, new: Option | None) -> Iterator[Change]:
    if old is None or new is None:
        labels = [None if option is None else option.label for option in (old, new)]
        yield replace(change, before=labels[0], after=labels[1])
        return
    for what, before, after in (
        (What.OPTION_ACTIVE, old.active, new.active),
        (What.OPTION_LABEL, old.label, new.label),
        (What.OPTION_GOES_WITH, _listed(old.valid_for), _listed(new.valid_for)),
    ):
        if before != after:
            yield replace(change, what=what, before=before, after=after)


def _digits(field: Field) -> str | None:
    if field.precision is None and field.scale is None:
        return None
    return f"{field.precision},{field.scale}"


def _listed(values: tuple[str, ...] | None) -> str | None:
    return None if values is None else "; ".join(values)


def _by_name(rules: Iterable[Rule]) -> dict[str, Rule]:
    return {rule.name: rule for rule in rules}


def _union(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of both, in an order that does not depend on which is which."""
    return sorted({*before, *after})


# -- what matters -----------------------------------------------------------------------------------------------------
def touching(found: Iterable[Change], sync: Sync) -> list[Change]:
    """``found`` with a mark on what may matter to ``sync``: an object itself, its rules, a field that is mapped or that
    a filter or a rule of creation looks at, and what is or was required."""
    used = {
        (side, object, name)
        for side in SIDES
        for object in sync.objects(side)
        for name in _used(sync, side, object)
    }
    return [
        replace(one, touches=one.object in sync.objects(one.side) and _matters(one, used)) for one in found
    ]


def _matters(change: Change, used: set[tuple[Side, str, str]]) -> bool:
    if not change.name or change.is_of_rule or change.what == What.REQUIRED:
        return True
    return (change.side, change.object, change.name) in used


def _used(sync: Sync, side: Side, object: str) -> Iterator[str]:
    for mapping in sync.fields:
        name = sync.field_on(mapping, side, object)
        if mapping.direction != Direction.OFF and name is not None:
            yield name
    for tested in fields_of(sync.filter(side)):
        name = field_for(tested, object)
        if name is not None:
            yield name
    if side == "ma":
        yield from sync.crm_ids.values()
        for rule in sync.create_as:
            yield from fields_of(rule.when)


# -- taking back ------------------------------------------------------------------------------------------------------
def reverted(now: Schema, past: Schema, found: Iterable[Change]) -> Schema:
    """``now`` as if the changes ``found`` (from ``past`` to it, of one side) had not been made."""
    objects = dict(now.objects)
    for change in found:
        name = change.object
        objects[name] = _object_without(objects[name], past.objects[name], change)
    return replace(now, objects=objects)


def _object_without(now: ObjectSchema, past: ObjectSchema, change: Change) -> ObjectSchema:
    if change.what in _RIGHTS:
        attribute = _RIGHTS[change.what]
        return replace(now, **{attribute: getattr(past, attribute)})
    if change.is_of_rule:
        rules = _by_name(now.rules)
        _put(rules, change.name, _by_name(past.rules).get(change.name))
        return replace(now, rules=tuple(rules.values()))
    fields = dict(now.fields)
    if change.what == What.FIELD:
        _put(fields, change.name, past.fields.get(change.name))
    elif change.name in fields and change.name in past.fields:
        fields[change.name] = _field_without(fields[change.name], past.fields[change.name], change)
    elif change.name in fields and change.what == What.REQUIRED:
        fields[change.name] = replace(fields[change.name], required=False)
    return replace(now, fields=fields)


def _field_without(now: Field, past: Field, change: Change) -> Field:
    if change.what in _ATTRIBUTES:
        return replace(now, **{name: getattr(past, name) for name in _ATTRIBUTES[change.what]})
    options = {option.value: option for option in now.options or ()}
    before = next((option for option in past.options or () if option.value == change.option), None)
    if change.what == What.OPTION:
        _put(options, change.option, before)
    elif before is not None and change.option in options:
        attribute = _OPTION[change.what]
        options[change.option] = replace(options[change.option], **{attribute: getattr(before, attribute)})
    return replace(now, options=tuple(options.values()))


def _put(there: dict[str, Any], name: str, before: Any) -> None:
    """Back to how it was; out where it was not there."""
    if before is None:
        there.pop(name, None)
    else:
        there[name] = before
