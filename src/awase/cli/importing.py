"""``awase import``: bring records of the CRM into the MA once, all of them or those that a filter picks."""

from __future__ import annotations

from typing import Annotated

import typer

from awase.assembly import open_store
from awase.cli.call import Call, help_text, verb
from awase.cli.plan import planned_documents
from awase.cli.selecting import LimitOption
from awase.cli.sync import Done, YesOption, run_all
from awase.configuration.where import typed_tests
from awase.core.importing import Import
from awase.core.selection import Selection


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "import", "Bring records of the CRM into the MA once: all, or those that a filter picks.")(
        bring
    )


def bring(
    call: Call,
    name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar='"FIELD = VALUE"',
            help=help_text(
                "Only records that meet this test, of a field or a related one (Owner.Email); may be given several times."
            ),
        ),
    ] = None,
    object: Annotated[
        list[str] | None,
        typer.Option("--object", metavar="OBJECT", help=help_text("Only records of this CRM object.")),
    ] = None,
    limit: LimitOption = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview", help=help_text("Show what would happen; write nothing."), show_default=False
        ),
    ] = False,
    yes: YesOption = False,
) -> int:
    sync = call.workspace().sync(name)
    wanted = Import(where=typed_tests(where or ()), objects=tuple(object or ()))
    selection = Selection(bring=wanted, limit=limit)
    if preview:
        call.document({"plans": call.run(planned_documents(call, [sync], selection))})
        return 0

    async def work() -> list[Done]:
        async with open_store(call.workspace()) as store:
            return await run_all(call, store, [(sync, selection)], yes=yes)

    done = call.run(work())
    call.document({"runs": [one.document for one in done]})
    return max(one.status for one in done)
