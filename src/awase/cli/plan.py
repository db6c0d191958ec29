"""``awase plan``: what a run would do, with its price; nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from awase.assembly import environment, open_store
from awase.cli.amounts import allotments, plan_document, show_plan
from awase.cli.call import Call, help_text, verb
from awase.cli.plan_files import write_plan
from awase.cli.selecting import (
    BackfillOption,
    FullOption,
    LimitOption,
    OnlyOption,
    say_nobody,
    selection_of,
    syncs_of,
)
from awase.core.mapping import Sync
from awase.core.plan import Plan
from awase.core.selection import Selection
from awase.engine.running import plan_only


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "plan", "Show what a run would do and what it costs; nothing is written.")(plan)


def plan(
    call: Call,
    name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help=help_text("Keep the plan, to apply exactly it later.")
        ),
    ] = None,
    only: OnlyOption = None,
    limit: LimitOption = None,
    full: FullOption = False,
    backfill: BackfillOption = None,
) -> int:
    # A file holds one plan, so that it has to be clear whose.
    wanted = call.workspace().sync(name).name if output is not None else name
    chosen = syncs_of(call, wanted, backfill)
    selection = selection_of(only, limit, full, backfill)
    call.document({"plans": call.run(planned_documents(call, chosen, selection, output))})
    return 0


async def planned_documents(
    call: Call, chosen: list[Sync], selection: Selection, output: Path | None = None
) -> list[dict[str, Any]]:
    """Show what a run of each of these syncs would do, and keep the plan in ``output``; the plans as JSON."""
    workspace = call.workspace()
    documents = []
    async with open_store(workspace) as store:
        for sync in chosen:
            made = await _one(call, sync, store, selection)
            budgets = await allotments(workspace, sync, store)
            show_plan(call, made, sync, budgets)
            say_nobody(call, made, selection)
            documents.append({**plan_document(made, sync), "allotment": budgets, "file": str(output or "")})
            if output is not None:
                write_plan(output, made)
                call.say(
                    "Kept in {file}. It holds personal data. Carry it out with: awase apply {file}",
                    file=output,
                )
    return documents


async def _one(call: Call, sync: Sync, store: Any, selection: Selection) -> Plan:
    with call.progress() as tell:
        tell("plan")
        async with environment(call.workspace(), sync, store) as env:
            return await plan_only(env, sync, selection)
