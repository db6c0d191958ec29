"""Formulas that nobody checked: types that do not fit are UNKNOWN in both forms, and nothing crashes."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from awase_formula import Context, Evaluator, FormulaError, compile, parse
from awase_formula.compiling import rows_of
from awase_formula.linting import finding
from awase_formula.signatures import SIGNATURES

NAMES = ["a", "b", "c", "d", "e", "$Permission.X", "$User.Id", "A.b", "OwnerId", "CloseDate", "CreatedDate"]
LITERALS = [
    "1",
    "0",
    "2.5",
    '"x"',
    '"12"',
    '""',
    "TRUE",
    "FALSE",
    "NULL",
    '"2020-01-01"',
    "1000000000000000000000000",
    '"\\\\d+"',
]
SIGNS = ["+", "-", "*", "/", "^", "&", "=", "<>", "<", ">", "<=", ">=", "&&", "||"]
NOW = datetime(2020, 1, 1, tzinfo=UTC)
ROWS = pl.DataFrame(
    {
        "a": ["x", "12", None, "2020-01-01"],
        "b": [Decimal("1.5"), Decimal(0), None, Decimal(-3)],
        "c": [date(2020, 1, 1), None, date(1, 1, 1), date(9999, 12, 31)],
        "d": [True, False, None, True],
        "e": [NOW, NOW, NOW, None],
        "A.b": ["p", None, "q;r", ""],
        "OwnerId": ["005000000000001"] * 4,
        "prior:a": ["x"] * 4,
    },
    schema_overrides={"b": pl.Decimal(38, 10)},
)
CONTEXT = Context(now=NOW, globals={"$User.Id": "005000000000001"})


def any_formula(source: random.Random, depth: int) -> str:
    if depth <= 0 or source.random() < 0.2:
        return source.choice(NAMES + LITERALS)
    kind = source.random()
    if kind < 0.5:
        signature = source.choice(list(SIGNATURES.values()))
        count = signature.least + (source.randint(0, 2) if signature.repeats else 0)
        return f"{signature.name}({','.join(any_formula(source, depth - 1) for _ in range(count))})"
    if kind < 0.6:
        return source.choice(["-", "NOT ", "!", "+"]) + any_formula(source, depth - 1)
    return f"({any_formula(source, depth - 1)}){source.choice(SIGNS)}({any_formula(source, depth - 1)})"


def test_formulas_of_wrong_types_neither_crash_nor_divide_the_two_forms() -> None:
    source, computed = random.Random(11), 0
    for _ in range(800):
        text = any_formula(source, 4)
        finding(text)
        try:
            compiled = compile(parse(text))
        except FormulaError:
            continue
        found = compiled.verdicts(ROWS, CONTEXT, is_new=False)
        evaluator = Evaluator(compiled.formula, compiled.schema_for(dict(ROWS.schema)))
        for number, row in enumerate(rows_of(ROWS, compiled.checked, False)):
            assert found.decision(number) == evaluator.decide(row, CONTEXT), text
        computed += 1
    assert computed > 600
