"""A plan made earlier: refused when the ground it stands on has moved, cut down where single records have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import polars as pl

from awase.core.frames import canonical_cell
from awase.core.mapping import BoundSync, column
from awase.core.operations import SIDES, OperationKind, Side, other
from awase.core.plan import Plan, PlannedWrite, digest
from awase.core.records import Item, ItemKind, Link
from awase.core.values import Value, as_text, stand_in, unpack
from awase.engine.environment import Environment
from awase.engine.observing import read_records
from awase.engine.relinking import is_gone
from awase.errors import StalePlan
from awase.ports.store import RunRecord

MOVED = "moved_since_plan"
_NEVER_STALE = frozenset({OperationKind.OPT_OUT, OperationKind.TAKE_OFF})


def refuse_if_stale(plan: Plan, sync: BoundSync, orgs: Mapping[Side, str]) -> None:
    """Raise StalePlan when the plan is of another sync, schema, mapping or org, or was altered."""
    header = plan.header
    where = f"{header.sync}, {header.made_at:%Y-%m-%d %H:%M} UTC"
    if header.sync != sync.sync.name:
        raise StalePlan(
            "the plan is of the sync “{sync}”", where=where, remedy="Apply it there.", sync=header.sync
        )
    if dict(header.connections) != dict(orgs):
        raise StalePlan(
            "the plan was made for other orgs than the connections lead to now",
            where=where,
            remedy="Plan again.",
        )
    if header.context != sync.context:
        raise StalePlan(
            "the mapping or one side's fields and rules have changed since the plan was made",
            where=where,
            remedy="Plan again, look at it, and apply the new plan.",
        )
    if digest(header, plan.chunks) != header.digest:
        raise StalePlan("the plan's content does not fit its digest", where=where, remedy="Plan again.")


def refuse_if_overtaken(plan: Plan, runs: Sequence[RunRecord]) -> None:
    """Raise StalePlan when a run was carried out since the plan was made: what the plan says about identities and
    agreement would turn the books back. (Both times are ours.)"""
    for run in runs:
        if run.sides and run.ended is not None and run.ended > plan.header.made_at:
            raise StalePlan(
                "a run has been carried out since the plan was made (run {run})",
                where=f"{plan.header.sync}, {plan.header.made_at:%Y-%m-%d %H:%M} UTC",
                remedy="Plan again, look at it, and apply the new plan.",
                run=run.id,
            )


async def unless_known_better(env: Environment, plan: Plan) -> Plan:
    """``plan`` without what it says about identities that were completed since (a run that died, and its recovery)."""
    by_id = {link.id: link for chunk in plan.chunks for link in chunk.links}
    stored = await env.store.links_by_id(plan.header.sync, list(by_id))
    complete = {link.id for link in stored if _is_completed(link, by_id[link.id])}
    chunks = tuple(
        msgspec.structs.replace(
            chunk,
            links=tuple(link for link in chunk.links if link.id not in complete),
            matches=tuple(entry for entry in chunk.matches if entry.link not in complete),
        )
        for chunk in plan.chunks
    )
    return msgspec.structs.replace(plan, chunks=chunks)


def _is_completed(stored: Link, planned: Link) -> bool:
    """Whether the store knows both records of an identity of which the plan knew one. (A plan that moves a link to
    the survivor of a merge, or has seen a deletion, knows better itself.)"""
    half = not planned.gone and (planned.ma_id is None) != (planned.crm_id is None)
    return half and stored.ma_id is not None and stored.crm_id is not None and not stored.gone


async def moved_since(env: Environment, sync: BoundSync, plan: Plan) -> dict[int, Item]:
    """By place in ``plan.writes()``: the writes whose records have moved since, on either side. Opt-outs never are."""
    writes = plan.writes()
    ordinary = {p: w for p, w in enumerate(writes) if w.operation.kind not in _NEVER_STALE}
    known = await env.store.links_by_id(sync.sync.name, sorted({w.operation.link for w in ordinary.values()}))
    planned = {link.id: link for chunk in plan.chunks for link in chunk.links}
    links = {link.id: link for link in known} | planned
    links |= {k.id: k for k in known if k.id in planned and _is_completed(k, planned[k.id])}
    values = {side: await _current(env, sync, side, links, ordinary) for side in SIDES}
    return {
        place: _item(write, links[write.operation.link], sync)
        for place, write in ordinary.items()
        if _moved(write, links.get(write.operation.link), values, sync)
    }


async def _current(
    env: Environment,
    sync: BoundSync,
    side: Side,
    links: Mapping[int, Link],
    writes: Mapping[int, PlannedWrite],
) -> dict[int, dict[str, Value]]:
    """Current mapped values by link, of the records that the writes read from or write to."""
    records: dict[tuple[str, str], int] = {}
    for write in writes.values():
        link = links[write.operation.link]
        if (record := link.record(side)) is not None:
            records[record] = link.id
    if not records:
        return {}
    frame = await read_records(env, sync, side, records)
    frame = frame.filter(~is_gone()).select(
        "_object", "_id", *[pl.col(column(side, b.name)).alias(b.name) for b in sync.fields]
    )
    return {
        number: {n: canonical_cell(v) for n, v in row.items()}
        for row in frame.to_dicts()
        if (number := records.get((row.pop("_object"), row.pop("_id")))) is not None
    }


def _moved(
    write: PlannedWrite,
    link: Link | None,
    values: Mapping[Side, Mapping[int, Mapping[str, Value]]],
    sync: BoundSync,
) -> bool:
    operation = write.operation
    target, source = operation.side, other(operation.side)
    current_source = values[source].get(operation.link)
    if operation.kind == OperationKind.DELETE:
        # Its ground is that the partner was deleted: it moved if that one is back.
        return link is None or current_source is not None
    if link is None or current_source is None:
        return True
    planned_source = unpack((write.patch.ma if source == "ma" else write.patch.crm) or b"\x80")
    if any(
        name in current_source and current_source[name] != value for name, value in planned_source.items()
    ):
        return True
    if operation.kind == OperationKind.CREATE:
        return (link.crm_id if target == "crm" else link.ma_id) is not None
    current_target = values[target].get(operation.link)
    if current_target is None:
        return True
    names = {f.name: b.name for b in sync.fields if (f := b.on(target, operation.object)) is not None}
    return any(
        as_text(current_target[names[f]]) != as_text(stand_in(before))
        for f, before in operation.before.items()
    )


def _item(write: PlannedWrite, link: Link, sync: BoundSync) -> Item:
    return Item(
        link=link.id,
        side=write.operation.side,
        kind=ItemKind.DEFERRED,
        code=MOVED,
        error_type=MOVED,
        source="foreseen",
        record=write.record,
        label=write.label,
        context=sync.context,
        retry=True,
    )
