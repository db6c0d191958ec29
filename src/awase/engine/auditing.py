"""After our updates: edits by others that fell between our read and our write.

No vendor offers a condition that would exclude such an overwrite, so it is found afterwards, from the vendor's own
history, and listed as a conflict with both values. Where a vendor keeps no history of a field, planning says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awase.core.mapping import BoundSync
from awase.core.operations import Operation, Side
from awase.core.plan import fingerprint
from awase.core.records import Item, ItemKind
from awase.core.values import as_text
from awase.engine.environment import Environment
from awase.ports.connector import ReadQuery
from awase.ports.flows import Page

OVERWRITTEN = "edit_overwritten"
"""Code of an edit that our write covered before we could see it."""


async def audit(
    env: Environment, sync: BoundSync, side: Side, object: str, operations: Sequence[Operation], since: str
) -> list[Item]:
    """Conflicts for edits of the same fields by others since ``since``, as far as the vendor's history tells."""
    access = env.sides[side]
    by_id = {op.id: op for op in operations if op.id is not None}
    names = tuple(sorted({name for op in operations for name in op.values}))
    query = ReadQuery(sync.object(side, object), names)
    items: list[Item] = []

    async def take(page: Page) -> None:
        for row in access.connector.decode_history(page, query).to_dicts():
            op = by_id.get(row["_id"])
            if op is not None and _covered(op, row):
                items.append(_conflict(sync, op, row))

    await access.transport.run(access.connector.read_history(query, list(by_id), since), take)
    return items


def _covered(operation: Operation, edit: Mapping[str, object]) -> bool:
    """The edit is of a field we wrote, and is neither what we had read nor what we wrote."""
    name = str(edit["field"])
    if name not in operation.values:
        return False
    return edit["value"] not in (as_text(operation.before.get(name)), as_text(operation.values[name]))


def _conflict(sync: BoundSync, operation: Operation, edit: Mapping[str, object]) -> Item:
    name = str(edit["field"])
    ours, theirs = as_text(operation.values[name]), edit["value"]
    on_ma = operation.side == "ma"
    mapped = next(
        (b.name for b in sync.fields if (f := b.on(operation.side, operation.object)) and f.name == name),
        name,
    )
    return Item(
        link=operation.link,
        side=operation.side,
        kind=ItemKind.SETTLED,
        code=OVERWRITTEN,
        field=mapped,
        occasion=fingerprint({"ours": ours, "theirs": str(theirs)}),
        error_type="conflict",
        record=f"{operation.object}:{operation.id}",
        value=str(theirs) if on_ma and theirs is not None else (ours if not on_ma else None),
        other_value=ours if on_ma else (str(theirs) if theirs is not None else None),
        detail={"winner": "crm" if on_ma else "ma", "by": str(edit["by"]), "at": str(edit["at"])},
        context=sync.context,
    )
