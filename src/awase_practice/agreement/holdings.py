"""What both orgs hold at one moment, taken through their control APIs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..seeds.control import Control, rows

Row = Mapping[str, Any]
OBJECTS: Final = (("hubspot", "contact"), ("salesforce", "Contact"), ("salesforce", "Lead"))
"""Vendor and object; of the CRM's two the one that counts first comes first."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Live records by object and id, each org's own time, and each org's id."""

    rows: Mapping[str, Mapping[str, Row]]
    now: Mapping[str, datetime]
    org_ids: Mapping[str, str]

    def records(self) -> Iterator[tuple[str, str, Row]]:
        """Object, id and row of every record."""
        for object, by_id in self.rows.items():
            for id, row in by_id.items():
                yield object, id, row


async def take(hubspot: Control, salesforce: Control) -> Holdings:
    """What both hold now."""
    controls = {"hubspot": hubspot, "salesforce": salesforce}
    states = {vendor: await control.ask("state") for vendor, control in controls.items()}
    found = {
        object: {str(row["id"]): row for row in await rows(controls[vendor], object)}
        for vendor, object in OBJECTS
    }
    return Holdings(
        found,
        {vendor: datetime.fromisoformat(state["now"]) for vendor, state in states.items()},
        {vendor: str(state["org_id"]) for vendor, state in states.items()},
    )
