"""Connecting an app with the practice portal: the page, codes, tokens and what they may do, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.contract.practice.hubspot_client import Portal, portal
from tests.contract.practice.practice_process import Reply

BACK = "http://127.0.0.1:9/callback?from=portal"
VERIFIER = "a-verifier-that-nobody-else-knows-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def _asked(it: Portal, **more: str) -> str:
    said = {
        "client_id": it.server.org.credentials["client_id"],
        "redirect_uri": BACK,
        "scope": "oauth crm.objects.contacts.read",
        "state": "xyz",
        **more,
    }
    return urlencode(said)


def _form(it: Portal, target: str, **fields: str) -> Reply:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return it.send("POST", target, urlencode(fields), token="", headers=headers)


def _press(it: Portal, answer: str, **more: str) -> dict[str, list[str]]:
    """Where the person lands after pressing a button of the page."""
    page = it.send("GET", f"/oauth/authorize?{_asked(it, **more)}", token="")
    assert page.status == 200
    hidden = re.findall(r'name="(\w+)" value="([^"]*)"', page.body.decode())
    fields = {name: value.replace("&amp;", "&") for name, value in hidden if name != "answer"}
    reply = _form(it, "/oauth/authorize", **fields, answer=answer)
    assert reply.status == 302
    landed = reply.headers["Location"]
    assert landed.startswith(BACK)
    return parse_qs(urlsplit(landed).query)


def _token(it: Portal, version: str = "v1", **fields: str) -> Reply:
    known = it.server.org.credentials
    client = {name: known[name] for name in ("client_id", "client_secret")}
    return _form(it, f"/oauth/{version}/token", **{**client, **fields})


@pytest.mark.parametrize("version", ["v1", "v3", "2026-03"])
def test_a_person_agrees_on_a_page_and_the_app_gets_a_token_with_no_more_than_that(version: str) -> None:
    with portal("v3") as it:
        landed = _press(it, "yes", optional_scope="forms crm.objects.cars.read")
        assert (landed["from"], landed["state"]) == (["portal"], ["xyz"])
        fields = {"grant_type": "authorization_code", "code": landed["code"][0], "redirect_uri": BACK}
        issued = _token(it, version, **fields).document
        assert issued["scopes"] == ["crm.objects.contacts.read", "forms", "oauth"]
        token = issued["access_token"]
        assert it.send("GET", "/crm/v3/objects/contacts", token=token).status == 200
        refused = it.send("GET", "/crm/v3/objects/companies", token=token)
        assert (refused.status, refused.document["category"]) == (403, "MISSING_SCOPES")
        told = it.ask("GET", f"/oauth/v1/access-tokens/{token}")
        assert (told["hub_id"], told["scopes"]) == (int(it.server.org.org_id), issued["scopes"])
        again = _token(it, version, grant_type="refresh_token", refresh_token=issued["refresh_token"])
        assert again.document["scopes"] == issued["scopes"]
        used = _token(it, version, **fields)
        assert (used.status, used.document["status"]) == (400, "BAD_AUTH_CODE")


def test_a_code_is_good_for_its_own_address_its_verifier_and_ten_minutes() -> None:
    def redeemed(it: Portal, seconds: int = 0, **fields: str) -> int:
        code = _press(it, "yes", code_challenge=CHALLENGE, code_challenge_method="S256")["code"][0]
        if seconds:
            it.control("pass-time", {"seconds": seconds})
        said = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        return _token(it, **{**said, "code_verifier": VERIFIER, **fields}).status

    with portal("v3") as it:
        assert redeemed(it) == 200
        assert redeemed(it, redirect_uri="http://127.0.0.1:9/other") == 400
        assert redeemed(it, code_verifier="guessed") == 400
        assert redeemed(it, seconds=601) == 400


def test_a_person_may_refuse_and_an_app_cannot_ask_for_what_it_may_not_have() -> None:
    with portal("v3") as it:
        assert _press(it, "no")["error"] == ["access_denied"]
        asked = f"/oauth/authorize?{_asked(it, scope='crm.objects.cars.read')}"
        assert it.send("GET", asked, token="").document["context"] == {"scope": ["crm.objects.cars.read"]}
        assert it.send("GET", f"/oauth/authorize?{_asked(it, client_id='x')}", token="").status == 400


def test_tokens_are_told_about_and_revoked() -> None:
    with portal("2026-09") as it:
        refresh = it.server.org.credentials["refresh_token"]
        issued = _token(it, "2026-09", grant_type="refresh_token", refresh_token=refresh).document

        def told(token: str) -> Any:
            known = it.server.org.credentials
            client = {name: known[name] for name in ("client_id", "client_secret")}
            return _form(it, "/oauth/2026-09/token/introspect", **client, token=token).document

        assert (told(issued["access_token"])["active"], told(refresh)["token_use"]) == (True, "refresh_token")
        assert told("nonsense") == {"active": False}
        assert it.ask("GET", f"/oauth/v1/refresh-tokens/{refresh}")["client_id"]
        it.ask("DELETE", f"/oauth/v1/refresh-tokens/{refresh}", status=204)
        assert told(refresh) == {"active": False}
        assert told(issued["access_token"])["active"], "an access token outlives the refresh token"
        assert _token(it, grant_type="refresh_token", refresh_token=refresh).document["status"] == (
            "BAD_REFRESH_TOKEN"
        )
        usage = it.ask("GET", "/account-info/v3/api-usage/daily/private-apps")["results"][0]
        assert (usage["usageLimit"], usage["currentUsage"]) == (625_000, 1)
