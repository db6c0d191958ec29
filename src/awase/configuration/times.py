"""The texts of ``awase.toml`` that speak of time, as values of ``core.schedule``; or the first mistake in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awase.configuration.check import Checker
from awase.configuration.document import Document, SchedulePart
from awase.configuration.lines import Path
from awase.core.schedule import Schedule, Unreadable, WriteWindows, length_of, windows_of


def schedules(document: Document, checker: Checker) -> Mapping[str, Schedule]:
    """The schedule of each sync that has one. Raises BadConfiguration; the zone was checked before."""
    zone = document.workspace.time_zone
    return {
        part.name: _schedule(part.schedule, zone, ("syncs", place, "schedule"), checker)
        for place, part in enumerate(document.syncs)
        if part.schedule is not None
    }


def _schedule(part: SchedulePart, zone: str, here: Path, checker: Checker) -> Schedule:
    if (part.every is None) == (part.cron is None):
        raise checker.mistake(
            here, "a schedule says either “every” or “cron”", 'Write for instance every = "15m".'
        )
    if part.every is not None:
        try:
            return Schedule(zone, every=length_of(part.every))
        except Unreadable:
            raise checker.mistake(
                (*here, "every"),
                "“{value}” is not a length of time from 5 s to a year",
                'Write for instance "15m", "2h" or "1d".',
                value=part.every,
            ) from None
    try:
        return Schedule(zone, cron=part.cron or "")
    except Unreadable:
        raise checker.mistake(
            (*here, "cron"),
            "“{value}” is not a cron text that ever comes due",
            'Five fields: minute, hour, day, month, day of the week; for instance "*/15 9-18 * * mon-fri".',
            value=part.cron,
        ) from None


def write_windows(document: Document, checker: Checker) -> Mapping[str, WriteWindows]:
    """The write windows of each sync: its own, else the workspace's. Raises BadConfiguration."""
    zone = document.workspace.time_zone
    ours = _windows(document.workspace.write_windows, zone, ("workspace", "write_windows"), checker)
    return {
        part.name: ours
        if part.write_windows is None
        else _windows(part.write_windows, zone, ("syncs", place, "write_windows"), checker)
        for place, part in enumerate(document.syncs)
    }


def _windows(texts: Sequence[str], zone: str, here: Path, checker: Checker) -> WriteWindows:
    for place, text in enumerate(texts):
        try:
            windows_of([text], zone)
        except Unreadable:
            raise checker.mistake(
                (*here, place),
                "“{value}” is not a write window",
                'Write for instance "mon-fri 22:00-06:00" or "sat,sun 00:00-24:00".',
                value=text,
            ) from None
    return windows_of(texts, zone)
