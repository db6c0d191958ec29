"""Pages of query answers as frames of canonical values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
import polars as pl

from awase.connectors.salesforce.consent import OPT_OUT_FIELD
from awase.connectors.salesforce.read import relations, selected
from awase.connectors.salesforce.roles import junction
from awase.core.values import DTYPES, Kind, canonical
from awase.errors import SchemaMismatch
from awase.ports.connector import ReadQuery
from awase.ports.flows import Page

_WIRE_TYPES: Mapping[Kind, Any] = {
    Kind.TEXT: str | None,
    Kind.BOOLEAN: bool | None,
    Kind.INTEGER: int | None,
    Kind.DECIMAL: Decimal | None,
    Kind.DATE: str | None,
    Kind.DATETIME: str | None,
    Kind.TEXTS: str | None,
}
"""What each kind is in JSON; decimals are read digit for digit, never through a float."""

_STAMP_FORMAT = "%Y-%m-%dT%H:%M:%S%.f%z"
"""``2013-05-08T21:20:00.000+0000`` (confirmed)."""

_RESERVED_KINDS: Mapping[str, Kind] = {
    "Id": Kind.TEXT,
    "SystemModstamp": Kind.DATETIME,
    "IsDeleted": Kind.BOOLEAN,
}


def decode(page: Page, reading: ReadQuery) -> pl.DataFrame:
    """The page as a frame: the reserved columns, then the query's fields in their canonical types.

    Raises SchemaMismatch when a field is absent or has another type than described: the schema changed since.
    """
    names = (*selected(reading), *relations(reading))
    kinds = tuple(_kind(reading, name) for name in names)
    others = tuple((name, junction(reading.object.name, name).other) for name in relations(reading))
    try:
        records = _decoder(tuple(zip(names, kinds, strict=True)), others).decode(page.raw).records
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise SchemaMismatch(
            "{name} was answered in another shape than described: {words}",
            where=reading.object.name,
            remedy="Run the command again; the fields are described anew at its start.",
            name=reading.object.name,
            words=str(cause),
        ) from cause
    columns = list(zip(*map(msgspec.structs.astuple, records), strict=True)) or [()] * len(names)
    further = _further(page, dict(others))
    series = {
        name: _related(name, columns[0], cells, further) if name in dict(others) else series_of(cells, kind)
        for name, kind, cells in zip(names, kinds, columns, strict=True)
    }
    return pl.DataFrame(
        [*_reserved(series, reading, len(records)), *(series[name].alias(name) for name in reading.fields)]
    )


def _reserved(series: Mapping[str, pl.Series], reading: ReadQuery, rows: int) -> list[pl.Series]:
    def optional(name: str | None, kind: Kind) -> pl.Series:
        found = series.get(name) if name is not None else None
        return pl.Series([None] * rows, dtype=DTYPES[kind]) if found is None else found

    return [
        series["Id"].alias("_id"),
        pl.Series("_object", [reading.object.name] * rows, dtype=pl.String()),
        series["SystemModstamp"].alias("_modified"),
        series["IsDeleted"].alias("_deleted"),
        optional(reading.object.key_field, Kind.TEXT).alias("_key"),
        optional(OPT_OUT_FIELD, Kind.BOOLEAN).alias("_out"),
        _gone_to(series, reading, rows),
        _barred(series, rows),
    ]


def _gone_to(series: Mapping[str, pl.Series], reading: ReadQuery, rows: int) -> pl.Series:
    """The winner of a merge, the contact that a converted lead became (both confirmed)."""
    nothing = [None] * rows
    winners = series["MasterRecordId"].to_list() if "MasterRecordId" in series else nothing
    contacts = series["ConvertedContactId"].to_list() if "ConvertedContactId" in series else nothing
    converted = series["IsConverted"].to_list() if "IsConverted" in series else nothing
    targets = [
        f"{reading.object.name}:{winner}" if winner else f"Contact:{contact}" if became and contact else None
        for winner, contact, became in zip(winners, contacts, converted, strict=True)
    ]
    return pl.Series("_gone_to", targets, dtype=pl.String())


def _barred(series: Mapping[str, pl.Series], rows: int) -> pl.Series:
    """Person accounts: a person kept as an account, whose contact cannot be written to as a Contact (confirmed)."""
    persons = series["IsPersonAccount"].to_list() if "IsPersonAccount" in series else [None] * rows
    return pl.Series("_barred", ["person_account" if one else None for one in persons], dtype=pl.String())


def _related(
    name: str, ids: Sequence[str], cells: Sequence[Any], further: Mapping[str, set[str]]
) -> pl.Series:
    """Sub-select answers as sorted lists of ids; no rows are null (confirmed: the member is null then)."""
    lists = [
        sorted({row.other for row in cell.records if row.other} | further.get(f"{name}:{id}", set())) or None
        if cell
        else None
        for id, cell in zip(ids, cells, strict=True)
    ]
    return pl.Series(lists, dtype=DTYPES[Kind.TEXTS])


def _further(page: Page, others: Mapping[str, str]) -> dict[str, set[str]]:
    """The ids on the further pages of sub-selects, by ``relation:id of the record``."""
    found: dict[str, set[str]] = {}
    for about, body in page.more:
        rows = msgspec.json.decode(body, type=_relation_type(others[about.partition(":")[0]]))
        found.setdefault(about, set()).update(row.other for row in rows.records if row.other)
    return found


def _kind(reading: ReadQuery, name: str) -> Kind:
    field = reading.object.fields.get(name)
    return field.kind if field is not None else _RESERVED_KINDS[name]


@lru_cache(maxsize=64)
def _decoder(
    columns: tuple[tuple[str, Kind], ...], others: tuple[tuple[str, str], ...]
) -> msgspec.json.Decoder[Any]:
    """A decoder of answers whose records have exactly these fields (others, ``attributes`` among them, are skipped).

    ``others``: of each relation, the field of its rows that names the other record.
    """
    nested = {name: _relation_type(other) for name, other in others}
    members = [
        (f"c{position}", nested.get(name, _WIRE_TYPES[kind])) for position, (name, kind) in enumerate(columns)
    ]
    names = {f"c{position}": name for position, (name, _) in enumerate(columns)}
    record = msgspec.defstruct("Record", members, rename=names, gc=False)
    answer = msgspec.defstruct("Answer", [("records", list[record])])  # type: ignore[valid-type]
    return msgspec.json.Decoder(answer)


def _relation_type(other: str) -> Any:
    row = msgspec.defstruct("Row", [("other", str | None, None)], rename={"other": other})
    rows = msgspec.defstruct("Rows", [("records", list[row])])  # type: ignore[valid-type]
    return rows | None


def series_of(cells: Sequence[Any], kind: Kind) -> pl.Series:
    """Cells as JSON holds them (numbers without floats) as a column of canonical values."""
    return _COLUMN_BUILDERS[kind](cells)


def _text(cells: Sequence[str | None]) -> pl.Series:
    trimmed = pl.Series(cells, dtype=pl.String()).str.strip_chars()
    return trimmed.set(trimmed == "", None)


def _texts(cells: Sequence[str | None]) -> pl.Series:
    return pl.Series([canonical(cell, Kind.TEXTS) for cell in cells], dtype=DTYPES[Kind.TEXTS])


def _plain(kind: Kind) -> Callable[[Sequence[Any]], pl.Series]:
    return lambda cells: pl.Series(cells, dtype=DTYPES[kind])


def _date(cells: Sequence[str | None]) -> pl.Series:
    return pl.Series(cells, dtype=pl.String()).str.to_date("%Y-%m-%d")


def _stamp(cells: Sequence[str | None]) -> pl.Series:
    return pl.Series(cells, dtype=pl.String()).str.to_datetime(_STAMP_FORMAT, time_unit="us", time_zone="UTC")


_COLUMN_BUILDERS: Mapping[Kind, Callable[[Sequence[Any]], pl.Series]] = {
    Kind.TEXT: _text,
    Kind.BOOLEAN: _plain(Kind.BOOLEAN),
    Kind.INTEGER: _plain(Kind.INTEGER),
    Kind.DECIMAL: _plain(Kind.DECIMAL),
    Kind.DATE: _date,
    Kind.DATETIME: _stamp,
    Kind.TEXTS: _texts,
}
