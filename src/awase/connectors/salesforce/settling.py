"""Settling every item of an answer to a Collections write; whatever the answer does not account for is unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from awase.connectors.salesforce.codes import is_transient
from awase.connectors.salesforce.faults import UNREADABLE, error_from, errors_in, main_error
from awase.connectors.salesforce.limits import throttled
from awase.connectors.sdk.bodies import json_answer
from awase.connectors.sdk.outcomes import same_for_all, without_answer
from awase.core.operations import Operation, OperationKind, Outcome, State, VendorError
from awase.ports.flows import Answer, Response, Unanswered

_REFUSED_WHOLE = range(400, 500)


class _Result(msgspec.Struct, frozen=True):
    success: bool
    id: str | None = None
    errors: list[Any] | None = None


def settle_rows(answer: Answer, operations: Sequence[Operation]) -> list[Outcome]:
    """Like ``settle``, for rows that stand for the operations without being their records."""
    return settle(answer, [msgspec.structs.replace(one, id=None) for one in operations], None)


def settle(answer: Answer, operations: Sequence[Operation], key_field: str | None) -> list[Outcome]:
    """What became of each operation sent in one call; whatever the answer does not account for is unknown."""
    if isinstance(answer, Unanswered):
        return without_answer(operations, answer)
    if 200 <= answer.status < 300:
        return _settle_results(answer, operations, key_field)
    return _settle_refusal(answer, operations)


def _settle_refusal(answer: Response, operations: Sequence[Operation]) -> list[Outcome]:
    """A whole call refused: nothing was applied if the vendor itself says so with a 4xx, otherwise nobody knows.

    One malformed value refuses all records of its call (from memory), and the answer does not say whose: in a call of
    several all are put off, so that they are sent apart; alone, the record is the offender, and so it is if all rows of
    the call stand for one operation.
    """
    errors = errors_in(answer.body)
    error = main_error(errors) if errors else _unreadable(answer)
    if throttled(answer) is not None:
        return same_for_all(operations, State.DEFERRED, error)
    if answer.status not in _REFUSED_WHOLE or not errors:
        return same_for_all(operations, State.UNKNOWN, error)
    if answer.status == 401 or is_transient(error.code):
        return same_for_all(operations, State.DEFERRED, error)
    if len({one.link for one in operations}) == 1:
        return same_for_all(operations, State.REJECTED, error)
    return same_for_all(operations, State.DEFERRED, msgspec.structs.replace(error, whole_call=True))


def _settle_results(
    answer: Response, operations: Sequence[Operation], key_field: str | None
) -> list[Outcome]:
    items = json_answer(answer, list[msgspec.Raw])
    if items is None or len(items) != len(operations):
        return same_for_all(operations, State.UNKNOWN, _unreadable(answer))
    results = [_result(item) for item in items]
    if any(_is_another(result, operation) for result, operation in zip(results, operations, strict=True)):
        # The answer is not in the order of the request: no position can be trusted.
        return same_for_all(operations, State.UNKNOWN, _unreadable(answer))
    named = Counter(result.id[:15] for result in results if result and result.success and result.id)
    return [
        _settle_item(result, operation, key_field, named)
        for result, operation in zip(results, operations, strict=True)
    ]


def _settle_item(
    result: _Result | None, operation: Operation, key_field: str | None, named: Counter[str]
) -> Outcome:
    if result is None or (result.success and (not result.id or named[result.id[:15]] > 1 or result.errors)):
        error = VendorError(code=UNREADABLE, message="the answer does not account for this record")
        return Outcome(link=operation.link, state=State.UNKNOWN, id=operation.id, error=error)
    if result.success:
        return Outcome(link=operation.link, state=State.APPLIED, id=operation.id or result.id)
    found = [error for error in map(error_from, result.errors or ()) if error is not None]
    error = main_error(found)
    return Outcome(
        link=operation.link, state=_refused_state(error, operation, key_field), id=operation.id, error=error
    )


def _refused_state(error: VendorError, operation: Operation, key_field: str | None) -> State:
    if operation.kind is OperationKind.CREATE and _is_our_key(error, key_field):
        return State.UNKNOWN
    return State.DEFERRED if is_transient(error.code) else State.REJECTED


def _is_our_key(error: VendorError, key_field: str | None) -> bool:
    """Whether the record in the way holds our own key: made by a create whose answer was lost. Reading the key tells."""
    if key_field is None or error.code != "DUPLICATE_VALUE":
        return False
    message = error.message.casefold()
    return key_field in error.fields or key_field.casefold() in message or "duplicate external id" in message


def _result(item: msgspec.Raw) -> _Result | None:
    try:
        return msgspec.json.decode(item, type=_Result)
    except msgspec.DecodeError:
        return None


def _is_another(result: _Result | None, operation: Operation) -> bool:
    """Ids are compared by their first 15 characters: the last three are a checksum that may be left out (confirmed)."""
    return bool(result and result.id and operation.id and result.id[:15] != operation.id[:15])


def _unreadable(answer: Response) -> VendorError:
    return VendorError(
        code=UNREADABLE, message=f"an answer of status {answer.status} that cannot be understood"
    )
