"""How many records of one object an administrator allows at one of another, for a type of association."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kernel.http import HttpResponse
from .associating import asked_kind, closed, inputs_of
from .association_types import CATEGORY, KINDS, Kind, kind_by_id
from .labels import OWN
from .state import Call, PortalState
from .wire import NO_CONTENT, Refusal, answer, bad_request, no_such_path

MOST_AT_ONCE = 100


def cap_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/crm/associations/definitions/configurations``. Raises Refusal."""
    match call.rest[2:], call.method:
        case ("all",), "GET":
            return answer(200, {"results": [_shown(state, each) for each in state.associations.caps]})
        case (origin, target), "GET":
            kind = asked_kind(state, call, state.object(origin), target, "read")
            capped = [each for each in state.associations.caps if _belongs(state, kind, each)]
            return answer(200, {"results": [_shown(state, each) for each in capped]})
        case (origin, target, "batch", verb), "POST":
            kind = asked_kind(state, call, state.object(origin), target, "write")
            return _batch(state, call, kind, verb)
        case _:
            raise no_such_path()


def _batch(state: PortalState, call: Call, kind: Kind, verb: str) -> HttpResponse:
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    caps = state.associations.caps
    for each in inputs_of(call, MOST_AT_ONCE):
        try:
            type_id = _type(state, kind, each)
            if verb == "purge":
                caps.pop(type_id, None)
                continue
            caps[type_id] = _most(each)
            results.append(_shown(state, type_id))
        except Refusal as refusal:
            errors.append(refusal.item())
    if verb == "purge" and not errors:
        return NO_CONTENT
    return closed(state, results, errors, 201 if verb == "create" else 200)


def _type(state: PortalState, kind: Kind, body: Mapping[str, Any]) -> int:
    said = str(body.get("typeId"))
    type_id = int(said) if said.isdecimal() else 0
    if not _belongs(state, kind, type_id):
        raise bad_request(f"The association type {said} does not lead from {kind.origin} to {kind.target}")
    return type_id


def _belongs(state: PortalState, kind: Kind, type_id: int) -> bool:
    found = kind_by_id(type_id)
    if found is not None:
        return found[0] is kind
    label = state.labels.of(type_id)
    return label is not None and KINDS[_ends(label.origin, label.target, type_id == label.there)] is kind


def _ends(origin: str, target: str, there: bool) -> tuple[str, str]:
    return (origin, target) if there else (target, origin)


def _most(body: Mapping[str, Any]) -> int:
    most = body.get("maxToObjectIds")
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise bad_request(f"maxToObjectIds must be a number above 0, but was {most}")
    return most


def _shown(state: PortalState, type_id: int) -> dict[str, Any]:
    label = state.labels.of(type_id)
    text = None if label is None else label.text if type_id == label.there else label.text_back
    return {
        "category": CATEGORY if label is None else OWN,
        "typeId": type_id,
        "label": text,
        "userEnforcedMaxToObjectIds": state.associations.caps[type_id],
    }
