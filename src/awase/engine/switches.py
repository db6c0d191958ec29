"""Switches that a person throws: all writing of the install stopped, or one sync paused.

They are kept among the store's settings, so that every process of the install sees them, and an upgrade or a restart
does not lift them. Planning goes on under both.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from awase.errors import WritingIsOff
from awase.ports.store import Store

WRITING_STOPPED = "writing_stopped"
"""Setting: the switch that stops every write of the install."""


def paused(sync: str) -> str:
    """Setting: the switch that pauses one sync."""
    return f"paused:{sync}"


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A switch that is thrown: since when, by whom, why."""

    since: datetime
    by: str
    reason: str


async def thrown(store: Store, setting: str) -> Switch | None:
    """The switch of that name; None where it is not thrown."""
    kept = await store.setting(setting)
    return msgspec.json.decode(kept, type=Switch) if kept else None


async def throw(store: Store, setting: str, switch: Switch) -> None:
    await store.save_setting(setting, msgspec.json.encode(switch).decode())


async def lift(store: Store, setting: str) -> Switch | None:
    """What it was; None where it was not thrown."""
    before = await thrown(store, setting)
    if before is not None:
        await store.save_setting(setting, "")
    return before


async def refusal(store: Store, sync: str) -> WritingIsOff | None:
    """Why this sync may not write now because somebody said so; None where it may."""
    if switch := await thrown(store, WRITING_STOPPED):
        return WritingIsOff(
            "all writing is stopped since {since} by {by}: {reason}",
            remedy="Plans can still be made (awase plan). When it may go on: awase resume --all",
            **_places(switch),
        )
    if switch := await thrown(store, paused(sync)):
        return WritingIsOff(
            "it is paused since {since} by {by}: {reason}",
            where=f"sync {sync}",
            remedy="Plans can still be made (awase plan). When it may go on: awase resume {sync}",
            sync=sync,
            **_places(switch),
        )
    return None


def _places(switch: Switch) -> dict[str, str]:
    return {"since": f"{switch.since:%Y-%m-%d %H:%M} UTC", "by": switch.by, "reason": switch.reason}
