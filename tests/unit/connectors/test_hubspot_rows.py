"""HubSpot's pages as frames of canonical values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.connectors.hubspot.rows import value_of
from awase.connectors.hubspot.write import property_text
from awase.core.values import DTYPES, Kind, canonical
from awase.errors import SchemaMismatch, VendorBusy
from awase.ports.connector import ReadQuery
from awase.ports.flows import Page
from tests.unit.connectors.hubspot_flows import CONTACT, KEYLESS, connector, query, record

EVERY = tuple(CONTACT.fields)


def decoded(*records: dict[str, Any], asked: ReadQuery | None = None) -> pl.DataFrame:
    raw = json.dumps({"results": list(records)}).encode()
    return connector().decode(Page("contact", raw, len(records)), asked or query(*EVERY))


def test_texts_become_values_of_their_kinds() -> None:
    frame = decoded(
        record(
            "151",
            email="taro@example.jp",
            lastname="山田",
            budget="1250.50",
            last_visit="2026-11-20",
            met_at="2026-11-20T01:02:03.456Z",
            is_partner="true",
            interests="会計;人事;会計",
            awase_key="k1",
            hs_email_optout="true",
        )
    )
    assert frame.row(0, named=True) == {
        "_id": "151",
        "_object": "contact",
        "_modified": datetime(2026, 11, 20, 10, 0, 0, 123000, tzinfo=UTC),
        "_deleted": False,
        "_key": "k1",
        "_out": True,
        "_absorbed": None,
        "email": "taro@example.jp",
        "lastname": "山田",
        "budget": Decimal("1250.5"),
        "last_visit": date(2026, 11, 20),
        "met_at": datetime(2026, 11, 20, 1, 2, 3, 456000, tzinfo=UTC),
        "is_partner": True,
        "interests": ["人事", "会計"],
        "awase_key": "k1",
    }


def test_blank_and_null_are_both_empty() -> None:
    frame = decoded(
        record("1", **dict.fromkeys(EVERY, ""), hs_email_optout=""),
        record("2", **dict.fromkeys(EVERY), hs_email_optout=None),
    )
    for name in (*EVERY, "_out", "_key"):
        assert frame[name].null_count() == 2, name


def test_an_empty_page_has_the_columns_of_a_full_one() -> None:
    empty, full = decoded(), decoded(record("1", **dict.fromkeys(EVERY)))
    assert empty.schema == full.schema
    assert [full.schema[name] for name in EVERY] == [DTYPES[CONTACT.fields[name].kind] for name in EVERY]


@pytest.mark.parametrize(("said", "out"), [("true", True), ("false", False), ("", None), (None, None)])
def test_opted_out_is_yes_no_or_unknown(said: str | None, out: bool | None) -> None:
    frame = decoded(record("1", email="a@b.jp", hs_email_optout=said), asked=query("email"))
    assert frame["_out"].to_list() == [out]


def test_an_archived_record_is_deleted_and_an_object_without_key_has_none() -> None:
    gone = {**record("1", email="a@b.jp"), "archived": True}
    frame = decoded(gone, asked=query("email", object=KEYLESS))
    assert frame["_deleted"].to_list() == [True]
    assert frame["_key"].to_list() == [None]


def test_of_an_archived_record_only_the_id_is_needed_and_beside_it_living_ones_are_still_complete() -> None:
    gone = {**record("1", hs_object_id="1"), "archived": True}
    assert decoded(gone, asked=query("email", "lastname")).select("_id", "_deleted", "email").rows() == [
        ("1", True, None)
    ]
    with pytest.raises(SchemaMismatch, match="lastname"):
        decoded(gone, record("2", email="a@b.jp"), asked=query("email", "lastname"))


@pytest.mark.parametrize(
    ("text", "ids"), [("5", ["5"]), ("5;7;6", ["5", "7", "6"]), ("", None), (None, None), (";", None)]
)
def test_a_record_names_those_that_were_merged_into_it(text: str | None, ids: list[str] | None) -> None:
    frame = decoded(record("1", email=None, hs_merged_object_ids=text), asked=query("email"))
    assert frame["_absorbed"].to_list() == [ids]
    assert frame.schema["_absorbed"] == pl.List(pl.String())


def test_a_value_that_is_not_what_it_should_be_stops_the_read_and_is_not_taken_for_empty() -> None:
    for field, text in (
        ("budget", "12 man"),
        ("budget", "1e40"),
        ("met_at", "9" * 20),
        ("last_visit", "yesterday"),
        ("met_at", "noon"),
        ("is_partner", "?"),
    ):
        with pytest.raises(SchemaMismatch, match=f"{field} of record 2") as stopped:
            decoded(record("1", **{field: None}), record("2", **{field: text}), asked=query(field))
        assert text not in str(stopped.value), "values are personal data"


def test_a_property_that_was_removed_is_not_taken_for_empty() -> None:
    with pytest.raises(SchemaMismatch, match="lastname"):
        decoded(record("1", email="a@b.jp"), asked=query("email", "lastname"))


def test_a_page_that_was_cut_is_no_page() -> None:
    with pytest.raises(VendorBusy):
        connector().decode(Page("contact", b'{"results":[{"id":"1"', 1), query("email"))


def test_one_odd_number_does_not_change_the_others() -> None:
    frame = decoded(
        *(record(str(at), budget=text) for at, text in enumerate(["1e3", " 3 ", "0.10", None])),
        asked=query("budget"),
    )
    assert frame["budget"].to_list() == [Decimal(1000), Decimal(3), Decimal("0.1"), None]


def test_dates_may_come_as_milliseconds() -> None:
    assert value_of("1763596800000", Kind.DATE) == date(2025, 11, 20)
    assert value_of("1763596800123", Kind.DATETIME) == datetime(2025, 11, 20, 0, 0, 0, 123000, tzinfo=UTC)


moments = st.integers(0, 4_000_000_000_000).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
values = st.one_of(
    st.tuples(st.just(Kind.TEXT), st.text(min_size=1)),
    st.tuples(st.just(Kind.BOOLEAN), st.booleans()),
    st.tuples(
        st.just(Kind.DECIMAL), st.decimals(-(10**15), 10**15, places=6).map(lambda d: d.normalize() + 0)
    ),
    st.tuples(st.just(Kind.DATE), st.dates(date(1900, 1, 1))),
    st.tuples(st.just(Kind.DATETIME), moments),
    st.tuples(
        st.just(Kind.TEXTS),
        st.lists(st.sampled_from(["会計", "人事", "営業 支援"]), min_size=1).map(
            lambda several: canonical(several, Kind.TEXTS)
        ),
    ),
)


@given(values)
def test_what_is_written_reads_back_as_the_same_value(case: tuple[Kind, Any]) -> None:
    kind, value = case
    assert value_of(property_text(value), kind) == value


def test_nothing_is_written_as_empty_text_and_reads_back_as_nothing() -> None:
    assert property_text(None) == ""
    assert all(value_of("", kind) is None for kind in Kind)
