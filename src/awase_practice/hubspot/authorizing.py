"""The page on which a person connects an app with a portal, and the codes that come of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Final
from urllib.parse import urlencode, urlsplit

from ..kernel.http import HttpRequest, HttpResponse
from .wire import Refusal, bad_request

CODE_LIFE: Final = timedelta(minutes=10)
"""How long a code can be used (from memory)."""

_REMEMBERED: Final = (
    "client_id",
    "redirect_uri",
    "scope",
    "optional_scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a person agreed to. challenge: of PKCE, empty without it."""

    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    until: datetime


class Codes:
    """The codes that were given out and not used yet."""

    def __init__(self) -> None:
        self._open: dict[str, Agreed] = {}

    def give(self, code: str, agreed: Agreed) -> None:
        """Remember a code."""
        self._open[code] = agreed

    def redeem(self, form: Mapping[str, str], now: datetime) -> Agreed | None:
        """What a code stands for; None unless it is known, in time, for this address and with its verifier."""
        agreed = self._open.pop(form.get("code", ""), None)
        if agreed is None or now >= agreed.until or form.get("redirect_uri") != agreed.redirect_uri:
            return None
        return agreed if not agreed.challenge or _proves(form.get("code_verifier", ""), agreed) else None


def _proves(verifier: str, agreed: Agreed) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), agreed.challenge)


def asked_scopes(request: HttpRequest, allowed: frozenset[str], client_id: str) -> tuple[frozenset[str], str]:
    """The scopes that an app asks for and may have, and where the person is sent after. Raises Refusal.

    A wanted scope that the app cannot have stops everything; an optional one is left out (confirmed).
    """
    said = _said(request)
    target = said.get("redirect_uri", "")
    if said.get("client_id") != client_id or urlsplit(target).scheme not in {"http", "https"}:
        raise bad_request("missing or invalid client id or redirect uri")
    if said.get("code_challenge") and said.get("code_challenge_method", "S256") != "S256":
        raise bad_request("The code_challenge_method must be S256")
    wanted = set(said.get("scope", "").split())
    if wanted - allowed:
        raise Refusal(
            400,
            "VALIDATION_ERROR",
            f"The app cannot ask for these scopes: {', '.join(sorted(wanted - allowed))}",
            context={"scope": sorted(wanted - allowed)},
        )
    return frozenset(wanted | (set(said.get("optional_scope", "").split()) & allowed)), target


def challenge_of(request: HttpRequest) -> str:
    """The PKCE challenge of a request, empty without one."""
    return _said(request).get("code_challenge", "")


def sent_back(request: HttpRequest, target: str, **query: str) -> HttpResponse:
    """Back to the app, with its state."""
    state = _said(request).get("state")
    whole = query if state is None else {**query, "state": state}
    joined = "&" if urlsplit(target).query else "?"
    return HttpResponse(302, {"Location": f"{target}{joined}{urlencode(whole)}"})


def page(request: HttpRequest, portal_id: int, scopes: frozenset[str]) -> HttpResponse:
    """What the person sees: which app wants what, and two buttons."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in _said(request).items()
        if name in _REMEMBERED
    )
    listed = "".join(f"<li>{escape(each)}</li>" for each in sorted(scopes))
    text = (
        '<!doctype html><html lang="ja"><meta charset="utf-8"><title>アプリを連携</title>'
        f"<h1>練習用ポータル {portal_id} にアプリを連携</h1><ul>{listed}</ul>"
        f'<form method="post" action="/oauth/authorize">{hidden}'
        '<button name="answer" value="yes">アプリを連携</button>'
        '<button name="answer" value="no">キャンセル</button></form></html>'
    )
    return HttpResponse(200, {"Content-Type": "text/html; charset=utf-8"}, text.encode())


def _said(request: HttpRequest) -> dict[str, str]:
    query = {name: values[0] for name, values in request.query.items()}
    return {**query, **request.form()} if request.method == "POST" else query
