"""Proving foresight: everything is sent to copies of both practice orgs, held records too, and the answers are compared.

Nothing is journalled and nothing is remembered of whom: the copies are thrown away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from awase.core.foresight import Foresight, foresight
from awase.core.mapping import BoundSync, Sync
from awase.core.operations import Operation, OperationKind, Outcome, Side, State
from awase.core.packing import Batch, pack_calls
from awase.core.plan import Draft, PlannedWrite
from awase.core.predictions import Foreseen, foreseen_in
from awase.core.proof import Answer, Proof, compare
from awase.core.records import ItemKind
from awase.engine.checking import records_read, told
from awase.engine.environment import Access, Environment
from awase.engine.judging import draft_whole
from awase.engine.observing import bind_live
from awase.engine.scoring import learn, messages
from awase.ports.connector import WriteBatch
from awase.ports.flows import Errand

_PROVED = frozenset({OperationKind.CREATE, OperationKind.UPDATE})
"""What is judged before it is sent."""


async def prove(env: Environment, sync: Sync, copies: Mapping[Side, Access]) -> tuple[Foresight, Proof]:
    """What is foreseen for both sides as they are, and what their ``copies`` answer. Raises AlreadyRunning."""
    async with env.store.claim(sync.name):
        bound = await bind_live(env, sync, likely_too=True)
        draft = await draft_whole(env, bound, sends_held=True)
        answers = [
            answer
            for batch in pack_calls(_judged(draft), env.capabilities())
            for answer in await _send(env, bound, copies[batch.side], _judged(draft), batch)
        ]
        foreseen: defaultdict[tuple[int, Side], list[Foreseen]] = defaultdict(list)
        held = [item for item in draft.items if item.kind == ItemKind.HELD and item.source == "foreseen"]
        for items, certain in ((held, True), (draft.likely, False)):
            for item in items:
                foreseen[item.link, item.side].append(foreseen_in(item, certain=certain))
        proof = compare(foreseen, answers, messages(bound))
        await learn(env, bound, proof.scores)
        return await told(env, bound, foresight(draft, records_read(draft))), proof


def _judged(draft: Draft) -> list[PlannedWrite]:
    return [write for write in draft.writes if write.operation.kind in _PROVED]


async def _send(
    env: Environment, sync: BoundSync, access: Access, writes: Sequence[PlannedWrite], batch: Batch
) -> list[Answer]:
    operations = tuple(writes[place].operation for place in batch.places)
    outcomes = await _outcomes(sync, access, batch, operations)
    return [
        Answer(
            link=operation.link,
            side=batch.side,
            error=outcome.error,
            diagnosis=env.diagnose(outcome.error) if outcome.error is not None else None,
        )
        for operation, outcome in zip(operations, outcomes, strict=True)
        if outcome.state in (State.APPLIED, State.REJECTED)
    ]


async def _outcomes(
    sync: BoundSync, access: Access, batch: Batch, operations: tuple[Operation, ...]
) -> list[Outcome]:
    """One outcome an operation; where one record spoils the call for all, halves are sent apart."""
    write = WriteBatch(
        kind=batch.kind,
        object=sync.object(batch.side, batch.object),
        operations=operations,
        assignment_rules=sync.sync.assignment_rules,
        allow_duplicates=sync.sync.allow_duplicates,
    )
    outcomes = await access.transport.run(access.connector.write(write), None, Errand.UPDATES)
    if len(operations) == 1 or not all(outcome.error and outcome.error.whole_call for outcome in outcomes):
        return outcomes
    half = len(operations) // 2
    return [
        *await _outcomes(sync, access, batch, operations[:half]),
        *await _outcomes(sync, access, batch, operations[half:]),
    ]
