"""A field of one system made after one of another: what it is to be, and which options an existing one lacks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from awase.core.mapping import COMPATIBLE
from awase.core.schema import Field, Option
from awase.core.values import Kind
from awase.errors import BadInput

LONGEST_LINE = 255
"""A text that may be longer than this gets a field of several lines."""


@dataclass(frozen=True, slots=True)
class NewField:
    """A field to be made, in words that any system understands."""

    name: str
    label: str
    kind: Kind
    options: tuple[Option, ...] | None = None
    """In their order; None: values of any sort."""
    many_lines: bool = False
    description: str = ""
    group: str = ""
    """Where the system shows it; empty: its usual place."""


def field_after(
    source: Field, place: str, *, name: str, label: str | None = None, group: str = ""
) -> NewField:
    """A field that can hold what ``source`` (``place``: ``Lead.Industry``) holds, with its active options.

    Raises BadInput for a reference, whose ids mean nothing elsewhere, and for a choice without any active option.
    """
    if source.references or source.relation:
        raise BadInput(
            "{field} ({type}) names records of {objects}, whose ids mean nothing in the other system: no field can be "
            "made after it",
            where="--from",
            remedy='Map it to an association or an owner with through = "NAME", or make a field after one of theirs.',
            field=place,
            type=source.vendor_type,
            objects=", ".join(source.references) or place.partition(".")[0],
        )
    options = active_options(source)
    if options is not None and not options:
        raise BadInput(
            "{field} has no active value to choose from, so there is nothing to make",
            where="--from",
            remedy="Activate its values in the CRM first.",
            field=place,
        )
    return NewField(
        name=name,
        label=label or source.label or name,
        kind=source.kind,
        options=options,
        many_lines=options is None and source.kind == Kind.TEXT and (source.max_length or 0) > LONGEST_LINE,
        description=f"Awase: {place}",
        group=group,
    )


def active_options(field: Field) -> tuple[Option, ...] | None:
    """The options that may be chosen now, in their order; None where the field is no choice."""
    return None if field.options is None else tuple(option for option in field.options if option.active)


def options_version(field: Field) -> str:
    """Changes whenever the options that may be chosen, their labels or their order change."""
    listed = msgspec.json.encode([(one.value, one.label) for one in active_options(field) or ()])
    return hashlib.blake2b(listed, digest_size=8).hexdigest()


def missing_options(source: Field, target: Field) -> tuple[Option, ...]:
    """Active options of ``source`` that ``target``, which is a choice too, does not have."""
    if target.options is None:
        return ()
    known = {option.value for option in target.options}
    return tuple(option for option in active_options(source) or () if option.value not in known)


def can_hold(target: Field, source: Field) -> bool:
    """Whether values of ``source`` can become values of ``target`` without a transform."""
    return target.kind in COMPATIBLE[source.kind] and not target.relation
