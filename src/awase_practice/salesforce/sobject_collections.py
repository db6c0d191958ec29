"""Up to 200 rows in one call: create, update, upsert, delete and read. Results stand in the order of the request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from ..kernel.faults import FaultPlan
from ..kernel.http import HttpRequest, HttpResponse, json_response
from .data import OrgData, Savepoint
from .errors import ApiError, RowError, RowRefused, refused, wrong_method
from .fields import ObjectType
from .ids import normal_id
from .records import RecordShape
from .rest import Rest, json_body, read_types
from .save import Saver
from .steps import Result, Step, Steps, value_of
from .writer import Writer

MOST_RECORDS = 200
_MOST_RUNS = 10
_ROLLED_BACK = RowError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


class Collections:
    """The calls under ``/composite/sobjects``."""

    def __init__(self, data: OrgData, saver: Saver, rest: Rest, faults: FaultPlan) -> None:
        self._data = data
        self._steps = Steps(data, saver, rest)
        self._rest = rest
        self._faults = faults

    def handle(
        self, request: HttpRequest, rest_of_path: Sequence[str], version: str, writer: Writer
    ) -> HttpResponse:
        """Answer a call by what stands after ``/composite/sobjects``. Raises ApiError."""
        match request.method, tuple(rest_of_path):
            case (("POST" | "PATCH" | "DELETE"), ()):
                return self._write(request, writer)
            case "PATCH", (name, key):
                return self._upsert(request, name, key, writer)
            case (("GET" | "POST"), (name,)):
                return self._read(request, name, version)
            case _:
                raise wrong_method(request.method, "GET,POST,PATCH,DELETE")

    def _write(self, request: HttpRequest, writer: Writer) -> HttpResponse:
        if request.method == "DELETE":
            ids = [each for each in (request.first("ids") or "").split(",") if each]
            _limit(len(ids), "ids")
            steps: list[Step] = [self._steps.deletion(each, writer) for each in ids]
            return self._run(steps, request.first("allOrNone") == "true")
        body = json_body(request)
        records = _records(body)
        kinds = [self._kind_of(record) for record in records]
        if sum(1 for _ in groupby(kind.name for kind in kinds)) > _MOST_RUNS:
            text = f"Cannot have more than {_MOST_RUNS} chunks in a single operation. Rearrange the data to reduce chunking."
            raise ApiError(400, "INVALID_INPUT", text)
        for kind, record in zip(kinds, records, strict=True):
            read_types(kind, record, request.body)
        make = self._steps.creation if request.method == "POST" else self._steps.change
        steps = [make(kind, record, writer) for kind, record in zip(kinds, records, strict=True)]
        return self._run(steps, body.get("allOrNone") is True)

    def _upsert(self, request: HttpRequest, name: str, key_name: str, writer: Writer) -> HttpResponse:
        kind = self._rest.kind(name)
        key = self._rest.key_field(kind, key_name)
        body = json_body(request)
        records = _records(body)
        for record in records:
            read_types(kind, record, request.body)
        keys = [value_of(record, key) for record in records]
        often = Counter(each.casefold() for each in keys if isinstance(each, str))
        steps: list[Step] = []
        for record, value in zip(records, keys, strict=True):
            twice = isinstance(value, str) and often[value.casefold()] > 1
            steps.append(self._steps.laying(kind, key, value, record, twice=twice, writer=writer))
        return self._run(steps, body.get("allOrNone") is True)

    def _read(self, request: HttpRequest, name: str, version: str) -> HttpResponse:
        kind = self._rest.kind(name)
        if request.method == "POST":
            body = json_body(request)
            ids, wanted = body.get("ids") or [], body.get("fields") or []
        else:
            ids = (request.first("ids") or "").split(",")
            wanted = (request.first("fields") or "").split(",")
        shape = RecordShape(self._data, kind, version)
        for each in wanted:
            field = kind.find(each.strip())
            if field is None:
                raise ApiError(
                    400, "INVALID_FIELD", f"No such column '{each}' on sobject of type {kind.name}"
                )
            shape.add(field)
        table = self._data.tables[kind.name]
        rows = [table.find(normal_id(each) or "") for each in ids]
        shown = [shape.show(row) if row and self._data.is_visible(row) else None for row in rows]
        return json_response(200, shown)

    def _run(self, steps: Sequence[Step], all_or_none: bool) -> HttpResponse:
        savepoint = Savepoint(self._data.tables.values()) if all_or_none else None
        locked = None
        if self._faults.fire("batch.lock") is not None:
            locked = self._faults.reached["batch.lock"] * 7 % len(steps)
        results = []
        for place, step in enumerate(steps):
            try:
                if place == locked:
                    raise _locked()
                results.append(step())
            except RowRefused as refusal:
                errors = [error.in_collection() for error in refusal.errors]
                results.append({"success": False, "errors": errors})
        if savepoint is not None:
            results = _together(results, savepoint)
        if results and self._faults.fire("batch.fewer") is not None:
            results = results[:-1]
        return json_response(200, results)

    def _kind_of(self, record: Mapping[str, Any]) -> ObjectType:
        attributes = record.get("attributes")
        name = attributes.get("type") if isinstance(attributes, dict) else None
        if not isinstance(name, str):
            raise ApiError(400, "INVALID_INPUT", "Include an attributes object with a type for each record.")
        kind = self._data.kind(name)
        if kind is None:
            raise ApiError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return kind


def _records(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise ApiError(400, "INVALID_INPUT", "The request needs an array of records.")
    _limit(len(records), "records")
    return records


def _limit(count: int, what: str) -> None:
    if count > MOST_RECORDS:
        text = f"record limit reached. cannot submit more than {MOST_RECORDS} records in this operation"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", text)
    if not count:
        raise ApiError(400, "INVALID_INPUT", f"The request has no {what}.")


def _locked() -> RowRefused:
    text = "unable to obtain exclusive access to this record or 1 records"
    return refused("UNABLE_TO_LOCK_ROW", text)


def _together(results: list[Result], savepoint: Savepoint) -> list[Result]:
    if all(result["success"] for result in results):
        savepoint.release()
        return results
    savepoint.roll_back()
    rolled_back = {"success": False, "errors": [_ROLLED_BACK.in_collection()]}
    return [rolled_back if result["success"] else result for result in results]
