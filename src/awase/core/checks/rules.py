"""Rules that the vendor keeps as formulas: where one surely holds for the record after the write, it is refused.

A formula sees the whole record. What a create leaves out is empty, unless the vendor fills it in; what an update leaves
out is known where it is mapped. Wherever something is not known, the formula says so, and nothing is foreseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

import awase_formula as formulas
from awase.core.checks.check import Outgoing
from awase.core.checks.target import Target
from awase.core.schema import Field, ObjectSchema, Rule
from awase.core.values import DTYPES, Kind

ERROR_TYPE = "validation_rule"
_PRIOR = "prior:"
_NEW = ":new"
_KINDS: Mapping[Kind, formulas.Kind] = {
    Kind.TEXT: formulas.Kind.TEXT,
    Kind.INTEGER: formulas.Kind.NUMBER,
    Kind.DECIMAL: formulas.Kind.NUMBER,
    Kind.BOOLEAN: formulas.Kind.BOOLEAN,
    Kind.DATE: formulas.Kind.DATE,
    Kind.DATETIME: formulas.Kind.DATETIME,
    Kind.TEXTS: formulas.Kind.MULTIPICKLIST,
}


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule, and the rows of the frame that break it."""

    rule: Rule
    rows: pl.Series
    """Boolean, one a row."""


def broken(frame: pl.DataFrame, target: Target) -> Iterator[Broken]:
    """The rules of the target that records of ``frame`` surely break."""
    object = target.object
    compiled = [(rule, ready) for rule in object.rules if (ready := _compiled(rule, object)) is not None]
    if not compiled or frame.is_empty():
        return
    seen = _record(frame, object, target.columns)
    context = formulas.Context(zone=ZoneInfo(target.zone))
    judged = formulas.verdicts([ready for _, ready in compiled], seen, context)
    for (rule, _), verdict in zip(compiled, judged, strict=True):
        if verdict.fires.any():
            yield Broken(rule, verdict.fires)


def not_foreseen(object: ObjectSchema) -> dict[str, str]:
    """Rules that cannot be judged at all, by name, with the reason."""
    reasons = {}
    for rule in object.rules:
        try:
            if not rule.formula:
                reasons[rule.name] = "the vendor does not show its formula"
            else:
                formulas.compile(formulas.parse(rule.formula), _schema(object))
        except formulas.FormulaError as error:
            reasons[rule.name] = str(error)
    return reasons


def _compiled(rule: Rule, object: ObjectSchema) -> formulas.Compiled | None:
    if not rule.formula:
        return None
    try:
        return formulas.compile(formulas.parse(rule.formula), _schema(object))
    except formulas.FormulaError:
        return None


def _schema(object: ObjectSchema) -> formulas.Schema:
    return formulas.Schema({name: _formula_field(field) for name, field in object.fields.items()})


def _formula_field(field: Field) -> formulas.Field:
    kind = _KINDS[field.kind]
    if field.kind is Kind.TEXT and field.options is not None and not field.place:
        kind = formulas.Kind.PICKLIST
    elif field.references or field.id_pattern:
        kind = formulas.Kind.ID
    return formulas.Field(kind, scale=field.scale, percent=field.percent)


def _record(frame: pl.DataFrame, object: ObjectSchema, columns: Mapping[str, Outgoing]) -> pl.DataFrame:
    """Each record as the vendor would see it: a column a field, ``prior:`` beside it, and whether it is new."""
    seen = [pl.col("_create").alias(_NEW)]
    creating = bool(frame["_create"].all())
    for name, out in columns.items():
        if creating and object.fields[name].by_default and frame.select(out.after.is_null().any()).item():
            continue  # the vendor fills it in
        seen.append(_plain(out.after, object.fields[name]).alias(name))
        seen.append(_plain(out.stored, object.fields[name]).alias(f"{_PRIOR}{name}"))
    if creating:
        for name, field in object.fields.items():
            if name not in columns and not field.by_default and not field.computed and not field.relation:
                seen.append(
                    pl.lit(
                        None, dtype=DTYPES[Kind.TEXT] if field.kind is Kind.TEXTS else DTYPES[field.kind]
                    ).alias(name)
                )
    return frame.select(seen)


def _plain(values: pl.Expr, field: Field) -> pl.Expr:
    """A multi-select is one text to a formula."""
    return values.list.join(";") if field.kind is Kind.TEXTS else values
