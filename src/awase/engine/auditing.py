"""After our updates: edits by others that fell between our read and our write.

No vendor offers a condition that would exclude such an overwrite, so it is found afterwards, from the vendor's own
history, and listed as a conflict with both values. Where a vendor keeps no history of a field, planning says so.
Nothing is folded into the base before its updates were audited, in this run or in the one after a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from awase.core.mapping import BoundSync
from awase.core.operations import Operation, Side
from awase.core.plan import fingerprint
from awase.core.records import Item, ItemKind
from awase.core.values import Value, as_text
from awase.engine.environment import Environment
from awase.engine.resolving import values_of
from awase.ports.connector import ReadQuery
from awase.ports.flows import Page

OVERWRITTEN = "edit_overwritten"
"""Code of an edit that our write covered before we could see it."""


@dataclass(frozen=True, slots=True)
class _Edit:
    operation: Operation
    field: str
    value: str | None
    by: str
    at: str


async def audit(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation], since: str
) -> list[Item]:
    """Conflicts for edits by others, of fields that ``operations`` wrote, that nobody had seen when they were planned.

    ``since``: the target's cursor of the read the operations rest on.
    """
    unseen = await _unseen_edits(env, sync, side, object, operations, since)
    if not unseen:
        return []
    names = tuple(sorted({edit.field for edit in unseen}))
    current = await values_of(
        env, sync, side, object, names, sorted({edit.operation.id or "" for edit in unseen})
    )
    # Of several edits of one field only the last counts: the ones before were replaced by a person.
    last = {(edit.operation.id, edit.field): edit for edit in unseen}
    return [
        _conflict(sync, edit)
        for edit in last.values()
        if _covered(edit, current.get(edit.operation.id or "", {}))
    ]


async def _unseen_edits(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation], since: str
) -> list[_Edit]:
    access = env.sides[side]
    by_id = {op.id: op for op in operations if op.id is not None}
    query = ReadQuery(
        sync.object(side, object), tuple(sorted({name for op in operations for name in op.values}))
    )
    history: dict[tuple[str, str], list[_Edit]] = {}

    async def take(page: Page) -> None:
        for row in access.connector.decode_history(page, query).sort("at", maintain_order=True).to_dicts():
            op = by_id.get(row["_id"])
            if op is not None and row["field"] in op.values:
                edit = _Edit(op, row["field"], _trimmed(row["value"]), row["by"], str(row["at"]))
                history.setdefault((row["_id"], row["field"]), []).append(edit)

    overlap = env.overlap(sync.sync, side)
    await access.transport.run(access.connector.read_history(query, list(by_id), since, overlap), take)
    return [edit for edits in history.values() for edit in _after_what_was_read(edits)]


def _trimmed(text: str | None) -> str | None:
    """History keeps what was typed; what we read had its outer blanks gone."""
    return (text or "").strip() or None


def _after_what_was_read(edits: list[_Edit]) -> list[_Edit]:
    """The edits after the one that gave the field the value we had read; all of them if none did."""
    read = as_text(edits[0].operation.before.get(edits[0].field))
    seen = max((i for i, edit in enumerate(edits) if edit.value == read), default=-1)
    return edits[seen + 1 :]


def _covered(edit: _Edit, current: dict[str, Value]) -> bool:
    """Our value stands where the person's stood: the edit came before our write and is gone."""
    ours = as_text(edit.operation.values[edit.field])
    return edit.value != ours and as_text(current.get(edit.field)) == ours


def _conflict(sync: BoundSync, edit: _Edit) -> Item:
    operation = edit.operation
    ours = as_text(operation.values[edit.field])
    on_ma = operation.side == "ma"
    names = {f.name: b.name for b in sync.fields if (f := b.on(operation.side, operation.object)) is not None}
    return Item(
        link=operation.link,
        side=operation.side,
        kind=ItemKind.SETTLED,
        code=OVERWRITTEN,
        field=names.get(edit.field, edit.field),
        occasion=fingerprint({"ours": ours, "theirs": edit.value}),
        error_type="conflict",
        record=f"{operation.object}:{operation.id}",
        value=edit.value if on_ma else ours,
        other_value=ours if on_ma else edit.value,
        detail={"winner": "crm" if on_ma else "ma", "by": edit.by, "at": edit.at},
        context=sync.context,
    )
