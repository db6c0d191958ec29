"""Formulas over records of which a parent may be known for some only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

import awase_formula as formulas
from awase.core.checks.parents import Joined


@dataclass(frozen=True, slots=True)
class Judge:
    """Says of each record whether a formula surely holds: a Boolean column a formula, in their order."""

    seen: pl.DataFrame
    """The records as the vendor would see them (``awase_formula.compiling``)."""
    context: formulas.Context
    is_new: bool | None
    """None where only some are, and ``seen`` says which."""

    def holding(self, ready: Sequence[formulas.Compiled], parents: Joined | None) -> list[pl.Series]:
        """``parents``: what is known of them beside the records. Where that is so for some rows only, its columns are there
        for those alone: to the others they are missing, like whatever nobody knows."""
        if parents is None:
            return self._holding(ready)
        known = {one.name: one for one in parents.known}
        in_part = [name for name, rows in known.items() if rows.any() and not rows.all()]
        whole = [name for name, rows in known.items() if rows.all()]
        judge = replace(self, seen=self.seen.hstack(parents.values.select(whole)))
        read = dict(parents.values.select(in_part).schema)
        split = [number for number, one in enumerate(ready) if one.columns(read)]
        rest = [number for number in range(len(ready)) if number not in split]
        found = dict(zip(rest, judge._holding([ready[number] for number in rest]), strict=True))
        if split:
            of_split = judge._by_parts([ready[number] for number in split], parents, in_part)
            found |= dict(zip(split, of_split, strict=True))
        return [found[number] for number in range(len(ready))]

    def _holding(self, ready: Sequence[formulas.Compiled]) -> list[pl.Series]:
        return [one.fires for one in formulas.verdicts(ready, self.seen, self.context, self.is_new)]

    def _by_parts(
        self, ready: Sequence[formulas.Compiled], parents: Joined, names: Sequence[str]
    ) -> list[pl.Series]:
        """The rows of which the same is known are judged together."""
        holds = [pl.Series([False], dtype=pl.Boolean).new_from_index(0, self.seen.height) for _ in ready]
        for rows, known in _alike(parents.known.select(names)):
            some = self.seen[rows].hstack(parents.values[rows].select(known))
            judged = replace(self, seen=some)._holding(ready)
            holds = [whole.scatter(rows, part) for whole, part in zip(holds, judged, strict=True)]
        return holds


def _alike(known: pl.DataFrame) -> Iterator[tuple[pl.Series, list[str]]]:
    """The numbers of rows of which the same columns are known, and those columns."""
    for group in (
        known.with_row_index("number of the row")
        .group_by(known.columns, maintain_order=True)
        .agg(pl.col("number of the row"))
        .iter_rows(named=True)
    ):
        yield (
            pl.Series(group.pop("number of the row"), dtype=pl.UInt32),
            [name for name, is_known in group.items() if is_known],
        )
