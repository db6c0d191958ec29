"""``awase sync`` and ``awase apply``: carry a plan out, one made now or one made earlier."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from awase.assembly import environment, open_store
from awase.cli.amounts import allotments, plan_document, run_document, show_plan, show_report
from awase.cli.approving import Approval
from awase.cli.call import Call, help_text, verb
from awase.cli.plan_files import read_plan
from awase.cli.selecting import (
    BackfillOption,
    FullOption,
    LimitOption,
    OnlyOption,
    say_nobody,
    selection_of,
    syncs_of,
)
from awase.cli.trouble import told
from awase.core.mapping import Sync
from awase.core.plan import Plan
from awase.core.records import ERROR_KINDS, ItemKind
from awase.core.selection import Selection
from awase.engine.environment import Environment
from awase.engine.running import Report, apply_plan, sync_now
from awase.errors import AwaseError, Bug, StalePlan, StoppedByGuard
from awase.store.postgres import PostgresStore

YesOption = Annotated[
    bool,
    typer.Option("--yes", help=help_text("Approve this plan although a guard asks."), show_default=False),
]
DEFAULT_PLAN_FILE = Path("awase.plan")

Tell = Callable[[str], None]
Runner = Callable[[Environment, Approval, Tell], Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class Done:
    """How one run ended: as JSON, and as an exit status."""

    document: dict[str, Any]
    status: int


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``app``."""
    verb(app, "sync", "Plan and carry out; guards ask before large changes.")(sync)
    verb(app, "apply", "Carry out exactly a plan that was kept with `awase plan -o FILE`.")(apply)


def sync(
    call: Call,
    name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    yes: YesOption = False,
    only: OnlyOption = None,
    limit: LimitOption = None,
    full: FullOption = False,
    backfill: BackfillOption = None,
) -> int:
    chosen = syncs_of(call, name, backfill)
    selection = selection_of(only, limit, full, backfill)

    async def all_of_them() -> list[Done]:
        async with open_store(call.workspace()) as store:
            return await run_all(call, store, [(one, selection) for one in chosen], yes=yes)

    done = call.run(all_of_them())
    call.document({"runs": [one.document for one in done]})
    return max(one.status for one in done)


async def run_all(
    call: Call,
    store: PostgresStore,
    chosen: Sequence[tuple[Sync, Selection]],
    *,
    yes: bool,
    asked_for: bool = False,
) -> list[Done]:
    """Each of these syncs, in order. What ends one of several is told, and the others still run.

    ``asked_for``: a person wants just these records tried again (``assembly.environment``).
    """
    done = []
    for one, selection in chosen:

        async def run(
            env: Environment, approval: Approval, tell: Tell, one: Sync = one, part: Selection = selection
        ) -> Report:
            report = await sync_now(env, one, approval, tell, part)
            say_nobody(call, report.plan, part)
            return report

        try:
            done.append(await _carry_out(call, one, store, run, yes=yes, asked_for=asked_for))
        except Bug:
            raise
        except AwaseError as trouble:
            if len(chosen) == 1:
                raise
            ending = told(trouble, call.language)
            for line in ending.lines:
                call.margin.print(line, markup=False)
            done.append(Done({"sync": one.name, **(ending.document or {})}, ending.status))
    return done


def apply(
    call: Call,
    file: Annotated[Path, typer.Argument(metavar="[FILE]")] = DEFAULT_PLAN_FILE,
    yes: YesOption = False,
) -> int:
    workspace = call.workspace()
    plan = read_plan(file)
    chosen = workspace.sync(plan.header.sync)

    async def run(env: Environment, approval: Approval, tell: Tell) -> Report:
        return await apply_plan(env, chosen, plan, approval, tell)

    async def with_store() -> Done:
        async with open_store(workspace) as store:
            try:
                return await _carry_out(call, chosen, store, run, yes=yes)
            except StalePlan as stale:
                stale.where = f"{file} ({stale.where})"
                raise

    done = call.run(with_store())
    call.document({"runs": [done.document]})
    return done.status


async def _carry_out(
    call: Call, sync: Sync, store: PostgresStore, run: Runner, *, yes: bool, asked_for: bool = False
) -> Done:
    workspace = call.workspace()
    records = {record.name: record for record in await store.connections()}
    budgets = await allotments(workspace, sync, store)

    def show(plan: Plan) -> None:
        show_plan(call, plan, sync, budgets)

    with call.progress() as tell:
        approval = Approval(call, sync, records, yes=yes, show=show)
        async with environment(workspace, sync, store, asked_for=asked_for) as env:
            try:
                report = await run(env, approval, tell)
            except StoppedByGuard as stopped:
                raise approval.told(stopped) from None
    kinds = await store.console.kind_counts(sync.name)
    still_open, undecided = sum(kinds.get(kind, 0) for kind in ERROR_KINDS), kinds.get(ItemKind.CONFLICT, 0)
    show_report(call, report, sync)
    document = {
        "plan": {**plan_document(report.plan, sync), "allotment": budgets},
        **run_document(call, report.run, sync),
        "moved": len(report.skipped),
        "open": still_open,
        "undecided": undecided,
    }
    status = 1 if still_open or undecided or report.skipped else 0
    if report.stopped is not None:
        ending = told(report.stopped, call.language)
        document |= ending.document or {}
        status = max(status, ending.status)
        for line in ending.lines:
            call.margin.print(line, markup=False)
    if still_open:
        call.say("{count} errors are open: awase errors", count=still_open)
    if undecided:
        call.say("{count} conflicts wait for a person: awase conflicts", count=undecided)
    return Done(document, status)
