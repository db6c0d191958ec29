"""Who changed what: property histories read back after a run, to find edits that fell between our read and write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from awase.connectors.hubspot.limits import SIZES
from awase.connectors.hubspot.paths import Paths
from awase.connectors.hubspot.read import batch_read_request, batch_tail
from awase.connectors.hubspot.rows import value_of
from awase.connectors.hubspot.schema import MERGED
from awase.connectors.sdk.calls import ask
from awase.connectors.sdk.chunks import chunks
from awase.core.values import DTYPES, Kind, as_text
from awase.errors import VendorBusy
from awase.ports.connector import ReadQuery
from awase.ports.flows import Flow, Lane, Page

_TOGETHER = 8

SHAPE: dict[str, Any] = {
    "_id": pl.String,
    "field": pl.String,
    "value": pl.String,
    "at": DTYPES[Kind.DATETIME],
    "by": pl.String,
}


class _Entry(msgspec.Struct, rename="camel"):
    timestamp: datetime
    value: str | None = None
    source_type: str = ""
    source_id: str = ""
    source_label: str = ""

    @property
    def by(self) -> str:
        return self.source_label or " ".join(part for part in (self.source_type, self.source_id) if part)


class _Record(msgspec.Struct, rename="camel"):
    id: str
    properties_with_history: dict[str, list[_Entry]] = {}


class _Records(msgspec.Struct):
    results: list[_Record]


class _Histories(msgspec.Struct):
    since: datetime
    ours: bool
    answer: _Records


_decoder = msgspec.json.Decoder(_Histories)


def read_history(
    paths: Paths, query: ReadQuery, ids: Sequence[str], since: datetime, *, ours: bool
) -> Flow[Page, None]:
    """Histories of the query's fields, 50 records a call (confirmed).

    HubSpot gives whole histories, so each page carries the cursor along for ``decode_history`` to cut at.
    """
    evidence = [MERGED] if MERGED in query.object.fields else []
    asked: dict[str, object] = {"properties": evidence, "propertiesWithHistory": list(query.fields)}
    moment, flag = since.isoformat(), b"true" if ours else b"false"
    for group in chunks(list(chunks(ids, SIZES.audit)), _TOGETHER):
        answers = yield from ask(
            [batch_read_request(paths, query, chunk, asked, Lane.AUDIT) for chunk in group]
        )
        for given, chunk in zip(answers, group, strict=True):
            answer, tail = batch_tail(given, query, chunk)
            if tail.results:
                raw = b'{"since":"%s","ours":%s,"answer":%s}' % (moment.encode(), flag, answer.body)
                yield Page(query.object.name, raw, len(tail.results))


def decode_history(page: Page, query: ReadQuery, app_id: str) -> pl.DataFrame:
    """One row an edit after the cursor that was not made (or only those made) by ``app_id``."""
    try:
        histories = _decoder.decode(page.raw)
    except msgspec.DecodeError:
        raise VendorBusy(
            "HubSpot answered with a history of {object} that cannot be read",
            remedy="Run the same command again later.",
            object=page.object,
        ) from None
    rows = [
        (record.id, name, _text(entry.value, query.object.fields[name].kind), entry.timestamp, entry.by)
        for record in histories.answer.results
        for name in query.fields
        for entry in record.properties_with_history.get(name, [])
        if entry.timestamp > histories.since
        and (bool(app_id) and entry.source_id == app_id) == histories.ours
    ]
    return pl.DataFrame(rows, schema=SHAPE, orient="row")


def _text(value: str | None, kind: Kind) -> str | None:
    """The value as canonical text; an old value that its property could no longer hold stays as it was."""
    try:
        return as_text(value_of(value, kind))
    except ValueError:
        return value
