"""The access and refresh tokens that an org has given out. Texts that look like secrets are made from its seed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..kernel.clock import Clock

ORDINARY_SCOPE = "api refresh_token"


@dataclass(frozen=True, slots=True)
class Session:
    """Who holds a token, until when, and for what."""

    user_id: str
    expires_at: datetime
    scope: str = ORDINARY_SCOPE
    client_id: str = ""


class Tokens:
    """sessions: by access token. refresh: refresh token → user. seconds: how long a session lasts."""

    def __init__(self, clock: Clock, org_id: str, seed: str) -> None:
        self.seconds = 7200
        self.sessions: dict[str, Session] = {}
        self.refresh: dict[str, str] = {}
        self._clock, self._org_id, self._seed = clock, org_id, seed.encode()
        self._made = 0

    def secret(self, purpose: str, length: int) -> str:
        """A text of so many signs that nobody guesses who does not know the seed."""
        digest = b"".join(
            hmac.new(self._seed, f"{purpose}/{part}".encode(), hashlib.sha256).digest() for part in range(2)
        )
        return base64.b64encode(digest).decode().replace("+", "x").replace("/", "y")[:length]

    def signature(self) -> str:
        """What stands beside the token that was made last."""
        return self.secret(f"signature/{self._made}", 43)

    def open(self, user_id: str, scope: str, client_id: str) -> str:
        """A new session's token."""
        self._made += 1
        token = f"{self._org_id[:15]}!AQ{self.secret(f'session/{self._made}', 60)}"
        ends = self._clock.now() + timedelta(seconds=self.seconds)
        self.sessions[token] = Session(user_id, ends, scope, client_id)
        return token

    def is_lapsed(self, session: Session) -> bool:
        """Whether a session is over."""
        return session.expires_at <= self._clock.now()

    def make_refresh(self, user_id: str) -> str:
        """A new refresh token."""
        renewed = self.secret(f"refresh/{self._made}", 48)
        self.refresh[renewed] = user_id
        return renewed

    def end(self, token: str) -> bool:
        """Make a token of either kind worthless; whether there was one."""
        return (self.sessions.pop(token, None) or self.refresh.pop(token, None)) is not None

    def keep(self) -> dict[str, Any]:
        """The refresh tokens that live, for a snapshot."""
        return {"made": self._made, "refresh_tokens": self.refresh}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on with what ``keep`` gave."""
        self._made, self.refresh = kept["made"], dict(kept["refresh_tokens"])
