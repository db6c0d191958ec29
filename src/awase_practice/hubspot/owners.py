"""The people who can own records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from zlib import crc32

from ..kernel.org import ControlRefused


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who can own records. id is what ``hubspot_owner_id`` holds; it is not the user's id."""

    id: str
    user_id: int
    email: str
    first_name: str
    last_name: str
    archived: bool = False


OWNERS: Final = (
    Owner("71200101", 51000101, "sato@practice.example.jp", "健", "佐藤"),
    Owner("71200102", 51000102, "suzuki@practice.example.jp", "美咲", "鈴木"),
    Owner("71200103", 51000103, "takahashi@practice.example.jp", "翔", "高橋"),
    Owner("71200104", 51000104, "tanaka@practice.example.jp", "葵", "田中", archived=True),
)
"""Whom a new portal has."""


class Owners:
    """The owners of one portal, in the order of their ids."""

    def __init__(self, owners: Iterable[Owner] = OWNERS) -> None:
        self._all: dict[str, Owner] = {}
        self.active: frozenset[str] = frozenset()
        self.set(owners)

    def __iter__(self) -> Iterator[Owner]:
        return iter(self._all.values())

    def get(self, owner_id: str) -> Owner | None:
        """The owner, archived or not."""
        return self._all.get(owner_id)

    def set(self, owners: Iterable[Owner]) -> None:
        """Replace all owners. ``active`` are the ids that a record may be given to."""
        self._all = {each.id: each for each in sorted(owners, key=lambda one: int(one.id))}
        self.active = frozenset(each.id for each in self if not each.archived)

    def put(self, owner: Owner) -> None:
        """Add or replace one."""
        self.set({**self._all, owner.id: owner}.values())

    def archive(self, owner_id: str) -> bool:
        """Archive one, who keeps the records he has; False if there is none."""
        found = self._all.get(owner_id)
        if found is not None:
            self.put(replace(found, archived=True))
        return found is not None


def owner_from(body: Mapping[str, Any]) -> Owner:
    """An owner as the control port writes one: ``id``, ``email``, and ``firstName``, ``lastName``, ``userId``, ``archived`` if wanted.

    Raises ControlRefused.
    """
    owner_id, email = str(body.get("id", "")), str(body.get("email", ""))
    if not owner_id.isdecimal() or not email:
        raise ControlRefused("an owner needs an id of digits and an email")
    return Owner(
        id=owner_id,
        user_id=int(body.get("userId") or 51_000_000 + crc32(email.encode()) % 1_000_000),
        email=email,
        first_name=str(body.get("firstName") or ""),
        last_name=str(body.get("lastName") or ""),
        archived=bool(body.get("archived")),
    )
