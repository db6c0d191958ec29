"""Definitions of forms, and the list of what was sent with them."""

from __future__ import annotations

from typing import Any, Final

from ..kernel.http import HttpResponse
from ..kernel.rows import Row
from .forms import KINDS, PARTS, fields_of, type_of
from .state import Call, PortalState
from .wire import (
    NO_CONTENT,
    Refusal,
    after_id,
    answer,
    bad_request,
    flag,
    json_object,
    method_not_allowed,
    milliseconds,
    no_such_path,
    stamp,
    text_list,
    whole_number,
)

_SCOPE: Final = "forms"
_NEEDED: Final = ("formType", "name", "fieldGroups", "configuration", "displayOptions")


def form_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/marketing/v3/forms``. Raises Refusal."""
    rest = call.rest
    if call.version == "v3":
        if rest[:1] != ("forms",):
            raise no_such_path()
        rest = rest[1:]
    call.needs(_SCOPE)
    match rest, call.method:
        case (), "GET":
            return _listed(state, call)
        case (), "POST":
            return answer(201, _shown(_created(state, call)))
        case (form_id,), "GET":
            return answer(200, _shown(_form(state, form_id, flag(call.request, "archived"))))
        case (form_id,), "PATCH" | "PUT":
            return answer(200, _shown(_changed(state, call, form_id)))
        case (form_id,), "DELETE":
            state.forms.table.delete(_form(state, form_id), call.caller.app_id, state.now())
            return NO_CONTENT
        case ((), _) | ((_,), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def submission_list_call(state: PortalState, call: Call) -> HttpResponse:
    """``/form-integrations/v1/submissions/forms/{form}``. Raises Refusal."""
    if call.rest[:2] != ("submissions", "forms") or len(call.rest) != 3:
        raise no_such_path()
    call.needs(_SCOPE)
    if call.method != "GET":
        raise method_not_allowed()
    form = _form(state, call.rest[2])
    limit, after = whole_number(call.request, "limit", 20, 50), after_id(call.request)
    found = state.forms.submitted(form.id)
    body: dict[str, Any] = {
        "results": [
            {
                "conversionId": f"{form.id[:24]}{int(row.id):012x}",
                "submittedAt": milliseconds(row.created_at),
                "values": row.values["values"],
                "pageUrl": row.values["page"],
            }
            for row in found[after : after + limit]
        ]
    }
    if len(found) > after + limit:
        body["paging"] = call.next_page(str(after + limit))
    return answer(200, body)


def _form(state: PortalState, form_id: str, archived: bool = False) -> Row:
    row = state.forms.table.get(form_id.lower())
    if row is None or (row.deleted_at is not None) != archived:
        raise Refusal(404, "OBJECT_NOT_FOUND", f"Form not found with id {form_id}")
    return row


def _listed(state: PortalState, call: Call) -> HttpResponse:
    kinds = set(text_list(call.request, "formTypes")) or {"hubspot"}
    if kinds - KINDS:
        raise bad_request(
            f"Invalid value '{', '.join(sorted(kinds - KINDS))}' for query parameter 'formTypes'"
        )
    limit, after = whole_number(call.request, "limit", 20, 500), after_id(call.request)
    rows, more = state.forms.page(flag(call.request, "archived"), kinds, after, limit)
    body: dict[str, Any] = {"results": [_shown(row) for row in rows]}
    if more:
        body["paging"] = call.next_page(str(after + limit))
    return answer(200, body)


def _created(state: PortalState, call: Call) -> Row:
    body = json_object(call.request)
    _complete(body)
    values = _parts(state, body)
    return state.forms.table.insert(values, call.caller.app_id, state.now())


def _changed(state: PortalState, call: Call, form_id: str) -> Row:
    row, body = _form(state, form_id), json_object(call.request)
    if call.method == "PUT":
        _complete(body)
    state.forms.table.update(row, _parts(state, body), call.caller.app_id, state.now())
    return row


def _complete(body: dict[str, Any]) -> None:
    missing = [each for each in _NEEDED if body.get(each) is None]
    if missing:
        listed = ", ".join(missing)
        raise bad_request(
            f"Invalid input JSON on line 1, column 1: Some required fields were not set: [{listed}]"
        )


def _parts(state: PortalState, body: dict[str, Any]) -> dict[str, Any]:
    """What is said of a form, checked: a field must be a property of its object (from memory). Raises Refusal."""
    for each in fields_of(body):
        definition = state.object(type_of(each)).properties.get(str(each.get("name")))
        if definition is None:
            raise bad_request(
                f"The form field {each.get('name')} is no property of {type_of(each)}",
                context={"field": [str(each.get("name"))]},
            )
    return {name: body[name] for name in PARTS if name in body}


def _shown(row: Row) -> dict[str, Any]:
    shown = {
        "id": row.id,
        **row.values,
        "createdAt": stamp(row.created_at),
        "updatedAt": stamp(row.modified_at),
        "archived": row.deleted_at is not None,
    }
    if row.deleted_at is not None:
        shown["archivedAt"] = stamp(row.deleted_at)
    return shown
