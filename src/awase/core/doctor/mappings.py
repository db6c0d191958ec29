"""Each mapping by itself: its fields are there, may be written, and can hold what the other side sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from awase.core.doctor.findings import Finding, Level, Path
from awase.core.doctor.known import Known
from awase.core.doctor.presence import missing
from awase.core.mapping import COMPATIBLE, Direction, FieldMapping, Sync
from awase.core.operations import Side
from awase.core.schema import Field
from awase.core.transforms import StepProblem, result_kind

Places: TypeAlias = Mapping[str, object]

SHORT = 20
"""Characters below which a field is a code rather than a word: what people type does not fit by itself."""
ONE_LINE = 255
"""Characters that a field for one line holds at most; several lines are soon longer."""


def findings(sync: Sync, here: Path, known: Known) -> Iterator[Finding]:
    for place, mapping in enumerate(sync.fields):
        at = (*here, "fields", place)
        if mapping.direction is Direction.OFF:
            continue
        if consent := _consent(sync, mapping, at, known):
            yield consent
            continue
        ma = known.field("ma", sync.ma_object, mapping.ma)
        yield from missing(known, "ma", sync.ma_object, mapping.ma, (*at, "ma"))
        if ma is not None and mapping.direction.may_write("ma"):
            yield from _writable("ma", sync.ma_object, ma, mapping, (*at, "ma"))
        for object, name in mapping.crm.items():
            here_crm = (*at, "crm", object)
            yield from missing(known, "crm", object, name, here_crm)
            crm = known.field("crm", object, name)
            if crm is None:
                continue
            if mapping.direction.may_write("crm"):
                yield from _writable("crm", object, crm, mapping, here_crm)
            if ma is not None:
                yield from _kinds(mapping, ma, crm, object, here_crm)
            yield from _reference(mapping, ma, crm, object, here_crm)
            if mapping.direction.may_write("crm"):
                yield from _length(sync, mapping, ma, crm, object, at, known)


def _consent(sync: Sync, mapping: FieldMapping, at: Path, known: Known) -> Finding | None:
    named: list[tuple[Side, str, str]] = [("ma", sync.ma_object, mapping.ma)]
    named += [("crm", object, name) for object, name in mapping.crm.items()]
    for side, object, name in named:
        for field in known.consent.get(side, {}).get(object, ()):
            begins = field.endswith("*") and name.lower().startswith(field[:-1].lower())
            if name.lower() == field.lower() or begins:
                return Finding(
                    kind="opt_out_mapped",
                    level=Level.CERTAIN,
                    who="integration",
                    words="“{field}” of {object} carries an opt-out and cannot be mapped like a field: two systems that "
                    "copy it both ways would one day opt somebody in again. Awase carries opt-outs on a path of "
                    "their own, always and without a mapping",
                    remedy="Remove this mapping.",
                    places={"field": name, "object": object},
                    object=object,
                    field=name,
                    path=at,
                )
    return None


def _writable(side: Side, object: str, field: Field, mapping: FieldMapping, at: Path) -> Iterator[Finding]:
    if field.updateable:
        return
    yield Finding(
        kind="field_not_writable",
        level=Level.CERTAIN,
        who="crm_admin" if side == "crm" and not field.computed else "integration",
        words="{object}.{field} cannot be written by the integration user, but the direction “{direction}” may write to it",
        remedy="Give the user edit rights on the field, or set the direction so that this side is only read.",
        places={"object": object, "field": field.name, "direction": mapping.direction.value},
        object=object,
        field=field.name,
        path=at,
        part=("field", object, field.name) if side == "crm" else None,
    )


def _kinds(mapping: FieldMapping, ma: Field, crm: Field, object: str, at: Path) -> Iterator[Finding]:
    ways: tuple[tuple[Side, Field, Field], ...] = (("crm", ma, crm), ("ma", crm, ma))
    for to, source, target in ways:
        try:
            kind = result_kind(mapping.steps(to), source.kind)
        except StepProblem as problem:
            yield Finding(
                kind="transform_does_not_fit",
                level=Level.CERTAIN,
                who="integration",
                words="a transform does not fit the field: {words}",
                remedy="Look at what kind of value the field holds.",
                places={"words": str(problem)},
                object=object,
                field=crm.name,
                path=(*at[:-2], f"to_{to}", problem.place),
            )
            return
        if target.kind not in COMPATIBLE[kind] and (mapping.direction.may_write(to) or not mapping.has_steps):
            yield Finding(
                kind="type",
                level=Level.CERTAIN,
                who="integration",
                words="“{ma}” is {ma_type} and {object}.{crm} is {crm_type}: one cannot hold the other's values",
                remedy="Map it to a field of a fitting type, or add a transform for each way that values go.",
                places={
                    "ma": ma.name,
                    "ma_type": ma.vendor_type,
                    "object": object,
                    "crm": crm.name,
                    "crm_type": crm.vendor_type,
                },
                object=object,
                field=crm.name,
                path=at,
                part=("field", object, crm.name),
            )
            return


def _reference(
    mapping: FieldMapping, ma: Field | None, crm: Field, object: str, at: Path
) -> Iterator[Finding]:
    """Ids of one system mean nothing in another; only a plain text of the MA may hold the CRM's own ids."""
    if not crm.references or mapping.through is not None or not mapping.direction.may_write("crm"):
        return
    yield Finding(
        kind="reference_without_through",
        level=Level.CERTAIN if ma is not None and ma.references else Level.LIKELY,
        who="integration",
        words="{object}.{field} takes ids of {objects} only, and nothing says how the marketing side's value becomes one",
        remedy='Add through = "NAME" with the sync of those records (or through = "owners").',
        places={"object": object, "field": crm.name, "objects": ", ".join(crm.references)},
        object=object,
        field=crm.name,
        path=at,
        part=("field", object, crm.name),
    )


def _length(
    sync: Sync, mapping: FieldMapping, ma: Field | None, crm: Field, object: str, at: Path, known: Known
) -> Iterator[Finding]:
    room = crm.max_length
    if room is None or crm.options is not None or crm.references or mapping.through is not None:
        return
    example = f"{{ truncate = {room} }}"
    places: Places = {"object": object, "field": crm.name, "maximum": room, "example": example}
    cut = next((step.argument for step in reversed(mapping.to_crm) if step.name == "truncate"), None)
    if isinstance(cut, int):
        if cut > room:
            words = "{object}.{field} holds {maximum} characters, but texts are only cut to {count}"
            yield _too_long(words, Level.LIKELY, {**places, "count": cut}, (*at, "to_crm"))
        return
    longest = _longest(mapping, ma)
    if len(longest) > room:
        words = "“{value}” has {count} characters, and {object}.{field} holds {maximum}"
        yield _too_long(words, Level.CERTAIN, {**places, "value": longest, "count": len(longest)}, at)
        return
    if ma is None or ma.options is not None or ma.email or crm.email:
        return
    places = {**places, "ma": mapping.ma}
    if room <= ONE_LINE and (sync.ma_object, mapping.ma) in known.several_lines:
        words = "“{ma}” takes texts of several lines, and {object}.{field} holds {maximum} characters"
        yield _too_long(words, Level.LIKELY, places, at)
    elif room < SHORT:
        words = "“{ma}” takes any text, and {object}.{field} holds {maximum} characters"
        yield _too_long(words, Level.ADVICE, places, at)


def _longest(mapping: FieldMapping, ma: Field | None) -> str:
    """The longest text of those that are known to be written: options, targets of the value map, a default."""
    fixed = [*mapping.values.values(), *(str(s.argument) for s in mapping.to_crm if s.name == "default")]
    if ma is not None and not mapping.has_steps:
        fixed += [mapping.values.get(one.value, one.value) for one in ma.options or ()]
    return max(fixed, key=len, default="")


def _too_long(words: str, level: Level, places: Places, at: Path) -> Finding:
    object, field = str(places["object"]), str(places["field"])
    return Finding(
        kind="length",
        level=level,
        who="integration",
        words=words,
        remedy="Add {example} to to_crm, or have the field made longer.",
        places=places,
        object=object,
        field=field,
        path=at,
        part=("field", object, field),
    )
