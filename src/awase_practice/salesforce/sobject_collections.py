"""Up to 200 rows in one call: create, update, upsert, delete and read. Results stand in the order of the request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ..kernel.faults import FaultPlan
from ..kernel.http import HttpRequest, HttpResponse, json_response
from ..kernel.rows import Row
from .data import OrgData, Savepoint
from .errors import ApiError, RowError, RowRefused, refused, wrong_method
from .fields import Field, ObjectType
from .ids import normal_id
from .records import RecordShape
from .rest import Rest, json_body, read_types, values_of
from .save import Saver
from .writer import Writer

MOST_RECORDS = 200
_MOST_RUNS = 10
_ROLLED_BACK = RowError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)

Result = dict[str, Any]
Step = Callable[[], Result]


class Collections:
    """The calls under ``/composite/sobjects``."""

    def __init__(self, data: OrgData, saver: Saver, rest: Rest, faults: FaultPlan) -> None:
        self._data = data
        self._saver = saver
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
            steps: list[Step] = [self._deletion(each, writer) for each in ids]
            return self._run(steps, request.first("allOrNone") == "true")
        body = json_body(request)
        records = _records(body)
        kinds = [self._kind_of(record) for record in records]
        if sum(1 for _ in groupby(kind.name for kind in kinds)) > _MOST_RUNS:
            text = f"Cannot have more than {_MOST_RUNS} chunks in a single operation. Rearrange the data to reduce chunking."
            raise ApiError(400, "INVALID_INPUT", text)
        for kind, record in zip(kinds, records, strict=True):
            read_types(kind, record, request.body)
        make = self._creation if request.method == "POST" else self._change
        steps = [make(kind, record, writer) for kind, record in zip(kinds, records, strict=True)]
        return self._run(steps, body.get("allOrNone") is True)

    def _upsert(self, request: HttpRequest, name: str, key_name: str, writer: Writer) -> HttpResponse:
        kind = self._rest.kind(name)
        key = self._rest.key_field(kind, key_name)
        body = json_body(request)
        records = _records(body)
        for record in records:
            read_types(kind, record, request.body)
        keys = [_value_of(record, key) for record in records]
        often = Counter(each.casefold() for each in keys if isinstance(each, str))
        steps: list[Step] = []
        for record, value in zip(records, keys, strict=True):
            twice = isinstance(value, str) and often[value.casefold()] > 1
            steps.append(self._laying(kind, key, value, record, twice=twice, writer=writer))
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

    def _creation(self, kind: ObjectType, record: Mapping[str, Any], writer: Writer) -> Step:
        def step() -> Result:
            row = self._saver.create(kind, values_of(record), writer)
            return {"id": row.id, "success": True, "errors": []}

        return step

    def _change(self, kind: ObjectType, record: Mapping[str, Any], writer: Writer) -> Step:
        def step() -> Result:
            row = self._row(kind, next((record[name] for name in record if name.lower() == "id"), None))
            self._saver.update(kind, row, values_of(record), writer)
            return {"id": row.id, "success": True, "errors": []}

        return step

    def _deletion(self, row_id: str, writer: Writer) -> Step:
        def step() -> Result:
            whole = normal_id(row_id)
            name = self._data.kind_of_id(whole) if whole else None
            if whole is None or name is None:
                raise refused("MALFORMED_ID", f"malformed id {row_id}")
            kind = self._rest.kind(name)
            row = self._row(kind, whole)
            self._saver.delete(kind, row, writer)
            return {"id": row.id, "success": True, "errors": []}

        return step

    def _laying(
        self,
        kind: ObjectType,
        key: Field,
        value: Any,
        record: Mapping[str, Any],
        *,
        twice: bool,
        writer: Writer,
    ) -> Step:
        def step() -> Result:
            if value is None or (isinstance(value, str) and not value.strip()):
                raise refused("MISSING_ARGUMENT", f"{key.name} not specified")
            if twice:
                raise refused("DUPLICATE_VALUE", f"Duplicate external id specified: {value}")
            rows = self._rest.matches(kind, key, value.strip() if isinstance(value, str) else value)
            if len(rows) > 1:
                ids = ", ".join(row.id for row in rows)
                text = f"{key.name}: more than one record found for external id field: [{ids}]"
                raise refused("DUPLICATE_EXTERNAL_ID", text, key.name)
            values = values_of(record)
            if rows:
                self._saver.update(kind, rows[0], values, writer)
                return {"id": rows[0].id, "success": True, "errors": [], "created": False}
            row = self._saver.create(kind, values, writer)
            return {"id": row.id, "success": True, "errors": [], "created": True}

        return step

    def _row(self, kind: ObjectType, row_id: Any) -> Row:
        if not row_id:
            raise refused("MISSING_ARGUMENT", "Id not specified in an update call")
        whole = normal_id(str(row_id))
        if whole is None:
            raise refused("MALFORMED_ID", f"malformed id {row_id}", "Id")
        if self._data.kind_of_id(whole) != kind.name:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        row = self._data.row(whole)
        if row is None:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        return row

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


def _value_of(record: Mapping[str, Any], field: Field) -> Any:
    return next((value for name, value in record.items() if name.lower() == field.name.lower()), None)


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
