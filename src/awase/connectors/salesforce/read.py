"""Reading records by SOQL: all of them, the changed ones, or named ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.consent import OPT_OUT_FIELD
from awase.connectors.salesforce.limits import IDS_A_CALL, KEYS_A_CALL, URI_ROOM
from awase.connectors.salesforce.pages import follow
from awase.connectors.salesforce.rest import query, query_path
from awase.connectors.sdk.calls import ask, ask_one
from awase.connectors.sdk.chunks import chunks, chunks_within
from awase.connectors.sdk.stamps import cursor_from
from awase.core.schema import ObjectSchema
from awase.errors import SchemaMismatch
from awase.ports.connector import ReadQuery
from awase.ports.flows import Flow, Lane, Page, Response

_ASKED_TOGETHER = 4
"""Named-record queries asked for at once: enough to hide the way there and back, few enough to keep memory flat."""


def selected(reading: ReadQuery) -> tuple[str, ...]:
    """The fields a query asks for: what every frame carries, then the query's own, each once."""
    always = ["Id", "SystemModstamp", "IsDeleted"]
    if reading.object.key_field is not None:
        always.append(reading.object.key_field)
    if OPT_OUT_FIELD in reading.object.fields:
        always.append(OPT_OUT_FIELD)
    return tuple(dict.fromkeys([*always, *reading.fields]))


def read_snapshot(api_version: str, reading: ReadQuery) -> Flow[Page, str]:
    """All records, in the order of their ids; ends with the vendor's time of the first answer."""
    return (yield from _read(api_version, reading, [], ["Id"]))


def read_changes(api_version: str, reading: ReadQuery, since: str, overlap: timedelta) -> Flow[Page, str]:
    """Records whose SystemModstamp is at or after the cursor less the overlap; ends with the next cursor.

    SystemModstamp and not LastModifiedDate: only it moves when the system itself writes, and it is indexed
    (confirmed, the index from memory). The cursor never goes back.
    """
    start = datetime.fromisoformat(since)
    changed = soql.at_least("SystemModstamp", start - overlap)
    cursor = yield from _read(api_version, reading, [changed], ["SystemModstamp", "Id"])
    return cursor if datetime.fromisoformat(cursor) > start else since


def read_by_id(api_version: str, reading: ReadQuery, ids: Sequence[str]) -> Flow[Page, None]:
    """These records, converted leads included; missing ones are absent."""
    yield from _read_named(api_version, reading, "Id", ids, IDS_A_CALL)


def read_by_key(api_version: str, reading: ReadQuery, keys: Sequence[str]) -> Flow[Page, None]:
    """Records whose key field holds one of ``keys``, converted leads included: a create must not be done again."""
    key_field = reading.object.key_field
    if key_field is None:
        raise SchemaMismatch(
            "{name} has no unique external id to read by",
            where=reading.object.name,
            remedy="Ask the administrator for the key field described in the set-up guide.",
            name=reading.object.name,
        )
    yield from _read_named(api_version, reading, key_field, keys, KEYS_A_CALL)


def _read(api_version: str, reading: ReadQuery, where: list[str], order: Sequence[str]) -> Flow[Page, str]:
    conditions = [*where, *_living(reading.object)]
    path = query_path(api_version, soql.select(selected(reading), reading.object.name, conditions, order))
    _check_length(path, reading)
    answer = yield from ask_one(query(path, Lane.READ))
    first: Response = yield from follow(answer, reading.object.name, Lane.READ)
    return cursor_from(first, "Salesforce")


def _read_named(
    api_version: str, reading: ReadQuery, field: str, values: Sequence[str], at_once: int
) -> Flow[Page, None]:
    def path(some: Sequence[str]) -> str:
        return query_path(
            api_version, soql.select(selected(reading), reading.object.name, [soql.one_of(field, some)])
        )

    room = URI_ROOM - len(path([]))
    _check_length(path([]), reading)
    paths = [
        path(some) for some in chunks_within(list(dict.fromkeys(values)), at_once, _encoded_length, room)
    ]
    for group in chunks(paths, _ASKED_TOGETHER):
        answers = yield from ask([query(each, Lane.READ) for each in group])
        for answer in answers:
            yield from follow(answer, reading.object.name, Lane.READ)


def _encoded_length(value: str) -> int:
    return len(quote(soql.text(value) + ",", safe=""))


def _living(object: ObjectSchema) -> list[str]:
    """Converted leads stay readable but are no longer leads to anybody (confirmed)."""
    return ["IsConverted = false"] if object.name == "Lead" and "IsConverted" in object.fields else []


def _check_length(path: str, reading: ReadQuery) -> None:
    """Raises SchemaMismatch when the fields alone are too many for one query's address."""
    if len(path) > URI_ROOM:
        raise SchemaMismatch(
            "{count} fields of {name} make a query longer than Salesforce takes",
            where=reading.object.name,
            remedy="Map fewer fields, or split the sync in two.",
            count=len(reading.fields),
            name=reading.object.name,
        )
