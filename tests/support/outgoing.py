"""Writes as preflight sees them, for tests that hold what is foreseen against what an org answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from awase.core.checks import Target
from awase.core.checks.check import Outgoing
from awase.core.schema import ObjectSchema
from awase.core.values import DTYPES

Rows = Sequence[Mapping[str, Any]]


def outgoing(
    object: ObjectSchema, writes: Rows, stored: Rows, names: Sequence[str], now: datetime | None = None
) -> tuple[pl.DataFrame, Target]:
    """The frame of these writes to records of which this is stored (nothing: they are created), and their target.

    ``names``: the fields that are mapped; a write sends those that it holds.
    """
    columns: dict[str, Any] = {"_link": range(len(writes)), "_create": [not one for one in stored]}
    columns["_target"] = pl.Series([one.get("Id") for one in stored], dtype=pl.String)
    for name in names:
        dtype = DTYPES[object.fields[name].kind]
        columns[f"set:{name}"] = pl.Series([row.get(name) for row in writes], dtype=dtype)
        columns[f"sends:{name}"] = [name in row for row in writes]
        columns[f"before:{name}"] = pl.Series([one.get(name) for one in stored], dtype=dtype)
    return pl.DataFrame(columns), Target(object, {name: _out(name) for name in names}, "Asia/Tokyo", now)


def _out(name: str) -> Outgoing:
    return Outgoing(
        value=pl.col(f"set:{name}"),
        source=pl.col(f"set:{name}"),
        sent=pl.col(f"sends:{name}"),
        stored=pl.col(f"before:{name}"),
        creating=pl.col("_create"),
        side="crm",
    )
