"""What formulas read of the records that a record's references name (``Account.Type``), as columns beside the record's own.

A record is judged by the parent that it would have after the write. Where its reference would be empty, all of the
parent's fields are; where it names a record that was not read, nothing is known of them for this record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from awase.core.checks.record_types import ID_LENGTH
from awase.core.checks.target import Target
from awase.core.schema import Field, ObjectSchema, ParentField
from awase.core.values import DTYPES, Kind
from awase_formula import PRIOR


def hidden(path: str) -> str:
    """The Boolean column of a frame of parents that says: what the path leads through is there, and may not be seen."""
    return f"hidden:{path}"


@dataclass(frozen=True, slots=True)
class ParentsAsked:
    """Records of one object that others refer to, and what is to be read of each.

    What is read of them is a frame: ``_id`` String · the path of each field, in the field's type · ``hidden:<path>``
    Boolean of those that lead through further references. Records that are not there, or may not be seen, are absent.
    """

    object: str
    fields: tuple[ParentField, ...]
    """Each path once."""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """A row for each record that is judged, a column for each path that a formula reads (``prior:`` beside it)."""

    values: pl.DataFrame
    known: pl.DataFrame
    """Boolean, of the same columns; where it is false the value says nothing."""


def asked(objects: Sequence[tuple[pl.DataFrame, Target, Collection[str]]]) -> list[ParentsAsked]:
    """The parents to be read before these outgoing records can be judged, by object, each id once.

    ``objects``: records of one object each (with ``_target`` String, the id of one that is there already), and what
    formulas read of them as they were stored, folded. A parent to which the same plan gives another value of what is
    read is not asked for: nobody knows which of the two is written first.
    """
    fields: dict[str, dict[str, ParentField]] = {}
    ids: dict[str, set[str]] = {}
    for frame, target, priors in objects:
        for name, parent in reachable(target.object):
            fields.setdefault(parent.object, {}).setdefault(parent.path, parent)
            for way in _ways(parent, target, prior=name.casefold() in priors):
                named = frame.select(way.id.alias("id")).to_series().unique()
                ids.setdefault(parent.object, set()).update(named.filter(_asks(named, parent, target.object)))
    found = []
    for object, paths in sorted(fields.items()):
        moving = _moving(paths.values(), [one for one in objects if one[1].object.name == object])
        there = sorted(id for id in ids[object] if id[:ID_LENGTH] not in moving)
        if there:
            found.append(ParentsAsked(object, tuple(paths.values()), tuple(there)))
    return found


def _asks(ids: pl.Series, parent: ParentField, object: ObjectSchema) -> pl.Series:
    """Which of these can be ids of the parent's object at all: a query for others might be refused as a whole."""
    pattern = object.fields[parent.reference].id_pattern
    fits = ids.is_not_null() & ids.str.starts_with(parent.prefix)
    return (fits & ids.str.contains(pattern)) if pattern else fits


def _moving(
    fields: Iterable[ParentField], objects: Sequence[tuple[pl.DataFrame, Target, Collection[str]]]
) -> set[str]:
    """The records of one object to which a new value is given in which the way to any of ``fields`` begins."""
    names = {one.through[0] if one.through else one.path for one in fields}
    found: set[str] = set()
    for frame, target, _ in objects:
        for out in (target.columns[name] for name in names if name in target.columns):
            moves = out.sent & out.value.ne_missing(out.stored) & ~out.creating
            found.update(frame.filter(moves)["_target"].drop_nulls().str.head(ID_LENGTH).to_list())
    return found


def reachable(object: ObjectSchema) -> Iterator[tuple[str, ParentField]]:
    """What rules read of other records, where the object has the reference and no save moves it by itself."""
    for name, parent in object.parents.items():
        reference = object.fields.get(parent.reference)
        if reference is not None and not reference.derived:
            yield name, parent


def joined(
    frame: pl.DataFrame, target: Target, fields: Collection[str], priors: Collection[str]
) -> Joined | None:
    """What is known of the parents of each row of ``frame``, as far as ``fields`` and ``priors`` (folded) name them;
    None where they name none that are to be had."""
    values: list[pl.Series] = []
    known: list[pl.Series] = []
    for name, parent in reachable(target.object):
        wanted = [PRIOR] * (name.casefold() in priors) + [""] * (name.casefold() in fields)
        for way in _ways(parent, target, prior=PRIOR in wanted):
            if way.begins in wanted:
                value, is_known = _of_parents(frame, way, parent, target)
                values.append(value.alias(f"{way.begins}{name}"))
                known.append(is_known.alias(f"{way.begins}{name}"))
    return Joined(pl.DataFrame(values), pl.DataFrame(known)) if values else None


@dataclass(frozen=True, slots=True)
class _Way:
    """To one parent of each row."""

    begins: str
    """How names of the parent's fields begin in the frame that formulas see."""
    id: pl.Expr
    """What the reference holds."""
    empty: pl.Expr
    """Boolean: a reference without an id is known to be empty."""


def _ways(parent: ParentField, target: Target, *, prior: bool) -> Iterator[_Way]:
    """To the parent that a record has after the write, and to the one that it has had."""
    field, out = target.object.fields[parent.reference], target.columns.get(parent.reference)
    stays_empty = pl.lit(value=left_empty(field))
    if out is None:
        # Of a create it is not given; of a stored record nothing is known.
        yield _Way("", pl.lit(None, dtype=DTYPES[Kind.TEXT]), pl.col("_create") & stays_empty)
        return
    yield _Way("", out.after, ~pl.col("_create") | stays_empty)
    if prior:
        yield _Way(PRIOR, out.stored, pl.lit(value=True))


def left_empty(field: Field) -> bool:
    """Whether a new record has nothing there, unless it is given."""
    return not (field.by_default or field.computed or field.derived or field.relation or field.sorts)


def _of_parents(
    frame: pl.DataFrame, way: _Way, parent: ParentField, target: Target
) -> tuple[pl.Series, pl.Series]:
    """The field of each row's parent, and Boolean: whether that is known."""
    table = target.parents.get(parent.object)
    here = frame.select(
        way.id.str.head(ID_LENGTH).alias("_id"), (way.id.is_null() & way.empty).alias("empty")
    )
    if table is None or parent.path not in table.columns:
        found = here.with_columns(pl.lit(None, dtype=DTYPES[parent.field.kind]).alias("value"), there=False)
    else:
        shown = ~pl.col(hidden(parent.path)) if hidden(parent.path) in table.columns else pl.lit(value=True)
        read = table.select(
            pl.col("_id").str.head(ID_LENGTH), pl.col(parent.path).alias("value"), shown.alias("there")
        )
        found = here.join(read, on="_id", how="left", maintain_order="left")
    another = pl.lit(value=False)
    if parent.of_several and parent.prefix:
        another = pl.col("_id").is_not_null() & ~pl.col("_id").str.starts_with(parent.prefix)
    told = found.select("value", known=pl.col("empty") | another | pl.col("there").fill_null(value=False))
    return told["value"], told["known"].fill_null(value=False)
