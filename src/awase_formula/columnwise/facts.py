"""What one look at a frame's columns tells, so that expressions need not provide for what is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

PRIOR = "prior:"
"""Before a field's name: the column of its stored values before the save."""

_TRIED_SCALES = (0, 2, 4)


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of columns by name.

    ``filled``: text columns without an empty text. ``narrow``: those with no character that takes two bytes.
    ``unbroken``: those that have no carriage return where they differ from what was stored before.
    ``digits``: of decimal columns, how many digits their values have at most, as whole numbers at the column's scale.
    ``scales``: of decimal columns, the decimals that their values really have.
    """

    filled: frozenset[str] = frozenset()
    narrow: frozenset[str] = frozenset()
    unbroken: frozenset[str] = frozenset()
    digits: Mapping[str, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)


NOTHING_KNOWN = Facts()


def look(frame: pl.DataFrame, names: Collection[str], positional: Collection[str]) -> Facts:
    """The facts of these columns, in one pass. ``positional``: columns whose characters are counted."""
    wanted: dict[str, pl.Expr] = {}
    for prior, name in _pairs(names):
        if frame.schema[name] == frame.schema[prior] == pl.String():
            differ = pl.col(name).ne_missing(pl.col(prior))
            for one in (name, prior):
                broken = pl.col(one).filter(differ).cast(pl.Binary).bin.contains(b"\r")
                wanted[f"unbroken {one}"] = ~broken.any()
    for name in names:
        held = frame.schema[name]
        column = pl.col(name)
        if held == pl.String():
            wanted[f"filled {name}"] = ~(column == "").any()
            if name in positional:
                wanted[f"ascii {name}"] = column.str.len_bytes().sum() == column.str.len_chars().sum()
        elif isinstance(held, pl.Decimal):
            wanted[f"digits {name}"] = column.to_physical().abs().max().cast(pl.String).str.len_chars()
    if not wanted or not frame.height:
        return NOTHING_KNOWN
    row = frame.lazy().select(**wanted).collect().row(0, named=True)
    narrow = {name for name in positional if row.get(f"ascii {name}")}
    filled = frozenset(name for name in names if row.get(f"filled {name}"))
    digits = {name: row[f"digits {name}"] or 1 for name in names if f"digits {name}" in row}
    unbroken = frozenset(name for name in names if row.get(f"unbroken {name}"))
    return Facts(filled, frozenset(narrow), unbroken, digits)


def _pairs(names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Columns of what was stored before, each with the column of what is stored after."""
    folded = {name.casefold(): name for name in names}
    for name in names:
        now = folded.get(name.removeprefix(PRIOR).casefold()) if name.startswith(PRIOR) else None
        if now is not None:
            yield name, now


def look_closer(frame: pl.DataFrame, facts: Facts, names: Collection[str]) -> Facts:
    """The facts, and the scales of these decimal columns: what products need to stay within the digits there are."""
    wanted: dict[str, pl.Expr] = {}
    scales = {name: frame.schema[name].scale for name in names if name in facts.digits}  # type: ignore[attr-defined]
    for name, scale in scales.items():
        whole = pl.col(name).to_physical()
        for kept in _TRIED_SCALES:
            if kept < scale:
                wanted[f"{kept} {name}"] = (whole % 10 ** (scale - kept) == 0).all()
    if not wanted:
        return facts
    row = frame.lazy().select(**wanted).collect().row(0, named=True)
    found = {
        name: next((kept for kept in _TRIED_SCALES if row.get(f"{kept} {name}")), scale)
        for name, scale in scales.items()
    }
    return Facts(facts.filled, facts.narrow, facts.unbroken, facts.digits, found)
