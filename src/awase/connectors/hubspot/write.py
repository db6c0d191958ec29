"""Writing: operations as one batch call, its answer as one outcome an operation.

Each input carries a trace id of its own (``objectWriteTraceId``). Without them a batch create is all or nothing;
with them the vendor answers 207 and says item by item what it refused (confirmed). Results come in any order (from
memory), so nothing is settled by position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Never

import msgspec

from awase.connectors.hubspot import relating, relations
from awase.connectors.hubspot.consent import opt_out
from awase.connectors.hubspot.faults import (
    NOT_ACTED,
    Refusal,
    holds_key,
    item_state,
    refusal_of,
    vendor_error,
)
from awase.connectors.hubspot.paths import Paths
from awase.connectors.hubspot.removals import archive, take_off_list
from awase.connectors.hubspot.settling import unreadable
from awase.connectors.sdk.bodies import JSON_HEADERS, json_answer, json_body
from awase.connectors.sdk.calls import ask_one
from awase.connectors.sdk.outcomes import same_for_all, without_answer
from awase.core.operations import Operation, OperationKind, Outcome, State, VendorError
from awase.core.values import Value, as_text
from awase.errors import Bug
from awase.ports.connector import WriteBatch
from awase.ports.flows import Answer, Flow, Lane, Request, Response

UNACCOUNTED = VendorError(code="NO_ANSWER", message="the answer does not say what became of this record")


class _Result(msgspec.Struct, rename="camel"):
    id: str
    properties: dict[str, Any] = {}
    updated_at: str | None = None
    object_write_trace_id: str | None = None

    @property
    def stamp(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.updated_at).astimezone(UTC) if self.updated_at else None
        except ValueError:
            return None


class _Settled(msgspec.Struct):
    results: list[_Result] | None = None
    errors: list[Refusal] | None = None


def write(paths: Paths, batch: WriteBatch) -> Flow[Never, list[Outcome]]:
    """Send one batch; one outcome an operation, in order."""
    match batch.kind:
        case OperationKind.OPT_OUT:
            return (yield from opt_out(paths, batch))
        case OperationKind.RELATE:
            return (yield from relating.relate(paths, batch.object.name, batch.operations))
        case OperationKind.UNRELATE:
            return (yield from relating.unrelate(paths, batch.object.name, batch.operations))
        case OperationKind.DELETE:
            return (yield from archive(paths, batch.object.name, batch.operations))
        case OperationKind.TAKE_OFF:
            return (yield from take_off_list(paths, batch.operations))
    tail = "/batch/create" if batch.kind is OperationKind.CREATE else "/batch/update"
    body = json_body({"inputs": [_input(batch, at, one) for at, one in enumerate(batch.operations)]})
    request = Request(
        "POST",
        paths.objects(batch.object.name, tail),
        headers=JSON_HEADERS,
        body=body,
        lane=Lane.WRITE,
        idempotent=False,
    )
    return outcomes(batch, (yield from ask_one(request)))


def trace_id(position: int, operation: Operation) -> str:
    """Names one input of one call: the link, and the position so that it is unique whatever the links are."""
    return f"{position}:{operation.link}"


def _input(batch: WriteBatch, position: int, operation: Operation) -> dict[str, object]:
    fields = batch.object.fields
    properties = {
        name: property_text(value)
        for name, value in operation.values.items()
        if name not in fields or not fields[name].relation
    }
    trace = {"objectWriteTraceId": trace_id(position, operation)}
    if batch.kind is OperationKind.CREATE:
        if batch.object.key_field and operation.key is not None:
            properties[batch.object.key_field] = operation.key
        members = relations.create_members(batch.object.name, operation.values)
        return {"properties": properties, **trace} | ({"associations": members} if members else {})
    if operation.id is None:
        raise Bug("an update of {object} names no record", object=batch.object.name)
    return {"id": operation.id, "properties": properties, **trace}


def property_text(value: Value) -> str:
    """A value as HubSpot takes it: always text; empty text clears (confirmed)."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return as_text(value) or ""


def outcomes(batch: WriteBatch, answer: Answer) -> list[Outcome]:
    """What became of each operation; an item the answer does not account for is unknown."""
    if not isinstance(answer, Response):
        return without_answer(batch.operations, answer)
    if answer.status in (200, 201, 207):
        settled = json_answer(answer, _Settled)
        if settled is None:
            return same_for_all(batch.operations, State.UNKNOWN, unreadable(answer))
        return _settle(batch, settled)
    refusal = refusal_of(answer)
    if answer.status in NOT_ACTED:
        error = vendor_error(refusal or Refusal(), answer.status)
        return same_for_all(batch.operations, State.DEFERRED, error)
    if refusal is None or answer.status == 408 or not 400 <= answer.status < 500:
        return same_for_all(batch.operations, State.UNKNOWN, unreadable(answer))
    return _refused_whole(batch, refusal, answer.status)


def _refused_whole(batch: WriteBatch, refusal: Refusal, status: int) -> list[Outcome]:
    """A refused call wrote nothing. Whom it was for is known with one record, or where the answer names traces."""
    error = vendor_error(refusal, status)
    if len(batch.operations) == 1:
        return [_refused(batch, batch.operations[0], refusal, error)]
    if status in (400, 409):
        error = msgspec.structs.replace(error, whole_call=True)
    found = _Evidence(batch)
    for part in refusal.parts:
        found.refused(part)
    return [
        said if said is not None else Outcome(link=one.link, state=State.DEFERRED, id=one.id, error=error)
        for one, said in zip(batch.operations, found.verdicts(), strict=True)
    ]


def _settle(batch: WriteBatch, settled: _Settled) -> list[Outcome]:
    found = _Evidence(batch)
    for result in settled.results or ():
        found.applied(result)
    for refusal in settled.errors or ():
        found.refused(refusal)
    return [
        said
        if said is not None
        else Outcome(link=one.link, state=State.UNKNOWN, id=one.id, error=UNACCOUNTED)
        for one, said in zip(batch.operations, found.verdicts(), strict=True)
    ]


def _refused(batch: WriteBatch, operation: Operation, refusal: Refusal, error: VendorError) -> Outcome:
    """A create whose key is there already may be ours from a lost call: reading the key tells."""
    state = item_state(refusal, error)
    if batch.kind is OperationKind.CREATE and holds_key(error, batch.object.key_field):
        state = State.UNKNOWN
    return Outcome(link=operation.link, state=state, id=operation.id, error=error)


class _Evidence:
    """What an answer says of each operation, collected by trace id, record id and key; one verdict or none."""

    def __init__(self, batch: WriteBatch) -> None:
        operations = batch.operations
        self._batch = batch
        self._said: list[list[Outcome | None]] = [[] for _ in operations]
        self._by_trace = {trace_id(at, one): at for at, one in enumerate(operations)}
        creates = batch.kind is OperationKind.CREATE
        self._by_id = {} if creates else _unique(one.id for one in operations)
        self._by_key = _unique(one.key for one in operations) if creates else {}

    def applied(self, result: _Result) -> None:
        """Names that point at two operations at once settle neither."""
        key_field = self._batch.object.key_field
        key = str(result.properties.get(key_field) or "") if key_field else ""
        named = {
            self._by_trace.get(result.object_write_trace_id or ""),
            self._by_id.get(result.id),
            self._by_key.get(key),
        }
        positions = [at for at in named if at is not None]
        for at in positions:
            link = self._batch.operations[at].link
            done = Outcome(link=link, state=State.APPLIED, id=result.id, stamp=result.stamp)
            self._said[at].append(done if len(positions) == 1 else None)

    def refused(self, refusal: Refusal) -> None:
        """One error may be for several operations."""
        error = vendor_error(refusal)
        traces = _known(self._by_trace, _context(refusal, "objectWriteTraceId"))
        for at in traces or _known(self._by_id, _context(refusal, "ids") + _context(refusal, "id")):
            self._said[at].append(_refused(self._batch, self._batch.operations[at], refusal, error))

    def verdicts(self) -> list[Outcome | None]:
        """For each operation what was said, if it was said once; None if never, twice or in contradiction."""
        return [said[0] if len(said) == 1 else None for said in self._said]


def _context(refusal: Refusal, name: str) -> list[str]:
    values = refusal.context_values(name)
    return values + [value for part in refusal.parts for value in part.context_values(name)]


def _known(index: Mapping[str, int], names: Iterable[str]) -> list[int]:
    return list(dict.fromkeys(index[name] for name in names if name in index))


def _unique(names: Iterable[str | None]) -> dict[str, int]:
    """Positions by name; a name that stands twice leads nowhere."""
    seen: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        if name:
            seen.setdefault(name, []).append(at)
    return {name: places[0] for name, places in seen.items() if len(places) == 1}
