"""Pages of records as frames.

Every property arrives as text or null, whatever its type (confirmed). A value that is not what its definition says
stops the read: taking it for empty would clear it on the other side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import polars as pl

from awase.connectors.hubspot.relations import related
from awase.connectors.hubspot.schema import MERGED, OUT_FIELD
from awase.core.values import DTYPES, Kind, Value, as_text, canonical
from awase.errors import SchemaMismatch, VendorBusy
from awase.ports.connector import ReadQuery
from awase.ports.flows import Page

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_DIGITS = 28
"""Digits before the point that a decimal column holds (``DTYPES``)."""

_TRUTHS: Mapping[str | None, bool | None] = {"true": True, "false": False, "": None, None: None}


class _Record(msgspec.Struct, rename="camel"):
    id: str
    properties: dict[str, str | None]
    updated_at: str | None = None
    archived: bool = False

    @property
    def modified(self) -> str | None:
        """The change stamp, by whichever of its three names the answer has it."""
        properties = self.properties
        return self.updated_at or properties.get("lastmodifieddate") or properties.get("hs_lastmodifieddate")


class _Records(msgspec.Struct):
    results: list[_Record]


_decoder = msgspec.json.Decoder(_Records)


def decode(page: Page, query: ReadQuery) -> pl.DataFrame:
    """The page with the reserved columns and exactly the query's fields."""
    records = _records(page)
    texts = [record.properties for record in records]
    # Of archived records the query's fields are not asked for.
    _refuse_removed([record.properties for record in records if not record.archived], query)
    ids = [record.id for record in records]
    key = query.object.key_field
    columns: dict[str, pl.Series] = {
        "_id": pl.Series(ids, dtype=pl.String),
        "_object": pl.Series([query.object.name] * len(ids), dtype=pl.String),
        "_modified": _typed("_modified", Kind.DATETIME, [record.modified for record in records], ids),
        "_deleted": pl.Series([record.archived for record in records], dtype=pl.Boolean),
        "_key": _typed("_key", Kind.TEXT, [row.get(key) if key else None for row in texts], ids),
        "_out": _typed("_out", Kind.BOOLEAN, [row.get(OUT_FIELD) for row in texts], ids),
    }
    columns["_absorbed"] = _absorbed([row.get(MERGED) for row in texts])
    known = related(query.object.name, page.more)
    for name in query.fields:
        if query.object.fields[name].relation:
            of_record = known.get(name, {})
            cells = [_cell(of_record.get(id)) for id in ids]
            columns[name] = pl.Series(name, cells, dtype=DTYPES[query.object.fields[name].kind])
            continue
        columns[name] = _typed(name, query.object.fields[name].kind, [row.get(name) for row in texts], ids)
    return pl.DataFrame(columns)


def _absorbed(texts: list[str | None]) -> pl.Series:
    lists = [[id for id in (text or "").split(";") if id] or None for text in texts]
    return pl.Series("_absorbed", lists, dtype=pl.List(pl.String))


def _cell(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value


def decode_relations(page: Page, query: ReadQuery) -> pl.DataFrame:
    """``_id`` and the query's relations, for the records that the page names line by line."""
    ids = page.raw.decode().split("\n") if page.raw else []
    known = related(query.object.name, page.more)
    columns = {"_id": pl.Series(ids, dtype=pl.String)}
    for name in (name for name in query.fields if query.object.fields[name].relation):
        cells = [_cell(known.get(name, {}).get(id)) for id in ids]
        columns[name] = pl.Series(name, cells, dtype=DTYPES[query.object.fields[name].kind])
    return pl.DataFrame(columns)


def _records(page: Page) -> list[_Record]:
    try:
        return _decoder.decode(page.raw).results
    except msgspec.DecodeError:
        raise VendorBusy(
            "HubSpot answered with a page of {object} that cannot be read",
            remedy="Run the same command again later.",
            object=page.object,
        ) from None


def _refuse_removed(rows: Sequence[Mapping[str, str | None]], query: ReadQuery) -> None:
    """A property asked for comes back null when empty, and not at all when it does not exist (confirmed)."""
    for name in query.fields:
        relation = query.object.fields[name].relation
        if rows and not relation and not any(name in row for row in rows):
            raise SchemaMismatch(
                "HubSpot no longer has the property {field} on {object}",
                remedy="Take the field out of the mapping, or bring the property back.",
                field=name,
                object=query.object.name,
            )


def _typed(name: str, kind: Kind, texts: list[str | None], ids: list[str]) -> pl.Series:
    """Texts as a column of their kind: a whole column at once, value by value only when that loses something."""
    if kind is Kind.TEXT:
        return pl.Series(name, [text or None for text in texts], dtype=pl.String)
    if kind is Kind.BOOLEAN and all(text in _TRUTHS for text in texts):
        return pl.Series(name, [_TRUTHS[text] for text in texts], dtype=pl.Boolean)
    if kind in (Kind.DECIMAL, Kind.DATE, Kind.DATETIME):
        filled = pl.Series(name, [text or None for text in texts], dtype=pl.String)
        column = _whole(filled, kind)
        if column.null_count() == filled.null_count():
            return column
    if kind is Kind.TEXTS:
        return pl.Series(name, [as_text(canonical(text, kind)) for text in texts], dtype=pl.String).str.split(
            ";"
        )
    return _one_by_one(name, kind, texts, ids)


def _whole(filled: pl.Series, kind: Kind) -> pl.Series:
    if kind is Kind.DECIMAL:
        return filled.cast(DTYPES[kind], strict=False)
    if kind is Kind.DATE:
        return filled.str.to_date("%Y-%m-%d", strict=False)
    return filled.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def _one_by_one(name: str, kind: Kind, texts: list[str | None], ids: list[str]) -> pl.Series:
    values: list[Value] = []
    for text, id in zip(texts, ids, strict=True):
        try:
            value = value_of(text, kind)
        except ValueError:
            raise SchemaMismatch(
                "HubSpot's {field} of record {id} does not hold a {kind}",
                remedy="Correct the value in HubSpot, or take the field out of the mapping.",
                field=name,
                id=id,
                kind=kind.value,
            ) from None
        values.append(value)
    return pl.Series(name, values, dtype=DTYPES[kind])


def value_of(text: str | None, kind: Kind) -> Value:
    """One property's text as a canonical value. Dates may also come as milliseconds since 1970 (older answers).

    Raises ValueError for what is no such value, or too large for a column.
    """
    if kind in (Kind.DATE, Kind.DATETIME) and text and text.lstrip("-").isdigit():
        try:
            moment = _EPOCH + timedelta(milliseconds=int(text))
        except OverflowError:
            raise ValueError(f"no moment: {text!r}") from None
        return moment if kind is Kind.DATETIME else moment.date()
    value = canonical(text, kind)
    if isinstance(value, Decimal) and value.adjusted() >= _DIGITS:
        raise ValueError(f"too large: {text!r}")
    return value
