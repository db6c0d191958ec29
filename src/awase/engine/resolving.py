"""What became of calls nobody answered: looked up on a unique key or by id, in the system of record, never resent.

Runs after every phase of writes and, for what an earlier process left behind, before anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import polars as pl

from awase.core.conversion import normalised
from awase.core.mapping import BoundSync
from awase.core.operations import Operation, OperationKind, Outcome, Side, State, VendorError
from awase.core.values import Value, as_text
from awase.engine.environment import Environment
from awase.ports.connector import ReadQuery
from awase.ports.flows import Flow, Page
from awase.ports.store import Claim, JournalBatch, OpenBatch

NOT_FOUND = VendorError(code="not_applied", message="")
"""Had not taken effect when it was looked for."""


async def resolve(env: Environment, sync: BoundSync, claim: Claim, open_batch: OpenBatch) -> OpenBatch:
    """``open_batch`` with every outcome known that a read can tell; the store has them too."""
    batch = open_batch.batch
    outcomes = open_batch.outcomes
    if outcomes is None:
        outcomes = tuple(Outcome(link=op.link, state=State.UNKNOWN) for op in batch.operations)
    doubtful = [i for i, outcome in enumerate(outcomes) if is_doubtful(batch.operations[i], outcome)]
    if not doubtful:
        return open_batch
    found = await _look(env, sync, batch, [batch.operations[i] for i in doubtful])
    resolved = list(outcomes)
    for i, outcome in zip(doubtful, found, strict=True):
        if outcome.state == State.APPLIED or resolved[i].state == State.UNKNOWN:
            resolved[i] = outcome
    await env.store.answered(claim, batch.id, resolved, env.clock.now())
    return OpenBatch(batch=batch, outcomes=tuple(resolved))


async def resolve_refused(
    env: Environment, sync: BoundSync, claim: Claim, batches: Sequence[OpenBatch]
) -> list[OpenBatch]:
    """The same for answered batches of creates of one object, some refused because of a record that may be their own:
    one look for all of them, since each call of a large run may bring one such refusal."""
    doubtful = [
        (number, place)
        for number, open_batch in enumerate(batches)
        for place, pair in enumerate(zip(open_batch.batch.operations, open_batch.outcomes or (), strict=True))
        if is_doubtful(*pair)
    ]
    operations = [batches[number].batch.operations[place] for number, place in doubtful]
    first = batches[0].batch
    found = await _look_for_creates(env, sync, first.side, first.object, operations)
    resolved = [list(open_batch.outcomes or ()) for open_batch in batches]
    for (number, place), outcome in zip(doubtful, found, strict=True):
        if outcome.state == State.APPLIED:
            resolved[number][place] = outcome
    for open_batch, outcomes in zip(batches, resolved, strict=True):
        if tuple(outcomes) != open_batch.outcomes:
            await env.store.answered(claim, open_batch.batch.id, outcomes, env.clock.now())
    return [
        OpenBatch(batch=open_batch.batch, outcomes=tuple(outcomes))
        for open_batch, outcomes in zip(batches, resolved, strict=True)
    ]


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
        if now.state == State.DEFERRED and (earlier.state == State.UNKNOWN or _was_looked_for(earlier))
    ]


def _was_looked_for(outcome: Outcome) -> bool:
    """Nobody answered, and it had not taken effect when it was looked for: by a process that died before it could
    keep an eye on it."""
    return outcome.state == State.DEFERRED and outcome.error == NOT_FOUND


async def _look(
    env: Environment, sync: BoundSync, batch: JournalBatch, operations: Sequence[Operation]
) -> list[Outcome]:
    match operations[0].kind:
        case OperationKind.CREATE:
            return await _look_for_creates(env, sync, batch.side, batch.object, operations)
        case OperationKind.OPT_OUT:
            return await _look_for_opt_outs(env, sync, batch.side, batch.object, operations)
        case OperationKind.UPDATE:
            return await _look_for_updates(env, sync, batch, operations)
        case OperationKind.RELATE | OperationKind.UNRELATE:
            return await _look_for_relations(env, sync, batch.side, batch.object, operations)
        case OperationKind.DELETE:
            there = await values_of(
                env, sync, batch.side, batch.object, (), [op.id for op in operations if op.id]
            )
            return [_settled(op, None if op.id in there else op.id) for op in operations]
        case OperationKind.TAKE_OFF:
            # Nobody can tell, and doing it again does no harm: the next run does.
            return [_settled(op, None) for op in operations]


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
    return Outcome(
        link=operation.link,
        state=State.APPLIED,
        id=str(row["_id"]),
        created=False,
        exact=_equal(row, operation),
    )


def _settled(operation: Operation, id: str | None) -> Outcome:
    if id is None:
        return Outcome(link=operation.link, state=State.DEFERRED, error=NOT_FOUND)
    return Outcome(link=operation.link, state=State.APPLIED, id=id)


async def _look_for_updates(
    env: Environment, sync: BoundSync, batch: JournalBatch, operations: Sequence[Operation]
) -> list[Outcome]:
    side, object = batch.side, batch.object
    rows = await values_of(
        env, sync, side, object, _written(operations), [op.id for op in operations if op.id]
    )
    landed = {op.id for op in operations if (row := rows.get(op.id or "")) is not None and _equal(row, op)}
    unlike = [op for op in operations if op.id not in landed]
    if unlike and env.sides[side].connector.capabilities.history:
        # Somebody may have edited the record since our call took effect: then our edit is in its history.
        landed |= await _in_own_history(env, sync, batch, unlike)
    return [_settled(op, op.id if op.id in landed else None) for op in operations]


async def _in_own_history(
    env: Environment, sync: BoundSync, batch: JournalBatch, operations: Sequence[Operation]
) -> set[str | None]:
    access = env.sides[batch.side]
    query = ReadQuery(sync.object(batch.side, batch.object), _written(operations))
    by_id = {op.id: op for op in operations if op.id is not None}
    landed: set[str | None] = set()

    async def take(page: Page) -> None:
        for row in access.connector.decode_history(page, query).to_dicts():
            op = by_id.get(row["_id"])
            changed = op is not None and row["field"] in op.values
            if changed and op is not None and row["value"] == as_text(op.values[row["field"]]):
                landed.add(op.id)

    # From the cursor on and not before: an earlier write of ours may have brought the same value.
    flow = access.connector.read_history(query, list(by_id), batch.since, timedelta(0), ours=True)
    await access.transport.run(flow, take)
    return landed


async def _look_for_relations(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation]
) -> list[Outcome]:
    rows = await values_of(
        env, sync, side, object, _written(operations), [op.id for op in operations if op.id]
    )
    return [
        _settled(op, op.id if (row := rows.get(op.id or "")) is not None and _related(row, op) else None)
        for op in operations
    ]


def _related(row: dict[str, Value], operation: Operation) -> bool:
    """Whether what was added is there, or what was taken away is not; others may have changed the rest since."""
    wanted, before = _as_set(operation.values), _as_set(operation.before)
    there = _as_set({operation.about: row.get(operation.about)})
    if operation.kind == OperationKind.RELATE:
        return wanted - before <= there
    return not (before - wanted) & there


def _as_set(values: Mapping[str, Value]) -> set[str]:
    content = next(iter(values.values()), None)
    if isinstance(content, (tuple, list)):
        return set(content)
    return set() if content is None else {str(content)}


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


def _equal(row: dict[str, Value], operation: Operation) -> bool:
    return all(_same(row.get(name), value) for name, value in operation.values.items())


def _same(cell: object, value: Value) -> bool:
    current = tuple(cell) if isinstance(cell, list) else cell
    return as_text(current) == as_text(value)  # type: ignore[arg-type]
