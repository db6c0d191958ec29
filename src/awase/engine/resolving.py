"""What became of calls nobody answered: looked up on a unique key or by id, in the system of record, never resent.

Runs after every phase of writes and, for what an earlier process left behind, before anything else.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from awase.core.mapping import BoundSync, normalised
from awase.core.operations import Operation, OperationKind, Outcome, Side, State, VendorError
from awase.core.values import Value, as_text
from awase.engine.environment import Environment
from awase.ports.connector import ReadQuery
from awase.ports.flows import Flow, Page
from awase.ports.store import Claim, OpenBatch

NOT_FOUND = VendorError(code="not_applied", message="")


async def resolve(env: Environment, sync: BoundSync, claim: Claim, open_batch: OpenBatch) -> OpenBatch:
    """``open_batch`` with every outcome known that a read can tell; the store has them too."""
    batch = open_batch.batch
    outcomes = open_batch.outcomes
    if outcomes is None:
        outcomes = tuple(Outcome(link=op.link, state=State.UNKNOWN) for op in batch.operations)
    doubtful = [i for i, outcome in enumerate(outcomes) if is_doubtful(batch.operations[i], outcome)]
    if not doubtful:
        return open_batch
    found = await _look(env, sync, batch.side, batch.object, [batch.operations[i] for i in doubtful])
    resolved = list(outcomes)
    for i, outcome in zip(doubtful, found, strict=True):
        if outcome.state == State.APPLIED or resolved[i].state == State.UNKNOWN:
            resolved[i] = outcome
    await env.store.answered(claim, batch.id, resolved, env.clock.now())
    return OpenBatch(batch=batch, outcomes=tuple(resolved))


def is_doubtful(operation: Operation, outcome: Outcome) -> bool:
    """Worth a look: nobody answered, or a create was refused because of a record that may be its own (the call was
    delivered twice, and the vendor names the e-mail address or another unique value before our key)."""
    if outcome.state == State.UNKNOWN:
        return True
    refused = outcome.state == State.REJECTED and operation.kind == OperationKind.CREATE
    return refused and outcome.error is not None and outcome.error.existing_id is not None


def may_come_late(before: OpenBatch, after: OpenBatch) -> list[int]:
    """Positions of operations that nobody answered and that had not taken effect when looked for: they still may.

    An opt-out that comes late harms nobody.
    """
    batch = after.batch
    if batch.kind == OperationKind.OPT_OUT:
        return []
    was = before.outcomes or tuple(Outcome(link=op.link, state=State.UNKNOWN) for op in batch.operations)
    return [
        i
        for i, (earlier, now) in enumerate(zip(was, after.outcomes or (), strict=True))
        if earlier.state == State.UNKNOWN and now.state == State.DEFERRED
    ]


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
        error = VendorError(code="no_key", message="")
        return [Outcome(link=op.link, state=State.UNKNOWN, error=error) for op in operations]
    found = await _found_by_key(env, sync, side, object, operations)
    return [_settled_create(op, found.get(op.key or "")) for op in operations]


def _settled_create(operation: Operation, row: dict[str, Value] | None) -> Outcome:
    if row is None:
        # Not there: the next run plans it again, and the key keeps a late arrival from becoming a second record.
        return Outcome(link=operation.link, state=State.DEFERRED, error=NOT_FOUND)
    exact = all(_same(row.get(name), value) for name, value in operation.values.items())
    return Outcome(link=operation.link, state=State.APPLIED, id=str(row["_id"]), created=False, exact=exact)


def _settled(operation: Operation, id: str | None) -> Outcome:
    if id is None:
        return Outcome(link=operation.link, state=State.DEFERRED, error=NOT_FOUND)
    return Outcome(link=operation.link, state=State.APPLIED, id=id)


async def _look_for_updates(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation]
) -> list[Outcome]:
    rows = await values_of(
        env, sync, side, object, _written(operations), [op.id for op in operations if op.id]
    )
    outcomes = []
    for op in operations:
        row = rows.get(op.id or "")
        same = row is not None and all(_same(row.get(name), value) for name, value in op.values.items())
        outcomes.append(_settled(op, op.id if same else None))
    return outcomes


async def _look_for_opt_outs(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation]
) -> list[Outcome]:
    rows = await values_of(env, sync, side, object, (), [op.id for op in operations if op.id])
    return [
        _settled(op, op.id if rows.get(op.id or "", {}).get("_out") is True else None) for op in operations
    ]


async def values_of(
    env: Environment, sync: BoundSync, side: Side, object: str, names: tuple[str, ...], ids: Sequence[str]
) -> dict[str, dict[str, Value]]:
    """Current values by id, as the target gives them back (and ``_out``)."""
    if not ids:
        return {}
    query = ReadQuery(sync.object(side, object), names)
    rows = await _rows(env, side, query, env.sides[side].connector.read_by_id(query, ids))
    return {str(row["_id"]): row for row in rows}


async def _found_by_key(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation]
) -> dict[str, dict[str, Value]]:
    """Current values by key of the records that carry one of the operations' keys."""
    query = ReadQuery(sync.object(side, object), _written(operations))
    keys = [op.key for op in operations if op.key is not None]
    rows = await _rows(env, side, query, env.sides[side].connector.read_by_key(query, keys))
    return {str(row["_key"]): row for row in rows}


async def _rows(
    env: Environment, side: Side, query: ReadQuery, flow: Flow[Page, None]
) -> list[dict[str, Value]]:
    decode = env.sides[side].connector.decode
    rows: list[dict[str, Value]] = []

    async def take(page: Page) -> None:
        frame = decode(page, query)
        rows.extend(
            frame.with_columns(
                normalised(pl.col(name), query.object.fields[name]).alias(name) for name in query.fields
            ).to_dicts()
        )

    await env.sides[side].transport.run(flow, take)
    return rows


def _written(operations: Sequence[Operation]) -> tuple[str, ...]:
    return tuple(sorted({name for op in operations for name in op.values}))


def _same(cell: object, value: Value) -> bool:
    current = tuple(cell) if isinstance(cell, list) else cell
    return as_text(current) == as_text(value)  # type: ignore[arg-type]
