"""Text: longer than the field holds (counted in characters, as the vendors count), or not an e-mail address."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from awase.core.checks.check import Check, Outgoing
from awase.core.schema import Field
from awase.core.values import Kind

# Only what no vendor's own syntax check lets pass: anything finer is the vendor's to judge.
_PLAUSIBLE_EMAIL = (
    r"^([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    # In quotes anything goes: how the dots of old Japanese mobile addresses (``"taro..x."@``) are written down.
    r'|"[^"\\]+")'
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])$"
)


def checks(field: Field, out: Outgoing) -> Iterator[Check]:
    if field.kind != Kind.TEXT:
        return
    if field.max_length is not None and field.options is None:
        # No text has more characters than bytes, and bytes need not be counted.
        yield Check(
            "string_too_long",
            out.value.str.len_chars() > field.max_length,
            detail={"maximum": str(field.max_length)},
            among=out.sent & (out.value.str.len_bytes() > field.max_length).fill_null(value=False),
        )
    if field.email:
        malformed = ~out.value.str.contains(pl.lit(_PLAUSIBLE_EMAIL))
        yield Check("invalid_email", out.sent & malformed.fill_null(value=False))
