"""What a whole answer means for every operation of its call, where the vendor says nothing of single ones."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from awase.connectors.hubspot.faults import NOT_ACTED, refusal_of, vendor_error
from awase.connectors.sdk.outcomes import same_for_all, without_answer
from awase.core.operations import Operation, Outcome, State, VendorError
from awase.ports.flows import Answer, Response


def settled_whole(answer: Answer, operations: Sequence[Operation]) -> list[Outcome]:
    """Outcomes of a call that is answered without a word about single records: done, or refused."""
    if not isinstance(answer, Response):
        return without_answer(operations, answer)
    if 200 <= answer.status < 300:
        return same_for_all(operations, State.APPLIED)
    return refused_whole(answer, operations)


def refused_whole(answer: Response, operations: Sequence[Operation]) -> list[Outcome]:
    """Outcomes of a refused call: nothing was written if the vendor itself says so with a 4xx, else nobody knows.

    Whom it was for is known only where all that the call carried belongs to one link.
    """
    refusal = refusal_of(answer)
    if refusal is None or answer.status == 408 or not 400 <= answer.status < 500:
        return same_for_all(operations, State.UNKNOWN, unreadable(answer))
    error = vendor_error(refusal, answer.status)
    if answer.status in NOT_ACTED:
        return same_for_all(operations, State.DEFERRED, error)
    if len({one.link for one in operations}) == 1:
        return same_for_all(operations, State.REJECTED, error)
    return same_for_all(operations, State.DEFERRED, msgspec.structs.replace(error, whole_call=True))


def unreadable(response: Response) -> VendorError:
    """What to say of an answer that says nothing."""
    return VendorError(code="NO_ANSWER", message=f"no usable answer (HTTP {response.status})")
