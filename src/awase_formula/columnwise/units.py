"""Where a formula counts characters as Java does, to which those beyond the basic plane are two.

Expressions count them as one; rows that hold such characters where it matters are left to the row form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal

import polars as pl

from awase_formula.columnwise.columns import Scope
from awase_formula.columnwise.fields import as_text, is_text
from awase_formula.columnwise.operators import COMPARISONS
from awase_formula.tree import Call, Chain, Node, Number, Reference

POSITIONAL = frozenset({"LEN", "LEFT", "RIGHT", "MID", "FIND", "SUBSTR", "LPAD", "RPAD", "ASCII"})
"""Functions that count characters."""

_WIDE = tuple(bytes([lead]) for lead in range(0xF0, 0xF5))
"""How characters begin in UTF-8 that are two units to Java."""
_LONGEST = 10**9
"""No text has so many characters."""


def counting(order: Sequence[Node]) -> list[Call]:
    """The calls among these nodes that count characters."""
    return [node for node in order if isinstance(node, Call) and node.name in POSITIONAL]


def compared_lengths(order: Sequence[Node]) -> list[tuple[str, Decimal]] | None:
    """Every field whose length is compared with a number, with the number; None where characters are counted for anything
    else."""
    found = [length for node in order if isinstance(node, Chain) for length in _compared(node)]
    return found if len(found) == len(counting(order)) else None


def _compared(chain: Chain) -> Iterator[tuple[str, Decimal]]:
    if len(chain.operands) != 2 or chain.signs[0] not in COMPARISONS:
        return
    for length, number in (chain.operands, reversed(chain.operands)):
        if (
            isinstance(length, Call)
            and length.name == "LEN"
            and isinstance(length.arguments[0], Reference)
            and isinstance(number, Number)
        ):
            yield length.arguments[0].name, number.value


def doubt_wide(scope: Scope, column: str) -> None:
    """Leave rows of this column that hold wide characters to the row form."""
    text = _counted(scope, column)
    if text is not None:
        not_ascii = text.str.len_bytes() > text.str.len_chars()
        scope.suspects[f"wide {column}"] = not_ascii, _wide(text)


def doubt_length(scope: Scope, column: str, number: Decimal) -> None:
    """The same, of rows where wide characters may decide how the length compares with this number."""
    text = _counted(scope, column)
    if text is None or abs(number) >= _LONGEST:
        return
    low, high = math.floor(number), math.ceil(number)
    # A character has one to four bytes and counts once or twice, so there are no more units than bytes.
    near = text.str.len_bytes().is_between(low, 4 * high)
    fewest = text.str.len_chars().cast(pl.Int64)
    # A wide character takes three bytes more than the narrowest, and counts once more.
    most = fewest + (text.str.len_bytes().cast(pl.Int64) - fewest) // 3
    scope.suspects[f"length {column} {number}"] = near, (fewest <= high) & (most >= low) & _wide(text)


def _counted(scope: Scope, column: str) -> pl.Expr | None:
    """The column as text; None where it is none, or has no wide characters."""
    held = scope.dtypes[column]
    return None if column in scope.facts.narrow or not is_text(held) else as_text(pl.col(column), held)


def _wide(text: pl.Expr) -> pl.Expr:
    """Boolean: it holds wide characters. Looking for bytes takes a third of what a pattern takes."""
    held = text.cast(pl.Binary)
    return pl.any_horizontal([held.bin.contains(lead) for lead in _WIDE]).fill_null(value=False)
