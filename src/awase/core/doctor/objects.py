"""The CRM's objects as wholes: what a create must have, the rights to write, and the way of an opt-out."""

from __future__ import annotations

from collections.abc import Iterator

from awase.core.doctor.findings import Finding, Level, Path
from awase.core.doctor.known import Known
from awase.core.mapping import Sync
from awase.core.schema import ObjectSchema


def findings(sync: Sync, here: Path, known: Known) -> Iterator[Finding]:
    if known.ma is not None and known.object("ma", sync.ma_object) is None:
        level = known.absence("ma", sync.ma_object, "")
        if level is not None:
            yield _unknown(sync.ma_object, (*here, "ma", "object"), level)
    for place, name in enumerate(sync.crm_objects):
        at = (*here, "crm", "objects", place)
        object = known.object("crm", name)
        if object is None:
            yield _unknown(name, at, known.absence("crm", name, "") or Level.ADVICE)
            continue
        rules = [i for i, rule in enumerate(sync.create_as) if rule.object == name]
        if rules:
            yield from _creating(sync, object, (*here, "create_as", rules[0]))
        yield from _rights(sync, object, at, creates=bool(rules))
        if name in known.opt_outs:
            yield from _opt_out(object, known.opt_outs[name], at)
            yield from _layouts(object, known.opt_outs[name], at, known)


def _unknown(name: str, at: Path, level: Level) -> Finding:
    return Finding(
        kind="object_unknown",
        level=level,
        who="integration",
        words="nothing is known of the object {object}, so nothing about it was looked at",
        remedy="Correct its name, let the integration user read it, or retrieve it into the project.",
        places={"object": name},
        object=name,
        path=at,
    )


def _creating(sync: Sync, object: ObjectSchema, at: Path) -> Iterator[Finding]:
    filled = {
        mapping.crm[object.name]
        for mapping in sync.fields
        if object.name in mapping.crm and mapping.direction.may_write("crm")
    }
    for field in object.fields.values():
        if field.required and field.name not in filled:
            yield Finding(
                kind="required_not_mapped",
                level=Level.CERTAIN,
                who="integration",
                words="{object}.{field} ({label}) must be filled when a {object} is created, and no mapping fills it",
                remedy="Map a field to it, if need be with a default; or have the CRM's administrator give it a default or "
                "relax it.",
                places={"object": object.name, "field": field.name, "label": field.label},
                object=object.name,
                field=field.name,
                path=at,
                part=("field", object.name, field.name),
            )
    if object.key_field is None:
        yield Finding(
            kind="key_missing",
            level=Level.ADVICE,
            who="crm_admin",
            words="{object} has no unique field for Awase's key that the integration user may write: a create that gets no "
            "answer has to wait for a person",
            remedy="Deploy what `awase connect NAME --setup DIR` writes.",
            places={"object": object.name},
            object=object.name,
            path=at,
        )


def _rights(sync: Sync, object: ObjectSchema, at: Path, *, creates: bool) -> Iterator[Finding]:
    writes = sync.update_in_crm and any(
        object.name in mapping.crm and mapping.direction.may_write("crm") for mapping in sync.fields
    )
    if (creates and not object.createable) or (writes and not object.updateable):
        yield Finding(
            kind="object_not_writable",
            level=Level.CERTAIN,
            who="crm_admin",
            words="the integration user may not create {object} records, which this sync does"
            if creates and not object.createable
            else "the integration user may not edit {object} records, which this sync does",
            remedy="Give the integration user that right on the object.",
            places={"object": object.name},
            object=object.name,
            path=at,
        )


def _opt_out(object: ObjectSchema, name: str, at: Path) -> Iterator[Finding]:
    field = object.fields.get(name)
    places = {"object": object.name, "field": name}
    if field is None:
        yield Finding(
            kind="opt_out_missing",
            level=Level.CERTAIN,
            who="crm_admin",
            words="{object}.{field} is not there for the integration user: opt-outs of a {object} can be neither seen nor "
            "written",
            remedy="Let the integration user read and edit the field.",
            places=places,
            object=object.name,
            field=name,
            path=at,
            part=("field", object.name, name),
        )
    elif not field.updateable:
        yield Finding(
            kind="opt_out_not_writable",
            level=Level.CERTAIN,
            who="crm_admin",
            words="the integration user may not edit {object}.{field}: an opt-out on the marketing side cannot reach a "
            "{object}",
            remedy="Let the integration user read and edit the field.",
            places=places,
            object=object.name,
            field=name,
            path=at,
            part=("field", object.name, name),
        )


def _layouts(object: ObjectSchema, name: str, at: Path, known: Known) -> Iterator[Finding]:
    for layout, fields in known.layouts.get(object.name, {}).items():
        if name not in fields:
            yield Finding(
                kind="opt_out_not_on_layout",
                level=Level.ADVICE,
                who="crm_admin",
                words="{object}.{field} is not on the page layout “{layout}”: whoever uses it can neither see nor set an "
                "opt-out",
                remedy="Put the field on the layout.",
                places={"object": object.name, "field": name, "layout": layout},
                object=object.name,
                field=name,
                path=at,
                part=("layout", object.name, layout),
            )
