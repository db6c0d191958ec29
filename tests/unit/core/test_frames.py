"""How vendors' rows and what was agreed become the frames that are compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from awase.core.filters import Condition, passes
from awase.core.frames import (
    OUT,
    base_frame,
    complete,
    fields_to_read,
    latest,
    merged_base,
    packed_rows,
    people,
    row_hash,
    side_from_base,
    side_schema,
)
from awase.core.mapping import CreateRule
from awase.core.operations import Side
from awase.core.records import BaseRow
from awase.core.values import LONG_TEXT, Kind, Value, pack, stand_in, unpack
from tests.unit.core.scene import Mapped, Record, a_base, a_field, bound, crowd, mapped, read

TITLE = mapped("title")
SYNC = bound(TITLE)
BOTH_KNOWN = {"email": "a@x.jp", "title": "部長"}


def test_values_are_read_as_the_field_gives_them_back() -> None:
    amount = mapped("amount", Kind.DECIMAL, crm={"scale": 2})
    met = mapped("met", Kind.DATETIME)
    sync = bound(TITLE, amount, met, mapped("topics", Kind.TEXTS))
    moment = datetime(2026, 4, 1, 9, 0, 0, 999_999, tzinfo=UTC)
    values: dict[str, Value] = {
        "email": " Taro@Example.JP",
        "title": "\u3000部長 ",
        "amount": Decimal("0.125"),
        "met": moment,
        "topics": ("a", "b"),
    }
    (row,) = read(sync, "crm", [Record(1, "00Q1", values)]).to_dicts()
    assert row["crm:email"] == "taro@example.jp"
    assert row["crm:title"] == "部長"
    assert row["crm:amount"] == Decimal("0.13")
    assert row["crm:met"] == moment.replace(microsecond=0)
    assert row["crm:topics"] == ["a", "b"]
    (row,) = read(sync, "ma", [Record(1, "1", values)]).to_dicts()
    assert row["ma:amount"] == Decimal("0.125")


@pytest.mark.parametrize("blank", ["", "  ", "\u3000", "\t\n"])
def test_a_text_of_blanks_is_empty(blank: str) -> None:
    assert read(SYNC, "ma", [Record(1, "1", {"title": blank})])["ma:title"].to_list() == [None]


def test_an_object_without_the_field_has_it_empty_in_its_kind() -> None:
    sync = bound(mapped("size", Kind.INTEGER, on=("Contact",)))
    frame = read(sync, "crm", [Record(1, "00Q1", {}, object="Lead")])
    assert frame["crm:size"].to_list() == [None]
    assert frame["crm:size"].dtype == pl.Int64


@pytest.mark.parametrize("side", ["ma", "crm"])
def test_a_side_frame_has_the_promised_columns_whatever_was_read(side: Side) -> None:
    promised = side_schema(SYNC, side)
    assert dict(read(SYNC, side, [Record(1, "1", {})]).schema) == promised
    assert dict(latest([], SYNC, side).schema) == promised
    assert dict(side_from_base([], SYNC, side).schema) == promised


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.TEXT, "VIP", "VIP"),
        (Kind.BOOLEAN, True, "true"),
        (Kind.INTEGER, 10, "10"),
        (Kind.DECIMAL, Decimal("10.50"), "10.5"),
        (Kind.DECIMAL, Decimal(100), "100"),
        (Kind.DECIMAL, Decimal(0), "0"),
        (Kind.TEXTS, ("a", "b"), "b"),
        (Kind.TEXT, None, None),
    ],
)
def test_a_rule_sees_an_unmapped_field_as_the_text_a_person_would_write(
    kind: Kind, value: Value, text: str | None
) -> None:
    rule = CreateRule("Lead", (Condition("grade", filled=True),))
    sync = bound(TITLE, extras=[a_field("grade", kind)], create_as=(rule,))
    frame = read(sync, "ma", [Record(1, "1", {"grade": value})])
    test = Condition("grade", is_in=(text,)) if text is not None else Condition("grade", blank=True)
    met = frame.select(passes((test,), lambda name: (pl.col(f"extra:{name}"), kind))).to_series()
    assert met.to_list() == [True]


def test_every_field_that_is_needed_is_read_once() -> None:
    rule = CreateRule("Lead", (Condition("grade", filled=True), Condition("title", filled=True)))
    sync = bound(
        TITLE,
        mapped("firm", on=("Contact",)),
        extras=[a_field("grade"), a_field("lead_id")],
        create_as=(rule,),
        crm_ids={"Lead": "lead_id"},
    )
    assert fields_to_read(sync, "ma", "contact") == ("email", "title", "firm", "lead_id", "grade")
    assert fields_to_read(sync, "crm", "Contact") == ("Email", "Title__c", "Firm__c")
    assert fields_to_read(sync, "crm", "Lead") == ("Email", "Title__c")


def test_of_a_record_read_twice_the_later_reading_holds() -> None:
    first = read(SYNC, "crm", [Record(1, "X", {"title": "old"}), Record(2, "Y", {"title": "b"})])
    second = read(
        SYNC, "crm", [Record(3, "X", {"title": "c"}, object="Contact"), Record(1, "X", {"title": "new"})]
    )
    found = latest([first, second], SYNC, "crm")
    rows = set(found.select("_object", "_id", "crm:title").iter_rows())
    assert rows == {("Lead", "X", "new"), ("Lead", "Y", "b"), ("Contact", "X", "c")}


# -- the base ------------------------------------------------------------------------------------------------------


def test_a_record_as_read_hashes_as_the_base_that_was_packed_from_it() -> None:
    values: dict[str, Value] = {"email": "a@x.jp", "title": "長" * (LONG_TEXT + 1)}
    frame = read(SYNC, "ma", [Record(1, "1", values, out=False)])
    (packed,) = packed_rows(frame, SYNC, "ma")
    agreed = merged_base(None, [BaseRow(link=1, ma=pack({OUT: False, **values}), crm=pack({}))])
    assert row_hash(packed) == agreed.ma_hash
    (other,) = packed_rows(read(SYNC, "ma", [Record(1, "1", values, out=True)]), SYNC, "ma")
    assert row_hash(other) != agreed.ma_hash


def test_patches_are_laid_over_the_base_in_their_order() -> None:
    stored = a_base(1, {"a": "1", "b": "1"}, {"a": "1"})
    found = merged_base(stored, [BaseRow(link=1, ma=pack({"a": "2"})), BaseRow(link=1, ma=pack({"a": "3"}))])
    assert unpack(found.ma or b"") == {"a": "3", "b": "1"}
    assert unpack(found.crm or b"") == {"a": "1"}
    assert found.ma_hash == row_hash(found.ma or b"")


def test_a_base_tells_what_was_agreed_on_both_sides() -> None:
    bases = [a_base(1, BOTH_KNOWN, {"email": "a@x.jp", "title": None}), BaseRow(link=2)]
    one, two = base_frame(bases, SYNC).to_dicts()
    assert (one["base.ma:title"], one["base.crm:title"], one["based:title"]) == ("部長", None, True)
    assert (two["base.ma:title"], two["base.crm:title"], two["based:title"]) == (None, None, False)


def test_a_field_mapped_since_has_no_base_and_the_others_keep_theirs() -> None:
    older = a_base(1, {"email": "a@x.jp"}, {"email": "a@x.jp"})
    (row,) = base_frame([older], SYNC).to_dicts()
    assert (row["based:email"], row["based:title"]) == (True, False)


def test_a_field_agreed_on_one_side_only_has_no_base() -> None:
    (row,) = base_frame([a_base(1, BOTH_KNOWN, {"email": "a@x.jp"})], SYNC).to_dicts()
    assert row["based:title"] is False


@pytest.mark.parametrize("kept", ["12", True, ("a",), Decimal("1.5")])
def test_a_field_whose_type_changed_since_has_no_base_and_stops_nothing(kept: Value) -> None:
    sync = bound(mapped("size", Kind.INTEGER))
    older = a_base(1, {"email": "a@x.jp", "size": kept}, {"email": "a@x.jp", "size": 12})
    (row,) = base_frame([older], sync).to_dicts()
    assert (row["based:size"], row["base.crm:size"]) == (False, None)
    assert not complete(older, "ma", sync)
    assert complete(older, "crm", sync)


def test_the_base_alone_tells_a_side_only_when_it_has_every_field_in_full() -> None:
    whole = a_base(1, BOTH_KNOWN, {"email": None, "title": None})
    assert complete(whole, "ma", SYNC)
    assert complete(whole, "crm", SYNC)
    assert not complete(a_base(1, {"title": "x"}, {}), "ma", SYNC)
    assert not complete(a_base(1, BOTH_KNOWN | {"title": "x" * (LONG_TEXT + 1)}, {}), "ma", SYNC)
    assert not complete(BaseRow(link=1, ma=pack(BOTH_KNOWN)), "crm", SYNC)


def test_a_side_told_by_its_base_is_the_side_that_was_read() -> None:
    sync = bound(TITLE, mapped("topics", Kind.TEXTS), mapped("amount", Kind.DECIMAL))
    values: dict[str, Value] = {**BOTH_KNOWN, "topics": ("a", "b"), "amount": Decimal("1.5")}
    frame = read(sync, "crm", [Record(7, "00Q1", values, out=True)])
    (packed,) = packed_rows(frame, sync, "crm")
    again = side_from_base([(BaseRow(link=7, crm=packed), "Lead", "00Q1")], sync, "crm")
    told = ["_link", "_id", "_object", "_out", "crm:email", "crm:title", "crm:topics", "crm:amount"]
    assert again.select(told).equals(frame.select(told))


# -- people --------------------------------------------------------------------------------------------------------


def test_people_are_joined_by_link_and_nobody_is_left_out() -> None:
    ma = [Record(1, "1", {"title": "a"}), Record(2, "2", {"title": "b"}, out=True)]
    crm = [Record(2, "00Q2", {"title": "c"}), Record(3, "003C", {"title": "d"}, object="Contact")]
    frame = crowd(SYNC, ma, crm, [a_base(2, BOTH_KNOWN, BOTH_KNOWN)])
    rows = {row["_link"]: row for row in frame.to_dicts()}
    assert {link: (r["_id_ma"], r["_id_crm"], r["_crm_object"]) for link, r in rows.items()} == {
        1: ("1", None, None),
        2: ("2", "00Q2", "Lead"),
        3: (None, "003C", "Contact"),
    }
    assert {link: r["based:title"] for link, r in rows.items()} == {1: False, 2: True, 3: False}
    assert (rows[2]["_out_ma"], rows[2]["_out_crm"]) == (True, None)


def test_nobody_at_all_is_a_frame_too() -> None:
    assert crowd(SYNC, [], []).is_empty()
    assert people(latest([], SYNC, "ma"), latest([], SYNC, "crm"), base_frame([], SYNC), SYNC).is_empty()


@pytest.mark.parametrize("edited", [False, True])
def test_a_long_text_stands_in_the_base_in_full_while_the_side_still_has_it(edited: bool) -> None:
    agreed = "長" * (LONG_TEXT + 1)
    now = agreed + "!" if edited else agreed
    frame = crowd(
        SYNC,
        [Record(1, "1", {"title": now})],
        [Record(1, "00Q1", {"title": None})],
        [a_base(1, {"email": None, "title": agreed}, {"email": None, "title": None})],
    )
    assert frame["base.ma:title"].to_list() == [stand_in(agreed) if edited else agreed]


def test_each_crm_object_is_normalised_by_its_own_field() -> None:
    crm: dict[str, Any] = {
        "Lead": a_field("A__c", Kind.DECIMAL, scale=0),
        "Contact": a_field("A__c", Kind.DECIMAL),
    }
    sync = bound(replace(Mapped(a_field("a", Kind.DECIMAL), crm)))
    records = [Record(n, str(n), {"a": Decimal("1.5")}, object=o) for n, o in enumerate(("Lead", "Contact"))]
    found = dict(read(sync, "crm", records).select("_object", "crm:a").iter_rows())
    assert found == {"Lead": Decimal(2), "Contact": Decimal("1.5")}
