"""The portal: which call goes where, in which order it is checked, and what the control port may do to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from ..kernel.clock import Clock
from ..kernel.deliveries import Delivery
from ..kernel.faults import FaultPlan
from ..kernel.http import HttpRequest, HttpResponse, UnreadableBody
from ..kernel.org import ControlCall
from ..kernel.rows import Table
from . import administration, keeping, steering
from .account_calls import account_call, token_call
from .association_calls import association_call
from .consent_calls import consent_call
from .endpoints import OPEN_NAMES, OPEN_SHAPES, SHAPES
from .form_calls import form_call, submission_list_call
from .list_calls import list_call
from .oauth_calls import is_token_call, oauth_call
from .object_calls import object_call
from .owner_calls import owner_call
from .pipeline_calls import pipeline_call
from .property_calls import property_call
from .schema_calls import schema_call
from .signin import Caller
from .state import Call, PortalState
from .submitting import is_secure, is_submission, submission_call
from .webhook_calls import is_webhook_call, webhook_call
from .wire import Refusal, answer, bad_request, method_not_allowed, no_such_path

Handler = Callable[[PortalState, Call], HttpResponse]

_LONGEST_TARGET: Final = 16_384
"""Bytes of path and query (the status confirmed, the length from memory)."""
_ALWAYS_TOLD: Final = frozenset({"contact", "company", "deal"})
_VERSION = re.compile(r"v[1-4]|\d{4}-\d{2}(-beta)?")

_HANDLERS: Final[Mapping[tuple[str, ...], Handler]] = {
    ("crm", "objects"): object_call,
    ("crm", "associations"): association_call,
    ("crm", "lists"): list_call,
    ("crm", "pipelines"): pipeline_call,
    ("crm", "properties"): property_call,
    ("crm", "owners"): owner_call,
    ("crm", "schemas"): schema_call,
    ("crm-object-schemas",): schema_call,
    ("marketing",): form_call,
    ("marketing", "forms"): form_call,
    ("form-integrations",): submission_list_call,
    ("account-info",): account_call,
    ("communication-preferences",): consent_call,
    ("oauth",): token_call,
}
"""By the name of an API, what answers its calls; ``endpoints`` says which calls those are."""


class HubSpotPortal:
    """One practice portal; see ``kernel.org.PracticeOrg`` for what each part is for."""

    vendor = "hubspot"
    hosts = ("api.hubapi.com", "api.hsforms.com", "api.hubspot.com", "app.hubspot.com")

    def __init__(self, *, name: str, clock: Clock, faults: FaultPlan, seed: int = 0) -> None:
        self.name = name
        self.seed = seed
        self.clock = clock
        self.inside = PortalState(name, clock, faults, seed)
        self.org_id = str(self.inside.portal_id)
        self.tables: dict[str, Table] = {
            **{key: records.table for key, records in self.inside.records.items()},
            **{table.name: table for table in self.inside.tables},
        }

    @property
    def credentials(self) -> Mapping[str, Any]:
        """A service key, and an OAuth app with a refresh token."""
        return self.inside.signin.credentials

    def recognises(self, request: HttpRequest) -> bool:
        """Whether the call carries the key, a token or the client id of this portal."""
        signin = self.inside.signin
        _, _, token = request.headers.get("authorization", "").partition(" ")
        if token.strip() == signin.key or signin.is_session(request.headers):
            return True
        if is_webhook_call(request):
            return request.first("hapikey") == signin.developer_key
        if is_submission(request):
            return request.segments[-2:-1] == (self.org_id,)
        return signin.client_id in {request.first("client_id"), request.form().get("client_id")}

    def is_signed_in(self, request: HttpRequest) -> bool:
        signin = self.inside.signin
        return signin.is_key(request.headers) or signin.is_session(request.headers)

    def is_sign_in(self, request: HttpRequest) -> bool:
        """Whether this is a call for tokens."""
        return is_token_call(request)

    def server_error(self, size: float) -> HttpResponse:
        """500 for a size below 1, otherwise 503, in the portal's envelope."""
        if size < 1:
            return self._refused(Refusal(500, "INTERNAL_ERROR", "internal error"))
        return self._refused(Refusal(503, "SERVICE_UNAVAILABLE", "The service is too busy. Try again later"))

    def handle_now(self, request: HttpRequest) -> HttpResponse:
        """Act on a request and answer it."""
        try:
            return self._answered(request)
        except Refusal as refusal:
            return self._refused(refusal)
        except UnreadableBody:
            return self._refused(
                bad_request("Invalid input JSON on line 1, column 1: the body could not be read")
            )

    def _answered(self, request: HttpRequest) -> HttpResponse:
        state = self.inside
        if len(request.target) > _LONGEST_TARGET:
            raise Refusal(414, None, "URI Too Long")
        named = request.segments and request.segments[0] in OPEN_NAMES
        is_open = OPEN_SHAPES.methods(request.segments) if named else frozenset()
        if is_open and request.method not in is_open:
            raise method_not_allowed()
        if request.segments[:1] == ("oauth",) and request.segments[1:2] != ("v2",):
            if not is_open:
                raise no_such_path()
            state.calls["sign_in"] += 1
            return oauth_call(state, request)
        if is_webhook_call(request) and is_open:
            state.calls["webhooks.settings"] += 1
            return webhook_call(state, request)
        if is_submission(request):
            state.calls["forms.submit"] += 1
            if is_secure(request):
                state.signin.caller(request.headers)
            return submission_call(state, request)
        if state.signin.is_session(request.headers) and state.faults.fire("login.expired") is not None:
            state.signin.end_session(request.headers)
        try:
            caller = state.signin.caller(request.headers)
        except Refusal:
            state.calls["unauthenticated"] += 1
            raise
        search = _is_search(request)
        try:
            state.limits.take(caller, search)
        except Refusal as refusal:
            state.calls["too_many"] += 1
            return self._limited(self._refused(refusal), caller, search)
        state.calls[_kind(request)] += 1
        try:
            response = self._routed(request, caller)
        except Refusal as refusal:
            response = self._refused(refusal)
        return self._limited(response, caller, search)

    def _routed(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        name, version, rest = _route(request.segments)
        handler = _HANDLERS[name]
        served = SHAPES[name, version].methods(rest)
        if request.method not in served:
            raise method_not_allowed() if served else no_such_path()
        return handler(self.inside, Call(request, version, rest, caller))

    def _refused(self, refusal: Refusal) -> HttpResponse:
        return answer(refusal.status, refusal.body(self.inside.correlation_id()))

    def _limited(self, response: HttpResponse, caller: Caller, search: bool) -> HttpResponse:
        """With rate-limit headers, which searches never carry (confirmed)."""
        return response if search else response.with_headers(**self.inside.limits.headers(caller))

    # -- the control port --------------------------------------------------------------------------------------

    def load(self, object: str, rows: Sequence[Mapping[str, Any]], author: str) -> list[str]:
        """Put rows in without rules; their ids in order. Raises ControlRefused."""
        return steering.load(self.inside, object, rows, author)

    def edit(self, object: str, id: str, values: Mapping[str, Any], author: str, rules: bool = False) -> None:
        """Change a record as a person would. ``hs_email_optout`` sets the status of its address. Raises ControlRefused."""
        steering.edit(self.inside, object, id, values, author, rules)

    def delete(self, object: str, id: str, author: str) -> None:
        """Archive a record as a person would. Raises ControlRefused."""
        steering.delete(self.inside, object, id, author)

    def restore(self, object: str, id: str, author: str) -> None:
        """Bring an archived record back, which the API cannot do. Raises ControlRefused."""
        steering.restore(self.inside, object, id, author)

    def rows(self, object: str, deleted: bool = False) -> list[dict[str, Any]]:
        """All live (or all archived) records as stored. Raises ControlRefused."""
        return steering.rows(self.inside, object, deleted)

    def history(self, object: str, id: str) -> list[dict[str, Any]]:
        """Who made and changed a record, the creation first. Raises ControlRefused."""
        return steering.history(self.inside, object, id)

    def more_control(self) -> Mapping[tuple[str, str], ControlCall]:
        """Merging, restoring and associating as people do it; see ``steering``. And who is told what happens."""
        return {
            ("POST", "merge"): partial(steering.merge, self.inside),
            ("POST", "restore"): partial(steering.restored, self.inside),
            ("POST", "associate"): partial(steering.associate, self.inside),
            ("GET", "associations"): partial(steering.associated, self.inside),
            ("POST", "webhooks"): self.inside.webhooks.set,
            ("GET", "webhooks"): lambda _: self.inside.webhooks.shown(),
        }

    def deliveries_due(self) -> Sequence[Delivery]:
        """The webhooks to send now."""
        return self.inside.webhooks.due()

    def delivered(self, number: int, status: int | None) -> None:
        """How one of them ended."""
        self.inside.webhooks.ended(number, status)

    def change_schema(self, body: Mapping[str, Any]) -> Any:
        """Change a property, a rule, owners or pipelines. Raises ControlRefused."""
        return administration.change_schema(self.inside, body)

    def change_settings(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change settings; all settings as they are then. Raises ControlRefused."""
        return administration.change_settings(self.inside, body)

    def keep(self) -> dict[str, Any]:
        """Definitions that calls changed."""
        return keeping.keep(self.inside)

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on with what ``keep`` gave."""
        keeping.take_up(self.inside, kept)

    def state(self) -> dict[str, Any]:
        """Rows by object and calls by kind."""
        counts = {key: len(records.table) for key, records in self.inside.records.items()}
        counts = {key: count for key, count in counts.items() if count or key in _ALWAYS_TOLD}
        return {
            "rows": counts,
            "calls": dict(self.inside.calls),
            "day_remaining": self.inside.limits.day.remaining,
            "settings": self.inside.settings.to_json(),
        }


def _route(parts: tuple[str, ...]) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """The name of the API, its version, and the rest of a path. Raises Refusal.

    ``/crm/v3/objects/…`` has the version before the API's name, ``/crm/objects/2026-09/…`` after it.
    """
    at = next((place for place, part in enumerate(parts[:3]) if _VERSION.fullmatch(part)), None)
    if at is None:
        raise no_such_path()
    version = parts[at]
    if at == 1 and parts[0] == "crm" and not version.startswith("v"):
        raise no_such_path()
    name, rest = (
        (parts[:at], parts[at + 1 :])
        if at == 2 or parts[0] != "crm"
        else (
            (parts[0], *parts[2:3]),
            parts[3:],
        )
    )
    if (name, version) not in SHAPES:
        raise no_such_path()
    if at == 2 and version.startswith("v") and (name, version) != (("crm", "associations"), "v4"):
        raise no_such_path()  # one client writes v4 associations this way, and is served (confirmed)
    return name, version, rest


def _is_search(request: HttpRequest) -> bool:
    """Whether the limit of searches counts this call: those of lists are ordinary calls (from memory)."""
    last = request.segments[-1:] == ("search",)
    return last and request.method == "POST" and "lists" not in request.segments


def _kind(request: HttpRequest) -> str:
    """What a call is counted as: ``objects.search``, ``objects.batch.update``, ``objects.write``, ``properties.read``…"""
    parts = [part for part in request.segments if not _VERSION.fullmatch(part) and part != "crm"]
    api = "associations" if "associations" in parts else parts[0] if parts else "other"
    if "batch" in parts:
        return f"{api}.batch.{'create' if parts[-1] == 'default' else parts[-1]}"
    if parts[-1:] == ["search"]:
        return f"{api}.search"
    return f"{api}.{'read' if request.method in {'GET', 'HEAD'} else 'write'}"
