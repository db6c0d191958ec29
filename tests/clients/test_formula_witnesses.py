"""Two independent implementations of Salesforce's formulas compute what we compute, or differ in a way that is listed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from awase_formula import Field, Schema, format, parse
from awase_formula.tree import Call, Formula, Node, Reference, postorder
from awase_formula.values import Value, read
from tests.unit.formula.generated import DAYS, NOW, SCHEMA, Maker, frame
from tests.unit.formula.test_labelled import RULES, schema_of, typed

from .formula_disagreements import KNOWN as KNOWN_KINDS
from .formula_disagreements import key_of
from .formula_witnesses import Case, Tally, compared
from .node_clients import installed

pytestmark = pytest.mark.timeout(1200)  # the first one may have to install the witnesses
PAGES = Path(__file__).resolve().parents[2] / "docs" / "reference"

FORMULAS = 250
ROWS, WHOLE, WITH_NULLS = 24, 4, 4
LARGEST = 10**6
"""A text that is padded to a larger number of characters costs seconds."""
_COMMON = frozenset(
    [
        "ADDMONTHS",
        "DATE",
        "DATETIMEVALUE",
        "DATEVALUE",
        "TIMEVALUE",
        "YEAR",
        "MONTH",
        "DAY",
        "WEEKDAY",
        "HOUR",
        "TODAY",
        "NOW",
        "AND",
        "OR",
        "CASE",
        "IF",
        "ISNULL",
        "ISBLANK",
        "NULLVALUE",
        "BLANKVALUE",
        "ABS",
        "CEILING",
        "FLOOR",
        "ROUND",
        "MCEILING",
        "MFLOOR",
        "MAX",
        "MIN",
        "MOD",
        "BEGINS",
        "CONTAINS",
        "INCLUDES",
        "ISPICKVAL",
        "FIND",
        "LEFT",
        "RIGHT",
        "MID",
        "LOWER",
        "UPPER",
        "LPAD",
        "SUBSTITUTE",
        "TRIM",
        "LEN",
        "TEXT",
        "VALUE",
        "CASESAFEID",
    ]
)
SPECIMENS: tuple[tuple[Any, ...], ...] = (
    ("LEN(T1)", ("a",), (None,)),
    ('ISPICKVAL(K1, "")', ("Open",), (None,)),
    ("MOD(N1, N2)", (Decimal(5), Decimal(0)), (Decimal(-5), Decimal(3)), (Decimal(5), Decimal(-3))),
    ("I1", ("001000000000001AAA",), (None,)),
    ("ROUND(N1, -2)", (Decimal(60),), (Decimal(49),), (Decimal(1250),), (Decimal(-160),)),
    ("ROUND(N1, 0)", (Decimal("2.5"),), (Decimal("-2.5"),), (Decimal("0.5"),)),
    ("CEILING(N1) * 100 + FLOOR(N1)", (Decimal("1.4"),), (Decimal("-1.4"),)),
    ("MCEILING(N1) * 100 + MFLOOR(N1)", (Decimal("1.4"),), (Decimal("-1.4"),)),
    ("2 * N1 ^ 2", (Decimal(3),)),
    ("TEXT(N1)", (Decimal("0.5"),), (Decimal("10.50"),), (Decimal("-0.5"),)),
    ("ISNUMBER(T1)", ("1.",), ("1e3",), ("+1",), ("１",), ("1,000",), ("",), (None,)),
    ("MID(T1, N1, 2)", (Decimal(0), "abc"), (Decimal("1.5"), "abc"), (Decimal(-1), "abc")),
    ("LEFT(T1, N1)", (Decimal(0), "abc"), (Decimal("1.5"), "abc"), (Decimal(-1), "abc")),
    ("FIND(T1, T2)", ("b", "ab"), (None, "ab"), ("b", None), (None, None)),
    ("ADDMONTHS(D1, N1)", *((day, Decimal(months)) for day in DAYS[:5] for months in (1, -1, 12, 0))),
    ("T1 & T2", ("a", None), (None, None)),
    ("T1 + T2", ("a", None), (None, None)),
    ("T1 = T2", ("a", None), (None, None), ("a", "A")),
    ("T1 < T2", ("a", None), (None, None), ("a", "A"), ("あ", "ア")),
    ("NOT(N1 > N2)", (Decimal(1), None), (Decimal(1), Decimal(2))),
    ("N1 > 1 || N2 > 1", (Decimal(2), None), (None, None), (None, Decimal(2))),
    ("IF(N1 > 1, 1, 2)", (None,), (Decimal(2),)),
    ("ISBLANK(T1) && ISBLANK(N1)", (None, None), (Decimal(0), None)),
    ("ISNULL(T1)", (None,), ("a",)),
    ("NULLVALUE(T1, T2)", (None, "b"), ("a", "b")),
    ("MAX(N1, N2) - MIN(N1, N2)", (Decimal(1), None), (Decimal(1), Decimal(3))),
    ('SUBSTITUTE(T1, "b", T2)', ("abc", None), (None, "x"), ("abc", "x")),
    ('INCLUDES(M1, "A")', ("A;B",), ("AB;B",), (None,)),
    ('INCLUDES(M1, "")', (None,), ("A",)),
    ("WEEKDAY(D1) * 100 + MONTH(D1)", *((day,) for day in DAYS[:5])),
    ("D1 + N1", (DAYS[0], Decimal("1.9")), (DAYS[0], Decimal("-1.9"))),
    ("N1 + N2 = 0.3", (Decimal("0.1"), Decimal("0.2"))),
    ("N1 * 100 = 29", (Decimal("0.29"),)),
    ("VALUE(T1)", ("1e3",), ("+1",), (" 6",), ("6x",), ("１",)),
)
"""Formulas, and rows with the values of their fields in the order of the names."""
KNOWN = {"sformula": _COMMON | {"ISNUMBER"}, "formulon": _COMMON | {"REGEX"}}


def readable(witness: str, root: Node) -> bool:
    """Whether a witness has all the functions of a formula, and its names are fields of the record or its parents."""
    nodes = list(postorder(root))
    calls = {node.name for node in nodes if isinstance(node, Call)}
    names = [node.name for node in nodes if isinstance(node, Reference)]
    return calls <= KNOWN[witness] and not any("$" in name or name.endswith("Gone") for name in names)


def read_as_formulas_do(schema: Schema, row: dict[str, object]) -> dict[str, Value]:
    values = {name: read(value, schema.fields[name], "null") for name, value in row.items()}
    return {
        name: value.replace(microsecond=value.microsecond // 1000 * 1000)
        if isinstance(value, datetime)
        else value
        for name, value in values.items()
    }


def huge(row: dict[str, object]) -> bool:
    return any(isinstance(value, Decimal | float) and abs(value) > LARGEST for value in row.values())


def used_schema(root: Node, schema: Schema) -> Schema:
    names = {node.name for node in postorder(root) if isinstance(node, Reference)}
    return Schema({name: Field(schema.fields[name].kind) for name in sorted(names)})


def generated_cases(witness: str) -> list[Case]:
    """Generated formulas with rows, some without a null in what the formula reads."""
    cases: list[Case] = []
    for seed in count():
        maker = Maker(seed)
        root = maker.rule(depth=3)
        if not readable(witness, root):
            continue
        schema = used_schema(root, SCHEMA)
        rows = frame(maker, ROWS).select(sorted(schema.fields)).rows(named=True) if schema.fields else [{}]
        rows = [read_as_formulas_do(SCHEMA, row) for row in rows if not huge(row)]
        whole = [row for row in rows if None not in row.values()][:WHOLE]
        nulls = [row for row in rows if None in row.values()][: WITH_NULLS if witness == "sformula" else 0]
        cases.append(Case(parse(format(Formula("", root))).root, schema, (*whole, *nulls), NOW))
        if len(cases) == FORMULAS:
            return cases
    raise AssertionError


def specimens() -> list[Case]:
    """Corners that random formulas come to seldom."""
    cases = []
    for text, *rows in SPECIMENS:
        root = parse(text).root
        schema = used_schema(root, SCHEMA)
        values = tuple(dict(zip(schema.fields, row, strict=True)) for row in rows)
        cases.append(Case(root, schema, values or ({},), NOW))
    return cases


def labelled_cases(witness: str) -> list[Case]:
    """The rules that people have labelled, on their rows that lack nothing; the witnesses know no zone but UTC."""
    cases = []
    for rule in RULES:
        root, schema = parse(rule["formula"]).root, schema_of(rule)
        rows = [row["values"] for row in rule["rows"] if row["values"].keys() == rule["fields"].keys()]
        if readable(witness, root) and "zone" not in rule:
            now = datetime.fromisoformat(rule["now"]) if "now" in rule else NOW
            values = [read_as_formulas_do(schema, typed(schema, row) or {}) for row in rows]
            cases.append(Case(root, used_schema(root, schema), tuple(values), now))
    return cases


@pytest.fixture(scope="module")
def packages() -> Path:
    return installed("formulas")


@pytest.mark.parametrize(("witness", "least"), [("sformula", 1000), ("formulon", 600)])
def test_a_witness_agrees_or_differs_in_a_way_that_is_listed(
    witness: str, least: int, packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally, seen = Tally(), Counter[str]()
    cases = [*generated_cases(witness), *specimens(), *labelled_cases(witness)]
    for causes in compared(witness, cases, packages, tally):
        assert causes, "two results differ, but none of the formula's parts says why"
        for cause in causes:
            key = key_of(witness, cause)
            assert key is not None, f"{witness} differs in a way that is not listed: {cause}"
            seen[key] += 1
    with capsys.disabled():
        print(f"\n{witness}: {tally}; {dict(seen.most_common())}")
    assert tally.agreed >= least
    assert set(seen) == set(KNOWN_KINDS[witness]), "a kind that is listed is not seen any more"


@pytest.mark.parametrize("page", ["formula.md", "formula.ja.md"])
def test_each_kind_of_disagreement_is_on_the_page_with_its_reason(page: str) -> None:
    rows = [line.split(" | ") for line in (PAGES / page).read_text("utf-8").splitlines()]
    listed = [(row[0].strip("| "), row[1].strip("`")) for row in rows if len(row) == 4]
    for witness, kinds in KNOWN_KINDS.items():
        assert [key for name, key in listed if name == witness] == list(kinds)
