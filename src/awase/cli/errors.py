"""``awase errors`` and ``awase conflicts``: what stands against agreement, why, and whose move it is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from awase.assembly import open_store
from awase.catalogue import categories, category_name, entries, entry, owner_name
from awase.cli.amounts import item_kind
from awase.cli.call import Call, help_text, verb
from awase.cli.csv_files import csv_bytes
from awase.cli.items import COLUMNS, by_type, item_document, item_row, local, owners
from awase.cli.plan_files import write_closed
from awase.core.mapping import Sync
from awase.core.records import ItemKind
from awase.errors import BadInput
from awase.ports.store import StoredItem
from awase.store.postgres import PostgresStore

_SHOWN = 50
_RECORD = ("Error type", "State", "Record", "Person", "Field", "Value", "Target's words")
_CUT = ("Person", "Value", "Target's words")
"""Columns that get one line on a terminal; `awase explain` and the export show the whole."""
_NARROWEST = 10
_ALL = 1_000_000
_CONFLICT_KINDS = (ItemKind.CONFLICT, ItemKind.SETTLED)

Found = list[tuple[Sync, StoredItem]]


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``app``."""
    verb(app, "errors", "List what did not sync, why, whose move it is, and how to fix it.")(errors)
    verb(app, "conflicts", "List values that both sides changed, and which one was kept.")(conflicts)


def errors(
    call: Call,
    csv: Annotated[
        str | None,
        typer.Option(
            "--csv", metavar="FILE|-", help=help_text("Write all of them as CSV for a spreadsheet.")
        ),
    ] = None,
    type: Annotated[
        str | None, typer.Option("--type", help=help_text("Only this error type (its code)."))
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help=help_text("Only this state (held, rejected …)."))
    ] = None,
) -> int:
    check_names(type, kind)
    found = call.run(_errors(call, type, kind))
    if csv is not None:
        _export(call, csv, found)
    elif call.json:
        call.document(
            {
                "errors": [item_document(call, stored, sync) for sync, stored in found],
                "by_type": {name: len(group) for name, group in by_type(s for _, s in found).items()},
                "by_category": [
                    _category_document(category, types) for category, types in _by_category(found).items()
                ],
            }
        )
    elif not found:
        call.say("No open errors.")
    else:
        _show(call, found)
    return 0


def check_names(type: str | None, kind: str | None) -> None:
    """Raise BadInput for an error type or a state that does not exist."""
    if type is not None and type not in entries():
        raise BadInput(
            "there is no error type “{value}”",
            where="--type",
            remedy="Known: {known}.",
            value=type,
            known=", ".join(entries()),
        )
    kinds = [k.value for k in ItemKind if k not in _CONFLICT_KINDS]
    if kind is not None and kind not in kinds:
        raise BadInput(
            "there is no state “{value}”",
            where="--kind",
            remedy="Known: {known}.",
            value=kind,
            known=", ".join(kinds),
        )


async def _errors(call: Call, type: str | None, kind: str | None) -> Found:
    wanted = None if kind is None else ItemKind(kind)
    async with open_store(call.workspace()) as store:
        found: Found = []
        for sync in call.workspace().syncs:
            items = await store.console.errors(sync.name, wanted, limit=_ALL)
            if kind is None and type is not None:
                # Whoever asks for a type by name wants it even where it is no error.
                items += await store.console.errors(sync.name, ItemKind.SKIPPED, limit=_ALL)
            found += [(sync, stored) for stored in items if type in (None, stored.item.error_type)]
        return found


def _export(call: Call, target: str, found: Found) -> None:
    rows = (item_row(call, stored, sync, call.workspace()) for sync, stored in found)
    pieces = csv_bytes([call.t(heading) for heading in COLUMNS.values()], rows)
    if target == "-":
        if call.json:
            raise BadInput("CSV and JSON cannot both go to the screen", where="--csv", remedy="Name a file.")
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    write_closed(Path(target), pieces)
    call.document({"file": target, "rows": len(found)})
    call.say("{count} rows written to {file}. It holds personal data.", count=len(found), file=target)


def _amounts(found: Found) -> dict[str, int]:
    """How many errors, and how many records they are about; a record with several errors counts once."""
    return {
        "errors": len(found),
        "records": len({(sync.name, stored.item.link) for sync, stored in found}),
    }


def _by_category(found: Found) -> dict[str, dict[str, Found]]:
    """Errors by category (in the catalogue's order) and type (the most frequent first)."""
    groups: dict[str, dict[str, Found]] = {name: {} for name in categories()}
    for one in found:
        code = one[1].item.error_type
        groups[entry(code).category].setdefault(code, []).append(one)
    return {
        name: dict(sorted(types.items(), key=lambda group: (-len(group[1]), group[0])))
        for name, types in groups.items()
        if types
    }


def _category_document(category: str, types: dict[str, Found]) -> dict[str, object]:
    of_types = [{"error_type": code, **_amounts(group)} for code, group in types.items()]
    return {"category": category, **_amounts(_together(types)), "types": of_types}


def _together(types: dict[str, Found]) -> Found:
    return [one for group in types.values() for one in group]


def _show(call: Call, found: Found) -> None:
    groups = _by_category(found)
    types = [(code, group) for of_category in groups.values() for code, group in of_category.items()]
    amounts = _amounts(found)
    call.say(
        "{errors} errors, {people} records, {types} types.",
        errors=amounts["errors"],
        people=amounts["records"],
        types=len(types),
    )
    if len(groups) > 1:
        _show_categories(call, groups)
    _show_types(call, types)
    _show_records(call, found[:_SHOWN])
    if len(found) > _SHOWN:
        call.say("{count} more: awase errors --csv FILE", count=len(found) - _SHOWN)
    for code, group in types:
        _show_fixes(call, code, [stored for _, stored in group])


def _show_categories(call: Call, groups: dict[str, dict[str, Found]]) -> None:
    table = call.table(("Category", "Errors", "Records"), numbers=("Errors", "Records"))
    for category, types in groups.items():
        amounts = _amounts(_together(types))
        table.add_row(
            category_name(category, call.language), f"{amounts['errors']:,}", f"{amounts['records']:,}"
        )
    call.show(table)


def _show_types(call: Call, types: list[tuple[str, Found]]) -> None:
    table = call.table(
        ("Category", "Error type", "Errors", "Records", "Whose move", "Meaning"),
        numbers=("Errors", "Records"),
    )
    for code, group in types:
        known, amounts = entry(code), _amounts(group)
        table.add_row(
            category_name(known.category, call.language),
            f"{known.name.in_(call.language)}\n{code}",
            f"{amounts['errors']:,}",
            f"{amounts['records']:,}",
            owners(call, known),
            known.meaning.in_(call.language),
        )
    call.show(table)


def _show_records(call: Call, found: Found) -> None:
    """One row an error: what a reader recognises it by. Columns without any content are left out."""
    rows = [
        (
            entry(stored.item.error_type).name.in_(call.language),
            item_kind(call, stored.item.kind),
            stored.item.record,
            stored.item.label,
            stored.item.field,
            stored.item.value or "",
            stored.item.message,
        )
        for _, stored in found
    ]
    filled = [place for place in range(len(_RECORD)) if any(row[place] for row in rows)]
    table = call.table([_RECORD[place] for place in filled])
    for column, place in zip(table.columns, filled, strict=True):
        if _RECORD[place] in _CUT:
            column.no_wrap, column.overflow = True, "ellipsis"
            column.max_width = max(_NARROWEST, call.screen.width // 6)
    for row in rows:
        # As texts: a value may hold what a terminal library would take for markup.
        table.add_row(*(Text(" ".join(row[place].split())) for place in filled))
    call.show(table)


def _show_fixes(call: Call, code: str, group: list[StoredItem]) -> None:
    """The limits that were met, who can end a type of error how and at what price, and where advice disagrees."""
    known = entry(code)
    call.show(Text(f"● {known.name.in_(call.language)} ({code})", "bold"))
    limits = {(s.item.field, s.item.detail["maximum"]) for s in group if "maximum" in s.item.detail}
    for field, maximum in sorted(limits):
        call.say("  {field}: at most {maximum} characters", field=field, maximum=maximum)
    for fix in known.fixes:
        call.say("  → {who}: {fix}", who=owner_name(fix.who, call.language), fix=fix.in_(call.language))
        if fix.price:
            call.say("    Price: {price}", price=fix.price.in_(call.language))
    if known.dispute:
        call.say("  {dispute}", dispute=known.dispute.in_(call.language))


def conflicts(call: Call) -> int:
    async def read(store: PostgresStore) -> Found:
        found: Found = []
        for sync in call.workspace().syncs:
            found += [(sync, stored) for stored in await store.console.conflicts(sync.name, limit=_ALL)]
        return found

    async def with_store() -> Found:
        async with open_store(call.workspace()) as store:
            return await read(store)

    found = call.run(with_store())
    call.document({"conflicts": [item_document(call, stored, sync) for sync, stored in found]})
    if not found:
        call.say("No conflicts.")
        return 0
    table = call.table(("When", "Person", "Field", "Value in MA", "Value in the CRM", "Kept", "State"))
    for sync, stored in found[:_SHOWN]:
        item = stored.item
        winner = item.detail.get("winner")
        table.add_row(
            local(stored.last_seen, call.workspace()),
            item.label or item.record,
            item.field,
            item.value or "",
            item.other_value or "",
            (sync.ma_connection if winner == "ma" else sync.crm_connection) if winner else "-",
            item_kind(call, item.kind),
        )
    call.show(table)
    if len(found) > _SHOWN:
        call.say("{count} more: awase conflicts --json", count=len(found) - _SHOWN)
    return 0
