"""What holds for every merge, and that the frame form says of each person what plain steps say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awase.core.frames import base_frame, people
from awase.core.mapping import BoundSync, Direction, OnConflict, column
from awase.core.merge import Decision, decision, listed, merge, target
from awase.core.values import LONG_TEXT, Kind, Value
from tests.unit.core.scalar_merge import Agreed, carried, kept, merged
from tests.unit.core.scene import CRM_OBJECTS, Mapped, Record, a_base, a_field, bound, mapped, read

DIRECTIONS = [d for d in Direction if d != Direction.OFF]
ZONES = ("Asia/Tokyo", "America/Havana", "Africa/Cairo", "Europe/Berlin", "UTC")
"""Japan had summer time that began at midnight, Cairo has; Havana's midnight comes twice in autumn."""

DAYS = (
    date(1949, 4, 3),  # no midnight in Tokyo
    date(2014, 5, 16),  # no midnight in Cairo
    date(2020, 3, 8),  # no midnight in Havana
    date(2020, 11, 1),  # two midnights in Havana
    date(2020, 3, 29),
    date(1700, 1, 1),
)
MOMENTS = (
    datetime(1949, 4, 2, 15, tzinfo=UTC),
    datetime(2014, 5, 15, 22, tzinfo=UTC),
    datetime(2020, 11, 1, 4, tzinfo=UTC),
    datetime(2020, 11, 1, 5, tzinfo=UTC),
    datetime(2020, 3, 28, 23, 30, 15, 999_999, tzinfo=UTC),
)
NUMBERS = tuple(
    map(Decimal, ("0", "0.5", "1.5", "2.5", "-2.5", "2", "0.005", "0.125", "-0.125", "12345.678"))
)
TEXTS = ("a", " a ", "A", "甲", "\u3000甲", " ", "b\n")
STAGES = ("lead", "新規", "顧客", "New", "Old", "other")
TOPICS = (("a",), ("a", "b"), ("b",))

POOLS: dict[str, tuple[tuple[Value, ...], tuple[Value, ...]]] = {
    "mail": ((" Taro@Example.JP ", "taro@example.jp", "hanako@example.jp"),) * 2,
    "title": (TEXTS, TEXTS),
    "stage": (STAGES, STAGES),
    "agreed": ((True, False),) * 2,
    "seats": ((0, 1, 2, -3), NUMBERS),
    "stock": (NUMBERS, (0, 1, 2, -2, -3)),
    "amount": (NUMBERS, NUMBERS),
    "born": (DAYS, MOMENTS),
    "seen": (MOMENTS, DAYS),
    "met": (MOMENTS, MOMENTS),
    "topics": (TOPICS, TOPICS),
    "rating": (TEXTS, TEXTS),
}
"""Values of the MA and of the CRM: few, so that equal ones are frequent."""


Row = dict[str, Value]
Pair = tuple[str, Row, Row, Row, Row]
"""The CRM object, what the MA and the CRM say, and what was agreed of each."""


def fields(direction: Direction, on_conflict: OnConflict) -> list[Mapped]:
    amounts = {
        o: a_field("Amount__c", Kind.DECIMAL, scale=s) for o, s in zip(CRM_OBJECTS, (2, 0), strict=True)
    }
    made = [
        mapped("mail", ma={"email": True}, crm={"email": True}),
        mapped("title"),
        mapped("stage", values={"lead": "New", "新規": "New", "顧客": "Old"}),
        mapped("agreed", Kind.BOOLEAN),
        mapped("seats", Kind.INTEGER, crm_kind=Kind.DECIMAL, crm={"scale": 1}),
        mapped("stock", Kind.DECIMAL, crm_kind=Kind.INTEGER),
        Mapped(a_field("amount", Kind.DECIMAL), amounts),
        mapped("born", Kind.DATE, crm_kind=Kind.DATETIME),
        mapped("seen", Kind.DATETIME, crm_kind=Kind.DATE),
        mapped("met", Kind.DATETIME),
        mapped("topics", Kind.TEXTS),
        mapped("rating", on=("Lead",)),
    ]
    return [replace(m, direction=direction, on_conflict=on_conflict) for m in made]


def anybody(rng: Random, fields: list[Mapped], object: str, zone: str) -> Pair:
    """One pair's raw values, and for a third of its fields each: nothing agreed, all agreed, something agreed."""
    ma: dict[str, Value] = {}
    crm: dict[str, Value] = {}
    agreed_ma: dict[str, Value] = {}
    agreed_crm: dict[str, Value] = {}
    for m in fields:
        mine, theirs = POOLS[m.ma.name]
        ma[m.ma.name] = rng.choice((None, *mine))
        crm[m.ma.name] = rng.choice((None, *theirs)) if object in m.crm else None
        back = m.crm.get(object)
        if back is not None and rng.random() < 0.2:
            crm[m.ma.name] = carried(ma[m.ma.name], m.ma, back, dict(m.values), zone)
        if back is None or rng.random() < 0.33:
            continue
        stays = rng.random
        before = ma[m.ma.name] if stays() < 0.6 else rng.choice((None, *mine))
        after = crm[m.ma.name] if stays() < 0.6 else rng.choice((None, *theirs))
        agreed_ma[m.ma.name], agreed_crm[m.ma.name] = kept(before, m.ma), kept(after, back)
    return object, ma, crm, agreed_ma, agreed_crm


def framed(sync: BoundSync, pairs: list[Pair]) -> pl.DataFrame:
    """Pairs, merged; in the order of their links."""
    frame = people(
        read(sync, "ma", [Record(i, str(i), p[1]) for i, p in enumerate(pairs)]),
        read(sync, "crm", [Record(i, f"00Q{i}", p[2], object=p[0]) for i, p in enumerate(pairs)]),
        base_frame([a_base(i, p[3], p[4]) for i, p in enumerate(pairs)], sync),
        sync,
    )
    return merge(frame, sync).sort("_link")


def plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


WRITTEN = {Decision.NOTHING: "nobody", Decision.TO_CRM: "crm", Decision.TO_MA: "ma", Decision.WAIT: "wait"}


@pytest.mark.parametrize("on_conflict", OnConflict)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("zone", ZONES)
def test_frames_say_of_each_person_what_plain_steps_say(
    zone: str, direction: Direction, on_conflict: OnConflict
) -> None:
    rng = Random(f"{zone}{direction}{on_conflict}")
    all_fields = fields(direction, on_conflict)
    sync = bound(*all_fields, match_on="mail", plain=True, time_zone=zone)
    pairs = [anybody(rng, all_fields, rng.choice(CRM_OBJECTS), zone) for _ in range(50)]
    for (object, ma, crm, agreed_ma, agreed_crm), row in zip(
        pairs, framed(sync, pairs).to_dicts(), strict=True
    ):
        for m in all_fields:
            name, theirs = m.ma.name, m.crm.get(object)
            agreed: Agreed = (agreed_ma[name], agreed_crm[name]) if name in agreed_ma else None
            mine = kept(ma[name], m.ma)
            other = kept(crm[name], theirs) if theirs is not None else None
            expected = merged(m, object, mine, other, agreed, zone)
            found = (
                WRITTEN[Decision(row[decision(name)])],
                row[listed(name)],
                plain(row[target("crm", name)]),
                plain(row[target("ma", name)]),
            )
            assert found == expected, (name, object, mine, other, agreed)


# -- laws ----------------------------------------------------------------------------------------------------------

Choice = tuple[Direction, OnConflict]
Rows = Sequence[tuple[Value, Value, Agreed]]
"""(what the MA says, what the CRM says, what was agreed)"""

cells = st.sampled_from([None, "a", "A", "b", " a ", ""])
choices = st.tuples(st.sampled_from(DIRECTIONS), st.sampled_from(OnConflict))
people_of_one_field = st.lists(
    st.tuples(cells, cells, st.none() | st.tuples(cells, cells)), min_size=1, max_size=12
)


def decided(choice: Choice, rows: Rows) -> list[dict[str, Any]]:
    """Each row's merge of the one field ``title``, given as (MA, CRM, agreed)."""
    sync = bound(mapped("title", direction=choice[0], on_conflict=choice[1]))
    text = a_field("title")
    pairs: list[Pair] = [
        (
            "Lead",
            {"title": ma},
            {"title": crm},
            {"title": kept(agreed[0], text)} if agreed else {},
            {"title": kept(agreed[1], text)} if agreed else {},
        )
        for ma, crm, agreed in rows
    ]
    return framed(sync, pairs).to_dicts()


@given(choices, people_of_one_field)
@settings(deadline=None, max_examples=60)
def test_equal_values_are_never_written(choice: Choice, rows: Rows) -> None:
    for row in decided(choice, [(ma, ma, agreed) for ma, _, agreed in rows]):
        assert row[decision("title")] == Decision.NOTHING
        assert row[listed("title")] is False


@given(choices, people_of_one_field)
@settings(deadline=None, max_examples=60)
def test_what_did_not_change_is_not_written(choice: Choice, rows: Rows) -> None:
    for row in decided(choice, [(ma, crm, (ma, crm)) for ma, crm, _ in rows]):
        assert row[decision("title")] == Decision.NOTHING
        assert row[listed("title")] is False


@given(choices, people_of_one_field)
@settings(deadline=None, max_examples=60)
def test_a_side_that_is_only_read_is_never_written(choice: Choice, rows: Rows) -> None:
    made = {row[decision("title")] for row in decided(choice, rows)}
    if choice[0] == Direction.CRM:
        assert Decision.TO_CRM not in made
    if choice[0] == Direction.MA:
        assert Decision.TO_MA not in made


@given(choices, people_of_one_field)
@settings(deadline=None, max_examples=60)
def test_a_blank_never_overwrites_what_was_never_agreed(choice: Choice, rows: Rows) -> None:
    for row in decided(choice, [(ma, crm, None) for ma, crm, _ in rows]):
        if row[decision("title")] == Decision.TO_CRM:
            assert row[target("crm", "title")] is not None
        if row[decision("title")] == Decision.TO_MA:
            assert row[target("ma", "title")] is not None


@given(choices, people_of_one_field)
@settings(deadline=None, max_examples=60)
def test_once_written_and_agreed_there_is_nothing_left_to_write(choice: Choice, rows: Rows) -> None:
    again: list[tuple[Value, Value, Agreed]] = []
    for row in decided(choice, rows):
        ma, crm = row[column("ma", "title")], row[column("crm", "title")]
        if row[decision("title")] == Decision.TO_CRM:
            crm = row[target("crm", "title")]
        if row[decision("title")] == Decision.TO_MA:
            ma = row[target("ma", "title")]
        if row[decision("title")] != Decision.WAIT:
            again.append((ma, crm, (ma, crm)))
    if again:
        assert {row[decision("title")] for row in decided(choice, again)} == {Decision.NOTHING}


@given(choices, people_of_one_field)
@settings(deadline=None, max_examples=30)
def test_nobody_is_decided_by_who_stands_beside(choice: Choice, rows: Rows) -> None:
    together = [(r[decision("title")], r[listed("title")]) for r in decided(choice, rows)]
    apart = [(r[decision("title")], r[listed("title")]) for row in rows[:4] for r in decided(choice, [row])]
    assert together[:4] == apart


@pytest.mark.parametrize(
    ("edited", "decided_now"),
    [
        ("neither", Decision.NOTHING),
        ("crm", Decision.TO_MA),
        ("ma", Decision.TO_CRM),
        ("both", Decision.WAIT),
    ],
)
def test_an_edit_of_a_long_text_is_told_from_none(edited: str, decided_now: Decision) -> None:
    sync = bound(mapped("note", on_conflict=OnConflict.WAIT))
    mine, theirs = "甲" * (LONG_TEXT + 1), "乙" * (LONG_TEXT + 1)
    now_mine = mine + "!" if edited in ("ma", "both") else mine
    now_theirs = theirs + "?" if edited in ("crm", "both") else theirs
    row = framed(
        sync, [("Lead", {"note": now_mine}, {"note": now_theirs}, {"note": mine}, {"note": theirs})]
    ).row(0, named=True)
    assert row[decision("note")] == decided_now


def test_a_number_no_integer_can_hold_is_an_edit_and_stops_nothing() -> None:
    sync = bound(mapped("stock", Kind.DECIMAL, crm_kind=Kind.INTEGER))
    row = framed(sync, [("Lead", {"stock": Decimal("1e20")}, {"stock": None}, {}, {})]).row(0, named=True)
    assert row[decision("stock")] == Decision.TO_CRM


@pytest.mark.parametrize(
    ("kind", "crm_kind", "value"),
    [
        (Kind.DATE, Kind.DATETIME, date.min),
        (Kind.DATE, Kind.DATETIME, date.max),
        (Kind.DATETIME, Kind.DATE, datetime(9999, 12, 31, 23, tzinfo=UTC)),
        (Kind.DATETIME, Kind.DATE, datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Havana"])
def test_the_ends_of_the_calendar_stop_nothing(kind: Kind, crm_kind: Kind, value: Value, zone: str) -> None:
    sync = bound(mapped("day", kind, crm_kind=crm_kind), time_zone=zone)
    row = framed(sync, [("Lead", {"day": value}, {"day": None}, {}, {})]).to_dicts()[0]
    assert row[decision("day")] == Decision.TO_CRM
    assert row[target("crm", "day")] is not None
