"""Groups of properties."""

from __future__ import annotations

from typing import Any

from ..kernel.http import HttpResponse
from .records import Records
from .state import Call
from .wire import (
    NO_CONTENT,
    Refusal,
    answer,
    bad_request,
    json_object,
    method_not_allowed,
    no_such_path,
    not_found,
)


def group_call(call: Call, records: Records, rest: tuple[str, ...]) -> HttpResponse:
    """Any call below ``/crm/properties/{object}/groups``. Raises Refusal."""
    match rest, call.method:
        case (), "GET":
            return answer(200, {"results": [_shown(records, name) for name in records.groups]})
        case (), "POST":
            return answer(201, _created(records, json_object(call.request)))
        case (name,), _ if name not in records.groups:
            raise not_found(f"The property group {name} does not exist")
        case (name,), "GET":
            return answer(200, _shown(records, name))
        case (name,), "PATCH":
            label = json_object(call.request).get("label")
            if label:
                records.groups[name] = str(label)
            return answer(200, _shown(records, name))
        case (name,), "DELETE":
            if any(each.group == name for each in records.properties):
                raise bad_request(f"The property group {name} has properties and cannot be deleted")
            del records.groups[name]
            return NO_CONTENT
        case ((), _) | ((_,), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def _created(records: Records, body: dict[str, Any]) -> dict[str, Any]:
    missing = [each for each in ("name", "label") if not body.get(each)]
    if missing:
        listed = ", ".join(missing)
        raise bad_request(
            f"Invalid input JSON on line 1, column 1: Some required fields were not set: [{listed}]"
        )
    name = str(body["name"])
    if name in records.groups:
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"A property group named '{name}' already exists.")
    records.groups[name] = str(body["label"])
    return _shown(records, name)


def _shown(records: Records, name: str) -> dict[str, Any]:
    return {"name": name, "label": records.groups[name], "displayOrder": -1, "archived": False}
