"""What a node compiles to, and what is shared while one formula compiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from awase_formula.columnwise.facts import NOTHING_KNOWN, Facts
from awase_formula.kinds import TEXTUAL, Blanks, Kind
from awase_formula.values import Context, Value

PASS, FIRE, FIRST_REASON = 0, 1, 2
FAILED = 0x8000
"""Codes of reasons from here on are runtime errors; below, something needed was not given."""

CODES = pl.UInt16
LARGEST = 20_000
"""Nodes that one compiled formula may have: beyond, building the plan would cost more than rows do."""


class NotVectorisable(Exception):
    """This formula has no exact expression; the row form computes it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as ``numerator / denominator``: whole numbers in a column, a constant beneath.

    ``digits``: the numerator has at most so many. ``rounding``: how often the row form has rounded to 39 digits on the
    way (0, 1, or 2 for more); where it did, equality may differ in the last digit and is left to the row form.
    """

    numerator: pl.Expr
    denominator: int
    digits: int
    rounding: int = 0


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient of two columns, which can be compared but not computed with. ``rounding`` as in ``Number``."""

    top: Number
    bottom: Number
    rounding: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One compiled node. Text is null or not empty.

    ``value``: the expression; of a number see ``number``. ``trouble``: the code of what stands in the value's place,
    null where the value stands; None: always the value. ``constant``: a tuple with the one value it has in every row.
    ``size``: nodes of the expressions.
    """

    kind: Kind
    value: pl.Expr
    trouble: pl.Expr | None = None
    number: Number | None = None
    constant: tuple[Value] | None = None
    size: int = 1
    ratio: Ratio | None = None
    raised: pl.Expr | None = None
    """Of a text in small letters, what it was made from."""
    members: pl.Expr | None = None
    """Of a multi-select that the frame holds as a list, the list."""

    @property
    def exact(self) -> Number:
        """The number. Raises ``NotVectorisable`` where there is none."""
        if self.number is None:
            raise NotVectorisable
        return self.number


@dataclass(slots=True)
class Scope:
    """One compilation against one frame: its columns' types and facts, the context, reasons met, rows to look at again.

    ``suspects``: a quick test of rows, and the test that those have to meet to be looked at again.
    """

    dtypes: Mapping[str, pl.DataType]
    context: Context
    blanks: Blanks
    is_new: bool | None
    facts: Facts = NOTHING_KNOWN
    reasons: list[str] = field(default_factory=list)
    codes: dict[tuple[str, bool], int] = field(default_factory=dict)
    doubts: list[pl.Expr] = field(default_factory=list)
    checks: dict[str, pl.Expr] = field(default_factory=dict)
    suspects: dict[str, tuple[pl.Expr, pl.Expr]] = field(default_factory=dict)

    def code(self, reason: str, failed: bool = False) -> int:
        """The code of a reason."""
        known = self.codes.get((reason, failed))
        if known is None:
            self.reasons.append(reason)
            known = len(self.reasons) - 1 + FIRST_REASON + (FAILED if failed else 0)
            self.codes[reason, failed] = known
        return known

    def trouble(self, reason: str, failed: bool = False) -> pl.Expr:
        """The same trouble in every row."""
        return pl.lit(self.code(reason, failed), dtype=CODES)

    def doubt(self, rows: pl.Expr) -> None:
        """Leave these rows to the row form."""
        self.doubts.append(rows)


def first_trouble(columns: Sequence[Column]) -> pl.Expr | None:
    """The first trouble of arguments that are all computed."""
    troubles = [column.trouble for column in columns if column.trouble is not None]
    if not troubles:
        return None
    return troubles[0] if len(troubles) == 1 else pl.coalesce(troubles)


def joined_size(columns: Sequence[Column], copies: int = 1) -> int:
    """The size of a node that holds each of these so often. Raises ``NotVectorisable`` where it is too large."""
    size = 1 + copies * sum(column.size for column in columns)
    if size > LARGEST:
        raise NotVectorisable
    return size


_TYPES: Mapping[Kind, pl.DataType] = {
    Kind.BOOLEAN: pl.Boolean(),
    Kind.DATE: pl.Date(),
    Kind.DATETIME: pl.Datetime("us", "UTC"),
    Kind.TIME: pl.Time(),
}


def dtype(kind: Kind) -> pl.DataType:
    """How a kind's values are held; numbers see ``Number``."""
    return pl.String() if kind in TEXTUAL else _TYPES.get(kind, pl.Null())


def clean(text: pl.Expr) -> pl.Expr:
    """The empty text as null. It is computed once: a ``when`` would hold the expression twice, and so on upwards."""
    return text.map_batches(_without_empty, return_dtype=pl.String(), is_elementwise=True)


def _without_empty(text: pl.Series) -> pl.Series:
    return text.set(text == "", None)


def truth(column: Column) -> pl.Expr:
    """A condition with null as FALSE."""
    return column.value.fill_null(value=False)
