"""Conflicts that an undo left stand until somebody makes both sides agree, or edits one of them.

A run that looks at a pair closes what it does not find again. To its merge such a pair is at rest, since both sides
are what the base says of them; so it is looked for here, by the values that the plan found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from awase.core.frames import base_frame, people, side_from_base
from awase.core.mapping import BoundSync
from awase.core.merge import merge
from awase.core.plan import Plan
from awase.core.records import BaseRow, Item, ItemKind, Link
from awase.core.undo import UNDONE, alike, alike_column
from awase.core.values import Value, as_text, unpack


def with_standing(plan: Plan, listed: Iterable[Item], links: Mapping[int, Link], sync: BoundSync) -> Plan:
    """``plan`` with those of ``listed`` (open items) that an undo left, that it looked at, and that still stand."""
    undone = [item for item in listed if item.code == UNDONE and item.kind == ItemKind.CONFLICT]
    found: dict[int, list[Item]] = {}
    for number, chunk in enumerate(plan.chunks):
        looked_at = set(chunk.evaluated)
        agreed = {row.link: row for row in chunk.agreed if row.link in looked_at}
        here = [item for item in undone if item.link in agreed]
        stand = [item for item in here if _unmoved(item, agreed[item.link])]
        if stand:
            found[number] = _unlike(
                [msgspec.structs.replace(i, context=sync.context) for i in stand], agreed, links, sync
            )
    if not any(found.values()):
        return plan
    chunks = tuple(
        msgspec.structs.replace(chunk, items=(*chunk.items, *found.get(number, ())))
        for number, chunk in enumerate(plan.chunks)
    )
    count = sum(map(len, found.values()))
    kinds = Counter(plan.header.items)
    kinds[ItemKind.CONFLICT.value] += count
    header = msgspec.structs.replace(plan.header, items=dict(kinds), conflicts=plan.header.conflicts + count)
    return Plan(header=header, chunks=chunks)


def _unmoved(item: Item, row: BaseRow) -> bool:
    """Both sides still say what they said when it was listed."""
    ma, crm = _values(row.ma), _values(row.crm)
    known = item.field in ma and item.field in crm
    return known and (as_text(ma[item.field]), as_text(crm[item.field])) == (item.value, item.other_value)


def _unlike(
    items: list[Item], agreed: Mapping[int, BaseRow], links: Mapping[int, Link], sync: BoundSync
) -> list[Item]:
    """Those whose values do not mean the same under the mapping of now."""
    wanted = [links[link] for link in sorted({item.link for item in items}) if link in links]
    sides = {
        "ma": [(agreed[link.id], link.ma_object or "", link.ma_id or "") for link in wanted],
        "crm": [(agreed[link.id], link.crm_object or "", link.crm_id or "") for link in wanted],
    }
    pairs = people(
        side_from_base(sides["ma"], sync, "ma"),
        side_from_base(sides["crm"], sync, "crm"),
        base_frame((), sync),
        sync,
    )
    rows = {row["_link"]: row for row in alike(merge(pairs, sync), sync).to_dicts()}
    return [i for i in items if i.link in rows and not rows[i.link].get(alike_column(i.field), True)]


def _values(packed: bytes | None) -> dict[str, Value]:
    return {} if packed is None else unpack(packed)
