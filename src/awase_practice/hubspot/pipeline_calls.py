"""Pipelines and their stages, as they can be read."""

from __future__ import annotations

from typing import Any, Final

from ..kernel.http import HttpResponse
from .pipelines import Pipeline, Stage
from .state import Call, PortalState
from .stock import DEAL
from .wire import answer, method_not_allowed, no_such_path, not_found

_BORN: Final = "2024-01-01T00:00:00.000Z"


def pipeline_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/crm/pipelines``. Raises Refusal."""
    if not call.rest:
        raise no_such_path()
    records = state.object(call.rest[0])
    call.needs(f"crm.objects.{records.kind.plural}.read")
    if call.method != "GET":
        raise method_not_allowed()
    pipelines = list(state.pipelines) if records.kind is DEAL else []
    if call.rest[1:] == ():
        return answer(200, {"results": [_pipeline(each, at) for at, each in enumerate(pipelines)]})
    at, found = next(((at, each) for at, each in enumerate(pipelines) if each.id == call.rest[1]), (0, None))
    if found is None:
        raise not_found()
    match call.rest[2:]:
        case ():
            return answer(200, _pipeline(found, at))
        case ("stages",):
            return answer(200, {"results": _stages(found)})
        case ("stages", stage_id):
            shown = next((each for each in _stages(found) if each["id"] == stage_id), None)
            if shown is None:
                raise not_found()
            return answer(200, shown)
        case _:
            raise no_such_path()


def _pipeline(one: Pipeline, order: int) -> dict[str, Any]:
    return {
        "label": one.label,
        "displayOrder": order,
        "id": one.id,
        "stages": _stages(one),
        "createdAt": _BORN,
        "updatedAt": _BORN,
        "archived": False,
    }


def _stages(one: Pipeline) -> list[dict[str, Any]]:
    return [_stage(each, order) for order, each in enumerate(one.stages)]


def _stage(one: Stage, order: int) -> dict[str, Any]:
    return {
        "label": one.label,
        "displayOrder": order,
        "metadata": {"isClosed": "true" if one.closed else "false", "probability": one.probability},
        "createdAt": _BORN,
        "updatedAt": _BORN,
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        "id": one.id,
    }
