"""Outcomes for a whole call at once, and for an operation that takes several rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from awase.core.operations import Operation, Outcome, State, VendorError
from awase.ports.flows import Unanswered


def same_for_all(
    operations: Sequence[Operation], state: State, error: VendorError | None = None
) -> list[Outcome]:
    """One outcome an operation, all of one state and with the same error."""
    return [
        Outcome(link=operation.link, state=state, id=operation.id, error=error) for operation in operations
    ]


def without_answer(operations: Sequence[Operation], answer: Unanswered) -> list[Outcome]:
    """Outcomes of a write that got no complete answer: unknown if it may have been sent, deferred if surely not."""
    state = State.UNKNOWN if answer.maybe_sent else State.DEFERRED
    return same_for_all(operations, state, VendorError(code="NO_ANSWER", message=answer.reason))


_WORST_FIRST = (State.UNKNOWN, State.REJECTED, State.DEFERRED, State.APPLIED)


def worst(operation: Operation, outcomes: Iterable[Outcome]) -> Outcome:
    """What became of an operation of several rows; without any, there was nothing left to do."""
    several = sorted(outcomes, key=lambda outcome: _WORST_FIRST.index(outcome.state))
    if not several:
        return Outcome(link=operation.link, state=State.APPLIED, id=operation.id)
    return msgspec.structs.replace(several[0], link=operation.link, id=operation.id)
