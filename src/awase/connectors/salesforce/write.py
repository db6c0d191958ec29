"""Writing records by sObject Collections, and settling every item of the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Never

import msgspec

from awase.connectors.salesforce.codes import is_transient
from awase.connectors.salesforce.consent import OPT_OUT_FIELD
from awase.connectors.salesforce.faults import UNREADABLE, error_from, errors_in, main_error
from awase.connectors.salesforce.limits import throttled
from awase.connectors.salesforce.rest import data_path, write
from awase.connectors.sdk.bodies import json_answer
from awase.connectors.sdk.calls import ask_one
from awase.connectors.sdk.chunks import chunks
from awase.connectors.sdk.outcomes import same_for_all, without_answer
from awase.core.operations import Operation, OperationKind, Outcome, State, VendorError
from awase.core.schema import ObjectSchema
from awase.core.values import Value
from awase.errors import Bug
from awase.ports.connector import WriteBatch
from awase.ports.flows import Answer, Flow, Lane, Request, Response, Unanswered

OPT_OUT_HIDDEN = "OPT_OUT_NOT_WRITABLE"
"""Our code: the opt-out cannot be written, so the record is not created without it either."""

_REFUSED_WHOLE = range(400, 500)


class _Result(msgspec.Struct, frozen=True):
    success: bool
    id: str | None = None
    errors: list[Any] | None = None


def write_batch(api_version: str, batch_size: int, batch: WriteBatch) -> Flow[Never, list[Outcome]]:
    """Send the operations, at most ``batch_size`` a call; one outcome each, in order."""
    outcomes: list[Outcome] = []
    for some in chunks(batch.operations, batch_size):
        outcomes += yield from _write_call(api_version, batch.kind, batch.object, some)
    return outcomes


def _write_call(
    api_version: str, kind: OperationKind, object: ObjectSchema, operations: Sequence[Operation]
) -> Flow[Never, list[Outcome]]:
    sent = [operation for operation in operations if not _loses_opt_out(operation, object)]
    settled: Iterator[Outcome] = iter(())
    if sent:
        answer = yield from ask_one(_request(api_version, kind, object, sent))
        settled = iter(settle(answer, sent, object))
    return [
        _hidden(operation, object) if _loses_opt_out(operation, object) else next(settled)
        for operation in operations
    ]


def _loses_opt_out(operation: Operation, object: ObjectSchema) -> bool:
    """Whether an opt-out could not travel: the integration user may not write the field."""
    if operation.opt_out is None and operation.kind is not OperationKind.OPT_OUT:
        return False
    field = object.fields.get(OPT_OUT_FIELD)
    if field is None:
        return True
    return not (field.createable if operation.kind is OperationKind.CREATE else field.updateable)


def _hidden(operation: Operation, object: ObjectSchema) -> Outcome:
    message = f"the integration user may not write {object.name}.{OPT_OUT_FIELD}, so nothing was sent"
    error = VendorError(code=OPT_OUT_HIDDEN, message=message, fields=(OPT_OUT_FIELD,))
    return Outcome(link=operation.link, state=State.REJECTED, id=operation.id, error=error)


# --- requests ------------------------------------------------------------------------------------------------------


def _request(
    api_version: str, kind: OperationKind, object: ObjectSchema, operations: Sequence[Operation]
) -> Request:
    lane = Lane.CONSENT if kind is OperationKind.OPT_OUT else Lane.WRITE
    records = [record_of(operation, object) for operation in operations]
    # A create with our unique key, not an upsert on it: an upsert that arrives late, after its answer was given up
    # for lost, would overwrite what people wrote since.
    method = "POST" if kind is OperationKind.CREATE else "PATCH"
    path = data_path(api_version, "composite/sobjects")
    return write(method, path, {"allOrNone": False, "records": records}, lane)


def record_of(operation: Operation, object: ObjectSchema) -> dict[str, object]:
    """One record of a Collections body: its type, its id or key, and only what is to be written."""
    record: dict[str, Any] = {"attributes": {"type": object.name}}
    if operation.kind is OperationKind.CREATE:
        if object.key_field is not None:
            record[object.key_field] = _given(operation.key, "a create without a key", operation)
    else:
        record["id"] = _given(operation.id, "a write to a record without its id", operation)
    if operation.kind is not OperationKind.OPT_OUT:
        record |= {name: on_the_wire(value) for name, value in operation.values.items()}
    if operation.opt_out is not None or operation.kind is OperationKind.OPT_OUT:
        record[OPT_OUT_FIELD] = True
    return record


def _given(value: str | None, complaint: str, operation: Operation) -> str:
    if not value:
        raise Bug(complaint, where=f"link {operation.link}")
    return value


def on_the_wire(value: Value) -> object:
    """``value`` as the vendor reads it: numbers exact and without an exponent, times in UTC, multi-selects joined."""
    match value:
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        case date():
            return value.isoformat()
        case Decimal():
            return msgspec.Raw(format(value, "f").encode())
        case tuple():
            return ";".join(value)
        case _:
            return value


# --- answers -------------------------------------------------------------------------------------------------------


def settle(answer: Answer, operations: Sequence[Operation], object: ObjectSchema) -> list[Outcome]:
    """What became of each operation sent in one call; whatever the answer does not account for is unknown."""
    if isinstance(answer, Unanswered):
        return without_answer(operations, answer)
    if 200 <= answer.status < 300:
        return _settle_results(answer, operations, object)
    return _settle_refusal(answer, operations)


def _settle_refusal(answer: Response, operations: Sequence[Operation]) -> list[Outcome]:
    """A whole call refused: nothing was applied if the vendor itself says so with a 4xx, otherwise nobody knows.

    One malformed value refuses all records of its call (from memory), and the answer does not say whose: in a call of
    several all are put off, so that they are sent apart; alone, the record is the offender.
    """
    errors = errors_in(answer.body)
    error = main_error(errors) if errors else _unreadable(answer)
    if throttled(answer) is not None:
        return same_for_all(operations, State.DEFERRED, error)
    if answer.status not in _REFUSED_WHOLE or not errors:
        return same_for_all(operations, State.UNKNOWN, error)
    if answer.status == 401 or is_transient(error.code):
        return same_for_all(operations, State.DEFERRED, error)
    if len(operations) == 1:
        return same_for_all(operations, State.REJECTED, error)
    return same_for_all(operations, State.DEFERRED, msgspec.structs.replace(error, whole_call=True))


def _settle_results(answer: Response, operations: Sequence[Operation], object: ObjectSchema) -> list[Outcome]:
    items = json_answer(answer, list[msgspec.Raw])
    if items is None or len(items) != len(operations):
        return same_for_all(operations, State.UNKNOWN, _unreadable(answer))
    results = [_result(item) for item in items]
    if any(_is_another(result, operation) for result, operation in zip(results, operations, strict=True)):
        # The answer is not in the order of the request: no position can be trusted.
        return same_for_all(operations, State.UNKNOWN, _unreadable(answer))
    named = Counter(result.id[:15] for result in results if result and result.success and result.id)
    return [
        _settle_item(result, operation, object, named)
        for result, operation in zip(results, operations, strict=True)
    ]


def _settle_item(
    result: _Result | None, operation: Operation, object: ObjectSchema, named: Counter[str]
) -> Outcome:
    if result is None or (result.success and (not result.id or named[result.id[:15]] > 1 or result.errors)):
        error = VendorError(code=UNREADABLE, message="the answer does not account for this record")
        return Outcome(link=operation.link, state=State.UNKNOWN, id=operation.id, error=error)
    if result.success:
        return Outcome(link=operation.link, state=State.APPLIED, id=operation.id or result.id)
    found = [error for error in map(error_from, result.errors or ()) if error is not None]
    error = main_error(found)
    return Outcome(
        link=operation.link, state=_refused_state(error, operation, object), id=operation.id, error=error
    )


def _refused_state(error: VendorError, operation: Operation, object: ObjectSchema) -> State:
    if operation.kind is OperationKind.CREATE and _is_our_key(error, object.key_field):
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
