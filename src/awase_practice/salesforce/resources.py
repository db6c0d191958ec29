"""Which call of the data API goes where: everything below ``/services/data/vNN.0``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..kernel.faults import FaultPlan
from ..kernel.http import HttpRequest, HttpResponse, json_response
from ..kernel.quota import RollingDay
from .bulk_ingest import Ingest
from .bulk_query import BulkQuery
from .composite import Composite
from .data import OrgData
from .errors import ApiError, RowRefused, not_found, wrong_method
from .ids import normal_id
from .layouts import compact_layouts, layout, layouts
from .policies import ROW_BYTES
from .querying import Querying
from .replication import Replication
from .rest import Rest, json_body
from .save import Saver
from .search import Search
from .sobject_collections import Collections
from .tokens import Session
from .tree import Tree
from .writer import Writer

VERSIONS = {
    f"{number}.0": label
    for number, label in zip(
        range(59, 69),
        (
            "Winter '24",
            "Spring '24",
            "Summer '24",
            "Winter '25",
            "Spring '25",
            "Summer '25",
            "Winter '26",
            "Spring '26",
            "Summer '26",
            "Winter '27",
        ),
        strict=True,
    )
}
_VERSION = re.compile(r"v(\d{2,3})\.0")
_OLDEST_VERSION, _OLDEST_EVER = 50, 20
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)
_WRITES: Final = frozenset(("POST", "PATCH", "PUT", "DELETE"))
_ROOT: Final = (
    "composite", "jobs", "limits", "parameterizedSearch", "query", "queryAll", "recent", "search", "sobjects",
    "tabs", "tooling", "ui-api",
)  # fmt: skip
_NOTHING_OF: Final = frozenset(("recent", "tabs", "quickActions", "actions"))
"""Lists that people fill by using the org; here they are empty."""


class Resources:
    """The data API of one org. Raises ApiError and RowRefused."""

    def __init__(
        self, data: OrgData, saver: Saver, quota: RollingDay, faults: FaultPlan, calls: Counter[str]
    ) -> None:
        self._data, self._quota, self._calls = data, quota, calls
        self._querying = Querying(data)
        self._rest = Rest(data, saver)
        self._collections = Collections(data, saver, self._rest, faults)
        self._composite = Composite(data)
        self._tree = Tree(data, saver)
        self._replication = Replication(data)
        self._search = Search(data)
        self._ingest = Ingest(data, saver, self._rest)
        self._bulk_query = BulkQuery(data)
        self.jobs = (self._ingest.jobs, self._bulk_query.jobs)

    def answer(self, request: HttpRequest, session: Session) -> HttpResponse:
        """Answer a call of somebody who is signed in."""
        version, what = version_of(request.segments[2]), request.segments[3:]
        self._data.policies.check_call()
        allow = "allowsave=true" in request.headers.get("sforce-duplicate-rule-header", "").lower()
        assigns = _assigns(request.headers.get("sforce-auto-assign", "").strip())
        writer = Writer(session.user_id, session.user_id, allow_duplicates=allow, assigns=assigns)
        self._calls[_kind_of_call(request.method, what)] += 1
        match what:
            case ():
                return self._root(request, version, session)
            case ("query" | "queryAll", *rest) if len(rest) <= 1:
                return self._query(request, version, rest)
            case ("composite", *rest):
                return self._composed(request, version, rest, session, writer)
            case ("sobjects", *rest):
                return self._sobjects(request, version, rest, writer)
            case ("jobs", "ingest", *rest):
                return self._ingest.handle(request, rest, version, writer)
            case ("jobs", "query", *rest):
                return self._bulk_query.handle(request, rest, version, writer)
            case ("tooling", *rest):
                return self._tooling(request, version, rest)
            case ("ui-api", "object-info", name, "picklist-values", record_type):
                return self._rest.picklist_values(request, name, record_type, version)
            case ("limits", *rest):
                return self._limits(request, rest)
            case ("search" | "parameterizedSearch",):
                return self._searched(request, version)
            case (name, *_) if name in _NOTHING_OF and request.method == "GET":
                return json_response(200, [])
            case _:
                raise not_found()

    def _root(self, request: HttpRequest, version: str, session: Session) -> HttpResponse:
        org_id = next(iter(self._data.tables["Organization"].all())).id
        identity = f"{request.origin}/id/{org_id}/{session.user_id}"
        resources = {name: f"/services/data/{version}/{name}" for name in _ROOT}
        return json_response(200, {**resources, "identity": identity})

    def _query(self, request: HttpRequest, version: str, rest: Sequence[str]) -> HttpResponse:
        if request.method != "GET":
            raise wrong_method(request.method, "HEAD,GET")
        if rest:
            return self._querying.more(rest[0], version)
        text = _query_text(request)
        hint = _BATCH_SIZE.search(request.headers.get("sforce-query-options", ""))
        page = max(200, min(2000, int(hint.group(1)))) if hint else None
        if request.first("columns") == "true":
            return self._querying.columns(text, version)
        return self._querying.answer(text, version, deleted=request.segments[3] == "queryAll", page=page)

    def _composed(
        self, request: HttpRequest, version: str, rest: Sequence[str], session: Session, writer: Writer
    ) -> HttpResponse:
        def inside(call: HttpRequest) -> HttpResponse:
            try:
                if call.segments[:2] != ("services", "data") or len(call.segments) < 3:
                    raise not_found()
                return self.answer(call, session)
            except (ApiError, RowRefused) as refusal:
                return refusal.response()

        if rest[:1] == ["sobjects"]:
            return self._collections.handle(request, rest[1:], version, writer)
        if not rest and request.method == "GET":
            base = f"/services/data/{version}/composite"
            return json_response(
                200, {name: f"{base}/{name}" for name in ("tree", "batch", "sobjects", "graph")}
            )
        if request.method != "POST":
            raise wrong_method(request.method, "POST")
        match list(rest):
            case []:
                return self._composite.composite(request, inside)
            case ["batch"]:
                return self._composite.batch(request, inside)
            case ["graph"]:
                return self._composite.graph(request, inside)
            case ["tree", name]:
                return self._tree.create(request, self._rest.kind(name), writer)
            case _:
                raise not_found()

    def _sobjects(
        self, request: HttpRequest, version: str, rest: Sequence[str], writer: Writer
    ) -> HttpResponse:
        match list(rest):
            case []:
                return self._rest.objects(version)
            case [name]:
                return self._rest.object_root(request, name, version, writer)
            case [name, "describe", *more]:
                return self._described(request, name, version, more)
            case [name, "updated"] if request.method == "GET":
                return self._replication.updated(request, self._rest.kind(name))
            case [name, "deleted"] if request.method == "GET":
                return self._replication.deleted(request, self._rest.kind(name))
            case [name, row_id]:
                return self._rest.by_id(request, name, row_id, version, writer)
            case [name, field, value]:
                return self._rest.by_external_id(request, name, field, value, version, writer)
            case _:
                raise not_found()

    def _described(self, request: HttpRequest, name: str, version: str, more: Sequence[str]) -> HttpResponse:
        if request.method != "GET":
            raise wrong_method(request.method, "HEAD,GET")
        match list(more):
            case []:
                return self._rest.describe(request, name, version)
            case ["layouts"]:
                return json_response(200, layouts(self._rest.kind(name), version))
            case ["layouts", record_type] if normal_id(record_type):
                return json_response(200, layout(self._rest.kind(name)))
            case ["compactLayouts"]:
                return json_response(200, compact_layouts(self._rest.kind(name)))
            case _:
                raise not_found()

    def _tooling(self, request: HttpRequest, version: str, rest: Sequence[str]) -> HttpResponse:
        if request.method != "GET":
            raise wrong_method(request.method, "HEAD,GET")
        match list(rest):
            case ["query"]:
                return self._querying.tooling(_query_text(request), version)
            case ["sobjects", name, "describe"]:
                return self._rest.tooling_describe(name, version)
            case ["sobjects", name, row_id]:
                return self._rest.tooling_row(name, row_id, version)
            case _:
                raise not_found()

    def _limits(self, request: HttpRequest, rest: Sequence[str]) -> HttpResponse:
        if request.method != "GET":
            raise wrong_method(request.method, "HEAD,GET")
        if list(rest) == ["recordCount"]:
            asked = [each for each in (request.first("sObjects") or "").split(",") if each]
            kinds = [kind for each in asked or list(self._data.seen) if (kind := self._data.kind(each))]
            counts = [{"count": len(self._data.tables[kind.name]), "name": kind.name} for kind in kinds]
            return json_response(200, {"sObjects": counts})
        if rest:
            raise not_found()
        return json_response(200, self._allowances())

    def _allowances(self) -> dict[str, Any]:
        room, used = self._data.policies.storage_mb, self._data.rows_held() * ROW_BYTES // 2**20
        return {
            "DailyApiRequests": {"Max": self._quota.limit, "Remaining": self._quota.remaining},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DataStorageMB": {"Max": room, "Remaining": max(0, room - used)},
        }

    def _searched(self, request: HttpRequest, version: str) -> HttpResponse:
        if request.segments[3] == "search":
            text = request.first("q")
            if not text:
                raise ApiError(400, "MALFORMED_SEARCH", "A search string has to be specified")
            return self._search.answer(text, version)
        given: Mapping[str, Any] = json_body(request) if request.method == "POST" else {}
        term = str(given.get("q") or request.first("q") or "")
        named = [{"name": each} for each in (request.first("sobject") or "").split(",") if each]
        objects = given.get("sobjects") or named
        wanted = [(str(each["name"]), ", ".join(each.get("fields", ()))) for each in objects]
        return self._search.search(term, str(given.get("in", "ALL")), wanted, version)


def versions() -> HttpResponse:
    """The list at ``/services/data``."""
    shown = [
        {"label": label, "url": f"/services/data/v{number}", "version": number}
        for number, label in VERSIONS.items()
    ]
    return json_response(200, shown)


def version_of(segment: str) -> str:
    """A version that is served. Raises ApiError."""
    match = _VERSION.fullmatch(segment)
    number = int(match.group(1)) if match else 0
    if match is None or number < _OLDEST_EVER:
        raise not_found()
    if number < _OLDEST_VERSION:
        text = f"API version {number}.0 is no longer supported"
        raise ApiError(410, "UNSUPPORTED_API_VERSION", text)
    return segment


def _assigns(asked: str) -> bool:
    """Whether assignment rules run: unless the header says no. Raises ApiError for a rule that is not there."""
    if asked.lower() not in {"", "true", "false"}:
        # The practice org's rules have no ids to be named by [text from memory].
        raise ApiError(400, "INVALID_ASSIGNMENT_RULE", f"Invalid assignment rule: {asked}")
    return asked.lower() != "false"


def _query_text(request: HttpRequest) -> str:
    text = request.first("q")
    if not text:
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    return text


def _kind_of_call(method: str, what: Sequence[str]) -> str:
    if what[:1] in {("query",), ("queryAll",)}:
        return "query" if len(what) == 1 else "query_more"
    if what[:2] == ("composite", "sobjects"):
        return (
            "collection_read"
            if method == "GET" or (method == "POST" and len(what) == 3)
            else "collection_write"
        )
    if what[:1] == ("sobjects",) and len(what) > 1:
        if what[2:] == ("describe",):
            return "describe"
        return "row_write" if method in _WRITES else "row_read"
    return what[0] if what else "root"
