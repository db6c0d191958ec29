"""Picklists: a value that is not an active option is refused, and why it is not one decides what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from awase.core.checks.check import Check, Outgoing
from awase.core.schema import Field, Option
from awase.core.values import Kind

_SHOWN = 40
"""Options that are named to a person."""


def checks(field: Field, out: Outgoing) -> Iterator[Check]:
    if field.options is None or not field.restricted:
        return
    options = [option for option in field.options if option.active]
    several = field.kind == Kind.TEXTS
    if not several and field.kind != Kind.TEXT:
        return
    stray = out.sent & ~_all_in(out.value, [option.value for option in options], several=several)
    detail = {"allowed": "; ".join(option.value for option in options[:_SHOWN])}
    left = stray
    for error_type, is_it in _reasons(field, options, out, several=several):
        yield Check(error_type, left & is_it, detail=detail, among=stray)
        left = left & ~is_it
    if field.steps_of_a_sale == "pipeline" and out.side == "ma" and out.origins:
        # Without it the sale would go the first way there is, whatever process it follows.
        yield Check("no_default_sales_process", out.value.is_null() & (out.creating | out.sent))


def _reasons(
    field: Field, options: Sequence[Option], out: Outgoing, *, several: bool
) -> Iterator[tuple[str, pl.Expr]]:
    """Why a value is no option, as error type and test; the first that holds counts, and the last always does."""
    offered = [option for origin in out.origins for option in origin.options or ()]
    known = [option.value for option in (*offered, *options) if option.active]
    is_offered = _all_in(out.source, known, several=several)
    if field.steps_of_a_sale:
        if field.steps_of_a_sale == "pipeline":
            yield "no_default_sales_process", pl.lit(value=True)
        elif out.side == "ma":
            yield "deal_stage_missing", is_offered
        yield "invalid_deal_stage", pl.lit(value=True)
        return
    yield "option_mismatch", _only_the_name_differs(options, offered, out, several=several)
    if out.side == "ma":
        yield "option_mismatch", pl.lit(value=True)
    if offered:
        yield "picklist_option_missing", is_offered
    yield "restricted_picklist_value", pl.lit(value=True)


def _only_the_name_differs(
    options: Sequence[Option], offered: Sequence[Option], out: Outgoing, *, several: bool
) -> pl.Expr:
    """An option of the target is called like this value, or like the option that it is on its own side."""
    names = {_folded(name) for option in options for name in (option.value, option.label)}
    alike = [option.value for option in offered if _folded(option.label) in names]
    values = [option.value for option in options]
    spoken = [*alike, *values]

    def is_alike(value: pl.Expr) -> pl.Expr:
        return value.is_in(spoken) | value.str.strip_chars().str.to_lowercase().is_in(sorted(names))

    if several:
        return out.value.list.eval(is_alike(pl.element())).list.all().fill_null(value=False)
    return is_alike(out.value).fill_null(value=False)


def _all_in(value: pl.Expr, allowed: Sequence[str], *, several: bool) -> pl.Expr:
    """Nothing, or nothing else than these. Never null."""
    if several:
        return ~value.list.eval(~pl.element().is_in(allowed)).list.any().fill_null(value=False)
    return value.is_null() | value.is_in(allowed).fill_null(value=False)


def _folded(name: str) -> str:
    return name.strip().lower()
