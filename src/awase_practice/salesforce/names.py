"""The names in a query: objects, fields and parents, with the vendor's words for those it does not know."""

from __future__ import annotations

from typing import Any

from ..kernel.rows import Row
from .data import OrgData
from .errors import ApiError
from .fields import Field, ObjectType
from .records import Reader, reader_of
from .soql import excerpt
from .soql_tree import Path
from .stock_setup import OWNER_NAME


class Names:
    """Resolves the names of one query as the API's user sees the org. All methods raise ApiError."""

    def __init__(self, data: OrgData, text: str) -> None:
        self._data = data
        self.text = text

    def object(self, path: Path) -> ObjectType:
        """The object after FROM."""
        kind = self._data.kind(path.parts[0])
        if kind is None:
            raise ApiError(
                400,
                "INVALID_TYPE",
                f"{excerpt(self.text, path.at)}sObject type '{path.parts[0]}' is not supported. If you are "
                "attempting to use a custom object, be sure to append the '__c' after the entity name. Please "
                "reference your WSDL or the describe call for the appropriate names.",
            )
        return kind

    def parent(self, kind: ObjectType, part: str, path: Path) -> tuple[Field, ObjectType]:
        """The reference field and the object behind one relationship name."""
        through = kind.by_relationship.get(part.lower())
        target = self._behind(through) if through else None
        if through is None or target is None:
            text = (
                f"{excerpt(self.text, path.at)}Didn't understand relationship '{part}' in field path. If you are "
                "attempting to use a custom relationship, be sure to append the '__r' after the custom relationship "
                "name. Please reference your WSDL or the describe call for the appropriate names."
            )
            raise ApiError(400, "INVALID_FIELD", text)
        return through, target

    def child(self, kind: ObjectType, path: Path) -> tuple[ObjectType, Field]:
        """The object and its reference field behind the relationship of a sub-select."""
        found = self._data.child_relationship(kind.name, path.parts[0])
        if found is None:
            text = (
                f"{excerpt(self.text, path.at)}Didn't understand relationship '{path.parts[0]}' in FROM part of query "
                "call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom "
                "relationship name. Please reference your WSDL or the describe call for the appropriate names."
            )
            raise ApiError(400, "INVALID_TYPE", text)
        return found

    def _behind(self, through: Field) -> ObjectType | None:
        several = len(through.reference_to) > 1
        return OWNER_NAME if several else self._data.kind(through.reference_to[0])

    def field(self, kind: ObjectType, name: str, path: Path) -> Field:
        """A field of an object."""
        field = kind.find(name)
        if field is None:
            text = (
                f"{excerpt(self.text, path.at)}No such column '{name}' on entity '{kind.name}'. If you are "
                "attempting to use a custom field, be sure to append the '__c' after the custom field name. Please "
                "reference your WSDL or the describe call for the appropriate names."
            )
            raise ApiError(400, "INVALID_FIELD", text)
        return field

    def reader(self, kind: ObjectType, path: Path) -> tuple[Field, Reader]:
        """A field, possibly of a parent, and how it is read from a row."""
        steps = []
        for part in path.parts[:-1]:
            through, kind = self.parent(kind, part, path)
            steps.append(reader_of(self._data, through))
        field = self.field(kind, path.parts[-1], path)
        read = reader_of(self._data, field)
        if not steps:
            return field, read

        def through_parents(row: Row) -> Any:
            at: Row | None = row
            for read_id in steps:
                at = self._data.row(read_id(at) or "") if at else None
            return read(at) if at else None

        return field, through_parents
