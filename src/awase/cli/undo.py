"""``awase undo RUN``: put back what a run wrote and nobody has touched since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from awase.assembly import environment, open_store
from awase.cli.amounts import allotments, plan_document, run_document, show_plan
from awase.cli.approving import Approval
from awase.cli.call import Call, help_text, verb
from awase.cli.csv_files import csv_bytes
from awase.cli.plan_files import write_closed
from awase.cli.sync import YesOption
from awase.cli.trouble import told
from awase.core.mapping import Sync
from awase.core.operations import State
from awase.core.undo import Kept, Left, Restored, Then, Written
from awase.core.values import as_text
from awase.engine.undoing import Undoing, Undone, find_run, preview, undo_run
from awase.errors import StoppedByGuard
from awase.ports.store import ConnectionRecord

_SHOWN = 50
_LEFT: Mapping[Left, str] = {
    Left.TOUCHED: "changed since",
    Left.GONE: "the record is gone",
    Left.UNLINKED: "the record is not linked any more",
    Left.UNMAPPED: "the field is not mapped any more, or of another type",
    Left.KEY: "a key or an opt-out, never touched",
    Left.OPTED_OUT: "the address of a person who is out",
    Left.NOT_WRITABLE: "the integration user may not write the field",
    Left.REFUSED: "the target would refuse the old value",
    Left.UNANSWERED: "nobody knows whether the run's write arrived",
}
_THEN: Mapping[Then, str] = {
    Then.AGREED: "both sides agree",
    Then.CONFLICT: "differs from the other side: a person decides",
    Then.CARRIED: "the next run carries it to the other side",
    Then.ALONE: "there is no other side",
}
_COLUMNS = ("To", "Record", "Person", "Field", "Before the run", "The run wrote", "Now", "What becomes of it")


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "undo", "Put back what a run wrote and nobody has touched since; shown first.")(undo)


def undo(
    call: Call,
    run: Annotated[
        int, typer.Argument(metavar="RUN", help=help_text("The run's number; `awase runs` lists them."))
    ],
    yes: YesOption = False,
    look: Annotated[
        bool, typer.Option("--preview", help=help_text("Only show what would be done."), show_default=False)
    ] = False,
    carry: Annotated[
        bool,
        typer.Option(
            "--carry",
            help=help_text(
                "Let the next run carry the old values to the other side, where the direction allows it."
            ),
            show_default=False,
        ),
    ] = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help=help_text("Write every value of the run as CSV for a spreadsheet.")
        ),
    ] = None,
) -> int:
    async def work() -> int:
        async with open_store(call.workspace()) as store:
            record = await find_run(store, run)
            sync = call.workspace().sync(record.sync)
            with call.progress() as tell:
                tell("plan")
                async with environment(call.workspace(), sync, store) as env:
                    shown = _Shown(call, sync, await allotments(call.workspace(), sync, store), csv)
                    if look:
                        shown.show(await preview(env, sync, record, carry=carry))
                        call.document(shown.document)
                        return 0
                    known = {one.name: one for one in await store.connections()}
                    approve = _Approve(call, sync, known, yes=yes, shown=shown)
                    try:
                        done = await undo_run(env, sync, record, approve, tell, carry=carry)
                    except StoppedByGuard as stopped:
                        raise approve.approval.told(stopped) from None
            return _tell(call, sync, shown, done)

    return call.run(work())


class _Shown:
    """What is shown before anything is sent, once as a document and once for a person."""

    def __init__(
        self, call: Call, sync: Sync, budgets: dict[str, dict[str, int | None]], csv: Path | None
    ) -> None:
        self.call = call
        self.sync = sync
        self.budgets = budgets
        self.csv = csv
        self.document: dict[str, Any] = {}

    def show(self, undoing: Undoing) -> None:
        self.document = {
            **_document(undoing, self.sync),
            "plan": {**plan_document(undoing.plan, self.sync), "allotment": self.budgets},
        }
        self._say(undoing)
        if self.csv is not None:
            rows = [*_rows(self.call, undoing, self.sync)]
            write_closed(self.csv, csv_bytes([self.call.t(heading) for heading in _COLUMNS], rows))
            self.call.say(
                "{count} rows written to {file}. It holds personal data.", count=len(rows), file=self.csv
            )

    def _say(self, undoing: Undoing) -> None:
        call, made = self.call, undoing.undo
        call.say(
            "Undoing run {run}: {back} values of {records} records go back, {kept} stay, {already} are back already.",
            run=undoing.run.id,
            back=f"{len(made.restored):,}",
            records=f"{len(made.draft.writes):,}",
            kept=f"{len(made.kept):,}",
            already=f"{len(made.already):,}",
        )
        for then, count in Counter(restored.then for restored in made.restored).items():
            call.say("  Then: {what} ({count})", what=call.t(_THEN[then]), count=f"{count:,}")
        for why, count in Counter(kept.why for kept in made.kept).items():
            call.say("  Stays: {what} ({count})", what=call.t(_LEFT[why]), count=f"{count:,}")
        if made.never:
            kinds = Counter(op.kind.value for op in made.never)
            call.say(
                "  Never undone: {what}. Nothing is deleted, and no opt-out is taken back.",
                what=", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items())),
            )
        table = call.table(_COLUMNS)
        rows = [*_rows(call, undoing, self.sync)]
        for row in rows[:_SHOWN]:
            table.add_row(*row)
        if rows:
            call.show(table)
        if len(rows) > _SHOWN:
            call.say("{count} more: --csv FILE", count=len(rows) - _SHOWN)
        if undoing.plan.writes():
            show_plan(call, undoing.plan, self.sync, self.budgets)


class _Approve:
    """An undo wants a person's yes even where no guard trips."""

    def __init__(
        self, call: Call, sync: Sync, records: Mapping[str, ConnectionRecord], *, yes: bool, shown: _Shown
    ) -> None:
        self.call = call
        self.yes = yes
        self.shown = shown
        self.approval = Approval(call, sync, records, yes=yes, show=lambda _: None)

    def __call__(self, undoing: Undoing) -> bool:
        self.shown.show(undoing)
        if not undoing.plan.writes():
            return True
        if not self.approval(undoing.plan):
            return False
        if (
            self.yes
            or undoing.plan.header.guards
            or (self.call.interactive and self.call.confirmed("Carry out this plan?"))
        ):
            return True
        self.approval.refusal = StoppedByGuard(
            "nothing was put back yet: this is what undoing run {run} would do",
            where=f"run {undoing.run.id}",
            remedy="Run the same command again with --yes.",
            run=undoing.run.id,
        )
        return False


def _tell(call: Call, sync: Sync, shown: _Shown, done: Undone) -> int:
    report, writes = done.report, done.undoing.undo.draft.writes
    arrived = sum(outcome.state == State.APPLIED for outcome in done.outcomes.values())
    document = {**shown.document, **run_document(call, report.run, sync), "put_back": arrived}
    status = 0 if arrived == len(writes) else 1
    call.say(
        "{count} of {planned} records were put back (run {run}).",
        count=arrived,
        planned=len(writes),
        run=report.run.id,
    )
    if status:
        call.say("The others were refused or not sent: awase errors. The same command tries them again.")
    if report.run.conflicts:
        call.say("{count} conflicts wait for a person: awase conflicts", count=report.run.conflicts)
    if report.stopped is not None:
        ending = told(report.stopped, call.language)
        document |= ending.document or {}
        status = max(status, ending.status)
        for line in ending.lines:
            call.margin.print(line, markup=False)
    call.document(document)
    return status


def _document(undoing: Undoing, sync: Sync) -> dict[str, Any]:
    made = undoing.undo
    return {
        "undo": undoing.run.id,
        "restored": [
            {**_value(one.written, sync), "label": one.label, "then": one.then} for one in made.restored
        ],
        "left": [
            {
                **_value(one.written, sync),
                "label": one.label,
                "now": as_text(one.now),
                "why": one.why,
                "error_type": one.detail or None,
            }
            for one in made.kept
        ],
        "already": len(made.already),
        "never": [
            {"to": sync.connection(op.side), "record": f"{op.object}:{op.id}", "kind": op.kind}
            for op in made.never
        ],
    }


def _value(written: Written, sync: Sync) -> dict[str, Any]:
    return {
        "to": sync.connection(written.side),
        "record": f"{written.object}:{written.id}",
        "field": written.field,
        "before": as_text(written.before),
        "written": as_text(written.value),
    }


def _rows(call: Call, undoing: Undoing, sync: Sync) -> Iterator[list[str]]:
    """One row a value, what stays first."""
    for kept in undoing.undo.kept:
        yield _row(kept, as_text(kept.now), call.t(_LEFT[kept.why]), sync)
    for restored in undoing.undo.restored:
        yield _row(restored, as_text(restored.written.value), call.t(_THEN[restored.then]), sync)


def _row(one: Kept | Restored, now: str | None, fate: str, sync: Sync) -> list[str]:
    written = one.written
    return [
        sync.connection(written.side),
        f"{written.object}:{written.id}",
        one.label,
        written.field,
        as_text(written.before) or "",
        as_text(written.value) or "",
        now or "",
        fate,
    ]
