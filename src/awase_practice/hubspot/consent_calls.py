"""Communication preferences: v3, which knows no way back, and v4 and dated paths, which do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from ..kernel.http import HttpResponse
from .consent import IN, NO_CHANGE, OUT, STATES, SUBSCRIPTIONS, Subscription
from .state import Call, PortalState
from .stock import STOCK
from .values import is_address
from .wire import Refusal, answer, bad_request, flag, json_object, no_such_path, stamp

_SCOPE: Final = "communication_preferences.read_write"
_BORN: Final = stamp(STOCK["contact"]["email"].created_at)


def consent_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/communication-preferences``. Raises Refusal."""
    if call.version == "v3":
        return _v3(state, call)
    match call.rest, call.method:
        case ("definitions",), "GET":
            call.needs(_SCOPE)
            return answer(200, _action(state, [_definition(each) for each in SUBSCRIPTIONS]))
        case ("statuses", "batch", *verb), "POST":
            return _batch(state, call, "/".join(verb))
        case ("statuses", address), "GET":
            call.needs(_SCOPE)
            _channel(call)
            results = [_status(state, _address(address), each) for each in SUBSCRIPTIONS]
            return answer(200, _action(state, results))
        case ("statuses", address), "POST":
            call.needs(_SCOPE)
            return answer(200, _action(state, [_set(state, call, address, json_object(call.request))]))
        case ("statuses", address, "unsubscribe-all"), "GET":
            call.needs(_SCOPE)
            _channel(call)
            return answer(200, _action(state, _wide(state, _address(address))))
        case ("statuses", address, "unsubscribe-all"), "POST":
            call.needs(_SCOPE)
            _channel(call)
            return answer(200, _action(state, _leave_all(state, call, _address(address))))
        case _:
            raise no_such_path()


# -- v4 and dated --------------------------------------------------------------------------------------------


def _batch(state: PortalState, call: Call, verb: str) -> HttpResponse:
    started = state.now()
    inputs = json_object(call.request).get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise bad_request(
            "Invalid input JSON on line 1, column 1: Some required fields were not set: [inputs]"
        )
    writes = verb in {"write", "unsubscribe-all"}
    call.needs("communication_preferences.statuses.batch." + ("write" if writes else "read"))
    if verb != "write":
        _channel(call)
    carry_out: dict[str, Callable[[Any], dict[str, Any]]] = {
        "write": lambda each: _set(state, call, str(each.get("subscriberIdString", "")), each),
        "read": lambda each: {
            "subscriberIdString": each,
            "statuses": [_status(state, _address(each), one) for one in SUBSCRIPTIONS],
        },
        "unsubscribe-all": lambda each: _left(state, call, each),
        "unsubscribe-all/read": lambda each: {
            "subscriberIdString": each,
            "wideStatuses": _wide(state, _address(each)),
        },
    }
    if verb not in carry_out:
        raise no_such_path()
    results, errors = _each(inputs, carry_out[verb])
    body: dict[str, Any] = {"status": "COMPLETE", "results": results}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    body |= _times(started, state.now())
    return answer(state.settings.partial_status if errors else 200, body)


def _each(
    inputs: list[Any], carry_out: Callable[[Any], dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for each in inputs:
        try:
            results.append(carry_out(each))
        except Refusal as refusal:
            errors.append(refusal.item())
    return results, errors


def _left(state: PortalState, call: Call, address: Any) -> dict[str, Any]:
    statuses = _leave_all(state, call, _address(address))
    shown: dict[str, Any] = {"subscriberIdString": address}
    return {**shown, "statuses": statuses} if flag(call.request, "verbose") else shown


def _leave_all(state: PortalState, call: Call, address: str) -> list[dict[str, Any]]:
    reason = state.consent.leave_all(address, call.caller.app_id, state.now())
    return [_status(state, address, each, reason) for each in SUBSCRIPTIONS]


def _set(state: PortalState, call: Call, address: str, body: dict[str, Any]) -> dict[str, Any]:
    if body.get("channel") != "EMAIL":
        raise bad_request("The channel must be EMAIL")
    if body.get("statusState") not in STATES:
        raise bad_request(f"The statusState must be one of {sorted(STATES)}")
    subscription = _subscription(body.get("subscriptionId"))
    address = _address(address)
    wanted = str(body["statusState"])
    reason = state.consent.set_status(address, subscription, wanted, call.caller.app_id, state.now())
    return _status(state, address, subscription, reason)


def _status(
    state: PortalState, address: str, subscription: Subscription, reason: str | None = None
) -> dict[str, Any]:
    at = state.consent.said_at(address)
    shown: dict[str, Any] = {
        "subscriberIdString": address,
        "channel": "EMAIL",
        "subscriptionId": subscription.id,
        "subscriptionName": subscription.name,
        "status": state.consent.status(address, subscription),
        "source": "API",
        "timestamp": stamp(at) if at else _BORN,
    }
    return {**shown, "setStatusSuccessReason": reason} if reason is not None else shown


def _wide(state: PortalState, address: str) -> list[dict[str, Any]]:
    """One entry if the address is out of everything, none if not (confirmed)."""
    at = state.consent.said_at(address)
    if at is None or not state.consent.is_out(address):
        return []
    return [
        {
            "subscriberIdString": address,
            "channel": "EMAIL",
            "status": OUT,
            "wideStatusType": "PORTAL_WIDE",
            "timestamp": stamp(at),
        }
    ]


def _action(state: PortalState, results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"status": "COMPLETE", "results": results, **_times(state.now(), state.now())}


def _times(started: datetime, ended: datetime) -> dict[str, str]:
    return {"startedAt": stamp(started), "completedAt": stamp(ended)}


def _channel(call: Call) -> None:
    """``channel=EMAIL`` must be in the query, also of a POST (confirmed)."""
    if call.request.first("channel") != "EMAIL":
        raise bad_request("The query parameter 'channel' is required and must be EMAIL")


def _address(raw: Any) -> str:
    address = str(raw).strip().lower()
    if not is_address(address):
        raise bad_request(f"{raw} is not a valid email address", context={"emailAddress": [str(raw)]})
    return address


def _subscription(wanted: Any) -> Subscription:
    for each in SUBSCRIPTIONS:
        if str(wanted) == str(each.id):
            return each
    raise Refusal(404, "OBJECT_NOT_FOUND", f"There is no subscription definition with the id {wanted}")


def _definition(each: Subscription) -> dict[str, Any]:
    return {
        "id": str(each.id),
        "name": each.name,
        "description": each.description,
        "purpose": "Marketing",
        "communicationMethod": "Email",
        "isActive": True,
        "isDefault": each is SUBSCRIPTIONS[0],
        "isInternal": False,
        "createdAt": _BORN,
        "updatedAt": _BORN,
    }


# -- v3 ------------------------------------------------------------------------------------------------------


def _v3(state: PortalState, call: Call) -> HttpResponse:
    call.needs(_SCOPE)
    match call.rest, call.method:
        case ("definitions",), "GET":
            return answer(200, {"subscriptionDefinitions": [_definition(each) for each in SUBSCRIPTIONS]})
        case ("status", "email", address), "GET":
            return answer(200, _v3_statuses(state, _address(address)))
        case ("subscribe",), "POST":
            return answer(200, _v3_set(state, call, IN))
        case ("unsubscribe",), "POST":
            return answer(200, _v3_set(state, call, OUT))
        case _:
            raise no_such_path()


def _v3_set(state: PortalState, call: Call, wanted: str) -> dict[str, Any]:
    body = json_object(call.request)
    address = _address(body.get("emailAddress", ""))
    subscription = _subscription(body.get("subscriptionId"))
    if wanted == IN and state.consent.status(address, subscription) == OUT:
        raise bad_request(
            f"{address} has opted out and cannot be subscribed again through this version of the API"
        )
    reason = state.consent.set_status(address, subscription, wanted, call.caller.app_id, state.now())
    if wanted == OUT and reason == NO_CHANGE:
        raise bad_request(f"Subscription {subscription.id} is already unsubscribed for {address}")
    return _v3_status(state, address, subscription)


def _v3_statuses(state: PortalState, address: str) -> dict[str, Any]:
    shown = [_v3_status(state, address, each) for each in SUBSCRIPTIONS]
    return {"recipient": address, "subscriptionStatuses": shown}


def _v3_status(state: PortalState, address: str, subscription: Subscription) -> dict[str, Any]:
    is_in = state.consent.status(address, subscription) == IN
    return {
        "id": str(subscription.id),
        "name": subscription.name,
        "description": subscription.description,
        "status": "SUBSCRIBED" if is_in else "NOT_SUBSCRIBED",
        "sourceOfStatus": "PORTAL_WIDE_STATUS" if state.consent.is_out(address) else "SUBSCRIPTION_STATUS",
        "preferenceGroupName": None,
        "legalBasis": None,
        "legalBasisExplanation": None,
    }
