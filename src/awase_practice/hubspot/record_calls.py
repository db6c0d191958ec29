"""Records one at a time: list, get, create, change, archive, merge, search."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ..kernel.http import HttpResponse
from ..kernel.rows import Row
from .records import Records
from .search import LONGEST_BODY, find
from .state import Call, PortalState
from .wire import (
    NO_CONTENT,
    Refusal,
    answer,
    bad_request,
    flag,
    json_object,
    not_found,
    text_list,
    whole_number,
)


def asked_history(state: PortalState, names: list[str]) -> list[str]:
    """The histories to show: those asked for, unless the portal is set to give none."""
    return names if state.settings.history else []


def written_properties(body: dict[str, Any]) -> dict[str, Any]:
    """The ``properties`` of a write. Raises Refusal."""
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise bad_request(
            "Invalid input JSON on line 1, column 1: Some required fields were not set: [properties]"
        )
    return properties


def shown_after_write(records: Records, row: Row, written: tuple[str, ...]) -> dict[str, Any]:
    """A record as a write answers it: what was written, and what a record always shows."""
    names = dict.fromkeys((*written, "hs_object_source", "hs_object_source_id", "lifecyclestage"))
    shown = records.show(row, names)
    present = {
        name: value for name, value in shown["properties"].items() if value is not None or name in written
    }
    return {**shown, "properties": present}


def enforces_required(version: str) -> bool:
    """Whether required properties bind API writes: from 2026-09 on, not in v3 or earlier dates (confirmed)."""
    return version >= "2026-09" and not version.startswith("v")


def listed(state: PortalState, call: Call, records: Records) -> HttpResponse:
    """A page of records by id. Raises Refusal."""
    request = call.request
    histories = text_list(request, "propertiesWithHistory")
    limit = whole_number(request, "limit", 10, 50 if histories else 100)
    after = request.first("after") or "0"
    if not after.isdecimal():
        raise bad_request(f"Invalid value '{after}' for query parameter 'after'")
    rows, more = records.page(int(after), limit, flag(request, "archived"))
    names = text_list(request, "properties") or list(records.kind.shown)
    shown_histories = asked_history(state, histories)
    body: dict[str, Any] = {"results": [records.show(row, names, histories=shown_histories) for row in rows]}
    if more:
        body["paging"] = {"next": _next_page(call, rows[-1].id)}
    return answer(200, body)


def _next_page(call: Call, after: str) -> dict[str, str]:
    request = call.request
    query = {**request.query, "after": [after]}
    return {"after": after, "link": f"{request.origin}{request.path}?{urlencode(query, doseq=True)}"}


def _found(call: Call, records: Records, record_id: str) -> Row:
    id_property = call.request.first("idProperty")
    if id_property and id_property != "hs_object_id" and not records.unique.covers(id_property):
        raise bad_request(f"{id_property} is not a unique property of {records.kind.type_id}")
    row = records.find(record_id, id_property, archived=flag(call.request, "archived"))
    if row is None:
        raise not_found()
    return row


def got(state: PortalState, call: Call, records: Records, record_id: str) -> HttpResponse:
    """One record. Raises Refusal."""
    row = _found(call, records, record_id)
    names = text_list(call.request, "properties") or list(records.kind.shown)
    histories = asked_history(state, text_list(call.request, "propertiesWithHistory"))
    return answer(200, records.show(row, names, histories=histories))


def created(state: PortalState, call: Call, records: Records) -> HttpResponse:
    """A new record. Raises Refusal."""
    _not_locked(state)
    properties = written_properties(json_object(call.request))
    draft = records.draft_create(properties, enforce_required=enforces_required(call.version))
    row = records.settle(draft, call.caller.app_id, state.now())
    return answer(201, shown_after_write(records, row, draft.written))


def changed(state: PortalState, call: Call, records: Records, record_id: str) -> HttpResponse:
    """A changed record. Raises Refusal."""
    _not_locked(state)
    properties = written_properties(json_object(call.request))
    draft = records.draft_update(_found(call, records, record_id), properties)
    row = records.settle(draft, call.caller.app_id, state.now())
    return answer(200, shown_after_write(records, row, draft.written))


def archived(state: PortalState, call: Call, records: Records, record_id: str) -> HttpResponse:
    """Archive a record. Raises Refusal."""
    row = records.find(record_id)
    if row is not None:
        records.table.delete(row, call.caller.app_id, state.now())
    return NO_CONTENT  # archiving what is not there is no error (from memory)


def merged(state: PortalState, call: Call, records: Records) -> HttpResponse:
    """Two records become one. Raises Refusal."""
    body = json_object(call.request)
    winner = records.find(str(body.get("primaryObjectId", "")))
    loser = records.find(str(body.get("objectIdToMerge", "")))
    if winner is None or loser is None:
        raise not_found()
    if winner is loser:
        raise bad_request("A record cannot be merged with itself")
    records.merge(winner, loser, call.caller.app_id, state.now())
    return answer(200, records.show(winner, [*records.kind.shown, "hs_merged_object_ids"]))


def searched(state: PortalState, call: Call, records: Records) -> HttpResponse:
    """A page of what a search finds. Raises Refusal."""
    if (
        len(call.request.body) > LONGEST_BODY
        and len(call.request.body.decode("utf-8", "replace")) > LONGEST_BODY
    ):
        raise bad_request(f"The request body is longer than {LONGEST_BODY} characters")
    body = json_object(call.request)
    found = find(records, body, state.clock, state.faults)
    names = [str(name) for name in body.get("properties") or records.kind.shown]
    results = [records.show(row, names, version) for row, version in found.rows]
    shown: dict[str, Any] = {"total": found.total, "results": results}
    if found.next_after is not None:
        shown["paging"] = {"next": {"after": str(found.next_after)}}
    return answer(200, shown)


def locked() -> Refusal:
    """The 423 of records that too many writes hit at once; the lock is said to last two seconds (confirmed)."""
    return Refusal(423, "LOCKED", "The record is locked by another write. Try again in 2 seconds")


def _not_locked(state: PortalState) -> None:
    if state.faults.fire("batch.lock") is not None:
        raise locked()
