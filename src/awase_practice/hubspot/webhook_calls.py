"""How an app says what it wants to be told: settings and subscriptions, with the developer's key instead of a token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from ..kernel.http import HttpRequest, HttpResponse
from ..kernel.org import ControlRefused
from .signin import OAUTH_APP
from .state import PortalState
from .stock import BY_NAME
from .webhooks import Subscription
from .wire import (
    NO_CONTENT,
    Refusal,
    answer,
    bad_request,
    json_object,
    no_such_path,
    not_found,
    stamp,
)


def is_webhook_call(request: HttpRequest) -> bool:
    """Whether this call is about an app's webhooks."""
    return request.segments[:1] in {("webhooks",), ("app-webhooks",)}


def webhook_call(state: PortalState, request: HttpRequest) -> HttpResponse:
    """Any call below ``/webhooks/v3/{app}``, or the same at its dated place. Raises Refusal."""
    key = request.first("hapikey") or ""
    if not hmac.compare_digest(key.encode(), state.signin.developer_key.encode()):
        raise Refusal(401, "INVALID_AUTHENTICATION", "This hapikey doesn't exist.")
    if request.segments[2] != OAUTH_APP:
        raise not_found(f"No app with the id {request.segments[2]}")
    hooks = state.webhooks
    try:
        match request.segments[3:], request.method:
            case ("settings",), "GET":
                return answer(200, _settings(state))
            case ("settings",), "PUT":
                body = json_object(request)
                throttling = body.get("throttling") or {}
                wanted = {
                    "targetUrl": body.get("targetUrl"),
                    "maxConcurrentRequests": throttling.get("maxConcurrentRequests"),
                }
                hooks.set({name: value for name, value in wanted.items() if value is not None})
                return answer(200, _settings(state))
            case ("settings",), "DELETE":
                hooks.set({"targetUrl": ""})
                return NO_CONTENT
            case ("subscriptions",), "GET":
                return answer(200, {"results": [_shown(each) for each in hooks.subscriptions]})
            case ("subscriptions",), "POST":
                return answer(201, _shown(hooks.subscribe(json_object(request))))
            case ("subscriptions", "batch", "update"), "POST":
                return answer(200, _batch(state, json_object(request)))
            case ("subscriptions", number), method:
                return _of_one(state, request, _found(state, number), method)
            case _:
                raise no_such_path()
    except ControlRefused as refusal:
        raise bad_request(str(refusal)) from refusal


def _of_one(state: PortalState, request: HttpRequest, found: Subscription, method: str) -> HttpResponse:
    if method == "DELETE":
        state.webhooks.unsubscribe(found)
        return NO_CONTENT
    if method == "PATCH":
        found = state.webhooks.switch(found, json_object(request).get("active") is True)
    return answer(200, _shown(found))


def _batch(state: PortalState, body: Mapping[str, Any]) -> dict[str, Any]:
    at = stamp(state.now())
    results = [
        _shown(state.webhooks.switch(_found(state, str(each.get("id"))), each.get("active") is True))
        for each in body.get("inputs") or ()
    ]
    return {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": stamp(state.now())}


def _found(state: PortalState, number: str) -> Subscription:
    for each in state.webhooks.subscriptions:
        if str(each.id) == number:
            return each
    raise not_found(f"No subscription with the id {number}")


def _settings(state: PortalState) -> dict[str, Any]:
    hooks = state.webhooks
    if not hooks.target:
        raise not_found("The app has no webhook settings")
    at = stamp(hooks.set_at)
    throttling = {"maxConcurrentRequests": hooks.most_at_once}
    return {"targetUrl": hooks.target, "throttling": throttling, "createdAt": at, "updatedAt": at}


def _shown(each: Subscription) -> dict[str, Any]:
    shown = {
        "id": str(each.id),
        "eventType": each.event_type,
        "active": each.active,
        "createdAt": stamp(each.created_at),
        "updatedAt": stamp(each.updated_at),
    }
    if each.object:
        shown["objectTypeId"] = BY_NAME[each.object].type_id
    if each.property:
        shown["propertyName"] = each.property
    return shown
