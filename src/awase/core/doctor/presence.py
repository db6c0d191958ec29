"""Fields that somebody named: whether they are there, and may be seen."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from awase.core.doctor.findings import Finding, Level, Path
from awase.core.doctor.known import Known
from awase.core.operations import Side


def missing(
    known: Known, side: Side, object: str, name: str, at: Path, kind: str = "field"
) -> Iterator[Finding]:
    """A finding if the field is absent or hidden; ``kind`` begins the finding's name (``field``, ``filter_field``)."""
    schema = known.object(side, object)
    if schema is None or name in schema.fields:
        return
    if side == "crm" and (object, name) in known.hidden:
        yield Finding(
            kind=f"{kind}_hidden",
            level=Level.CERTAIN,
            who="crm_admin",
            words="{object}.{field} is there, but the integration user may not see it",
            remedy="Give the integration user read access to the field.",
            places={"object": object, "field": name},
            object=object,
            field=name,
            path=at,
            part=("field", object, name),
        )
        return
    level = known.absence(side, object, name)
    if level is None:
        return
    near = difflib.get_close_matches(name, list(schema.fields), n=3, cutoff=0.7)
    yield Finding(
        kind=f"{kind}_missing",
        level=level,
        who="integration",
        words="{object} has no field “{field}”",
        remedy="Did you mean {near}? If the field was removed or hidden there, restore it or remove the mapping."
        if near and kind == "field"
        else "Correct the name, bring the field back, or take it out here.",
        places={"object": object, "field": name, "near": ", ".join(near)},
        object=object,
        field=name,
        path=at,
    )
