"""A sync bound to what both sides offer now: every mapping exists, fits and may be written, or it is refused by name."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence

import polars as pl

from awase.core.checks.watched import watched
from awase.core.filters import fields_of, passes
from awase.core.frames import field_for
from awase.core.mapping import (
    COMPATIBLE,
    BoundField,
    BoundSync,
    Direction,
    FieldMapping,
    OnDelete,
    Sync,
)
from awase.core.operations import Side
from awase.core.schema import Field, ObjectSchema, Schema
from awase.core.transforms import StepProblem, result_kind
from awase.core.values import Kind
from awase.errors import (
    BadConfiguration,
    ConsentMapping,
    FilterBroken,
    MissingPermission,
    SchemaMismatch,
)


def bind(
    sync: Sync, ma: Schema, crm: Schema, consent: Mapping[Side, Mapping[str, Sequence[str]]]
) -> BoundSync:
    """Check every mapping against the live schemas.

    Raises BadConfiguration or SchemaMismatch naming the mapping and the remedy, and ConsentMapping for an opt-out
    field. ``consent`` lists each side's consent fields by object.
    """
    _refuse_consent_fields(sync, consent)
    _refuse_doubles(sync)
    ma_object = ma.objects[sync.ma_object]
    crm_objects = {name: crm.objects[name] for name in sync.crm_objects}
    bound = tuple(
        _bind_field(sync, m, ma_object, crm_objects) for m in sync.fields if m.direction != Direction.OFF
    )
    if sync.match_on is not None and sync.match_on not in {b.name for b in bound}:
        raise BadConfiguration(
            "people are matched on “{field}”, but that field is not mapped",
            where=f"syncs.{sync.name}.match_on",
            remedy="Map the field, or match on another mapped field.",
            field=sync.match_on,
        )
    _check_pointers(sync, ma_object)
    _check_filters(sync, ma_object, crm_objects)
    _check_deletions(sync, ma_object, crm_objects)
    context = hashlib.blake2b(
        "|".join((sync.digest(), ma.digest(), crm.digest())).encode(), digest_size=16
    ).hexdigest()
    return BoundSync(sync, bound, ma_object, crm_objects, context, _watched(sync, bound, crm_objects))


def _watched(
    sync: Sync, bound: Sequence[BoundField], objects: Mapping[str, ObjectSchema]
) -> dict[str, tuple[str, ...]]:
    """What the checks of the CRM's objects look at beside the mapped fields, where anything may be written there."""
    if not (sync.update_in_crm or sync.create_as):
        return {}
    return {
        name: watched(object, {field.name for one in bound if (field := one.on("crm", name)) is not None})
        for name, object in objects.items()
    }


def _refuse_consent_fields(sync: Sync, consent: Mapping[Side, Mapping[str, Sequence[str]]]) -> None:
    for mapping in sync.fields:
        named = [("ma", sync.ma_object, mapping.ma), *(("crm", o, f) for o, f in mapping.crm.items())]
        for side, object, name in named:
            fields = consent[side].get(object, ())  # type: ignore[index]
            if any(
                name.lower() == f.lower() or (f.endswith("*") and name.lower().startswith(f[:-1].lower()))
                for f in fields
            ):
                raise ConsentMapping(
                    "“{field}” of {object} carries an opt-out and cannot be mapped like a field: two systems that "
                    "copy it both ways would one day opt somebody in again. Awase carries opt-outs on a path of "
                    "their own, always and without a mapping",
                    where=f"syncs.{sync.name}.fields: {mapping.ma}",
                    remedy="Remove this mapping.",
                    field=name,
                    object=object,
                )


def _refuse_doubles(sync: Sync) -> None:
    seen: set[tuple[str, str]] = set()
    for mapping in sync.fields:
        for object, name in ((sync.ma_object, mapping.ma), *mapping.crm.items()):
            if (object, name) in seen:
                raise BadConfiguration(
                    "{object}.{field} is mapped twice: each mapping would overwrite what the other wrote",
                    where=f"syncs.{sync.name}.fields: {mapping.ma}",
                    remedy="Keep one of the two mappings.",
                    object=object,
                    field=name,
                )
            seen.add((object, name))


def _bind_field(
    sync: Sync, mapping: FieldMapping, ma_object: ObjectSchema, crm_objects: Mapping[str, ObjectSchema]
) -> BoundField:
    where = f"syncs.{sync.name}.fields: {mapping.ma}"
    ma_field = _existing(ma_object, mapping.ma, where)
    unknown = set(mapping.crm) - set(crm_objects)
    if unknown:
        raise BadConfiguration(
            "the mapping names the CRM object “{object}”, which this sync does not have",
            where=where,
            remedy="Use one of: {known}.",
            object=sorted(unknown)[0],
            known=", ".join(crm_objects),
        )
    crm_fields = {o: _existing(crm_objects[o], name, where) for o, name in mapping.crm.items()}
    if not crm_fields:
        raise BadConfiguration("the mapping names no CRM field", where=where, remedy="Give it a crm field.")
    for object, crm_field in crm_fields.items():
        _check_kinds(mapping, ma_field, crm_field, object, where)
        _check_writable(mapping, ma_field, crm_field, object, where)
    _check_reference(mapping, ma_field, crm_fields, where)
    kinds = {f.kind for f in crm_fields.values()}
    if len(kinds) > 1:
        raise SchemaMismatch(
            "the CRM objects keep this field in different types: {types}",
            where=where,
            remedy="Map the objects' fields separately, or make the types equal.",
            types=", ".join(f"{o}.{f.name} {f.vendor_type}" for o, f in crm_fields.items()),
        )
    return BoundField(mapping, ma_field, crm_fields, kinds.pop())


def _existing(object: ObjectSchema, name: str, where: str) -> Field:
    found = object.fields.get(name)
    if found is not None:
        return found
    near = [n for n in object.fields if n.lower() == name.lower()] or _nearest(name, object.fields)
    raise SchemaMismatch(
        "{object} has no field “{field}”, or the integration user may not see it",
        where=where,
        remedy="Did you mean {near}? If the field was removed or hidden there, restore it or remove the mapping."
        if near
        else "Correct the name. If the field was removed or hidden there, restore it or remove the mapping.",
        object=object.name,
        field=name,
        near=", ".join(near),
    )


def _nearest(name: str, candidates: Mapping[str, Field]) -> list[str]:
    return difflib.get_close_matches(name, list(candidates), n=3, cutoff=0.7)


def _check_kinds(mapping: FieldMapping, ma_field: Field, crm_field: Field, object: str, where: str) -> None:
    """Values can become values of each side that the direction may write."""
    ways: tuple[tuple[Side, Kind, Kind], ...] = (
        ("crm", ma_field.kind, crm_field.kind),
        ("ma", crm_field.kind, ma_field.kind),
    )
    for to, source, target in ways:
        steps = mapping.steps(to)
        try:
            kind = result_kind(steps, source)
        except StepProblem as problem:
            raise BadConfiguration(
                "a transform does not fit the field: {words}",
                where=f"{where}.to_{to}[{problem.place}]",
                remedy="Look at what kind of value the field holds.",
                words=str(problem),
            ) from None
        if target not in COMPATIBLE[kind] and (mapping.direction.may_write(to) or not mapping.has_steps):
            raise SchemaMismatch(
                "“{ma}” is {ma_type} and {object}.{crm} is {crm_type}: one cannot hold the other's values",
                where=where,
                remedy="Map it to a field of a fitting type, or add a transform for each way that values go.",
                ma=ma_field.name,
                ma_type=ma_field.vendor_type,
                object=object,
                crm=crm_field.name,
                crm_type=crm_field.vendor_type,
            )


def _check_writable(
    mapping: FieldMapping, ma_field: Field, crm_field: Field, object: str, where: str
) -> None:
    sides: tuple[tuple[Side, Field, str], ...] = (("ma", ma_field, "MA"), ("crm", crm_field, object))
    for side, target, label in sides:
        if mapping.direction.may_write(side) and not target.updateable:
            raise SchemaMismatch(
                "{object}.{field} cannot be written by the integration user, but the direction “{direction}” "
                "may write to it",
                where=where,
                remedy="Give the user edit rights on the field, or set the direction so that this side is only read.",
                object=label,
                field=target.name,
                direction=mapping.direction.value,
            )


def _check_pointers(sync: Sync, ma_object: ObjectSchema) -> None:
    for object, name in sync.crm_ids.items():
        if object not in sync.crm_objects:
            raise BadConfiguration(
                "“{object}” is not a CRM object of this sync",
                where=f"syncs.{sync.name}.crm_ids",
                remedy="Use one of: {known}.",
                object=object,
                known=", ".join(sync.crm_objects),
            )
        _existing(ma_object, name, f"syncs.{sync.name}.crm_ids.{object}")
    for rule in sync.create_as:
        for name in fields_of(rule.when):
            _existing(ma_object, name, f"syncs.{sync.name}.create_as: {rule.object}")


def _check_reference(
    mapping: FieldMapping, ma_field: Field, crm_fields: Mapping[str, Field], where: str
) -> None:
    """Ids of one system mean nothing in another: a reference is mapped through the sync of what it refers to.

    A mere text of the MA may hold ids of the CRM; nobody else would read them.
    """
    refers = [field for field in crm_fields.values() if field.references]
    if mapping.through is not None or not ma_field.references or not (refers or ma_field.relation):
        return
    raise BadConfiguration(
        "“{field}” refers to records of {objects}, whose ids the other system does not know",
        where=where,
        remedy='Add through = "NAME" with the sync of those records (or through = "owners").',
        field=ma_field.name,
        objects=", ".join(ma_field.references),
    )


def _check_filters(sync: Sync, ma_object: ObjectSchema, crm_objects: Mapping[str, ObjectSchema]) -> None:
    """Every field that a filter looks at exists, and its limits are values of it. Raises FilterBroken."""
    for side, objects in (("ma", {ma_object.name: ma_object}), ("crm", crm_objects)):
        tests = sync.filter(side)  # type: ignore[arg-type]
        where = f"syncs.{sync.name}.filter.{side}"
        for name, object in objects.items():

            def tested(
                field: str, name: str = name, object: ObjectSchema = object, where: str = where
            ) -> tuple[pl.Expr, Kind] | None:
                wanted = field_for(field, name)
                if wanted is None:
                    return None
                if wanted not in object.fields:
                    raise FilterBroken(
                        "the filter looks at {object}.{field}, which does not exist any more (or may not be seen): "
                        "who is in the sync cannot be told, so nothing was read or written",
                        where=where,
                        remedy="Bring the field back, or take the test out of the filter.",
                        object=name,
                        field=wanted,
                    )
                return pl.col(wanted), object.fields[wanted].kind

            try:
                passes(tests, tested)
            except (ValueError, TypeError) as problem:
                raise BadConfiguration(
                    "a limit of the filter does not fit its field: {words}", where=where, words=str(problem)
                ) from None


def _check_deletions(sync: Sync, ma_object: ObjectSchema, crm_objects: Mapping[str, ObjectSchema]) -> None:
    wanted = [
        (ma_object, sync.deleted_in_crm),
        *((object, sync.deleted_in_ma) for object in crm_objects.values()),
    ]
    for object, policy in wanted:
        if policy == OnDelete.DELETE and not object.deletable:
            raise MissingPermission(
                "the sync deletes records of {object}, which the integration user may not do",
                where=f"syncs.{sync.name}.policies",
                remedy="Give the user the right to delete them, or keep deleted records' partners.",
                object=object.name,
            )
