"""Planted bugs: each takes one safeguard out of the engine, and the oracle must see it.

A checker that was never seen to fail proves nothing. Each bug carries the fault settings under which it shows (one
safeguard hides another's failure, so its neighbours may be off) and must be caught within ``WITHIN`` seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import polars as pl

import awase.core.decide
import awase.core.outcomes
import awase.engine.applying
import awase.engine.recovering
import awase.engine.resolving
from awase.core.drafting_consent import ConsentDrafter
from awase.core.merge import Decision, decision
from awase.core.operations import Operation, Outcome, State
from awase.engine.environment import Environment
from awase.engine.observing import observe
from awase.ports.store import Settlement
from tests.simulation.scenario import Settings

WITHIN = 2_000

Planting = Callable[[ExitStack], None]


@dataclass(frozen=True)
class Bug:
    name: str
    plant: Planting
    settings: Settings
    promise: str
    """The invariant that breaks; its verdict must be among those found."""

    @contextmanager
    def planted(self) -> Iterator[None]:
        with ExitStack() as stack:
            self.plant(stack)
            yield


def only(**sites: float) -> Mapping[str, float]:
    return {name.replace("__", "."): chance for name, chance in sites.items()}


# -- 1 ---------------------------------------------------------------------------------------------------------------


def _no_audit(stack: ExitStack) -> None:
    async def nothing(*_: Any, **__: Any) -> list[Any]:
        return []

    stack.enter_context(patch.object(awase.engine.applying, "audit", nothing))
    stack.enter_context(patch.object(awase.engine.recovering, "audit", nothing))


# -- 2, 3 ------------------------------------------------------------------------------------------------------------


def _create_again_without_looking(stack: ExitStack) -> None:
    async def not_there(*args: Any) -> list[Outcome]:
        operations: Sequence[Operation] = args[-1]
        error = awase.engine.resolving.NOT_FOUND
        return [Outcome(link=op.link, state=State.DEFERRED, error=error) for op in operations]

    stack.enter_context(patch.object(awase.engine.resolving, "_look_for_creates", not_there))


def _look_through_the_index(stack: ExitStack) -> None:
    """An unanswered create is looked up in the search index, which trails behind."""

    async def indexed(env: Environment, sync: Any, side: Any, object: str, operations: Any) -> list[Outcome]:
        if side == "crm":
            return [Outcome(link=op.link, state=State.UNKNOWN) for op in operations]
        cursors = [c for c in await env.store.cursors(sync.sync.name) if c.side == side]
        seen = (await observe(env, sync, cursors)).frame(sync, side)
        found: dict[Any, str] = dict(seen.select("ma:lastname", "_id").iter_rows())
        return [
            Outcome(link=op.link, state=State.APPLIED, id=found[name])
            if (name := op.values.get("lastname")) in found
            else Outcome(link=op.link, state=State.DEFERRED, error=awase.engine.resolving.NOT_FOUND)
            for op in operations
        ]

    stack.enter_context(patch.object(awase.engine.resolving, "_look_for_creates", indexed))


# -- 4 ---------------------------------------------------------------------------------------------------------------


def _send_the_whole_record(stack: ExitStack) -> None:
    merge = awase.core.decide.merge

    def all_fields(pairs: pl.DataFrame, sync: Any, tables: Any) -> pl.DataFrame:
        merged = merge(pairs, sync, tables)
        names = [decision(b.name) for b in sync.fields]
        changes = pl.any_horizontal([pl.col(n) == Decision.TO_CRM.value for n in names])
        to_crm = pl.lit(Decision.TO_CRM.value, dtype=pl.UInt8)
        return merged.with_columns(changes.alias("_some")).with_columns(
            pl.when("_some").then(to_crm).otherwise(pl.col(n)).alias(n) for n in names
        )

    stack.enter_context(patch.object(awase.core.decide, "merge", all_fields))


# -- 5 ---------------------------------------------------------------------------------------------------------------


def _last_writer_wins(stack: ExitStack) -> None:
    """An opt-out counts only if its record was written later than the other side's."""
    opt_outs = ConsentDrafter.opt_outs

    def later_only(self: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        def counts(row: Mapping[str, Any]) -> bool:
            ma, crm = row["_modified_ma"], row["_modified_crm"]
            if ma is None or crm is None or row["_out_ma"] == row["_out_crm"]:
                return True
            return bool(ma >= crm) if row["_out_ma"] else bool(crm >= ma)

        opt_outs(self, [row for row in rows if counts(row)])

    stack.enter_context(patch.object(ConsentDrafter, "opt_outs", later_only))


# -- 6 ---------------------------------------------------------------------------------------------------------------


def _base_moves_for_failures(stack: ExitStack) -> None:
    effects = awase.core.outcomes.effects

    def failures_too(settled: Any, agreed: Any, *rest: Any) -> Any:
        settled = list(settled)
        failed = [s.patch for s in settled if s.outcome.state != State.APPLIED]
        return effects(settled, [*agreed, *failed], *rest)

    stack.enter_context(patch("awase.engine.folding.effects", failures_too))


# -- 7, 8 ------------------------------------------------------------------------------------------------------------


def _overlap(seconds: float) -> Planting:
    def plant(stack: ExitStack) -> None:
        stack.enter_context(patch.object(Environment, "overlap", lambda *_: timedelta(seconds=seconds)))

    return plant


# -- 9 ---------------------------------------------------------------------------------------------------------------


def _cursor_first(stack: ExitStack) -> None:
    make_durable = awase.engine.applying._make_durable

    async def cursors_too(env: Any, sync: Any, claim: Any, run: int, plan: Any, skip: Any) -> None:
        await env.store.settle(claim, Settlement(run=run, cursors=plan.header.cursors), env.clock.now())
        await make_durable(env, sync, claim, run, plan, skip)

    stack.enter_context(patch.object(awase.engine.applying, "_make_durable", cursors_too))


QUIET = Settings(sites={}, kills=0.0, edits_between=0.0)

BUGS = (
    Bug("no audit after writes", _no_audit, Settings(sites={}, kills=0.0, edits_between=0.9), "I-01"),
    Bug(
        "an unanswered create is sent again without looking",
        _create_again_without_looking,
        Settings(sites=only(call__answer_lost=0.3), armed=1.0, kills=0.0, edits_between=0.0, with_key=0.0),
        "I-04",
    ),
    Bug(
        "an unanswered create is looked for in a lagging index",
        _look_through_the_index,
        Settings(
            sites=only(call__answer_lost=0.3),
            armed=1.0,
            kills=0.0,
            edits_between=0.0,
            with_key=0.0,
            without_mail=0.8,
            index_lag=(20.0, 400.0),
            gap=(1.0, 30.0),
        ),
        "I-04",
    ),
    Bug("an update sends the whole record", _send_the_whole_record, QUIET, "I-03"),
    Bug(
        "opt-out by last writer", _last_writer_wins, Settings(sites={}, kills=0.0, edits_between=0.5), "I-14"
    ),
    Bug(
        "the base moves for items that failed",
        _base_moves_for_failures,
        Settings(sites=only(batch__lock=0.4), armed=1.0, kills=0.0, edits_between=0.0),
        "I-0",
    ),
    Bug(
        "overlap shorter than the index lag",
        _overlap(1.0),
        Settings(sites={}, kills=0.0, edits_between=0.0, index_lag=(20.0, 200.0), gap=(1.0, 100.0)),
        "I-",
    ),
    Bug(
        "no overlap at all, with a short lag",
        _overlap(0.0),
        Settings(sites={}, kills=0.0, edits_between=0.6, index_lag=(1.0, 4.0), gap=(1.0, 10.0), rounds=6),
        "I-",
    ),
    Bug(
        "the cursor is saved before the change is journalled",
        _cursor_first,
        Settings(
            sites={}, kills=1.0, edits_between=0.0, index_lag=(0.01, 0.1), gap=(400.0, 4_000.0), rounds=6
        ),
        "I-",
    ),
)
