"""Property definitions and their groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..kernel.http import HttpResponse
from .group_calls import group_call
from .properties import Property, changed, from_json
from .records import Records
from .state import Call, PortalState
from .wire import (
    NO_CONTENT,
    Refusal,
    answer,
    bad_request,
    flag,
    json_object,
    method_not_allowed,
    no_such_path,
    stamp,
)

MOST_INPUTS: Final = 100
MOST_UNIQUE: Final = 10
"""Unique properties an object may have."""


def property_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/crm/properties``. Raises Refusal."""
    if not call.rest:
        raise no_such_path()
    records = state.object(call.rest[0])
    call.needs(_scope(call, records))
    match call.rest[1:], call.method:
        case (), "GET":
            archived = flag(call.request, "archived")
            listed = records.properties.archived() if archived else iter(records.properties)
            return answer(200, {"results": [each.to_json() for each in listed]})
        case (), "POST":
            return answer(201, _created(state, records, json_object(call.request)))
        case ("groups", *rest), _:
            return group_call(call, records, tuple(rest))
        case ("batch", verb), "POST":
            return _batch(state, call, records, verb)
        case (name,), "GET":
            return answer(200, _one(records, name, flag(call.request, "archived")))
        case (name,), "PATCH":
            return _patched(state, call, records, name)
        case (name,), "DELETE":
            _archive(state, records, name)
            return NO_CONTENT
        case ((), _) | ((_,), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def _scope(call: Call, records: Records) -> str:
    reads = call.method == "GET" or call.rest[-1] == "read"
    return records.kind.schema_right("read" if reads else "write")


def _one(records: Records, name: str, archived: bool = False) -> dict[str, Any]:
    found = records.properties.find(name, archived)
    if found is None:
        raise Refusal(404, "OBJECT_NOT_FOUND", f'Property "{name}" does not exist')
    return found.to_json()


def _created(state: PortalState, records: Records, body: dict[str, Any]) -> dict[str, Any]:
    definition = from_json(body, state.now())
    _fits(state, records, definition)
    if records.properties.get(definition.name) is not None:
        raise Refusal(
            409,
            "OBJECT_ALREADY_EXISTS",
            f"A property named '{definition.name}' already exists.",
            sub_category="Properties.PROPERTY_WITH_NAME_EXISTS",
        )
    if definition.unique and len(records.properties.unique_names()) >= MOST_UNIQUE:
        raise bad_request(f"An object can have at most {MOST_UNIQUE} unique properties")
    records.properties.put(definition)
    records.unique.rebuild()
    return definition.to_json()


def _fits(state: PortalState, records: Records, definition: Property) -> None:
    """Raises Refusal: the group is not there, or there are too many options (both sub-categories from memory)."""
    if definition.group not in records.groups:
        raise bad_request(
            f"The property group {definition.group} does not exist",
            sub_category="PropertyValidationError.GROUP_DOES_NOT_EXIST",
        )
    most, options = state.settings.most_options, len(definition.options)
    if options > most:
        text = f"The property {definition.name} has {options} options, but can have at most {most}"
        raise bad_request(
            text,
            sub_category="PropertyValidationError.TOO_MANY_OPTIONS",
            context={"propertyName": [definition.name], "limit": [str(most)]},
            errors=[
                {
                    "message": text,
                    "code": "TOO_MANY_OPTIONS",
                    "context": {"propertyName": [definition.name], "limit": [str(most)]},
                }
            ],
        )


def _patched(state: PortalState, call: Call, records: Records, name: str) -> HttpResponse:
    old = records.properties.get(name)
    if old is None:
        raise Refusal(404, "OBJECT_NOT_FOUND", f'Property "{name}" does not exist')
    body = json_object(call.request)
    new = changed(old, body, state.now())
    if (
        old.stock
        and replace(
            new,
            options=old.options,
            option_details=old.option_details,
            label=old.label,
            updated_at=old.updated_at,
        )
        != old
    ):
        raise bad_request(f"The definition of {name} belongs to HubSpot and cannot be changed")
    _fits(state, records, new)
    records.properties.put(new)
    return answer(200, new.to_json())


def _archive(state: PortalState, records: Records, name: str) -> None:
    found = records.properties.get(name)
    if found is not None and found.stock:
        raise bad_request(f"The property {name} belongs to HubSpot and cannot be deleted")
    users = state.users_of(records.kind.key, name) if found is not None else []
    if users:
        raise bad_request(
            f"The property {name} is in use and cannot be deleted: {', '.join(users)}",
            sub_category="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
            context={"propertyName": [name]},
        )
    if not records.properties.archive(name, state.now()):
        raise Refusal(404, "OBJECT_NOT_FOUND", f'Property "{name}" does not exist')
    records.unique.rebuild()


def _batch(state: PortalState, call: Call, records: Records, verb: str) -> HttpResponse:
    started = state.now()
    body_sent = json_object(call.request)
    inputs = body_sent.get("inputs") or []
    if len(inputs) > MOST_INPUTS:
        raise bad_request(f"A batch may have at most {MOST_INPUTS} inputs, but has {len(inputs)}")
    archived = body_sent.get("archived") is True
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for each in inputs:
        try:
            match verb:
                case "read":
                    results.append(_one(records, str(each.get("name", "")), archived))
                case "create":
                    results.append(_created(state, records, each))
                case "archive":
                    _archive(state, records, str(each.get("name", "")))
                case _:
                    raise no_such_path()
        except Refusal as refusal:
            if verb not in {"read", "create", "archive"}:
                raise
            errors.append(
                {**refusal.item(), "context": {**refusal.context, "name": [str(each.get("name", ""))]}}
            )
    if verb == "archive":
        return NO_CONTENT
    body: dict[str, Any] = {"status": "COMPLETE", "results": results}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    body |= {"startedAt": stamp(started), "completedAt": stamp(state.now())}
    whole = 201 if verb == "create" else 200
    return answer(state.settings.partial_status if errors else whole, body)
