"""Running every family over the frame of outgoing records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from awase.core.checks import (
    identifiers,
    numbers,
    parents,
    picklists,
    places,
    record_types,
    required,
    rights,
    rules,
    text,
)
from awase.core.checks.check import Certainty, Check, Finding, Outgoing, settled
from awase.core.checks.duplicates import ERROR_TYPE as DUPLICATE
from awase.core.checks.duplicates import alike
from awase.core.checks.target import Target
from awase.core.mapping import BoundField, BoundSync
from awase.core.operations import Side
from awase.core.schema import Field
from awase.core.values import DTYPES, Kind, as_text

FAMILIES = (
    required.checks,
    rights.checks,
    picklists.checks,
    text.checks,
    numbers.checks,
    identifiers.checks,
)
"""What one field says about itself; ``places`` looks at several."""
_WHOLE = Field(name="", label="", kind=Kind.TEXT, vendor_type="")
"""Stands for no field, where a finding is about the whole record."""


def sends(name: str) -> str:
    """The Boolean column that says a mapped field is part of the write."""
    return f"sends:{name}"


def seen(name: str) -> str:
    """The column that holds what the target stores in a field that is only watched."""
    return f"seen:{name}"


def value_column(name: str) -> str:
    """The column that holds what would be written."""
    return f"set:{name}"


def target_of(
    sync: BoundSync,
    side: Side,
    object: str,
    outgoing: pl.DataFrame,
    now: datetime | None = None,
    of_parents: Mapping[str, pl.DataFrame] | None = None,
) -> Target:
    """The object as ``sync`` writes it, beside what was read of other records.

    A mapped field x stands in ``set:x``, ``source:x``, ``sends:x``, ``before:x``, a watched one in ``seen:x``, as far as
    ``outgoing`` has it: of what was not read nothing is known.
    """
    mapped = {field.name: bound for bound in sync.fields if (field := bound.on(side, object)) is not None}
    columns = {name: _columns(bound, side) for name, bound in mapped.items()}
    fields = sync.object(side, object).fields
    columns |= {
        name: _stored_only(fields[name], side)
        for name in sync.watched_on(side, object)
        if seen(name) in outgoing.columns
    }
    return Target(sync.object(side, object), columns, sync.sync.time_zone, now, of_parents or {})


def asked_of_parents(outgoing: Iterable[tuple[pl.DataFrame, Target]]) -> list[parents.ParentsAsked]:
    """The parents that rules look at and that have to be read before these records can be judged."""
    return parents.asked([(frame, target, rules.priors_read(target.object)) for frame, target in outgoing])


def findings(outgoing: pl.DataFrame, target: Target, refused: Collection[int] = frozenset()) -> list[Finding]:
    """Every broken rule of ``outgoing``: records of the target, with the columns

    ``_link`` Int64 · ``_create`` Boolean · whatever the target's columns read.

    ``refused``: links of records that are refused for what cannot be seen here.
    """
    if outgoing.is_empty():
        return []
    known = replace(target, columns=settled(outgoing, target.columns))
    found = [*_by_rule(outgoing, known), *_by_check(outgoing, known)]
    return identifiers.only_after_a_saved_one(found, known, refused)


def _by_check(outgoing: pl.DataFrame, target: Target) -> Iterator[Finding]:
    """What the families find, check by check."""
    new = bool(outgoing["_create"].any())
    planned = [(field, check) for field, check in _checks(target) if new or not check.of_creates]
    for number, rows in _failing(outgoing, [check for _, check in planned]):
        field, check = planned[number]
        out = target.columns.get(field.name)
        shown = None if out is None else out.source if check.blames_source else out.value
        for link, value in _named(outgoing, rows, shown):
            yield Finding(link, check.error_type, check.certainty, field.name, _shown(value), check.detail)


def _failing(outgoing: pl.DataFrame, checks: Sequence[Check]) -> Iterator[tuple[int, pl.Series]]:
    """Which of the checks fail anywhere, and the numbers of the rows that fail them.

    All tests are made in one pass over the frame, and what several share is computed once; what they leave is looked at
    more closely row by row.
    """
    tests = {str(id(test)): test for check in checks for test in (_first_test(check),)}
    flags = outgoing.lazy().select("_link", **tests).collect()
    met = {name: flags[name].arg_true() for name in tests if flags[name].any()}
    for number, check in enumerate(checks):
        rows = met.get(str(id(_first_test(check))))
        if rows is not None and check.among is not None:
            rows = rows.filter(_few(outgoing, rows, check.fails.alias("fails"))["fails"])
        if rows is not None and rows.len():
            yield number, rows


def _first_test(check: Check) -> pl.Expr:
    return check.fails if check.among is None else check.among


def _few(frame: pl.DataFrame, rows: pl.Series, wanted: pl.Expr) -> pl.DataFrame:
    """``_link`` and an expression of a few rows of a frame; nothing else of it is touched."""
    names = dict.fromkeys(("_link", *wanted.meta.root_names()))
    return frame.select(*names)[rows].select("_link", wanted)


def _by_rule(outgoing: pl.DataFrame, target: Target) -> Iterator[Finding]:
    """What breaks the rules that the target keeps as formulas, with the administrator's own words."""
    for one in rules.broken(outgoing, target):
        detail, out = {"rule": one.rule.name}, target.columns.get(one.rule.field)
        shown = out.after if out is not None else None
        for link, value in _named(outgoing, one.rows.arg_true(), shown):
            yield Finding(
                link,
                rules.ERROR_TYPE,
                Certainty.CERTAIN,
                one.rule.field,
                _shown(value),
                detail,
                one.rule.message,
                one.elsewhere,
            )


def _named(outgoing: pl.DataFrame, rows: pl.Series, shown: pl.Expr | None) -> Iterable[tuple[int, Any]]:
    """The link of each of these rows, and the value that a person is shown."""
    if shown is None:
        return ((link, None) for link in outgoing["_link"].gather(rows).to_list())
    few = _few(outgoing, rows, shown.alias("value"))
    return zip(few["_link"].to_list(), few["value"].to_list(), strict=True)


def duplicates(
    outgoing: pl.DataFrame, target: Target, there: Mapping[str, pl.DataFrame]
) -> Iterator[Finding]:
    """Likely refusals of records that are like others (see ``checks.duplicates``)."""
    if outgoing.is_empty() or not there:
        return
    for link, rule, value in alike(outgoing, target, there):
        detail = {"rule": rule.name}
        yield Finding(link, DUPLICATE, Certainty.LIKELY, "", value, detail)


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return as_text(tuple(value) if isinstance(value, list) else value)


def _checks(target: Target) -> Iterator[tuple[Field, Check]]:
    fields = target.object.fields
    for name, out in target.columns.items():
        field = fields[name]
        for family in FAMILIES:
            for check in family(field, out):
                yield field, check
        for check in places.checks(field, out, target.columns, fields):
            yield field, check
        for check in record_types.checks(field, out, target):
            yield field, check
    yield from ((_WHOLE, check) for check in rights.of_object(target.object))
    # A required field that nobody maps fails every create; what an older record holds there is not known.
    for field in fields.values():
        if field.required and field.name not in target.columns:
            yield field, required.unmapped(pl.col("_create"))


def _columns(bound: BoundField, side: Side) -> Outgoing:
    name = bound.name
    return Outgoing(
        value=pl.col(value_column(name)),
        source=pl.col(f"source:{name}"),
        sent=pl.col(sends(name)),
        stored=pl.col(f"before:{name}"),
        creating=pl.col("_create"),
        side=side,
        origins=_origins(bound, side),
    )


def _stored_only(field: Field, side: Side) -> Outgoing:
    nothing = pl.lit(None, dtype=DTYPES[field.kind])
    return Outgoing(
        value=nothing,
        source=nothing,
        sent=pl.lit(value=False),
        stored=pl.col(seen(field.name)),
        creating=pl.col("_create"),
        side=side,
    )


def _origins(bound: BoundField, side: Side) -> tuple[Field, ...]:
    """The fields whose values may go to ``side``."""
    if not bound.mapping.direction.may_write(side):
        return ()
    return tuple(bound.crm.values()) if side == "ma" else (bound.ma,)
