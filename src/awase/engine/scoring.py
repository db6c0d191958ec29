"""Predictions compared with answers, rule by rule, and what follows: a rule that was wrong twice holds nothing back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from awase.core.mapping import BoundSync
from awase.core.operations import OperationKind, State
from awase.core.plan import Plan
from awase.core.predictions import RuleName, RuleScore, current, is_due, rule_of
from awase.core.proof import Answer, Score, compare
from awase.core.records import ItemKind
from awase.engine.applying import Applied
from awase.engine.environment import Environment
from awase.engine.scores import SCORES, scores_of, scores_that_hold, versions

_JUDGED = frozenset({OperationKind.CREATE, OperationKind.UPDATE})
_TOLD = frozenset({State.APPLIED, State.REJECTED})


def messages(sync: BoundSync) -> dict[str, str]:
    """The validation rules by the words that they answer with."""
    return {
        rule.message: rule.name
        for object in (sync.ma, *sync.crm.values())
        for rule in object.rules
        if rule.message
    }


async def learn_from_run(env: Environment, sync: BoundSync, plan: Plan, applied: Applied) -> None:
    """What this run's answers say of what was foreseen; and from when on each rule that holds somebody is tried."""
    writes = plan.writes()
    answers = [
        Answer(op.link, op.side, outcome.error, env.diagnose(outcome.error) if outcome.error else None)
        for place, outcome in applied.outcomes.items()
        if (op := writes[place].operation).kind in _JUDGED and outcome.state in _TOLD
        if outcome.error is not None or writes[place].foreseen
    ]
    held = [item for chunk in plan.chunks for item in chunk.items if item.kind == ItemKind.HELD]
    asking = {rule_of(item) for item in held if item.source == "foreseen"}
    asked = {one.rule for place in applied.outcomes for one in writes[place].foreseen if one.certain}
    # What could not be tried (its record waits, or is barred) is not looked at again before another day.
    before, every = await scores_that_hold(env, sync), sync.sync.try_held_seconds
    asked |= {rule for rule in asking if is_due(before, rule, plan.header.made_at, every)}
    foreseen = {(w.operation.link, w.operation.side): w.foreseen for w in writes if w.foreseen}
    proof = compare(foreseen, answers, messages(sync))
    await learn(env, sync, proof.scores, asking - asked, asked)


async def learn(
    env: Environment,
    sync: BoundSync,
    found: Iterable[Score],
    begun: Iterable[RuleName] = (),
    asked: Iterable[RuleName] = (),
) -> None:
    """Add what was found to the scores. ``begun``: rules that hold somebody now; ``asked``: those that were tried."""
    before = await scores_of(env.store, sync.sync.name)
    stamps, now = versions(sync), env.clock.now()
    kept = current(before, stamps)

    def of(rule: RuleName, asked: datetime | None = None) -> RuleScore:
        fresh = RuleScore(rule=rule, version=stamps.get((rule.side, rule.rule), ""), asked=asked)
        return kept.get(rule, fresh)

    for score in found:
        if score.right or score.missed or score.wrong:
            old = of(score.rule)
            kept[score.rule] = msgspec.structs.replace(
                old,
                right=old.right + score.right,
                wrong=old.wrong + score.wrong,
                missed=old.missed + score.missed,
            )
    for rule in begun:
        kept[rule] = of(rule, now)
        if kept[rule].asked is None:
            kept[rule] = msgspec.structs.replace(kept[rule], asked=now)
    for rule in asked:
        kept[rule] = msgspec.structs.replace(of(rule), asked=now)
    after = sorted(kept.values(), key=lambda score: score.rule)
    if after != before:
        await env.store.save_setting(SCORES + sync.sync.name, msgspec.json.encode(after).decode())
