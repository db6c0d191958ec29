"""Webhooks: what happened to records, told to an app in batches that are unordered and may repeat themselves.

Facts confirmed in the reference: at most 100 events in a call, an event's fields, ``attemptNumber`` from 0, failure after
5 seconds or by any 4xx or 5xx, up to 10 repetitions within 24 hours, v1 in ``X-HubSpot-Signature`` and v3 beside it. How
long each wait is, is from memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from ..kernel.clock import Clock
from ..kernel.deliveries import Delivery
from ..kernel.org import ControlRefused
from ..kernel.rows import Row, Version
from .past import source
from .signatures import signed
from .signin import OAUTH_APP
from .stock import BY_NAME
from .wire import milliseconds

MOST_IN_A_CALL: Final = 100
MOST_REPETITIONS: Final = 10
MOST_SUBSCRIPTIONS: Final = 1_000
TIMEOUT: Final = 5.0

NAMED: Final = frozenset({"contact", "company", "deal", "ticket"})
"""Objects with event types of their own; for the others, and these too, there is ``object``."""
HAPPENINGS: Final = frozenset(
    {"creation", "deletion", "merge", "restore", "propertyChange", "associationChange"}
)
EVENT_TYPES: Final = frozenset(
    {*(f"{key}.{what}" for key in (*NAMED, "object") for what in HAPPENINGS), "contact.privacyDeletion"}
)
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_WAITS: Final = (60, 180, 540, 1_620, 4_860, *(14_400,) * 5)
"""Seconds before each repetition; with the jitter they stay within a day."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an app wants to hear of. object: of an ``object.…`` type. property: of a ``propertyChange``."""

    id: int
    event_type: str
    object: str | None
    property: str | None
    active: bool
    created_at: datetime
    updated_at: datetime

    def wants(self, key: str, what: str, name: str | None) -> bool:
        """Whether it is about this."""
        prefix, _, happening = self.event_type.partition(".")
        same = self.object == key if prefix == "object" else prefix == key
        return self.active and same and happening == what and name in {None, self.property}


@dataclass(slots=True)
class _Batch:
    """Events on their way together. due: when they are to be sent; None while they are being sent."""

    events: list[dict[str, Any]]
    attempt: int
    due: datetime | None


class Webhooks:
    """The subscriptions of the portal's OAuth app, and what is still to be told. Nothing is kept while nobody listens."""

    def __init__(self, portal_id: int, secret: str, clock: Clock, seed: int) -> None:
        self.target = ""
        self.subscriptions: list[Subscription] = []
        self.most_at_once = 10
        self.repeat_chance = 0.0
        self.told = self.failed = self.given_up = 0
        self._portal_id = portal_id
        self._secret = secret
        self._clock = clock
        self._draw = Random(f"webhooks/{portal_id}/{seed}")  # noqa: S311 - order and jitter, no secrets
        self._events: list[dict[str, Any]] = []
        self._batches: dict[int, _Batch] = {}
        self._made = 0
        self._subscribed = 0
        self.set_at = clock.now()
        self._merging: frozenset[str] = frozenset()

    # -- what the control port sets ----------------------------------------------------------------------------

    def set(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """``targetUrl`` (on this machine; empty: tell nobody), ``subscriptions`` of ``eventType`` with ``propertyName``,
        ``objectTypeId`` and ``active`` where they apply, ``maxConcurrentRequests``, ``repeatChance`` from 0 to 1.

        Raises ControlRefused.
        """
        target = str(body.get("targetUrl", self.target))
        parts = urlsplit(target)
        if target and (parts.scheme not in {"http", "https"} or parts.hostname not in _LOCAL):
            raise ControlRefused(
                f"webhooks of a practice portal go to this machine only, so the targetUrl cannot be {target}"
            )
        most, chance = (
            body.get("maxConcurrentRequests", self.most_at_once),
            body.get("repeatChance", self.repeat_chance),
        )
        if not isinstance(most, int) or most <= 5:
            raise ControlRefused("maxConcurrentRequests must be a number above 5")
        if not isinstance(chance, int | float) or not 0 <= chance <= 1:
            raise ControlRefused("repeatChance must be a number from 0 to 1")
        wanted = body.get("subscriptions")
        subscriptions = (
            self.subscriptions if wanted is None else [self._subscription(each) for each in wanted]
        )
        if len(subscriptions) > MOST_SUBSCRIPTIONS:
            raise ControlRefused(f"an app has at most {MOST_SUBSCRIPTIONS} subscriptions")
        self.target, self.subscriptions, self.most_at_once = target, subscriptions, most
        self.repeat_chance, self.set_at = float(chance), self._clock.now()
        return self.shown()

    def subscribe(self, body: Mapping[str, Any]) -> Subscription:
        """One more, as ``set`` takes them. Raises ControlRefused."""
        if len(self.subscriptions) >= MOST_SUBSCRIPTIONS:
            raise ControlRefused(f"an app has at most {MOST_SUBSCRIPTIONS} subscriptions")
        new = self._subscription(body)
        self.subscriptions = [*self.subscriptions, new]
        return new

    def switch(self, old: Subscription, active: bool) -> Subscription:
        """Let one speak or be silent."""
        new = replace(old, active=active, updated_at=self._clock.now())
        self.subscriptions = [new if each.id == old.id else each for each in self.subscriptions]
        return new

    def unsubscribe(self, old: Subscription) -> None:
        """One less."""
        self.subscriptions = [each for each in self.subscriptions if each.id != old.id]

    def _subscription(self, body: Any) -> Subscription:
        event_type, key, name = _wanted(body)
        self._subscribed += 1
        at = self._clock.now()
        return Subscription(self._subscribed, event_type, key, name, body.get("active") is not False, at, at)

    def shown(self) -> dict[str, Any]:
        """The settings, and how many events wait, were told, failed for now or were given up."""
        waiting = len(self._events) + sum(len(each.events) for each in self._batches.values())
        return {
            "targetUrl": self.target,
            "maxConcurrentRequests": self.most_at_once,
            "repeatChance": self.repeat_chance,
            "subscriptions": [
                {
                    "id": each.id,
                    "eventType": each.event_type,
                    "objectTypeId": BY_NAME[each.object].type_id if each.object else None,
                    "propertyName": each.property,
                    "active": each.active,
                }
                for each in self.subscriptions
            ],
            "waiting": waiting,
            "told": self.told,
            "failed": self.failed,
            "given_up": self.given_up,
        }

    # -- what happened -----------------------------------------------------------------------------------------

    def watch(self, key: str, row: Row, before: Version | None) -> None:
        """A record was written."""
        if not self.target or row.id in self._merging:
            return
        about = {"objectId": int(row.id), "changeSource": source(row.modified_by)["sourceType"]}
        if before is None:
            self._happened(key, "creation", {**about, "changeFlag": "NEW"}, row.created_at)
            self._changed(key, row, {}, about)
        elif before.deleted_at is None and row.deleted_at is not None:
            self._happened(key, "deletion", {**about, "changeFlag": "DELETED"}, row.modified_at)
        elif before.deleted_at is not None and row.deleted_at is None:
            self._happened(key, "restore", {**about, "changeFlag": "RESTORED"}, row.modified_at)
        elif row.deleted_at is None:
            self._changed(key, row, before.values, about)

    def watch_link(self, row: Row, before: Version | None) -> None:
        """An association was written."""
        gone, was_gone = row.deleted_at is not None, before is not None and before.deleted_at is not None
        if not self.target or (before is not None and gone == was_gone):
            return
        ends = ((row.values["from"], row.values["from_id"]), (row.values["to"], row.values["to_id"]))
        for one, other in (ends, ends[::-1]):
            event = {
                "associationType": f"{one[0]}_to_{other[0]}".upper(),
                "fromObjectId": int(one[1]),
                "toObjectId": int(other[1]),
                "associationRemoved": gone,
                "isPrimaryAssociation": False,
                "changeSource": source(row.modified_by)["sourceType"],
            }
            self._happened(one[0], "associationChange", event, row.modified_at)

    def merging(self, ids: Iterable[str]) -> None:
        """These records are about to become one: what befalls them is no deletion or change of its own."""
        self._merging = frozenset(ids)

    def merged(
        self, key: str, winner: str, losers: Sequence[str], survivor: Row, moved: int, author: str
    ) -> None:
        """They have become one."""
        self._merging = frozenset()
        if not self.target:
            return
        event = {
            "objectId": int(survivor.id),
            "primaryObjectId": int(winner),
            "mergedObjectIds": [int(each) for each in losers],
            "newObjectId": int(survivor.id) if survivor.id != winner else None,
            "numberOfPropertiesMoved": moved,
            "changeSource": source(author)["sourceType"],
            "changeFlag": "MERGED",
        }
        self._happened(key, "merge", event, survivor.modified_at)

    def erased(self, key: str, row: Row) -> None:
        """A person was erased for good."""
        if self.target:
            event = {"objectId": int(row.id), "changeSource": "GDPR", "changeFlag": "DELETED"}
            self._happened(key, "privacyDeletion", event, row.modified_at)

    def _changed(self, key: str, row: Row, before: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        for name, value in row.values.items():
            if not name.startswith("_") and before.get(name) != value:
                event = {**about, "propertyName": name, "propertyValue": "" if value is None else str(value)}
                self._happened(key, "propertyChange", event, row.modified_at, name)

    def _happened(
        self, key: str, what: str, event: Mapping[str, Any], at: datetime, name: str | None = None
    ) -> None:
        for each in self.subscriptions:
            if not each.wants(key, what, name):
                continue
            self._made += 1
            whole = {
                "eventId": self._draw.getrandbits(31),  # not unique (confirmed)
                "subscriptionId": each.id,
                "portalId": self._portal_id,
                "appId": int(OAUTH_APP),
                "occurredAt": milliseconds(at),
                "subscriptionType": each.event_type,
                **event,
            }
            if each.object:
                whole["objectTypeId"] = BY_NAME[each.object].type_id
            self._events += [whole] * (2 if self._draw.random() < self.repeat_chance else 1)

    # -- telling it --------------------------------------------------------------------------------------------

    def due(self) -> list[Delivery]:
        """The calls to make now."""
        now = self._clock.now()
        if not self.target:
            self._events.clear()
            self._batches.clear()
            return []
        self._draw.shuffle(self._events)
        while self._events:
            self._made += 1
            self._batches[self._made] = _Batch(self._events[:MOST_IN_A_CALL], 0, now)
            del self._events[:MOST_IN_A_CALL]
        under_way = sum(each.due is None for each in self._batches.values())
        free = self.most_at_once - under_way
        ready = [number for number, each in self._batches.items() if each.due is not None and each.due <= now]
        return [self._call(number, self._batches[number], now) for number in ready[: max(free, 0)]]

    def ended(self, number: int, status: int | None) -> None:
        """How a call ended."""
        batch = self._batches.pop(number, None)
        if batch is None:
            return
        if status is not None and status < 400:
            self.told += len(batch.events)
            return
        self.failed += 1
        if batch.attempt >= MOST_REPETITIONS:
            self.given_up += len(batch.events)
            return
        wait = _WAITS[batch.attempt] * self._draw.uniform(0.9, 1.1)
        due = self._clock.now() + timedelta(seconds=wait)
        self._batches[number] = _Batch(batch.events, batch.attempt + 1, due)

    def _call(self, number: int, batch: _Batch, now: datetime) -> Delivery:
        self._batches[number] = replace(batch, due=None)
        body = orjson.dumps([{**each, "attemptNumber": batch.attempt} for each in batch.events])
        headers = signed(self._secret, "POST", self.target, body, milliseconds(now))
        return Delivery(number, self.target, headers, body, TIMEOUT)


def _wanted(body: Any) -> tuple[str, str | None, str | None]:
    """Event type, object and property of a subscription. Raises ControlRefused."""
    if not isinstance(body, Mapping) or body.get("eventType") not in EVENT_TYPES:
        raise ControlRefused(f"a subscription needs an eventType, one of {', '.join(sorted(EVENT_TYPES))}")
    event_type, object, name = str(body["eventType"]), body.get("objectTypeId"), body.get("propertyName")
    kind = BY_NAME.get(str(object).lower()) if object else None
    if event_type.startswith("object.") and kind is None:
        raise ControlRefused(f"a subscription to {event_type} needs the objectTypeId of an object")
    if event_type.endswith(".propertyChange") and not name:
        raise ControlRefused(f"a subscription to {event_type} needs a propertyName")
    key = kind.key if kind is not None and event_type.startswith("object.") else None
    return event_type, key, str(name) if name else None
