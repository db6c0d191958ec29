"""What preflight judges: records of one object that is written to, whoever writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from awase.core.checks.check import Outgoing
from awase.core.schema import ObjectSchema


@dataclass(frozen=True, slots=True)
class Target:
    """One object, and where its fields stand in the frame of outgoing records: those that may be written, and those
    that are only known from what is stored. Of any other field nothing is known, but that a create leaves it out."""

    object: ObjectSchema
    columns: Mapping[str, Outgoing]
    """By the object's field name."""
    zone: str
    """The running user's time zone."""
    now: datetime | None = None
    """When the records will be written; None: rules that look at the clock are not judged."""
    parents: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """What was read of records that these refer to, by object (see ``parents.ParentsAsked``)."""
