"""Reading: both sides at once, pages decoded away from the loop, as side frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import msgspec
import polars as pl

from awase.core.binding import bind
from awase.core.checks.rules import globals_read
from awase.core.frames import fields_to_read, is_gone, latest, project
from awase.core.importing import Import
from awase.core.mapping import BoundSync, Sync
from awase.core.operations import SIDES, Side
from awase.core.records import Cursor
from awase.core.schema import (
    ObjectSchema,
    Rule,
    Schema,
    with_choices,
    with_globals,
    with_matching_rules,
    with_rules,
)
from awase.engine.environment import Access, Environment
from awase.engine.parents import with_parents_described
from awase.errors import Bug
from awase.ports.connector import ChoiceReader, MatchingRuleReader, ReadQuery, RuleReader, Searchable
from awase.ports.flows import Flow, Page


async def bind_live(env: Environment, sync: Sync, *, likely_too: bool = False) -> BoundSync:
    """``sync`` bound to both sides' schemas as they are now. Raises what ``binding.bind`` raises.

    ``likely_too``: with what is only needed to foresee refusals that are likely, and never keeps a record back.
    """
    return bound_to(env, sync, await describe_live(env, sync, likely_too=likely_too))


def bound_to(env: Environment, sync: Sync, schemas: Mapping[Side, Schema]) -> BoundSync:
    """``sync`` bound to these schemas. Raises what ``binding.bind`` raises."""
    consent = {side: env.sides[side].connector.capabilities.consent_fields for side in SIDES}
    return bind(sync, schemas["ma"], schemas["crm"], consent)


async def describe_live(env: Environment, sync: Sync, *, likely_too: bool = False) -> dict[Side, Schema]:
    """Both sides' objects, fields and rules as they are now. Raises SchemaMismatch for an object that is not there."""
    schemas: dict[Side, Schema] = {}

    async def describe(side: Side) -> None:
        access = env.sides[side]
        schema = await access.transport.run(access.connector.describe(sync.objects(side)))
        schema = with_rules(schema, await rules_of(env, sync, side))
        schema = await with_globals_read(access, schema)
        sorted_ones = _with_choices_by_type(sync, schema, side)
        if sorted_ones and isinstance(access.connector, ChoiceReader):
            schema = with_choices(
                schema, await access.transport.run(access.connector.read_choices(sorted_ones))
            )
        if likely_too and isinstance(access.connector, MatchingRuleReader):
            matching = await access.transport.run(access.connector.read_matching_rules(sync.objects(side)))
            schema = with_matching_rules(schema, matching)
        schemas[side] = await with_parents_described(env, side, schema)

    async with env.tasks.nursery() as nursery:
        for side in SIDES:
            nursery.start(describe(side))
    return schemas


def _with_choices_by_type(sync: Sync, schema: Schema, side: Side) -> list[ObjectSchema]:
    """Objects with record types, of which a restricted picklist is mapped."""
    found = []
    for object in schema.objects.values():
        names = {sync.field_on(mapping, side, object.name) for mapping in sync.fields}
        mapped = [field for name, field in object.fields.items() if name in names]
        if object.record_types and any(field.restricted and field.options is not None for field in mapped):
            found.append(object)
    return found


RULES = "rules:"
"""Setting, with a sync's name and a side: the target's rules as last read, so that unchanged ones need no call."""


async def with_globals_read(access: Access, schema: Schema) -> Schema:
    """``schema`` whose rules know what is the same for every record; nothing is asked where none reads such."""
    read = {name for object in schema.objects.values() for name in globals_read(object)}
    if not read or not isinstance(access.connector, RuleReader):
        return schema
    return with_globals(schema, await access.transport.run(access.connector.read_globals(read)))


async def rules_of(env: Environment, sync: Sync, side: Side) -> tuple[Rule, ...]:
    """The rules by which ``side`` refuses records; none where the vendor has or shows none."""
    access, name = env.sides[side], f"{RULES}{sync.name}:{side}"
    if not isinstance(access.connector, RuleReader):
        return ()
    known = await env.store.setting(name)
    before = msgspec.json.decode(known, type=tuple[Rule, ...]) if known else ()
    rules = await access.transport.run(access.connector.read_rules(sync.objects(side), before))
    if rules != before:
        await env.store.save_setting(name, msgspec.json.encode(rules).decode())
    return rules


@dataclass(slots=True)
class Observed:
    """What one reading brought: side frames without links, and where the next one begins."""

    frames: dict[Side, list[pl.DataFrame]] = field(default_factory=lambda: {"ma": [], "crm": []})
    cursors: list[Cursor] = field(default_factory=list)
    incremental: dict[Side, bool] = field(default_factory=dict)
    brought: set[tuple[str, str]] = field(default_factory=set)
    """Object and id of the CRM's records that an import found."""

    def frame(self, sync: BoundSync, side: Side) -> pl.DataFrame:
        return latest(self.frames[side], sync, side)


@dataclass(frozen=True, slots=True)
class Unseen:
    """From where evidence of deletions, merges and conversions is looked for when a snapshot is read: it shows only
    who is there."""

    cursors: Mapping[tuple[Side, str], str]
    """Where reading last ended, by side and object."""
    span: timedelta
    """Where it never ended: how long ago the first run began (a span of our clock, not a moment of the vendor's)."""


async def observe(
    env: Environment,
    sync: BoundSync,
    cursors: Iterable[Cursor],
    unseen: Unseen | None = None,
    bring: Import | None = None,
) -> Observed:
    """Everything new on both sides since ``cursors``; all there is where an object has none yet, and then, where
    people are known already (``unseen``), also who is there no more.

    ``bring``: beside that, what an import finds in the CRM. Whoever it finds is matched with everybody else.
    """
    since = {(c.side, c.object): c.value for c in cursors}
    observed = Observed()

    async def read(side: Side, object: str) -> None:
        connector = env.sides[side].connector
        query = ReadQuery(sync.object(side, object), fields_to_read(sync, side, object))
        cursor = since.get((side, object))
        flow: Flow[Page, str]
        if cursor is None:
            flow = connector.read_snapshot(query)
        else:
            flow = connector.read_changes(query, cursor, env.overlap(sync.sync, side))
        frames, end = await _collect(env, sync, side, query, flow)
        if cursor is None and unseen is not None:
            known, overlap = unseen.cursors.get((side, object)), env.overlap(sync.sync, side)
            changes = connector.read_changes(query, known or end, overlap if known else overlap + unseen.span)
            changed, _ = await _collect(env, sync, side, query, changes)
            frames += [frame.filter(is_gone()) for frame in changed]
        observed.frames[side] += frames
        observed.incremental[side] = cursor is not None
        observed.cursors.append(Cursor(side=side, object=object, value=end))

    async with env.tasks.nursery() as nursery:
        for side in SIDES:
            for object in sync.sync.objects(side):
                nursery.start(read(side, object))
    observed.cursors.sort(key=lambda c: (c.side, c.object))
    for side in SIDES:
        # Nursery order depends on the network; the plan must not.
        observed.frames[side].sort(key=lambda f: f["_object"][0] if len(f) else "")
    if bring is not None:
        # Read last, so that it holds where both have a record.
        found = await _search(env, sync, bring)
        observed.frames["crm"] += found
        observed.brought = {name for frame in found for name in frame.select("_object", "_id").iter_rows()}
    return observed


async def _search(env: Environment, sync: BoundSync, bring: Import) -> list[pl.DataFrame]:
    """Side frames of the CRM's records that an import looks for."""
    connector = env.sides["crm"].connector
    frames: list[pl.DataFrame] = []
    for object, wanted in bring.searches.items():
        if not isinstance(connector, Searchable):
            raise Bug("an import was prepared for a connector that cannot search")
        query = ReadQuery(sync.object("crm", object), fields_to_read(sync, "crm", object))
        read, _ = await _collect(env, sync, "crm", query, connector.read_matching(query, wanted))
        frames += read
    return frames


async def _collect(
    env: Environment, sync: BoundSync, side: Side, query: ReadQuery, flow: Flow[Page, str] | Flow[Page, None]
) -> tuple[list[pl.DataFrame], str]:
    access, frames = env.sides[side], []

    async def take(page: Page) -> None:
        frames.append(
            await env.tasks.cpu(partial(_projected, access.connector.decode, page, query, sync, side))
        )

    end = await access.transport.run(flow, take)
    return frames, end or ""


def _projected(
    decode: Callable[[Page, ReadQuery], pl.DataFrame],
    page: Page,
    query: ReadQuery,
    sync: BoundSync,
    side: Side,
) -> pl.DataFrame:
    return project(decode(page, query), sync, side, query.object.name)


async def read_records(
    env: Environment, sync: BoundSync, side: Side, records: Iterable[tuple[str, str]]
) -> pl.DataFrame:
    """Side frame of these (object, id) records, from the system of record; missing ones are absent."""
    by_object: dict[str, list[str]] = {}
    for object, id in sorted(set(records)):
        by_object.setdefault(object, []).append(id)
    frames: list[pl.DataFrame] = []
    for object, ids in by_object.items():
        query = ReadQuery(sync.object(side, object), fields_to_read(sync, side, object))
        read, _ = await _collect(env, sync, side, query, env.sides[side].connector.read_by_id(query, ids))
        frames += read
    return latest(frames, sync, side)
