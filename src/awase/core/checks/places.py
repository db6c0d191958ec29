"""States and countries where the vendor knows them all: unknown names, states of another country, no country at all.

Elsewhere a dependency between picklists is kept by the vendor's pages alone, and values that break it are saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

import polars as pl

from awase.core.checks.check import Certainty, Check, Outgoing
from awase.core.schema import Field, Option

_BETWEEN = "\x1f"
"""Between a country and its state; part of no name."""
_SHOWN = 40
"""Names that a message lists."""


def checks(
    field: Field, out: Outgoing, beside: Mapping[str, Outgoing], fields: Mapping[str, Field]
) -> Iterator[Check]:
    """beside: the columns of every mapped field of the object, fields: all its fields; both by name."""
    if not field.place or field.options is None:
        return
    known = [option.value for option in field.options if option.active]
    # A null is in no list, and is no unknown name either.
    unknown = ~out.value.is_in(known).fill_null(value=True)
    yield Check("state_country", out.sent & unknown, detail=_allowed(known))
    if not field.controllers:
        return
    deciding = [beside[name] for name in field.controllers if name in beside]
    needs = out.after.is_not_null() & ~unknown
    if not deciding:
        # It may be filled in by somebody else: a default, an automation.
        yield Check("country_required", out.creating & out.sent & needs, Certainty.LIKELY)
        return
    given = reduce(pl.Expr.or_, [each.sent for each in deciding])
    country = _country(given, deciding)
    twin = beside.get(field.twin)
    # What its twin moves is judged there.
    moved = (given | out.sent) & ~twin.sent | out.sent if twin is not None else given | out.sent
    filled_in = any(option.default for name in field.controllers for option in _options(fields.get(name)))
    certainty = Certainty.LIKELY if filled_in else Certainty.CERTAIN
    yield Check("country_required", moved & needs & country.is_null(), certainty)
    placed = moved & needs & country.is_not_null()
    pairs = [f"{by}{_BETWEEN}{option.value}" for option in field.options for by in option.valid_for or ()]
    belongs = pl.concat_str([country, out.after], separator=_BETWEEN).is_in(pairs)
    # Most states are in the one country that has a state of that name: to look that up is quicker than to join texts.
    home = {option.value: by for option in field.options for by in option.valid_for or ()}
    at_home = out.after.replace_strict(list(home), list(home.values()), default=None, return_dtype=pl.String)
    yield Check(
        "state_country",
        ~belongs.fill_null(value=True),
        among=placed & country.ne_missing(at_home),
    )


def _country(given: pl.Expr, deciding: Sequence[Outgoing]) -> pl.Expr:
    """The country after the write, which may stand in two fields (its code, its name)."""
    if len(deciding) == 1:
        return deciding[0].after
    coming = pl.coalesce([pl.when(each.sent).then(each.value) for each in deciding])
    return pl.when(given).then(coming).otherwise(pl.coalesce([each.stored for each in deciding]))


def _options(field: Field | None) -> tuple[Option, ...]:
    return (field.options or ()) if field is not None else ()


def _allowed(known: list[str]) -> dict[str, str]:
    return {"allowed": "; ".join(known[:_SHOWN])}
