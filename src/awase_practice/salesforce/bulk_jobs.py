"""Bulk API 2.0: what ingest jobs and query jobs have in common, and which call goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from .data import OrgData
from .errors import ApiError, not_found
from .ids import make_id, normal_id
from .values import stamp

JOB_PREFIX: Final = "750"
DONE: Final = frozenset(("JobComplete", "Failed", "Aborted"))
_WAITING: Final = frozenset(("UploadComplete", "InProgress"))


@dataclass(slots=True)
class Job:
    """One job. ends_at: when its work is done; None before it was asked to begin."""

    id: str
    operation: str
    object: str
    version: str
    author: str
    created_at: datetime
    changed_at: datetime
    delimiter: str
    line_ending: str
    state: str = "Open"
    ends_at: datetime | None = None
    error: str | None = None
    processed: int = 0
    failed: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    def base(self) -> dict[str, Any]:
        """What every answer says of a job."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.author,
            "createdDate": stamp(self.created_at),
            "systemModstamp": stamp(self.changed_at),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version.removeprefix("v")),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }

    def counts(self) -> dict[str, Any]:
        """What only the answer about one job adds."""
        return {
            "numberRecordsProcessed": self.processed,
            "numberRecordsFailed": self.failed,
            "retries": 0,
            "totalProcessingTime": self.processed // 10,
            "apiActiveProcessingTime": self.processed // 10,
            "apexProcessingTime": 0,
            "errorMessage": self.error or "",
        }


class Jobs:
    """The jobs of one kind. seconds: how long the work of a job takes by the org's clock."""

    def __init__(self, data: OrgData, first: int) -> None:
        """first: where the ids of this kind begin."""
        self.seconds = 0.0
        self._data = data
        self._jobs: dict[str, Job] = {}
        self._first = first

    def make(self, **given: Any) -> Job:
        """A new job."""
        now = self._data.now()
        number = self._first + len(self._jobs) + 1
        job = Job(id=make_id(JOB_PREFIX, number), created_at=now, changed_at=now, **given)
        self._jobs[job.id] = job
        return job

    def get(self, job_id: str) -> Job:
        """A job, as far as its work has come. Raises ApiError."""
        job = self._jobs.get(normal_id(job_id) or "")
        if job is None:
            raise not_found()
        return job

    def forget(self, job: Job) -> None:
        """Delete a job with its data. Raises ApiError if it is at work."""
        if job.state not in DONE:
            raise wrong_state(f"Cannot delete a job in the state {job.state}")
        del self._jobs[job.id]

    def all(self) -> Sequence[Job]:
        """All jobs, the latest first."""
        return tuple(reversed(self._jobs.values()))

    def begin(self, job: Job) -> None:
        """The work begins."""
        self.move(job, "UploadComplete")
        job.ends_at = self._data.clock.now() + timedelta(seconds=self.seconds)

    def is_due(self, job: Job) -> bool:
        """Whether the work can be done now; a job that waits is in progress."""
        if job.state not in _WAITING or job.ends_at is None:
            return False
        if self._data.clock.now() >= job.ends_at:
            return True
        self.move(job, "InProgress")
        return False

    def move(self, job: Job, state: str) -> None:
        """Another state."""
        job.state, job.changed_at = state, self._data.now()

    def abort(self, job: Job) -> None:
        """Stop a job that is not done. Raises ApiError."""
        if job.state in DONE:
            raise wrong_state(f"Job already {job.state}; it cannot be aborted")
        self.move(job, "Aborted")


def wrong_state(text: str) -> ApiError:
    """A job is not where the call would have it [code from memory]."""
    return ApiError(400, "INVALIDJOBSTATE", text)


def wanted_text(body: Mapping[str, Any], name: str) -> str:
    """A text that a job cannot do without. Raises ApiError."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ApiError(400, "INVALIDJOB", f"{name} is required")
    return value
