"""Associations as v4 and the dated paths have them: of one record, and in batches."""

from __future__ import annotations

from typing import Any, Final

from ..kernel.http import HttpResponse
from .associating import Input, asked_kind, closed, end, inputs_of, link, none_associated, part, take_off
from .association_types import CATEGORY, Kind
from .cap_calls import cap_call
from .label_calls import label_call
from .old_association_calls import old_association_call, old_record_association_call
from .records import Records
from .state import Call, PortalState
from .wire import NO_CONTENT, Refusal, after_id, answer, method_not_allowed, no_such_path, whole_number

LARGEST_PAGE: Final = 500
MOST_READ: Final = 1_000
MOST_WRITTEN: Final = 2_000
MOST_ARCHIVED: Final = 100


def record_association_call(
    state: PortalState, call: Call, records: Records, record_id: str, rest: tuple[str, ...]
) -> HttpResponse:
    """Any call below ``…/{object}/{id}/associations``. Raises Refusal."""
    if call.version == "v3":
        return old_record_association_call(state, call, records, record_id, rest)
    match rest, call.method:
        case (target,), "GET":
            kind = asked_kind(state, call, records, target, "read")
            return answer(200, _page(state, call, kind, state.existing(records, record_id).id))
        case ("default", target, to_id), "PUT":
            kind = asked_kind(state, call, records, target, "write")
            pair = link(state, call, kind, record_id, to_id, primary=False)
            return closed(state, _both_sides(kind, *pair), [], 200)
        case (target, to_id), "PUT":
            kind = asked_kind(state, call, records, target, "write")
            return answer(201, _created_one(state, call, kind, record_id, to_id, call.request.json()))
        case (target, to_id), "DELETE":
            part(state, call, asked_kind(state, call, records, target, "write"), record_id, to_id)
            return NO_CONTENT
        case ((_,), _) | ((_, _), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def _page(state: PortalState, call: Call, kind: Kind, record_id: str) -> dict[str, Any]:
    limit, after = whole_number(call.request, "limit", LARGEST_PAGE, LARGEST_PAGE), after_id(call.request)
    left = [each for each in state.associations.targets(kind, record_id) if int(each) > after]
    body: dict[str, Any] = {"results": [_to(state, call, kind, record_id, each) for each in left[:limit]]}
    if len(left) > limit:
        body["paging"] = call.next_page(left[limit - 1])
    return body


def _to(state: PortalState, call: Call, kind: Kind, record_id: str, to_id: str) -> dict[str, Any]:
    """One associated record. Its id is a number in v4 and text in the dated paths (both seen)."""
    given = state.associations.labels(kind, record_id, to_id)
    types = state.labels.types(kind, state.associations.is_primary(kind, record_id, to_id), given)
    return {"toObjectId": _id(call, to_id), "associationTypes": types}


def _id(call: Call, record_id: str) -> int | str:
    return int(record_id) if call.version == "v4" else record_id


# -- batches -------------------------------------------------------------------------------------------------


def association_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/crm/associations/{from}/{to}``. Raises Refusal."""
    if len(call.rest) < 3:
        raise no_such_path()
    if call.rest[:2] == ("definitions", "configurations"):
        return cap_call(state, call)
    rest = call.rest[2:]
    right = "read" if call.method == "GET" or rest[-1] == "read" else "write"
    kind = asked_kind(state, call, state.object(call.rest[0]), call.rest[1], right)
    if call.version == "v3":
        return old_association_call(state, call, kind, rest)
    if rest[0] == "labels":
        return label_call(state, call, kind, rest[1:])
    if call.method != "POST":
        raise method_not_allowed()
    match rest:
        case ("batch", "read"):
            return _read(state, call, kind, inputs_of(call, MOST_READ))
        case ("batch", "create"):
            return _created(state, call, kind, inputs_of(call, MOST_WRITTEN))
        case ("batch", "associate", "default"):
            return _defaulted(state, call, kind, inputs_of(call, MOST_WRITTEN))
        case ("batch", "archive"):
            for each in inputs_of(call, MOST_ARCHIVED):
                targets = each.get("to")
                for to in targets if isinstance(targets, list) else [targets]:
                    part(state, call, kind, end(each, "from"), end({"to": to}, "to"))
            return NO_CONTENT
        case ("batch", "labels", "archive"):
            for each in inputs_of(call, MOST_WRITTEN):
                asked = state.labels.asked(each.get("types"), kind)
                take_off(state, call, asked, end(each, "from"), end(each, "to"))
            return NO_CONTENT
        case _:
            raise no_such_path()


def _read(state: PortalState, call: Call, kind: Kind, inputs: list[Input]) -> HttpResponse:
    results, errors = [], []
    for each in inputs:
        asked, after = str(each.get("id", "")), str(each.get("after") or "0")
        row = state.records[kind.origin].find(asked)
        found = state.associations.targets(kind, row.id) if row is not None else []
        left = [to_id for to_id in found if not after.isdecimal() or int(to_id) > int(after)]
        if row is None or not found:
            errors.append(none_associated(kind, asked).item())
            continue
        to = [_to(state, call, kind, row.id, to_id) for to_id in left[:LARGEST_PAGE]]
        result: dict[str, Any] = {"from": {"id": row.id}, "to": to}
        if len(left) > LARGEST_PAGE:
            result["paging"] = {"next": {"after": left[LARGEST_PAGE - 1]}}
        results.append(result)
    return closed(state, results, errors, 200)


def _created(state: PortalState, call: Call, kind: Kind, inputs: list[Input]) -> HttpResponse:
    results: list[Input] = []
    errors: list[Input] = []
    for each in inputs:
        state.labels.asked(each.get("types"), kind)  # a wrong type refuses the whole batch (from memory)
    for each in inputs:
        try:
            one, other = end(each, "from"), end(each, "to")
            results.append(_created_one(state, call, kind, one, other, each.get("types")))
        except Refusal as refusal:
            errors.append(refusal.item())
    return closed(state, results, errors, 201)


def _created_one(
    state: PortalState, call: Call, kind: Kind, from_id: str, to_id: str, specs: Any
) -> dict[str, Any]:
    asked = state.labels.asked(specs, kind)
    origin, target = link(state, call, kind, from_id, to_id, asked.primary, asked.labels)
    given = state.associations.labels(kind, origin, target)
    types = state.labels.types(kind, state.associations.is_primary(kind, origin, target), given)
    return {
        "fromObjectTypeId": state.records[kind.origin].kind.type_id,
        "fromObjectId": _id(call, origin),
        "toObjectTypeId": state.records[kind.target].kind.type_id,
        "toObjectId": _id(call, target),
        "labels": [each["label"] for each in types if each["label"]],
    }


def _defaulted(state: PortalState, call: Call, kind: Kind, inputs: list[Input]) -> HttpResponse:
    results: list[Input] = []
    errors: list[Input] = []
    for each in inputs:
        try:
            pair = link(state, call, kind, end(each, "from"), end(each, "to"), primary=False)
            results += _both_sides(kind, *pair)
        except Refusal as refusal:
            errors.append(refusal.item())
    return closed(state, results, errors, 200)


def _both_sides(kind: Kind, origin: str, target: str) -> list[Input]:
    """An association without a label is answered from both sides (from memory)."""
    return [
        {
            "from": {"id": one},
            "to": {"id": other},
            "associationSpec": {"associationCategory": CATEGORY, "associationTypeId": side.plain},
        }
        for side, one, other in ((kind, origin, target), (kind.back, target, origin))
    ]
