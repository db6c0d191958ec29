"""Reading: snapshots from the object list, changes from the search index, records by id or key.

The list and batch reads show what is committed; searches run on an index that trails behind, so what a search finds
is only a hint (``Capabilities.reread_changes``). An address or a search body that would grow too long for its list
of properties asks for ids only, and batch reads fetch the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from awase.connectors.hubspot import relations
from awase.connectors.hubspot.auth import VENDOR
from awase.connectors.hubspot.faults import Refusal, refusal_of, vendor_words
from awase.connectors.hubspot.limits import SEARCH, SIZES
from awase.connectors.hubspot.paths import Paths
from awase.connectors.hubspot.schema import MERGED, OUT_FIELD
from awase.connectors.sdk.bodies import JSON_HEADERS, json_answer, json_body
from awase.connectors.sdk.calls import ask, ask_one, read_failure
from awase.connectors.sdk.chunks import chunks
from awase.connectors.sdk.stamps import cursor_from
from awase.errors import MissingPermission, VendorBusy
from awase.ports.connector import ReadQuery
from awase.ports.flows import Answer, Flow, Lane, Page, Request, Response

LONGEST_ADDRESS = 7_000
"""Characters of path and query we dare to send; the vendor answers 414 beyond a bound it does not publish."""

LONGEST_SEARCH = 3_000
"""A search whose body is longer is refused (confirmed)."""

_LARGEST_ID = 10**19
_TOGETHER = 8
"""Batch reads yielded at once: enough to fill the wire, few enough to hold in memory."""


class _Next(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _Next | None = None


class _Row(msgspec.Struct):
    id: str


class Tail(msgspec.Struct):
    """What the flow itself needs of a page; the properties are skipped, not decoded."""

    results: list[_Row]
    paging: _Paging | None = None
    total: int = 0
    errors: list[Refusal] | None = None

    @property
    def after(self) -> str | None:
        return self.paging.next.after if self.paging and self.paging.next else None

    @property
    def ids(self) -> list[str]:
        return [row.id for row in self.results]


def wanted(query: ReadQuery) -> list[str]:
    """The properties a read asks for: the query's, the key, what it absorbed and, for contacts, the opt-out."""
    names = dict.fromkeys(name for name in query.fields if not query.object.fields[name].relation)
    if MERGED in query.object.fields:
        names[MERGED] = None
    if query.object.key_field:
        names[query.object.key_field] = None
    if query.object.name == "contact":
        names[OUT_FIELD] = None
    return list(names)


def wanted_relations(query: ReadQuery) -> list[str]:
    """Those of the query's fields that are associations."""
    return [name for name in query.fields if query.object.fields[name].relation]


def _with_relations(
    paths: Paths, query: ReadQuery, pages: Sequence[tuple[Page, Sequence[str]]]
) -> Flow[Page, None]:
    """Emit ``pages``, each with the ids on it, together with the answers that tell their relations."""
    names = wanted_relations(query)
    more: tuple[tuple[str, bytes], ...] = ()
    if names and pages:
        ids = [id for _, on_page in pages for id in on_page]
        more = yield from relations.read(paths, query.object.name, names, ids)
    for page, _ in pages:
        yield replace(page, more=more)


def read_snapshot(paths: Paths, query: ReadQuery) -> Flow[Page, str]:
    """All live records in pages of 100; ends with the vendor's time at the first answer.

    Too many properties for one address cost a second call a page.
    """
    direct = len(_list_address(paths, query, wanted(query), str(_LARGEST_ID))) <= LONGEST_ADDRESS
    names = wanted(query) if direct else ["hs_object_id"]
    cursor, after = "", ""
    pages: list[tuple[Page, Sequence[str]]] = []
    together = relations.READ_AT_ONCE // SIZES.snapshot if wanted_relations(query) else 1
    while True:
        request = Request("GET", _list_address(paths, query, names, after), headers=JSON_HEADERS)
        answer, tail = tail_of((yield from ask_one(request)), query)
        cursor = cursor or cursor_from(answer, VENDOR)
        if direct and tail.results:
            pages.append((Page(query.object.name, answer.body, len(tail.results)), tail.ids))
        elif tail.results:
            yield from read_by_id(paths, query, tail.ids)
        if len(pages) >= together or tail.after is None:
            yield from _with_relations(paths, query, pages)
            pages = []
        if tail.after is None:
            return cursor
        after = tail.after


def _list_address(paths: Paths, query: ReadQuery, names: Sequence[str], after: str) -> str:
    asked = {"limit": str(SIZES.snapshot), "properties": ",".join(names)}
    if after:
        asked["after"] = after
    return f"{paths.objects(query.object.name)}?{urlencode(asked, safe=',')}"


def read_changes(paths: Paths, query: ReadQuery, since: str, overlap: timedelta) -> Flow[Page, str]:
    """Records changed since the cursor less the overlap; ends with the vendor's time at the first answer.

    Pages go by ``hs_object_id`` greater than the last one seen, never by offset: a search stops at 10,000 results,
    and any number of records may share one stamp.
    """
    names = wanted(query)
    start = datetime.fromisoformat(since) - overlap
    direct = len(_search_body(query, names, start, str(_LARGEST_ID)).decode()) <= LONGEST_SEARCH
    cursor, last = "", "0"
    pages: list[tuple[Page, Sequence[str]]] = []
    together = relations.READ_AT_ONCE // SIZES.changes if wanted_relations(query) else 1
    while True:
        body = _search_body(query, names if direct else ["hs_object_id"], start, last)
        request = Request(
            "POST", paths.objects(query.object.name, "/search"), headers=JSON_HEADERS, body=body, burst=SEARCH
        )
        answer, tail = tail_of((yield from ask_one(request)), query)
        cursor = cursor or cursor_from(answer, VENDOR)
        if direct and tail.results:
            pages.append((Page(query.object.name, answer.body, len(tail.results)), tail.ids))
        elif tail.results:
            yield from read_by_id(paths, query, tail.ids)
        is_last = not tail.results or (tail.after is None and tail.total <= len(tail.results))
        if len(pages) >= together or is_last:
            yield from _with_relations(paths, query, pages)
            pages = []
        if is_last:
            yield from _read_archived(paths, query)
            return cursor
        last = _beyond(last, tail, query)


def _read_archived(paths: Paths, query: ReadQuery) -> Flow[Page, None]:
    """Records in the archive, where deleted ones stay for 90 days (confirmed): the only evidence of a deletion.

    They cannot be asked for by time; those that were known as deleted before are told again each time. What they had
    absorbed, and whether they had opted out, may have been said since the last read.
    """
    names = ["hs_object_id"]
    names += [MERGED] if MERGED in query.object.fields else []
    names += [OUT_FIELD] if query.object.name == "contact" else []
    after = ""
    while True:
        asked = {"limit": str(SIZES.snapshot), "archived": "true", "properties": ",".join(names)}
        if after:
            asked["after"] = after
        address = f"{paths.objects(query.object.name)}?{urlencode(asked, safe=',')}"
        answer, tail = tail_of((yield from ask_one(Request("GET", address, headers=JSON_HEADERS))), query)
        if tail.results:
            yield Page(query.object.name, answer.body, len(tail.results))
        if tail.after is None:
            return
        after = tail.after


def _beyond(last: str, tail: Tail, query: ReadQuery) -> str:
    """The key of the next page; a search that does not move on would never end."""
    largest = max(int(id) for id in tail.ids)
    if largest <= int(last):
        raise VendorBusy(
            "HubSpot answered a search of {object} with records that were not asked for",
            remedy="Run the same command again later.",
            object=query.object.name,
        )
    return str(largest)


def _search_body(query: ReadQuery, names: Sequence[str], start: datetime, last: str) -> bytes:
    stamp = "lastmodifieddate" if query.object.name == "contact" else "hs_lastmodifieddate"
    moment = str(int(start.timestamp() * 1000))
    return json_body(
        {
            "filterGroups": [
                {
                    "filters": [
                        {"propertyName": stamp, "operator": "GTE", "value": moment},
                        {"propertyName": "hs_object_id", "operator": "GT", "value": last},
                    ]
                }
            ],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": list(names),
            "limit": SIZES.changes,
        }
    )


def read_by_id(paths: Paths, query: ReadQuery, ids: Sequence[str]) -> Flow[Page, None]:
    """These records as they are committed; those that are gone are absent."""
    yield from _batch_read(paths, query, ids, None)


def read_by_key(paths: Paths, query: ReadQuery, keys: Sequence[str]) -> Flow[Page, None]:
    """Records whose key property holds one of ``keys``; nothing where the object has no key property."""
    if query.object.key_field is not None:
        yield from _batch_read(paths, query, keys, query.object.key_field)


def _batch_read(paths: Paths, query: ReadQuery, values: Sequence[str], by: str | None) -> Flow[Page, None]:
    asked: dict[str, object] = {"properties": wanted(query)}
    if by is not None:
        asked["idProperty"] = by
    for group in chunks(list(chunks(values, SIZES.by_id)), _TOGETHER):
        answers = yield from ask(
            [batch_read_request(paths, query, chunk, asked, Lane.READ) for chunk in group]
        )
        pages: list[tuple[Page, Sequence[str]]] = []
        for given, chunk in zip(answers, group, strict=True):
            answer, tail = batch_tail(given, query, chunk)
            if tail.results:
                pages.append((Page(query.object.name, answer.body, len(tail.results)), tail.ids))
        yield from _with_relations(paths, query, pages)


def batch_tail(answer: Answer, query: ReadQuery, values: Sequence[str]) -> tuple[Response, Tail]:
    """``tail_of`` a batch read of ``values``, every one accounted for: found, or named as missing.

    A record that is simply left out of the answer is not gone; taking it for gone would lose it in silence. The ids of
    merged records find the survivor, which the answer holds once however many of them were asked for (from memory).
    """
    heard, tail = tail_of(answer, query)
    missing = [value for error in tail.errors or () for value in error.context_values("ids")]
    unexplained = len(set(values)) - len(tail.results) - len(set(missing))
    if unexplained > 0:
        merged = (set(values) - set(tail.ids) - set(missing)) & _absorbed(heard)
        unexplained -= max(0, len(merged) - len(set(tail.ids) - set(values)))
    if unexplained > 0 and (missing or not tail.errors):
        raise VendorBusy(
            "HubSpot left {count} of the records asked for out of its answer without saying why",
            remedy="Run the same command again later.",
            count=unexplained,
        )
    return heard, tail


class _Absorbing(msgspec.Struct):
    properties: dict[str, str | None] = {}


class _Absorbings(msgspec.Struct):
    results: list[_Absorbing]


def _absorbed(answer: Response) -> set[str]:
    """The ids of all records that were merged into those of the answer."""
    read = json_answer(answer, _Absorbings)
    texts = [one.properties.get(MERGED) or "" for one in read.results] if read else []
    return {id for text in texts for id in text.split(";") if id}


def batch_read_request(
    paths: Paths, query: ReadQuery, values: Sequence[str], asked: dict[str, object], lane: Lane
) -> Request:
    """A batch read of ``values`` with the further members ``asked``; a read, whatever its method."""
    body = json_body({**asked, "inputs": [{"id": value} for value in values]})
    path = paths.objects(query.object.name, "/batch/read")
    return Request("POST", path, headers=JSON_HEADERS, body=body, lane=lane)


def tail_of(answer: Answer, query: ReadQuery) -> tuple[Response, Tail]:
    """A read's answer and its tail; raises what a failed read means.

    Batch reads answer 207 when some records do not exist. Any other error in there is no absence: taking it for one
    would let a lost create be made twice.
    """
    doing = f"reading {query.object.name}"
    if not isinstance(answer, Response):
        raise read_failure(answer, vendor=VENDOR, doing=doing, words="")
    tail = json_answer(answer, Tail) if answer.status in (200, 207) else None
    if tail is None:
        raise _read_error(answer, doing)
    strange = [error for error in tail.errors or () if error.category != "OBJECT_NOT_FOUND"]
    if strange:
        raise VendorBusy(
            "HubSpot could not answer for every record while {doing}: {words}",
            remedy="Run the same command again later.",
            doing=doing,
            words=strange[0].message or "no explanation",
        )
    return answer, tail


def _read_error(response: Response, doing: str) -> Exception:
    refusal = refusal_of(response)
    scopes = _scopes(refusal) if refusal and response.status == 403 else []
    if scopes:
        return MissingPermission(
            "HubSpot refused {doing}: the app lacks {scopes}",
            remedy="Add these scopes to the app or service key, then run the same command again.",
            doing=doing,
            scopes=", ".join(scopes),
        )
    return read_failure(response, vendor=VENDOR, doing=doing, words=vendor_words(response))


def _scopes(refusal: Refusal) -> list[str]:
    """Scopes named in a 403 (under which name is from memory)."""
    names = ("requiredGranularScopes", "requiredScopes", "missingScopes")
    found = [
        scope for part in (refusal, *refusal.parts) for name in names for scope in part.context_values(name)
    ]
    return list(dict.fromkeys(found))
