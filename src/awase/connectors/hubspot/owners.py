"""Everybody who owns or may own records."""

from __future__ import annotations

from typing import Never, TypeAlias
from urllib.parse import urlencode

import msgspec

from awase.connectors.hubspot.auth import VENDOR
from awase.connectors.hubspot.faults import vendor_words
from awase.connectors.hubspot.paths import Paths
from awase.connectors.sdk.bodies import JSON_HEADERS, json_answer
from awase.connectors.sdk.calls import ask_one, read_failure
from awase.ports.connector import Owner
from awase.ports.flows import Flow, Lane, Request, Response

_PAGE = 500
"""Owners of one answer (from memory)."""


class _After(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _After | None = None


class _Owner(msgspec.Struct, rename="camel"):
    id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    type: str = "PERSON"
    archived: bool = False


OwnerAnswer: TypeAlias = _Owner
"""For whoever has owners from elsewhere than the API."""


class _Owners(msgspec.Struct):
    results: list[_Owner]
    paging: _Paging | None = None


def read_owners(paths: Paths) -> Flow[Never, tuple[Owner, ...]]:
    """Active and archived owners; a queue cannot stand for a person of another system."""
    owners: list[Owner] = []
    for archived in ("false", "true"):
        after = ""
        while True:
            page = yield from _page(paths, archived, after)
            owners += [owner_of(one, active=archived == "false") for one in page.results]
            if page.paging is None or page.paging.next is None:
                break
            after = page.paging.next.after
    return tuple(owners)


def owner_of(one: _Owner, *, active: bool) -> Owner:
    """One answer as an owner; a queue may not own what is synced."""
    return Owner(
        id=one.id,
        email=one.email or "",
        name=" ".join(filter(None, (one.last_name, one.first_name))),
        active=active,
        may_own=one.type == "PERSON",
        kind=one.type,
    )


def _page(paths: Paths, archived: str, after: str) -> Flow[Never, _Owners]:
    asked = {"limit": str(_PAGE), "archived": archived} | ({"after": after} if after else {})
    request = Request("GET", f"{paths.owners()}?{urlencode(asked)}", headers=JSON_HEADERS, lane=Lane.OTHER)
    answer = yield from ask_one(request)
    doing = "reading the owners"
    if not isinstance(answer, Response):
        raise read_failure(answer, vendor=VENDOR, doing=doing, words="")
    page = json_answer(answer, _Owners) if answer.status == 200 else None
    if page is None:
        raise read_failure(answer, vendor=VENDOR, doing=doing, words=vendor_words(answer))
    return page
