"""Records one at a time: list, get, create, change, archive, merge, search."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..kernel.http import HttpResponse
from ..kernel.rows import Row
from .associating import wishes_of
from .drafts import Claims, Draft
from .limits import locked
from .merging import merge
from .old_association_calls import shown_associations
from .records import Records
from .search import LONGEST_BODY, find
from .state import Call, PortalState
from .wire import (
    NO_CONTENT,
    after_id,
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


def drafted_create(
    state: PortalState, records: Records, body: dict[str, Any], claims: Claims | None, version: str
) -> Draft:
    """A new record with the associations it asks for, all checked. Raises Refusal."""
    wishes = wishes_of(state, records, body)
    draft = records.draft_create(written_properties(body), claims, enforces_required(version))
    state.associations.check_new(wishes, claims)
    return replace(draft, wishes=wishes)


def settled(state: PortalState, records: Records, draft: Draft, author: str) -> Row:
    """Write what was checked, with its associations."""
    row = records.settle(draft, author, state.now())
    state.associations.grant(row.id, draft.wishes, author, state.now())
    return row


def listed(state: PortalState, call: Call, records: Records) -> HttpResponse:
    """A page of records by id. Raises Refusal."""
    request = call.request
    histories = text_list(request, "propertiesWithHistory")
    limit = whole_number(request, "limit", 10, 50 if histories else 100)
    rows, more = records.page(after_id(request), limit, flag(request, "archived"))
    names = text_list(request, "properties") or list(records.kind.shown)
    shown_histories = asked_history(state, histories)
    results = [
        _with_associations(state, call, records, row, records.show(row, names, histories=shown_histories))
        for row in rows
    ]
    body: dict[str, Any] = {"results": results}
    if more:
        body["paging"] = call.next_page(rows[-1].id)
    return answer(200, body)


def _with_associations(
    state: PortalState, call: Call, records: Records, row: Row, shown: dict[str, Any]
) -> dict[str, Any]:
    """A record with the associations asked for, if it has any."""
    wanted = text_list(call.request, "associations")
    found = shown_associations(state, records, row.id, wanted)
    return {**shown, "associations": found} if found else shown


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
    shown = records.show(row, names, histories=histories)
    return answer(200, _with_associations(state, call, records, row, shown))


def created(state: PortalState, call: Call, records: Records) -> HttpResponse:
    """A new record. Raises Refusal."""
    _not_locked(state)
    draft = drafted_create(state, records, json_object(call.request), None, call.version)
    row = settled(state, records, draft, call.caller.app_id)
    return answer(201, shown_after_write(records, row, draft.written))


def changed(state: PortalState, call: Call, records: Records, record_id: str) -> HttpResponse:
    """A changed record. Raises Refusal."""
    _not_locked(state)
    properties = written_properties(json_object(call.request))
    found = _found(call, records, record_id)
    state.locks.write(found.id)
    draft = records.draft_update(found, properties, enforce_required=enforces_required(call.version))
    row = records.settle(draft, call.caller.app_id, state.now())
    return answer(200, shown_after_write(records, row, draft.written))


def archived(state: PortalState, call: Call, records: Records, record_id: str) -> HttpResponse:
    """Archive a record. Raises Refusal."""
    row = records.find(record_id)
    if row is not None:
        records.table.delete(row, call.caller.app_id, state.now())
    return NO_CONTENT  # archiving what is not there is no error (from memory)


def forgotten(state: PortalState, call: Call, records: Records) -> HttpResponse:
    """A contact, by id or address, gone for good with its past; one that is not there is no error. Raises Refusal."""
    body = json_object(call.request)
    row = records.find(str(body.get("objectId") or ""), body.get("idProperty") or None)
    if row is not None:
        records.forget(row, call.caller.app_id, state.now())
        state.webhooks.erased(records.kind.key, row)
    return NO_CONTENT


def merged(state: PortalState, call: Call, records: Records) -> HttpResponse:
    """Two records become one. Raises Refusal."""
    body = json_object(call.request)
    winner, loser = (str(body.get(name) or "") for name in ("primaryObjectId", "objectIdToMerge"))
    if not winner or not loser:
        raise bad_request(
            "Invalid input JSON on line 1, column 1: Some required fields were not set: "
            "[primaryObjectId, objectIdToMerge]"
        )
    survivor = merge(state, records, winner, loser, call.caller.app_id, state.now())
    return answer(200, records.show(survivor, [*records.kind.shown, "hs_merged_object_ids"]))


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


def _not_locked(state: PortalState) -> None:
    if state.faults.fire("batch.lock") is not None:
        raise locked()
