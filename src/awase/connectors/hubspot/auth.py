"""Signing in to HubSpot, and finding out which portal and app a connection leads to.

Kinds of credentials:

``token``  ``{"token"}``: a service key or a private-app token; it never lapses, so no call is made.
``oauth``  ``{"client_id", "client_secret", "refresh_token"}``: a public app; access tokens live 30 minutes (from
memory), and an answer may carry a new refresh token, which then replaces ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Never, TypeGuard

import msgspec

from awase.connectors.hubspot.faults import vendor_words
from awase.connectors.hubspot.paths import Paths
from awase.connectors.sdk.bodies import (
    FORM_HEADERS,
    JSON_HEADERS,
    expected,
    form_body,
    json_answer,
    json_body,
)
from awase.connectors.sdk.calls import ask_one, read_failure
from awase.errors import BadInput, SignInRefused
from awase.ports.connector import Credentials, OrgIdentity, Session
from awase.ports.flows import Answer, Flow, Lane, Request, Response

VENDOR = "HubSpot"

_CHECK_APP = "Compare the client id and secret with the app's settings in HubSpot, then connect again."
_CONNECT_AGAIN = (
    "Somebody may have removed the app from the portal, or the token was renewed elsewhere: connect again."
)


class _Token(msgspec.Struct):
    access_token: str
    refresh_token: str = ""


class _TokenRefusal(msgspec.Struct):
    """The dated endpoint speaks OAuth's words, v1 its own (both from memory)."""

    status: str = ""
    message: str = ""
    error: str = ""
    error_description: str = ""


class _Account(msgspec.Struct, rename="camel"):
    portal_id: int
    account_type: str = "STANDARD"
    account_name: str = ""
    utc_offset_milliseconds: int | None = None


class _PrivateApp(msgspec.Struct, rename="camel"):
    app_id: int
    user_id: int | None = None


class _OAuthApp(msgspec.Struct):
    app_id: int
    user: str = ""


class _Practice(msgspec.Struct):
    practice: bool


@dataclass(frozen=True, slots=True)
class Portal:
    """What ``identify`` finds out. ``zone`` is the portal's present offset from UTC: its quota ends at midnight."""

    identity: OrgIdentity
    zone: timedelta | None


def sign_in(paths: Paths, base_url: str, credentials: Credentials) -> Flow[Never, Session]:
    """A session; raises SignInRefused with the vendor's words."""
    match credentials.kind:
        case "token":
            return Session(access_token=_needed(credentials, "token"), base_url=base_url)
        case "oauth":
            return (yield from _refresh(paths, base_url, credentials))
        case _:
            raise BadInput(
                "HubSpot cannot be signed in to with {kind}",
                remedy="Connect with a service key (token) or an app's refresh token (oauth).",
                kind=credentials.kind,
            )


def _needed(credentials: Credentials, name: str) -> str:
    value = credentials.values.get(name, "").strip()
    if not value:
        raise SignInRefused("the credentials hold no {name}", remedy="Connect again.", name=name)
    return value


def _refresh(paths: Paths, base_url: str, credentials: Credentials) -> Flow[Never, Session]:
    held = _needed(credentials, "refresh_token")
    form = {
        "grant_type": "refresh_token",
        "client_id": _needed(credentials, "client_id"),
        "client_secret": _needed(credentials, "client_secret"),
        "refresh_token": held,
    }
    answer = yield from ask_one(
        Request(
            "POST",
            base_url + paths.token(),
            headers=FORM_HEADERS,
            body=form_body(form),
            lane=Lane.OTHER,
            idempotent=False,
            signed=False,
        )
    )
    if not isinstance(answer, Response):
        raise read_failure(answer, vendor=VENDOR, doing="signing in", words="")
    token = json_answer(answer, _Token) if answer.status == 200 else None
    if token is None:
        raise _refusal(answer)
    renewed = {"refresh_token": token.refresh_token} if token.refresh_token not in ("", held) else {}
    return Session(access_token=token.access_token, base_url=base_url, renewed=renewed)


def _refusal(response: Response) -> Exception:
    said = json_answer(response, _TokenRefusal) or _TokenRefusal()
    words = said.error_description or said.message or said.error or said.status
    if response.status not in (400, 401, 403):
        return read_failure(response, vendor=VENDOR, doing="signing in", words=words)
    about_the_app = "client" in f"{said.status} {said.error}".lower()
    return SignInRefused(
        "HubSpot refused to sign in: {words}",
        remedy=_CHECK_APP if about_the_app else _CONNECT_AGAIN,
        words=words or f"HTTP {response.status}",
    )


def identify(paths: Paths, session: Callable[[], tuple[Session | None, str]]) -> Flow[Never, Portal]:
    """The portal, the app that acts there, and whether it is a practice org (asked last).

    ``session`` is asked only after the first answer: a transport signs in when the first call leaves.
    """
    account = yield from _account(paths)
    app_id, user = yield from _app(paths, *session())
    practice = yield from _is_practice()
    org_kind: Literal["production", "sandbox", "practice"] = (
        "practice" if practice else "production" if account.account_type == "STANDARD" else "sandbox"
    )
    offset = account.utc_offset_milliseconds
    identity = OrgIdentity(
        id=str(account.portal_id),
        name=account.account_name or f"HubSpot {account.portal_id}",
        kind=org_kind,
        user=user or (f"app {app_id}" if app_id else "service key"),
        user_id=app_id,
    )
    return Portal(identity, None if offset is None else timedelta(milliseconds=offset))


def _account(paths: Paths) -> Flow[Never, _Account]:
    answer = yield from ask_one(_other("GET", paths.account_details()))
    account = json_answer(answer, _Account) if _is_ok(answer) else None
    if account is None:
        words = vendor_words(answer) if isinstance(answer, Response) else ""
        raise read_failure(answer, vendor=VENDOR, doing="asking which portal this is", words=words)
    return account


def _app(paths: Paths, session: Session | None, kind: str) -> Flow[Never, tuple[str, str]]:
    """The app's id, by which our edits are known in the history, and its user; empty where HubSpot will not say.

    A service key may be refused here (from memory). The token goes out in the body or address, so these calls are
    made like sign-in calls, which are never recorded.
    """
    if session is None:
        return "", ""
    bearer = {**JSON_HEADERS, "Authorization": f"Bearer {session.access_token}"}
    if kind == "oauth":
        url = session.base_url + paths.oauth_token_info(session.access_token)
        answer = yield from ask_one(Request("GET", url, headers=bearer, lane=Lane.OTHER, signed=False))
        oauth = expected(_heard(answer), _OAuthApp)
        return (str(oauth.app_id), oauth.user) if oauth else ("", "")
    url = session.base_url + paths.private_app_token_info()
    body = json_body({"tokenKey": session.access_token})
    answer = yield from ask_one(
        Request("POST", url, headers=bearer, body=body, lane=Lane.OTHER, signed=False)
    )
    private = expected(_heard(answer), _PrivateApp)
    if private is None:
        return "", ""
    return str(private.app_id), f"user {private.user_id} (app {private.app_id})" if private.user_id else ""


def _heard(answer: Answer) -> Response:
    """The answer, a refusal included. Not hearing is no refusal: it must not pass for an app without an id."""
    if not isinstance(answer, Response) or answer.status >= 500:
        raise read_failure(answer, vendor=VENDOR, doing="asking which app this is", words="")
    return answer


def _is_practice() -> Flow[Never, bool]:
    answer = yield from ask_one(_other("GET", "/.well-known/awase-practice"))
    if not isinstance(answer, Response) or answer.status >= 500:
        raise read_failure(answer, vendor=VENDOR, doing="asking whether this is a practice org", words="")
    said = json_answer(answer, _Practice) if answer.status == 200 else None
    return said is not None and said.practice


def _other(method: str, url: str) -> Request:
    return Request(method, url, headers=JSON_HEADERS, lane=Lane.OTHER)


def _is_ok(answer: Answer) -> TypeGuard[Response]:
    return isinstance(answer, Response) and answer.status == 200
