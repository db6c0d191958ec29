"""Lists and their memberships."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ..kernel.http import HttpResponse
from ..kernel.rows import Row
from .lists import PROCESSING, fills_itself
from .state import Call, PortalState
from .stock import BY_NAME
from .wire import (
    NO_CONTENT,
    Refusal,
    after_id,
    answer,
    bad_request,
    flag,
    json_object,
    method_not_allowed,
    no_such_path,
    stamp,
    text_list,
    whole_number,
)

MOST_AT_ONCE: Final = 100_000
LARGEST_PAGE: Final = 250
MOST_FOUND: Final = 500


def list_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/crm/lists``. Raises Refusal."""
    reads = call.method == "GET" or call.rest == ("search",)
    call.needs("crm.lists.read" if reads else "crm.lists.write")
    match call.rest, call.method:
        case (), "POST":
            return _created(state, call)
        case (), "GET":
            wanted = [state.lists.get(each) for each in text_list(call.request, "listIds")]
            return answer(200, {"lists": [_shown(state, row) for row in wanted if row is not None]})
        case ("search",), "POST":
            return _searched(state, call)
        case ("object-type-id", object, "name", name), "GET":
            row = state.lists.named(state.object(object).kind.key, name)
            if row is None:
                raise _no_list(f"named {name}")
            return answer(200, {"list": _shown(state, row)})
        case ("records", object, record_id, "memberships"), "GET":
            return _of_record(state, object, record_id)
        case (list_id,), "GET":
            filters = flag(call.request, "includeFilters")
            return answer(200, {"list": _shown(state, _list(state, list_id), filters)})
        case (list_id, "update-list-filters"), "PUT":
            return _refiltered(state, call, list_id)
        case (list_id,), "DELETE":
            state.lists.table.delete(_list(state, list_id), call.caller.app_id, state.now())
            return NO_CONTENT
        case (list_id, "restore"), "PUT":
            return _restored(state, call, list_id)
        case (list_id, "update-list-name"), "PUT":
            return _renamed(state, call, list_id)
        case (list_id, "memberships", *rest), _:
            return _membership_call(state, call, _list(state, list_id), tuple(rest))
        case ((), _) | ((_,), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def _list(state: PortalState, list_id: str) -> Row:
    row = state.lists.get(list_id)
    if row is None:
        raise _no_list(f"with the id {list_id}")
    return row


def _no_list(which: str) -> Refusal:
    return Refusal(404, "OBJECT_NOT_FOUND", f"No list {which} exists", sub_category="ILS.LIST_NOT_FOUND")


def _created(state: PortalState, call: Call) -> HttpResponse:
    body = json_object(call.request)
    missing = [each for each in ("name", "objectTypeId", "processingType") if not body.get(each)]
    if missing:
        listed = ", ".join(missing)
        raise bad_request(
            f"Invalid input JSON on line 1, column 1: Some required fields were not set: [{listed}]"
        )
    if body["processingType"] not in PROCESSING:
        raise bad_request(f"The processingType must be one of {', '.join(sorted(PROCESSING))}")
    key, name = state.object(str(body["objectTypeId"])).kind.key, str(body["name"])
    _free_name(state, key, name)
    processing, branch = str(body["processingType"]), body.get("filterBranch")
    if processing == "DYNAMIC" or branch is not None:
        _usable(state, key, processing, branch)
    row = state.lists.create(key, name, processing, call.caller.app_id, state.now(), branch)
    return answer(200, {"list": _shown(state, row)})


def _usable(state: PortalState, key: str, processing: str, branch: Any) -> None:
    """Raises Refusal: a list cannot be filled by these conditions."""
    if processing == "MANUAL":
        raise bad_request("A list of the processingType MANUAL has no filterBranch")
    state.list_condition(key, branch)


def _refiltered(state: PortalState, call: Call, list_id: str) -> HttpResponse:
    row, branch = _list(state, list_id), json_object(call.request).get("filterBranch")
    if not fills_itself(row):
        raise bad_request(f"The list {list_id} is not of the processingType DYNAMIC")
    _usable(state, row.values["object"], "DYNAMIC", branch)
    state.lists.table.update(row, {"branch": branch}, call.caller.app_id, state.now())
    return answer(200, {"updatedList": _shown(state, row, filters=True)})


def _free_name(state: PortalState, key: str, name: str) -> None:
    if state.lists.named(key, name) is not None:
        raise bad_request(
            f"A list with the name {name} already exists", sub_category="ILS.DUPLICATE_LIST_NAMES"
        )


def _renamed(state: PortalState, call: Call, list_id: str) -> HttpResponse:
    row, name = _list(state, list_id), call.request.first("listName") or ""
    if not name:
        raise bad_request("The query parameter 'listName' is missing")
    if name.casefold() != row.values["name"].casefold():
        _free_name(state, row.values["object"], name)
    state.lists.rename(row, name, call.caller.app_id, state.now())
    return answer(200, {"updatedList": _shown(state, row)})


def _restored(state: PortalState, call: Call, list_id: str) -> HttpResponse:
    row = state.lists.table.get(list_id)
    if row is None:
        raise _no_list(f"with the id {list_id}")
    if row.deleted_at is not None:
        _free_name(state, row.values["object"], row.values["name"])
        state.lists.table.restore(row, call.caller.app_id, state.now())
    return NO_CONTENT


def _searched(state: PortalState, call: Call) -> HttpResponse:
    body = json_object(call.request)
    object = body.get("objectTypeId")
    key = state.object(str(object)).kind.key if object else None
    found = state.lists.search(str(body.get("query") or ""), key)
    ids, types = body.get("listIds"), body.get("processingTypes")
    found = [
        row
        for row in found
        if (not ids or row.id in map(str, ids)) and (not types or row.values["processing"] in types)
    ]
    offset, count = (int(body.get(name) or default) for name, default in (("offset", 0), ("count", 20)))
    if not 0 < count <= MOST_FOUND:
        raise bad_request(f"The count must be between 1 and {MOST_FOUND}, but was {count}")
    page = [_shown(state, row) for row in found[offset : offset + count]]
    return answer(
        200,
        {
            "offset": offset + len(page),
            "hasMore": offset + len(page) < len(found),
            "lists": page,
            "total": len(found),
        },
    )


def _of_record(state: PortalState, object: str, record_id: str) -> HttpResponse:
    row = state.object(object).find(record_id)
    mine = state.lists.of(state.object(object).kind.key, row.id) if row is not None else iter(())
    results = [
        {
            "listId": each.values["list"],
            "listVersion": 1,
            "firstAddedTimestamp": stamp(each.created_at),
            "lastAddedTimestamp": stamp(each.modified_at),
            "isPublicList": False,
        }
        for each in mine
        if state.lists.get(each.values["list"]) is not None
    ]
    return answer(200, {"results": results, "total": len(results)})


def _membership_call(state: PortalState, call: Call, row: Row, rest: tuple[str, ...]) -> HttpResponse:
    if call.method != "GET" and fills_itself(row):
        raise bad_request(
            f"The list {row.id} fills itself; its members cannot be changed",
            sub_category="ILS.INVALID_LIST_PROCESSING_TYPE",
        )
    match rest, call.method:
        case (), "GET":
            return _members(state, call, row)
        case ("join-order",), "GET":
            return _joined(state, call, row)
        case ("add-from", source), "PUT":
            other = [each.values["record"] for each in state.lists.memberships(_list(state, source).id)]
            state.lists.add(row, other, call.caller.app_id, state.now())
            return NO_CONTENT
        case (), "DELETE":
            everyone = [each.values["record"] for each in state.lists.memberships(row.id)]
            state.lists.remove(row, everyone, call.caller.app_id, state.now())
            return NO_CONTENT
        case ("add",), "PUT":
            return _moved(state, call, row, _ids(call.request.json()), [])
        case ("remove",), "PUT":
            return _moved(state, call, row, [], _ids(call.request.json()))
        case ("add-and-remove",), "PUT":
            body = json_object(call.request)
            wanted, unwanted = body.get("recordIdsToAdd") or [], body.get("recordIdsToRemove") or []
            return _moved(state, call, row, _ids(wanted), _ids(unwanted))
        case ((), _) | ((_,), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def _ids(items: Any) -> list[str]:
    if not isinstance(items, list) or not all(str(each).isdecimal() for each in items):
        raise bad_request("Invalid input JSON on line 1, column 1: a list of record ids was expected")
    if len(items) > MOST_AT_ONCE:
        raise bad_request(f"At most {MOST_AT_ONCE} records can be put on or taken off a list at once")
    return [str(each) for each in items]


def _moved(
    state: PortalState, call: Call, row: Row, wanted: Iterable[str], unwanted: Iterable[str]
) -> HttpResponse:
    """The names of the three parts are the API's own: records with an s once, without it twice (confirmed)."""
    records, author, at = state.records[row.values["object"]], call.caller.app_id, state.now()
    missing: list[str] = []

    def there(ids: Iterable[str]) -> list[str]:
        found = {each: records.find(each) for each in ids}
        missing.extend(each for each, record in found.items() if record is None)
        return [record.id for record in found.values() if record is not None]

    added = state.lists.add(row, there(wanted), author, at)
    removed = state.lists.remove(row, there(unwanted), author, at)
    return answer(200, {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing})


def _members(state: PortalState, call: Call, row: Row) -> HttpResponse:
    limit, after = whole_number(call.request, "limit", 100, LARGEST_PAGE), after_id(call.request)
    members = state.lists.memberships(row.id)
    left = [each for each in members if int(each.values["record"]) > after]
    results = [
        {"recordId": each.values["record"], "membershipTimestamp": stamp(each.modified_at)}
        for each in left[:limit]
    ]
    body: dict[str, Any] = {"results": results, "total": len(members)}
    if len(left) > limit:
        body["paging"] = call.next_page(results[-1]["recordId"])
    return answer(200, body)


def _joined(state: PortalState, call: Call, row: Row) -> HttpResponse:
    """Members in the order in which they joined; pages are places in that order."""
    limit, after = whole_number(call.request, "limit", 100, LARGEST_PAGE), after_id(call.request)
    members = sorted(
        state.lists.memberships(row.id), key=lambda each: (each.modified_at, int(each.values["record"]))
    )
    results = [
        {"recordId": each.values["record"], "membershipTimestamp": stamp(each.modified_at)}
        for each in members[after : after + limit]
    ]
    body: dict[str, Any] = {"results": results, "total": len(members)}
    if len(members) > after + limit:
        body["paging"] = call.next_page(str(after + limit))
    return answer(200, body)


def _shown(state: PortalState, row: Row, filters: bool = False) -> dict[str, Any]:
    branch = row.values.get("branch")
    return {
        **({"filterBranch": branch} if filters and branch is not None else {}),
        "listId": row.id,
        "listVersion": 1 + len(row.history),
        "name": row.values["name"],
        "objectTypeId": BY_NAME[row.values["object"]].type_id,
        "processingType": row.values["processing"],
        "processingStatus": "COMPLETE",
        "size": state.lists.size(row.id),
        "createdAt": stamp(row.created_at),
        "updatedAt": stamp(row.modified_at),
        "additionalProperties": {"hs_list_size": str(state.lists.size(row.id))},
    }
