"""What the doctor is told about two systems that answer: everything that it looks at, as far as it can be read.

A mapping that cannot be bound is what the doctor is there to find, so nothing is bound here, and an object that is not there is
missing from the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from awase.core.doctor import Form, Known, Level
from awase.core.mapping import Sync
from awase.core.operations import SIDES, Side
from awase.core.owners import OwnerLike
from awase.core.schema import ObjectSchema, Rule, Schema, with_rules
from awase.engine.environment import Environment
from awase.engine.observing import rules_of, with_globals_read
from awase.engine.parents import with_parents_described
from awase.errors import SchemaMismatch
from awase.ports.connector import FormReader, LayoutReader, RuleReader


@dataclass(frozen=True, slots=True)
class Picture:
    known: Known
    forms_hidden: bool
    """The integration user may not see the forms."""


async def picture(env: Environment, sync: Sync) -> Picture:
    """Both systems as they are now. Raises what the connections raise, but for an object that is not there."""
    schemas = {side: await _schema(env, side, sync.objects(side)) for side in SIDES}
    crm = await with_globals_read(
        env.sides["crm"], with_rules(schemas["crm"], await rules_of(env, sync, "crm"))
    )
    crm = await with_parents_described(env, "crm", crm)
    owners: dict[Side, Sequence[OwnerLike]] = {}
    for side in SIDES:
        owners[side] = await env.sides[side].transport.run(env.sides[side].connector.read_owners())
    forms, several = await _forms(env, schemas["ma"])
    consent = env.sides["ma"].connector.capabilities.consent_fields
    layouts, opt_outs = await _layouts(env, tuple(crm.objects))
    return Picture(
        Known(
            crm=crm,
            absence=_surely_absent,
            ma=schemas["ma"],
            forms=tuple(_renamed(forms or (), schemas["ma"])),
            several_lines=several,
            owners=owners,
            consent={
                "crm": env.sides["crm"].connector.capabilities.consent_fields,
                "ma": {
                    name: consent[object.name]
                    for name, object in schemas["ma"].objects.items()
                    if object.name in consent
                },
            },
            opt_outs=opt_outs,
            layouts=layouts,
        ),
        forms_hidden=forms is None,
    )


def _surely_absent(side: Side, object: str, field: str) -> Level:
    """Whoever answers shows all that there is for the integration user."""
    del side, object, field
    return Level.CERTAIN


async def crm_object(env: Environment, name: str) -> ObjectSchema:
    """One object of the CRM with its rules. Raises SchemaMismatch."""
    access = env.sides["crm"]
    schema = await access.transport.run(access.connector.describe([name]))
    rules: tuple[Rule, ...] = ()
    if isinstance(access.connector, RuleReader):
        rules = await access.transport.run(access.connector.read_rules([name], ()))
    schema = await with_globals_read(access, with_rules(schema, rules))
    return (await with_parents_described(env, "crm", schema)).objects[name]


async def _schema(env: Environment, side: Side, objects: Sequence[str]) -> Schema:
    """Those of ``objects`` that are there and may be read."""
    access, found = env.sides[side], dict[str, ObjectSchema]()
    for name in objects:
        try:
            found |= (await access.transport.run(access.connector.describe([name]))).objects
        except SchemaMismatch:
            continue  # its absence is the finding
    return Schema(found)


async def _forms(env: Environment, ma: Schema) -> tuple[tuple[Form, ...] | None, frozenset[tuple[str, str]]]:
    access = env.sides["ma"]
    if not isinstance(access.connector, FormReader):
        return (), frozenset()
    forms = await access.transport.run(access.connector.read_forms())
    connector = access.connector
    several = {
        (name, field) for name, object in ma.objects.items() for field in connector.several_lines(object)
    }
    return forms, frozenset(several)


def _renamed(forms: Sequence[Form], ma: Schema) -> Iterator[Form]:
    """Forms whose fields name objects as the configuration does (contacts, Contact)."""
    named = {object.name: name for name, object in ma.objects.items()}
    for form in forms:
        fields = tuple(replace(field, object=named.get(field.object, field.object)) for field in form.fields)
        yield replace(form, fields=fields)


async def _layouts(
    env: Environment, objects: Sequence[str]
) -> tuple[Mapping[str, Mapping[str, frozenset[str]]], Mapping[str, str]]:
    """The layouts of ``objects``, and which field of which object carries an opt-out."""
    access = env.sides["crm"]
    if not isinstance(access.connector, LayoutReader):
        return {}, {}
    opt_outs = access.connector.opt_out_fields()
    carrying = [name for name in objects if name in opt_outs]
    return await access.transport.run(access.connector.read_layouts(carrying)), opt_outs
