"""Keeping credentials: sealed at rest, opened only to sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from awase.ports.connector import Credentials


class Secrets(Protocol):
    async def credentials(self, connection: str) -> Credentials | None:
        """What this connection signs in with, or None when it was never connected."""
        ...

    async def save(self, connection: str, credentials: Credentials) -> None: ...

    async def renew(self, connection: str, values: Mapping[str, str]) -> None:
        """Store rotated values durably before they are used; the ones before stay in the second slot."""
        ...

    async def before_renewal(self, connection: str) -> Credentials | None:
        """The second slot: the credentials as they were before the last renewal."""
        ...
