"""The control API of a practice org: what a vendor would never offer, on a port of its own.

It seeds rows, edits as a person would, moves time, arms faults and tells who changed what. JSON in, JSON out;
a refusal is 400 ``{"error": text}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from .faults import SITES, FaultPlan
from .http import HttpRequest, HttpResponse, UnreadableBody, json_response
from .org import ControlCall, ControlRefused, OffersMore, PracticeOrg


class Control:
    """The control API of one org; pure like the org itself.

    notes: what was kept by name. changes: the schema and settings changes that were accepted, in order.
    """

    def __init__(self, org: PracticeOrg, faults: FaultPlan) -> None:
        self.org = org
        self.faults = faults
        self.notes: dict[str, Any] = {}
        self.changes: list[tuple[str, Any]] = []
        self._answers: dict[tuple[str, str], Callable[[HttpRequest], Any]] = {
            ("GET", "state"): self._state,
            ("POST", "load"): self._load,
            ("POST", "edit"): self._edit,
            ("POST", "delete"): self._delete,
            ("GET", "rows"): self._rows,
            ("GET", "history"): self._history,
            ("POST", "pass-time"): self._pass_time,
            ("POST", "faults"): self._faults,
            ("POST", "schema"): lambda request: self._change("schema", _body(request)),
            ("POST", "note"): self._keep_note,
            ("GET", "note"): self._give_note,
            ("POST", "settings"): lambda request: self._change("settings", _body(request)),
        }
        for (method, name), call in (org.more_control() if isinstance(org, OffersMore) else {}).items():
            self._answers[method, name] = _with_arguments(call)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one control call."""
        name = request.segments[1] if len(request.segments) == 2 else ""
        answer = self._answers.get((request.method, name)) if request.segments[:1] == ("_practice",) else None
        if answer is None:
            return json_response(404, {"error": f"no control call {request.method} {request.path}"})
        try:
            return json_response(200, answer(request))
        except ControlRefused as refusal:
            details = {"details": refusal.details} if refusal.details is not None else {}
            return json_response(400, {"error": str(refusal), **details})

    def repeat(self, changes: Iterable[tuple[str, Any]]) -> None:
        """Make changes again that were accepted before. Raises ControlRefused."""
        for what, body in changes:
            self._change(what, body)

    def _change(self, what: str, body: Mapping[str, Any]) -> Any:
        made = self.org.change_schema(body) if what == "schema" else self.org.change_settings(body)
        self.changes.append((what, body))
        return made

    def _state(self, request: HttpRequest) -> dict[str, Any]:
        del request
        faults: dict[str, dict[str, Any]] = {}
        for site in sorted(SITES):
            armed = self.faults.armed.get(site)
            if armed or self.faults.reached[site]:
                shown = {"chance": armed.chance, "size": armed.size, "times": armed.times} if armed else None
                faults[site] = {"armed": shown, "reached": self.faults.reached[site]}
        identity = {"vendor": self.org.vendor, "org_id": self.org.org_id, "now": self.org.clock.now()}
        return {**identity, **self.org.state(), "faults": faults}

    def _load(self, request: HttpRequest) -> dict[str, Any]:
        body = _body(request)
        author = body.get("author", "user:seed")
        objects = _wanted(body, "objects", dict)
        return {"ids": {name: self.org.load(name, rows, author) for name, rows in objects.items()}}

    def _edit(self, request: HttpRequest) -> dict[str, Any]:
        body = _body(request)
        self.org.edit(
            _wanted(body, "object", str),
            _wanted(body, "id", str),
            _wanted(body, "values", dict),
            body.get("author", "user:someone"),
            rules=bool(body.get("rules", False)),
        )
        return {"edited": body["id"]}

    def _delete(self, request: HttpRequest) -> dict[str, Any]:
        body = _body(request)
        author = body.get("author", "user:someone")
        self.org.delete(_wanted(body, "object", str), _wanted(body, "id", str), author)
        return {"deleted": body["id"]}

    def _rows(self, request: HttpRequest) -> list[dict[str, Any]]:
        deleted = request.first("deleted") in {"1", "true"}
        return self.org.rows(_parameter(request, "object"), deleted=deleted)

    def _history(self, request: HttpRequest) -> list[dict[str, Any]]:
        return self.org.history(_parameter(request, "object"), _parameter(request, "id"))

    def _pass_time(self, request: HttpRequest) -> dict[str, Any]:
        seconds = _body(request).get("seconds")
        if not isinstance(seconds, int | float) or seconds < 0:
            raise ControlRefused("seconds must be a number that is not negative")
        self.org.clock.pass_time(timedelta(seconds=seconds))
        return {"now": self.org.clock.now()}

    def _faults(self, request: HttpRequest) -> dict[str, Any]:
        body = _body(request)
        self.faults.disarm()
        if "seed" in body:
            self.faults.reseed(_wanted(body, "seed", int))
        try:
            for site, how in body.get("arm", {}).items():
                self.faults.arm(site, how.get("chance", 1.0), how.get("size", 1.0), how.get("times"))
        except ValueError as error:
            self.faults.disarm()
            raise ControlRefused(str(error)) from error
        return {"armed": sorted(self.faults.armed)}

    def _keep_note(self, request: HttpRequest) -> dict[str, Any]:
        body = _body(request)
        name = _wanted(body, "name", str)
        self.notes[name] = body.get("note")
        return {"kept": name}

    def _give_note(self, request: HttpRequest) -> dict[str, Any]:
        name = _parameter(request, "name")
        if name not in self.notes:
            raise ControlRefused(f"no note is kept under the name {name}")
        return {"name": name, "note": self.notes[name]}


def _with_arguments(call: ControlCall) -> Callable[[HttpRequest], Any]:
    """A vendor's own call, which is given values instead of a request."""

    def answered(request: HttpRequest) -> Any:
        if request.method == "GET":
            return call({name: values[0] for name, values in request.query.items()})
        return call(_body(request))

    return answered


def _body(request: HttpRequest) -> Mapping[str, Any]:
    try:
        body = request.json() if request.body else {}
    except UnreadableBody as error:
        raise ControlRefused(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ControlRefused("the body must be a JSON object")
    return body


def _wanted(body: Mapping[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if not isinstance(value, kind):
        raise ControlRefused(f"{name} must be given as a {kind.__name__}")
    return value


def _parameter(request: HttpRequest, name: str) -> str:
    value = request.first(name)
    if value is None:
        raise ControlRefused(f"the parameter {name} is missing")
    return value
