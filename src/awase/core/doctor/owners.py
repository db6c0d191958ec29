"""Owners: whom the overrides name can own records, and whoever owns records in the MA has somebody in the CRM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from awase.core.doctor.findings import Finding, Level, Path
from awase.core.doctor.known import Known
from awase.core.mapping import OWNERS, Sync
from awase.core.operations import SIDES, Side
from awase.core.owners import OwnerLike, partners_of_owners
from awase.core.values import match_key


def findings(sync: Sync, here: Path, known: Known) -> Iterator[Finding]:
    for side in SIDES:
        if side in known.owners:
            yield from _overrides(sync, side, known.owners[side], (*here, "owners", f"to_{side}"))
    yield from _partnerless(sync, here, known)


def _overrides(sync: Sync, side: Side, owners: Sequence[OwnerLike], here: Path) -> Iterator[Finding]:
    for mine, theirs in sync.owner_overrides.get(side, {}).items():
        named = [owner for owner in owners if match_key(owner.email) == match_key(theirs)]
        if any(owner.active and owner.may_own for owner in named):
            continue
        yield Finding(
            kind="owner_inactive",
            level=Level.CERTAIN,
            who="integration",
            words=_why(named),
            remedy="Name somebody active who may own records.",
            places={"address": theirs},
            path=(*here, mine),
        )


def _why(named: Sequence[OwnerLike]) -> str:
    if not named:
        return "nobody there has the address {address}, so nobody can own what goes to them"
    if any(owner.active for owner in named):
        return "{address} is of a type of user that may not own synced records"
    return "{address} is not active any more, so nobody can own what goes to them"


def _partnerless(sync: Sync, here: Path, known: Known) -> Iterator[Finding]:
    """Only where owners travel to the CRM, and both sides told theirs."""
    through = [
        i
        for i, field in enumerate(sync.fields)
        if field.through is not None and field.through.sync == OWNERS and field.direction.may_write("crm")
    ]
    if not through or set(known.owners) != set(SIDES):
        return
    partners = partners_of_owners(known.owners, sync.owner_overrides)
    for owner in known.owners["ma"]:
        if owner.active and owner.may_own and owner.id not in partners.to_crm:
            yield Finding(
                kind="owner_without_user",
                level=Level.LIKELY,
                who="crm_admin",
                words="{address} owns records on the marketing side, and no active user of the CRM stands for them",
                remedy="Give them an active user with that address, or say in owners.to_crm who stands for them.",
                places={"address": owner.email},
                path=(*here, "fields", through[0]),
            )
