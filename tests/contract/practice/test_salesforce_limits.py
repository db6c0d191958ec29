"""How the practice Salesforce org cuts off a client: no calls left, no access any more."""

from __future__ import annotations

import time
from collections.abc import Iterator

import jwt
import pytest

from .practice_process import PracticeProcess, practice
from .salesforce_calls import DATA, create, edit, row_path, sign_in, unbound

LIMITS = f"{DATA}/limits"


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "limits") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


def test_the_daily_allotment_can_be_lowered_while_the_org_runs(org: PracticeProcess) -> None:
    row_id = create(org, "Account", Name="限")
    used = org.control("state")["quota"]["used"]
    org.control("settings", {"day_limit": used})
    try:
        refused = org.send("PATCH", row_path("Account", row_id), {"Phone": "1"})
        assert refused.status == 403
        assert refused.document == [
            {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
        ]
        assert "retry-after" not in refused.headers
        assert refused.headers["sforce-limit-info"] == f"api-usage={used}/{used}"
        assert sign_in(org).status == 200
    finally:
        org.control("settings", {"day_limit": 100_000})
    assert org.send("GET", row_path("Account", row_id)).document["Phone"] is None


def test_revoked_access_ends_sessions_and_gives_no_new_ones(org: PracticeProcess) -> None:
    assert org.send("GET", LIMITS).status == 200
    client = {name: org.credentials[name] for name in ("client_id", "client_secret", "refresh_token")}
    claims = {
        "iss": client["client_id"],
        "sub": org.credentials["username"],
        "aud": org.url,
        "exp": int(time.time()) + 10**8,
    }
    grants = (
        {"grant_type": "client_credentials", **client},
        {"grant_type": "refresh_token", **client},
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": jwt.encode(claims, org.credentials["private_key"], "RS256"),
        },
    )
    org.control("settings", {"access_revoked": True})
    assert (org.send("GET", LIMITS).status, org.send("GET", LIMITS).code) == (401, "INVALID_SESSION_ID")
    for grant in grants:
        refused = org.form("/services/oauth2/token", grant)
        assert (refused.status, refused.document["error"]) == (400, "invalid_grant")
    org.control("settings", {"access_revoked": False})
    assert org.send("GET", LIMITS).status == 401
    assert [org.form("/services/oauth2/token", grant).status for grant in grants] == [200, 200, 200]


def test_an_inactive_integration_user_is_shut_out(org: PracticeProcess) -> None:
    user = org.send("GET", "/services/oauth2/userinfo").document["user_id"]
    edit(org, "User", user, IsActive=False)
    try:
        assert org.send("GET", LIMITS).code == "INVALID_SESSION_ID"
        assert sign_in(org).document == {"error": "invalid_grant", "error_description": "inactive user"}
    finally:
        edit(org, "User", user, IsActive=True)
    assert sign_in(org).status == 200


def test_a_refresh_token_that_the_client_revokes_is_dead(org: PracticeProcess) -> None:
    with practice("salesforce", "revoking") as fresh:
        client = {name: fresh.credentials[name] for name in ("client_id", "client_secret", "refresh_token")}
        assert fresh.form("/services/oauth2/revoke", {"token": client["refresh_token"]}).status == 200
        refused = fresh.form("/services/oauth2/token", {"grant_type": "refresh_token", **client})
        assert refused.document["error"] == "invalid_grant"
