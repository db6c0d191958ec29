"""Forms: most people come in through one, so it should ask for what the CRM demands, and offer only what the CRM takes."""

from __future__ import annotations

from collections.abc import Iterator

from awase.core.doctor.findings import Finding, Level, Path
from awase.core.doctor.known import Form, Known
from awase.core.doctor.values import active, refused, takes_only_options
from awase.core.mapping import FieldMapping, Sync


def findings(sync: Sync, here: Path, known: Known) -> Iterator[Finding]:
    asked = [form for form in known.forms if any(field.object == sync.ma_object for field in form.fields)]
    for form in asked:
        for place, mapping in enumerate(sync.fields):
            if mapping.direction.may_write("crm") and mapping.through is None:
                at = (*here, "fields", place)
                yield from _options(sync, mapping, form, at, known)
                yield from _required(sync, mapping, form, at, known)


def _options(sync: Sync, mapping: FieldMapping, form: Form, at: Path, known: Known) -> Iterator[Finding]:
    """Options of this form alone; those of the property itself are told once, with all forms."""
    asked = form.field(sync.ma_object, mapping.ma)
    ma = known.field("ma", sync.ma_object, mapping.ma)
    if asked is None or asked.options is None or ma is None:
        return
    own = [value for value in asked.options if value not in active(ma) and value not in mapping.values]
    for object, name in mapping.crm.items():
        crm = known.field("crm", object, name)
        if crm is None or not takes_only_options(crm) or not active(crm):
            continue
        lacking = refused(own, mapping, ma, crm, "crm", sync.time_zone)
        if lacking:
            yield Finding(
                kind="form_option_missing",
                level=Level.CERTAIN,
                who="marketing",
                words="the form “{form}” offers for “{ma}” what {object}.{crm} does not take: {values}",
                remedy="Take the option off the form, or have it added to the CRM's list.",
                places={
                    "form": form.name,
                    "ma": mapping.ma,
                    "object": object,
                    "crm": name,
                    "values": ", ".join(lacking),
                },
                object=object,
                field=name,
                path=at,
                part=("field", object, name),
                form=form.name,
            )


def _required(sync: Sync, mapping: FieldMapping, form: Form, at: Path, known: Known) -> Iterator[Finding]:
    demanding = [
        object for object in _created(sync, mapping.ma) if _demands(known, object, mapping.crm.get(object))
    ]
    if not demanding or any(step.name == "default" for step in mapping.to_crm):
        return
    asked = form.field(sync.ma_object, mapping.ma)
    if asked is not None and (asked.required or asked.filled):
        return
    yield Finding(
        kind="form_lacks_required" if asked is None else "form_leaves_required_optional",
        level=Level.LIKELY,
        who="marketing",
        words="the form “{form}” does not ask for “{ma}”, without which no {objects} can be created"
        if asked is None
        else "the form “{form}” leaves “{ma}” optional, without which no {objects} can be created",
        remedy="Ask for it and make it required there; or add a default to to_crm, or have the CRM's administrator relax "
        "the field.",
        places={"form": form.name, "ma": mapping.ma, "objects": ", ".join(demanding)},
        object=demanding[0],
        field=mapping.crm[demanding[0]],
        path=at,
        part=("field", demanding[0], mapping.crm[demanding[0]]),
        form=form.name,
    )


def _created(sync: Sync, name: str) -> list[str]:
    """Objects that somebody could become although ``name`` is empty."""
    return list(dict.fromkeys(rule.object for rule in sync.create_as if name not in rule.needs))


def _demands(known: Known, object: str, name: str | None) -> bool:
    field = known.field("crm", object, name) if name else None
    return field is not None and field.required
