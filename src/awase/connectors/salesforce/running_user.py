"""What formulas read of the integration user: the user's own fields, profile, role and custom permissions.

That custom permissions are found by SetupEntityAccess, the assignments of a profile and of groups of permission sets
among them, is from memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Never

import msgspec

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.setup_rows import read_rows
from awase.core.schema import RunningUser
from awase.ports.flows import Flow

_PATHS: Mapping[str, str] = {"$user": "", "$profile": "Profile.", "$userrole": "UserRole."}
"""Where a family's fields stand, seen from the user."""
_PERMISSION = "$permission"


class _Rows(msgspec.Struct, frozen=True):
    records: list[dict[str, Any]]


def read_running_user(api_version: str, user_id: str, names: Iterable[str]) -> Flow[Never, RunningUser]:
    """The values of ``names`` (``$Profile.Name``), as far as the user may read them. Names of other families are left out."""
    values: dict[str, str | bool | float] = {}
    families: set[str] = set()
    asked: dict[str, list[str]] = {}
    for name in sorted(names):
        asked.setdefault(name.partition(".")[0].casefold(), []).append(name)
    # Apart, so that a field which is not there costs its own family only.
    for family, path in _PATHS.items():
        if family in asked:
            fields = {name: f"{path}{name.partition('.')[2]}" for name in asked[family]}
            row = yield from _first(
                api_version, sorted({*fields.values()}), "User", soql.one_of("Id", [user_id])
            )
            if row is not None:
                values |= {name: found for name, at in fields.items() if (found := _at(row, at)) is not None}
                families.add(f"${_FAMILIES[family]}")
    if _PERMISSION in asked:
        granted = yield from _permissions(api_version, user_id)
        if granted is not None:
            values |= {
                name: True for name in asked[_PERMISSION] if name.partition(".")[2].casefold() in granted
            }
            families.add("$Permission")
    return RunningUser(values, frozenset(families))


_FAMILIES: Mapping[str, str] = {"$user": "User", "$profile": "Profile", "$userrole": "UserRole"}


def _permissions(api_version: str, user_id: str) -> Flow[Never, set[str] | None]:
    """The custom permissions of the user, folded; None: they may not be read."""
    of_user = soql.select(
        ("PermissionSetId",), "PermissionSetAssignment", [soql.one_of("AssigneeId", [user_id])]
    )
    where = ["SetupEntityType = 'CustomPermission'", f"ParentId IN ({of_user})"]
    access = yield from _rows(api_version, ("SetupEntityId",), "SetupEntityAccess", where)
    if access is None:
        return None
    ids = sorted({str(row["SetupEntityId"]) for row in access})
    if not ids:
        return set()
    names = ("DeveloperName", "NamespacePrefix")
    found = yield from _rows(api_version, names, "CustomPermission", [soql.one_of("Id", ids)])
    if found is None:
        return None
    return {
        f"{row['NamespacePrefix']}__{row['DeveloperName']}".removeprefix("None__").casefold() for row in found
    }


def _first(
    api_version: str, names: Sequence[str], object: str, where: str
) -> Flow[Never, dict[str, Any] | None]:
    rows = yield from _rows(api_version, names, object, [where])
    return rows[0] if rows else None


def _rows(
    api_version: str, names: Sequence[str], object: str, where: Sequence[str]
) -> Flow[Never, list[dict[str, Any]] | None]:
    found = yield from read_rows(api_version, names, object, where, _Rows)
    return found.records if found is not None else None


def _at(row: Mapping[str, Any], path: str) -> str | bool | float | None:
    """The value at a path of relationship names; folded, as formulas do not mind case."""
    here: Any = row
    for step in path.split("."):
        if not isinstance(here, Mapping):
            return None
        here = next((value for name, value in here.items() if name.casefold() == step.casefold()), None)
    return here if isinstance(here, str | bool | float) else None
