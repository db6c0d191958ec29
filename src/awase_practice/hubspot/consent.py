"""Who wants no e-mail. A status belongs to an address, not to a contact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..kernel.rows import Row, Table

OUT: Final = "UNSUBSCRIBED"
IN: Final = "SUBSCRIBED"
UNSAID: Final = "NOT_SPECIFIED"
STATES: Final = frozenset({OUT, IN, UNSAID})

NO_CHANGE: Final = "NO_STATUS_CHANGE"
CHANGED: Final = "REQUESTED_CHANGE_OCCURRED"
RESUBSCRIBED: Final = "RESUBSCRIBE_OCCURRED"
OUT_OF_ALL: Final = "UNSUBSCRIBE_FROM_ALL_OCCURRED"

_WIDE = "portal_wide"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A kind of e-mail one can subscribe to."""

    id: int
    name: str
    description: str


SUBSCRIPTIONS: Final = (
    Subscription(410011, "マーケティング情報", "製品とキャンペーンのお知らせ"),
    Subscription(410012, "セミナー案内", "展示会とセミナーのご案内"),
)


class Consent:
    """The statuses of all addresses, kept as rows so that they have a history like everything else.

    on_change is called with the address, the author and the moment after each change.
    """

    def __init__(self, on_change: Callable[[str, str, datetime], None]) -> None:
        self.table = Table("subscription_status", lambda count: f"address {count}")
        self._on_change = on_change

    def mirror(self, address: str | None) -> str | None:
        """What ``hs_email_optout`` shows for an address: nothing as long as nobody ever said anything."""
        row = self.table.get(_key(address)) if address else None
        if row is None or _WIDE not in row.values:
            return None
        return "true" if row.values[_WIDE] == OUT else "false"

    def is_out(self, address: str) -> bool:
        """Whether the address is out of all e-mail."""
        return self.mirror(address) == "true"

    def said_at(self, address: str) -> datetime | None:
        """When the address's status last changed; None if it never did."""
        row = self.table.get(_key(address))
        return None if row is None else row.modified_at

    def status(self, address: str, subscription: Subscription) -> str:
        """The status for one subscription; out of all means out of each."""
        if self.is_out(address):
            return OUT
        row = self.table.get(_key(address))
        return UNSAID if row is None else str(row.values.get(str(subscription.id)) or UNSAID)

    def leave_all(self, address: str, author: str, at: datetime) -> str:
        """Out of all e-mail. Returns the reason code: whether this changed anything."""
        if self.is_out(address):
            return NO_CHANGE
        self._put(address, {_WIDE: OUT}, author, at)
        return OUT_OF_ALL

    def set_status(
        self, address: str, subscription: Subscription, state: str, author: str, at: datetime
    ) -> str:
        """Set one subscription. Subscribing someone who is out of all brings them back, as v4 and dated paths do."""
        if self.status(address, subscription) == state:
            return NO_CHANGE
        values = {str(subscription.id): state}
        if self.is_out(address) and state == IN:
            others = {str(each.id): OUT for each in SUBSCRIPTIONS if each is not subscription}
            self._put(address, {_WIDE: IN, **others, **values}, author, at)
            return RESUBSCRIBED
        self._put(address, values, author, at)
        return CHANGED

    def set_wide(self, address: str, out: bool, author: str, at: datetime) -> None:
        """What a person sets by hand in the portal, in either direction."""
        if self.is_out(address) != out:
            self._put(address, {_WIDE: OUT if out else IN}, author, at)

    def _put(self, address: str, values: dict[str, str], author: str, at: datetime) -> Row:
        row = self.table.get(_key(address))
        if row is None:
            row = self.table.insert(values, author, at, _key(address))
        else:
            self.table.update(row, values, author, at)
        self._on_change(_key(address), author, at)
        return row


def _key(address: str) -> str:
    return address.strip().lower()
