"""``awase db``: back up, restore, migrate and look at the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from awase.assembly import database, open_store
from awase.cli.call import Call, help_text, verb
from awase.engine.running import OBSERVE_ONLY
from awase.errors import BadInput
from awase.store import upkeep
from awase.store.connections import connect as connected
from awase.store.connections import where
from awase.store.migrate import applied_migrations, pending_migrations
from awase.store.postgres import migrate as migrate_store

FileArgument = Annotated[Path, typer.Argument(metavar="FILE")]


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``awase db``."""
    db = typer.Typer(no_args_is_help=True, help=help_text("Back up, restore, migrate and look at the store."))
    verb(db, "backup", "Write everything to a file; nobody has to stop working.")(backup)
    verb(
        db,
        "restore",
        "Put a backup in the place of an empty store; afterwards nothing is written until `resume`.",
    )(restore)
    verb(db, "migrate", "Bring the store to this release's schema.")(migrate)
    verb(db, "status", "Show where the store is and whether it is up to date.")(status)
    verb(db, "resume", "Allow writing again after a restore.")(resume)
    app.add_typer(db, name="db")


def backup(call: Call, file: FileArgument) -> int:
    async def work() -> dict[str, int]:
        async with database(call.workspace()) as (dsn, _):
            return await upkeep.backup(dsn, file)

    if file.exists():
        raise BadInput("there is such a file already", where=str(file), remedy="Choose another name.")
    rows = call.run(_on_files(work(), file))
    call.document({"file": str(file), "rows": rows})
    call.say("Backed up to {file}: {rows} rows. It holds personal data.", file=file, rows=sum(rows.values()))
    return 0


def restore(
    call: Call,
    file: FileArgument,
    replace: Annotated[
        bool, typer.Option("--replace", help=help_text("Replace the data that is there."), show_default=False)
    ] = False,
) -> int:
    async def work() -> dict[str, int]:
        async with database(call.workspace()) as (dsn, _):
            return await upkeep.restore(dsn, file, replace=replace)

    rows = call.run(_on_files(work(), file))
    call.document({"file": str(file), "rows": rows})
    call.say("Restored from {file}: {rows} rows.", file=file, rows=sum(rows.values()))
    call.say("Nothing is written until you have compared (awase plan) and said so: awase db resume")
    return 0


async def _on_files(work: Any, file: Path) -> dict[str, int]:
    try:
        return await work  # type: ignore[no-any-return]
    except OSError as problem:
        raise BadInput(
            "the file cannot be used: {words}", where=str(file), words=problem.strerror or ""
        ) from problem


def migrate(call: Call) -> int:
    async def work() -> list[str]:
        async with database(call.workspace()) as (dsn, backups):
            return await migrate_store(dsn, backups=backups)

    applied = call.run(work())
    call.document({"applied": applied})
    for name in applied:
        call.say("Applied: {name}", name=name)
    if not applied:
        call.say("The store is up to date.")
    return 0


def status(call: Call) -> int:
    content = call.run(_status(call))
    call.document(content)
    call.say("Database: {place}", place=content["place"])
    table = call.table(("Migration", "State"))
    for name in content["applied"]:
        table.add_row(name, call.t("applied"))
    for name in content["pending"]:
        table.add_row(name, call.t("pending"))
    call.show(table)
    if content["observe_only"]:
        call.say("Nothing is written: this install only observes ({reason}).", reason=content["observe_only"])
    return 0


async def _status(call: Call) -> dict[str, Any]:
    async with database(call.workspace()) as (dsn, backups):
        connection = await connected(dsn)
        try:
            applied = [f"{number:04}_{name}" for number, name, _ in await applied_migrations(connection)]
            pending = [
                f"{one.number:04}_{one.name}" for one in await pending_migrations(connection, where(dsn))
            ]
        finally:
            await connection.close()
        place = where(dsn)
    reason = None
    if applied and not pending:
        async with open_store(call.workspace()) as store:
            reason = await store.setting(OBSERVE_ONLY) or None
    return {
        "place": place,
        "applied": applied,
        "pending": pending,
        "observe_only": reason,
        "backups": str(backups) if backups else None,
    }


def resume(call: Call) -> int:
    async def work() -> str | None:
        async with open_store(call.workspace()) as store:
            reason = await store.setting(OBSERVE_ONLY)
            if reason:
                await store.save_setting(OBSERVE_ONLY, "")
            return reason

    reason = call.run(work())
    call.document({"resumed": bool(reason), "reason": reason or None})
    call.say("Writing is allowed again." if reason else "Writing was not off.")
    return 0
