"""What both systems' values become before anything compares them, and how they are kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.values import (
    LONG_TEXT,
    Kind,
    Value,
    as_text,
    canonical,
    hash64,
    is_of,
    is_stand_in,
    match_key,
    pack,
    stand_in,
    unpack,
)

JAPAN = timezone(timedelta(hours=9))
texts = st.text(st.characters(codec="utf-8"), max_size=20)
decimals = st.decimals(
    allow_nan=False, allow_infinity=False, places=10, min_value=-(10**28) + 1, max_value=10**28 - 1
)
values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    decimals,
    st.dates(),
    st.datetimes(timezones=st.sampled_from([UTC, JAPAN]), min_value=datetime(2, 1, 1)),  # noqa: DTZ001
    st.lists(texts, min_size=1, max_size=4, unique=True).map(lambda parts: tuple(sorted(parts))),
)
rows = st.dictionaries(texts, values, max_size=6)


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (Kind.TEXT, " 山田 ", " 山田 "),
        (Kind.TEXT, 12, "12"),
        (Kind.BOOLEAN, True, True),
        (Kind.BOOLEAN, " TRUE ", True),
        (Kind.BOOLEAN, "false", False),
        (Kind.INTEGER, "12", 12),
        (Kind.INTEGER, "12.0", 12),
        (Kind.INTEGER, 1e3, 1000),
        (Kind.INTEGER, str(2**63 - 1), 2**63 - 1),
        (Kind.DECIMAL, " 1.50 ", Decimal("1.5")),
        (Kind.DECIMAL, "1E+3", Decimal(1000)),
        (Kind.DECIMAL, 0.1, Decimal("0.1")),
        (Kind.DECIMAL, "-0.0", Decimal(0)),
        (
            Kind.DECIMAL,
            "1234567890123456789012345678.0123456789",
            Decimal("1234567890123456789012345678.0123456789"),
        ),
        (Kind.DATE, "2026-04-01", date(2026, 4, 1)),
        (Kind.DATE, date(2026, 4, 1), date(2026, 4, 1)),
        (Kind.DATETIME, "2026-04-01T09:00:00+09:00", datetime(2026, 4, 1, tzinfo=UTC)),
        (Kind.DATETIME, datetime(2026, 4, 1, 9, tzinfo=JAPAN), datetime(2026, 4, 1, tzinfo=UTC)),
        (Kind.TEXTS, "b; a;;b", ("a", "b")),
        (Kind.TEXTS, ["b", " a ", ""], ("a", "b")),
    ],
)
def test_a_written_value_becomes_the_canonical_one(kind: Kind, written: object, value: Value) -> None:
    found = canonical(written, kind)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("written", [None, ""])
def test_empty_is_none_in_every_kind(kind: Kind, written: object) -> None:
    assert canonical(written, kind) is None


@pytest.mark.parametrize("written", [[], ";", " ; ", [" "]])
def test_a_multi_select_of_nothing_is_empty(written: object) -> None:
    assert canonical(written, Kind.TEXTS) is None


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Kind.BOOLEAN, "yes"),
        (Kind.BOOLEAN, 1),
        (Kind.INTEGER, "1.5"),
        (Kind.INTEGER, True),
        (Kind.INTEGER, 2**63),
        (Kind.INTEGER, "1e999999"),
        (Kind.DECIMAL, "1,000"),
        (Kind.DECIMAL, "1_000"),
        (Kind.DECIMAL, "１２３"),
        (Kind.DECIMAL, "NaN"),
        (Kind.DECIMAL, "Infinity"),
        (Kind.DECIMAL, "1e28"),
        (Kind.DATE, "2026-02-30"),
        (Kind.DATE, "01.04.2026"),
        (Kind.DATETIME, "2026-04-01T09:00:00"),
        (Kind.DATETIME, "0001-01-01T00:00:00+09:00"),
    ],
)
def test_what_is_no_value_of_the_kind_is_refused_with_its_text(kind: Kind, written: object) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        canonical(written, kind)
    assert str(written) in str(refusal.value)


def test_a_moment_does_not_become_a_date_without_a_zone() -> None:
    with pytest.raises(TypeError, match="zone"):
        canonical(datetime(2026, 4, 1, tzinfo=UTC), Kind.DATE)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "true"),
        (7, "7"),
        (Decimal("1.500"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0"), "0"),
        (Decimal("1234567890123456789012345678.0123456789"), "1234567890123456789012345678.0123456789"),
        (date(2026, 4, 1), "2026-04-01"),
        (datetime(2026, 4, 1, 9, tzinfo=JAPAN), "2026-04-01T00:00:00+00:00"),
        (("a", "b"), "a;b"),
        ("山田", "山田"),
    ],
)
def test_a_value_has_one_text(value: Value, text: str | None) -> None:
    assert as_text(value) == text


@given(decimals, decimals)
def test_two_numbers_have_the_same_text_only_when_they_are_equal(one: Decimal, two: Decimal) -> None:
    assert (as_text(one) == as_text(two)) == (one == two)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.BOOLEAN, True),
        (Kind.INTEGER, -5),
        (Kind.DECIMAL, Decimal("0.05")),
        (Kind.DATE, date(1949, 4, 3)),
        (Kind.DATETIME, datetime(2026, 4, 1, tzinfo=UTC)),
        (Kind.TEXTS, ("a", "b")),
        (Kind.TEXT, "営業🙂"),
    ],
)
def test_the_text_of_a_value_is_read_back_as_that_value(kind: Kind, value: Value) -> None:
    assert canonical(as_text(value), kind) == value


@pytest.mark.parametrize(
    "written", ["Taro@Example.jp", "ＴＡＲＯ＠ｅｘａｍｐｌｅ．ｊｐ", "\u3000taro@example.jp "]
)
def test_one_address_in_any_writing_has_one_match_key(written: str) -> None:
    assert match_key(written) == "taro@example.jp"


@pytest.mark.parametrize("nothing", [None, "", "  ", "\u3000"])
def test_nothing_has_no_match_key(nothing: str | None) -> None:
    assert match_key(nothing) is None


def test_our_hash_is_the_same_in_every_release() -> None:
    assert hash64(b"awase") == -8551397419623934219
    assert hash64("合わせ".encode()) == -1590379617872005356


@given(rows)
def test_a_packed_row_comes_back_with_its_types(row: dict[str, Value]) -> None:
    again = unpack(pack(row))
    assert again == row
    assert {n: type(v) for n, v in again.items()} == {n: type(v) for n, v in row.items()}


@given(rows, st.randoms(use_true_random=False))
def test_equal_rows_give_equal_bytes_in_any_order(row: dict[str, Value], order: Any) -> None:
    names = list(row)
    order.shuffle(names)
    assert pack({name: row[name] for name in names}) == pack(row)
    assert pack(unpack(pack(row))) == pack(row)


def test_equal_numbers_and_moments_give_equal_bytes_however_written() -> None:
    assert pack({"a": Decimal("1.50")}) == pack({"a": Decimal("1.5")})
    tokyo = datetime(2026, 4, 1, 9, tzinfo=JAPAN)
    assert pack({"a": tokyo}) == pack({"a": tokyo.astimezone(UTC)})


def test_blank_absent_false_and_nought_are_four_different_things() -> None:
    packed = [pack(row) for row in ({}, {"a": None}, {"a": False}, {"a": 0}, {"a": "0"}, {"a": Decimal(0)})]
    assert len(set(packed)) == len(packed)


def test_the_base_keeps_length_and_digest_of_a_long_text() -> None:
    kept, longer = "x" * LONG_TEXT, "x" * (LONG_TEXT + 1)
    assert stand_in(kept) == kept
    assert not is_stand_in(kept)
    assert is_stand_in(stand_in(longer))
    assert str(LONG_TEXT + 1) in str(stand_in(longer))
    assert len(str(stand_in(longer))) < 100
    assert stand_in(longer) != stand_in("y" + longer[1:])
    assert stand_in(stand_in(longer)) == stand_in(longer)


def test_a_row_is_packed_alike_from_a_long_text_and_from_what_stands_for_it() -> None:
    longer = "長い" * LONG_TEXT
    assert pack({"note": longer}) == pack({"note": stand_in(longer)})
    assert unpack(pack({"note": longer})) == {"note": stand_in(longer)}


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        (None, set(Kind)),
        (True, {Kind.BOOLEAN}),
        (1, {Kind.INTEGER, Kind.DECIMAL}),
        (Decimal(1), {Kind.DECIMAL}),
        ("1", {Kind.TEXT}),
        (("1",), {Kind.TEXTS}),
        (date(2026, 1, 1), {Kind.DATE}),
        (datetime(2026, 1, 1, tzinfo=UTC), {Kind.DATETIME}),
    ],
)
def test_a_kept_value_fits_the_kinds_it_could_be_one_of(value: Value, kinds: set[Kind]) -> None:
    assert {kind for kind in Kind if is_of(value, kind)} == kinds
