"""Records a hundred at a time: read, create, update, upsert, archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ..kernel.http import HttpResponse
from ..kernel.rows import Row
from .drafts import Claims, Draft, InvalidValues
from .limits import locked
from .record_calls import (
    asked_history,
    drafted_create,
    enforces_required,
    settled,
    shown_after_write,
    written_properties,
)
from .records import Records
from .state import Call, PortalState
from .wire import NO_CONTENT, Refusal, answer, bad_request, flag, json_object, no_such_path, stamp

MOST_INPUTS: Final = 100
MOST_WITH_HISTORY: Final = 50

Input = dict[str, Any]
Drafter = Callable[[Input, Claims | None], Draft]


@dataclass(slots=True)
class _Outcome:
    """What a batch came to so far."""

    started: datetime
    results: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


class _Missing(Exception):
    """An input names a record that is not there."""

    def __init__(self, record_id: str) -> None:
        super().__init__(record_id)
        self.record_id = record_id


def batch_call(state: PortalState, call: Call, records: Records, verb: str) -> HttpResponse:
    """A batch call. Raises Refusal if it fails as a whole."""
    body = json_object(call.request)
    inputs = _inputs(body)
    match verb:
        case "read":
            return _read(state, call, records, body, inputs)
        case "create":
            drafter = _create_drafter(state, records, call.version)
            return _write(state, call, records, inputs, drafter, whole=201)
        case "update":
            _only_once(inputs)
            updater = _update_drafter(state, records, enforces_required(call.version))
            return _write(state, call, records, inputs, updater, whole=200)
        case "upsert":
            _only_once(inputs)
            drafter = _upsert_drafter(state, records, enforces_required(call.version))
            return _write(state, call, records, inputs, drafter, whole=200, tells_new=True)
        case "archive":
            for each in inputs:
                row = records.find(str(each.get("id", "")))
                if row is not None:
                    records.table.delete(row, call.caller.app_id, state.now())
            return NO_CONTENT
        case _:
            raise no_such_path()


def _inputs(body: dict[str, Any]) -> list[Input]:
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(each, dict) for each in inputs):
        raise bad_request(
            "Invalid input JSON on line 1, column 1: Some required fields were not set: [inputs]"
        )
    if len(inputs) > MOST_INPUTS:
        raise bad_request(f"A batch may have at most {MOST_INPUTS} inputs, but has {len(inputs)}")
    return inputs


def _only_once(inputs: list[Input]) -> None:
    """The same record twice in a batch refuses the whole batch, trace ids or not (seen)."""
    seen: set[str] = set()
    for each in inputs:
        record_id = str(each.get("id", ""))
        if record_id in seen:
            text = f"Duplicate IDs found in batch input: [{record_id}]. IDs must be unique"
            raise bad_request(text, context={"ids": [record_id]})
        seen.add(record_id)


# -- reading -------------------------------------------------------------------------------------------------


def _read(
    state: PortalState, call: Call, records: Records, body: dict[str, Any], inputs: list[Input]
) -> HttpResponse:
    outcome = _Outcome(state.now())
    wanted_histories = [str(name) for name in body.get("propertiesWithHistory") or ()]
    if wanted_histories and len(inputs) > MOST_WITH_HISTORY:
        raise bad_request(
            "The maximum number of inputs supported in a batch request for property histories is "
            f"{MOST_WITH_HISTORY}. Found {len(inputs)}."
        )
    id_property = body.get("idProperty") or None
    if id_property is not None and not records.unique.covers(str(id_property)):
        raise _not_unique(state, records, str(id_property))
    names = [str(name) for name in body.get("properties") or records.kind.shown]
    histories = asked_history(state, wanted_histories)
    found: dict[str, Row] = {}
    missing: list[str] = []
    for each in inputs:
        wanted = str(each.get("id", ""))
        row = records.find(wanted, id_property, archived=flag(call.request, "archived"))
        if row is None:
            missing.append(wanted)
        else:
            found[row.id] = row
    outcome.results = [records.show(found[key], names, histories=histories) for key in sorted(found)]
    if missing:
        outcome.errors.append(_could_not_get(records, missing).item())
    return _closed(state, outcome, 200)


def _could_not_get(records: Records, ids: list[str]) -> Refusal:
    text = f"Could not get some {records.kind.label} objects, they may be deleted or not exist. Check that ids are valid."
    return Refusal(404, "OBJECT_NOT_FOUND", text, context={"ids": ids})


def _not_unique(state: PortalState, records: Records, name: str) -> Refusal:
    return bad_request(
        f"Unable to perform update/upsert by non-unique {records.kind.type_id} property {name}"
        f" in portal ID {state.portal_id}"
    )


# -- writing -------------------------------------------------------------------------------------------------


def _create_drafter(state: PortalState, records: Records, version: str) -> Drafter:
    def draft(each: Input, claims: Claims | None) -> Draft:
        return drafted_create(state, records, each, claims, version)

    return draft


def _update_drafter(state: PortalState, records: Records, enforce_required: bool) -> Drafter:
    def draft(each: Input, claims: Claims | None) -> Draft:
        name = each.get("idProperty") or None
        # An e-mail address finds a contact elsewhere, but is no unique property here (seen).
        if name is not None and (name == "email" or not records.unique.covers(str(name))):
            raise _not_unique(state, records, str(name))
        row = records.find(str(each.get("id", "")), name)
        if row is None:
            raise _Missing(str(each.get("id", "")))
        state.locks.write(row.id)
        return records.draft_update(row, written_properties(each), claims, enforce_required)

    return draft


def _upsert_drafter(state: PortalState, records: Records, enforce_required: bool) -> Drafter:
    def draft(each: Input, claims: Claims | None) -> Draft:
        name = str(each.get("idProperty") or "")
        if not records.unique.covers(name):
            raise _not_unique(state, records, name)
        key = str(each.get("id", ""))
        properties = written_properties(each)
        row = records.find(key, name)
        if row is not None:
            state.locks.write(row.id)
            return records.draft_update(row, properties, claims, enforce_required)
        return records.draft_create({**properties, name: key}, claims, enforce_required)

    return draft


def _write(
    state: PortalState,
    call: Call,
    records: Records,
    inputs: list[Input],
    drafter: Drafter,
    *,
    whole: int,
    tells_new: bool = False,
) -> HttpResponse:
    """Each input by itself if every one has its own trace id, otherwise all or none."""
    outcome = _Outcome(state.now())
    lock = bool(inputs) and state.faults.fire("batch.lock") is not None

    def settle(draft: Draft, trace: Any) -> None:
        row = settled(state, records, draft, call.caller.app_id)
        shown = shown_after_write(records, row, draft.written)
        if tells_new:
            shown["new"] = draft.row is None
        if trace is not None:
            shown["objectWriteTraceId"] = str(trace)
        outcome.results.append(shown)

    if inputs and all(each.get("objectWriteTraceId") is not None for each in inputs):
        outcome.errors = _each_by_itself(records, inputs, drafter, settle, len(inputs) // 2 if lock else None)
    elif lock:
        raise locked()
    else:
        drafts, gone_ids = _all_or_none(state, inputs, drafter)
        for draft, trace in drafts:
            settle(draft, trace)
        outcome.errors = [_could_not_get(records, gone_ids).item()] if gone_ids else []
    outcome.results.sort(key=lambda each: str(each["id"]))
    return _closed(state, outcome, whole)


def _each_by_itself(
    records: Records,
    inputs: list[Input],
    drafter: Drafter,
    settle: Callable[[Draft, Any], None],
    locked_at: int | None,
) -> list[dict[str, Any]]:
    """Settle what can be settled; the errors of the rest. locked_at: the position of an input that is locked."""
    traces = [str(each["objectWriteTraceId"]) for each in inputs]
    _distinct(traces)
    errors: list[dict[str, Any]] = []
    for position, (each, trace) in enumerate(zip(inputs, traces, strict=True)):
        try:
            if position == locked_at:
                raise locked()
            settle(drafter(each, None), trace)
        except _Missing as gone:
            errors.append(_could_not_get(records, [gone.record_id]).item(trace))
        except Refusal as refusal:
            errors.append(refusal.item(trace))
    return errors


def _distinct(traces: list[str]) -> None:
    if len(set(traces)) < len(traces):
        raise bad_request("Every objectWriteTraceId of a batch must be unique")


def _all_or_none(
    state: PortalState, inputs: list[Input], drafter: Drafter
) -> tuple[list[tuple[Draft, Any]], list[str]]:
    """Every draft, and the ids that were not there (those are the one thing that does not stop the others).

    Raises Refusal: refused values of all inputs together, or else the first conflict.
    """
    drafts: list[tuple[Draft, Any]] = []
    gone_ids: list[str] = []
    invalid: list[InvalidValues] = []
    first: Refusal | None = None
    claims = Claims()
    for each in inputs:
        try:
            drafts.append((drafter(each, claims), each.get("objectWriteTraceId")))
        except _Missing as gone:
            gone_ids.append(gone.record_id)
        except InvalidValues as refusal:
            invalid.append(refusal)
        except Refusal as refusal:
            first = first or refusal
    if invalid:
        raise InvalidValues([each for one in invalid for each in one.complaints], state.portal_id)
    if first is not None:
        raise first
    return drafts, gone_ids


def _closed(state: PortalState, outcome: _Outcome, whole: int) -> HttpResponse:
    """The batch envelope; 207 (or what is set) when there are errors in it."""
    results = outcome.results
    if results and state.faults.fire("batch.fewer") is not None:
        results = results[:-1]
    if len(results) > 1 and state.faults.fire("batch.reordered") is not None:
        results = results[::-1]
    body: dict[str, Any] = {"status": "COMPLETE", "results": results}
    if outcome.errors:
        body |= {"numErrors": len(outcome.errors), "errors": outcome.errors}
    body |= {"startedAt": stamp(outcome.started), "completedAt": stamp(state.now())}
    return answer(state.settings.partial_status if outcome.errors else whole, body)
