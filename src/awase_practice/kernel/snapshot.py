"""An org in a file, so that a practice org can go on where it stopped.

Kept are the rows with their history, how far the clock was moved, the changes that were made to schema and
settings, the notes, and whatever else the org says it must keep. Sessions and armed faults are not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import orjson

from .control import Control
from .org import ControlRefused, PracticeOrg
from .rows import Change, Row

_FORM = 1


@runtime_checkable
class KeepsMore(Protocol):
    """An org with state outside its tables that a client would miss: keys, refresh tokens, consent."""

    def keep(self) -> dict[str, Any]:
        """That state as JSON."""
        ...

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on with what ``keep`` gave."""
        ...


def write_snapshot(path: Path, org: PracticeOrg, control: Control, moved: float) -> None:
    """Write everything; the file is complete or untouched. moved: seconds by which the clock was moved."""
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(snapshot_of(org, control, moved))
    os.replace(beside, path)


def snapshot_of(org: PracticeOrg, control: Control, moved: float) -> bytes:
    """The org as a document, with what one signs in with. moved: seconds by which the clock was moved."""
    document = {
        "form": _FORM,
        "vendor": org.vendor,
        "name": org.name,
        "seed": org.seed,
        "org_id": org.org_id,
        "moved": moved,
        "changes": control.changes,
        "notes": control.notes,
        "tables": {
            name: {"made": table.made, "rows": [_plain(row) for row in table.all()]}
            for name, table in org.tables.items()
        },
        "more": org.keep() if isinstance(org, KeepsMore) else {},
    }
    return orjson.dumps(document)


def read_snapshot(path: Path, org: PracticeOrg, control: Control) -> float:
    """Fill an empty org from a file; the seconds by which its clock was moved.

    Raises ValueError if the file is no snapshot of this org.
    """
    document = orjson.loads(path.read_bytes())
    wanted = {"form": _FORM, "vendor": org.vendor, "org_id": org.org_id}
    if not isinstance(document, dict) or {name: document.get(name) for name in wanted} != wanted:
        raise ValueError(f"{path} is no snapshot of the {org.vendor} org {org.org_id}")
    try:
        control.repeat(document["changes"])
    except ControlRefused as refusal:
        raise ValueError(f"{path} holds a change that this org refuses: {refusal}") from refusal
    control.notes.update(document["notes"])
    for name, kept in document["tables"].items():
        org.tables[name].made = kept["made"]
        for plain in kept["rows"]:
            org.tables[name].adopt(_row(plain))
    if isinstance(org, KeepsMore):
        org.take_up(document["more"])
    return float(document["moved"])


def _plain(row: Row) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in _ROW_FIELDS}
    plain["history"] = [asdict(change) for change in row.history]
    return plain


_ROW_FIELDS = ("id", "values", "created_at", "created_by", "modified_at", "modified_by", "deleted_at")


def _row(plain: dict[str, Any]) -> Row:
    return Row(
        id=plain["id"],
        values=plain["values"],
        created_at=datetime.fromisoformat(plain["created_at"]),
        created_by=plain["created_by"],
        modified_at=datetime.fromisoformat(plain["modified_at"]),
        modified_by=plain["modified_by"],
        deleted_at=datetime.fromisoformat(plain["deleted_at"]) if plain["deleted_at"] else None,
        history=[Change(**{**c, "at": datetime.fromisoformat(c["at"])}) for c in plain["history"]],
    )
