"""Query answers, page by page: the next page's address is found without decoding rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never

import msgspec

from awase.connectors.salesforce.faults import failed_read
from awase.connectors.salesforce.rest import query
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask_one
from awase.ports.flows import Answer, Flow, Lane, Page, Response


class _Outline(msgspec.Struct, frozen=True):
    done: bool
    records: list[msgspec.Raw]
    next_path: str | None = msgspec.field(default=None, name="nextRecordsUrl")


def follow(answer: Answer, object: str, lane: Lane, relations: Sequence[str] = ()) -> Flow[Page, Response]:
    """Emit the answer to a query as a page, then the pages after it; return the first answer.

    ``relations``: sub-selects of the query; rows of theirs for which an answer had no room go with its page, as
    (``relation:id of the record``, answer) each.

    Raises SchemaMismatch, MissingPermission, VendorBusy … when any of them is refused.
    """
    first: Response | None = None
    while True:
        outline = _outline(answer)
        # A page that names itself as the next one would be read for ever.
        if outline is None or outline.next_path == answer.request.url or not isinstance(answer, Response):
            raise failed_read(answer, f"reading {object}")
        first = first or answer
        more = (yield from _rest(answer, outline, relations, lane)) if relations else ()
        yield Page(object=object, raw=answer.body, rows=len(outline.records), more=more)
        if outline.done or outline.next_path is None:
            return first
        answer = yield from ask_one(query(outline.next_path, lane))


class _Named(msgspec.Struct, frozen=True):
    id: str = msgspec.field(name="Id")


def _rest(
    answer: Response, outline: _Outline, relations: Sequence[str], lane: Lane
) -> Flow[Never, tuple[tuple[str, bytes], ...]]:
    """The answers that hold what is missing of the rows of relations (a sub-select is paged too, confirmed)."""
    if answer.body.count(b'"nextRecordsUrl"') <= (not outline.done):
        return ()
    more: list[tuple[str, bytes]] = []
    for raw in outline.records:
        record = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        for relation in relations:
            rows = msgspec.json.decode(record[relation], type=_Outline | None)
            while rows is not None and not rows.done:
                if not _is_next(rows.next_path):
                    raise failed_read(answer, f"reading {relation}")
                further = yield from ask_one(query(rows.next_path or "", lane))
                rows = _outline(further)
                if rows is None or rows.next_path == further.request.url or not isinstance(further, Response):
                    raise failed_read(further, f"reading {relation}")
                more.append((f"{relation}:{msgspec.json.decode(raw, type=_Named).id}", further.body))
    return tuple(more)


def _outline(answer: Answer) -> _Outline | None:
    outline = expected(answer, _Outline)
    if outline is None or (not outline.done and not _is_next(outline.next_path)):
        return None
    return outline


def _is_next(path: str | None) -> bool:
    """A path below the org's own address; anything else would carry the session elsewhere."""
    return path is not None and path.startswith("/services/data/")
