"""Operations into calls at least cost, and the price that is shown before anything is sent.

Calls of one sort (side, object, kind) are filled to the brim across the whole plan, so their number is the least that
arithmetic allows: ⌈n / size⌉. Audit reads after updates are part of the price.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Protocol

import msgspec

from awase.core.capabilities import Capabilities
from awase.core.operations import Operation, OperationKind, Side
from awase.core.values import Value

ORDER = (
    OperationKind.OPT_OUT,
    OperationKind.CREATE,
    OperationKind.UPDATE,
    OperationKind.RELATE,
    OperationKind.UNRELATE,
    OperationKind.TAKE_OFF,
    OperationKind.DELETE,
)
"""Opt-outs go before every other write; creates before updates, which may refer to them; what takes away comes last."""


class HasOperation(Protocol):
    @property
    def operation(self) -> Operation: ...


class Batch(msgspec.Struct, frozen=True):
    """One call's worth of operations: places in the plan's list of writes."""

    side: Side
    object: str
    kind: OperationKind
    places: tuple[int, ...]
    about: str = ""
    """The relation or list that all of them concern."""


class PricedCalls(msgspec.Struct, frozen=True, kw_only=True):
    side: Side
    object: str
    kind: str
    """An operation's kind, or ``audit``."""
    records: int
    calls: int


def call_size(capabilities: Capabilities, kind: OperationKind) -> int:
    """How many operations of ``kind`` one call carries."""
    return int(getattr(capabilities.sizes, kind.value))


def pack_calls(writes: Iterable[HasOperation], capabilities: Mapping[Side, Capabilities]) -> list[Batch]:
    """Batches in sending order (``ORDER``); order within a sort is the plan's."""
    numbered = [(place, write.operation) for place, write in enumerate(writes)]
    numbered.sort(key=lambda n: (ORDER.index(n[1].kind), *_sort(n[1]), n[0]))
    batches = []
    for (side, object, kind, about), group in groupby(numbered, key=lambda n: _sort(n[1])):
        size = call_size(capabilities[side], kind)
        weights = [(place, weight(operation)) for place, operation in group]
        batches += [Batch(side, object, kind, places, about) for places in _chunks(weights, size)]
    return batches


def _sort(operation: Operation) -> tuple[Side, str, OperationKind, str]:
    return operation.side, operation.object, operation.kind, operation.about


def weight(operation: Operation) -> int:
    """How much of a call's size an operation takes: itself, or each relation that it adds or takes away."""
    if operation.kind not in (OperationKind.RELATE, OperationKind.UNRELATE):
        return 1
    return max(1, len(_ids(operation.values) ^ _ids(operation.before)))


def _ids(values: Mapping[str, Value]) -> set[str]:
    content = next(iter(values.values()), None)
    if isinstance(content, tuple):
        return set(content)
    return set() if content is None else {str(content)}


def _chunks(items: Iterable[tuple[int, int]], size: int) -> Iterator[tuple[int, ...]]:
    """Places in order, as many together as their weights allow; one that weighs more than a call stands alone."""
    chunk: list[int] = []
    used = 0
    for place, heavy in items:
        if chunk and used + heavy > size:
            yield tuple(chunk)
            chunk, used = [], 0
        chunk.append(place)
        used += heavy
    if chunk:
        yield tuple(chunk)


def price(batches: Iterable[Batch], capabilities: Mapping[Side, Capabilities]) -> tuple[PricedCalls, ...]:
    """Exact calls of carrying out ``batches``, audit reads included."""
    lines: dict[tuple[Side, str, str], PricedCalls] = {}

    def add(side: Side, object: str, kind: str, records: int, calls: int) -> None:
        old = lines.get((side, object, kind))
        lines[side, object, kind] = PricedCalls(
            side=side,
            object=object,
            kind=kind,
            records=records + (old.records if old else 0),
            calls=calls + (old.calls if old else 0),
        )

    audited: set[tuple[Side, str]] = set()
    for batch in batches:
        calls = capabilities[batch.side].calls_to_unrelate if batch.kind == OperationKind.UNRELATE else 1
        add(batch.side, batch.object, batch.kind.value, len(batch.places), calls)
        if batch.kind != OperationKind.UPDATE or not capabilities[batch.side].history:
            continue
        per_read = capabilities[batch.side].sizes.audit
        if per_read:
            add(batch.side, batch.object, "audit", len(batch.places), -(-len(batch.places) // per_read))
        elif (batch.side, batch.object) not in audited:
            audited.add((batch.side, batch.object))
            add(batch.side, batch.object, "audit", 0, 1)
    return tuple(lines.values())
