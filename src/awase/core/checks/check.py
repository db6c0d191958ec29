"""The shape of one check, and the columns it may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import msgspec
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
    held: pl.Expr | None = None
    """One of these columns that says of every row what it would hold after the write, where one does (see ``settled``)."""

    @property
    def after(self) -> pl.Expr:
        """What the target would hold after the write."""
        if self.held is not None:
            return self.held
        return pl.when(self.sent).then(self.value).otherwise(self.stored)

    @property
    def empty_after(self) -> pl.Expr:
        """Boolean: it would hold nothing after the write. No value is copied to find out."""
        return pl.when(self.sent).then(self.value.is_null()).otherwise(self.stored.is_null())


def settled(frame: pl.DataFrame, columns: Mapping[str, Outgoing]) -> dict[str, Outgoing]:
    """The same columns; those of which one column alone says what ``frame`` would hold after the write know which.

    So it is of most: a create has nothing stored, and few fields of an update are written at all.
    """
    there = set(frame.columns)
    asked = {
        name: out
        for name, out in columns.items()
        if there.issuperset((*out.stored.meta.root_names(), *out.value.meta.root_names()))
    }
    tests = [
        test.any().alias(f"{what} {name}")
        for name, out in asked.items()
        for what, test in (
            ("sent", out.sent),
            ("left", ~out.sent & (out.stored.is_not_null() | out.value.is_not_null())),
        )
    ]
    found = frame.select(tests).row(0, named=True) if tests else {}
    told = dict(columns)
    for name, out in asked.items():
        if not found[f"sent {name}"]:
            told[name] = replace(out, held=out.stored)
        elif not found[f"left {name}"]:
            told[name] = replace(out, held=out.value)
    return told


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
    of_creates: bool = False
    """Only creates can fail it."""
    among: pl.Expr | None = None
    """A cheaper test that ``fails`` implies: ``fails`` then looks at each row by itself, and only at those that meet it."""


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One broken rule of one outgoing record."""

    link: int
    error_type: str
    certainty: Certainty
    field: str
    value: str | None
    detail: Mapping[str, str]
    message: str = ""
    """The rule in the words of the target's administrator, where it has any."""
    elsewhere: bool = False
    """What breaks it may stand in another record: it may go away although nobody touches this one."""
