"""What a rule reads of the org's own settings: ``$Setup``, ``$CustomMetadata`` and ``$Organization``.

A row of a hierarchy setting counts for a user before one for the profile, and that before one for the organization,
field by field; an empty field lets the next row through. [all from memory]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..kernel.org import ControlRefused
from ..kernel.rows import Row
from .custom_setup import record
from .data import OrgData
from .fields import Field, ObjectType

_OF_ORG = ("$setup", "$custommetadata", "$organization")


def of_org(names: Iterable[str]) -> tuple[str, ...]:
    """Those of a rule's globals that the org's settings hold."""
    return tuple(name for name in names if name.partition(".")[0].lower() in _OF_ORG)


def global_field(data: OrgData, name: str) -> Field:
    """The field that holds a global. Raises ControlRefused where there is none: no such rule can be saved."""
    kind = _kind(data, name)
    field = kind.find(name.split(".")[-1]) if kind is not None else None
    if kind is None or field is None:
        raise ControlRefused(f"the formula reads {name}, which the org does not have")
    if kind.name.endswith("__mdt") and record(data, kind, name.split(".")[2]) is None:
        raise ControlRefused(f"the formula reads {name}, of which the org has no record")
    return field


def global_value(data: OrgData, name: str, user_id: str) -> Any:
    """What a global holds for a user; None: it is empty."""
    kind = _kind(data, name)
    field = kind.find(name.split(".")[-1]) if kind is not None else None
    if kind is None or field is None:
        return None
    held = (row.values.get(field.name) for row in _rows(data, kind, name, user_id))
    return next((value for value in held if value is not None), None)


def _kind(data: OrgData, name: str) -> ObjectType | None:
    """The object that a global leads to, whatever the case; None where its form or its object is none."""
    match name.split("."):
        case [family, _] if family.lower() == "$organization":
            return data.full["Organization"]
        case [family, object, _] if family.lower() == "$setup":
            return data.full_kind(object, lambda kind: kind.setting == "Hierarchy")
        case [family, object, _, _] if family.lower() == "$custommetadata":
            return data.full_kind(object, lambda kind: kind.name.endswith("__mdt"))
    return None


def _rows(data: OrgData, kind: ObjectType, name: str, user_id: str) -> Iterator[Row]:
    """The rows that count, the first first."""
    table = data.tables[kind.name]
    if kind.name.endswith("__mdt"):
        found = record(data, kind, name.split(".")[2])
        yield from () if found is None else (found,)
        return
    if kind.name == "Organization":
        yield from table.live()
        return
    user = data.row(user_id)
    profile = user.values.get("ProfileId") if user is not None else None
    for owner in (user_id, profile, data.org_id):
        yield from (row for row in table.live() if row.values["SetupOwnerId"] == owner)
