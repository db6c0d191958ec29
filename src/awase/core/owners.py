"""Owners of the two systems, matched by their e-mail addresses unless somebody said otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from awase.core.operations import SIDES, Side
from awase.core.references import Partners
from awase.core.values import match_key

INVALID, NOT_SYNCED = "invalid_owner", "owner_not_synced"
"""Error types: on the way to the CRM nobody active there who may own records has that address; on the way to the MA nobody
there has the address of the CRM's owner."""

ANYBODY = "*"
"""In the overrides: whoever has no partner of their own."""


class OwnerLike(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def active(self) -> bool: ...
    @property
    def may_own(self) -> bool: ...


def partners_of_owners(
    owners: Mapping[Side, Sequence[OwnerLike]],
    overrides: Mapping[Side, Mapping[str, str]],
    ourselves: frozenset[str] = frozenset(),
) -> Partners:
    """Whom each owner stands for. ``overrides``: by target side, address there ← address here (``*``: anybody).

    ``ourselves``: integration users, whom a vendor makes the owners of what is created without one. Without a partner of
    their own they stand for nobody, and not for somebody who is missing.
    """
    tables: dict[Side, dict[str, str]] = {}
    reasons: dict[tuple[Side, str], str] = {}
    for side in SIDES:
        there: Side = "crm" if side == "ma" else "ma"
        wanted = {match_key(mine): theirs for mine, theirs in overrides.get(there, {}).items()}
        table: dict[str, str] = {}
        for owner in owners[side]:
            address = match_key(owner.email)
            target = wanted.get(address) or owner.email
            found = _with_address(owners[there], target)
            if found is None and owner.id in ourselves:
                continue
            if found is None and ANYBODY in wanted:
                found = _with_address(owners[there], wanted[ANYBODY])
            if found is not None:
                table[owner.id] = found
            else:
                reasons[side, owner.id] = INVALID if there == "crm" else NOT_SYNCED
        tables[there] = table
    partnerless = ourselves - set(tables["crm"]) - set(tables["ma"])
    return Partners(tables["crm"], tables["ma"], reasons, partnerless)


def _with_address(owners: Sequence[OwnerLike], address: str) -> str | None:
    """The only active owner with this address who may own records."""
    wanted = match_key(address)
    fitting = [
        owner for owner in owners if owner.active and owner.may_own and match_key(owner.email) == wanted
    ]
    return fitting[0].id if len(fitting) == 1 else None
