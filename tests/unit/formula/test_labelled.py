"""Rows whose verdict a person has written down from the meaning of the rule; both forms must say the same.

``labelled_apart.jsonl`` was written by somebody who had not seen the evaluator, and kept before it was first run. Each line of
either file is a rule: ``fields`` (name → kind), ``now`` and ``zone`` where it looks at the clock, and ``rows`` with ``values``,
``prior`` and ``new`` (absent: not known), ``globals`` and ``families`` (whose globals are all given), and the ``verdict``. No
label was ever computed by this code: write new ones before you run them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from awase_formula import Context, Evaluator, Field, Kind, Row, Schema, compile, parse

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "formula"
RULES = [
    json.loads(line)
    for name in ("labelled.jsonl", "labelled_apart.jsonl")
    for line in (GOLDEN / name).read_text("utf-8").splitlines()
]
DTYPES = {
    Kind.NUMBER: pl.Decimal(38, 10),
    Kind.DATE: pl.Date(),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.DATETIME: pl.Datetime("us", "UTC"),
    Kind.TIME: pl.Time(),
}


def schema_of(rule: dict[str, Any]) -> Schema:
    return Schema({name: Field(Kind(kind)) for name, kind in rule["fields"].items()})


def typed(schema: Schema, values: dict[str, Any] | None) -> dict[str, object] | None:
    return (
        None
        if values is None
        else {name: value_of(schema.fields[name].kind, value) for name, value in values.items()}
    )


def value_of(kind: Kind, value: Any) -> object:
    if value is None:
        return None
    read: dict[Kind, Any] = {
        Kind.NUMBER: Decimal,
        Kind.DATE: date.fromisoformat,
        Kind.DATETIME: datetime.fromisoformat,
        Kind.TIME: time.fromisoformat,
    }
    return read.get(kind, lambda same: same)(value)


def context_of(rule: dict[str, Any], row: dict[str, Any]) -> Context:
    now = datetime.fromisoformat(rule["now"]) if "now" in rule else None
    zone = ZoneInfo(rule.get("zone", "UTC"))
    return Context(
        now=now, zone=zone, globals=row.get("globals", {}), families=frozenset(row.get("families", ()))
    )


def each() -> Iterator[Any]:
    for rule in RULES:
        for number, row in enumerate(rule["rows"]):
            yield pytest.param(rule, row, id=f"{rule['name']} {number}")


@pytest.mark.parametrize(("rule", "row"), list(each()))
def test_both_forms_say_what_a_person_said(rule: dict[str, Any], row: dict[str, Any]) -> None:
    schema, formula, context = schema_of(rule), parse(rule["formula"]), context_of(rule, row)
    values, prior = typed(schema, row["values"]), typed(schema, row.get("prior"))
    assert values is not None
    by_row = Evaluator(formula, schema).decide(Row(values, prior, row.get("new")), context)
    columns = {name: [value] for name, value in values.items()}
    columns |= {f"prior:{name}": [value] for name, value in (prior or {}).items()}
    dtypes = {
        name: DTYPES.get(schema.fields[name.removeprefix("prior:")].kind, pl.String()) for name in columns
    }
    by_column = (
        compile(formula, schema)
        .verdicts(pl.DataFrame(columns, schema=dtypes), context, row.get("new"))
        .decision(0)
    )
    assert (by_row.verdict.value, by_column.verdict.value) == (row["verdict"], row["verdict"])


def test_each_rule_has_at_least_twenty_rows() -> None:
    assert all(len(rule["rows"]) >= 20 for rule in RULES)
    assert len(RULES) >= 13 + 36
