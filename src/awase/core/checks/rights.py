"""What the integration user may not do: make records of an object, change them, or fill in a field of a new one.

A mapped field that may never be written is refused when the mapping is bound.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from awase.core.checks.check import Check, Outgoing
from awase.core.schema import Field, ObjectSchema


def checks(field: Field, out: Outgoing) -> Iterator[Check]:
    if not field.createable and not field.relation:
        yield Check("field_permission", out.creating & out.sent)


def of_object(object: ObjectSchema) -> Iterator[Check]:
    """What is refused for every record of the object."""
    creating = pl.col("_create")
    if not object.createable:
        yield Check("insufficient_access", creating)
    if not object.updateable:
        yield Check("insufficient_access", ~creating)
