"""Records that become one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..kernel.rows import Row
from .records import MERGED_INTO, Records
from .state import PortalState
from .stock import COMPANY
from .uniqueness import addresses
from .wire import bad_request, not_found


def merge(
    state: PortalState, records: Records, winner_id: str, loser_id: str, author: str, at: datetime
) -> Row:
    """Merge two live records; the survivor. Raises Refusal.

    The survivor keeps its values and takes those it lacks; associations and list memberships follow. The loser is gone
    without being archived, and its id leads to the survivor. With ``merge_mints_new_id`` both ids do, and the survivor
    has a new one (from memory).
    """
    winner, loser = records.find(winner_id), records.find(loser_id)
    if winner is None or loser is None:
        raise not_found()
    if winner is loser:
        raise bad_request("A record cannot be merged with itself")
    minting = state.settings.merge_mints_new_id
    gone = [winner, loser] if minting else [loser]
    taken = _taken(records, winner, loser, gone)
    state.webhooks.merging((winner.id, loser.id))
    for each in gone:
        records.table.delete(each, author, at)
    survivor = _successor(records, winner, author, at) if minting else winner
    for each in gone:
        records.table.update(each, {MERGED_INTO: survivor.id}, author, at)
    records.table.update(survivor, taken, author, at)
    for each in gone:
        state.associations.move(records.kind.key, each.id, survivor.id, author, at)
        state.lists.move(records.kind.key, each.id, survivor.id, author, at)
    state.webhooks.merged(records.kind.key, winner.id, [loser.id], survivor, len(taken), author)
    return survivor


def _taken(records: Records, winner: Row, loser: Row, gone: list[Row]) -> dict[str, Any]:
    """What the survivor gets of the others: values it lacks, spare addresses and domains, the merged ids.

    Whether it wants e-mail is no such value: that is said by its own primary address.
    """
    taken: dict[str, Any] = {
        name: value
        for name, value in loser.values.items()
        if value is not None and winner.values.get(name) is None and name != "hs_email_optout"
    }
    primary = winner.values.get("email") or taken.get("email")
    spare = [
        each
        for each in dict.fromkeys([*addresses(winner.values), *addresses(loser.values)])
        if each != primary
    ]
    if spare:
        taken["hs_additional_emails"] = ";".join(spare)
    if records.kind is COMPANY:
        first = winner.values.get("domain") or taken.get("domain")
        others = dict.fromkeys([*_domains(winner.values), *_domains(loser.values)])
        if [each for each in others if each != first]:
            taken["hs_additional_domains"] = ";".join(each for each in others if each != first)
    earlier = [str(each.values.get("hs_merged_object_ids") or "") for each in (winner, loser)]
    taken["hs_merged_object_ids"] = ";".join(filter(None, [*earlier, *(each.id for each in gone)]))
    if taken.get("email"):
        taken["hs_email_optout"] = records.opted_out(taken["email"])
    return taken


def _domains(values: Mapping[str, Any]) -> list[str]:
    listed = [values.get("domain") or "", *(values.get("hs_additional_domains") or "").split(";")]
    return [each for each in listed if each]


def _successor(records: Records, winner: Row, author: str, at: datetime) -> Row:
    """The winner under a new id, as old as it was and with its past."""
    row = records.table.insert(winner.values, author, at)
    row.created_at, row.created_by = winner.created_at, winner.created_by
    row.history = list(winner.history)
    return row
