"""Rows of a spreadsheet as records that would be created: which of them the CRM would refuse, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Context, Decimal
from zoneinfo import ZoneInfo

import polars as pl

import awase_formula as formulas
from awase.core.checks import Finding, Target, asked_of_parents, findings
from awase.core.checks.check import Certainty, Outgoing
from awase.core.checks.parents import ParentsAsked, reachable
from awase.core.conversion import normalised
from awase.core.doctor.headings import Headings
from awase.core.schema import Field, ObjectSchema
from awase.core.values import DTYPES, Kind, Value

ReadCell = Callable[[str, Field, ZoneInfo], Value]
"""A cell's text as a value of the field, a time of day meant in the zone. Raises ValueError."""
UNREADABLE = "wrong_type"
NO_SUCH_ID = "invalid_id"
_DECIMAL_PLACES = Decimal("0.0000000001")
"""What a decimal column keeps."""
_EXACT = Context(prec=64)


@dataclass(frozen=True, slots=True)
class Moment:
    """When the rows would be created, and the zone in which times of day are meant."""

    now: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings name a row by its place from 0 (``link``)."""

    rows: int
    updates: frozenset[int]
    """Rows that name a record by its id: nothing is said of them."""
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> frozenset[int]:
        return self._rows(Certainty.CERTAIN)

    @property
    def doubtful(self) -> frozenset[int]:
        """Rows that are perhaps refused, and not surely."""
        return self._rows(Certainty.LIKELY) - self.refused

    def _rows(self, certainty: Certainty) -> frozenset[int]:
        return frozenset(one.link for one in self.findings if one.certainty is certainty)


def judge(
    cells: pl.DataFrame,
    headings: Headings,
    object: ObjectSchema,
    moment: Moment,
    read: ReadCell,
    parents: Mapping[str, pl.DataFrame] | None = None,
) -> Judged:
    """``cells``: a row a record, String columns named by their place (``"0"``, ``"1"`` …); an empty cell is empty.
    ``parents``: what ``parents_of`` asks for, by object."""
    rows = _rows(cells, headings, _judgeable(object), moment, read)
    written = [
        Finding(
            row,
            UNREADABLE,
            Certainty.CERTAIN,
            name,
            text,
            {"kind": rows.target.object.fields[name].kind.value},
        )
        for name, texts in rows.unreadable.items()
        for row, text in texts
    ]
    target = replace(rows.target, parents=parents or {})
    judged = findings(rows.outgoing, target, {one.link for one in written})
    if spoilt := {(one.link, one.field) for one in written}:
        reads = _read_by_rules(object)
        judged = [one for one in judged if not _spoilt(one, spoilt, reads)]
    return Judged(len(cells), rows.updates, (*written, *judged))


def parents_of(
    cells: pl.DataFrame, headings: Headings, object: ObjectSchema, moment: Moment, read: ReadCell
) -> list[ParentsAsked]:
    """The records that the rows refer to, as far as rules look at them."""
    if not object.parents:
        return []
    rows = _rows(cells, headings, _judgeable(object), moment, read)
    return asked_of_parents([(rows.outgoing, rows.target)])


@dataclass(frozen=True, slots=True)
class _Rows:
    """Those that are no updates, as preflight takes them."""

    outgoing: pl.DataFrame
    target: Target
    unreadable: Mapping[str, list[tuple[int, str]]]
    """By field, the rows whose cell is none of its values, and what stands there."""
    updates: frozenset[int]


def _rows(
    cells: pl.DataFrame, headings: Headings, object: ObjectSchema, moment: Moment, read: ReadCell
) -> _Rows:
    rows = cells.with_row_index("_row").with_columns(pl.col("_row").cast(pl.Int64))
    updates: frozenset[int] = frozenset()
    if headings.record_id is not None:
        named = pl.col(str(headings.record_id)).str.strip_chars().fill_null("") != ""
        updates = frozenset(rows.filter(named)["_row"])
        rows = rows.filter(~named)
    columns = [rows["_row"].alias("_link"), _all(value=True, count=len(rows)).alias("_create")]
    unreadable: dict[str, list[tuple[int, str]]] = {}
    for name, place in headings.fields.items():
        texts = rows[str(place)]
        values, bad = _column(texts, object.fields[name], ZoneInfo(moment.zone), read)
        columns.append(values.alias(name))
        unreadable[name] = rows.filter(bad).select("_row", str(place)).rows()
    outgoing = pl.DataFrame(columns).with_columns(
        pl.lit(None, dtype=pl.String).alias("_target"),
        *(normalised(pl.col(name), object.fields[name]).alias(name) for name in headings.fields),
    )
    given = {name: _given(object.fields[name]) for name in headings.fields}
    return _Rows(outgoing, Target(object, given, moment.zone, moment.now), unreadable, updates)


def _judgeable(object: ObjectSchema) -> ObjectSchema:
    """A list whose options nobody told us refuses nothing that we could name; and what stands in a cell of a reference
    was meant as an id, so that it is a wrong one rather than none."""
    fields = {
        name: replace(
            field,
            restricted=field.restricted and bool(field.options),
            id_trouble=NO_SUCH_ID if field.id_trouble else "",
        )
        for name, field in object.fields.items()
    }
    return replace(object, fields=fields)


def _given(field: Field) -> Outgoing:
    value = pl.col(field.name)
    return Outgoing(
        value=value,
        source=value,
        sent=value.is_not_null(),
        stored=pl.lit(None, dtype=DTYPES[field.kind]),
        creating=pl.col("_create"),
        side="crm",
    )


def _column(texts: pl.Series, field: Field, zone: ZoneInfo, read: ReadCell) -> tuple[pl.Series, pl.Series]:
    """The values, and Boolean: which texts are none of the field's. Each text is read once."""
    if field.kind is Kind.TEXT:
        return texts, _all(value=False, count=len(texts))
    known: list[str] = []
    values: list[Value] = []
    bad: list[str] = []
    for text in texts.unique().drop_nulls():
        try:
            value = read(text, field, zone)
        except ValueError:
            bad.append(text)
        else:
            known.append(text)
            values.append(
                value.quantize(_DECIMAL_PLACES, context=_EXACT) if isinstance(value, Decimal) else value
            )
    table = pl.DataFrame({"text": pl.Series(known, dtype=pl.String), "value": _series(values, field.kind)})
    found = texts.to_frame("text").join(table, on="text", how="left", maintain_order="left")["value"]
    return found, texts.is_in(bad).fill_null(value=False)


def _all(*, value: bool, count: int) -> pl.Series:
    return pl.Series([value], dtype=pl.Boolean).new_from_index(0, count)


def _series(values: list[Value], kind: Kind) -> pl.Series:
    shaped = [list(value) if isinstance(value, tuple) else value for value in values]
    return pl.Series(shaped, dtype=DTYPES[kind])


def _spoilt(finding: Finding, spoilt: Set[tuple[int, str]], reads: Mapping[str, Set[str]]) -> bool:
    """It follows only from a cell that could not be read, which is told by itself."""
    looked_at = reads.get(finding.detail["rule"], ()) if "rule" in finding.detail else (finding.field,)
    return any((finding.link, name) in spoilt for name in looked_at)


def seen_in_part(
    object: ObjectSchema, cells: pl.DataFrame, headings: Headings
) -> Mapping[str, tuple[str, ...]]:
    """Rules that look at what the CRM fills in itself where a row does not, with those fields: not foreseen then."""
    filled_in = {
        field.name
        for field in object.fields.values()
        if field.by_default
        and field.default is None
        and (field.name not in headings.fields or _has_gaps(cells[str(headings.fields[field.name])]))
    }
    found = {rule: tuple(sorted(filled_in & fields)) for rule, fields in _read_by_rules(object).items()}
    return {rule: fields for rule, fields in found.items() if fields}


def _read_by_rules(object: ObjectSchema) -> dict[str, Set[str]]:
    """Rule → the object's fields that it looks at, or through which it looks at other records; none of a rule that cannot
    be read."""
    names = {name.casefold(): name for name in object.fields}
    names |= {path.casefold(): parent.reference for path, parent in reachable(object)}
    found: dict[str, Set[str]] = {}
    for rule in object.rules:
        try:
            read = formulas.check(formulas.parse(rule.formula), formulas.Schema({})).fields
        except formulas.FormulaError:
            read = ()
        found[rule.name] = {names[one.casefold()] for one in read if one.casefold() in names}
    return found


def _has_gaps(texts: pl.Series) -> bool:
    return bool((texts.is_null() | (texts.str.strip_chars() == "")).any())
