"""Writing records by sObject Collections, and settling every item of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Never

import msgspec

from awase.connectors.salesforce.consent import OPT_OUT_FIELD
from awase.connectors.salesforce.rest import data_path, delete, write
from awase.connectors.salesforce.roles import relate, settle_deletions, unrelate
from awase.connectors.salesforce.settling import settle
from awase.connectors.sdk.calls import ask_one
from awase.connectors.sdk.chunks import chunks
from awase.core.operations import Operation, OperationKind, Outcome, State, VendorError
from awase.core.schema import ObjectSchema
from awase.core.values import Value
from awase.errors import Bug
from awase.ports.connector import WriteBatch
from awase.ports.flows import Flow, Lane, Request

OPT_OUT_HIDDEN = "OPT_OUT_NOT_WRITABLE"
"""Our code: the opt-out cannot be written, so the record is not created without it either."""


def write_batch(api_version: str, batch_size: int, batch: WriteBatch) -> Flow[Never, list[Outcome]]:
    """Send the operations, at most ``batch_size`` a call; one outcome each, in order."""
    match batch.kind:
        case OperationKind.RELATE:
            return (yield from relate(api_version, batch.object.name, batch.operations))
        case OperationKind.UNRELATE:
            return (yield from unrelate(api_version, batch.object.name, batch.operations))
        case OperationKind.DELETE:
            ids = [_given(one.id, "a deletion without a record", one) for one in batch.operations]
            answer = yield from ask_one(delete(api_version, ids, Lane.WRITE))
            return settle_deletions(answer, batch.operations)
        case OperationKind.TAKE_OFF:
            raise Bug("Salesforce keeps no list that a record could be taken off", where=batch.object.name)
    outcomes: list[Outcome] = []
    for some in chunks(batch.operations, batch_size):
        outcomes += yield from _write_call(api_version, batch, some)
    return outcomes


def _write_call(
    api_version: str, batch: WriteBatch, operations: Sequence[Operation]
) -> Flow[Never, list[Outcome]]:
    object = batch.object
    sent = [operation for operation in operations if not _loses_opt_out(operation, object)]
    settled: Iterator[Outcome] = iter(())
    if sent:
        answer = yield from ask_one(_request(api_version, batch, sent))
        settled = iter(settle(answer, sent, object.key_field))
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


def _request(api_version: str, batch: WriteBatch, operations: Sequence[Operation]) -> Request:
    kind, object = batch.kind, batch.object
    lane = Lane.CONSENT if kind is OperationKind.OPT_OUT else Lane.WRITE
    records = [record_of(operation, object) for operation in operations]
    # A create with our unique key, not an upsert on it: an upsert that arrives late, after its answer was given up
    # for lost, would overwrite what people wrote since.
    method = "POST" if kind is OperationKind.CREATE else "PATCH"
    path = data_path(api_version, "composite/sobjects")
    body = {"allOrNone": False, "records": records}
    # An opt-out makes no duplicate: a rule that only alerts must not stand in its way, whatever the sync says.
    assign, save = batch.assignment_rules, batch.allow_duplicates or kind is OperationKind.OPT_OUT
    return write(method, path, body, lane, assignment_rules=assign, allow_duplicates=save)


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
