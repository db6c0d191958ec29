"""What the vendor, the contract or an administrator forbids for the whole org, by its own status codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from .date_literals import ZONE
from .errors import ApiError, RowRefused, SignInRefusal, refused

ROW_BYTES: Final = 2048
"""What a row counts against the data storage [from memory: 2 KB, whatever it holds]."""
API_STATES: Final = ("on", "org", "user")


@dataclass(slots=True)
class Policies:
    """api: on, or off for the org or the user. maintenance: nothing can be written. storage_mb: of data.

    login_hours: from and to which hour users may sign in. guarded: objects that a security policy keeps from the API.
    """

    api: str = "on"
    maintenance: bool = False
    storage_mb: int = 10_240
    login_hours: tuple[int, int] = (0, 24)
    guarded: frozenset[str] = field(default_factory=frozenset)

    def check_call(self) -> None:
        """Whether the API may be called at all. Raises ApiError."""
        if self.api == "org":
            text = "API is not enabled for this Organization or Partner"
            raise ApiError(403, "API_DISABLED_FOR_ORG", text)
        if self.api == "user":
            raise ApiError(403, "API_CURRENTLY_DISABLED", "API is disabled for this User")

    def check_sign_in(self, now: datetime) -> None:
        """Whether users may sign in now. Raises SignInRefusal [its text is from memory]."""
        if not self.may_sign_in(now):
            raise SignInRefusal("invalid_grant", "login during restricted time")

    def may_sign_in(self, now: datetime) -> bool:
        """Whether it is an hour at which users may sign in."""
        first, last = self.login_hours
        return first <= now.astimezone(ZONE).hour < last

    def check_write(self) -> None:
        """Whether rows can be written. Raises RowRefused [text from memory]."""
        if self.maintenance:
            code = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
            raise refused(code, "Insert, update and delete are not allowed during maintenance")

    def check_room(self, rows: int) -> None:
        """Whether there is room for another row beside so many. Raises RowRefused."""
        if (rows + 1) * ROW_BYTES > self.storage_mb * 1024 * 1024:
            raise refused("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")

    def check_read(self, object: str) -> None:
        """Whether an object may be read in numbers. Raises ApiError."""
        if object in self.guarded:
            text = (
                "The operation you requested isn't allowed due to a security policy in your organization. "
                "Contact your administrator."
            )
            raise ApiError(403, "TXN_SECURITY_NO_ACCESS", text)


def approval_lock() -> RowRefused:
    """The row waits for an approval."""
    return refused("ENTITY_IS_LOCKED", "This record is locked. If you need to edit it, contact your admin.")
