"""What earlier runs left that bears on a draft, and the patches that a draft lays over bases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from awase.core.operations import Side
from awase.core.predictions import Scores
from awase.core.records import BaseRow, Item, Link
from awase.core.references import Tables
from awase.core.values import Value, pack


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier runs left that bears on this one, and what this one knows from elsewhere."""

    links: Mapping[int, Link]
    """Every link of the people frame."""
    out: frozenset[int] = frozenset()
    """Links that the ledger knows to be out, by person or by address."""
    refused: Mapping[tuple[int, Side], Item] = field(default_factory=dict)
    """Open permanent refusals found under the same context: the same write is not sent again."""
    unanswered: Mapping[tuple[int, Side], Item] = field(default_factory=dict)
    """Creates without an answer on a side without a key: they wait, and are never sent again blindly."""
    tables: Tables = field(default_factory=dict)
    """The partners of each reference field."""
    excluded: frozenset[int] = frozenset()
    """Links that a person keeps out."""
    widowed: frozenset[int] = frozenset()
    """Links whose record on one side was deleted or merged away."""
    winners: Mapping[tuple[int, str], Side] = field(default_factory=dict)
    """By link and mapped field: whose value holds where a conflict waits for a person."""
    deleted: Mapping[int, Side] = field(default_factory=dict)
    """Of those, whose deletion was seen just now: the side on which the record was."""
    now: datetime | None = None
    """When the plan is made: what rules that look at the clock are judged by."""
    whole: bool = False
    """Every record is judged as if it were written whole: for foresight, never for a run."""
    scores: Scores = field(default_factory=dict)
    """How right each rule has been: one that was wrong twice holds nothing back."""
    there: Mapping[Side, Mapping[str, pl.DataFrame]] = field(default_factory=dict)
    """What may be too much alike, by side and object (``checks.duplicates.neighbours``); empty: nobody asks."""
    parents: Mapping[Side, Mapping[str, pl.DataFrame]] = field(default_factory=dict)
    """What was read of records that those to be written refer to, by side and object (``checks.parents.ParentsAsked``)."""
    sends_held: bool = False
    """What is held is planned beside it, to see whether it would have been refused: for a proof, never for a run."""


def patch(link: int, after: Mapping[Side, Mapping[str, Value]]) -> BaseRow:
    """What to lay over a link's base: packed values of the fields concerned, both sides."""
    ma, crm = after.get("ma"), after.get("crm")
    return BaseRow(link=link, ma=pack(ma) if ma else None, crm=pack(crm) if crm else None)
