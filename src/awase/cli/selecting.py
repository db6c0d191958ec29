"""Which syncs a command runs, in which order, and which part of what there is to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import typer

from awase.assembly import environment, open_store
from awase.cli.call import Call, help_text
from awase.core.mapping import Sync, parents_first
from awase.core.plan import Plan
from awase.core.selection import Selection
from awase.engine.environment import Environment
from awase.errors import BadInput

Found = TypeVar("Found")

OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="PERSON",
        help=help_text("Only this person, by address or record id; may be given several times."),
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help=help_text("Write to at most so many people.")),
]
FullOption = Annotated[
    bool,
    typer.Option("--full", help=help_text("Read both sides from the beginning."), show_default=False),
]
BackfillOption = Annotated[
    str | None,
    typer.Option(
        "--backfill",
        metavar="FIELD",
        help=help_text("Fill in only this mapped field (its MA name), for everybody; nobody is created."),
    ),
]


def selection_of(only: list[str] | None, limit: int | None, full: bool, backfill: str | None) -> Selection:
    """What was asked for. A new field is filled in from everybody, so that both sides are read anew."""
    return Selection(
        only=tuple(text.strip() for text in only or ()),
        limit=limit,
        fields=(backfill,) if backfill else (),
        everything=full or bool(backfill),
    )


def syncs_of(call: Call, name: str | None, backfill: str | None = None) -> list[Sync]:
    """The sync of that name, else every one, those first whose records others refer to; of these, with ``backfill``,
    those that map the field. Raises UnknownName or BadInput."""
    workspace = call.workspace()
    chosen = [workspace.sync(name)] if name else parents_first(workspace.syncs)
    if not chosen:
        raise BadInput("there is no sync yet", where=str(workspace.file), remedy="Add one under [[syncs]].")
    if backfill is None:
        return chosen
    mapping = [sync for sync in chosen if any(field.name == backfill for field in sync.fields)]
    if not mapping:
        known = dict.fromkeys(field.name for sync in chosen for field in sync.fields)
        raise BadInput(
            "no sync maps a field “{field}”",
            where="--backfill",
            remedy="Known, by their names in the MA: {known}.",
            field=backfill,
            known=", ".join(known),
        )
    return mapping


def say_nobody(call: Call, plan: Plan, selection: Selection) -> None:
    """Tell when nobody was meant by what was given with ``--only``."""
    if selection.only and not any(chunk.arrivals or chunk.writes for chunk in plan.chunks):
        call.say(
            "Sync “{sync}” knows nobody by {people}, or there is nothing to do for them.",
            sync=plan.header.sync,
            people=", ".join(selection.only),
        )


async def in_each(
    call: Call, chosen: Sequence[Sync], look: Callable[[Environment, Sync], Awaitable[Found]]
) -> list[tuple[Sync, Found]]:
    """What ``look`` finds in each sync, one after the other; the screen tells that it is under way."""
    found = []
    async with open_store(call.workspace()) as store:
        for sync in chosen:
            with call.progress() as tell:
                tell("plan")
                async with environment(call.workspace(), sync, store) as env:
                    found.append((sync, await look(env, sync)))
    return found
