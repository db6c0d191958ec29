"""Planted bugs about who is who: each takes one safeguard out of merges, conversions, deletions or re-creation."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import msgspec

import awase.engine.planning
import awase.engine.relinking
from awase.core.decide import Memory
from awase.core.operations import SIDES, other
from awase.engine.environment import Environment
from awase.engine.identifying import Identified, remember, store_link
from awase.engine.relinking import Relinked
from tests.simulation.bugs import Bug
from tests.simulation.scenario import Settings

_RELINK = awase.engine.planning.relink
_MOVE = awase.engine.relinking._move


def _absent_is_deleted(stack: ExitStack) -> None:
    """Whose partner was read while they themselves are not in the page are taken for deleted."""

    async def relink(env: Environment, sync: Any, frames: Any, found: Identified) -> Relinked:
        result = await _RELINK(env, sync, frames, found)
        here = {side: set(frames[side].select("_object", "_id").iter_rows()) for side in SIDES}
        for link in await env.store.links_after(sync.sync.name, -(2**63), 1_000):
            for side in SIDES:
                mine, theirs = link.record(side), link.record(other(side))
                if link.is_linked and mine not in here[side] and theirs in here[other(side)]:
                    if link.id not in found.links:
                        remember(found, link)
                    awase.engine.relinking._mark_deleted((side, *(mine or ("", ""))), found, result)
        return result

    stack.enter_context(patch.object(awase.engine.planning, "relink", relink))


def _merge_is_a_deletion(stack: ExitStack) -> None:
    stack.enter_context(patch.object(awase.engine.relinking, "_moved", lambda *_: {}))


def _converted_is_somebody_new(stack: ExitStack) -> None:
    """A converted lead's link lets go of it: its partner is nobody's partner any more, and is created again."""

    def move(name: Any, target: Any, sync: Any, found: Identified, result: Relinked) -> None:
        number = found.by_record.get(name)
        if number is None or name[1] != "Lead" or target[1] != "Contact":
            _MOVE(name, target, sync, found, result)
            return
        link = found.links[number]
        if (partner := link.record("ma")) is not None:
            result.to_read.add(("ma", *partner))
        free = msgspec.structs.replace(link, state="unlinked", gone="", crm_object=None, crm_id=None)
        store_link(found, free)

    stack.enter_context(patch.object(awase.engine.relinking, "_move", move))


def _opt_out_of_the_loser_is_dropped(stack: ExitStack) -> None:
    planner = awase.engine.planning.Planner
    stack.enter_context(patch.object(planner, "_merged_opt_outs", lambda *_: []))


def _blanks_of_a_survivor_clear(stack: ExitStack) -> None:
    stack.enter_context(patch.object(awase.engine.planning, "rebase", lambda *_: []))


def _deleted_is_made_anew(stack: ExitStack) -> None:
    def forgetful(*links: Any, **known: Any) -> Memory:
        return Memory(*links, **{**known, "widowed": frozenset()})

    stack.enter_context(patch.object(awase.engine.planning, "Memory", forgetful))


def _owed_deletion_is_forgotten(stack: ExitStack) -> None:
    async def nothing(*_: Any) -> None:
        return None

    planner = awase.engine.planning.Planner
    stack.enter_context(patch.object(planner, "_finish_deletions", nothing))


EVENTFUL = Settings(sites={}, kills=0.0, edits_between=0.0, identity=0.9, deletes=0.0, rounds=5)
DELETING = replace(EVENTFUL, deletes=1.0)

IDENTITY_BUGS = (
    Bug("a deletion is inferred from absence", _absent_is_deleted, DELETING, "I-12"),
    Bug("a merge is treated as a deletion", _merge_is_a_deletion, DELETING, "I-1"),
    Bug("a converted lead's partner is created again", _converted_is_somebody_new, EVENTFUL, "I-10"),
    Bug("the opt-out of a merge's loser is dropped", _opt_out_of_the_loser_is_dropped, EVENTFUL, "I-16"),
    Bug("a survivor's blanks clear its partner", _blanks_of_a_survivor_clear, EVENTFUL, "I-01"),
    Bug("whose partner was deleted is created again", _deleted_is_made_anew, EVENTFUL, "I-10"),
    Bug(
        "a deletion owed by a killed run is forgotten",
        _owed_deletion_is_forgotten,
        replace(DELETING, kills=1.0),
        "I-12",
    ),
)
