"""Everybody judged as if every record were written whole: for foresight, never to be applied."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from awase.core.decide import Memory
from awase.core.mapping import BoundSync
from awase.core.plan import Draft
from awase.core.selection import Selection
from awase.engine.environment import Environment
from awase.engine.observing import Observed, observe
from awase.engine.planning import Planner


@dataclass(frozen=True, slots=True)
class Whole:
    """Everybody judged as if written whole, and what they were judged by, so that they may be judged by other rules."""

    draft: Draft
    people: pl.DataFrame
    """See ``frames.people``."""
    memory: Memory


async def judge_whole(
    env: Environment, sync: BoundSync, observed: Observed | None = None, *, sends_held: bool = False
) -> Whole:
    """What a run would do if every record were written whole: for foresight, never to be applied. Reads both sides,
    unless that has been done; the store is only read. ``sends_held``: what is held is among the writes too."""
    observed = observed or await observe(env, sync, ())
    planner = Planner(env, sync, observed, Selection(everything=True, whole=True, sends_held=sends_held))
    draft = await planner.draft()
    return Whole(draft, *planner.judged)


async def draft_whole(
    env: Environment, sync: BoundSync, observed: Observed | None = None, *, sends_held: bool = False
) -> Draft:
    """The draft of ``judge_whole``."""
    return (await judge_whole(env, sync, observed, sends_held=sends_held)).draft
