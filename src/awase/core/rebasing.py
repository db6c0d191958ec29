"""Bases of links that hold another record than before: what was agreed about that one is not said of this one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import polars as pl

from awase.core.frames import row_hash, unpacked_sides
from awase.core.mapping import BoundSync, column
from awase.core.operations import Side
from awase.core.records import BaseRow
from awase.core.values import pack


def rebase(
    bases: Mapping[int, BaseRow],
    new_pairs: Collection[int],
    moved: Mapping[int, Side],
    frames: Mapping[Side, pl.DataFrame],
    sync: BoundSync,
) -> list[BaseRow]:
    """The bases of these links that have to be stored anew, whole.

    ``new_pairs``: two records that never agreed on anything: nothing is kept. ``moved``: links of which a user gave
    one side to another record (a merge, a conversion); what that one says was chosen, but that it says nothing about
    a field is no clear. ``frames``: side frames with these links' current values.
    """
    rebased = [_without(bases[link], None) for link in new_pairs if link in bases]
    for link, blank in _blanks(moved, frames, sync):
        if link in bases and link not in new_pairs:
            row = _without(bases[link], blank)
            if row != bases[link]:
                rebased.append(row)
    return rebased


def _blanks(
    moved: Mapping[int, Side], frames: Mapping[Side, pl.DataFrame], sync: BoundSync
) -> Iterable[tuple[int, set[str]]]:
    """Of each moved link that was read: the mapped fields that are blank on the moved side."""
    for side, frame in frames.items():
        here = [link for link, where in moved.items() if where == side]
        names = [bound.name for bound in sync.fields]
        rows = frame.filter(pl.col("_link").is_in(here)).select("_link", *[column(side, n) for n in names])
        for link, *cells in rows.iter_rows():
            yield link, {name for name, cell in zip(names, cells, strict=True) if cell is None}


def _without(row: BaseRow, names: Collection[str] | None) -> BaseRow:
    """``row`` without these fields on both sides (None: without anything)."""
    kept = {
        side: {n: v for n, v in values.items() if names is not None and n.lstrip("~") not in names}
        for side, values in unpacked_sides(row).items()
    }
    ma, crm = pack(kept["ma"]), pack(kept["crm"])
    # No record hashes to this: both are looked at until they agree again.
    return BaseRow(link=row.link, ma=ma, ma_hash=row_hash(ma), crm=crm, crm_hash=row_hash(crm))
