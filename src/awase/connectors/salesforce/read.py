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
from awase.connectors.salesforce.roles import changed_parents, junction, sub_select
from awase.connectors.salesforce.searching import conditions
from awase.connectors.sdk.calls import ask, ask_one
from awase.connectors.sdk.chunks import chunks, chunks_within
from awase.connectors.sdk.stamps import cursor_from
from awase.core.importing import Search
from awase.core.schema import ObjectSchema
from awase.errors import BadInput, SchemaMismatch
from awase.ports.connector import ReadQuery
from awase.ports.flows import Flow, Lane, Page, Response

ASKED_TOGETHER = 4
"""Named-record queries asked for at once: enough to hide the way there and back, few enough to keep memory flat."""


EVIDENCE = ("MasterRecordId", "IsConverted", "ConvertedContactId", "IsPersonAccount")
"""Fields that tell what became of a record, or what sort it is, on the objects that have them (confirmed)."""


def selected(reading: ReadQuery) -> tuple[str, ...]:
    """The fields a query asks for: what every frame carries, then the query's own, each once; no relations."""
    fields = reading.object.fields
    always = ["Id", "SystemModstamp", "IsDeleted"]
    if reading.object.key_field is not None:
        always.append(reading.object.key_field)
    if OPT_OUT_FIELD in fields:
        always.append(OPT_OUT_FIELD)
    always += [name for name in EVIDENCE if name in fields]
    own = (name for name in reading.fields if not fields[name].relation)
    return tuple(dict.fromkeys([*always, *own]))


def relations(reading: ReadQuery) -> tuple[str, ...]:
    """Those of the query's fields that are rows of their own."""
    return tuple(name for name in reading.fields if reading.object.fields[name].relation)


def _statement(reading: ReadQuery, where: Sequence[str], order: Sequence[str] = ()) -> str:
    nested = [sub_select(reading.object.name, name) for name in relations(reading)]
    return soql.select(selected(reading), reading.object.name, where, order, nested)


def read_snapshot(api_version: str, reading: ReadQuery) -> Flow[Page, str]:
    """All records, in the order of their ids; ends with the vendor's time of the first answer."""
    return (yield from _read(api_version, reading, _living(reading.object), ["Id"]))


def read_matching(api_version: str, reading: ReadQuery, search: Search) -> Flow[Page, None]:
    """All living records that meet the search, in the order of their ids."""
    where = [*conditions(search), *_living(reading.object)]
    if len(query_path(api_version, _statement(reading, where, ["Id"]))) > URI_ROOM:
        raise BadInput(
            "the filter makes a query of {object} longer than Salesforce takes",
            where="--where",
            remedy="Give fewer or shorter values, and import in several steps.",
            object=reading.object.name,
        )
    yield from _read(api_version, reading, where, ["Id"])


def read_changes(api_version: str, reading: ReadQuery, since: str, overlap: timedelta) -> Flow[Page, str]:
    """Records whose SystemModstamp is at or after the cursor less the overlap; ends with the next cursor.

    SystemModstamp and not LastModifiedDate: only it moves when the system itself writes, and it is indexed
    (confirmed, the index from memory). The cursor never goes back. Deleted, merged and converted records are among
    them while they are in the recycle bin; then those of which only a relation changed.
    """
    start = datetime.fromisoformat(since)
    changed = soql.at_least("SystemModstamp", start - overlap)
    cursor = yield from _read(api_version, reading, [changed], ["SystemModstamp", "Id"], deleted_too=True)
    for name in relations(reading):
        joined = junction(reading.object.name, name)
        parents = yield from changed_parents(api_version, joined, changed)
        yield from read_by_id(api_version, reading, parents)
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


def _read(
    api_version: str,
    reading: ReadQuery,
    where: Sequence[str],
    order: Sequence[str],
    *,
    deleted_too: bool = False,
) -> Flow[Page, str]:
    path = query_path(api_version, _statement(reading, where, order), deleted_too=deleted_too)
    _check_length(path, reading)
    answer = yield from ask_one(query(path, Lane.READ))
    first: Response = yield from follow(answer, reading.object.name, Lane.READ, relations(reading))
    return cursor_from(first, "Salesforce")


def _read_named(
    api_version: str, reading: ReadQuery, field: str, values: Sequence[str], at_once: int
) -> Flow[Page, None]:
    def path(some: Sequence[str]) -> str:
        return query_path(api_version, _statement(reading, [soql.one_of(field, some)]))

    room = URI_ROOM - len(path([]))
    _check_length(path([]), reading)
    paths = [path(some) for some in chunks_within(list(dict.fromkeys(values)), at_once, encoded_length, room)]
    for group in chunks(paths, ASKED_TOGETHER):
        answers = yield from ask([query(each, Lane.READ) for each in group])
        for answer in answers:
            yield from follow(answer, reading.object.name, Lane.READ, relations(reading))


def encoded_length(value: str) -> int:
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
