"""Signing in: tokens by JWT bearer, client credentials, refresh token, code and password; sessions and whose they are.

Error bodies are ``{"error", "error_description"}`` in the vendor's words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt

from ..kernel.hosts import bare_host
from ..kernel.http import HttpRequest, HttpResponse, json_response
from .credentials import Credentials, basic_credentials
from .data import OrgData
from .errors import SignInRefusal
from .tokens import ORDINARY_SCOPE, Session, Tokens

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")
"""Where users of every org may sign in; an org's data is at its own domain."""
COMMAND_LINE_CLIENT: Final = "PlatformCLI"
"""The client id of the vendor's own command line, which every org knows; it has no secret."""
_OFFLINE = frozenset(("refresh_token", "offline_access", "full"))


class Login:
    """Who may have a token of one org, and in which way."""

    def __init__(self, data: OrgData, org_id: str, secret_seed: str, domain: str) -> None:
        """domain: the org's own host name. code_grant: how a code is turned into a user's id and scopes."""
        self.rotates = False
        self.revoked = False
        self.takes_passwords = False
        self.domain = domain
        self.code_grant: Callable[[Mapping[str, str]], tuple[str, str]] | None = None
        self._data = data
        self._org_id = org_id
        self.tokens = Tokens(data.clock, org_id, secret_seed)
        secret = self.tokens.secret
        refresh_token = self.tokens.make_refresh(data.integration_user)
        username = str(data.tables["User"].get(data.integration_user).values["Username"])  # type: ignore[union-attr]
        self.credentials = Credentials(
            {
                "client_id": "3MVG9" + secret("client id", 60),
                "client_secret": secret("client secret", 48).upper(),
                "username": username,
                "password": secret("password", 16),
                "security_token": secret("security token", 24),
                "refresh_token": refresh_token,
            }
        )

    def session(self, request: HttpRequest) -> Session | None:
        """The session of a call's bearer token; None if it is missing, foreign or lapsed."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() not in {"bearer", "oauth"}:
            token = request.first("oauth_token") or ""
        return self.session_of(token.strip())

    def session_of(self, token: str) -> Session | None:
        """The session of a token; None if it is missing, foreign or lapsed."""
        held = self.tokens.sessions.get(token)
        if held is None or self.tokens.is_lapsed(held) or not self._is_active(held.user_id):
            return None
        return held

    def recognises(self, request: HttpRequest) -> bool:
        """Whether a call carries a token of this org, its client id or the name of one of its users."""
        _, _, token = request.headers.get("authorization", "").partition(" ")
        if (token.strip() or request.first("oauth_token") or "").startswith(f"{self._org_id[:15]}!"):
            return True
        form = {**{name: values[0] for name, values in request.query.items()}, **request.form()}
        given = {form.get("client_id"), form.get("username"), form.get("un")}
        try:
            given.add(basic_credentials(request)[0])
            claims = jwt.decode(form.get("assertion", ""), options={"verify_signature": False})
            given |= {str(claims.get("iss")), str(claims.get("sub"))}
        except (SignInRefusal, jwt.PyJWTError):
            pass  # nothing that says whose it is
        if not given.isdisjoint({self.credentials["client_id"], self.credentials["username"]}):
            return True
        return (form.get("refresh_token") or form.get("token")) in self.tokens.refresh

    def home(self, request: HttpRequest) -> str:
        """Where the org's data is: its own domain for who came to a host of everybody, otherwise where the call came."""
        host = bare_host(request.host)
        if host not in LOGIN_HOSTS:
            return request.origin
        return f"{request.scheme}://{self.domain}{request.host[len(host) :]}"

    def end_session(self, request: HttpRequest) -> None:
        """Make the call's token worthless from now on."""
        self.tokens.end(request.headers.get("authorization", "").partition(" ")[2].strip())

    def set_revoked(self, revoked: bool) -> None:
        """Take the access away from the client, every token of it, or give it back (the refresh token works again)."""
        self.revoked = revoked
        if revoked:
            self.tokens.sessions.clear()

    def token(self, request: HttpRequest) -> HttpResponse:
        """Answer a token call."""
        form = {**{name: values[0] for name, values in request.query.items()}, **request.form()}
        try:
            return json_response(200, self._grant(form, request))
        except SignInRefusal as refusal:
            return _refusal(refusal)

    def revoke(self, request: HttpRequest) -> HttpResponse:
        """Answer a revoke call: the token, of either kind, dies."""
        token = {**request.form()}.get("token") or request.first("token") or ""
        if not self.tokens.end(token):
            return json_response(400, {"error": "invalid_token", "error_description": "invalid token"})
        return HttpResponse(200)

    def introspect(self, request: HttpRequest) -> HttpResponse:
        """Answer what a token is worth; only the client that holds a secret may ask."""
        form = request.form()
        try:
            self._check_client(form, request, needs_secret=True)
        except SignInRefusal as refusal:
            return _refusal(refusal)
        token = form.get("token", "")
        held = self.tokens.sessions.get(token)
        if held is None or self.tokens.is_lapsed(held):
            user_id = self.tokens.refresh.get(token)
            known = {"active": True, "token_type": "refresh_token", "sub": user_id}
            return json_response(200, known if user_id else {"active": False})
        return json_response(
            200,
            {
                "active": True,
                "scope": held.scope,
                "client_id": held.client_id or self.credentials["client_id"],
                "username": self._user_value(held.user_id, "Username"),
                "sub": f"{request.origin}/id/{self._org_id}/{held.user_id}",
                "token_type": "access_token",
                "exp": int(held.expires_at.timestamp()),
                "iat": int(held.expires_at.timestamp()) - self.tokens.seconds,
            },
        )

    def password_is_right(self, username: str, password: str, *, from_afar: bool) -> str | None:
        """The id of the user who may sign in so. from_afar: the security token must stand behind the password."""
        wanted = self.credentials["password"]
        allowed = {wanted + self.credentials["security_token"]} if from_afar else {wanted}
        if password not in allowed:
            return None
        users = (row for row in self._data.tables["User"].live() if row.values.get("IsActive"))
        return next((row.id for row in users if row.values.get("Username") == username), None)

    def open_for(self, user_id: str) -> tuple[str, int]:
        """A session without OAuth: its token and how many seconds it lasts."""
        return self.tokens.open(user_id, "api", ""), self.tokens.seconds

    def keep(self) -> dict[str, Any]:
        """What a client relies on after a restart: the key pair and the refresh tokens that live."""
        return {**self.tokens.keep(), "private_key": self.credentials.keep()}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on with what ``keep`` gave."""
        self.tokens.take_up(kept)
        self.credentials.take_up(kept["private_key"])

    def _grant(self, form: Mapping[str, str], request: HttpRequest) -> dict[str, Any]:
        self._data.policies.check_sign_in(self._data.clock.now())
        grant = form.get("grant_type")
        if not grant:
            raise SignInRefusal("invalid_request", "missing required parameter: grant_type")
        if grant == JWT_BEARER:
            return self._by_assertion(form.get("assertion", ""), request)
        if grant == "client_credentials":
            self._check_client(form, request, needs_secret=True)
            if bare_host(request.host) in LOGIN_HOSTS:
                raise SignInRefusal("invalid_grant", "request not supported on this domain")
            if self.revoked:
                raise SignInRefusal("invalid_grant", "no client credentials user enabled")
            return self._opened(self._data.integration_user, request, issued=True)
        if grant == "refresh_token":
            return self._by_refresh_token(form, request)
        if grant == "authorization_code" and self.code_grant is not None:
            return self._by_code(form, request)
        if grant == "password":
            return self._by_password(form, request)
        raise SignInRefusal("unsupported_grant_type", "grant type not supported")

    def _by_assertion(self, assertion: str, request: HttpRequest) -> dict[str, Any]:
        try:
            unverified = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise SignInRefusal("invalid_grant", "invalid assertion") from error
        if unverified.get("iss") != self.credentials["client_id"]:
            raise SignInRefusal("invalid_client_id", "client identifier invalid")
        nothing_else = {f"verify_{name}": False for name in ("exp", "aud", "iat", "nbf", "iss", "sub", "jti")}
        try:
            key = self.credentials.public_key()
            claims = jwt.decode(assertion, key, algorithms=["RS256"], options=nothing_else)  # type: ignore[arg-type]
        except jwt.PyJWTError as error:
            raise SignInRefusal("invalid_grant", "invalid assertion") from error
        if str(claims.get("aud", "")).rstrip("/") not in self._audiences(request):
            raise SignInRefusal("invalid_grant", "audience is invalid")
        # One well-known client sends a number far in the future and another sends text: only the past is refused.
        expires = str(claims.get("exp", ""))
        if not expires.isdigit() or int(expires) <= self._data.clock.now().timestamp():
            raise SignInRefusal("invalid_grant", "token validity expired")
        opened = self._opened(self._user(claims.get("sub")), request, issued=False)
        return {name: value for name, value in opened.items() if name != "signature"}

    def _audiences(self, request: HttpRequest) -> set[str]:
        return {
            request.origin,
            self.home(request),
            *(f"https://{host}" for host in (*LOGIN_HOSTS, self.domain)),
        }

    def _by_code(self, form: Mapping[str, str], request: HttpRequest) -> dict[str, Any]:
        assert self.code_grant is not None  # noqa: S101  (asked for by the caller)
        proved = bool(form.get("code_verifier"))
        self._check_client(form, request, needs_secret=not proved)
        user_id, scope = self.code_grant(form)
        answer = self._opened(user_id, request, issued=True, scope=scope)
        if not _OFFLINE.isdisjoint(scope.split()):
            answer["refresh_token"] = self.tokens.make_refresh(user_id)
        return answer

    def _by_password(self, form: Mapping[str, str], request: HttpRequest) -> dict[str, Any]:
        """Off unless the org's administrator allows it [from memory: off in newer orgs]."""
        self._check_client(form, request, needs_secret=True)
        given = form.get("username", ""), form.get("password", "")
        user_id = self.password_is_right(*given, from_afar=True) or self.password_is_right(
            *given, from_afar=False
        )
        if not self.takes_passwords or user_id is None:
            raise SignInRefusal("invalid_grant", "authentication failure")
        return self._opened(user_id, request, issued=True)

    def _user(self, username: object) -> str:
        for row in self._data.tables["User"].live():
            if row.values.get("Username") == username:
                if self.revoked:
                    break
                return row.id
        raise SignInRefusal("invalid_grant", "user hasn't approved this consumer")

    def _by_refresh_token(self, form: Mapping[str, str], request: HttpRequest) -> dict[str, Any]:
        self._check_client(form, request, needs_secret=False)
        token = form.get("refresh_token", "")
        user_id = self.tokens.refresh.get(token)
        if user_id is None or self.revoked:
            raise SignInRefusal("invalid_grant", "expired access/refresh token")
        answer = self._opened(user_id, request, issued=True)
        if self.rotates:
            self.tokens.end(token)
            answer["refresh_token"] = self.tokens.make_refresh(user_id)
        return answer

    def _check_client(self, form: Mapping[str, str], request: HttpRequest, *, needs_secret: bool) -> None:
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        if request.headers.get("authorization", "").lower().startswith("basic "):
            given = basic_credentials(request)
        if given[0] == COMMAND_LINE_CLIENT and not needs_secret:
            return
        if given[0] != self.credentials["client_id"]:
            raise SignInRefusal("invalid_client_id", "client identifier invalid")
        if (needs_secret or given[1]) and given[1] != self.credentials["client_secret"]:
            raise SignInRefusal("invalid_client", "invalid client credentials")

    def _opened(
        self, user_id: str, request: HttpRequest, *, issued: bool, scope: str = ORDINARY_SCOPE
    ) -> dict[str, Any]:
        if not self._is_active(user_id):
            raise SignInRefusal("invalid_grant", "inactive user")
        token = self.tokens.open(user_id, scope, str(request.form().get("client_id", "")))
        answer = {
            "access_token": token,
            "signature": self.tokens.signature(),
            "scope": scope,
            "instance_url": self.home(request),
            "id": f"{request.origin}/id/{self._org_id}/{user_id}",
            "token_type": "Bearer",
        }
        moment = int(self._data.clock.now().timestamp() * 1000)
        return {**answer, "issued_at": str(moment)} if issued else answer

    def _user_value(self, user_id: str, name: str) -> Any:
        user = self._data.tables["User"].find(user_id)
        return user.values.get(name) if user else None

    def _is_active(self, user_id: str) -> bool:
        user = self._data.tables["User"].find(user_id)
        return user is not None and bool(user.values.get("IsActive"))


def _refusal(refusal: SignInRefusal) -> HttpResponse:
    body = {"error": refusal.error, "error_description": refusal.description}
    return json_response(400, body)
