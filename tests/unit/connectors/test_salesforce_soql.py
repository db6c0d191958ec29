"""SOQL quoting: whatever a value holds, it stays one literal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.connectors.salesforce import soql
from awase.errors import SchemaMismatch

_MEANINGS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}


def literals(condition: str) -> tuple[list[str], str]:
    """The string literals of a condition as the vendor reads them, and what stands outside of them."""
    found: list[str] = []
    outside: list[str] = []
    position = 0
    while position < len(condition):
        if condition[position] != "'":
            outside.append(condition[position])
            position += 1
            continue
        position += 1
        value: list[str] = []
        while condition[position] != "'":
            if condition[position] == "\\":
                position += 1
                value.append(_MEANINGS[condition[position]])
            else:
                assert condition[position] not in "\n\r"
                value.append(condition[position])
            position += 1
        position += 1
        found.append("".join(value))
    return found, "".join(outside)


@given(st.lists(st.text() | st.text(alphabet="'\\\"\n\rnu; )ORnull"), min_size=1, max_size=5))
def test_every_value_is_read_back_as_itself_and_nothing_leaks_out_of_its_quotes(values: list[str]) -> None:
    found, outside = literals(soql.one_of("Email", values))
    assert found == values
    assert outside == f"Email IN ({',' * (len(values) - 1)})"


@given(st.text())
def test_a_name_is_plain_or_refused(text: str) -> None:
    try:
        accepted = soql.name(text)
    except SchemaMismatch:
        return
    assert accepted == text
    assert accepted.isascii()
    assert accepted.replace("_", "a").isalnum()


@pytest.mark.parametrize("bad", ["", "1a", "a b", "Id FROM Lead--", "Name\n", "氏名", "a'"])
def test_what_is_no_name_never_reaches_a_query(bad: str) -> None:
    with pytest.raises(SchemaMismatch):
        soql.select(("Id", bad), "Lead")


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=9)))))
def test_a_moment_is_written_in_utc_and_never_later_than_it_is(moment: datetime) -> None:
    if moment.year in (1, 9999):
        return
    read = datetime.fromisoformat(soql.moment(moment))
    assert read <= moment < read + timedelta(seconds=1)
    assert soql.moment(moment).endswith("Z")


def test_a_query_has_its_parts_in_order() -> None:
    start = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
    text = soql.select(
        ("Id", "Email"),
        "Lead",
        [soql.at_least("SystemModstamp", start), "IsConverted = false"],
        ["SystemModstamp", "Id"],
    )
    assert text == (
        "SELECT Id, Email FROM Lead WHERE SystemModstamp >= 2026-01-02T03:04:05Z AND IsConverted = false "
        "ORDER BY SystemModstamp, Id"
    )
