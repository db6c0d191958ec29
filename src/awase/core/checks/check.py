"""The shape of one check, and the columns it may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from awase.core.operations import Side
from awase.core.schema import Field


class Certainty(StrEnum):
    CERTAIN = "certain"
    LIKELY = "likely"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Where a check finds its columns in the frame of outgoing records of one object."""

    value: pl.Expr
    """What would be written (canonical, already normalised for the target)."""
    source: pl.Expr
    """The other side's value it was made from."""
    sent: pl.Expr
    """Boolean: this field is part of the write."""
    stored: pl.Expr
    """What the target holds now; null for a create."""
    creating: pl.Expr
    """Boolean: the record is created."""
    side: Side
    """The side that is written to."""
    origins: tuple[Field, ...] = ()
    """The other side's fields that the value comes from; none where nobody maps the field."""

    @property
    def after(self) -> pl.Expr:
        """What the target would hold after the write."""
        return pl.when(self.sent).then(self.value).otherwise(self.stored)


@dataclass(frozen=True, slots=True)
class Check:
    error_type: str
    """An entry of the catalogue."""
    fails: pl.Expr
    """Boolean; true where the target would refuse the record."""
    certainty: Certainty = Certainty.CERTAIN
    detail: Mapping[str, str] = field(default_factory=dict)
    """Facts for the message: the limit, the allowed values."""
    blames_source: bool = False
    """The offending value is the other side's own: what would be written has already been made to fit."""
