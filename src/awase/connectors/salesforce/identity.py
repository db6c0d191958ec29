"""Which org a session leads to, and as whom."""

from __future__ import annotations

from typing import Literal, Never, TypeVar

import msgspec

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.faults import failed_read
from awase.connectors.salesforce.rest import get, query, query_path
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask, ask_one
from awase.ports.connector import OrgIdentity, Owner
from awase.ports.flows import Answer, Flow, Lane, Response

_DOING = "asking which org this is"
Shape = TypeVar("Shape")


class _User(msgspec.Struct, frozen=True):
    user_id: str
    preferred_username: str = ""


class _Org(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    name: str
    is_sandbox: bool


class _Orgs(msgspec.Struct, frozen=True):
    records: list[_Org]


class _Mark(msgspec.Struct, frozen=True):
    practice: bool = False


def identify(api_version: str) -> Flow[Never, OrgIdentity]:
    """The org's id and name, its kind, and the integration user.

    The last request asks for a page that only practice orgs have. No answer to it is an error, not "no": an org whose
    kind is unknown must not be written to.
    """
    organization = soql.select(("Id", "Name", "IsSandbox"), "Organization")
    who, which = yield from ask(
        [get("/services/oauth2/userinfo"), query(query_path(api_version, organization), Lane.OTHER)]
    )
    user = _required(who, _User)
    orgs = _required(which, _Orgs).records
    if not orgs:
        raise failed_read(which, _DOING)
    mark = yield from ask_one(get("/.well-known/awase-practice"))
    if not isinstance(mark, Response):
        raise failed_read(mark, _DOING)
    return OrgIdentity(
        id=orgs[0].id,
        name=orgs[0].name,
        kind=_kind(orgs[0], mark),
        user=user.preferred_username or user.user_id,
        user_id=user.user_id,
    )


class _Member(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    email: str | None = None
    name: str | None = None
    is_active: bool = False
    user_type: str | None = None


class _Members(msgspec.Struct, frozen=True):
    records: list[_Member]
    done: bool = True
    next_path: str | None = msgspec.field(default=None, name="nextRecordsUrl")


OWNING_TYPES = frozenset({"Standard", "PowerPartner", "Guest"})
"""Types of users whose records are synced (confirmed for the vendor's own connector)."""


def read_owners(api_version: str) -> Flow[Never, tuple[Owner, ...]]:
    """Every user, active or not. Queues are none: what they own has no partner elsewhere."""
    doing = "reading the users"
    statement = soql.select(("Id", "Email", "Name", "IsActive", "UserType"), "User")
    answer = yield from ask_one(query(query_path(api_version, statement), Lane.OTHER))
    owners: list[Owner] = []
    while True:
        members = expected(answer, _Members)
        if members is None:
            raise failed_read(answer, doing)
        owners += [
            Owner(
                id=one.id,
                email=one.email or "",
                name=one.name or "",
                active=one.is_active,
                may_own=one.user_type in OWNING_TYPES,
                kind=one.user_type or "",
            )
            for one in members.records
        ]
        if members.done or members.next_path is None:
            return tuple(owners)
        answer = yield from ask_one(query(members.next_path, Lane.OTHER))


def _kind(org: _Org, mark: Response) -> Literal["production", "sandbox", "practice"]:
    said = expected(mark, _Mark)
    if said is not None and said.practice:
        return "practice"
    return "sandbox" if org.is_sandbox else "production"


def _required(answer: Answer, shape: type[Shape]) -> Shape:
    content = expected(answer, shape)
    if content is None:
        raise failed_read(answer, _DOING)
    return content
