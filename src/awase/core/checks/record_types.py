"""Record types: one that does not exist, is not active, or may not be given by the integration user."""

from __future__ import annotations

from collections.abc import Iterator

from awase.core.checks.check import Check, Outgoing
from awase.core.schema import Field, ObjectSchema

_ID_LENGTH = 15
"""Characters by which ids are told apart; three more only guard against folding of case."""


def checks(field: Field, out: Outgoing, object: ObjectSchema) -> Iterator[Check]:
    if not field.sorts or object.record_types is None:
        return
    usable = [sort.id[:_ID_LENGTH] for sort in object.record_types if sort.available]
    unknown = out.value.is_not_null() & ~out.value.str.head(_ID_LENGTH).is_in(usable)
    names = "; ".join(sort.label for sort in object.record_types if sort.available)
    yield Check("record_type", out.sent & unknown.fill_null(value=False), detail={"allowed": names})
