"""Required fields: empty where a record is created, or cleared by an update."""

from __future__ import annotations

from collections.abc import Iterator

from awase.core.checks.check import Check, Outgoing
from awase.core.schema import Field


def checks(field: Field, out: Outgoing) -> Iterator[Check]:
    if field.required:
        yield Check("required_value_missing", out.value.is_null() & (out.creating | out.sent))
