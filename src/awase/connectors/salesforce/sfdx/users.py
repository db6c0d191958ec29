"""Users of an org from a file, for a project does not hold them.

The file is what ``sf data query --query "SELECT Id, Email, Name, IsActive, UserType FROM User" --json`` or an exported tree
gives: records in ``result.records`` or ``records``, or the list alone.
"""

from __future__ import annotations

import msgspec

from awase.connectors.salesforce.identity import OWNING_TYPES
from awase.errors import BadInput
from awase.ports.connector import Owner


class _User(msgspec.Struct, rename="pascal"):
    email: str
    is_active: bool
    id: str = ""
    name: str = ""
    user_type: str = "Standard"


class _Records(msgspec.Struct):
    records: list[_User]


class _Answer(msgspec.Struct):
    result: _Records


def read_users(content: bytes, *, where: str = "") -> tuple[Owner, ...]:
    """Everybody in the file, active or not. Raises BadInput where it is no list of users."""
    try:
        users = _users(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadInput(
            "this is no list of users: {words}",
            where=where,
            remedy="Write it with `sf data query --json` as docs/how-to/doctor.md shows.",
            words=str(problem),
        ) from None
    return tuple(
        Owner(
            id=user.id or user.email,
            email=user.email,
            name=user.name,
            active=user.is_active,
            may_own=user.user_type in OWNING_TYPES,
            kind=user.user_type,
        )
        for user in users
    )


def _users(content: bytes) -> list[_User]:
    raw = msgspec.json.decode(content)
    if isinstance(raw, list):
        return msgspec.convert(raw, list[_User])
    if isinstance(raw, dict) and "result" in raw:
        return msgspec.convert(raw, _Answer).result.records
    return msgspec.convert(raw, _Records).records
