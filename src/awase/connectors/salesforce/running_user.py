"""What formulas read of the integration user and of the organization: fields, profile, role and custom permissions.

That custom permissions are found by SetupEntityAccess, the assignments of a profile and of groups of permission sets
among them, is from memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Never

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.setup_rows import Row, Scalar, read_plain_rows, value_at
from awase.ports.flows import Flow

_PATHS: Mapping[str, str] = {"$user": "", "$profile": "Profile.", "$userrole": "UserRole."}
"""Where a family's fields stand, seen from the user."""
_PERMISSION = "$permission"


def read_running_user(
    api_version: str, user_id: str, asked: Mapping[str, Sequence[str]]
) -> Flow[Never, dict[str, Scalar]]:
    """The values of the names that are ``asked``, by family in lower case, as far as the user may read them."""
    values: dict[str, Scalar] = {}
    # Apart, so that a field which is not there costs its own family only.
    for family, path in _PATHS.items():
        if family in asked:
            paths = {name: f"{path}{name.partition('.')[2]}" for name in asked[family]}
            values |= yield from _one_row(api_version, "User", [soql.one_of("Id", [user_id])], paths)
    if _PERMISSION in asked:
        granted = yield from _permissions(api_version, user_id)
        if granted is not None:
            values |= {name: name.partition(".")[2].casefold() in granted for name in asked[_PERMISSION]}
    return values


def read_organization(api_version: str, names: Sequence[str]) -> Flow[Never, dict[str, Scalar]]:
    """The values of ``$Organization.Name`` and its like; none where one of them may not be read."""
    return (
        yield from _one_row(api_version, "Organization", (), {name: name.partition(".")[2] for name in names})
    )


def _one_row(
    api_version: str, object: str, where: Sequence[str], paths: Mapping[str, str]
) -> Flow[Never, dict[str, Scalar]]:
    """By name, what stands at the paths of the one row there is."""
    rows = yield from _rows(api_version, sorted({*paths.values()}), object, where)
    if not rows:
        return {}
    found = {name: value_at(rows[0], path) for name, path in paths.items()}
    return {name: value for name, value in found.items() if not isinstance(value, Mapping | list)}


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


def _rows(
    api_version: str, names: Sequence[str], object: str, where: Sequence[str]
) -> Flow[Never, list[Row] | None]:
    return (yield from read_plain_rows(api_version, [soql.select(names, object, where)]))[0]
