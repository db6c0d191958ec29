"""The web-server flow: a log-in page, a code for the client, and the proof (PKCE) that the same client trades it in.

Pages are this org's own; addresses, parameters and error names are the vendor's [confirmed where the fact reference
says so, otherwise from memory].
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Final
from urllib.parse import urlencode, urlsplit

from ..kernel.clock import Clock
from ..kernel.http import HttpRequest, HttpResponse
from .errors import SignInRefusal
from .login import COMMAND_LINE_CLIENT, Login

_CODE_LIFE = timedelta(minutes=15)
_KEPT: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_LOCAL: Final = frozenset(("localhost", "127.0.0.1", "[::1]", "::1"))
_ALL_SCOPES = "api refresh_token"


@dataclass(frozen=True, slots=True)
class _Code:
    user_id: str
    scope: str
    redirect_uri: str
    challenge: str
    made_at: datetime


class Authorizing:
    """The codes of one org. redirect_uris: where a client may be sent back to; none: anywhere on its own machine."""

    def __init__(self, login: Login, clock: Clock) -> None:
        self.redirect_uris: tuple[str, ...] = ()
        self._login, self._clock = login, clock
        self._codes: dict[str, _Code] = {}
        self._made = 0
        login.code_grant = self._grant

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The log-in page (GET), or where it sends the browser when it is filled in (POST)."""
        asked = {name: values[0] for name, values in request.query.items()} | request.form()
        trouble = self._trouble(asked)
        if trouble is not None:
            return _page(400, f"<h1>OAuth Error</h1><p>error={trouble[0]}</p><p>{escape(trouble[1])}</p>")
        if asked.get("response_type") != "code":
            return _back(
                asked, error="unsupported_response_type", error_description="response type not supported"
            )
        if asked.get("code_challenge_method", "S256") != "S256":
            return _back(
                asked, error="invalid_request", error_description="code challenge method not supported"
            )
        if request.method != "POST":
            return _log_in_page(asked, "")
        if asked.get("answer") == "deny":
            return _back(asked, error="access_denied", error_description="end-user denied authorization")
        user_id = self._login.password_is_right(asked.get("un", ""), asked.get("pw", ""), from_afar=False)
        if user_id is None:
            return _log_in_page(asked, "Please check your username and password.")
        return _back(asked, code=self._code_for(user_id, asked))

    def _trouble(self, asked: Mapping[str, str]) -> tuple[str, str] | None:
        """Why the browser cannot even be sent back."""
        if asked.get("client_id") not in {self._login.credentials["client_id"], COMMAND_LINE_CLIENT}:
            return "invalid_client_id", "client identifier invalid"
        place = asked.get("redirect_uri", "")
        known = self.redirect_uris
        if not (place in known if known else urlsplit(place).hostname in _LOCAL):
            return "redirect_uri_mismatch", "redirect_uri must match configuration"
        return None

    def _code_for(self, user_id: str, asked: Mapping[str, str]) -> str:
        self._made += 1
        code = "aPrx" + hashlib.sha256(f"{self._login.domain}/code/{self._made}".encode()).hexdigest()
        scope, challenge = asked.get("scope") or _ALL_SCOPES, asked.get("code_challenge", "")
        place = asked.get("redirect_uri", "")
        self._codes[code] = _Code(user_id, scope, place, challenge, self._clock.now())
        return code

    def _grant(self, form: Mapping[str, str]) -> tuple[str, str]:
        """Trade a code in, once: the user's id and the scopes. Raises SignInRefusal."""
        held = self._codes.pop(form.get("code", ""), None)
        if held is None:
            raise SignInRefusal("invalid_grant", "invalid authorization code")
        if self._clock.now() - held.made_at > _CODE_LIFE:
            raise SignInRefusal("invalid_grant", "expired authorization code")
        if form.get("redirect_uri", "") != held.redirect_uri:
            raise SignInRefusal("redirect_uri_mismatch", "redirect_uri must match configuration")
        if held.challenge and _challenge(form.get("code_verifier", "")) != held.challenge.rstrip("="):
            raise SignInRefusal("invalid_grant", "invalid code verifier")
        return held.user_id, held.scope


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _back(asked: Mapping[str, str], **said: str) -> HttpResponse:
    """Send the browser back to the client."""
    if asked.get("state"):
        said["state"] = asked["state"]
    place = asked["redirect_uri"]
    sign = "&" if "?" in place else "?"
    return HttpResponse(302, {"Location": f"{place}{sign}{urlencode(said)}", "Cache-Control": "no-store"})


def _log_in_page(asked: Mapping[str, str], complaint: str) -> HttpResponse:
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">'
        for name in _KEPT
        if asked.get(name)
    )
    said = f'<p id="error" role="alert">{escape(complaint)}</p>' if complaint else ""
    return _page(
        200,
        f'<h1>Log in to the practice org</h1>{said}<form method="post" action="/services/oauth2/authorize">{kept}'
        '<label>Username <input name="un" type="text" autocomplete="username"></label> '
        '<label>Password <input name="pw" type="password" autocomplete="current-password"></label> '
        '<button name="answer" value="allow">Log in and allow</button> '
        '<button name="answer" value="deny">Deny</button></form>',
    )


def _page(status: int, body: str) -> HttpResponse:
    whole = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Practice org</title></head>'
        f"<body>{body}</body></html>"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return HttpResponse(status, headers, whole.encode())
