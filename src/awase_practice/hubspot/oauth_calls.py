"""Signing in by OAuth: the token endpoint under its three addresses, and what tokens are."""

from __future__ import annotations

from ..kernel.http import HttpRequest, HttpResponse
from .authorizing import CODE_LIFE, Agreed, asked_scopes, challenge_of, page, sent_back
from .endpoints import TOKEN_VERSIONS
from .state import PortalState
from .wire import NO_CONTENT, Refusal, answer, method_not_allowed, no_such_path


def is_token_call(request: HttpRequest) -> bool:
    """Whether this is a call for tokens."""
    parts = request.segments
    return len(parts) == 3 and parts[0] == "oauth" and parts[1] in TOKEN_VERSIONS and parts[2] == "token"


def oauth_call(state: PortalState, request: HttpRequest) -> HttpResponse:
    """Any call below ``/oauth`` that needs no bearer token. Raises Refusal."""
    match request.segments[1:], request.method:
        case ("authorize",) | ("authorize", _), "GET" | "POST":
            return _authorized(state, request)
        case (version, "token"), "POST" if version in TOKEN_VERSIONS:
            return answer(200, state.signin.token(_form(request)))
        case (version, "token"), _ if version in TOKEN_VERSIONS:
            raise method_not_allowed()
        case (version, "token", "introspect"), "POST" if version in TOKEN_VERSIONS:
            return answer(200, state.signin.introspected(_form(request)))
        case (version, "token", "revoke"), "POST" if version in TOKEN_VERSIONS:
            state.signin.revoke(_form(request).get("token", ""))
            return NO_CONTENT
        case ("v1", "access-tokens", token), "GET":
            return answer(200, state.signin.access_token_info(token))
        case ("v1", "refresh-tokens", token), "GET":
            return answer(200, state.signin.refresh_token_info(token))
        case ("v1", "refresh-tokens", token), "DELETE":
            state.signin.revoke(token)
            return NO_CONTENT
        case _:
            raise no_such_path()


def _form(request: HttpRequest) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refusal(
            415,
            None,
            f"The Content-Type must be application/x-www-form-urlencoded, but was {kind or 'missing'}",
        )
    return request.form()


def _authorized(state: PortalState, request: HttpRequest) -> HttpResponse:
    """The page, and what the person pressed on it. Raises Refusal."""
    signin = state.signin
    scopes, target = asked_scopes(request, frozenset(state.settings.scopes), signin.client_id)
    if request.method == "GET":
        return page(request, state.portal_id, scopes)
    if request.form().get("answer") != "yes":
        return sent_back(request, target, error="access_denied", error_description="The user denied access.")
    agreed = Agreed(target, scopes, challenge_of(request), state.now() + CODE_LIFE)
    return sent_back(request, target, code=signin.authorization_code(agreed))
