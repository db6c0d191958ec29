"""Bulk API 2.0, the reading side: a query as a job, its rows as CSV by the page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..kernel.http import HttpRequest, HttpResponse, json_response
from ..kernel.rows import Row
from .bulk_jobs import Job, Jobs, wanted_text, wrong_state
from .bulk_rows import DELIMITERS, LINE_ENDINGS, choice_of, shown, written
from .data import OrgData
from .errors import ApiError, not_found, wrong_method
from .querying import Plan
from .rest import json_body
from .soql import parse
from .writer import Writer

_LARGEST_PAGE: Final = 100_000
_OPERATIONS: Final = frozenset(("query", "queryAll"))


@dataclass(slots=True)
class _Found:
    """header and readers: one a column. rows: None until the job is done."""

    plan: Plan
    header: list[str]
    readers: list[Callable[[Row], Any]]
    rows: list[Row] | None = None


class BulkQuery:
    """The calls under ``/jobs/query``. Raises ApiError."""

    def __init__(self, data: OrgData) -> None:
        self.jobs = Jobs(data, 62**5)
        self._data = data
        self._found: dict[str, _Found] = {}

    def handle(
        self, request: HttpRequest, rest_of_path: Sequence[str], version: str, writer: Writer
    ) -> HttpResponse:
        """Answer a call by what stands after ``/jobs/query``."""
        match request.method, [*rest_of_path]:
            case "POST", []:
                return json_response(200, self._make(request, version, writer).base())
            case "GET", []:
                records = [self._shown(self._at(job.id)) for job in self.jobs.all()]
                return json_response(200, {"done": True, "nextRecordsUrl": None, "records": records})
            case "GET", [job_id]:
                job = self._at(job_id)
                return json_response(200, self._shown(job) | job.counts())
            case "PATCH", [job_id]:
                if json_body(request).get("state") != "Aborted":
                    raise ApiError(400, "INVALIDJOB", "state must be Aborted")
                job = self.jobs.get(job_id)
                self.jobs.abort(job)
                return json_response(200, self._shown(job))
            case "DELETE", [job_id]:
                self.jobs.forget(self._at(job_id))
                return HttpResponse(204)
            case "GET", [job_id, "results"]:
                return self._results(request, self._at(job_id))
            case _, ([] | [_] | [_, "results"]):
                raise wrong_method(request.method, "GET,POST,PATCH,DELETE")
            case _:
                raise not_found()

    def _make(self, request: HttpRequest, version: str, writer: Writer) -> Job:
        body = json_body(request)
        operation = wanted_text(body, "operation")
        if operation not in _OPERATIONS:
            raise ApiError(400, "INVALIDJOB", f"operation must be one of {', '.join(sorted(_OPERATIONS))}")
        text = wanted_text(body, "query")
        query = parse(text)
        if query.aggregates or query.children or query.offset or not query.items:
            # Which of these the vendor names, and how, is from memory.
            raise ApiError(400, "FEATURENOTENABLED", "Aggregate Relationships not supported in Bulk Query")
        plan = Plan(self._data, text, query, version, deleted=operation == "queryAll")
        job = self.jobs.make(
            operation=operation,
            object=plan.kind.name,
            version=version,
            author=writer.user_id,
            delimiter=choice_of(body.get("columnDelimiter"), DELIMITERS, "columnDelimiter", "COMMA"),
            line_ending=choice_of(body.get("lineEnding"), LINE_ENDINGS, "lineEnding", "LF"),
        )
        header = [".".join(parts) for parts, _ in plan.columns]
        readers = [shown(plan.reader(parts), field.type) for parts, field in plan.columns]
        self._found[job.id] = _Found(plan, header, readers)
        self.jobs.begin(job)
        return job

    def _shown(self, job: Job) -> dict[str, Any]:
        return {**job.base(), "jobType": "V2Query"}

    def _at(self, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        if self.jobs.is_due(job):
            found = self._found[job.id]
            found.rows = found.plan.rows()
            job.processed = len(found.rows)
            self.jobs.move(job, "JobComplete")
        return job

    def _results(self, request: HttpRequest, job: Job) -> HttpResponse:
        found = self._found[job.id]
        if found.rows is None or job.state != "JobComplete":
            raise wrong_state(f"Results are not there before the job is done; it is {job.state}")
        start = _place(request.first("locator"), len(found.rows))
        asked = request.first("maxRecords") or ""
        size = min(int(asked), _LARGEST_PAGE) if asked.isdigit() and int(asked) else _LARGEST_PAGE
        page = found.rows[start : start + size]
        readers = found.readers
        lines = ([read(row) for read in readers] for row in page)
        content = written(found.header, lines, DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending])
        end = start + len(page)
        locator = "null" if end >= len(found.rows) else _locator(end)
        headers = {
            "Content-Type": "text/csv; charset=UTF-8",
            "Sforce-Locator": locator,
            "Sforce-NumberOfRecords": str(len(page)),
        }
        return HttpResponse(200, headers, content)


def _locator(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def _place(locator: str | None, count: int) -> int:
    """Where a page begins. Raises ApiError."""
    if not locator or locator == "null":
        return 0
    try:
        place = int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except ValueError as error:
        raise _bad_locator() from error
    if not 0 < place < count:
        raise _bad_locator()
    return place


def _bad_locator() -> ApiError:
    return ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
