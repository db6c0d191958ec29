"""What the doctor is told about both systems. Everything but the CRM's schema may be missing; less is found then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from awase.core.doctor.findings import Level
from awase.core.operations import Side
from awase.core.owners import OwnerLike
from awase.core.schema import Field, ObjectSchema, Schema

Absence: TypeAlias = Callable[[Side, str, str], Level | None]
"""How sure it is that a field (side, object, name) is really absent where the schema lacks it; None: nobody can tell. The name
is empty where the whole object is asked about."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of a form."""

    name: str
    object: str
    """The MA's object that the answer goes to."""
    required: bool = False
    options: tuple[str, ...] | None = None
    """Values that can be chosen; None: anything can be typed."""
    filled: bool = False
    """It has a value before anybody types one."""


@dataclass(frozen=True, slots=True)
class Form:
    name: str
    fields: tuple[FormField, ...]

    def field(self, object: str, name: str) -> FormField | None:
        return next((one for one in self.fields if (one.object, one.name) == (object, name)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    crm: Schema
    absence: Absence
    ma: Schema | None = None
    forms: Sequence[Form] = ()
    several_lines: frozenset[tuple[str, str]] = frozenset()
    """(object, field) of the MA whose texts may have several lines."""
    owners: Mapping[Side, Sequence[OwnerLike]] = field(default_factory=dict)
    """A side that is missing: nobody told us its owners."""
    hidden: frozenset[tuple[str, str]] = frozenset()
    """(object, field) of the CRM that are there, but not for the integration user."""
    consent: Mapping[Side, Mapping[str, Sequence[str]]]
    """Each side's consent fields by object; ``*`` at the end stands for anything."""
    opt_outs: Mapping[str, str]
    """CRM object → the field that carries an opt-out from e-mail."""
    layouts: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """CRM object → page layout → the fields on it."""

    def object(self, side: Side, name: str) -> ObjectSchema | None:
        schema = self.crm if side == "crm" else self.ma
        return schema.objects.get(name) if schema is not None else None

    def field(self, side: Side, object: str, name: str) -> Field | None:
        found = self.object(side, object)
        return found.fields.get(name) if found is not None else None
