"""Running every family over the frame of outgoing records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from awase.core.checks import identifiers, numbers, picklists, places, required, rules, text
from awase.core.checks.check import Certainty, Check, Outgoing
from awase.core.mapping import BoundField, BoundSync, column
from awase.core.operations import Side
from awase.core.schema import Field
from awase.core.values import as_text

FAMILIES = (required.checks, picklists.checks, text.checks, numbers.checks, identifiers.checks)
"""What one field says about itself; ``places`` looks at several."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule of one outgoing record."""

    link: int
    error_type: str
    certainty: Certainty
    field: str
    value: str | None
    detail: Mapping[str, str]
    message: str = ""
    """The rule in the words of the target's administrator, where it has any."""


def sends(name: str) -> str:
    """The Boolean column that says a mapped field is part of the write."""
    return f"sends:{name}"


def value_column(name: str) -> str:
    """The column that holds what would be written."""
    return f"set:{name}"


def findings(outgoing: pl.DataFrame, sync: BoundSync, side: Side, object: str) -> list[Finding]:
    """Every broken rule of ``outgoing``: records of one object on one side, with the columns

    ``_link`` Int64 · ``_create`` Boolean · for each field x of the object ``set:x``, ``source:x``, ``sends:x``,
    ``before:x``.
    """
    if outgoing.is_empty():
        return []
    found = list(_by_rule(outgoing, sync, side, object))
    planned = list(_checks(sync, side, object))
    flags = (
        outgoing.select(
            pl.col("_link"), *[check.fails.alias(str(i)) for i, (_, _, check) in enumerate(planned)]
        ).filter(pl.any_horizontal(pl.all().exclude("_link")))
        if planned
        else outgoing.clear()
    )
    if flags.is_empty():
        return found
    values = {
        row["_link"]: row for row in outgoing.join(flags.select("_link"), on="_link", how="semi").to_dicts()
    }
    for row in flags.to_dicts():
        for i, (field, name, check) in enumerate(planned):
            if row[str(i)]:
                blamed = f"source:{name}" if check.blames_source else value_column(name)
                value = values[row["_link"]].get(blamed) if name else None
                shown = as_text(tuple(value) if isinstance(value, list) else value)
                found.append(
                    Finding(row["_link"], check.error_type, check.certainty, field.name, shown, check.detail)
                )
    return found


def _by_rule(outgoing: pl.DataFrame, sync: BoundSync, side: Side, object: str) -> Iterator[Finding]:
    """What breaks the rules that the target keeps as formulas, with the administrator's own words."""
    mapped = _mapped(sync, side, object)
    columns = {field.name: _columns(bound, side) for field, bound in mapped.items()}
    for one in rules.broken(outgoing, sync.object(side, object), columns, sync.sync.time_zone):
        detail = {"rule": one.rule.name}
        shown = columns[one.rule.field].after if one.rule.field in columns else pl.lit(None)
        for link, value in outgoing.filter(one.rows).select("_link", shown.alias("value")).iter_rows():
            text = as_text(tuple(value) if isinstance(value, list) else value)
            yield Finding(
                link, rules.ERROR_TYPE, Certainty.CERTAIN, one.rule.field, text, detail, one.rule.message
            )


def _mapped(sync: BoundSync, side: Side, object: str) -> dict[Field, BoundField]:
    return {field: b for b in sync.fields if (field := b.on(side, object)) is not None}


def _checks(sync: BoundSync, side: Side, object: str) -> Iterator[tuple[Field, str, Check]]:
    fields = sync.object(side, object).fields
    mapped = _mapped(sync, side, object)
    beside = {field.name: _columns(bound, side) for field, bound in mapped.items()}
    for field, bound in mapped.items():
        name, out = bound.name, beside[field.name]
        for family in FAMILIES:
            for check in family(field, out):
                yield field, name, check
        for check in places.checks(field, out, beside, fields):
            yield field, name, check
    # A required field that nobody maps fails every create; what an older record holds there is not known.
    for field in fields.values():
        if field.required and field not in mapped:
            yield field, "", required.unmapped(pl.col("_create"))


def _columns(bound: BoundField, side: Side) -> Outgoing:
    name = bound.name
    return Outgoing(
        value=pl.col(value_column(name)),
        source=pl.col(f"source:{name}"),
        sent=pl.col(sends(name)),
        stored=pl.col(f"before:{name}"),
        creating=pl.col("_create"),
        side=side,
        origins=_origins(bound, side),
    )


def _origins(bound: BoundField, side: Side) -> tuple[Field, ...]:
    """The fields whose values may go to ``side``."""
    if not bound.mapping.direction.may_write(side):
        return ()
    return tuple(bound.crm.values()) if side == "ma" else (bound.ma,)


def source_column(side: Side, name: str) -> str:
    """The column of the side the values come from."""
    return column("crm" if side == "ma" else "ma", name)
