"""Fields that nobody maps and checks look at all the same: they are read with the record, and are no part of the base."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from awase.core.checks.rules import OF_RECORD_TYPE, judged
from awase.core.schema import ObjectSchema


def watched(object: ObjectSchema, mapped: Collection[str]) -> tuple[str, ...]:
    """The fields of ``object`` beside ``mapped`` that decide whether a write is refused, in the object's order."""
    read = {name.casefold() for name in _looked_at(object)}
    deciding = set(_deciding(object, mapped))
    sorted_by = any(name.startswith(OF_RECORD_TYPE) for name in read)
    return tuple(
        name
        for name, field in object.fields.items()
        if name not in mapped
        and (name.casefold() in read or name in deciding or (field.sorts and sorted_by))
        and not (field.derived or field.relation)
    )


def _looked_at(object: ObjectSchema) -> Iterator[str]:
    """What formulas read, the references among it through which they look at other records."""
    for _, ready in judged(object):
        yield from (*ready.checked.fields, *ready.checked.priors)
    yield from (parent.reference for parent in object.parents.values())


def _deciding(object: ObjectSchema, mapped: Collection[str]) -> Iterator[str]:
    """Required fields, which the vendor wants filled in whatever is written, and what decides about mapped picklists."""
    yield from (field.name for field in object.fields.values() if field.required)
    if object.choices:
        yield from (field.name for field in object.fields.values() if field.sorts)
    for rule in object.matching_rules:
        yield from (field.name for field in rule.fields if field.name in object.fields)
    for name in mapped:
        yield from object.fields[name].controllers if object.fields[name].place else ()
