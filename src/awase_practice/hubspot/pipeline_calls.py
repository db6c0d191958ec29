"""Pipelines and their stages: of deals and of tickets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from ..kernel.http import HttpResponse
from ..kernel.org import ControlRefused
from .pipelines import Pipeline, Pipelines, Stage
from .records import Records
from .state import Call, PortalState
from .wire import (
    NO_CONTENT,
    answer,
    bad_request,
    flag,
    json_object,
    method_not_allowed,
    no_such_path,
    not_found,
    stamp,
)

_CHECKS: Final = ("validateReferencesBeforeDelete", "validateDealStageUsagesBeforeDelete")


def pipeline_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/crm/pipelines``. Raises Refusal."""
    if not call.rest:
        raise no_such_path()
    records = state.object(call.rest[0])
    reads = call.method == "GET"
    call.needs(records.kind.right("read") if reads else records.kind.schema_right("write"))
    pipelines = state.pipelines_of.get(records.kind.key)
    if pipelines is None:
        if reads and not call.rest[1:]:
            return answer(200, {"results": []})
        raise not_found()
    return _Desk(state, call, records, pipelines).answered()


class _Desk:
    """One call to the pipelines of one object."""

    def __init__(self, state: PortalState, call: Call, records: Records, pipelines: Pipelines) -> None:
        self._state = state
        self._call = call
        self._records = records
        self._pipelines = pipelines

    def answered(self) -> HttpResponse:
        """The answer. Raises Refusal."""
        match self._call.rest[1:], self._call.method:
            case (), "GET":
                return answer(
                    200, {"results": [_pipeline(each, at) for at, each in enumerate(self._pipelines)]}
                )
            case (), "POST":
                return self._created()
            case (pipeline_id,), "PATCH" if pipeline_id in self._pipelines.archived:
                return self._unarchived(self._pipelines.archived[pipeline_id])
            case (pipeline_id, *rest), _:
                found, at = self._found(pipeline_id)
                return self._of_one(found, at, tuple(rest))
            case _:
                raise method_not_allowed()

    def _of_one(self, found: Pipeline, at: int, rest: tuple[str, ...]) -> HttpResponse:
        match rest, self._call.method:
            case (), "GET":
                return answer(200, _pipeline(found, at))
            case (), "PATCH" | "PUT":
                return self._changed(found)
            case (), "DELETE":
                return self._removed(found)
            case ("audit",), "GET":
                told = [each for each in self._pipelines.audit if each["identifier"] == found.id]
                return answer(200, {"results": told[::-1]})
            case ("stages",), "GET":
                return answer(200, {"results": _stages(found)})
            case ("stages",), "POST":
                new = self._stage(json_object(self._call.request), None)
                self._put(found, (*found.stages, new))
                return answer(201, self._shown_stage(found.id, new.id))
            case ("stages", stage_id), method:
                stage = found.stage(stage_id)
                if stage is None:
                    raise not_found()
                return self._of_stage(found, stage, method)
            case ((), _) | (("stages",), _):
                raise method_not_allowed()
            case _:
                raise no_such_path()

    def _of_stage(self, found: Pipeline, stage: Stage, method: str) -> HttpResponse:
        match method:
            case "GET":
                return answer(200, self._shown_stage(found.id, stage.id))
            case "PATCH" | "PUT":
                new = self._stage(json_object(self._call.request), stage)
                self._put(found, (new if each is stage else each for each in found.stages))
                return answer(200, self._shown_stage(found.id, stage.id))
            case "DELETE":
                self._unused([stage])
                self._put(found, (each for each in found.stages if each is not stage))
                return NO_CONTENT
            case _:
                raise method_not_allowed()

    # -- pipelines -------------------------------------------------------------------------------------------

    def _created(self) -> HttpResponse:
        body = json_object(self._call.request)
        _required(body, "label", "displayOrder", "stages")
        label, at = str(body["label"]), self._state.now()
        if any(each.label == label for each in self._pipelines):
            raise bad_request(f"A pipeline with the label {label} already exists")
        stages = tuple(self._stage(each, None) for each in body["stages"])
        new_id = str(body.get("pipelineId") or self._pipelines.new_id())
        new = Pipeline(new_id, label, stages, int(body["displayOrder"]), created_at=at, updated_at=at)
        self._set([*self._pipelines, new])
        self._tell("CREATE", new)
        return answer(201, _pipeline(*self._found(new_id)))

    def _changed(self, found: Pipeline) -> HttpResponse:
        body, whole = json_object(self._call.request), self._call.method == "PUT"
        if whole:
            _required(body, "label", "displayOrder", "stages")
            self._unused([each for each in found.stages if each.id not in _ids(body["stages"])])
        order = body.get("displayOrder")
        new = replace(
            found,
            label=str(body.get("label") or found.label),
            order=found.order if order is None else int(order),
            stages=tuple(self._stage(each, found.stage(str(each.get("stageId")))) for each in body["stages"])
            if whole
            else found.stages,
            updated_at=self._state.now(),
        )
        self._set(new if each is found else each for each in self._pipelines)
        self._tell("UPDATE", new)
        return answer(200, _pipeline(*self._found(found.id)))

    def _removed(self, found: Pipeline) -> HttpResponse:
        self._unused(found.stages)
        self._set(each for each in self._pipelines if each is not found)
        self._pipelines.archived[found.id] = replace(found, archived=True, updated_at=self._state.now())
        return NO_CONTENT

    def _unarchived(self, old: Pipeline) -> HttpResponse:
        """``archived: false`` brings a pipeline back; nothing else can be done to an archived one (confirmed)."""
        if json_object(self._call.request).get("archived") is not False:
            raise not_found()
        self._set([*self._pipelines, replace(old, archived=False, updated_at=self._state.now())])
        del self._pipelines.archived[old.id]
        return answer(200, _pipeline(*self._found(old.id)))

    # -- stages ----------------------------------------------------------------------------------------------

    def _stage(self, body: dict[str, Any], old: Stage | None) -> Stage:
        track = self._pipelines.track
        if old is None or self._call.method == "PUT":
            _required(body, "label", "displayOrder", "metadata")
        metadata = body.get("metadata") or {}
        said = metadata.get(track.metadata)
        if said is None and old is None:
            raise bad_request(f"Stage metadata must have the key {track.metadata}")
        order = body.get("displayOrder")
        at = self._state.now()
        base = old or Stage(str(body.get("stageId") or self._pipelines.new_id()), "", created_at=at)
        base = replace(
            base,
            label=str(body.get("label") or base.label),
            order=base.order if order is None else int(order),
            updated_at=at,
        )
        if said is None:
            return base
        if track.metadata == "ticketState":
            if said not in {"OPEN", "CLOSED"}:
                raise bad_request(f"The ticketState must be OPEN or CLOSED, but was {said}")
            return replace(base, ticket_state=str(said))
        return replace(base, probability=_probability(said))

    def _unused(self, stages: Iterable[Stage]) -> None:
        """Raises Refusal if records stand in one of these, when the call asks for that to be looked at."""
        if not any(flag(self._call.request, each) for each in _CHECKS):
            return
        ids = {each.id for each in stages}
        name = self._pipelines.track.stage
        held = [row for row in self._records.table.live() if row.values.get(name) in ids]
        if held:
            used = sorted({str(row.values[name]) for row in held})
            records = [row.id for row in held]
            raise bad_request(
                f"Stage IDs: [{', '.join(used)}] are being referenced by object IDs: [{', '.join(records)}]",
                sub_category="PipelineError.STAGE_ID_IN_USE",
                context={"stageId": used, "objectIds": records},
            )

    # -- keeping ---------------------------------------------------------------------------------------------

    def _found(self, pipeline_id: str) -> tuple[Pipeline, int]:
        for at, each in enumerate(self._pipelines):
            if each.id == pipeline_id:
                return each, at
        raise not_found()

    def _put(self, found: Pipeline, stages: Iterable[Stage]) -> None:
        new = replace(found, stages=tuple(stages), updated_at=self._state.now())
        self._set(new if each is found else each for each in self._pipelines)
        self._tell("UPDATE", new)

    def _tell(self, action: str, pipeline: Pipeline) -> None:
        """Keep who did what to a pipeline (shape confirmed by the clients)."""
        self._pipelines.audit.append(
            {
                "portalId": self._state.portal_id,
                "identifier": pipeline.id,
                "action": action,
                "timestamp": stamp(self._state.now()),
                "rawObject": _pipeline(pipeline, 0),
                "message": f"{action.lower()} by the app {self._call.caller.app_id}",
            }
        )

    def _set(self, pipelines: Iterable[Pipeline]) -> None:
        try:
            self._pipelines.set(list(pipelines))
        except ControlRefused as refusal:
            raise bad_request(str(refusal)) from refusal
        self._state.follow_pipelines()

    def _shown_stage(self, pipeline_id: str, stage_id: str) -> dict[str, Any]:
        found, _ = self._found(pipeline_id)
        return next(each for each in _stages(found) if each["id"] == stage_id)


def _probability(said: Any) -> str:
    try:
        number = float(said)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise bad_request(f"The probability must be between 0.0 and 1.0, but was {said}")
    return str(number)


def _required(body: dict[str, Any], *names: str) -> None:
    missing = [each for each in names if body.get(each) is None]
    if missing:
        listed = ", ".join(missing)
        raise bad_request(
            f"Invalid input JSON on line 1, column 1: Some required fields were not set: [{listed}]"
        )


def _ids(stages: Iterable[dict[str, Any]]) -> set[str]:
    return {str(each.get("stageId")) for each in stages}


def _pipeline(one: Pipeline, order: int) -> dict[str, Any]:
    return {
        "label": one.label,
        "displayOrder": order if one.order is None else one.order,
        "id": one.id,
        "stages": _stages(one),
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.updated_at),
        "archived": one.archived,
    }


def _stages(one: Pipeline) -> list[dict[str, Any]]:
    return [_stage(each, order) for order, each in enumerate(one.stages)]


def _stage(one: Stage, order: int) -> dict[str, Any]:
    closed = "true" if one.closed else "false"
    own = {"ticketState": one.ticket_state} if one.ticket_state else {"probability": one.probability}
    return {
        "label": one.label,
        "displayOrder": order if one.order is None else one.order,
        "metadata": {"isClosed": closed, **own},
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.updated_at),
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        "id": one.id,
    }
