"""From when on a rule that holds somebody is tried, and what becomes of one that cannot be."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from awase.core.plan import Chunk
from awase.core.records import Item, ItemKind
from awase.engine.applying import Applied
from awase.engine.scores import scores_of
from awase.engine.scoring import learn_from_run
from awase.store.memory import MemoryStore
from tests.unit.core.scene import bound

NOW = datetime(2026, 11, 26, tzinfo=UTC)
HOUR = timedelta(hours=1)
BARRED = Item(
    link=1,
    side="ma",
    kind=ItemKind.HELD,
    code="person_account",
    error_type="person_account",
    source="foreseen",
)


def asked_after(*hours: float) -> list[float]:
    """Hours after the first run at which the rule counts as tried, after runs at these hours that sent nothing."""
    store, sync, found = MemoryStore(), bound(), []

    async def runs() -> None:
        for hour in hours:
            now = NOW + hour * HOUR
            env: Any = SimpleNamespace(
                store=store, clock=SimpleNamespace(now=lambda now=now: now), diagnose=None
            )
            header = SimpleNamespace(made_at=now)
            plan: Any = SimpleNamespace(writes=list, chunks=[Chunk(bucket=0, items=(BARRED,))], header=header)
            await learn_from_run(env, sync, plan, Applied())
            (score,) = await scores_of(store, sync.sync.name)
            assert score.asked is not None
            found.append((score.asked - NOW) / HOUR)

    asyncio.run(runs())
    return found


def test_a_rule_waits_a_day_from_when_it_first_held_somebody() -> None:
    assert asked_after(0, 1, 23) == [0, 0, 0]


def test_what_cannot_be_tried_is_looked_at_once_a_day_and_no_more() -> None:
    assert asked_after(0, 24, 25, 47, 48) == [0, 24, 24, 24, 48]
