"""How right each rule has been so far, as the store keeps it."""

from __future__ import annotations

import msgspec

from awase.core.mapping import BoundSync
from awase.core.operations import SIDES, Side
from awase.core.predictions import RuleName, RuleScore, current
from awase.engine.environment import Environment
from awase.ports.store import Store

SCORES = "scores:"
"""Setting, with a sync's name: how right each rule has been."""


async def scores_of(store: Store, sync: str) -> list[RuleScore]:
    """How right each rule of the sync's targets has been, as far as anything was tried."""
    kept = await store.setting(SCORES + sync)
    return msgspec.json.decode(kept, type=list[RuleScore]) if kept else []


async def scores_that_hold(env: Environment, sync: BoundSync) -> dict[RuleName, RuleScore]:
    """Without those of rules that have changed since."""
    return current(await scores_of(env.store, sync.sync.name), versions(sync))


def versions(sync: BoundSync) -> dict[tuple[Side, str], str]:
    """The vendor's stamp of each validation rule, by side and name."""
    sides: dict[tuple[Side, str], str] = {}
    for side in SIDES:
        for object in sync.sync.objects(side):
            sides |= {(side, rule.name): rule.changed for rule in sync.object(side, object).rules}
    return sides
