"""Properties, forms and owners of a portal from a file: HubSpot's own answers, put together in one JSON object.

    {"properties": {"contact": ANSWER}, "forms": ANSWER, "owners": ANSWER}

An ANSWER is what ``GET /crm/v3/properties/OBJECT``, ``/marketing/v3/forms`` or ``/crm/v3/owners`` gives, or the list in
its ``results`` alone. Each part may be missing. The shape of forms is confirmed but for ``options`` (from memory).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from awase.connectors.hubspot.forms import SEVERAL_LINES, FormAnswer, form_of
from awase.connectors.hubspot.owners import OwnerAnswer, owner_of
from awase.connectors.hubspot.paths import canonical_object
from awase.connectors.hubspot.schema import Definition, object_of
from awase.core.doctor import Form
from awase.core.schema import Schema
from awase.errors import BadInput
from awase.ports.connector import Owner

T = TypeVar("T")


class _Content(msgspec.Struct):
    properties: dict[str, Any] = {}
    forms: Any = None
    owners: Any = None


@dataclass(frozen=True, slots=True)
class Export:
    schema: Schema
    forms: tuple[Form, ...]
    owners: tuple[Owner, ...] | None
    """None: the file does not name any."""
    several_lines: frozenset[tuple[str, str]]


def read_export(content: bytes, *, key_property: str = "awase_key", where: str = "") -> Export:
    """Raises BadInput naming what is no answer of HubSpot's. ``where``: the file, for messages."""
    try:
        read = msgspec.json.decode(content, type=_Content)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise _unreadable(where, "", problem) from None
    definitions = {
        canonical_object(name): [
            one for one in _listed(answer, Definition, where, f"properties.{name}") if not one.archived
        ]
        for name, answer in read.properties.items()
    }
    forms = _listed(read.forms, FormAnswer, where, "forms") if read.forms is not None else []
    owners = _listed(read.owners, OwnerAnswer, where, "owners") if read.owners is not None else None
    return Export(
        schema=Schema({name: object_of(name, all, key_property) for name, all in definitions.items()}),
        forms=tuple(form_of(one) for one in forms if not one.archived),
        owners=None if owners is None else tuple(owner_of(one, active=not one.archived) for one in owners),
        several_lines=frozenset(
            (name, one.name)
            for name, all in definitions.items()
            for one in all
            if one.field_type in SEVERAL_LINES
        ),
    )


def _listed(answer: Any, kind: type[T], where: str, part: str) -> Sequence[T]:
    results = answer.get("results") if isinstance(answer, dict) else answer
    try:
        return msgspec.convert(results, list[kind])  # type: ignore[valid-type]
    except msgspec.ValidationError as problem:
        raise _unreadable(where, part, problem) from None


def _unreadable(where: str, part: str, problem: Exception) -> BadInput:
    return BadInput(
        "this is no export of the marketing side: {words}",
        where=f"{where}: {part}" if part else where,
        remedy="Put HubSpot's own answers together as docs/how-to/doctor.md shows.",
        words=str(problem),
    )
