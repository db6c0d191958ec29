"""Signing in to Salesforce, and finding out which org answered."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from awase.errors import HostUnreachable, NotConnected, SignInRefused, VendorBusy
from awase.ports.connector import Credentials
from awase.ports.flows import Answer, Request

from .salesforce_scene import CONNECTOR, NOW, answer, error, lost, play, rows

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
TOKEN = {
    "access_token": "00Dx!token",
    "instance_url": "https://acme.my.salesforce.com/",
    "token_type": "Bearer",
}
REFRESH = Credentials("refresh_token", {"client_id": "id", "refresh_token": "old"})


def form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((request.body or b"").decode()).items()}


def test_a_jwt_names_app_user_and_audience_and_lapses_soon() -> None:
    credentials = Credentials(
        "jwt", {"client_id": "app", "username": "awase@acme.example", "private_key": PEM}
    )
    session, _, steps = play(CONNECTOR.sign_in(credentials), lambda request: answer(request, TOKEN))
    request = steps[0][0]
    assert request.url == "https://login.salesforce.com/services/oauth2/token"
    assert request.signed is False
    claims = jwt.decode(
        form(request)["assertion"],
        KEY.public_key(),
        algorithms=["RS256"],
        audience="https://login.salesforce.com",
        options={"verify_exp": False},
    )
    assert (claims["iss"], claims["sub"]) == ("app", "awase@acme.example")
    assert 0 < claims["exp"] - NOW.timestamp() <= 300
    assert session.base_url == "https://acme.my.salesforce.com"
    assert session.access_token == "00Dx!token"
    assert dict(session.renewed) == {}


def test_client_credentials_are_sent_as_a_form() -> None:
    credentials = Credentials("client_credentials", {"client_id": "id&=", "client_secret": "s+ e"})
    _, _, steps = play(CONNECTOR.sign_in(credentials), lambda request: answer(request, TOKEN))
    sent = form(steps[0][0])
    assert sent == {"grant_type": "client_credentials", "client_id": "id&=", "client_secret": "s+ e"}


def test_a_rotated_refresh_token_is_handed_back_and_its_request_is_never_resent_blindly() -> None:
    session, _, steps = play(
        CONNECTOR.sign_in(REFRESH), lambda request: answer(request, {**TOKEN, "refresh_token": "new"})
    )
    assert dict(session.renewed) == {"refresh_token": "new"}
    assert steps[0][0].idempotent is False


@pytest.mark.parametrize(
    ("code", "description", "remedy"),
    [
        ("invalid_grant", "expired access/refresh token", "connect again"),
        ("invalid_grant", "user hasn't approved this consumer", "admin approved"),
        ("invalid_grant", "inactive user", "Activate"),
        ("invalid_grant", "ip restricted", "address"),
        ("invalid_grant", "audience is invalid", "audience"),
        ("invalid_client_id", "client identifier invalid", "consumer key"),
        ("invalid_grant", "something new", "External Client App"),
    ],
)
def test_a_refusal_carries_the_vendors_words_and_a_fitting_remedy(
    code: str, description: str, remedy: str
) -> None:
    content = {"error": code, "error_description": description}
    with pytest.raises(SignInRefused) as caught:
        play(CONNECTOR.sign_in(REFRESH), lambda request: answer(request, content, 400))
    assert description in str(caught.value)
    assert remedy in caught.value.remedy
    assert "old" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (lambda request: lost(request, maybe_sent=False), HostUnreachable),
        (lambda request: answer(request, b"<html>busy</html>", 503), VendorBusy),
        (lambda request: answer(request, b'{"access_tok', 200), VendorBusy),
        (
            lambda request: answer(request, {"error": "unknown_error", "error_description": "retry"}, 500),
            VendorBusy,
        ),
    ],
)
def test_trouble_on_the_way_is_no_refusal(reply: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        play(CONNECTOR.sign_in(REFRESH), reply)


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials("jwt", {"client_id": "a", "username": "u"}),
        Credentials("jwt", {"client_id": "a", "username": "u", "private_key": "-----BEGIN SECRET nonsense"}),
        Credentials("password", {"username": "u", "password": "p"}),
    ],
)
def test_unusable_credentials_are_refused_before_any_call_and_never_shown(credentials: Credentials) -> None:
    with pytest.raises(NotConnected) as caught:
        play(CONNECTOR.sign_in(credentials), lambda request: answer(request, TOKEN))
    assert "nonsense" not in str(caught.value)
    assert caught.value.__cause__ is None


def org(request: Request, sandbox: bool, mark: Answer | None) -> Answer:
    if request.url.endswith("/userinfo"):
        user = {"user_id": "005A", "organization_id": "00D1", "preferred_username": "awase@acme.example"}
        return answer(request, user)
    if "query" in request.url:
        return answer(
            request, rows({"attributes": {}, "Id": "00D1", "Name": "株式会社例", "IsSandbox": sandbox})
        )
    return mark if mark is not None else answer(request, [error("NOT_FOUND")], 404)


@pytest.mark.parametrize(
    ("sandbox", "mark", "kind"),
    [(False, None, "production"), (True, None, "sandbox"), (True, {"practice": True}, "practice")],
)
def test_an_org_says_which_it_is(sandbox: bool, mark: Any, kind: str) -> None:
    def reply(request: Request) -> Answer:
        return org(request, sandbox, answer(request, mark) if mark else None)

    identity, _, steps = play(CONNECTOR.identify(), reply)
    assert (identity.id, identity.name, identity.kind) == ("00D1", "株式会社例", kind)
    assert (identity.user, identity.user_id) == ("awase@acme.example", "005A")
    assert steps[-1][-1].url == "/.well-known/awase-practice"


def test_a_login_page_in_place_of_the_mark_is_no_practice_org() -> None:
    identity, _, _ = play(
        CONNECTOR.identify(), lambda request: org(request, False, answer(request, b"<html></html>", 200))
    )
    assert identity.kind == "production"


def test_an_org_whose_kind_stays_unknown_is_not_identified() -> None:
    with pytest.raises(HostUnreachable):
        play(CONNECTOR.identify(), lambda request: org(request, False, lost(request)))


def test_a_lapsed_session_is_renewed_but_one_barred_by_policy_is_not() -> None:
    request = Request("GET", "/services/data/v65.0/limits")
    assert CONNECTOR.session_expired(
        answer(request, [error("INVALID_SESSION_ID", "Session expired or invalid")], 401)
    )
    barred = error("INVALID_SESSION_ID", "This session is not valid for use with the REST API")
    assert not CONNECTOR.session_expired(answer(request, [barred], 401))
    assert not CONNECTOR.session_expired(answer(request, [error("INSUFFICIENT_ACCESS")], 403))
