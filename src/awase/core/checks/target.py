"""What preflight judges: records of one object that is written to, whoever writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awase.core.checks.check import Outgoing
from awase.core.schema import ObjectSchema


@dataclass(frozen=True, slots=True)
class Target:
    """One object, and where each of its fields that may be written stands in the frame of outgoing records."""

    object: ObjectSchema
    columns: Mapping[str, Outgoing]
    """By the object's field name."""
    zone: str
    """The running user's time zone."""
