"""Counting calls before they are made, and stopping before the allotment or the vendor's own count is spent.

Calls are reserved in the store in blocks, so that a crash can only over-count and several processes share one budget.
The vendor's own remaining count is taken as the truth whenever it says less than ours. Less urgent work stops earlier,
so that a large first sync never takes the last calls from a correction.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from awase.errors import BudgetSpent
from awase.ports.connector import LimitReading
from awase.ports.flows import Errand, Lane, Request
from awase.ports.runtime import Clock
from awase.ports.store import CallUse

BLOCK = 20
_SAVE_EVERY = 50
_READING_HOLDS = timedelta(minutes=15)
"""An older reading stops nothing: one call is allowed, and brings a new one."""


KEPT_FREE: Mapping[Errand, float] = {
    Errand.FIXES: 0.0,
    Errand.UPDATES: 0.02,
    Errand.CREATES: 0.05,
    Errand.ACTIVITIES: 0.10,
    Errand.REPAIR: 0.20,
}
"""The share of the allotment that each errand leaves to those before it, beside what is kept for opt-outs."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one connection may spend within 24 hours."""

    allotment: int | None
    """Calls in all; None: half of the vendor's maximum, once the vendor has named it."""
    consent_reserve: int
    """Calls that only opt-outs may use."""

    def total(self, vendor_maximum: int | None) -> int | None:
        """Calls in all; None where neither we nor the vendor named a bound."""
        if self.allotment is None and vendor_maximum is not None:
            return vendor_maximum // 2
        return self.allotment

    def ahead(self, errand: Errand, vendor_maximum: int | None) -> int:
        """Calls that ``errand`` leaves to more urgent ones, opt-outs apart."""
        return int((self.total(vendor_maximum) or 0) * KEPT_FREE[errand])

    def cap(self, errand: Errand, vendor_maximum: int | None) -> int | None:
        """Calls within 24 hours at which ``errand`` stops, or None when no bound is known."""
        total = self.total(vendor_maximum)
        if total is None:
            return None
        return max(total - self.consent_reserve - self.ahead(errand, vendor_maximum), 0)


class CallStore(Protocol):
    """The part of ``ports.store.Store`` that counts calls."""

    async def reserve_calls(self, connection: str, lane: str, calls: int, now: datetime) -> None: ...

    async def return_calls(self, connection: str, lane: str, calls: int, now: datetime) -> None: ...

    async def save_limit_reading(
        self, connection: str, maximum: int, remaining: int, now: datetime
    ) -> None: ...

    async def call_use(self, connection: str, now: datetime, window: timedelta = ...) -> CallUse: ...


class Meter:
    """One connection's calls in this process."""

    def __init__(
        self,
        connection: str,
        vendor: str,
        store: CallStore,
        clock: Clock,
        turn: AbstractAsyncContextManager[None],
        budget: Budget,
        block: int = BLOCK,
    ) -> None:
        """``turn`` is a limiter of one permit."""
        self._connection = connection
        self._vendor = vendor
        self._store = store
        self._clock = clock
        self._turn = turn
        self._budget = budget
        self._block = block
        self._held: dict[tuple[Lane, Errand], int] = {}
        self._in_flight = 0
        self._remaining: int | None = None
        self._maximum: int | None = None
        self._read_at: datetime | None = None
        self._unsaved = 0
        self._ever_saved = False

    async def admit(self, request: Request, errand: Errand = Errand.UPDATES) -> None:
        """Count one call that is about to be made. Raises BudgetSpent.

        Opt-outs may use the reserve and are never refused here; neither is a sign-in, which they may need first.
        """
        held = request.lane, errand
        bound = request.lane is not Lane.CONSENT and request.signed
        if not self._held.get(held):
            async with self._turn:
                if not self._held.get(held):
                    await self._reserve(request, errand, bound=bound)
        if bound and self._vendor_spent():
            raise self._spent_there()
        self._held[held] -= 1
        self._in_flight += 1

    def ended(self) -> None:
        """A call that was admitted has ended, whatever became of it."""
        self._in_flight -= 1

    async def learn(self, reading: LimitReading | None) -> None:
        """Take the vendor's own count from an answer; stored now and then, and by ``close``."""
        if reading is None or reading.window != "day":
            return
        self._maximum, self._read_at = reading.maximum, self._clock.now()
        self._remaining = reading.remaining
        self._unsaved += 1
        if self._unsaved >= _SAVE_EVERY or not self._ever_saved:
            await self._save()

    async def close(self) -> None:
        """Give back what was reserved and not used, and store the last reading."""
        await self._give_back()
        if self._unsaved:
            await self._save()

    async def _save(self) -> None:
        if self._maximum is None or self._remaining is None or self._read_at is None:
            return
        self._unsaved, self._ever_saved = 0, True
        await self._store.save_limit_reading(self._connection, self._maximum, self._remaining, self._read_at)

    async def _give_back(self) -> int:
        returned = 0
        for held, calls in list(self._held.items()):
            self._held[held] = 0
            lane, _ = held
            if calls:
                await self._store.return_calls(self._connection, lane.value, calls, self._clock.now())
            returned += calls
        return returned

    async def _reserve(self, request: Request, errand: Errand, *, bound: bool) -> None:
        lane, block = request.lane, self._block if request.signed else 1
        granted = await self._reserve_block(lane, errand, block, bound=bound)
        if not granted and await self._give_back():
            # What the other lanes held unused is room as well.
            granted = await self._reserve_block(lane, errand, block, bound=bound)
        if not granted:
            raise await self._spent_here(errand)
        self._held[lane, errand] = self._held.get((lane, errand), 0) + granted

    async def _reserve_block(self, lane: Lane, errand: Errand, block: int, *, bound: bool) -> int:
        now = self._clock.now()
        # Reserved first and then compared, so that two processes can never both use the same room.
        await self._store.reserve_calls(self._connection, lane.value, block, now)
        if not bound:
            return block
        use = await self._store.call_use(self._connection, now)
        self._take_stored_reading(use)
        cap = self._budget.cap(errand, self._maximum)
        over = 0 if cap is None else min(max(use.total - cap, 0), block)
        if over:
            await self._store.return_calls(self._connection, lane.value, over, now)
        return block - over

    def _take_stored_reading(self, use: CallUse) -> None:
        newer = use.vendor_read_at is not None and (
            self._read_at is None or use.vendor_read_at > self._read_at
        )
        if newer:
            self._maximum, self._remaining = use.vendor_maximum, use.vendor_remaining
            self._read_at = use.vendor_read_at

    def _vendor_spent(self) -> bool:
        if self._remaining is None or self._read_at is None:
            return False
        if self._clock.now() - self._read_at > _READING_HOLDS:
            return False
        return self._remaining - self._in_flight - self._budget.consent_reserve <= 0

    def _spent_there(self) -> BudgetSpent:
        read_at = self._read_at or self._clock.now()
        return BudgetSpent(
            "{connection}: {vendor} reports {remaining} of {maximum} calls left for the day, and {reserve} are kept "
            "for opt-outs. The number is read again after {until}.",
            remedy="Wait, or find what else uses this account's calls.",
            connection=self._connection,
            vendor=self._vendor,
            remaining=self._remaining,
            maximum=self._maximum,
            reserve=self._budget.consent_reserve,
            until=_minute(read_at + _READING_HOLDS),
        )

    async def _spent_here(self, errand: Errand) -> BudgetSpent:
        now, cap = self._clock.now(), self._budget.cap(errand, self._maximum) or 0
        use = await self._store.call_use(self._connection, now)
        return BudgetSpent(
            "{connection}: {used} calls were made within 24 hours; the allotment is {allotment}, of which {reserve} are "
            "kept for opt-outs and {ahead} for more urgent work. Calls come free again from {until}.",
            remedy="Wait until then, or raise the allotment: awase budget {connection} --allot N",
            connection=self._connection,
            used=use.total,
            allotment=self._budget.total(self._maximum) or 0,
            reserve=self._budget.consent_reserve,
            ahead=self._budget.ahead(errand, self._maximum),
            until=_minute(await frees_at(self._store, self._connection, cap, now)),
        )


_WINDOW = timedelta(hours=24)
_STEP = timedelta(minutes=15)


async def frees_at(store: CallStore, connection: str, cap: int, now: datetime) -> datetime:
    """When so many counted calls will have left the window that ``cap`` has room again, to a quarter of an hour."""
    kept, gone = 0, _WINDOW // _STEP
    while gone - kept > 1:
        middle = (kept + gone) // 2
        use = await store.call_use(connection, now, middle * _STEP)
        kept, gone = (middle, gone) if use.total < cap else (kept, middle)
    return now + _WINDOW - kept * _STEP


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
