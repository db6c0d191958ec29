"""What one look at a frame's columns tells, so that expressions need not provide for what is not there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

WIDE = r"[\x{10000}-\x{10FFFF}]"
"""Characters that are two units to Java."""

_TRIED_SCALES = (0, 2, 4)


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of columns by name.

    ``filled``: text columns without an empty text. ``narrow``: those without a character beyond the basic plane.
    ``unbroken``: those without a carriage return.
    ``digits``: of decimal columns, how many digits their values have at most, as whole numbers at the column's scale.
    ``scales``: of decimal columns, the decimals that their values really have.
    """

    filled: frozenset[str] = frozenset()
    narrow: frozenset[str] = frozenset()
    unbroken: frozenset[str] = frozenset()
    digits: Mapping[str, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)


NOTHING_KNOWN = Facts()


def look(
    frame: pl.DataFrame, names: Collection[str], positional: Collection[str], compared: Collection[str]
) -> Facts:
    """The facts of these columns, in one pass.

    ``positional``: columns whose characters are counted. ``compared``: those whose changes are asked for.
    """
    wanted: dict[str, pl.Expr] = {}
    for name in names:
        held = frame.schema[name]
        column = pl.col(name)
        if held == pl.String():
            wanted[f"filled {name}"] = ~(column == "").any()
            if name in positional:
                wanted[f"ascii {name}"] = column.str.len_bytes().sum() == column.str.len_chars().sum()
            if name in compared:
                wanted[f"unbroken {name}"] = ~column.cast(pl.Binary).bin.contains(b"\r").any()
        elif isinstance(held, pl.Decimal):
            wanted[f"digits {name}"] = column.to_physical().abs().max().cast(pl.String).str.len_chars()
    if not wanted or not frame.height:
        return NOTHING_KNOWN
    row = frame.lazy().select(**wanted).collect().row(0, named=True)
    narrow = {name for name in positional if row.get(f"ascii {name}")}
    doubtful = [name for name in positional if row.get(f"ascii {name}") is False]
    if doubtful:
        found = frame.select(pl.col(name).str.contains(WIDE).any() for name in doubtful).row(0, named=True)
        narrow |= {name for name, wide in found.items() if not wide}
    filled = frozenset(name for name in names if row.get(f"filled {name}"))
    digits = {name: row[f"digits {name}"] or 1 for name in names if f"digits {name}" in row}
    unbroken = frozenset(name for name in compared if row.get(f"unbroken {name}"))
    return Facts(filled, frozenset(narrow), unbroken, digits)


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
