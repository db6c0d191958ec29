"""The account itself, and what of it is always there but empty."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..kernel.http import HttpResponse
from .owners import OWNERS
from .signin import KEY_APP, OAUTH_APP
from .state import Call, PortalState
from .wire import answer, bad_request, method_not_allowed, no_such_path, stamp


def account_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/account-info``. Raises Refusal."""
    if call.method != "GET":
        raise method_not_allowed()
    match call.rest:
        case ("details",):
            return answer(200, _details(state))
        case ("api-usage", "daily", "private-apps") | ("api-usage", "daily"):
            return answer(200, {"results": [_usage(state)]})
        case _:
            raise no_such_path()


def _details(state: PortalState) -> dict[str, Any]:
    zone = ZoneInfo(state.settings.time_zone)
    offset = state.now().astimezone(zone).utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return {
        "portalId": state.portal_id,
        "accountType": "STANDARD",
        "timeZone": state.settings.time_zone,
        "companyCurrency": "JPY",
        "additionalCurrencies": [],
        "utcOffset": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
        "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "jp1",
    }


def _usage(state: PortalState) -> dict[str, Any]:
    now = state.now()
    zone = ZoneInfo(state.settings.time_zone)
    tomorrow = (now.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "name": "private-apps-api-calls-daily",
        "usageLimit": state.limits.day.limit,
        "currentUsage": state.limits.day.used,
        "collectedAt": stamp(now),
        "resetsAt": stamp(tomorrow.astimezone(now.tzinfo)),
        "fetchStatus": "SUCCESS",
    }


def token_call(state: PortalState, call: Call) -> HttpResponse:
    """What a private app's token is and may do. Raises Refusal."""
    if call.rest != ("private-apps", "get", "access-token-info") or call.method != "POST":
        raise no_such_path()
    body = call.request.json() if call.request.body else {}
    if not isinstance(body, dict) or body.get("tokenKey") != state.signin.key:
        raise bad_request("The tokenKey is not the token of a private app")
    return answer(
        200,
        {
            "userId": OWNERS[0].user_id,
            "hubId": state.portal_id,
            "appId": int(OAUTH_APP if call.caller.by_oauth else KEY_APP),
            "scopes": sorted(state.settings.scopes),
        },
    )
