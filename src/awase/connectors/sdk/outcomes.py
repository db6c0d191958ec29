"""Outcomes for a whole call at once."""

from __future__ import annotations

from collections.abc import Sequence

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
