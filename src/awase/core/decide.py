"""From the people frame to a draft plan: merge, check, and say what is written, held or left to a person.

"People" are records of any object here, one row a link; companies and deals go the same way.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from awase.core.capabilities import Capabilities
from awase.core.drafting import Drafter
from awase.core.drafting import Memory as Memory
from awase.core.drafting_consent import ConsentDrafter
from awase.core.frames import IN
from awase.core.mapping import BoundSync
from awase.core.merge import merge, overruled
from awase.core.operations import SIDES, Side, other
from awase.core.outgoing import creates_in_crm, creates_in_ma, updates
from awase.core.plan import Draft

FILTERED, EXCLUDED = "filtered", "excluded"


def decide(
    people: pl.DataFrame, sync: BoundSync, capabilities: Mapping[Side, Capabilities], memory: Memory
) -> Draft:
    """The draft for everybody in ``people`` (see ``frames.people``).

    Whoever is filtered out, kept out by a person or barred is not written to, but an opt-out of theirs still travels.
    """
    draft = Draft()
    draft.evaluated += people["_link"].to_list()
    consent = ConsentDrafter(sync, capabilities, memory, draft)
    drafter = Drafter(sync, capabilities, memory, draft, consent)
    both = pl.col("_id_ma").is_not_null() & pl.col("_id_crm").is_not_null()
    # Whoever is left without a partner is told what that one, or a record it was merged with, had said.
    widowed = pl.col("_link").is_in(list(memory.widowed))
    consent.opt_outs(people.filter(both | widowed).to_dicts())
    for side in SIDES:
        consent.remember(side, people.filter(pl.col(f"_id_{other(side)}").is_null()))
    inside = _inside(people, memory, draft)
    drafter.barred(inside)
    inside = inside.filter(pl.col("_barred_ma").is_null() & pl.col("_barred_crm").is_null())
    pairs = overruled(merge(inside.filter(both), sync, memory.tables), memory.winners)
    drafter.agreements_and_conflicts(pairs.to_dicts())
    for side in SIDES[::-1]:
        if sync.sync.may_update(side):
            for object in sync.sync.objects(side):
                drafter.write(
                    side, object, updates(pairs, sync, side, object, memory.tables, whole=memory.whole)
                )
    # Whose partner is gone is not made anew: only a person, or the partner's return, brings the pair back.
    free = inside.filter(~widowed)
    creates: dict[Side, dict[str, pl.DataFrame]] = {
        "crm": creates_in_crm(free.filter(pl.col("_id_crm").is_null()), sync, memory.tables)
    }
    if sync.sync.create_in_ma:
        creates["ma"] = creates_in_ma(free.filter(pl.col("_id_ma").is_null()), sync, memory.tables)
    for side, frames in creates.items():
        for object, frame in frames.items():
            drafter.write(side, object, frame)
    drafter.follow_deletions()
    draft.evaluated += [link for link in memory.deleted if link not in set(draft.evaluated)]
    return draft


def _inside(people: pl.DataFrame, memory: Memory, draft: Draft) -> pl.DataFrame:
    """Those who are in the sync; the draft notes why the others are not."""
    met = pl.col(f"{IN}_ma").fill_null(value=True) & pl.col(f"{IN}_crm").fill_null(value=True)
    excluded = pl.col("_link").is_in(list(memory.excluded))
    for reason, who in ((EXCLUDED, excluded), (FILTERED, ~met & ~excluded)):
        draft.outside |= dict.fromkeys(people.filter(who)["_link"].to_list(), reason)
    return people.filter(met & ~excluded)
