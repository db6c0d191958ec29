"""Restricted picklists: a value that is not an active option is refused."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from awase.core.checks.check import Check, Outgoing
from awase.core.schema import Field
from awase.core.values import Kind


def checks(field: Field, out: Outgoing) -> Iterator[Check]:
    if field.options is None or not field.restricted:
        return
    allowed = [o.value for o in field.options if o.active]
    detail = {"allowed": "; ".join(allowed[:40])}
    if field.kind == Kind.TEXTS:
        stray = out.value.list.eval(~pl.element().is_in(allowed)).list.any()
        yield Check("restricted_picklist_value", out.sent & stray.fill_null(value=False), detail=detail)
    elif field.kind == Kind.TEXT:
        yield Check(
            "restricted_picklist_value",
            out.sent & out.value.is_not_null() & ~out.value.is_in(allowed).fill_null(value=False),
            detail=detail,
        )
