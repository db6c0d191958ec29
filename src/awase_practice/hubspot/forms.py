"""Forms, and what people sent with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from ..kernel.rows import Row, Table

KINDS: Final = frozenset({"hubspot", "captured", "flow", "blog_comment", "all"})
PARTS: Final = (
    "name",
    "formType",
    "fieldGroups",
    "configuration",
    "displayOptions",
    "legalConsentOptions",
)
"""What of a form a caller says."""


class Forms:
    """The forms of one portal and their submissions, both kept as rows."""

    def __init__(self, portal_id: int) -> None:
        self.table = Table("form", lambda count: str(uuid5(NAMESPACE_URL, f"{portal_id}/form/{count}")))
        self.submissions = Table("form_submission", str)

    def get(self, form_id: str) -> Row | None:
        """A live form; capitals in the id do not matter."""
        return self.table.find(form_id.lower())

    def page(self, archived: bool, kinds: set[str], after: int, limit: int) -> tuple[list[Row], bool]:
        """Forms from a place on, oldest first, and whether there are more."""
        found = [
            row
            for row in self.table.all()
            if (row.deleted_at is not None) == archived
            and ("all" in kinds or row.values["formType"] in kinds)
        ]
        return found[after : after + limit], len(found) > after + limit

    def submitted(self, form_id: str) -> list[Row]:
        """What was sent with a form, newest first."""
        rows = [row for row in self.submissions.all() if row.values["form"] == form_id]
        return rows[::-1]

    def submit(self, form: Row, values: Mapping[str, Any], at: datetime) -> None:
        """Keep what was sent."""
        self.submissions.insert({"form": form.id, **values}, f"form:{form.id}", at)

    def asking_for(self, type_id: str, name: str) -> list[str]:
        """The live forms that ask for a property, by name."""
        return [
            str(form.values["name"])
            for form in self.table.live()
            if any(type_of(each) == type_id and each.get("name") == name for each in fields_of(form.values))
        ]


def fields_of(form: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every field of a form, those that depend on others included."""
    for group in form.get("fieldGroups") or ():
        for each in group.get("fields") or ():
            yield each
            for dependent in each.get("dependentFields") or ():
                if isinstance(dependent.get("dependentField"), Mapping):
                    yield dependent["dependentField"]


def type_of(field: Mapping[str, Any]) -> str:
    """The object that a field writes to: the contact unless it says otherwise."""
    return str(field.get("objectTypeId") or "0-1")
