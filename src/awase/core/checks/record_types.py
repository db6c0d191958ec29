"""Record types: one that does not exist, is not active, or may not be given; and options that a record's type lacks."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from awase.core.checks.check import Check, Outgoing
from awase.core.checks.target import Target
from awase.core.schema import Field
from awase.core.values import Kind

ID_LENGTH = 15
"""Characters by which ids are told apart; three more only guard against folding of case."""
_SHOWN = 40


def checks(field: Field, out: Outgoing, target: Target) -> Iterator[Check]:
    if field.sorts:
        yield from _usable(out, target)
    elif field.restricted and field.options is not None:
        yield from _choices(field, out, target)


def _usable(out: Outgoing, target: Target) -> Iterator[Check]:
    types = target.object.record_types
    if types is None:
        return
    usable = [sort.id[:ID_LENGTH] for sort in types if sort.available]
    unknown = out.value.is_not_null() & ~out.value.str.head(ID_LENGTH).is_in(usable)
    names = "; ".join(sort.label for sort in types if sort.available)
    yield Check("record_type", out.sent & unknown.fill_null(value=False), detail={"allowed": names})


def _choices(field: Field, out: Outgoing, target: Target) -> Iterator[Check]:
    """An option that the list has, and the record's type has not. Others are refused whatever the type."""
    known = _type_of(target)
    listed = [option.value for option in field.options or () if option.active]
    for id, choices in target.object.choices.items():
        if field.name not in choices:
            continue
        others = [value for value in listed if value not in choices[field.name]]
        has = out.value.list.eval(pl.element().is_in(others)).list.any() if field.kind is Kind.TEXTS else None
        stray = has if has is not None else out.value.is_in(others)
        of_type = known.str.head(ID_LENGTH) == id[:ID_LENGTH]
        yield Check(
            "picklist_record_type",
            out.sent & of_type.fill_null(value=False) & stray.fill_null(value=False),
            detail={"allowed": "; ".join(choices[field.name][:_SHOWN])},
        )


def _type_of(target: Target) -> pl.Expr:
    """The id of the type that each record has after the write; null where that is not known."""
    name = next((field.name for field in target.object.fields.values() if field.sorts), None)
    default = next((sort.id for sort in target.object.record_types or () if sort.default), None)
    fallback = pl.when(pl.col("_create")).then(pl.lit(default, dtype=pl.String))
    if name is None or name not in target.columns:
        return fallback
    return pl.coalesce(target.columns[name].after, fallback)
