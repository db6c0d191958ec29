"""How a REST call to Salesforce looks: paths, and the headers every call carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from awase.connectors.sdk.bodies import JSON_HEADERS, json_body
from awase.ports.flows import Lane, Request

CLIENT = "awase"
"""Named in ``Sforce-Call-Options``; change events carry it back, so that our own edits can be told (confirmed)."""

PAGE_ROWS = 2_000
"""The most rows one query answer holds; only a hint to the vendor, who may send fewer (confirmed)."""

_READ_HEADERS: Mapping[str, str] = {
    "Accept": "application/json",
    "Sforce-Call-Options": f"client={CLIENT}",
}
_QUERY_HEADERS: Mapping[str, str] = {**_READ_HEADERS, "Sforce-Query-Options": f"batchSize={PAGE_ROWS}"}
# Without Sforce-Auto-Assign the org's assignment rules run on each write and may change the owner (confirmed).
_WRITE_HEADERS: Mapping[str, str] = {
    **JSON_HEADERS,
    "Sforce-Call-Options": f"client={CLIENT}",
    "Sforce-Auto-Assign": "FALSE",
}


def data_path(api_version: str, rest: str) -> str:
    """``rest`` below the root of one API version."""
    return f"/services/data/v{api_version}/{rest}"


def get(path: str) -> Request:
    """A call for metadata or identity; not part of a price."""
    return Request("GET", path, headers=_READ_HEADERS, lane=Lane.OTHER)


def query_path(api_version: str, soql: str, *, deleted_too: bool = False) -> str:
    """The path of a query, percent-encoded; its length is what the vendor's limit on URIs counts.

    ``deleted_too``: rows in the recycle bin as well (``queryAll``).
    """
    return data_path(api_version, f"{'queryAll' if deleted_too else 'query'}?q={quote(soql, safe='')}")


def query(path: str, lane: Lane) -> Request:
    """A query, or the next page of one."""
    return Request("GET", path, headers=_QUERY_HEADERS, lane=lane)


def write(
    method: str,
    path: str,
    body: object,
    lane: Lane,
    *,
    assignment_rules: bool = False,
    allow_duplicates: bool = False,
) -> Request:
    """A write; never sent twice without looking.

    ``assignment_rules``: the org's own rules may choose the owner. ``allow_duplicates``: duplicate rules that only
    alert let the save pass; those that block never do (confirmed).
    """
    headers = dict(_WRITE_HEADERS)
    if assignment_rules:
        headers["Sforce-Auto-Assign"] = "TRUE"
    if allow_duplicates:
        headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
    return Request(method, path, headers=headers, body=json_body(body), lane=lane, idempotent=False)


def delete(api_version: str, ids: Sequence[str], lane: Lane) -> Request:
    """Delete up to 200 records of any sort, each for itself; they go to the recycle bin."""
    named = quote(",".join(ids), safe=",")
    path = data_path(api_version, f"composite/sobjects?ids={named}&allOrNone=false")
    return Request("DELETE", path, headers=_WRITE_HEADERS, lane=lane, idempotent=False)
