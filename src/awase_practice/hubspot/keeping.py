"""What of a portal's definitions a snapshot must keep: those that calls changed, which no control change repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from .properties import Property
from .state import PortalState


def keep(state: PortalState) -> dict[str, Any]:
    """The groups and the properties that differ from the stock, by object."""
    return {
        "objects": {
            key: {
                "groups": records.groups,
                "properties": [asdict(each) for each in records.properties.differing()],
            }
            for key, records in state.records.items()
        }
    }


def take_up(state: PortalState, kept: Mapping[str, Any]) -> None:
    """Go on with what ``keep`` gave; a snapshot of an older portal has nothing of it."""
    for key, objects in kept.get("objects", {}).items():
        records = state.records[key]
        records.groups = dict(objects["groups"])
        for plain in objects["properties"]:
            stamps = {name: datetime.fromisoformat(plain[name]) for name in ("created_at", "updated_at")}
            records.properties.put(Property(**{**plain, **stamps}))
        records.unique.rebuild()
