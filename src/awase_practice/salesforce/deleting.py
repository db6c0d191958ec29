"""The recycle bin: what goes into it together, and comes out of it together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..kernel.rows import Row
from .data import OrgData
from .errors import refused


class Bin:
    """Deletes and restores rows of one org. All methods raise RowRefused."""

    def __init__(self, data: OrgData) -> None:
        self._data = data

    def delete(self, row: Row, author: str) -> None:
        """Put a live row into the bin, with the rows that hang on it."""
        object = self._object(row)
        if object == "Account":
            self._refuse_if_won(row)
        now = self._data.now()
        together = {each.id: each for each in [*self._hanging(row, deleted=False), row]}
        for each in together.values():
            self._data.tables[self._object(each)].delete(each, author, now)

    def restore(self, row: Row, author: str) -> None:
        """Take a row out of the bin, with the rows that were deleted together with it."""
        if row.deleted_at is None or self._data.is_purged(row):
            raise refused("UNDELETE_FAILED", "Entity is not in the recycle bin")
        if any(self._gone(row.values.get(field.name)) for field in self._holds(row)):
            raise refused("UNDELETE_FAILED", "Parent record is in the recycle bin")
        when = (row.deleted_at, row.modified_by)
        together = {row.id: row} | {
            each.id: each
            for each in self._hanging(row, deleted=True)
            if (each.deleted_at, each.modified_by) == when
        }
        for each in together.values():
            self._check_unique(each)
        now = self._data.now()
        for each in together.values():
            table = self._data.tables[self._object(each)]
            if each.values.get("MasterRecordId") is not None:
                table.update(each, {"MasterRecordId": None}, author, now)
            table.restore(each, author, now)

    def _object(self, row: Row) -> str:
        return self._data.kind_of_id(row.id) or ""

    def _hanging(self, row: Row, *, deleted: bool) -> Iterator[Row]:
        for kind, field in self._data.children_of(self._object(row)):
            if not field.cascade:
                continue
            for child in self._data.children(kind, field, row.id, deleted=deleted):
                if (child.deleted_at is not None) == deleted:
                    yield from self._hanging(child, deleted=deleted)
                    yield child

    def _holds(self, row: Row) -> list[Any]:
        return [field for field in self._data.full[self._object(row)].references if field.cascade]

    def _gone(self, parent_id: str | None) -> bool:
        if parent_id is None:
            return False
        parent = self._data.row(parent_id)
        return parent is None or parent.deleted_at is not None

    def _refuse_if_won(self, account: Row) -> None:
        kind = self._data.full["Opportunity"]
        opportunities = self._data.children(kind, kind.by_name["accountid"], account.id)
        won = [str(each.values.get("Name")) for each in opportunities if each.values.get("IsWon")]
        if won:
            text = (
                f"Your attempt to delete {account.values.get('Name')} could not be completed because it is associated "
                f"with the following closed won opportunities: {', '.join(won)}"
            )
            raise refused("DELETE_FAILED", text)

    def _check_unique(self, row: Row) -> None:
        object = self._object(row)
        for field in self._data.full[object].fields:
            value = row.values.get(field.name)
            if not field.unique or value is None:
                continue
            for other in self._data.index(object, field).find(value):
                text = f"duplicate value found: {field.name} duplicates value on record with id: {other[:15]}"
                raise refused("DUPLICATE_VALUE", text)
