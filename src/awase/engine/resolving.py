"""What became of calls nobody answered: looked up on a unique key or by id, in the system of record, never resent.

Runs after every phase of writes and, for what an earlier process left behind, before anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from awase.core.mapping import BoundSync, normalised
from awase.core.operations import Operation, OperationKind, Outcome, Side, State, VendorError
from awase.core.values import Value, as_text
from awase.engine.environment import Environment
from awase.engine.observing import read_by_keys
from awase.ports.connector import ReadQuery
from awase.ports.flows import Page
from awase.ports.store import Claim, OpenBatch

NOT_FOUND = VendorError(code="not_applied", message="")


async def resolve(env: Environment, sync: BoundSync, claim: Claim, open_batch: OpenBatch) -> OpenBatch:
    """``open_batch`` with every outcome known that a read can tell; the store has them too."""
    batch = open_batch.batch
    outcomes = open_batch.outcomes
    if outcomes is None:
        outcomes = tuple(Outcome(link=op.link, state=State.UNKNOWN) for op in batch.operations)
    unknown = [i for i, outcome in enumerate(outcomes) if outcome.state == State.UNKNOWN]
    if not unknown:
        return open_batch
    found = await _look(env, sync, batch.side, batch.object, [batch.operations[i] for i in unknown])
    resolved = list(outcomes)
    for i, outcome in zip(unknown, found, strict=True):
        resolved[i] = outcome
    await env.store.answered(claim, batch.id, resolved, env.clock.now())
    return OpenBatch(batch=batch, outcomes=tuple(resolved))


async def _look(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation]
) -> list[Outcome]:
    kind = operations[0].kind
    if kind == OperationKind.CREATE:
        return await _look_for_creates(env, sync, side, object, operations)
    if kind == OperationKind.OPT_OUT:
        return await _look_for_opt_outs(env, sync, side, object, operations)
    return await _look_for_updates(env, sync, side, object, operations)


async def _look_for_creates(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation]
) -> list[Outcome]:
    if sync.object(side, object).key_field is None:
        return [Outcome(link=op.link, state=State.UNKNOWN) for op in operations]
    found = await read_by_keys(env, sync, side, object, [op.key for op in operations if op.key])
    return [_settled(op, found.get(op.key or "")) for op in operations]


def _settled(operation: Operation, id: str | None) -> Outcome:
    if id is None:
        # Not there: the next run plans it again, and the key keeps a late arrival from becoming a second record.
        return Outcome(link=operation.link, state=State.DEFERRED, error=NOT_FOUND)
    return Outcome(link=operation.link, state=State.APPLIED, id=id)


async def _look_for_updates(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation]
) -> list[Outcome]:
    names = tuple(sorted({name for op in operations for name in op.values}))
    rows = await _values_of(env, sync, side, object, names, [op.id for op in operations if op.id])
    outcomes = []
    for op in operations:
        row = rows.get(op.id or "")
        same = row is not None and all(_same(row.get(name), value) for name, value in op.values.items())
        outcomes.append(_settled(op, op.id if same else None))
    return outcomes


async def _look_for_opt_outs(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation]
) -> list[Outcome]:
    rows = await _values_of(env, sync, side, object, (), [op.id for op in operations if op.id])
    return [
        _settled(op, op.id if rows.get(op.id or "", {}).get("_out") is True else None) for op in operations
    ]


async def _values_of(
    env: Environment, sync: BoundSync, side: Side, object: str, names: tuple[str, ...], ids: Sequence[str]
) -> dict[str, dict[str, Value]]:
    """Current values by id, as the target gives them back (and ``_out``)."""
    if not ids:
        return {}
    schema = sync.object(side, object)
    query = ReadQuery(schema, names)
    access = env.sides[side]
    rows: dict[str, dict[str, Value]] = {}

    async def take(page: Page) -> None:
        frame = access.connector.decode(page, query)
        frame = frame.with_columns(
            normalised(pl.col(name), schema.fields[name]).alias(name) for name in names
        )
        rows.update({row["_id"]: row for row in frame.to_dicts()})

    await access.transport.run(access.connector.read_by_id(query, ids), take)
    return rows


def _same(cell: object, value: Value) -> bool:
    current = tuple(cell) if isinstance(cell, list) else cell
    return as_text(current) == as_text(value)  # type: ignore[arg-type]


async def wait_for_stragglers(env: Environment, batches: Sequence[OpenBatch]) -> None:
    """Wait until calls of a dead process can no longer take effect, where a late one could undo what we read next.

    Creates with a key and opt-outs cannot harm by coming late; only updates are waited for.
    """
    now = env.clock.now()
    updates = [
        b.batch.sent_at for b in batches if b.outcomes is None and b.batch.kind == OperationKind.UPDATE.value
    ]
    remaining = max((sent + env.call_limit - now for sent in updates), default=timedelta(0))
    if remaining > timedelta(0):
        await env.tasks.sleep(remaining.total_seconds())
