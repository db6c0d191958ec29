"""What holds of every chain of transforms, whatever text comes along."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awase.core.transforms import (
    NAMES,
    Replacement,
    Step,
    StepProblem,
    Steps,
    TrueFalse,
    result_kind,
    transformed,
)
from awase.core.values import DTYPES, Kind, Value, as_text
from tests.unit.core.scalar_transforms import expected

ZONE = "Asia/Tokyo"

REFERENCED: dict[Kind, tuple[Step, ...]] = {
    Kind.TEXT: (
        *map(Step, ("trim", "collapse", "upper", "lower", "nfkc", "text")),
        *(Step("truncate", n) for n in (1, 3, 7)),
        Step("default", "未設定"),
        *(Step("split", sign) for sign in (",", "、")),
        *(
            Step(name, which)
            for name in ("half_width", "full_width")
            for which in ("all", "kana", "ascii", "digits")
        ),
        Step("replace", Replacement("a", "$1\\0")),
        Step("replace", Replacement("なし", "")),
        Step("boolean", TrueFalse(("はい", "a"), ("いいえ",))),
    ),
    Kind.TEXTS: (
        Step("join", ", "),
        Step("join", ""),
        Step("first"),
        Step("text"),
        Step("default", ("a", "未設定")),
    ),
    Kind.DECIMAL: (
        *(Step("round", places) for places in (0, 2, 10)),
        *(Step("scale", Decimal(factor)) for factor in ("10000", "0.0001", "-1.5", "0.0000000001")),
        Step("default", Decimal("1.5")),
        Step("text"),
    ),
    Kind.INTEGER: (Step("scale", Decimal("10000")), Step("default", 0), Step("text")),
    Kind.BOOLEAN: (Step("default", False), Step("text")),
    Kind.DATE: (Step("start_of_day"), Step("default", date(2026, 4, 1)), Step("text")),
    Kind.DATETIME: (Step("date"), Step("default", datetime(2026, 4, 1, tzinfo=UTC)), Step("text")),
}
"""Steps that the plain reference knows, by the kind they take."""

EVERY: tuple[Step, ...] = (
    *dict.fromkeys(step for steps in REFERENCED.values() for step in steps),
    *map(Step, ("title", "hiragana", "katakana", "strip_company", "postal_code", "number")),
    *(Step("date", written) for written in ("japanese", "%Y/%m/%d", "%d %b %y")),
    *(Step("prefecture", form) for form in ("name", "name_short", "code", "english")),
    *(Step(name, region) for name in ("phone", "phone_e164") for region in ("JP", "US")),
)

SIGNS = "aZé1２ｱガﾞが\u3099 　,、-ー－ß株（）円万%.△はいなし営🙂\n\x00\u200f"
plain_texts = st.text(st.sampled_from(SIGNS), max_size=12) | st.sampled_from(["はい", "なし", "いいえ"])
any_texts = st.text(st.characters(codec="utf-8"), max_size=30) | plain_texts
WRITTEN = [
    "03-1234-5678", "０９０－１２３４－５６７８", "+1 650-253-0000 ext. 5", "令和7年4月1日", "H元.1.8", "2026/4/1", "1億2,000万円",
    "△1,234.5", "(5%)", "9" * 40, "1" + "0" * 27, "〒123-4567", "東京", "JP-13", "Hokkaidō", "(株) 山田", "o'brien mcDONALD",
    "1 Apr 69", "👨‍👩‍👧🇯🇵🇫🇷", "\u3099" * 5, "٣٤", "²³", "", " ",
]  # fmt: skip
hard_texts = any_texts | st.sampled_from(WRITTEN)
EDGES = [
    Decimal(f"{s}{whole}.{part}")
    for s in "+-"
    for whole in ("9" * 24, "9" * 28)
    for part in ("0", "5", "0000000001")
]
SOURCES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: plain_texts.filter(bool),
    Kind.TEXTS: st.lists(plain_texts.map(str.strip).filter(bool), min_size=1, max_size=4).map(
        lambda parts: tuple(sorted(set(parts)))
    ),
    Kind.DECIMAL: st.decimals(-(10**28) + 1, 10**28 - 1, places=10) | st.sampled_from(EDGES),
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATE: st.dates(date(1900, 1, 1)),
    Kind.DATETIME: st.datetimes(datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
}


def run(values: list[Any], steps: Steps, kind: Kind) -> list[tuple[Value, bool, bool]]:
    """Value, made and failed of each value."""
    cells = [list(value) if isinstance(value, tuple) else value for value in values]
    made = transformed(pl.col("source"), steps, kind, ZONE)
    columns = {"value": made.value, "made": made.made, "failed": made.failed}
    found = pl.DataFrame({"source": cells}, schema={"source": DTYPES[kind]}).select(**columns)
    assert dict(found.schema) == {
        "value": DTYPES[result_kind(steps, kind)],
        "made": pl.Boolean(),
        "failed": pl.Boolean(),
    }
    return [(tuple(v) if isinstance(v, list) else v, m, f) for v, m, f in found.rows()]


@st.composite
def chains(draw: st.DrawFn, source: Kind) -> Steps:
    """Up to four steps that the reference knows, each of which can follow."""
    kind, steps = source, []
    for _ in range(draw(st.integers(1, 4))):
        steps.append(draw(st.sampled_from(REFERENCED[kind])))
        kind = result_kind((steps[-1],), kind)
    return tuple(steps)


@pytest.mark.parametrize("kind", Kind)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_column_goes_through_a_chain_as_each_of_its_values_would(kind: Kind, data: st.DataObject) -> None:
    steps = data.draw(chains(kind))
    values = data.draw(st.lists(st.none() | SOURCES[kind], max_size=8))
    values += values[:2]
    assert run(values, steps, kind) == [expected(value, steps, ZONE) for value in values]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(EVERY), min_size=1, max_size=4), st.lists(hard_texts, max_size=8))
def test_no_text_stops_a_chain_and_what_could_not_be_read_is_empty(
    steps: list[Step], texts: list[str]
) -> None:
    chain: Steps = ()
    for step in steps:
        try:
            result_kind((*chain, step), Kind.TEXT)
        except StepProblem:
            continue
        chain = (*chain, step)
    for value, made, failed in run(texts, chain, Kind.TEXT):
        assert not failed or (value is None and not made)


def test_every_transform_is_among_those_tried() -> None:
    assert {step.name for step in EVERY} == set(NAMES)


@pytest.mark.parametrize("step", EVERY, ids=str)
def test_a_null_passes_every_step_but_default(step: Step) -> None:
    kinds = [kind for kind in Kind if _could_stand(step, kind)]
    assert kinds
    for kind in kinds:
        ((value, made, failed),) = run([None], (step,), kind)
        assert (value is not None, made, failed) == (step.name == "default", step.name == "default", False)


def _could_stand(step: Step, kind: Kind) -> bool:
    try:
        result_kind((step,), kind)
    except StepProblem:
        return False
    return True


CHANGING_ONCE = [
    step
    for step in EVERY
    if step.name
    not in ("scale", "replace", "boolean", "start_of_day", "date", "number", "split", "join", "first")
]


@pytest.mark.parametrize("step", CHANGING_ONCE, ids=str)
@settings(max_examples=15, deadline=None)
@given(st.lists(hard_texts, max_size=20))
def test_what_a_step_gives_passes_it_again_unchanged(step: Step, texts: list[str]) -> None:
    if not _could_stand(step, Kind.TEXT):
        return
    once = [value for value, _, _ in run(texts, (step,), Kind.TEXT)]
    assert [value for value, _, _ in run(once, (step,), Kind.TEXT)] == once


@settings(max_examples=60, deadline=None)
@given(st.lists(hard_texts | st.none(), max_size=6), st.integers(1, 12))
def test_made_is_what_differs_because_of_a_default_or_a_truncation(
    texts: list[str | None], length: int
) -> None:
    marking = (Step("truncate", length), Step("default", "未設定"))
    without = [value for value, _, _ in run(texts, (Step("trim"),), Kind.TEXT)]
    found = run(texts, (Step("trim"), *marking), Kind.TEXT)
    assert [made for _, made, _ in found] == [
        value != plain for (value, _, _), plain in zip(found, without, strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(hard_texts, max_size=6))
def test_a_default_hides_no_value_that_could_not_be_read(texts: list[str]) -> None:
    plain = run(texts, (Step("number"),), Kind.TEXT)
    filled = run(texts, (Step("number"), Step("default", 0)), Kind.TEXT)
    assert [failed for _, _, failed in filled] == [failed for _, _, failed in plain]
    assert all(value is None for value, _, failed in filled if failed)


@settings(max_examples=60, deadline=None)
@given(st.decimals(-(10**28) + 1, 10**28 - 1, places=10))
def test_a_number_as_text_is_read_as_that_number(number: Decimal) -> None:
    ((value, _, failed),) = run([number], (Step("text"), Step("number")), Kind.DECIMAL)
    assert (value, failed) == (number, False), as_text(number)


def test_a_chain_converts_each_distinct_value_once_whichever_of_its_results_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("awase.core.transforms.texts.titled_text", lambda text: asked.append(text) or text)
    made = transformed(pl.col("source"), (Step("title"), Step("default", "x")), Kind.TEXT, ZONE)
    frame = pl.DataFrame({"source": ["a", "b", "a", None] * 100})
    for question in (made.value, made.made, made.failed):
        frame.select(question)
    assert sorted(asked) == ["a", "b"]
