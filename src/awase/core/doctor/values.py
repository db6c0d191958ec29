"""Picklists: what one side offers and the other does not take, value maps included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from awase.core.conversion import carried
from awase.core.doctor.findings import Finding, Level, Path
from awase.core.doctor.known import Form, Known
from awase.core.mapping import BoundField, Direction, FieldMapping, Sync
from awase.core.operations import Side
from awase.core.schema import Field
from awase.core.values import DTYPES, Kind

_SHOWN = 10
"""Values that one finding lists."""
_LISTED = frozenset({Kind.TEXT, Kind.TEXTS})


def findings(sync: Sync, here: Path, known: Known) -> Iterator[Finding]:
    for place, mapping in enumerate(sync.fields):
        if mapping.direction is Direction.OFF or mapping.through is not None:
            continue
        at = (*here, "fields", place)
        ma = known.field("ma", sync.ma_object, mapping.ma)
        for object, name in mapping.crm.items():
            crm = known.field("crm", object, name)
            if crm is None or crm.kind not in _LISTED:
                continue
            if mapping.direction.may_write("crm") and active(crm):
                yield from _said(mapping, crm, object, at)
                if ma is not None:
                    yield from _to_crm(sync, mapping, ma, crm, object, at, known)
            if ma is not None and mapping.direction.may_write("ma") and ma.restricted and active(ma):
                yield from _to_ma(sync, mapping, ma, crm, object, at)


def active(field: Field) -> frozenset[str]:
    """The values that may be chosen; empty where none are known."""
    return frozenset(option.value for option in field.options or () if option.active)


def takes_only_options(field: Field) -> bool:
    """Whether other values are refused; states and countries that the vendor knows are lists of that sort too."""
    return field.restricted or field.place


def refused(
    values: Iterable[str], mapping: FieldMapping, ma: Field, crm: Field, to: Side, time_zone: str
) -> dict[str, str]:
    """Those of one side's ``values`` that the other's list lacks, each with what it would arrive as."""
    given = list(dict.fromkeys(values))
    bound = BoundField(mapping, ma, {"": crm}, crm.kind)
    source, target = (ma, crm) if to == "crm" else (crm, ma)
    if not given or source.kind not in _LISTED or target.kind not in _LISTED or not bound.carries(to):
        return {}
    column = pl.Series("value", given, dtype=pl.String)
    if source.kind is Kind.TEXTS:
        column = column.to_frame().select(pl.concat_list("value").cast(DTYPES[Kind.TEXTS])).to_series()
    made = pl.DataFrame([column]).select(carried(pl.col("value"), bound, to, time_zone).value).to_series()
    allowed = active(target)
    arrived = [tuple(one) if isinstance(one, list) else (one,) for one in made.to_list()]
    return {
        value: "; ".join(str(part) for part in parts)
        for value, parts in zip(given, arrived, strict=True)
        if any(part is not None and part not in allowed for part in parts)
    }


def _said(mapping: FieldMapping, crm: Field, object: str, at: Path) -> Iterator[Finding]:
    """What the mapping itself says: the targets of its value map, and its default."""
    written = [(value, (*at, "values", key)) for key, value in mapping.values.items()]
    written += [
        (mapping.values.get(step.argument, step.argument), (*at, "to_crm", i))
        for i, step in enumerate(mapping.to_crm)
        if step.name == "default" and isinstance(step.argument, str)
    ]
    for value, path in written:
        if value in active(crm):
            continue
        inactive = value in {option.value for option in crm.options or ()}
        yield Finding(
            kind="value_not_an_option",
            level=Level.CERTAIN if takes_only_options(crm) else Level.ADVICE,
            who="integration",
            words="“{value}”, which this mapping writes, is no longer an active option of {object}.{field}"
            if inactive
            else "“{value}”, which this mapping writes, is no option of {object}.{field}",
            remedy="Write one of its active options: {allowed}",
            places={
                "value": value,
                "object": object,
                "field": crm.name,
                "allowed": _some(sorted(active(crm))),
            },
            object=object,
            field=crm.name,
            path=path,
            part=("field", object, crm.name),
        )


def _to_crm(
    sync: Sync, mapping: FieldMapping, ma: Field, crm: Field, object: str, at: Path, known: Known
) -> Iterator[Finding]:
    if ma.options is None:
        if not mapping.values and not mapping.to_crm:
            yield _free_text(mapping, crm, object, at)
        return
    lacking = refused(
        (option.value for option in ma.options if option.active), mapping, ma, crm, "crm", sync.time_zone
    )
    # What the value map itself gets wrong has been said.
    lacking = {value: came for value, came in lacking.items() if value not in mapping.values}
    if lacking:
        yield _lacking(
            mapping, crm, object, lacking, at, _offering(known.forms, sync.ma_object, mapping.ma, lacking)
        )


def _free_text(mapping: FieldMapping, crm: Field, object: str, at: Path) -> Finding:
    return Finding(
        kind="stray_values" if not takes_only_options(crm) else "text_into_list",
        level=Level.LIKELY if takes_only_options(crm) else Level.ADVICE,
        who="integration",
        words="“{ma}” takes any text, and {object}.{field} only its options: other texts would be refused"
        if takes_only_options(crm)
        else "“{ma}” takes any text, and the picklist {object}.{field} keeps whatever comes: it collects values that nobody "
        "can choose",
        remedy="Make “{ma}” a list with the same options, or add a value map.",
        places={"ma": mapping.ma, "object": object, "field": crm.name},
        object=object,
        field=crm.name,
        path=at,
        part=("field", object, crm.name),
    )


def _lacking(
    mapping: FieldMapping, crm: Field, object: str, lacking: Mapping[str, str], at: Path, forms: list[str]
) -> Finding:
    return Finding(
        kind="option_missing" if takes_only_options(crm) else "stray_values",
        level=Level.CERTAIN if takes_only_options(crm) else Level.ADVICE,
        who="integration",
        words=(
            "“{ma}” offers what {object}.{field} does not take: {values} (also on the forms {forms})"
            if forms
            else "“{ma}” offers what {object}.{field} does not take: {values}"
        )
        if takes_only_options(crm)
        else "“{ma}” offers what is no option of the picklist {object}.{field}, which keeps whatever comes: {values}",
        remedy="Align the options, or say in “values” what each becomes. Active options there: {allowed}",
        places={
            "ma": mapping.ma,
            "object": object,
            "field": crm.name,
            "values": _some(list(lacking)),
            "forms": _some(forms),
            "allowed": _some(sorted(active(crm))),
        },
        object=object,
        field=crm.name,
        path=at,
        part=("field", object, crm.name),
    )


def _offering(forms: Iterable[Form], object: str, name: str, values: Mapping[str, str]) -> list[str]:
    return [
        form.name
        for form in forms
        if (field := form.field(object, name)) is not None and set(field.options or ()) & set(values)
    ]


def _to_ma(
    sync: Sync, mapping: FieldMapping, ma: Field, crm: Field, object: str, at: Path
) -> Iterator[Finding]:
    lacking = refused(active(crm), mapping, ma, crm, "ma", sync.time_zone)
    if not lacking:
        return
    yield Finding(
        kind="option_missing_in_ma",
        level=Level.CERTAIN,
        who="marketing",
        words="{object}.{field} has options that “{ma}” lacks: {values}",
        remedy="Add them to the property (`awase property create` does), or say in “values” what each becomes.",
        places={"ma": ma.name, "object": object, "field": crm.name, "values": _some(sorted(lacking))},
        object=object,
        field=crm.name,
        path=at,
        part=("field", object, crm.name),
    )


def _some(values: list[str]) -> str:
    shown = ", ".join(values[:_SHOWN])
    return f"{shown} (+{len(values) - _SHOWN})" if len(values) > _SHOWN else shown
