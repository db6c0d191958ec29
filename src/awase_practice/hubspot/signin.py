"""Who may call: service keys, and OAuth tokens that lapse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from ..kernel.clock import Clock
from .authorizing import Agreed, Codes
from .settings import Settings
from .wire import Refusal

KEY_APP: Final = "27410001"
"""The app id that writes made with the service key carry."""
OAUTH_APP: Final = "27410002"
"""The app id that writes made with OAuth tokens carry."""
OAUTH_USER: Final = 51000101


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is. app_id: what the history names as the source. scopes: what the token may do."""

    app_id: str
    by_oauth: bool
    scopes: frozenset[str]


@dataclass(slots=True)
class _Grant:
    """One refresh token. replaces: the token it was rotated from, which ends when this one is first used.

    scopes: what the person agreed to; None for all that the app may have.
    """

    token: str
    replaces: str | None = None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class _Session:
    """One access token."""

    lapses: datetime
    scopes: frozenset[str] | None


class SignIn:
    """The portal's tokens. All are made from the seed, so that the same portal always has the same ones."""

    def __init__(self, portal_id: int, seed: int, clock: Clock, settings: Settings) -> None:
        # Tokens of a practice portal protect nothing; they must be the same every time.
        self._draw = Random(f"{portal_id}/{seed}")  # noqa: S311
        self._clock = clock
        self._portal_id = portal_id
        self.settings = settings
        self.key = f"pat-jp1-{self._uuid()}"
        self.client_id = self._uuid()
        self.client_secret = self._uuid()
        self._first_grant = self._uuid()
        digits = f"{Random(f'developer/{portal_id}/{seed}').getrandbits(128):032x}"  # noqa: S311 - as above
        self.developer_key = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
        self._grants = {self._first_grant: _Grant(self._first_grant)}
        self._codes = Codes()
        self._sessions: dict[str, _Session] = {}

    @property
    def credentials(self) -> dict[str, Any]:
        """What a client signs in with, by either way."""
        return {
            "access_token": self.key,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self._first_grant,
            "portal_id": str(self._portal_id),
            "app_id": KEY_APP,
            "oauth_app_id": OAUTH_APP,
            "developer_key": self.developer_key,
        }

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Who this call's bearer token belongs to. Raises Refusal."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token:
            raise _unauthenticated(
                "Authentication credentials not found. This API supports OAuth 2.0 authentication"
            )
        scopes = frozenset(self.settings.scopes)
        if token == self.key:
            if self.settings.key_creator_removed:
                raise Refusal(
                    403,
                    "USER_DOES_NOT_HAVE_PERMISSIONS",
                    "The user who created this app no longer has access to this account.",
                )
            return Caller(KEY_APP, False, scopes)
        session = self._sessions.get(token)
        if session is None:
            raise _unauthenticated("The OAuth token used to make this call is not valid for this account.")
        late = (self._clock.now() - session.lapses).total_seconds()
        if late >= 0:
            raise Refusal(
                401,
                "EXPIRED_AUTHENTICATION",
                f"The OAuth token used to make this call expired {int(late)} second(s) ago.",
                context={"expire time": [session.lapses.isoformat()]},
            )
        return Caller(OAUTH_APP, True, scopes if session.scopes is None else scopes & session.scopes)

    def is_key(self, headers: Mapping[str, str]) -> bool:
        """Whether the call carries the portal's service key."""
        return _token(headers) == self.key

    def is_session(self, headers: Mapping[str, str]) -> bool:
        """Whether the call carries an OAuth token of this portal; a service key never lapses."""
        return _token(headers) in self._sessions

    def end_session(self, headers: Mapping[str, str]) -> None:
        """Make this call's OAuth token lapse now."""
        token = _token(headers)
        self._sessions[token] = replace(self._sessions[token], lapses=self._clock.now())

    def authorization_code(self, agreed: Agreed) -> str:
        """A code for what a person agreed to, usable once."""
        code = self._uuid()
        self._codes.give(code, agreed)
        return code

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The answer of the token endpoint. Raises Refusal."""
        self._is_the_app(form)
        match form.get("grant_type"):
            case "refresh_token":
                return self._refreshed(form.get("refresh_token", ""))
            case "authorization_code":
                agreed = self._codes.redeem(form, self._clock.now())
                if agreed is None:
                    raise _bad_grant("BAD_AUTH_CODE", "missing or unknown auth code")
                return self._issued(self._new_grant(None, agreed.scopes))
            case other:
                raise _bad_grant(
                    "BAD_GRANT_TYPE", f"missing or unknown grant type: {other}", "unsupported_grant_type"
                )

    def access_token_info(self, token: str) -> dict[str, Any]:
        """What the portal tells about an access token it issued. Raises Refusal."""
        left = self._left(token)
        if left <= 0:
            raise Refusal(404, "OBJECT_NOT_FOUND", "The access token is unknown or has expired")
        return {
            "token": token,
            "app_id": int(OAUTH_APP),
            "hub_id": self._portal_id,
            "hub_domain": f"practice-{self._portal_id}.example",
            "user": "sato@practice.example.jp",
            "user_id": OAUTH_USER,
            "scopes": self._shown(self._sessions[token].scopes),
            "expires_in": left,
            "token_type": "access",
            "is_private_distribution": False,
        }

    def refresh_token_info(self, token: str) -> dict[str, Any]:
        """What the portal tells about a refresh token. Raises Refusal."""
        if token not in self._grants:
            raise Refusal(404, "OBJECT_NOT_FOUND", "The refresh token is unknown")
        return {
            "token": token,
            "client_id": self.client_id,
            "hub_id": self._portal_id,
            "user_id": OAUTH_USER,
            "scopes": self._shown(self._grants[token].scopes),
            "token_type": "refresh",
        }

    def introspected(self, form: Mapping[str, str]) -> dict[str, Any]:
        """What the newer endpoint tells an app about a token, of either kind (from memory). Raises Refusal."""
        self._is_the_app(form)
        token = form.get("token", "")
        if self._left(token) > 0:
            return {"active": True, "token_use": "access_token", **self.access_token_info(token)}
        if token in self._grants:
            return {"active": True, "token_use": "refresh_token", **self.refresh_token_info(token)}
        return {"active": False}

    def _is_the_app(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self.client_id:
            raise _bad_grant("BAD_CLIENT_ID", "missing or invalid client id", "invalid_client")
        if form.get("client_secret") != self.client_secret:
            raise _bad_grant("BAD_CLIENT_SECRET", "missing or invalid client secret", "invalid_client")

    def _left(self, token: str) -> int:
        """The seconds that an access token is still good for."""
        session = self._sessions.get(token)
        return 0 if session is None else int((session.lapses - self._clock.now()).total_seconds())

    def _shown(self, scopes: frozenset[str] | None) -> list[str]:
        return sorted(self.settings.scopes if scopes is None else scopes & frozenset(self.settings.scopes))

    def revoke(self, token: str) -> None:
        """End a refresh token; access tokens made with it live on until they lapse (confirmed)."""
        self._grants.pop(token, None)

    def _refreshed(self, token: str) -> dict[str, Any]:
        grant = self._grants.get(token)
        if grant is None:
            raise _bad_grant("BAD_REFRESH_TOKEN", "missing or unknown refresh token")
        if grant.replaces is not None:
            self._grants.pop(grant.replaces, None)
            grant.replaces = None
        rotates = self.settings.rotate_refresh_token
        return self._issued(self._new_grant(token, grant.scopes) if rotates else token)

    def _new_grant(self, replaces: str | None, scopes: frozenset[str] | None) -> str:
        token = self._uuid()
        self._grants[token] = _Grant(token, replaces, scopes)
        return token

    def _issued(self, refresh_token: str) -> dict[str, Any]:
        token = f"C{self._uuid().replace('-', '')}{self._uuid().replace('-', '')}"
        lifetime = self.settings.token_lifetime
        scopes = self._grants[refresh_token].scopes
        self._sessions[token] = _Session(self._clock.now() + timedelta(seconds=lifetime), scopes)
        return {
            "token_type": "bearer",
            "refresh_token": refresh_token,
            "access_token": token,
            "expires_in": lifetime,
            "hub_id": self._portal_id,
            "user_id": OAUTH_USER,
            "scopes": self._shown(scopes),
            "token_use": "access_token",
        }

    def _uuid(self) -> str:
        digits = f"{self._draw.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _token(headers: Mapping[str, str]) -> str:
    return headers.get("authorization", "").partition(" ")[2].strip()


def _unauthenticated(message: str) -> Refusal:
    return Refusal(401, "INVALID_AUTHENTICATION", message)


def _bad_grant(status: str, message: str, error: str = "invalid_grant") -> Refusal:
    """The token endpoint's own shape: ``status`` names the fault (from memory); the RFC's two names beside it."""
    return Refusal(400, None, message, extra={"status": status, "error": error, "error_description": message})
