"""Who may call the practice portal, and how often."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from awase_practice.kernel.http import HttpRequest
from awase_practice.kernel.org import ControlRefused
from tests.unit.practice.hubspot_caller import CONTACTS, Caller

SEARCH = f"{CONTACTS}/search"


def _token(caller: Caller, path: str = "/oauth/2026-09/token", **form: str) -> tuple[int, Any]:
    known = caller.portal.credentials
    filled = {
        "grant_type": "refresh_token",
        "client_id": str(known["client_id"]),
        "client_secret": str(known["client_secret"]),
        "refresh_token": str(known["refresh_token"]),
        **form,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = HttpRequest.of("POST", path, headers=headers, body=urlencode(filled).encode())
    answer = caller.portal.handle_now(request)
    return answer.status, answer.json()


def test_a_call_without_a_token_of_this_portal_is_refused() -> None:
    caller = Caller()
    other = Caller(seed=7)
    assert caller.token.startswith("pat-jp1-")
    for token in ("", "nonsense", other.token):
        caller.token = token
        status, body = caller.call("GET", CONTACTS)
        assert (status, body["category"], "correlationId" in body) == (401, "INVALID_AUTHENTICATION", True)
    assert caller.portal.state()["calls"] == {"unauthenticated": 3}


@pytest.mark.parametrize("path", ["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-09/token"])
def test_a_refresh_token_gives_an_access_token_that_lapses(path: str) -> None:
    caller = Caller()
    status, body = _token(caller, path)
    assert (status, body["token_type"], body["expires_in"]) == (200, "bearer", 1800)
    caller.token = body["access_token"]
    assert caller.call("GET", CONTACTS)[0] == 200
    assert caller.call("GET", f"/oauth/v1/access-tokens/{caller.token}")[1]["hub_id"] == int(
        caller.portal.org_id
    )
    caller.clock.advance(1805)
    status, body = caller.call("GET", CONTACTS)
    assert (status, body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert "second(s) ago" in body["message"]


def test_wrong_client_and_unknown_refresh_token_are_told_apart() -> None:
    caller = Caller()
    assert _token(caller, client_id="x")[1]["status"] == "BAD_CLIENT_ID"
    assert _token(caller, client_secret="x")[1]["status"] == "BAD_CLIENT_SECRET"
    status, body = _token(caller, refresh_token="x")
    assert (status, body["status"], body["error"]) == (400, "BAD_REFRESH_TOKEN", "invalid_grant")


def test_a_rotated_refresh_token_ends_when_the_new_one_is_used() -> None:
    caller = Caller(rotate_refresh_token=True)
    new = _token(caller)[1]["refresh_token"]
    assert new != caller.portal.credentials["refresh_token"]
    assert _token(caller)[0] == 200
    assert _token(caller, refresh_token=new)[0] == 200
    assert _token(caller)[1]["status"] == "BAD_REFRESH_TOKEN"


def test_an_ended_session_needs_a_new_token_and_a_service_key_has_no_session() -> None:
    caller = Caller()
    caller.faults.arm("login.expired", 1.0, times=1)
    assert caller.call("GET", CONTACTS)[0] == 200
    caller.token = _token(caller)[1]["access_token"]
    assert caller.call("GET", CONTACTS)[1]["category"] == "EXPIRED_AUTHENTICATION"
    assert caller.call("GET", CONTACTS)[0] == 401
    caller.token = _token(caller)[1]["access_token"]
    assert caller.call("GET", CONTACTS)[0] == 200
    assert caller.faults.reached == {"login.expired": 1}


def test_a_token_without_the_scope_is_told_which_one() -> None:
    caller = Caller()
    caller.portal.change_settings({"scopes": ["crm.objects.contacts.read"]})
    assert caller.call("GET", CONTACTS)[0] == 200
    assert caller.batch("read", [])[0] == 200
    status, body = caller.call("POST", CONTACTS, {"properties": {"lastname": "佐藤"}})
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    assert body["context"]["requiredGranularScopes"] == ["crm.objects.contacts.write"]


def test_bursts_are_counted_in_ten_seconds_and_searches_in_one() -> None:
    caller = Caller(pause=0.0, burst_limit=3)
    answers = [caller.send("GET", CONTACTS) for _ in range(4)]
    assert [each.status for each in answers] == [200, 200, 200, 429]
    assert answers[1].headers["X-HubSpot-RateLimit-Remaining"] == "1"
    body = answers[3].json()
    assert (body["policyName"], body["errorType"]) == ("TEN_SECONDLY_ROLLING", "RATE_LIMIT")
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    found = [caller.send("POST", SEARCH, {}) for _ in range(6)]
    assert [each.status for each in found] == [200] * 5 + [429]
    assert found[5].json()["message"] == "You have reached your secondly limit."
    assert not any(name.startswith("X-HubSpot") for name in found[0].headers)
    caller.clock.advance(10)
    assert caller.call("GET", CONTACTS)[0] == 200


def test_the_day_ends_at_midnight_of_the_portal() -> None:
    caller = Caller(day_limit=2)
    answers = [caller.send("GET", CONTACTS) for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    assert answers[2].json()["policyName"] == "DAILY"
    assert answers[1].headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    caller.clock.advance(14 * 3600 + 1800)  # it was 09:30 in Tokyo
    assert caller.call("GET", CONTACTS)[0] == 200


def test_the_days_calls_are_gone_until_midnight_when_that_fault_strikes() -> None:
    caller = Caller()
    caller.faults.arm("limits.day", 1.0, times=1)
    assert [caller.call("GET", CONTACTS)[0] for _ in range(2)] == [429, 429]
    caller.clock.advance(15 * 3600)
    assert caller.call("GET", CONTACTS)[0] == 200


def test_a_busy_portal_applies_nothing() -> None:
    caller = Caller()
    caller.faults.arm("limits.busy", 1.0, times=1)
    assert caller.call("POST", CONTACTS, {"properties": {"lastname": "佐藤"}})[0] == 429
    assert not caller.portal.rows("contact")


def test_oauth_answers_show_no_daily_limit() -> None:
    caller = Caller()
    caller.token = _token(caller)[1]["access_token"]
    headers = caller.send("GET", CONTACTS).headers
    assert headers["X-HubSpot-RateLimit-Max"] == "110"
    assert "X-HubSpot-RateLimit-Daily" not in headers


def test_the_account_says_which_portal_it_is() -> None:
    caller = Caller()
    for path in ("/account-info/v3/details", "/account-info/2026-09/details"):
        status, body = caller.call("GET", path)
        assert (status, body["portalId"], body["timeZone"]) == (200, int(caller.portal.org_id), "Asia/Tokyo")
        assert body["utcOffsetMilliseconds"] == 9 * 3_600_000
    _, app = caller.call("POST", "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": caller.token})
    assert str(app["appId"]) == caller.portal.credentials["app_id"]
    _, owners = caller.call("GET", "/crm/v3/owners/")
    assert {"id", "userId", "email"} <= set(owners["results"][0])


def test_a_body_that_is_no_json_is_a_bad_request() -> None:
    status, body = Caller().call("POST", CONTACTS, b"{")
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")


def test_unknown_settings_objects_and_fields_are_refused_by_name() -> None:
    portal = Caller().portal
    for act in (
        lambda: portal.change_settings({"speed": 1}),
        lambda: portal.change_settings({"day_limit": "many"}),
        lambda: portal.load("invoice", [], "user:seed"),
        lambda: portal.load("contact", [{"nope": 1}], "user:seed"),
        lambda: portal.edit("contact", "1", {"city": "x"}, "user:x"),
        lambda: portal.change_schema({"object": "contact", "remove_field": "nope"}),
        lambda: portal.change_schema({"object": "contact"}),
    ):
        with pytest.raises(ControlRefused):
            act()


def test_the_same_name_and_seed_make_the_same_portal() -> None:
    first, second = Caller(seed=3).portal, Caller(seed=3).portal
    assert (first.org_id, first.credentials) == (second.org_id, second.credentials)
