"""From the people frame to a draft plan: merge, check, and say what is written, held or left to a person.

"People" are records of any object here, one row a link; companies and deals go the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from awase.core.capabilities import Capabilities
from awase.core.checks import Target, asked_of_parents, target_of
from awase.core.checks.parents import ParentsAsked
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
_ON_BOTH_SIDES = pl.col("_id_ma").is_not_null() & pl.col("_id_crm").is_not_null()
_NOT_BARRED = pl.col("_barred_ma").is_null() & pl.col("_barred_crm").is_null()


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
    # Whoever is left without a partner is told what that one, or a record it was merged with, had said.
    consent.opt_outs(people.filter(_ON_BOTH_SIDES | _is_widowed(memory)).to_dicts())
    for side in SIDES:
        consent.remember(side, people.filter(pl.col(f"_id_{other(side)}").is_null()))
    inside = _inside(people, memory, draft)
    drafter.barred(inside)
    inside = inside.filter(_NOT_BARRED)
    pairs = _pairs(inside, sync, memory)
    drafter.agreements_and_conflicts(pairs.to_dicts())
    for side, object, frame in _outgoing(pairs, inside, sync, memory):
        drafter.write(side, object, frame)
    drafter.follow_deletions()
    draft.evaluated += [link for link in memory.deleted if link not in set(draft.evaluated)]
    return draft


def parents_asked(people: pl.DataFrame, sync: BoundSync, memory: Memory) -> dict[Side, list[ParentsAsked]]:
    """What has to be read of other records before ``decide`` can judge everybody in ``people`` by the targets' rules."""
    ruled = {side for side in SIDES if any(sync.object(side, o).parents for o in sync.sync.objects(side))}
    if not ruled:
        return {}
    inside = _inside(people, memory, Draft()).filter(_NOT_BARRED)
    written: dict[Side, list[tuple[pl.DataFrame, Target]]] = {side: [] for side in ruled}
    for side, object, frame in _outgoing(_pairs(inside, sync, memory), inside, sync, memory):
        if side in ruled and not frame.is_empty():
            written[side].append((frame, target_of(sync, side, object, frame)))
    return {side: found for side, outgoing in written.items() if (found := asked_of_parents(outgoing))}


def _pairs(inside: pl.DataFrame, sync: BoundSync, memory: Memory) -> pl.DataFrame:
    return overruled(merge(inside.filter(_ON_BOTH_SIDES), sync, memory.tables), memory.winners)


def _outgoing(
    pairs: pl.DataFrame, inside: pl.DataFrame, sync: BoundSync, memory: Memory
) -> Iterator[tuple[Side, str, pl.DataFrame]]:
    """What each record of each object would be given (see ``outgoing``), updates first."""
    for side in SIDES[::-1]:
        if sync.sync.may_update(side):
            for object in sync.sync.objects(side):
                yield side, object, updates(pairs, sync, side, object, memory.tables, whole=memory.whole)
    # Whose partner is gone is not made anew: only a person, or the partner's return, brings the pair back.
    free = inside.filter(~_is_widowed(memory))
    creates: dict[Side, dict[str, pl.DataFrame]] = {
        "crm": creates_in_crm(free.filter(pl.col("_id_crm").is_null()), sync, memory.tables)
    }
    if sync.sync.create_in_ma:
        creates["ma"] = creates_in_ma(free.filter(pl.col("_id_ma").is_null()), sync, memory.tables)
    for side, frames in creates.items():
        for object, frame in frames.items():
            yield side, object, frame


def _is_widowed(memory: Memory) -> pl.Expr:
    return pl.col("_link").is_in(list(memory.widowed))


def _inside(people: pl.DataFrame, memory: Memory, draft: Draft) -> pl.DataFrame:
    """Those who are in the sync; the draft notes why the others are not."""
    met = pl.col(f"{IN}_ma").fill_null(value=True) & pl.col(f"{IN}_crm").fill_null(value=True)
    excluded = pl.col("_link").is_in(list(memory.excluded))
    for reason, who in ((EXCLUDED, excluded), (FILTERED, ~met & ~excluded)):
        draft.outside |= dict.fromkeys(people.filter(who)["_link"].to_list(), reason)
    return people.filter(met & ~excluded)
