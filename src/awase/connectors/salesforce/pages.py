"""Query answers, page by page: the next page's address is found without decoding rows."""

from __future__ import annotations

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


def follow(answer: Answer, object: str, lane: Lane) -> Flow[Page, Response]:
    """Emit the answer to a query as a page, then the pages after it; return the first answer.

    Raises SchemaMismatch, MissingPermission, VendorBusy … when any of them is refused.
    """
    first: Response | None = None
    while True:
        outline = _outline(answer)
        # A page that names itself as the next one would be read for ever.
        if outline is None or outline.next_path == answer.request.url or not isinstance(answer, Response):
            raise failed_read(answer, f"reading {object}")
        first = first or answer
        yield Page(object=object, raw=answer.body, rows=len(outline.records))
        if outline.done or outline.next_path is None:
            return first
        answer = yield from ask_one(query(outline.next_path, lane))


def _outline(answer: Answer) -> _Outline | None:
    outline = expected(answer, _Outline)
    if outline is None or (not outline.done and not _is_next(outline.next_path)):
        return None
    return outline


def _is_next(path: str | None) -> bool:
    """A path below the org's own address; anything else would carry the session elsewhere."""
    return path is not None and path.startswith("/services/data/")
