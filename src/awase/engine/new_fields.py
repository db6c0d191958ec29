"""Making a field in the MA after one of the CRM: proposed first, made only when somebody agrees, options never taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from awase.core.mapping import Sync
from awase.core.new_fields import can_hold, field_after, missing_options, options_version
from awase.core.operations import Side
from awase.core.schema import Field, ObjectSchema, Option, Schema
from awase.engine.environment import Environment
from awase.engine.running import OBSERVE_ONLY
from awase.engine.switches import refusal
from awase.errors import BadInput, ConsentMapping, WritingIsOff
from awase.ports.connector import FieldMaker

_COPIED = "copied:"
"""Setting, with connection and field: ``Copied``, the source version that the field's options are of."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which field is to be made, as a person said it."""

    source: str
    """``Lead.Industry``, or only the field where the sync has one CRM object."""
    name: str | None = None
    label: str | None = None
    group: str = ""


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """Which version of which source a field's options were last copied from."""

    source: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be made, or added to what is there."""

    object: str
    """Of the MA."""
    name: str
    source_object: str
    source: Field
    definition: Mapping[str, Any]
    """In the vendor's own words; empty where the field is there already."""
    existing: Field | None
    missing: tuple[Option, ...]
    """Options that the existing field lacks."""
    mapping: Mapping[str, Any]
    """What to write under ``[[syncs.fields]]``."""
    copied: Copied | None = None
    """What was copied last time; None where this field was never made or added to from here."""

    @property
    def changes_something(self) -> bool:
        return self.existing is None or bool(self.missing)

    @property
    def source_moved(self) -> datetime | None:
        """Since when the source is known to have had other options than now; None where nothing changed."""
        same = self.copied is None or self.copied.version == options_version(self.source)
        return None if self.copied is None or same else self.copied.at


async def propose(env: Environment, sync: Sync, wanted: Wanted) -> Proposal:
    """What making the field would do; nothing is written.

    Raises BadInput for a field that is not there, or that no field can be made after, and ConsentMapping.
    """
    object, name = _place(sync, wanted.source)
    crm = await _described(env, "crm", sync)
    source = crm.objects[object].fields.get(name)
    if source is None:
        raise BadInput(
            "{object} has no field “{field}” of a single value that the integration user may see",
            where="--from",
            remedy="Correct the name; of an address, a place or a person's name choose one of its parts.",
            object=object,
            field=name,
        )
    maker = env.sides["ma"].connector
    if not isinstance(maker, FieldMaker):
        raise BadInput(
            "fields of {connection} cannot be made from here",
            where=f"sync {sync.name}",
            connection=sync.ma_connection,
        )
    called = wanted.name or maker.field_name(name)
    _refuse_consent(env, sync, object, name, called)
    schema = (await _described(env, "ma", sync)).objects[sync.ma_object]
    existing = schema.fields.get(called)
    new = field_after(source, f"{object}.{name}", name=called, label=wanted.label, group=wanted.group)
    definition = maker.field_definition(sync.ma_object, new)
    if existing is not None:
        _refuse_unfit(existing, source, schema, f"{object}.{name}")
        definition = {}
    return Proposal(
        object=sync.ma_object,
        name=called,
        source_object=object,
        source=source,
        definition=definition,
        existing=existing,
        missing=() if existing is None else missing_options(source, existing),
        mapping={"ma": called, "crm": _on_objects(sync, crm, object, source)},
        copied=await _copied(env, sync, called),
    )


async def _copied(env: Environment, sync: Sync, name: str) -> Copied | None:
    kept = await env.store.setting(_COPIED + f"{sync.ma_connection}:{sync.ma_object}.{name}")
    return msgspec.json.decode(kept, type=Copied) if kept else None


async def carry_out(env: Environment, sync: Sync, proposal: Proposal) -> int:
    """Make the field, or add what it lacks; how many options were added to one that was there.

    Raises WritingIsOff where nothing may be written, and what the vendor's refusal means.
    """
    if switched_off := await refusal(env.store, sync.name):
        raise switched_off
    if reason := await env.store.setting(OBSERVE_ONLY):
        raise WritingIsOff(
            "this install only observes: {reason}",
            remedy="Compare with `awase plan` first; then lift it with `awase db resume`.",
            reason=reason,
        )
    access = env.sides["ma"]
    maker = access.connector
    assert isinstance(maker, FieldMaker)  # noqa: S101  (for the type checker: the proposal came from it)
    added = 0
    if proposal.existing is None:
        await access.transport.run(maker.create_field(proposal.object, proposal.definition))
    else:
        flow = maker.add_options(proposal.object, proposal.name, proposal.missing)
        added = await access.transport.run(flow)
    copied = Copied(
        source=f"{proposal.source_object}.{proposal.source.name}",
        version=options_version(proposal.source),
        at=env.clock.now(),
    )
    name = _COPIED + f"{sync.ma_connection}:{proposal.object}.{proposal.name}"
    await env.store.save_setting(name, msgspec.json.encode(copied).decode())
    return added


async def _described(env: Environment, side: Side, sync: Sync) -> Schema:
    access = env.sides[side]
    return await access.transport.run(access.connector.describe(sync.objects(side)))


def _place(sync: Sync, text: str) -> tuple[str, str]:
    object, dot, field = text.strip().partition(".")
    if not dot and len(sync.crm_objects) == 1:
        object, field = sync.crm_objects[0], object
    if object not in sync.crm_objects or not field:
        raise BadInput(
            "“{value}” is no field of a CRM object of this sync",
            where="--from",
            remedy="Write the object and the field, for instance {example}.",
            value=text,
            example=f"{sync.crm_objects[-1]}.Industry",
        )
    return object, field


def _refuse_consent(env: Environment, sync: Sync, object: str, field: str, name: str) -> None:
    named: tuple[tuple[Side, str, str], ...] = (("crm", object, field), ("ma", sync.ma_object, name))
    for side, where, called in named:
        fields = env.sides[side].connector.capabilities.consent_fields.get(where, ())
        if any(
            called.lower() == one.lower()
            or (one.endswith("*") and called.lower().startswith(one[:-1].lower()))
            for one in fields
        ):
            raise ConsentMapping(
                "“{field}” of {object} carries an opt-out: Awase carries opt-outs on a path of their own, always and "
                "without a field that is copied",
                where="--from",
                field=called,
                object=where,
            )


def _refuse_unfit(existing: Field, source: Field, schema: ObjectSchema, place: str) -> None:
    if can_hold(existing, source):
        return
    raise BadInput(
        "{object} already has a field “{name}” ({type}), which cannot hold the values of {field} ({other})",
        where="--name",
        remedy="Give the new field another name with --name.",
        object=schema.name,
        name=existing.name,
        type=existing.vendor_type,
        field=place,
        other=source.vendor_type,
    )


def _on_objects(sync: Sync, crm: Schema, object: str, source: Field) -> object:
    """As ``crm`` is written: a plain name where every object of the sync has the same field, else by object."""
    twins = [crm.objects[name].fields.get(source.name) for name in sync.crm_objects]
    same = all(one is not None and one.kind == source.kind and not one.references for one in twins)
    return source.name if same else {object: source.name}
