"""An org's rows with their history in a file, so that a practice org can go on where it stopped."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from .rows import Change, Row, Table


def write_snapshot(path: Path, tables: dict[str, Table]) -> None:
    """Write all tables; the file is complete or untouched."""
    document = {
        name: {"made": table.made, "rows": [_plain(row) for row in table.all()]}
        for name, table in tables.items()
    }
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(orjson.dumps(document))
    os.replace(beside, path)


def read_snapshot(path: Path, tables: dict[str, Table]) -> None:
    """Fill the org's tables from a file; what was in them under the same ids is replaced.

    Raises ValueError if the file is no snapshot of an org with these tables.
    """
    document = orjson.loads(path.read_bytes())
    if not isinstance(document, dict) or not document.keys() <= tables.keys():
        raise ValueError(f"{path} is no snapshot of this org")
    for name, kept in document.items():
        tables[name].made = kept["made"]
        for plain in kept["rows"]:
            tables[name].adopt(_row(plain))


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
