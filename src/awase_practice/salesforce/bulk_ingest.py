"""Bulk API 2.0, the writing side: a job, its upload, its work in chunks of 200, and three lists of results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..kernel.http import HttpRequest, HttpResponse, json_response
from .bulk_jobs import DONE, Job, Jobs, wanted_text, wrong_state
from .bulk_rows import (
    DELIMITERS,
    LINE_ENDINGS,
    BadHeader,
    choice_of,
    columns_of,
    error_text,
    read_csv,
    record_of,
    written,
)
from .data import OrgData
from .errors import ApiError, RowRefused, not_found, wrong_method
from .fields import Field, ObjectType
from .rest import Rest, json_body
from .save import Saver
from .steps import Step, Steps, value_of
from .writer import Writer

CHUNK: Final = 200
_OPERATIONS: Final = frozenset(("insert", "update", "upsert", "delete", "hardDelete"))
_CSV: Final = {"Content-Type": "text/csv; charset=UTF-8"}


@dataclass(slots=True)
class _Load:
    """What a job was given and what became of it; rows are as they were uploaded."""

    writer: Writer
    content: bytes | None = None
    header: list[str] = field(default_factory=list)
    successes: list[list[str]] = field(default_factory=list)
    failures: list[list[str]] = field(default_factory=list)
    unprocessed: list[list[str]] = field(default_factory=list)


class Ingest:
    """The calls under ``/jobs/ingest``. Raises ApiError."""

    def __init__(self, data: OrgData, saver: Saver, rest: Rest) -> None:
        self.jobs = Jobs(data, 0)
        self._data, self._rest = data, rest
        self._steps = Steps(data, saver, rest)
        self._loads: dict[str, _Load] = {}

    def handle(
        self, request: HttpRequest, rest_of_path: Sequence[str], version: str, writer: Writer
    ) -> HttpResponse:
        """Answer a call by what stands after ``/jobs/ingest``."""
        match request.method, [*rest_of_path]:
            case "POST", []:
                return json_response(200, self._shown(self._make(request, version, writer)))
            case "GET", []:
                shown = [self._shown(self._at(job.id)) for job in self.jobs.all()]
                return json_response(200, {"done": True, "nextRecordsUrl": None, "records": shown})
            case "PUT", [job_id, "batches"]:
                return self._upload(request, self.jobs.get(job_id))
            case "PATCH", [job_id]:
                return self._change(request, self.jobs.get(job_id))
            case "GET", [job_id]:
                job = self._at(job_id)
                return json_response(200, self._shown(job) | job.counts())
            case "DELETE", [job_id]:
                self.jobs.forget(self._at(job_id))
                return HttpResponse(204)
            case "GET", [job_id, results]:
                return self._results(self._at(job_id), results.lower())
            case _, ([] | [_] | [_, _]):
                raise wrong_method(request.method, "GET,POST,PUT,PATCH,DELETE")
            case _:
                raise not_found()

    def _make(self, request: HttpRequest, version: str, writer: Writer) -> Job:
        body = json_body(request)
        operation, name = wanted_text(body, "operation"), wanted_text(body, "object")
        kind = self._data.kind(name)
        if kind is None:
            raise ApiError(400, "INVALIDENTITY", f"Unable to find object: {name}")
        if operation not in _OPERATIONS:
            raise ApiError(400, "INVALIDJOB", f"operation must be one of {', '.join(sorted(_OPERATIONS))}")
        if operation == "hardDelete":
            raise ApiError(400, "FEATURENOTENABLED", "hardDelete is not enabled for this user")
        key = None
        if operation == "upsert":
            key = kind.find(wanted_text(body, "externalIdFieldName"))
            if key is None or not (key.external_id or key.id_lookup):
                text = f"Field name provided, {body['externalIdFieldName']} does not match an External ID, Salesforce Id"
                raise ApiError(400, "INVALIDJOB", f"{text}, or indexed field for {kind.name}")
        job = self.jobs.make(
            operation=operation,
            object=kind.name,
            version=version,
            author=writer.user_id,
            delimiter=choice_of(body.get("columnDelimiter"), DELIMITERS, "columnDelimiter", "COMMA"),
            line_ending=choice_of(body.get("lineEnding"), LINE_ENDINGS, "lineEnding", "LF"),
        )
        if key is not None:
            job.more["externalIdFieldName"] = key.name
        if body.get("assignmentRuleId"):
            job.more["assignmentRuleId"] = body["assignmentRuleId"]
        self._loads[job.id] = _Load(writer)
        return job

    def _upload(self, request: HttpRequest, job: Job) -> HttpResponse:
        load = self._loads[job.id]
        if job.state != "Open" or load.content is not None:
            raise wrong_state(
                f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete' it"
            )
        if not request.headers.get("content-type", "").lower().startswith("text/csv"):
            raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "The content of a job is text/csv")
        load.content = request.body
        return HttpResponse(201)

    def _change(self, request: HttpRequest, job: Job) -> HttpResponse:
        state = json_body(request).get("state")
        if state == "UploadComplete":
            if job.state != "Open":
                raise wrong_state(f"Job is {job.state} and cannot be closed")
            if self._loads[job.id].content is None:
                raise wrong_state("There is nothing uploaded to close the job with")
            self.jobs.begin(job)
        elif state == "Aborted":
            self.jobs.abort(job)
            self._leave_unprocessed(job)
        else:
            raise ApiError(400, "INVALIDJOB", "state must be UploadComplete or Aborted")
        return json_response(200, self._shown(job))

    def _shown(self, job: Job) -> dict[str, Any]:
        where = f"services/data/{job.version}/jobs/ingest/{job.id}/batches"
        upload = {"contentUrl": where} if job.state == "Open" else {}
        return {**job.base(), "jobType": "V2Ingest", **upload, **job.more}

    def _at(self, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        if self.jobs.is_due(job):
            self._work(job)
        return job

    def _leave_unprocessed(self, job: Job) -> None:
        load = self._loads[job.id]
        if load.content is not None:
            try:
                load.header, load.unprocessed = read_csv(load.content, DELIMITERS[job.delimiter])
            except BadHeader:
                load.header = []

    def _work(self, job: Job) -> None:
        load, kind = self._loads[job.id], self._rest.kind(job.object)
        try:
            load.header, rows = read_csv(load.content or b"", DELIMITERS[job.delimiter])
            columns = columns_of(kind, load.header)
        except BadHeader as wrong:
            job.error = str(wrong)
            self._leave_unprocessed(job)
            self.jobs.move(job, "Failed")
            return
        chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
        done = [self._chunk(job, kind, load, columns, chunk) for chunk in chunks]
        # The vendor promises no order: the last chunk stands first, so that nobody relies on one.
        for successes, failures in reversed(done):
            load.successes += successes
            load.failures += failures
        job.processed, job.failed = len(rows), len(load.failures)
        load.content = None
        self.jobs.move(job, "JobComplete")

    def _chunk(
        self, job: Job, kind: ObjectType, load: _Load, columns: Any, rows: list[list[str]]
    ) -> tuple[list[list[str]], list[list[str]]]:
        successes: list[list[str]] = []
        failures: list[list[str]] = []
        key = kind.find(job.more.get("externalIdFieldName", ""))
        records = [_read(columns, cells) for cells in rows]
        often = Counter(_folded(value_of(each, key)) for each in records if key and isinstance(each, dict))
        for cells, record in zip(rows, records, strict=True):
            try:
                if isinstance(record, RowRefused):
                    raise record
                result = self._step(job, kind, key, record, often, load.writer)()
            except RowRefused as refusal:
                failures.append([_id_of(record), error_text(refusal), *cells])
            else:
                created = result.get("created", job.operation == "insert")
                successes.append([result["id"], "true" if created else "false", *cells])
        return successes, failures

    def _step(
        self,
        job: Job,
        kind: ObjectType,
        key: Field | None,
        record: dict[str, Any],
        often: Counter[Any],
        writer: Writer,
    ) -> Step:
        if job.operation == "insert":
            return self._steps.creation(kind, record, writer)
        if job.operation == "update":
            return self._steps.change(kind, record, writer)
        if key is not None:
            value = value_of(record, key)
            twice = often[_folded(value)] > 1
            return self._steps.laying(kind, key, value, record, twice=twice, writer=writer)
        return self._steps.deletion(_id_of(record), writer)

    def _results(self, job: Job, which: str) -> HttpResponse:
        load = self._loads[job.id]
        if job.state not in DONE:
            raise wrong_state(f"Results are not there before the job is done; it is {job.state}")
        lists: dict[str, tuple[list[str], list[list[str]]]] = {
            "successfulresults": (["sf__Id", "sf__Created"], load.successes),
            "failedresults": (["sf__Id", "sf__Error"], load.failures),
            "unprocessedrecords": ([], load.unprocessed),
        }
        if which not in lists:
            raise not_found()
        own, rows = lists[which]
        content = written(
            [*own, *load.header], rows, DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending]
        )
        return HttpResponse(200, _CSV, content)


def _read(columns: Any, cells: list[str]) -> dict[str, Any] | RowRefused:
    try:
        return record_of(columns, cells)
    except RowRefused as refusal:
        return refusal


def _id_of(record: dict[str, Any] | RowRefused) -> str:
    if isinstance(record, RowRefused):
        return ""
    return str(next((value for name, value in record.items() if name.lower() == "id"), "") or "")


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
