"""Rows keep who changed what; indexes lag; allowances run out and come back; requests are read as sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from awase_practice.kernel.clock import RealClock, VirtualClock
from awase_practice.kernel.http import HttpRequest, UnreadableBody
from awase_practice.kernel.index import SearchIndex
from awase_practice.kernel.quota import BurstWindow, MidnightDay, RollingDay
from awase_practice.kernel.rows import Table

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = START + timedelta(minutes=5)


def people() -> Table:
    return Table("Person", lambda count: f"p{count}")


def test_a_row_remembers_who_changed_which_field() -> None:
    table = people()
    row = table.insert({"name": "a", "city": "x"}, "user:seed", START)
    table.update(row, {"name": "b", "city": "x"}, "005", LATER)
    assert [(c.author, c.field, c.old, c.new) for c in row.history] == [("005", "name", "a", "b")]
    assert row.value_history("name") == [(START, "user:seed", "a"), (LATER, "005", "b")]
    assert row.value_history("city") == [(START, "user:seed", "x")]
    assert (row.modified_at, row.modified_by, row.created_by) == (LATER, "005", "user:seed")


def test_a_row_keeps_the_version_before_its_last_write() -> None:
    table = people()
    row = table.insert({"name": "a"}, "u", START)
    assert row.before is None
    table.update(row, {"name": "b"}, "u", LATER)
    assert row.before is not None
    assert row.before.values == {"name": "a"}


def test_a_deleted_row_is_no_longer_live_until_it_is_restored() -> None:
    table = people()
    row = table.insert({}, "u", START)
    table.delete(row, "u", LATER)
    assert (len(table), table.find(row.id), table.get(row.id)) == (0, None, row)
    table.restore(row, "u", LATER)
    assert table.find(row.id) is row


def test_writes_that_are_put_back_leave_no_trace() -> None:
    table = people()
    row = table.insert({"name": "a"}, "u", START)
    before = row.version()
    table.update(row, {"name": "b"}, "v", LATER)
    table.put_back(row, before)
    assert (row.values, row.modified_at, row.history) == ({"name": "a"}, START, [])
    table.put_back(row, None)
    assert table.get(row.id) is None


def test_a_lagging_index_shows_old_versions_until_the_lag_has_passed() -> None:
    clock, table = VirtualClock(START), people()
    index = SearchIndex(table, clock, lag=20)
    row = table.insert({"name": "a"}, "u", clock.now())
    assert index.view(row) is None
    clock.advance(20)
    table.update(row, {"name": "b"}, "u", clock.now())
    clock.advance(10)
    table.update(row, {"name": "c"}, "u", clock.now())
    shown = []
    for _ in range(3):
        view = index.view(row)
        shown.append(view.values["name"] if view else None)
        clock.advance(10)
    assert shown == ["a", "b", "c"]


def test_a_rolling_day_forgets_calls_after_24_hours() -> None:
    clock = VirtualClock(START)
    quota = RollingDay(3, clock)
    assert [quota.take() for _ in range(4)] == [True, True, True, False]
    clock.pass_time(timedelta(hours=24, minutes=1))
    assert (quota.used, quota.take()) == (0, True)


def test_a_calendar_day_starts_again_at_midnight_of_its_zone() -> None:
    clock = VirtualClock(datetime(2026, 11, 23, 14, 59, tzinfo=UTC))  # 23:59 in Tokyo
    quota = MidnightDay(1, clock)
    assert [quota.take(), quota.take()] == [True, False]
    clock.advance(120)
    assert quota.take()


def test_a_burst_window_says_how_long_to_wait() -> None:
    clock = VirtualClock(START)
    burst = BurstWindow(2, 10, clock)
    assert [burst.take(), burst.take(), burst.take()] == [True, True, False]
    clock.advance(4)
    assert burst.wait() == pytest.approx(6)
    clock.advance(burst.wait())
    assert burst.take()


def test_time_moves_only_forwards() -> None:
    clock = RealClock()
    before = clock.now()
    clock.pass_time(timedelta(days=1))
    assert clock.now() - before >= timedelta(days=1)
    with pytest.raises(ValueError, match="turned back"):
        clock.pass_time(timedelta(seconds=-1))


def test_repeated_and_trailing_slashes_do_not_count() -> None:
    request = HttpRequest.of("get", "//services///data/v65.0/query/?q=a%20b&q=c", headers={"HOST": "h"})
    assert (request.method, request.path) == ("GET", "/services/data/v65.0/query")
    assert request.segments == ("services", "data", "v65.0", "query")
    assert (request.query["q"], request.headers) == (["a b", "c"], {"host": "h"})


def test_an_encoded_slash_stays_inside_its_part_of_the_path() -> None:
    assert HttpRequest.of("GET", "/a/b%2Fc").segments == ("a", "b/c")


def test_a_body_that_is_not_json_says_so() -> None:
    with pytest.raises(UnreadableBody):
        HttpRequest.of("POST", "/", body=b"{").json()
