"""Single rows by id and by external id, describe, limits, and the lists at the root of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kernel.http import HttpRequest, HttpResponse, UnreadableBody, http_date, json_response
from ..kernel.rows import Row
from .data import OrgData
from .describe import describe_body, object_summary, picklist_values
from .errors import ApiError, not_found, refused, wrong_method
from .fields import Field, ObjectType
from .ids import normal_id
from .records import RecordShape, whole_shape
from .references import MASTER_RECORD_TYPE
from .save import Saver
from .values import STRINGLY, WrongJsonType, check_json_type
from .writer import Writer

_NOT_FIELDS = frozenset(("attributes", "id"))


def json_body(request: HttpRequest) -> dict[str, Any]:
    """A JSON object in the body. Raises ApiError as the vendor's parser would."""
    try:
        body = request.json()
    except UnreadableBody as error:
        raise ApiError(
            400, "JSON_PARSER_ERROR", f"Unexpected character in the request body: {error}"
        ) from error
    if not isinstance(body, dict):
        text = "Cannot deserialize instance of complexvalue from START_ARRAY value or request may be missing a required field"
        raise ApiError(400, "JSON_PARSER_ERROR", f"{text} at [line:1, column:1]")
    return body


def read_types(kind: ObjectType, record: Mapping[str, Any], body: bytes) -> None:
    """Check that every value can be read as its field's type. Raises ApiError for the whole call if one cannot."""
    for name, value in record.items():
        field = kind.find(name)
        if field is None or value is None or (type(value) is str and field.type in STRINGLY):
            continue
        try:
            check_json_type(field, value)
        except WrongJsonType as wrong:
            raise _unreadable(wrong, body) from wrong


def _unreadable(wrong: WrongJsonType, body: bytes) -> ApiError:
    value = wrong.value
    found, shown = "VALUE_STRING", str(value)
    if isinstance(value, bool):
        found, shown = ("VALUE_TRUE" if value else "VALUE_FALSE"), str(value).lower()
    elif isinstance(value, int):
        found = "VALUE_NUMBER_INT"
    elif isinstance(value, float):
        found = "VALUE_NUMBER_FLOAT"
    elif isinstance(value, dict):
        found, shown = "START_OBJECT", "{"
    elif isinstance(value, list):
        found, shown = "START_ARRAY", "["
    before = body[: max(0, body.find(shown.encode()))].decode("utf-8", "ignore")
    line, column = before.count("\n") + 1, len(before.rsplit("\n", 1)[-1]) + 1
    text = (
        f"Cannot deserialize instance of {wrong.wanted} from {found} value {shown} or request may be missing a "
        f"required field at [line:{line}, column:{column}]"
    )
    return ApiError(400, "JSON_PARSER_ERROR", text)


def values_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a sent record, without what only says which record it is."""
    return {name: value for name, value in record.items() if name.lower() not in _NOT_FIELDS}


class Rest:
    """The calls on single rows and on what describes them."""

    def __init__(self, data: OrgData, saver: Saver) -> None:
        self._data = data
        self._saver = saver

    def kind(self, name: str) -> ObjectType:
        """The object of a path. Raises ApiError 404."""
        kind = self._data.kind(name)
        if kind is None:
            raise not_found()
        return kind

    def objects(self, version: str) -> HttpResponse:
        """The list of objects."""
        names = sorted(self._data.seen)
        seen = [kind for name in names if (kind := self._data.kind(name))]
        summaries = [object_summary(kind, version) for kind in seen]
        return json_response(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries})

    def object_root(self, request: HttpRequest, name: str, version: str, writer: Writer) -> HttpResponse:
        """``/sobjects/X``: what it is (GET), or a new row (POST)."""
        kind = self.kind(name)
        if request.method == "GET":
            return json_response(200, {"objectDescribe": object_summary(kind, version), "recentItems": []})
        if request.method != "POST":
            raise wrong_method(request.method, "HEAD,GET,POST")
        record = json_body(request)
        read_types(kind, record, request.body)
        if any(each.lower() == "id" for each in record):
            raise refused("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
        row = self._saver.create(kind, values_of(record), writer)
        place = {"Location": f"/services/data/{version}/sobjects/{kind.name}/{row.id}"}
        return json_response(201, {"id": row.id, "success": True, "errors": []}, place)

    def describe(self, request: HttpRequest, name: str, version: str) -> HttpResponse:
        """``/sobjects/X/describe``; 304 for who knows it already."""
        self.kind(name)
        changed = http_date(self._data.schema_changed_at)
        if request.headers.get("if-modified-since") == changed:
            return HttpResponse(304, {"Last-Modified": changed})
        headers = {"Content-Type": "application/json;charset=UTF-8", "Last-Modified": changed}
        return HttpResponse(
            200, headers, describe_body(self.kind(name), self._data.child_relationships(name), version)
        )

    def picklist_values(
        self, request: HttpRequest, name: str, record_type: str, version: str
    ) -> HttpResponse:
        """``/ui-api/object-info/X/picklist-values/RECORD-TYPE``: what a record type allows [shape from memory]."""
        if request.method != "GET":
            raise wrong_method(request.method, "HEAD,GET")
        kind = self.kind(name)
        named = next((each for each in kind.record_types if each.id == normal_id(record_type)), None)
        if named is None and normal_id(record_type) != MASTER_RECORD_TYPE:
            raise not_found()
        return json_response(200, picklist_values(kind, named, version))

    def tooling_row(self, name: str, row_id: str, version: str) -> HttpResponse:
        """``/tooling/sobjects/X/ID``."""
        kind = self._tooling_kind(name)
        row = self._data.row(normal_id(row_id) or row_id)
        if row is None or row.deleted_at is not None or self._data.tables[kind.name].get(row.id) is not row:
            raise not_found()
        return json_response(200, whole_shape(self._data, kind, version).show(row))

    def tooling_describe(self, name: str, version: str) -> HttpResponse:
        """``/tooling/sobjects/X/describe``."""
        headers = {"Content-Type": "application/json;charset=UTF-8"}
        return HttpResponse(200, headers, describe_body(self._tooling_kind(name), (), version))

    def _tooling_kind(self, name: str) -> ObjectType:
        kind = self._data.kind(name, tooling=True)
        if kind is None:
            raise not_found()
        return kind

    def by_id(
        self, request: HttpRequest, name: str, row_id: str, version: str, writer: Writer
    ) -> HttpResponse:
        """``/sobjects/X/ID``."""
        kind = self.kind(name)
        row = self._row(kind, row_id)
        if request.method == "GET":
            if row.deleted_at is not None:
                raise refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
            return json_response(200, self._shape(kind, version, request.first("fields")).show(row))
        if request.method == "PATCH":
            record = json_body(request)
            read_types(kind, record, request.body)
            self._saver.update(kind, row, values_of(record), writer)
        elif request.method == "DELETE":
            self._saver.delete(kind, row, writer)
        else:
            raise wrong_method(request.method, "HEAD,GET,PATCH,DELETE")
        return HttpResponse(204)

    def by_external_id(
        self, request: HttpRequest, name: str, field_name: str, value: str, version: str, writer: Writer
    ) -> HttpResponse:
        """``/sobjects/X/Field__c/value``: read (GET), upsert (PATCH) or delete."""
        kind = self.kind(name)
        field = self.key_field(kind, field_name)
        rows = self.matches(kind, field, value)
        if len(rows) > 1:
            urls = [f"/services/data/{version}/sobjects/{kind.name}/{row.id}" for row in rows]
            return json_response(300, urls)
        if request.method == "GET":
            if not rows:
                raise not_found()
            return json_response(200, self._shape(kind, version, request.first("fields")).show(rows[0]))
        if request.method == "DELETE":
            if not rows:
                raise not_found()
            self._saver.delete(kind, rows[0], writer)
            return HttpResponse(204)
        if request.method != "PATCH":
            raise wrong_method(request.method, "HEAD,GET,PATCH,DELETE")
        return self._upsert(request, kind, field, value, rows[0] if rows else None, writer)

    def key_field(self, kind: ObjectType, name: str) -> Field:
        """A field that rows can be found by. Raises ApiError 404."""
        field = kind.find(name)
        if field is None or not (field.external_id or field.id_lookup):
            text = f"Provided external ID field does not exist or is not accessible: {name}"
            raise ApiError(404, "NOT_FOUND", text)
        return field

    def matches(self, kind: ObjectType, field: Field, value: Any) -> list[Row]:
        """The live rows with this value in a key field."""
        table = self._data.tables[kind.name]
        if field.name == "Id":
            found = table.find(normal_id(str(value)) or "")
            return [found] if found else []
        ids = self._data.index(kind.name, field).find(value)
        return [row for each in ids if (row := table.find(each)) and self._data.is_visible(row)]

    def _upsert(
        self,
        request: HttpRequest,
        kind: ObjectType,
        field: Field,
        value: str,
        row: Row | None,
        writer: Writer,
    ) -> HttpResponse:
        record = json_body(request)
        read_types(kind, record, request.body)
        values = values_of(record)
        if any(name.lower() == field.name.lower() for name in values):
            text = f"The {field.name} field should not be specified in the sobject data."
            raise refused("INVALID_FIELD", text, field.name)
        if row is not None:
            self._saver.update(kind, row, values, writer)
            return json_response(200, {"id": row.id, "success": True, "errors": [], "created": False})
        if request.first("updateOnly") == "true":
            raise not_found()
        row = self._saver.create(kind, {**values, field.name: value}, writer)
        return json_response(201, {"id": row.id, "success": True, "errors": [], "created": True})

    def _row(self, kind: ObjectType, row_id: str) -> Row:
        whole = normal_id(row_id)
        if whole is None:
            raise ApiError(400, "MALFORMED_ID", f"malformed id {row_id}")
        row = self._data.tables[kind.name].get(whole)
        if row is None or not self._data.is_visible(row):
            raise not_found()
        return row

    def _shape(self, kind: ObjectType, version: str, wanted: str | None) -> RecordShape:
        if not wanted:
            return whole_shape(self._data, kind, version)
        shape = RecordShape(self._data, kind, version)
        for name in wanted.split(","):
            field = kind.find(name.strip())
            if field is None:
                raise refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
            shape.add(field)
        return shape
