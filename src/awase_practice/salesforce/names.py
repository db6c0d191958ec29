"""The names in a query: objects, fields and parents, with the vendor's words for those it does not know."""

from __future__ import annotations

from typing import Any

from ..kernel.rows import Row
from .data import OrgData
from .date_literals import DATE_FUNCTIONS, part_of
from .errors import ApiError
from .fields import Field, ObjectType
from .records import Reader, reader_of
from .soql_tokens import excerpt, malformed
from .soql_tree import Item, Path
from .stock_setup import OWNER_NAME


class Names:
    """Resolves the names of one query as the API's user sees the org. All methods raise ApiError."""

    def __init__(
        self, data: OrgData, text: str, called: frozenset[str] = frozenset(), *, tooling: bool = False
    ) -> None:
        """called: what the object of the query may be called in its paths, in lower case."""
        self._tooling = tooling
        self._data = data
        self.text = text
        self._called = called

    def parts(self, kind: ObjectType, path: Path) -> tuple[str, ...]:
        """A path without the name of the query's own object at its head."""
        head = path.parts[0].lower()
        if len(path.parts) > 1 and head in self._called and head not in kind.by_relationship:
            return path.parts[1:]
        return path.parts

    def object(self, path: Path) -> ObjectType:
        """The object after FROM."""
        kind = self._data.kind(path.parts[0], tooling=self._tooling)
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
        return OWNER_NAME if several else self._data.kind(through.reference_to[0], tooling=self._tooling)

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
        parts = self.parts(kind, path)
        for part in parts[:-1]:
            through, kind = self.parent(kind, part, path)
            steps.append(reader_of(self._data, through))
        field = self.field(kind, parts[-1], path)
        read = reader_of(self._data, field)
        if not steps:
            return field, read

        def through_parents(row: Row) -> Any:
            at: Row | None = row
            for read_id in steps:
                at = self._data.row(read_id(at) or "") if at else None
            return read(at) if at else None

        return field, through_parents

    def item(self, kind: ObjectType, item: Item) -> tuple[Field, Reader]:
        """A field or a part of a date, and how it is read from a row."""
        if isinstance(item, Path):
            return self.reader(kind, item)
        if item.path is None or item.name not in DATE_FUNCTIONS:
            raise malformed(f"{excerpt(self.text, item.at)}unexpected token: '{item.name}'")
        field, read = self.reader(kind, item.path)
        if field.type not in {"date", "datetime"}:
            text = f"{excerpt(self.text, item.at)}field {field.name} does not support date function {item.name.upper()}"
            raise ApiError(400, "INVALID_FIELD", text)
        name = item.name
        return PARTS[name == "day_only"], lambda row: part_of(name, read(row))


PARTS = (Field("Part", "Part", "int", digits=9), Field("Day", "Day", "date"))
"""What parts of dates are, as fields: numbers, or days."""
