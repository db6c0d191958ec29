"""Signing in to HubSpot, and knowing which portal and app a connection leads to."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from awase.errors import BadConfiguration, HostUnreachable, SignInRefused, VendorBusy
from awase.ports.connector import Credentials
from awase.ports.flows import Lane
from tests.unit.connectors.hubspot_flows import connector, drive, responding, silent

OAUTH = Credentials("oauth", {"client_id": "c", "client_secret": "s", "refresh_token": "old"})
KEY = Credentials("token", {"token": "pat-jp1-1"})
ACCOUNT = {
    "portalId": 4242,
    "accountType": "STANDARD",
    "timeZone": "Asia/Tokyo",
    "utcOffsetMilliseconds": 9 * 3_600_000,
}
APP = {"appId": 77, "userId": 5, "hubId": 4242, "scopes": []}


def test_a_service_key_signs_in_without_any_call() -> None:
    driven = drive(connector().sign_in(KEY), [])
    assert driven.end.access_token == "pat-jp1-1"
    assert driven.end.base_url == "https://api.hubapi.com"
    assert "pat-jp1" not in repr(driven.end)


def test_a_blank_key_is_refused_before_any_call() -> None:
    with pytest.raises(SignInRefused):
        drive(connector().sign_in(Credentials("token", {"token": " "})), [])


@pytest.mark.parametrize(
    ("version", "path"), [("2026-09", "/oauth/2026-09/token"), ("v3", "/oauth/v1/token")]
)
def test_a_refresh_token_becomes_a_session_and_its_successor_is_handed_on(version: str, path: str) -> None:
    token = responding({"access_token": "a", "refresh_token": "new", "expires_in": 1800})
    driven = drive(connector(version=version).sign_in(OAUTH), [token])
    [request] = driven.requests
    assert request.url == f"https://api.hubapi.com{path}"
    assert (request.signed, request.idempotent, request.lane) == (False, False, Lane.OTHER)
    assert parse_qs((request.body or b"").decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["c"],
        "client_secret": ["s"],
        "refresh_token": ["old"],
    }
    assert driven.end.renewed == {"refresh_token": "new"}


def test_a_refresh_token_that_stays_the_same_is_not_stored_again() -> None:
    driven = drive(connector().sign_in(OAUTH), [responding({"access_token": "a", "refresh_token": "old"})])
    assert driven.end.renewed == {}


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        ({"status": "BAD_REFRESH_TOKEN", "message": "missing or unknown refresh token"}, "connect again"),
        ({"error": "invalid_grant", "error_description": "the token was revoked"}, "connect again"),
        (
            {"status": "BAD_CLIENT_SECRET", "message": "missing or invalid client secret"},
            "client id and secret",
        ),
        ({"error": "invalid_client"}, "client id and secret"),
    ],
)
def test_a_refusal_carries_the_vendors_words_and_what_to_do(body: dict[str, str], remedy: str) -> None:
    with pytest.raises(SignInRefused) as refused:
        drive(connector().sign_in(OAUTH), [responding(body, status=400)])
    assert (body.get("error_description") or body.get("message") or body["error"]) in str(refused.value)
    assert remedy in refused.value.remedy


def test_a_sign_in_without_answer_is_no_refusal() -> None:
    with pytest.raises(HostUnreachable):
        drive(connector().sign_in(OAUTH), [silent(maybe_sent=True)])
    with pytest.raises(VendorBusy):
        drive(connector().sign_in(OAUTH), [responding(b"<html>", status=502)])


def _identified(credentials: Credentials, *answers: Any) -> Any:
    hubspot = connector()
    signed_in = [responding({"access_token": "a"})] if credentials.kind == "oauth" else []
    drive(hubspot.sign_in(credentials), signed_in)
    return hubspot, drive(hubspot.identify(), answers)


def test_a_private_apps_portal_and_app_are_known_and_practice_is_asked_last() -> None:
    hubspot, driven = _identified(KEY, responding(ACCOUNT), responding(APP), responding({}, status=404))
    identity = driven.end
    assert (identity.id, identity.kind, identity.user_id) == ("4242", "production", "77")
    assert driven.requests[-1].url == "/.well-known/awase-practice"
    assert driven.requests[1].url.endswith("/oauth/v2/private-apps/get/access-token-info")
    assert not driven.requests[1].signed, "the token is in the body, so the call must not be recorded"
    assert hubspot.acting_as(identity.user_id).capabilities.history


def test_an_oauth_app_is_asked_for_by_its_access_token() -> None:
    app = {"app_id": 88, "user": "sato@example.jp", "hub_id": 4242}
    _, driven = _identified(OAUTH, responding(ACCOUNT), responding(app), responding({}, status=404))
    assert (driven.end.user, driven.end.user_id) == ("sato@example.jp", "88")
    assert not driven.requests[1].signed


def test_a_service_key_that_hides_its_app_has_no_history() -> None:
    hubspot, driven = _identified(
        KEY, responding(ACCOUNT), responding({"status": "error"}, status=403), responding({}, status=404)
    )
    assert driven.end.user_id == ""
    assert not hubspot.acting_as(driven.end.user_id).capabilities.history


@pytest.mark.parametrize(
    ("account_type", "practice", "kind"),
    [
        ("STANDARD", {"practice": True}, "practice"),
        ("SANDBOX", {"practice": False}, "sandbox"),
        ("DEVELOPER_TEST", {}, "sandbox"),
        ("STANDARD", {}, "production"),
    ],
)
def test_the_kind_of_portal_is_told_apart(account_type: str, practice: dict[str, bool], kind: str) -> None:
    account = {**ACCOUNT, "accountType": account_type}
    _, driven = _identified(KEY, responding(account), responding(APP), responding(practice))
    assert driven.end.kind == kind


def test_a_portal_that_cannot_say_whether_it_is_for_practice_is_not_taken_for_live() -> None:
    with pytest.raises(VendorBusy):
        _identified(KEY, responding(ACCOUNT), responding(APP), responding(b"", status=503))


def test_a_version_that_is_none_is_a_configuration_error() -> None:
    with pytest.raises(BadConfiguration, match="v7"):
        connector(version="v7")
