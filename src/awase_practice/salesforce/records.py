"""Rows as answers show them: one reader for each field, and records made of readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from ..kernel.rows import Row
from .data import OrgData, shown_name
from .fields import Field, ObjectType
from .stock_setup import OWNER_SHOWN_NAME, OWNER_TYPE
from .values import stamp

Reader = Callable[[Row], Any]
Children = Callable[[Row], list[Row]]


def reader_of(data: OrgData, field: Field) -> Reader:
    """How the value of a field is read from a row."""
    name = field.name
    if name == "Id":
        return attrgetter("id")
    if name in {"SystemModstamp", "LastModifiedDate"}:
        return lambda row: stamp(row.modified_at)
    if name == "CreatedDate":
        return lambda row: stamp(row.created_at)
    if name == "IsDeleted":
        return lambda row: row.deleted_at is not None
    if name == "CreatedById":
        return lambda row: data.user_id(row.created_by)
    if name == "LastModifiedById":
        return lambda row: data.user_id(row.modified_by)
    if field is OWNER_TYPE:
        return lambda row: "Queue" if (kind := data.kind_of_id(row.id)) == "Group" else kind
    if field is OWNER_SHOWN_NAME:
        return lambda row: row.values.get("Name") or shown_name(row.values) or row.values.get("Subject")
    if field.derived:
        return lambda row: shown_name(row.values)
    return lambda row: row.values.get(name)


class RecordShape:
    """Which fields an answer shows of rows of one object, parents included."""

    def __init__(self, data: OrgData, kind: ObjectType, version: str) -> None:
        base = "tooling/sobjects" if kind.tooling else "sobjects"
        self.kind = kind
        self._data = data
        self._version = version
        self._url = f"/services/data/{version}/{base}/"
        self._readers: dict[str, Reader] = {}
        self._parents: dict[str, tuple[Reader, RecordShape]] = {}
        self._children: dict[str, tuple[Children, RecordShape]] = {}

    @property
    def fields(self) -> Mapping[str, Reader]:
        """The readers by name."""
        return self._readers

    def add(self, field: Field) -> None:
        """Show a field of the object itself."""
        self._readers[field.name] = reader_of(self._data, field)

    def parent(self, through: Field, kind: ObjectType) -> RecordShape:
        """The shape of a parent, to which fields can be added."""
        name = through.relationship or through.name
        if name not in self._parents:
            shape = RecordShape(self._data, kind, self._version)
            self._parents[name] = (reader_of(self._data, through), shape)
        return self._parents[name][1]

    def add_children(self, name: str, rows_of: Children, shape: RecordShape) -> None:
        """Show the rows that hang on a row, under the name of their relationship."""
        self._children[name] = (rows_of, shape)

    def show(self, row: Row) -> dict[str, Any]:
        """One record."""
        url = f"{self._url}{self._data.kind_of_id(row.id) or self.kind.name}/{row.id}"
        record: dict[str, Any] = {"attributes": {"type": self.kind.name, "url": url}}
        for name, read in self._readers.items():
            record[name] = read(row)
        for name, (read_id, shape) in self._parents.items():
            parent_id = read_id(row)
            parent = self._data.row(parent_id) if parent_id else None
            record[name] = shape.show(parent) if parent and self._data.is_visible(parent) else None
        for name, (rows_of, shape) in self._children.items():
            shown = [shape.show(each) for each in rows_of(row)]
            record[name] = {"totalSize": len(shown), "done": True, "records": shown} if shown else None
        return record


def whole_shape(data: OrgData, kind: ObjectType, version: str) -> RecordShape:
    """All fields of an object."""
    shape = RecordShape(data, kind, version)
    for field in kind.fields:
        shape.add(field)
    return shape
