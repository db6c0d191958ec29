"""``awase budget``: calls made, allotted and left at each connection, and how a person sets the allotment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
import typer

from awase.assembly import allotment_setting, budget_of, open_store, reserve_setting
from awase.cli.call import Call, help_text, verb
from awase.cli.items import local
from awase.configuration import ConnectionSettings
from awase.errors import BadInput
from awase.ports.flows import Errand
from awase.ports.store import CallUse, Store
from awase.runtime.clock import SystemClock
from awase.transport.metering import Budget, frees_at

DEFAULT = "default"
LANES = {
    "consent": "opt-outs",
    "write": "writing",
    "read": "reading",
    "audit": "looking for covered edits",
    "other": "signing in and metadata",
}
ERRANDS = {
    "fixes": "what a person asks to be tried again",
    "updates": "changes, and reading them",
    "creates": "new records",
}
"""What ordinary calls are made for, the most urgent first."""
_ORIGINS = {
    "command": "set with this command",
    "file": "set in awase.toml",
    "vendor": "half of the vendor's limit",
    "rule": "2 % of the allotment, at least 200",
}
_HOUR, _DAY = timedelta(hours=1), timedelta(hours=24)


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "budget", "Show calls made, allotted and left; set how many a connection may make.")(budget)


def budget(
    call: Call,
    connection: Annotated[str | None, typer.Argument(metavar="[CONNECTION]", show_default=False)] = None,
    allot: Annotated[
        str | None,
        typer.Option(
            "--allot",
            metavar="N|default",
            help=help_text("Calls within 24 hours in all; goes before awase.toml, and stays."),
        ),
    ] = None,
    reserve: Annotated[
        str | None,
        typer.Option(
            "--reserve", metavar="N|default", help=help_text("Of these, calls that only opt-outs may use.")
        ),
    ] = None,
) -> int:
    workspace = call.workspace()
    if connection is None and (allot is not None or reserve is not None):
        raise BadInput(
            "say which connection is meant",
            where="CONNECTION",
            remedy="Known: {known}.",
            known=", ".join(workspace.connections),
        )
    names = [workspace.connection(connection).name] if connection else list(workspace.connections)
    given = {"--allot": _number(allot, "--allot"), "--reserve": _number(reserve, "--reserve")}

    async def work() -> list[dict[str, Any]]:
        async with open_store(workspace) as store:
            if connection is not None:
                await _set(store, workspace.connection(connection), given)
            return [await _document(workspace.connection(name), store) for name in names]

    documents = call.run(work())
    call.document({"budgets": documents})
    if not call.json:
        for document in documents:
            _show(call, document)
    return 0


def _number(text: str | None, option: str) -> str | None:
    """What is kept: digits, or nothing for the default; None where the option was not given."""
    if text is None:
        return None
    if text == DEFAULT:
        return ""
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise BadInput(
            "“{value}” is no number of calls", where=option, remedy="Give 0 or more, or: default", value=text
        )
    return text


async def _set(store: Store, settings: ConnectionSettings, given: dict[str, str | None]) -> None:
    """Keep what was given. Raises BadInput, and keeps nothing, where more is reserved than allotted."""
    names = {"--allot": allotment_setting(settings.name), "--reserve": reserve_setting(settings.name)}
    before = {name: await store.setting(name) or "" for name in names.values()}
    for option, value in given.items():
        if value is not None:
            await store.save_setting(names[option], value)
    clock = SystemClock()
    budget = await budget_of(settings, store, clock)
    total = budget.total((await store.call_use(settings.name, clock.now())).vendor_maximum)
    if total is not None and budget.consent_reserve > total:
        for name, value in before.items():
            await store.save_setting(name, value)
        raise BadInput(
            "{reserve} calls cannot be kept for opt-outs out of {total}",
            where=settings.name,
            remedy="Allot more, or reserve less.",
            reserve=budget.consent_reserve,
            total=total,
        )


async def _document(settings: ConnectionSettings, store: Store) -> dict[str, Any]:
    clock = SystemClock()
    now = clock.now()
    use = await store.call_use(settings.name, now)
    budget = await budget_of(settings, store, clock)
    per_hour = (await store.call_use(settings.name, now, _HOUR)).total
    errands = {
        name: {"stops_at": budget.cap(errand, use.vendor_maximum), "left": _left(budget, use, errand)}
        for name in ERRANDS
        if (errand := Errand(name))
    }
    left, cap = errands[Errand.UPDATES]["left"], errands[Errand.UPDATES]["stops_at"]
    goes_on = await frees_at(store, settings.name, cap, now) if left == 0 and cap else None
    return {
        "connection": settings.name,
        "used": use.total,
        "by_lane": use.by_lane,
        "allotment": budget.total(use.vendor_maximum),
        "allotment_from": await _origin(
            store, allotment_setting(settings.name), settings.settings.allotment, "vendor"
        ),
        "consent_reserve": budget.consent_reserve,
        "reserve_from": await _origin(
            store, reserve_setting(settings.name), settings.settings.consent_reserve, "rule"
        ),
        "errands": errands,
        "vendor": {
            "maximum": use.vendor_maximum,
            "remaining": use.vendor_remaining,
            "read_at": use.vendor_read_at,
        },
        "last_hour": per_hour,
        "spent_at": _spent_at(left, per_hour, now),
        "goes_on_at": goes_on,
    }


async def _origin(store: Store, setting: str, configured: int | None, otherwise: str) -> str:
    if await store.setting(setting):
        return "command"
    return otherwise if configured is None else "file"


def _left(budget: Budget, use: CallUse, errand: Errand) -> int | None:
    """Calls that may still be made for ``errand``: by our count, and by the vendor's where that is less."""
    cap = budget.cap(errand, use.vendor_maximum)
    if cap is None:
        return None
    left = cap - use.total
    if use.vendor_remaining is not None:
        left = min(left, use.vendor_remaining - budget.consent_reserve)
    return max(left, 0)


def _spent_at(left: int | None, per_hour: int, now: datetime) -> datetime | None:
    """When nothing is left if calls go on as in the last hour; None where that is more than a day away."""
    if not left or not per_hour:
        return None
    moment = now + _HOUR * (left / per_hour)
    return moment if moment - now < _DAY else None


def _show(call: Call, document: dict[str, Any]) -> None:
    content = msgspec.to_builtins(document, builtin_types=(datetime,))

    def when(moment: datetime) -> str:
        return local(moment, call.workspace())

    def count(number: int | None) -> str:
        return "-" if number is None else f"{number:,}"

    call.say(
        "{connection}: {used} calls in the last 24 hours; allotment {allotment} ({origin}).",
        connection=content["connection"],
        used=count(content["used"]),
        allotment=count(content["allotment"]),
        origin=call.t(_ORIGINS[content["allotment_from"]]),
    )
    lanes = ", ".join(f"{call.t(LANES[lane])} {calls:,}" for lane, calls in content["by_lane"].items())
    if lanes:
        call.say("  Made for: {lanes}", lanes=lanes)
    call.say(
        "  Kept for opt-outs: {reserve} ({origin})",
        reserve=count(content["consent_reserve"]),
        origin=call.t(_ORIGINS[content["reserve_from"]]),
    )
    for errand, numbers in content["errands"].items():
        call.say(
            "  Left for {errand}: {left} (stops at {cap})",
            errand=call.t(ERRANDS[errand]),
            left=count(numbers["left"]),
            cap=count(numbers["stops_at"]),
        )
    vendor = content["vendor"]
    if vendor["remaining"] is not None:
        call.say(
            "  The vendor's own count: {remaining} of {maximum} left, read {when}",
            remaining=count(vendor["remaining"]),
            maximum=count(vendor["maximum"]),
            when=when(vendor["read_at"]),
        )
    if content["goes_on_at"] is not None:
        call.say("  Spent: ordinary work goes on from {when}.", when=when(content["goes_on_at"]))
    elif content["spent_at"] is not None:
        call.say("  At the rate of the last hour it is spent at {when}.", when=when(content["spent_at"]))
