"""Which types of association there are between two objects, and the labels among them that a portal made."""

from __future__ import annotations

from dataclasses import replace

from ..kernel.http import HttpResponse
from .association_types import Kind
from .labels import OWN, Label
from .state import Call, PortalState
from .wire import (
    NO_CONTENT,
    Refusal,
    answer,
    bad_request,
    json_object,
    method_not_allowed,
    no_such_path,
)


def label_call(state: PortalState, call: Call, kind: Kind, rest: tuple[str, ...]) -> HttpResponse:
    """Any call below ``/crm/associations/{from}/{to}/labels``. Raises Refusal."""
    match rest, call.method:
        case (), "GET":
            given = [each.there for each in state.labels.between(kind)]
            return answer(200, {"results": state.labels.types(kind, True, given)})
        case (), "POST":
            body = json_object(call.request)
            missing = [each for each in ("name", "label") if not body.get(each)]
            if missing:
                listed = ", ".join(missing)
                raise bad_request(
                    f"Invalid input JSON on line 1, column 1: Some required fields were not set: [{listed}]"
                )
            made = state.labels.create(
                kind, str(body["name"]), str(body["label"]), body.get("inverseLabel") or None
            )
            both = (made.seen(kind), made.seen(kind.back))
            results = [{"category": OWN, "typeId": each, "label": text} for each, text in both]
            return answer(200, {"results": results})
        case (), "PUT":
            body = json_object(call.request)
            old = _found(state, kind, body.get("associationTypeId"))
            text, back = str(body.get("label") or old.text), str(body.get("inverseLabel") or old.text_back)
            if kind.origin != old.origin:
                text, back = back, text
            state.labels.put(replace(old, text=text, text_back=back))
            return NO_CONTENT
        case (type_id,), "DELETE":
            state.labels.remove(_found(state, kind, type_id))
            return NO_CONTENT
        case ((), _) | ((_,), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def _found(state: PortalState, kind: Kind, said: object) -> Label:
    label = state.labels.of(int(str(said))) if str(said).isdecimal() else None
    if label is None or {label.origin, label.target} != {kind.origin, kind.target}:
        raise Refusal(404, "OBJECT_NOT_FOUND", f"There is no association label with the id {said}")
    return label
