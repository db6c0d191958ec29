"""Required fields: empty after the write. The vendor looks at the whole record, whichever fields are written."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from awase.core.checks.check import Check, Outgoing
from awase.core.schema import Field

ERROR_TYPE = "required_value_missing"


def checks(field: Field, out: Outgoing) -> Iterator[Check]:
    if field.required:
        yield Check(ERROR_TYPE, out.empty_after)


def unmapped(creating: pl.Expr) -> Check:
    """A required field that no mapping fills fails every create."""
    return Check(ERROR_TYPE, creating, of_creates=True)
