"""Signing in to Salesforce without a person: JWT bearer, client credentials, refresh token.

The credentials' kinds and values:

- ``jwt``: ``client_id``, ``username``, ``private_key`` (PEM), ``audience`` (optional; the login address otherwise)
- ``client_credentials``: ``client_id``, ``client_secret``; only at the org's own My Domain address (confirmed)
- ``refresh_token``: ``client_id``, ``refresh_token``, ``client_secret`` (optional)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Never

import jwt
import msgspec

from awase.connectors.salesforce.faults import failed_read
from awase.connectors.sdk.bodies import FORM_HEADERS, form_body, json_answer
from awase.connectors.sdk.calls import ask_one
from awase.errors import NotConnected, SignInRefused
from awase.ports.connector import Credentials, Session
from awase.ports.flows import Flow, Lane, Request, Response

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105  a path, not a secret
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFE = timedelta(minutes=3)
"""The vendor accepts an assertion for a few minutes only (from memory: 3 to 5)."""


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    instance_url: str
    refresh_token: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    error: str
    error_description: str = ""


_REMEDIES: tuple[tuple[str, str], ...] = (
    (
        "expired access/refresh token",
        "The refresh token lapsed or was revoked: connect again with a new one.",
    ),
    ("token validity expired", "The refresh token lapsed or was revoked: connect again with a new one."),
    (
        "hasn't approved",
        "In the External Client App's policies choose admin approved users, and give the integration user's permission "
        "set to the app.",
    ),
    (
        "not admin approved",
        "Give the integration user's permission set or profile to the External Client App.",
    ),
    ("inactive user", "Activate the integration user in Salesforce, or connect as another one."),
    ("inactive organization", "The org is locked or closed: ask its administrator or Salesforce."),
    (
        "ip restricted",
        "Add this server's address to the login IP ranges of the user's profile, or relax the app's IP policy.",
    ),
    (
        "audience",
        "Use as audience the login address of this org: https://login.salesforce.com, https://test.salesforce.com "
        "for a sandbox, or its My Domain address.",
    ),
    (
        "invalid assertion",
        "Check that the certificate in the External Client App belongs to the private key, and this machine's clock.",
    ),
    (
        "user_not_found",
        "Check the user name, and that it belongs to this org (a sandbox adds its name at the end).",
    ),
    ("client identifier invalid", "Check the client id (consumer key) of the External Client App."),
    ("invalid client credentials", "Check the client secret (consumer secret) of the External Client App."),
    (
        "no client credentials user",
        "Choose a Run As user for the client credentials flow in the app's policies.",
    ),
    (
        "not supported on this domain",
        "Use the org's My Domain address as login address for client credentials.",
    ),
    (
        "authentication failure",
        "Check user, key and app; the user's login history in Salesforce Setup names the cause.",
    ),
)
"""What a person does about a refusal, by words of its description or its error (texts confirmed but for ``token
validity``, ``not admin approved``, ``invalid assertion``, ``user_not_found`` and ``invalid client``: from memory)."""

_OTHER_REMEDY = "Check the connection's credentials and the External Client App, then connect again."


def sign_in(login_url: str, credentials: Credentials, now: Callable[[], datetime]) -> Flow[Never, Session]:
    """A new session at the org's own address.

    Raises SignInRefused with the vendor's words, NotConnected when the credentials are incomplete or unusable,
    HostUnreachable and VendorBusy as any call.
    """
    form = _form(login_url, credentials, now)
    request = Request(
        "POST",
        login_url + TOKEN_PATH,
        headers=FORM_HEADERS,
        body=form_body(form),
        lane=Lane.OTHER,
        # With rotation on, the first arrival of a refresh token kills it (confirmed): never sent again blindly.
        idempotent=credentials.kind != "refresh_token",
        signed=False,
    )
    answer = yield from ask_one(request)
    if not isinstance(answer, Response):
        raise failed_read(answer, "signing in")
    if answer.status == 200:
        token = json_answer(answer, _Token)
        if token is None:
            raise failed_read(answer, "signing in")
        return _session(token, credentials)
    refusal = json_answer(answer, _Refusal)
    if refusal is None or answer.status == 429 or answer.status >= 500:
        raise failed_read(answer, "signing in")
    raise _refused(refusal, login_url)


def _session(token: _Token, credentials: Credentials) -> Session:
    rotated = token.refresh_token
    renewed = (
        {"refresh_token": rotated} if rotated and rotated != credentials.values.get("refresh_token") else {}
    )
    return Session(access_token=token.access_token, base_url=token.instance_url.rstrip("/"), renewed=renewed)


def _refused(refusal: _Refusal, login_url: str) -> SignInRefused:
    said = f"{refusal.error} {refusal.error_description}".casefold()
    remedy = next((remedy for words, remedy in _REMEDIES if words in said), _OTHER_REMEDY)
    return SignInRefused(
        "Salesforce refused to sign in: {error}: {description}",
        where=login_url,
        remedy=remedy,
        error=refusal.error,
        description=refusal.error_description or "no explanation",
    )


def _form(login_url: str, credentials: Credentials, now: Callable[[], datetime]) -> Mapping[str, str]:
    values = credentials.values
    match credentials.kind:
        case "jwt":
            return {"grant_type": _JWT_GRANT, "assertion": _assertion(login_url, values, now())}
        case "client_credentials":
            return {"grant_type": "client_credentials", **_named(values, "client_id", "client_secret")}
        case "refresh_token":
            form = {"grant_type": "refresh_token", **_named(values, "client_id", "refresh_token")}
            secret = values.get("client_secret")
            return {**form, "client_secret": secret} if secret else form
        case kind:
            raise NotConnected(
                "Salesforce cannot be signed in to with credentials of kind {kind}",
                remedy="Use jwt, client_credentials or refresh_token.",
                kind=repr(kind),
            )


def _assertion(login_url: str, values: Mapping[str, str], now: datetime) -> str:
    given = _named(values, "client_id", "username", "private_key")
    claims = {
        "iss": given["client_id"],
        "sub": given["username"],
        "aud": values.get("audience") or login_url,
        "exp": int((now + _ASSERTION_LIFE).timestamp()),
    }
    try:
        return jwt.encode(claims, given["private_key"], algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        # The cause is not chained: a parser's message may quote the key.
        raise NotConnected(
            "the private key cannot be used to sign",
            remedy="Give the unencrypted RSA private key in PEM form that belongs to the app's certificate.",
        ) from None


def _named(values: Mapping[str, str], *names: str) -> dict[str, str]:
    """The values of these names. Raises NotConnected naming those that are missing."""
    missing = [name for name in names if not values.get(name)]
    if missing:
        raise NotConnected(
            "the Salesforce credentials lack {missing}",
            remedy="Connect again and give every value the sign-in needs.",
            missing=", ".join(missing),
        )
    return {name: values[name] for name in names}
