"""``awase pause`` and ``awase resume``: stop one sync, or all writing of the install, until a person allows it again."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from awase.assembly import open_store
from awase.cli.call import Call, help_text, verb
from awase.cli.items import local
from awase.engine.switches import WRITING_STOPPED, Switch, lift, paused, throw
from awase.errors import BadInput
from awase.runtime.clock import SystemClock

NameArgument = Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)]
AllOption = Annotated[
    bool, typer.Option("--all", help=help_text("All writing of this install."), show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``app``."""
    verb(app, "pause", "Pause a sync, or with --all stop every write; plans can still be made.")(pause)
    verb(app, "resume", "Let a paused sync go on, or with --all allow writing again.")(resume)


def pause(
    call: Call,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help=help_text("Why; everybody is shown it."))
    ],
    name: NameArgument = None,
    everything: AllOption = False,
) -> int:
    sync = _meant(call, name, everything)
    if not reason.strip():
        raise BadInput("the reason is empty", where="--reason")
    switch = Switch(since=SystemClock().now(), by=_person(), reason=reason.strip())

    async def work() -> None:
        async with open_store(call.workspace()) as store:
            await throw(store, WRITING_STOPPED if sync is None else paused(sync), switch)

    call.run(work())
    call.document({"sync": sync, "all": sync is None, "switch": switch})
    if sync is None:
        say_stopped(call, switch)
    else:
        say_paused(call, sync, switch)
    return 0


def resume(call: Call, name: NameArgument = None, everything: AllOption = False) -> int:
    sync = _meant(call, name, everything)

    async def work() -> Switch | None:
        async with open_store(call.workspace()) as store:
            return await lift(store, WRITING_STOPPED if sync is None else paused(sync))

    before = call.run(work())
    call.document({"sync": sync, "all": sync is None, "resumed": before is not None, "switch": before})
    if sync is None:
        call.say("Writing is allowed again." if before else "Writing was not off.")
    else:
        call.say("“{sync}” goes on." if before else "“{sync}” was not paused.", sync=sync)
    return 0


def say_stopped(call: Call, switch: Switch) -> None:
    """That the install does not write, and why."""
    call.say(
        "All writing is stopped since {since} by {by}: {reason}. It goes on with: awase resume --all",
        since=local(switch.since, call.workspace()),
        by=switch.by,
        reason=switch.reason,
    )


def say_paused(call: Call, sync: str, switch: Switch) -> None:
    """That a sync does not run, and why."""
    call.say(
        "“{sync}” is paused since {since} by {by}: {reason}. It goes on with: awase resume {sync}",
        sync=sync,
        since=local(switch.since, call.workspace()),
        by=switch.by,
        reason=switch.reason,
    )


def _meant(call: Call, name: str | None, everything: bool) -> str | None:
    """The sync's name; None for the whole install. Raises BadInput where both are said."""
    if everything and name:
        raise BadInput("say either a sync or --all", remedy="--all stops every write of the install.")
    return None if everything else call.workspace().sync(name).name


def _person() -> str:
    """The account at work, so that others know whom to ask."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "?"
