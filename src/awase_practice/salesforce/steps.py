"""What is done to one record of many: each step either gives its result or raises RowRefused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..kernel.rows import Row
from .data import OrgData
from .errors import refused
from .fields import Field, ObjectType
from .ids import normal_id
from .rest import Rest, values_of
from .save import Saver
from .writer import Writer

Result = dict[str, Any]
Step = Callable[[], Result]


class Steps:
    """Makes the steps of collections and bulk jobs."""

    def __init__(self, data: OrgData, saver: Saver, rest: Rest) -> None:
        self._data, self._saver, self._rest = data, saver, rest

    def creation(self, kind: ObjectType, record: Mapping[str, Any], writer: Writer) -> Step:
        """Create a row."""

        def step() -> Result:
            row = self._saver.create(kind, values_of(record), writer)
            return {"id": row.id, "success": True, "errors": []}

        return step

    def change(self, kind: ObjectType, record: Mapping[str, Any], writer: Writer) -> Step:
        """Change the row that the record names by its id."""

        def step() -> Result:
            row = self._row(kind, next((record[name] for name in record if name.lower() == "id"), None))
            self._saver.update(kind, row, values_of(record), writer)
            return {"id": row.id, "success": True, "errors": []}

        return step

    def deletion(self, row_id: str, writer: Writer) -> Step:
        """Delete the row with this id."""

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

    def laying(
        self,
        kind: ObjectType,
        key: Field,
        value: Any,
        record: Mapping[str, Any],
        *,
        twice: bool,
        writer: Writer,
    ) -> Step:
        """Upsert by the value of a key field. twice: the same key stands in another record of the same call."""

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


def value_of(record: Mapping[str, Any], field: Field) -> Any:
    """What a record holds under a field's name, whatever its case."""
    return next((value for name, value in record.items() if name.lower() == field.name.lower()), None)
