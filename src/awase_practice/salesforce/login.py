"""Signing in: tokens by JWT bearer, client credentials and refresh token; sessions and who they belong to.

Error bodies are ``{"error", "error_description"}`` in the vendor's words.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ..kernel.http import HttpRequest, HttpResponse, json_response
from .data import OrgData

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
_SCOPE = "api refresh_token"


class SignInRefusal(Exception):
    """No token is given; the two texts of the error body."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


@dataclass(frozen=True, slots=True)
class Session:
    """Who holds a token, until when."""

    user_id: str
    expires_at: datetime


class Credentials(Mapping[str, Any]):
    """What a client signs in with. The key pair is only made when somebody asks for the private key."""

    def __init__(self, plain: Mapping[str, str]) -> None:
        self._plain = dict(plain)
        self._private: rsa.RSAPrivateKey | None = None

    def __getitem__(self, name: str) -> Any:
        return self._private_pem() if name == "private_key" else self._plain[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._plain
        yield "private_key"

    def __len__(self) -> int:
        return len(self._plain) + 1

    def keep(self) -> str | None:
        """The private key if there is one."""
        return self._private_pem() if self._private else None

    def take_up(self, pem: str | None) -> None:
        """Go on with a kept private key."""
        key = serialization.load_pem_private_key(pem.encode(), None) if pem else None
        self._private = key if isinstance(key, rsa.RSAPrivateKey) else None

    def public_key(self) -> rsa.RSAPublicKey:
        """What an assertion's signature is checked against."""
        return self._key().public_key()

    def _key(self) -> rsa.RSAPrivateKey:
        if self._private is None:
            self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._private

    def _private_pem(self) -> str:
        return (
            self._key()
            .private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            .decode()
        )


class Login:
    """The tokens of one org. Texts that look like secrets are made from the org's name and seed."""

    def __init__(self, data: OrgData, org_id: str, secret_seed: str) -> None:
        self.session_seconds = 7200
        self.rotates = False
        self.revoked = False
        self._data = data
        self._org_id = org_id
        self._seed = secret_seed.encode()
        self._made = 0
        self._sessions: dict[str, Session] = {}
        refresh_token = self._secret("refresh/0", 48)
        username = str(data.tables["User"].get(data.integration_user).values["Username"])  # type: ignore[union-attr]
        self._refresh_tokens: dict[str, str] = {refresh_token: data.integration_user}
        self.credentials = Credentials(
            {
                "client_id": "3MVG9" + self._secret("client id", 60),
                "client_secret": self._secret("client secret", 48).upper(),
                "username": username,
                "refresh_token": refresh_token,
            }
        )

    def session(self, request: HttpRequest) -> Session | None:
        """The session of a call's bearer token; None if it is missing, foreign or lapsed."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() not in {"bearer", "oauth"}:
            token = request.first("oauth_token") or ""
        held = self._sessions.get(token.strip())
        if held is None or held.expires_at <= self._data.clock.now() or not self._is_active(held.user_id):
            return None
        return held

    def end_session(self, request: HttpRequest) -> None:
        """Make the call's token worthless from now on."""
        self._sessions.pop(request.headers.get("authorization", "").partition(" ")[2].strip(), None)

    def end_all(self) -> None:
        """Make every access token worthless."""
        self._sessions.clear()

    def set_revoked(self, revoked: bool) -> None:
        """Take the access away from the client, every token of it, or give it back (the refresh token works again)."""
        self.revoked = revoked
        if revoked:
            self.end_all()

    def token(self, request: HttpRequest) -> HttpResponse:
        """Answer a token call."""
        form = {**{name: values[0] for name, values in request.query.items()}, **request.form()}
        try:
            return json_response(200, self._grant(form, request))
        except SignInRefusal as refusal:
            body = {"error": refusal.error, "error_description": refusal.description}
            return json_response(400, body)

    def revoke(self, request: HttpRequest) -> HttpResponse:
        """Answer a revoke call: the token, of either kind, dies."""
        token = {**request.form()}.get("token") or request.first("token") or ""
        known = self._sessions.pop(token, None) or self._refresh_tokens.pop(token, None)
        if known is None:
            return json_response(400, {"error": "invalid_token", "error_description": "invalid token"})
        return HttpResponse(200)

    def identity(self, request: HttpRequest, user_id: str) -> dict[str, Any]:
        """Who a user is: the answer of userinfo and of the identity page."""
        row = self._data.tables["User"].find(user_id)
        values: Mapping[str, Any] = row.values if row else {}
        page = f"{request.origin}/id/{self._org_id}/{user_id}"
        rest = f"{request.origin}/services/data/v{{version}}/"
        return {
            "sub": page,
            "id": page,
            "user_id": user_id,
            "organization_id": self._org_id,
            "preferred_username": values.get("Username"),
            "username": values.get("Username"),
            "display_name": values.get("Name"),
            "name": values.get("Name"),
            "email": values.get("Email"),
            "active": values.get("IsActive"),
            "is_app_installed": True,
            "zoneinfo": values.get("TimeZoneSidKey"),
            "language": values.get("LanguageLocaleKey"),
            "urls": {"rest": rest, "sobjects": f"{rest}sobjects/", "query": f"{rest}query/"},
        }

    def keep(self) -> dict[str, Any]:
        """What a client relies on after a restart: the key pair and the refresh tokens that live."""
        refresh_tokens = self._refresh_tokens
        return {"made": self._made, "refresh_tokens": refresh_tokens, "private_key": self.credentials.keep()}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on with what ``keep`` gave."""
        self._made = kept["made"]
        self._refresh_tokens = dict(kept["refresh_tokens"])
        self.credentials.take_up(kept["private_key"])

    def _grant(self, form: Mapping[str, str], request: HttpRequest) -> dict[str, Any]:
        grant = form.get("grant_type")
        if not grant:
            raise SignInRefusal("invalid_request", "missing required parameter: grant_type")
        if grant == JWT_BEARER:
            return self._by_assertion(form.get("assertion", ""), request)
        if grant == "client_credentials":
            self._check_client(form, request, needs_secret=True)
            if self.revoked:
                raise SignInRefusal("invalid_grant", "no client credentials user enabled")
            return self._opened(self._data.integration_user, request, issued=True)
        if grant == "refresh_token":
            return self._by_refresh_token(form, request)
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
        if str(claims.get("aud", "")).rstrip("/") not in {request.origin, *_LOGIN_HOSTS}:
            raise SignInRefusal("invalid_grant", "audience is invalid")
        # One well-known client sends a number far in the future and another sends text: only the past is refused.
        expires = str(claims.get("exp", ""))
        if not expires.isdigit() or int(expires) <= self._data.clock.now().timestamp():
            raise SignInRefusal("invalid_grant", "token validity expired")
        opened = self._opened(self._user(claims.get("sub")), request, issued=False)
        return {name: value for name, value in opened.items() if name != "signature"}

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
        user_id = self._refresh_tokens.get(token)
        if user_id is None or self.revoked:
            raise SignInRefusal("invalid_grant", "expired access/refresh token")
        answer = self._opened(user_id, request, issued=True)
        if self.rotates:
            del self._refresh_tokens[token]
            renewed = self._secret(f"refresh/{self._made}", 48)
            self._refresh_tokens[renewed] = user_id
            answer["refresh_token"] = renewed
        return answer

    def _check_client(self, form: Mapping[str, str], request: HttpRequest, *, needs_secret: bool) -> None:
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        kind, _, encoded = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(encoded).decode().partition(":")
            except ValueError as error:
                raise SignInRefusal("invalid_client", "invalid client credentials") from error
            given = (name, secret)
        if given[0] != self.credentials["client_id"]:
            raise SignInRefusal("invalid_client_id", "client identifier invalid")
        if (needs_secret or given[1]) and given[1] != self.credentials["client_secret"]:
            raise SignInRefusal("invalid_client", "invalid client credentials")

    def _opened(self, user_id: str, request: HttpRequest, *, issued: bool) -> dict[str, Any]:
        if not self._is_active(user_id):
            raise SignInRefusal("invalid_grant", "inactive user")
        now = self._data.clock.now()
        self._made += 1
        token = f"{self._org_id[:15]}!AQ{self._secret(f'session/{self._made}', 60)}"
        self._sessions[token] = Session(user_id, now + timedelta(seconds=self.session_seconds))
        answer = {
            "access_token": token,
            "signature": self._secret(f"signature/{self._made}", 43),
            "scope": _SCOPE,
            "instance_url": request.origin,
            "id": f"{request.origin}/id/{self._org_id}/{user_id}",
            "token_type": "Bearer",
        }
        return {**answer, "issued_at": str(int(now.timestamp() * 1000))} if issued else answer

    def _is_active(self, user_id: str) -> bool:
        user = self._data.tables["User"].find(user_id)
        return user is not None and bool(user.values.get("IsActive"))

    def _secret(self, purpose: str, length: int) -> str:
        digest = b"".join(
            hmac.new(self._seed, f"{purpose}/{part}".encode(), hashlib.sha256).digest() for part in range(2)
        )
        return base64.b64encode(digest).decode().replace("+", "x").replace("/", "y")[:length]
